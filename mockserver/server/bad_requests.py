"""Requests that are refused before they reach the API, and the answers to them."""

from __future__ import annotations

from email.utils import formatdate
from http import HTTPStatus

import httptools

from mockserver.api.response import problem_response

LONGEST_HEAD = 32_768
"""Bytes of a request's target and headers, and of what is neither head nor body. The contract speaks of a quarter of that."""

MOST_HEADERS = 100


class BadRequest(Exception):
    """A request that is not taken in: the status and the detail of its problem."""

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
    """What to tell of an error of the parser's; what we raised while it parsed comes wrapped in its own."""
    found = error if isinstance(error, BadRequest) else error.__context__
    if isinstance(found, BadRequest):
        return found
    # The parser's own words are fixed ones; what a callback raises may repeat what it was given.
    words = "Bad target" if isinstance(error, httptools.HttpParserCallbackError) else str(error)
    return BadRequest(400, f"This is not HTTP/1.1 (RFC 9112): {words}.")


def last_answer(reason: BadRequest, now: float) -> bytes:
    """The answer that tells a client of it at the unix time `now` and ends the connection, as it stands on the wire."""
    phrase = HTTPStatus(reason.status).phrase
    date = formatdate(now, usegmt=True).encode()
    headers = [(b"date", date), (b"server", b"outbound-mock"), (b"connection", b"close")]
    answer = problem_response(reason.status, phrase, reason.detail, headers)
    lines = [b"HTTP/1.1 %d %b" % (reason.status, phrase.encode()), *(b"%b: %b" % header for header in answer.headers)]
    return b"\r\n".join([*lines, b"", answer.body])
