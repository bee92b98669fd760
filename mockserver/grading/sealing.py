"""Sealed cursors: only the grade can make them, so a cursor that a client builds by itself is recognized."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from mockserver.api.keys import KeyRing
from mockserver.grading.facts import LIST_PARAMETERS, asked
from mockserver.grading.recording import presented, with_query
from mockserver.modifications.helpers.responses import collected, with_header

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_LENGTH = 18
"""The bytes of a sealed cursor: too many to guess, and a multiple of three, so that base64 needs no padding."""

_NEXT = re.compile(rb'("nextCursor"\s*:\s*")([^"\\]+)(")')


class Cursors:
    """The cursors that a grade has given out in all its runs. The same place in the same list has the same cursor."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)
        self._opened: dict[str, str] = {}
        self._generation = 0

    def given(self) -> frozenset[str]:
        """Every cursor that was given out."""
        return frozenset(self._opened)

    def renew(self) -> None:
        """Give out other cursors from now on, for the same places too. Earlier ones stay valid."""
        self._generation += 1

    def seal(self, cursor: str, place: str) -> str:
        """The cursor to give out instead of the mock's own; `place` names the list, the filters and the organization."""
        content = f"{self._generation}\n{place}\n{cursor}".encode()
        sealed = urlsafe_b64encode(hmac.digest(self._secret, content, hashlib.sha256)[:_LENGTH]).decode()
        self._opened[sealed] = cursor
        return sealed

    def open(self, sealed: str) -> str:
        """The mock's own cursor for a sealed one. A cursor that was not given out is returned unchanged."""
        return self._opened.get(sealed, sealed)


def sealing(app: ASGIApp, keys: KeyRing, cursors: Cursors) -> ASGIApp:
    """A layer that seals the cursors of an application's pages, and opens those of its requests."""

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        found = asked(scope["path"]) if scope["type"] == "http" else None
        if found is None or not found.operation.is_list or scope["method"] != "GET":
            await app(scope, receive, send)
            return
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        answer = await collected(app, with_query(scope, "cursor", cursors.open), receive)
        if answer.status == 200:
            key = presented(scope, keys)
            filters = sorted(pair for pair in query if pair[0] not in LIST_PARAMETERS)
            place = f"{found.operation.id} {urlencode(filters)} {key.organization_id if key else ''}"
            answer.body = _NEXT.sub(
                lambda match: match[1] + cursors.seal(match[2].decode(), place).encode() + match[3], answer.body
            )
            answer.headers = with_header(answer.headers, b"content-length", b"%d" % len(answer.body))
        await answer(scope, receive, send)

    return served
