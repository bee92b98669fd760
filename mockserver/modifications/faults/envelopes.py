"""Pages of another form than `{data, nextCursor}`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mockserver.api.pipeline import Pipeline
from mockserver.api.response import json_bytes
from mockserver.modifications.registry import fault

Filters = Mapping[str, str]


@fault("PAGE-8")
def last_cursor_empty(pipeline: Pipeline) -> None:
    """The last page's cursor is an empty string."""
    inner = pipeline.envelope
    pipeline.envelope = lambda items, cursor: inner(items, cursor or "")


@fault("PAGE-1", "OP-1")
def bare_array(pipeline: Pipeline) -> None:
    """A list is a bare array, without a cursor."""
    pipeline.envelope = lambda items, _cursor: b"[%b]" % b",".join(items)


@fault("PAGE-1", "OP-1")
def data_named_items(pipeline: Pipeline) -> None:
    """The items are called `items`."""
    pipeline.envelope = lambda items, cursor: b'{"items":[%b],"nextCursor":%b}' % (b",".join(items), json_bytes(cursor))


@fault("PAGE-6")
def cursor_named_otherwise(pipeline: Pipeline) -> None:
    """The cursor is called `next_cursor`: a client that follows the documentation takes every page for the last."""
    pipeline.envelope = lambda items, cursor: b'{"data":[%b],"next_cursor":%b}' % (b",".join(items), json_bytes(cursor))


@fault("PAGE-1", "OP-1")
def cursor_is_an_object(pipeline: Pipeline) -> None:
    """The cursor is a JSON object, not a string."""
    inner = pipeline.envelope

    def envelope(items: Sequence[bytes], cursor: str | None) -> bytes:
        after = {"after": cursor} if cursor else None
        return inner(items, None)[: -len(b"null}")] + json_bytes(after) + b"}"

    pipeline.envelope = envelope
