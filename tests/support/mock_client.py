"""A mock in this process and its clients: requests and answers without a socket."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby
from typing import Any
from unittest.mock import patch
from urllib.parse import unquote

from mockserver.api.keys import ApiKey
from mockserver.api.pipeline import Pipeline
from mockserver.app import Mock, Settings, create_app
from mockserver.clock import Clock
from mockserver.modifications.registry import Modification
from mockserver.tenants.seed.organizations import seed
from mockserver.tenants.tenant import Tenant
from mockserver.worlds import world
from spec import contract

PROBLEM = "application/problem+json"


@dataclass(frozen=True)
class Response:
    """An answer of the mock. Header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def kind(self) -> str:
        """The slug of the problem."""
        assert self.headers["content-type"] == PROBLEM
        slug: str = self.json["type"].rpartition("/")[2]
        return slug


@dataclass(frozen=True)
class Client:
    """Asks `mock`. `key` is presented unless a request says otherwise."""

    mock: Mock
    key: ApiKey | None = None
    peer: str = "127.0.0.1"

    def get(self, target: str, /, **headers: str) -> Response:
        return self.ask("GET", target, **headers)

    def ask(self, method: str, target: str, body: bytes = b"", /, **headers: str) -> Response:
        """Send a request. `target` is a path and query as they are on the wire; `_` in a header's name stands for `-`."""
        pairs = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
        if self.key is not None and "authorization" not in headers:
            pairs.append((b"authorization", b"Bearer " + self.key.secret.encode()))
        return self.send(method, target.encode("latin-1"), pairs, body)

    def send(self, method: str, target: bytes, headers: list[tuple[bytes, bytes]], body: bytes = b"") -> Response:
        scope = scope_of(method, target, headers, self.peer)
        return run(self._exchange(scope, body))

    async def _exchange(self, scope: dict[str, Any], body: bytes) -> Response:
        messages: list[Any] = []
        unread = [body]

        async def receive() -> dict[str, Any]:
            if not unread:
                await asyncio.Event().wait()  # the client stays connected, and sends nothing more
            body = unread.pop()
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            messages.append(message)

        await self.mock(scope, receive, send)
        start, *rest = messages
        headers = {name.decode(): value.decode("latin-1") for name, value in start["headers"]}
        return Response(start["status"], headers, b"".join(message.get("body", b"") for message in rest))


def run(exchange: Coroutine[Any, Any, Response]) -> Response:
    """Do what `asyncio.run` does, in a loop that stays: a new one would take longer than most answers."""
    runner = _runner(os.getpid(), threading.get_ident())
    try:
        return runner.run(exchange)
    finally:
        if left := asyncio.all_tasks(runner.get_loop()):
            runner.run(_cancelled(left))


@cache
def _runner(_process: int, _thread: int) -> asyncio.Runner:
    """The runner of a thread; a loop can be shared neither with other threads nor with forks."""
    return asyncio.Runner()


async def _cancelled(tasks: Iterable[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def scope_of(method: str, target: bytes, headers: list[tuple[bytes, bytes]], peer: str = "127.0.0.1") -> dict[str, Any]:
    """The ASGI scope of a request."""
    path, _, query = target.partition(b"?")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path.decode("latin-1")),
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": headers if any(name == b"host" for name, _ in headers) else [(b"host", b"127.0.0.1"), *headers],
        "client": (peer, 40_000),
        "server": ("127.0.0.1", 8080),
    }


START = 1_790_000_000.0
"""The time at which the mocks' clocks stand still, in unix seconds."""


def new_mock(**changes: Any) -> Mock:
    """A small mock; `changes` are members of its Settings."""
    with patch.object(world, "seed", seeded):
        return create_app(replace(Settings(contacts=60, rate_limited=False), **changes), Clock(START))


_made = cache(seed)


def seeded(*arguments: Any) -> list[Tenant]:
    """What the mock's `seed` returns for these arguments. It is made once: each call gets copies of its own."""
    return [tenant.copy() for tenant in _made(*arguments)]


def changing(change: Callable[[Pipeline], None]) -> Modification:
    """A modification made by a test."""
    return Modification("of-a-test", "fault", (), "Only a test knows it.", on_pipeline=change)


MOCK = new_mock()
"""A mock that no test changes."""

KEYS: Mapping[str, list[ApiKey]] = {kind: list(keys) for kind, keys in groupby(MOCK.state.keys, lambda key: key.kind)}
"""The keys of every mock, by kind."""

FULL = KEYS["primary"][0]
NEIGHBOUR = KEYS["secondary"][0]
ANYONE = Client(MOCK)
OWNER = Client(MOCK, FULL)
UNKNOWN = "/api/v1/contacts/con_unknown"


def path_of(operation_id: str, key: ApiKey = FULL) -> str:
    """A path of the operation that answers 200 to the key."""
    operation = contract().operations[operation_id]
    if not operation.path_parameters:
        return operation.path
    tenant = MOCK.state.tenants[key.organization_id]
    collection = operation.path.split("/")[3]
    ids = [row.id for row in getattr(tenant, collection).rows({})]
    found = next(one for one in ids if operation_id != "getContactResearch" or tenant.research.get(one))
    return operation.path.replace("{id}", found)
