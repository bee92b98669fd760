"""Servers that do nothing and say it in one way: a judge that passes one of them has not looked."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


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
    "redirect_to_everything": Answer(302, {"Location": "/login"}),
    "hang_up_on_everything": Answer(0),
}


@contextmanager
def serving(answer: Answer) -> Iterator[str]:
    """Serve one answer to everything on a free loopback port; yields the base URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if not answer.status:
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in {**answer.headers, "Content-Length": str(len(answer.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _answer

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
