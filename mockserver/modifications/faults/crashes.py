"""Input that makes the server crash."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote_to_bytes

from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.api import paths
from mockserver.api.pipeline import Pipeline
from mockserver.modifications.helpers.layers import around
from mockserver.modifications.helpers.requests import header
from mockserver.modifications.registry import fault

_LONGEST_ID = 255


def _crash_on(pipeline: Pipeline, crashes: Callable[[bytes, bytes], bool]) -> None:
    """Make requests to the API crash: (raw path, query string) → whether a request crashes."""

    async def checked(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].startswith(paths.API) and crashes(scope["raw_path"], scope["query_string"]):
            raise RuntimeError("a defect")
        await app(scope, receive, send)

    pipeline.inner.append(around(checked))


@fault("ERROR-5")
def nul_crashes(pipeline: Pipeline) -> None:
    """A NUL in path or query reaches the database, which does not accept it in a text."""
    _crash_on(pipeline, lambda path, query: b"%00" in path + query)


@fault("ERROR-5")
def invalid_utf_8_crashes(pipeline: Pipeline) -> None:
    """A value that is not UTF-8 raises an unhandled exception."""

    def crashes(path: bytes, query: bytes) -> bool:
        try:
            unquote_to_bytes(path + query).decode()
        except UnicodeDecodeError:
            return True
        return False

    _crash_on(pipeline, crashes)


@fault("ERROR-5")
def long_id_crashes(pipeline: Pipeline) -> None:
    """An id that is longer than the database column raises an unhandled exception."""
    _crash_on(pipeline, lambda path, _query: max(map(len, path.split(b"/"))) > _LONGEST_ID)


@fault("ERROR-5")
def long_search_crashes(pipeline: Pipeline) -> None:
    """A value longer than 1,000 characters raises an unhandled exception."""
    _crash_on(pipeline, lambda _path, query: max(map(len, query.split(b"&"))) > 1_000)


@fault("ERROR-5")
def repeated_parameter_crashes(pipeline: Pipeline) -> None:
    """A repeated parameter becomes an array, but the code expects a string."""

    def crashes(_path: bytes, query: bytes) -> bool:
        names = [pair.partition(b"=")[0] for pair in query.split(b"&")]
        return len(set(names)) < len(names)

    _crash_on(pipeline, crashes)


@fault("ERROR-5")
def empty_list_crashes(pipeline: Pipeline) -> None:
    """A value is split at its commas and its first part is read, but a value of commas alone has no parts."""
    _crash_on(pipeline, lambda _path, query: b"=%2C%2C" in query)


@fault("ERROR-5")
def wide_characters_crash(pipeline: Pipeline) -> None:
    """A character of more than 16 bits, which takes four bytes in UTF-8, is too long for the database's character set."""

    def crashes(path: bytes, query: bytes) -> bool:
        text = unquote_to_bytes(path + query).decode("utf-8", "ignore")
        return any(ord(character) > 0xFFFF for character in text)

    _crash_on(pipeline, crashes)


@fault("ERROR-5")
def parameter_without_value_crashes(pipeline: Pipeline) -> None:
    """A parameter is split at its equals sign into two parts: one without a value has only one."""
    _crash_on(pipeline, lambda _path, query: any(pair and b"=" not in pair for pair in query.split(b"&")))


@fault("ERROR-5")
def many_values_crash(pipeline: Pipeline) -> None:
    """A value of more than 50 parts with commas between them makes a query with too many placeholders."""
    _crash_on(
        pipeline, lambda _path, query: max(unquote_to_bytes(pair).count(b",") for pair in query.split(b"&")) >= 50
    )


@fault("ERROR-5")
def bare_validator_crashes(pipeline: Pipeline) -> None:
    """A validator in If-None-Match that does not end in a quote raises an unhandled exception."""

    async def checked(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        asked = header(scope, b"if-none-match")
        if scope["path"].startswith(paths.API) and asked and asked != b"*" and not asked.endswith(b'"'):
            raise RuntimeError("a defect")
        await app(scope, receive, send)

    pipeline.inner.append(around(checked))


@fault("ERROR-5")
def huge_number_id_crashes(pipeline: Pipeline) -> None:
    """An id that is a number of more than 64 bits overflows the database's integer."""
    _crash_on(pipeline, lambda path, _query: any(part.isdigit() and int(part) >= 2**63 for part in path.split(b"/")))


@fault("ERROR-5")
def uuids_crash(pipeline: Pipeline) -> None:
    """An id that is a UUID is looked up in an older table, which is gone."""
    _crash_on(pipeline, lambda path, _query: re.search(rb"/[0-9a-f]{8}-[0-9a-f]{4}-", path) is not None)


@fault("ERROR-5")
def inherited_words_crash(pipeline: Pipeline) -> None:
    """A filter's value is looked up in an object of JavaScript, which has `__proto__` without having been given it."""
    _crash_on(pipeline, lambda _path, query: b"=__proto__" in query)


@fault("ERROR-5")
def odd_statuses_crash(pipeline: Pipeline) -> None:
    """A NUL or a backslash in a status reaches the database unescaped; the other filters are escaped."""
    _crash_on(pipeline, lambda _path, query: re.search(rb"tatus=%(?:00|5C)", query) is not None)


@fault("ERROR-5", "OP-1")
def everything_crashes(pipeline: Pipeline) -> None:
    """Every request raises an unhandled exception."""
    _crash_on(pipeline, lambda _path, _query: True)
