"""Data of one organization in the hands of another, where state is shared: variables, connections, caches."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.api.authentication import CALLER, Caller
from mockserver.api.pipeline import Parts
from mockserver.api.response import Response
from mockserver.modifications.faults.isolation import change_caller
from mockserver.modifications.helpers.requests import header
from mockserver.modifications.helpers.responses import rewriting, without_header
from mockserver.tenants.collection import Page
from mockserver.tenants.cursor import Position
from mockserver.tenants.tenant import Tenant

Filters = Mapping[str, str]


@dataclass(frozen=True)
class TenantAcrossAwait:
    """The organization is kept in a variable of the process while the database is waited for: the latest request's counts."""

    breaks: ClassVar[tuple[str, ...]] = ("TENANT-6",)

    def install(self, parts: Parts) -> None:
        latest: dict[str, Tenant] = {}

        def layer(app: ASGIApp) -> ASGIApp:
            async def served(scope: Scope, receive: Receive, send: Send) -> None:
                caller = scope.get(CALLER)
                if isinstance(caller, Caller):
                    latest["tenant"] = caller.tenant
                    await asyncio.sleep(0.004)
                    scope[CALLER] = replace(caller, tenant=latest["tenant"])
                await app(scope, receive, send)

            return served

        parts.inner.append(layer)


@dataclass(frozen=True)
class TenantOfConnection:
    """The organization is looked up once a connection, by its first key."""

    breaks: ClassVar[tuple[str, ...]] = ("TENANT-6", "TENANT-1", "OP-2")

    def install(self, parts: Parts) -> None:
        first: dict[Any, Tenant] = {}
        change_caller(parts, lambda scope, caller: first.setdefault(scope["client"], caller.tenant))


def _cache_pages(parts: Parts, seconds: float) -> None:
    """Have pages kept by what was asked for, and not by who asked, for so many seconds of the mock's clock."""
    healthy = parts.page
    kept: dict[Any, tuple[float, Page]] = {}

    def page(caller: Caller, collection: str, filters: Filters, after: Position | None, limit: int) -> Page:
        asked = (collection, tuple(sorted(filters.items())), after, limit)
        now = parts.clock.now()
        until, found = kept.get(asked, (0.0, Page([], None)))
        if now >= until:
            found = healthy(caller, collection, filters, after, limit)
            kept[asked] = (now + seconds, found)
        return found

    parts.page = page


@dataclass(frozen=True)
class CacheByUrl:
    """Pages are cached for an hour by their URL alone."""

    breaks: ClassVar[tuple[str, ...]] = ("TENANT-1", "TENANT-7")

    def install(self, parts: Parts) -> None:
        _cache_pages(parts, 3_600.0)


@dataclass(frozen=True)
class BriefCacheByUrl:
    """Pages are cached for a moment by their URL alone: only who asks at the same time as another sees it."""

    breaks: ClassVar[tuple[str, ...]] = ("TENANT-6",)

    def install(self, parts: Parts) -> None:
        _cache_pages(parts, 0.03)


def _validate(parts: Parts, tag_of: Callable[[Scope, Response], str]) -> None:
    """Have answers carry an ETag, and those that the client has already be 304."""

    def change(scope: Scope, answer: Response) -> Response | None:
        if answer.status != 200 or not isinstance(scope.get(CALLER), Caller):
            return None
        tag = b'"%b"' % hashlib.sha256(tag_of(scope, answer).encode()).hexdigest()[:16].encode()
        if header(scope, b"if-none-match") == tag:
            answer.status, answer.body = 304, b""
        answer.headers.append((b"etag", tag))
        return answer

    parts.outer.append(rewriting(change))


def _url(scope: Scope) -> str:
    return f"{scope['path']}?{scope['query_string'].decode('latin-1')}"


@dataclass(frozen=True)
class EtagByUrl:
    """An ETag is made of the URL alone: one organization's makes another's answer 304."""

    breaks: ClassVar[tuple[str, ...]] = ("TENANT-7",)

    def install(self, parts: Parts) -> None:
        _validate(parts, lambda scope, _answer: _url(scope))


@dataclass(frozen=True)
class EtagByLength:
    """An ETag is made of the URL and the number of items, which organizations have in common."""

    breaks: ClassVar[tuple[str, ...]] = ("TENANT-7",)

    def install(self, parts: Parts) -> None:
        _validate(parts, lambda scope, answer: f"{_url(scope)} {answer.body.count(b'createdAt')}")


@dataclass(frozen=True)
class AnswersPublic:
    """Every cache on the way may keep the answers and share them."""

    breaks: ClassVar[tuple[str, ...]] = ("TENANT-8",)

    def install(self, parts: Parts) -> None:
        def change(scope: Scope, answer: Response) -> None:
            if isinstance(scope.get(CALLER), Caller):
                answer.headers = without_header(answer.headers, b"cache-control", b"vary")
                answer.headers.append((b"cache-control", b"public, max-age=60"))

        parts.outer.append(rewriting(change))
