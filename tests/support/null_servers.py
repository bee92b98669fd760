"""Servers that give the same answer to every request. A judge that passes one of them has not looked at the answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.support.http_server import Handler, handled_by


@dataclass(frozen=True)
class Answer:
    """What a null server answers to everything; a status of 0 is a hang-up."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


def _problem(status: int, slug: str, **headers: str) -> Answer:
    type_ = f"https://outbound.ustack.ai/errors/{slug}"
    problem = {"type": type_, "title": "No", "status": status, "detail": "Nothing is served here."}
    rate = {"X-RateLimit-Limit": "60", "X-RateLimit-Reset": "30"}
    return Answer(status, {"Content-Type": "application/problem+json", **rate, **headers}, json.dumps(problem).encode())


NULL_SERVERS = {
    "not_found_to_everything": _problem(404, "not-found"),
    "unauthorized_to_everything": _problem(401, "invalid-api-key", **{"WWW-Authenticate": "Bearer"}),
    "forbidden_to_everything": _problem(403, "insufficient-scope"),
    "too_many_requests_to_everything": _problem(429, "rate-limit-exceeded", **{"Retry-After": "0"}),
    "server_error_to_everything": _problem(500, "internal-error"),
    "empty_object_to_everything": Answer(200, {"Content-Type": "application/json"}, b"{}"),
    "empty_page_to_everything": Answer(200, {"Content-Type": "application/json"}, b'{"data": [], "nextCursor": null}'),
    "empty_array_to_everything": Answer(200, {"Content-Type": "application/json"}, b"[]"),
    "created_to_everything": Answer(201, {"Content-Type": "application/json"}, b'{"data": [{"id": "1"}], "id": "1"}'),
    "no_content_to_everything": Answer(204),
    "redirect_to_everything": Answer(302, {"Location": "/login"}),
    "hang_up_on_everything": Answer(0),
}


@contextmanager
def serving(answer: Answer) -> Iterator[str]:
    """Serve one answer to everything on a free loopback port; yields the base URL."""

    class OneAnswer(Handler):
        def answer(self) -> None:
            self.body()
            if not answer.status:
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.finish_with(answer.body)

    with handled_by(OneAnswer) as url:
        yield url
