"""Input that crashes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import unquote_to_bytes

from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver import paths
from mockserver.api.pipeline import Parts

_LONGEST_ID = 255


def _crash_on(parts: Parts, crashes: Callable[[bytes, bytes], bool]) -> None:
    """Have requests to the API crash: (raw path, query string) → whether they do."""

    def layer(app: ASGIApp) -> ASGIApp:
        async def checked(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["path"].startswith(paths.API) and crashes(scope["raw_path"], scope["query_string"]):
                raise RuntimeError("a defect")
            await app(scope, receive, send)

        return checked

    parts.inner.append(layer)


@dataclass(frozen=True)
class NulCrashes:
    """A NUL in path or query reaches the database, which takes none in a text."""

    breaks: ClassVar[tuple[str, ...]] = ("ERROR-5",)

    def install(self, parts: Parts) -> None:
        _crash_on(parts, lambda path, query: b"%00" in path + query)


@dataclass(frozen=True)
class InvalidUtf8Crashes:
    """A value that is no UTF-8 is an unhandled exception."""

    breaks: ClassVar[tuple[str, ...]] = ("ERROR-5",)

    def install(self, parts: Parts) -> None:
        def crashes(path: bytes, query: bytes) -> bool:
            try:
                unquote_to_bytes(path + query).decode()
            except UnicodeDecodeError:
                return True
            return False

        _crash_on(parts, crashes)


@dataclass(frozen=True)
class LongIdCrashes:
    """An id longer than the column is an unhandled exception."""

    breaks: ClassVar[tuple[str, ...]] = ("ERROR-5",)

    def install(self, parts: Parts) -> None:
        _crash_on(parts, lambda path, _query: max(map(len, path.split(b"/"))) > _LONGEST_ID)


@dataclass(frozen=True)
class LongSearchCrashes:
    """A value longer than 1,000 characters is an unhandled exception."""

    breaks: ClassVar[tuple[str, ...]] = ("ERROR-5",)

    def install(self, parts: Parts) -> None:
        _crash_on(parts, lambda _path, query: max(map(len, query.split(b"&"))) > 1_000)


@dataclass(frozen=True)
class RepeatedParameterCrashes:
    """A repeated parameter is an array where a string was expected."""

    breaks: ClassVar[tuple[str, ...]] = ("ERROR-5",)

    def install(self, parts: Parts) -> None:
        def crashes(_path: bytes, query: bytes) -> bool:
            names = [pair.partition(b"=")[0] for pair in query.split(b"&")]
            return len(set(names)) < len(names)

        _crash_on(parts, crashes)


@dataclass(frozen=True)
class HugeNumberIdCrashes:
    """An id that is a number beyond 64 bits overflows the database's."""

    breaks: ClassVar[tuple[str, ...]] = ("ERROR-5",)

    def install(self, parts: Parts) -> None:
        _crash_on(parts, lambda path, _query: any(part.isdigit() and int(part) >= 2**63 for part in path.split(b"/")))
