"""A reverse proxy on loopback that tells small lies about what it forwards: an API with one slip, or one more."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from threading import local
from typing import Any
from urllib.parse import urlsplit

from tests.support.http_server import Handler, handled_by

_OF_THE_CONNECTION = ("connection", "keep-alive", "transfer-encoding", "content-length", "host")


@dataclass(frozen=True)
class Passed:
    """A request on its way to the API."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        """A field's value, empty if there is none."""
        return next((value for own, value in self.headers if own.lower() == name), "")


@dataclass(frozen=True)
class Answered:
    """An answer on its way back."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def with_body(self, body: Any) -> Answered:
        """The same answer with another JSON body."""
        return replace(self, body=json.dumps(body).encode())

    def with_header(self, name: str, value: str | None) -> Answered:
        """The same answer with a field set, or removed if the value is None."""
        kept = [(own, old) for own, old in self.headers if own.lower() != name.lower()]
        return replace(self, headers=(*kept, *([(name, value)] if value is not None else [])))


Forward = Callable[[Passed], Answered]
Lie = Callable[[Passed, Forward], Answered]


def of_json(change: Callable[[Any], Any]) -> Lie:
    """A lie about the JSON of every 200."""

    def lie(request: Passed, forward: Forward) -> Answered:
        answer = forward(request)
        if answer.status != 200 or not answer.body or not request.target.startswith("/api/v1"):
            return answer
        return answer.with_body(change(json.loads(answer.body)))

    return lie


def both(first: Lie, second: Lie) -> Lie:
    """Two lies at once; the second is told by the API that the first is told about."""
    return lambda request, forward: first(request, lambda passed: second(passed, forward))


@contextmanager
def lying(base_url: str, lie: Lie) -> Iterator[str]:
    """Serve an API with a lie; yields the proxy's base URL."""
    upstream = urlsplit(base_url)
    kept = local()  # each connection of a client has its thread, and gets a connection of its own to the API

    def forward(request: Passed) -> Answered:
        connection = getattr(kept, "connection", None)
        if connection:
            with suppress(ConnectionError, http.client.RemoteDisconnected):  # the API has closed it since
                return _answered(connection, request)
            connection.close()
        kept.connection = http.client.HTTPConnection(upstream.hostname or "", upstream.port, timeout=30)
        return _answered(kept.connection, request)

    class Rewriting(Handler):
        disable_nagle_algorithm = True
        wbufsize = -1

        def answer(self) -> None:
            headers = tuple((n, v) for n, v in self.headers.items() if n.lower() not in _OF_THE_CONNECTION)
            answer = lie(Passed(self.command, self.path, headers, self.body()), forward)
            self.send_response_only(answer.status)
            for name, value in answer.headers:
                if name.lower() not in _OF_THE_CONNECTION:
                    self.send_header(name, value)
            self.finish_with(answer.body)

    with handled_by(Rewriting) as url:
        yield url


def _answered(connection: http.client.HTTPConnection, request: Passed) -> Answered:
    connection.putrequest(request.method, request.target, skip_accept_encoding=True)
    for name, value in request.headers:
        connection.putheader(name, value.encode("latin-1"))
    connection.putheader("Content-Length", str(len(request.body)))
    connection.endheaders(request.body)
    answer = connection.getresponse()
    return Answered(answer.status, tuple(answer.getheaders()), answer.read())
