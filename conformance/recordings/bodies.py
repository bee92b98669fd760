"""The body of a recorded answer, as the API sent it, or the reason why it cannot be judged: tools leave out and cut bodies."""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib

import msgspec

from conformance.recordings.archive import ArchivedResponse, Content
from conformance.recordings.redactions import is_cut
from conformance.target.content_coding import decompressed, is_known
from conformance.target.transport import MOST_BYTES

_CUT = "the recorded body was cut"
_COMPRESSED = "the recorded body is compressed, and cannot be decompressed"
_TOO_LONG = f"the body has more than {MOST_BYTES // 1024 // 1024} MiB"
_ENCODED_AS_IT_IS = ("", "identity")
_NUMBER = b"+-.eE0123456789"
# Control characters, and the character that tools put in the place of bytes that are no UTF-8.
_UNREADABLE = re.compile(rb"[\0-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf\xbd")
_SAMPLE = 1000
_FEWEST_UNREADABLE = 0.05
"""Of compressed bytes, one in nine is a control character."""


class _NotJudgedError(Exception):
    """The body cannot be judged; the message is the reason."""


def body(response: ArchivedResponse) -> tuple[bytes, str]:
    """The body, and why it cannot be judged; the latter is empty if it can."""
    try:
        return _body(response), ""
    except _NotJudgedError as reason:
        return b"", str(reason)


def _body(response: ArchivedResponse) -> bytes:
    recorded = _recorded(response.content)
    if len(recorded) > MOST_BYTES:
        raise _NotJudgedError(_TOO_LONG)
    coding = (response.header("Content-Encoding") or "").strip().lower()
    compressed = coding not in _ENCODED_AS_IT_IS and _is_binary(recorded)
    whole = _decompressed(recorded, coding) if compressed else recorded
    if is_cut(response.content.text or "") or _lacks_its_end(whole, response):
        raise _NotJudgedError(_CUT)
    return whole


def _recorded(content: Content) -> bytes:
    if content.text is None or (not content.text and content.size != 0):
        raise _NotJudgedError("the body was not recorded")
    try:
        return _decoded(content.text, content.encoding)
    except UnicodeEncodeError:
        raise _NotJudgedError("the recorded body has halves of characters") from None
    except (binascii.Error, ValueError):
        raise _NotJudgedError("the body's encoding cannot be read") from None


def _decoded(text: str, encoding: str | None) -> bytes:
    if not encoding:
        return text.encode()
    if encoding.lower() != "base64":
        raise ValueError(encoding)
    return base64.b64decode("".join(text.split()), validate=True)


def _is_binary(recorded: bytes) -> bool:
    """Whether a body is no text. Most tools record a body decompressed, whatever its Content-Encoding says."""
    sample = recorded[:_SAMPLE]
    unreadable = len(_UNREADABLE.findall(sample))
    return unreadable > _FEWEST_UNREADABLE * len(sample) and not _is_json(recorded)


def _decompressed(recorded: bytes, coding: str) -> bytes:
    if not is_known(coding):
        raise _NotJudgedError(_COMPRESSED)
    try:
        whole, complete = decompressed(recorded, coding, MOST_BYTES + 1)
    except zlib.error:
        raise _NotJudgedError(_COMPRESSED) from None
    if len(whole) > MOST_BYTES:
        raise _NotJudgedError(_TOO_LONG)
    if not complete:
        raise _NotJudgedError(_CUT)
    return whole


def _lacks_its_end(whole: bytes, response: ArchivedResponse) -> bool:
    """Whether the tool has recorded less than came: less than it counted, or the begin of JSON and less than announced."""
    if len(whole) < (response.content.size or 0):
        return not _is_json(whole)
    announced = response.header("Content-Length") or ""
    length = int(announced) if announced.isascii() and announced.isdigit() and len(announced) < 20 else 0
    return len(whole) < length and _begins_json(whole)


def _begins_json(text: bytes) -> bool:
    """Whether JSON ends too early in a text, which only lacks its end."""
    begun = text.rstrip(_NUMBER)
    try:
        msgspec.json.decode(begun)
    except (msgspec.DecodeError, RecursionError) as error:
        return bool(begun) and "truncated" in str(error)
    return False


def _is_json(text: bytes) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
