"""Trials in which answers come in part, or not at all."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from mockserver.api.disconnect import ON_LEAVING, hang_up
from mockserver.grading.recording import mark
from mockserver.grading.trials.stage import Stage, first, first_of_each_list, is_list, where
from mockserver.modifications.helpers.responses import collected

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from mockserver.api.pipeline import Layer


def dropped_connections(_stage: Stage) -> Layer:
    """The connections of the first two targets are closed instead of an answer, once each."""

    async def dropped(_app: ASGIApp, scope: Scope, receive: Receive, _send: Send) -> None:
        mark(scope, "dropped")
        await hang_up(scope, receive)

    return where(first(2, is_list), dropped)


def truncated_bodies(_stage: Stage) -> Layer:
    """The first two pages of each list are cut off in the middle, once each: Content-Length promises more."""

    async def cut_off(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        mark(scope, "truncated")
        answer = await collected(app, scope, receive)
        half = answer.body[: len(answer.body) // 2]
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        await send({"type": "http.response.body", "body": half, "more_body": True})
        await hang_up(scope, receive)

    return where(first_of_each_list(), cut_off)


def silence(stage: Stage) -> Layer:
    """The first list that is asked for is not answered, until its client gives up or the server's patience ends."""

    async def silent(_app: ASGIApp, scope: Scope, receive: Receive, _send: Send) -> None:
        mark(scope, "silence")
        left = asyncio.Event()
        # A client that closes its connection could still read, as far as the server can tell. So it is not said to be gone.
        scope[ON_LEAVING] = left.set
        await asyncio.sleep(0)  # A time limit needs a task, which the server makes once a request has to wait.
        try:
            async with asyncio.timeout(stage.patience):
                await left.wait()
        except TimeoutError:
            mark(scope, "silence-outlasted")
        await hang_up(scope, receive)

    return where(first(1, is_list), silent)
