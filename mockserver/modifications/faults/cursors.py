"""Cursors that skip or repeat items, crash, or can be used only once."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from typing import Any

from mockserver.api.authentication import Caller
from mockserver.api.pipeline import Pipeline
from mockserver.clock import milliseconds
from mockserver.modifications.helpers.pages import change_question, position_of
from mockserver.modifications.registry import fault
from mockserver.tenants.collection import Page
from mockserver.tenants.cursor import Position

Filters = Mapping[str, str]

_DATE = re.compile(r"\d{4}-\d\d-\d\dT")
_HUGE = re.compile(rb"\d{20}")


def change_position(pipeline: Pipeline, change: Callable[[Position], Position]) -> None:
    """Begin a page after another position than the one in its cursor."""
    change_question(pipeline, lambda asked: asked._replace(after=asked.after and change(asked.after)))


@fault("PAGE-6", "PAGE-7", "PAGE-10")
def cursor_skips_ties(pipeline: Pipeline) -> None:
    """The cursor holds only a time, and a page continues with older items: items of the same moment are lost."""
    change_position(pipeline, lambda after: Position(after.created_at_ms, ""))


@fault("PAGE-6", "PAGE-7", "PAGE-10")
def cursor_repeats_ties(pipeline: Pipeline) -> None:
    """The cursor holds only a time, and a page continues with items of that time: items of the same moment come again."""
    change_position(pipeline, lambda after: Position(after.created_at_ms, "\U0010ffff"))


@fault("PAGE-6", "PAGE-7", "PAGE-10")
def last_item_comes_again(pipeline: Pipeline) -> None:
    """A page begins with the last item of the one before: `<=` where `<` was meant."""
    change_position(pipeline, lambda after: Position(after.created_at_ms, after.id + "\0"))


@fault("PAGE-6", "PAGE-7", "PAGE-10")
def border_item_lost(pipeline: Pipeline) -> None:
    """The item that was fetched to see whether more follow becomes the cursor, and is on neither page."""
    inner = pipeline.page

    def page(caller: Caller, collection: str, filters: Filters, after: Position | None, limit: int) -> Page:
        found = inner(caller, collection, filters, after, limit + 1)
        more = len(found.items) > limit
        return Page(found.items[:limit], position_of(found.items[limit]) if more else None)

    pipeline.page = page


@fault("PAGE-9", "ERROR-5")
def cursor_crashes_on_garbage(pipeline: Pipeline) -> None:
    """A cursor that cannot be decoded raises an unhandled exception."""
    inner = pipeline.decode_cursor

    def decode(text: str, caller: Caller) -> Position:
        try:
            return inner(text, caller)
        except ValueError as error:
            raise RuntimeError("not a cursor") from error

    pipeline.decode_cursor = decode


@fault("PAGE-9", "ERROR-5")
def altered_cursor_crashes(pipeline: Pipeline) -> None:
    """A cursor is decoded with care, but its time is passed to the database unchecked: an altered cursor crashes there."""
    inner = pipeline.decode_cursor

    def decode(text: str, caller: Caller) -> Position:
        try:
            return inner(text, caller)
        except ValueError as error:
            if text.startswith("eyJ"):
                raise RuntimeError("invalid input syntax for a timestamp") from error
            raise

    pipeline.decode_cursor = decode


@fault("PAGE-12")
def cursor_once_only(pipeline: Pipeline) -> None:
    """A cursor works only once: a client that sends it again is told that it is malformed."""
    inner = pipeline.decode_cursor
    used: dict[str, int] = {}

    def encode(position: Position, caller: Caller) -> str:
        text = encoded(position, caller)
        used.pop(text, None)
        return text

    def decode(text: str, caller: Caller) -> Position:
        position = inner(text, caller)
        used[text] = used.get(text, 0) + 1
        if used[text] > 1:
            raise ValueError("used")
        return position

    encoded = pipeline.encode_cursor
    pipeline.encode_cursor, pipeline.decode_cursor = encode, decode


@fault("PAGE-12")
def cursor_moves_on(pipeline: Pipeline) -> None:
    """A cursor is a handle on the server that moves on with each use: the second use gets the page after."""
    inner = pipeline.page
    used: set[tuple[object, ...]] = set()

    def page(caller: Caller, collection: str, filters: Filters, after: Position | None, limit: int) -> Page:
        found = inner(caller, collection, filters, after, limit)
        if after is None:
            used.clear()
            return found
        use = (caller.key.id, collection, after, limit)
        if use in used and found.next:
            return inner(caller, collection, filters, found.next, limit)
        used.add(use)
        return found

    pipeline.page = page


def _crash_on_content(pipeline: Pipeline, crashes: Callable[[Any], bool]) -> None:
    """Make a cursor crash if `crashes` returns True for the JSON in it; None stands for content that is not JSON."""

    def crashes_on(raw: bytes) -> bool:
        try:
            return crashes(json.loads(raw))
        except ValueError:
            return crashes(None)

    _crash_on_bytes(pipeline, crashes_on)


def _crash_on_bytes(pipeline: Pipeline, crashes: Callable[[bytes], bool]) -> None:
    """Make a cursor crash if `crashes` returns True for the bytes in it; a cursor that is not base64 has none."""
    inner = pipeline.decode_cursor

    def decode(text: str, caller: Caller) -> Position:
        try:
            return inner(text, caller)
        except ValueError:
            if crashes(_bytes(text)):
                raise RuntimeError("a defect") from None
            raise

    pipeline.decode_cursor = decode


def _bytes(text: str) -> bytes:
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return b""


def _is_text(content: Any, member: str) -> bool:
    return isinstance(content, dict) and isinstance(content.get(member), str)


def _time(content: Any) -> int | None:
    """The time in a cursor, in milliseconds; None if there is none."""
    try:
        return milliseconds(content["t"]) if _is_text(content, "t") else None
    except ValueError:
        return None


@fault("PAGE-9", "ERROR-5")
def cursor_of_another_shape_crashes(pipeline: Pipeline) -> None:
    """The JSON in a cursor is read as an object without a check: a list raises an unhandled exception."""
    _crash_on_content(pipeline, lambda content: isinstance(content, list))


@fault("PAGE-9", "ERROR-5")
def cursor_without_members_crashes(pipeline: Pipeline) -> None:
    """A cursor is decoded with care, but a missing member in it raises an unhandled exception."""
    _crash_on_content(pipeline, lambda content: isinstance(content, dict) and not {"id", "t"} <= set(content))


@fault("PAGE-9", "ERROR-5")
def cursor_of_bad_time_crashes(pipeline: Pipeline) -> None:
    """The members of a cursor are checked to be texts; a text that is not a time raises an unhandled exception."""

    def crashes(content: object) -> bool:
        return isinstance(content, dict) and all(isinstance(content.get(name), str) for name in ("id", "t"))

    _crash_on_content(pipeline, crashes)


@fault("PAGE-9", "ERROR-5")
def cursor_of_scalar_crashes(pipeline: Pipeline) -> None:
    """The JSON in a cursor is read as an object without a check: a number or a text raises an unhandled exception."""
    _crash_on_content(pipeline, lambda content: isinstance(content, int | str))


@fault("PAGE-9", "ERROR-5")
def cursor_of_null_crashes(pipeline: Pipeline) -> None:
    """The JSON in a cursor is read as an object without a check: null raises an unhandled exception."""
    _crash_on_bytes(pipeline, lambda raw: raw.strip() == b"null")


@fault("PAGE-9", "ERROR-5")
def cursor_of_no_json_crashes(pipeline: Pipeline) -> None:
    """The base64 of a cursor is checked; content that is not JSON raises an unhandled exception."""
    _crash_on_bytes(pipeline, lambda raw: raw[:1].isalpha())


@fault("PAGE-9", "ERROR-5")
def cursor_of_no_text_crashes(pipeline: Pipeline) -> None:
    """The base64 of a cursor is checked; content that is not UTF-8 raises an unhandled exception."""
    _crash_on_bytes(pipeline, lambda raw: not raw.isascii())


@fault("PAGE-9", "ERROR-5")
def cursor_id_unchecked(pipeline: Pipeline) -> None:
    """The time in a cursor is checked, but not the id: an id that is not a text crashes in a comparison."""
    _crash_on_content(pipeline, lambda content: _is_text(content, "t") and not _is_text(content, "id"))


@fault("PAGE-9", "ERROR-5")
def cursor_time_unchecked(pipeline: Pipeline) -> None:
    """The id in a cursor is checked, but not the time: a time that is not a text crashes when it is parsed."""
    _crash_on_content(pipeline, lambda content: _is_text(content, "id") and not _is_text(content, "t"))


@fault("PAGE-9", "ERROR-5")
def cursor_of_strange_id_crashes(pipeline: Pipeline) -> None:
    """The time in a cursor is checked, but not the id: a text that is not an id of the API crashes in the database."""
    _crash_on_content(
        pipeline, lambda content: _is_text(content, "id") and _time(content) is not None and "_" not in content["id"]
    )


@fault("PAGE-9", "ERROR-5")
def cursor_of_impossible_date_crashes(pipeline: Pipeline) -> None:
    """Only the form of the time in a cursor is checked: a day that does not exist raises an unhandled exception."""
    _crash_on_content(
        pipeline,
        lambda content: _is_text(content, "t") and bool(_DATE.match(content["t"])) and _time(content) is None,
    )


@fault("PAGE-9", "ERROR-5")
def cursor_of_huge_number_crashes(pipeline: Pipeline) -> None:
    """A number in a cursor is read as a time: a number of more than 64 bits raises an unhandled exception."""
    _crash_on_bytes(pipeline, lambda raw: _HUGE.search(raw) is not None)


@fault("PAGE-9", "ERROR-5")
def negative_cursor_crashes(pipeline: Pipeline) -> None:
    """A cursor that is a negative number is used as an offset, which the database refuses."""
    inner = pipeline.decode_cursor

    def decode(text: str, caller: Caller) -> Position:
        if text.startswith("-") and text[1:].isdecimal():
            raise RuntimeError("a defect")
        return inner(text, caller)

    pipeline.decode_cursor = decode


@fault("PAGE-6", "PAGE-7", "PAGE-10")
def cursor_in_whole_seconds(pipeline: Pipeline) -> None:
    """The time in a cursor is cut to whole seconds: older items of the same second are lost."""
    change_position(pipeline, lambda after: Position(after.created_at_ms // 1_000 * 1_000, after.id))


@fault("PAGE-6", "PAGE-10")
def own_cursors_refused(pipeline: Pipeline) -> None:
    """A nextCursor is refused as malformed: it is encoded in one way and decoded in another."""

    def decode(_text: str, _caller: Caller) -> Position:
        raise ValueError("not a cursor")

    pipeline.decode_cursor = decode
