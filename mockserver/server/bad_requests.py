"""Requests that are refused before they reach the API, and the answers to them."""

from __future__ import annotations

from email.utils import formatdate
from http import HTTPStatus

import httptools

from mockserver.api.response import problem_response

LONGEST_HEAD = 32_768
"""The most bytes of a request's head, and of its trailers and chunk sizes. The contract needs a quarter of that."""

MOST_HEADERS = 100


class BadRequest(Exception):
    """A request that is refused before it reaches the API: the status and the detail of its problem."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


def too_long() -> BadRequest:
    """431 for a head beyond `LONGEST_HEAD`."""
    return BadRequest(431, f"The target and the headers of a request may have {LONGEST_HEAD} bytes.")


def too_much_around_the_body() -> BadRequest:
    """431 for a chunked body with more than `LONGEST_HEAD` bytes of chunk sizes, extensions and trailers."""
    return BadRequest(431, f"Trailers and chunk extensions of a request may have {LONGEST_HEAD} bytes.")


def reason_of(error: Exception) -> BadRequest:
    """The BadRequest for an error of the parser. A BadRequest that a callback raised is wrapped in the parser's error."""
    found = error if isinstance(error, BadRequest) else error.__context__
    if isinstance(found, BadRequest):
        return found
    # The parser's own messages are fixed texts. The message of a callback may repeat a part of the request.
    words = "Bad target" if isinstance(error, httptools.HttpParserCallbackError) else str(error)
    return BadRequest(400, f"This is not HTTP/1.1 (RFC 9112): {words}.")


def last_answer(reason: BadRequest, now: float) -> bytes:
    """The bytes of the answer at the unix time `now`, which ends the connection."""
    phrase = HTTPStatus(reason.status).phrase
    date = formatdate(now, usegmt=True).encode()
    headers = [(b"date", date), (b"server", b"outbound-mock"), (b"connection", b"close")]
    answer = problem_response(reason.status, phrase, reason.detail, headers)
    lines = [b"HTTP/1.1 %d %b" % (reason.status, phrase.encode()), *(b"%b: %b" % header for header in answer.headers)]
    return b"\r\n".join([*lines, b"", answer.body])
