"""A time in which a client that sleeps wakes at once, and finds that its wait has passed: for a grade and its client together."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest
from urllib3.util import retry

from mockserver.grading import recording, serving, session
from tests.clients import api

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

_WITHIN = 10.0
_record = recording.Recorder.__call__


@contextmanager
def skipped_waits() -> Iterator[None]:
    """Have a client skip the waits between its requests. The mock's own clock stays: what it refuses, it refuses in real time."""
    shared = _Time()

    async def recorded(recorder: recording.Recorder, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await _record(recorder, scope, receive, send)
            return
        shared.under_way += 1
        try:
            await _record(recorder, scope, receive, send)
        finally:
            shared.under_way -= 1

    with ExitStack() as stack:
        for module in (recording, session, api, retry):
            stack.enter_context(patch.object(module, "time", shared))
        waiting = SimpleNamespace(monotonic=shared.monotonic, sleep=time.sleep)
        stack.enter_context(patch.object(serving, "time", waiting))
        stack.enter_context(patch.object(recording.Recorder, "__call__", recorded))
        yield


class _Time:
    """The module `time`: real time, and the waits that were skipped. `under_way` counts the requests that are being recorded."""

    def __init__(self) -> None:
        self.time = time.time
        self.under_way = 0
        self._skipped = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self._skipped

    def sleep(self, seconds: float) -> None:
        """Skip the wait if a client's main thread sleeps; other threads go on meanwhile, so that they have to wait."""
        if threading.current_thread() is not threading.main_thread():
            time.sleep(seconds)
            return
        until = time.monotonic() + _WITHIN
        while self.under_way:  # the end of a request is recorded after its client has the answer
            if time.monotonic() > until:
                pytest.fail("a client that waits has left a request under way")
            time.sleep(0.001)
        self._skipped += seconds
