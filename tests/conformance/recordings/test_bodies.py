"""A recorded body is judged as the API sent it: compressed ones are decompressed, and cut ones not held against the API."""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from pathlib import Path
from typing import Any

import pytest

import spec
from conformance.recordings.archive import read
from conformance.recordings.judgement import RequirementTally, judge
from conformance.recordings.traffic import recording
from conformance.target.transport import MOST_BYTES
from tests.support.archives import CONTACT, archive, entry, page

GOOD, WRONG = page().encode(), page({**CONTACT, "qualificationScore": "61"}).encode()
LATIN = page({**CONTACT, "qualificationScore": "é"}).encode().replace(rb"\u00e9", b"\xe9")
BEGUN = page().encode()[:90]
PLAIN = zlib.compressobj(wbits=-zlib.MAX_WBITS)
WITHOUT_HEADER = PLAIN.compress(GOOD) + PLAIN.flush()


def op_1(folder: Path, body: bytes, coding: str = "", length: int | None = None, **content: Any) -> RequirementTally:
    """What is found of an answer with a body, recorded in base64, by OP-1: every answer has its documented schema."""
    headers = {"content-encoding": coding, "content-length": "" if length is None else str(length)}
    recorded = {"text": base64.b64encode(body).decode(), "encoding": "base64", **content}
    result = judge(recording(read(archive(folder, entry(headers=headers, content=recorded)))), spec.requirements())
    return next(row for row in result.rows if row.requirement.id == "OP-1")


@pytest.mark.parametrize("size", [None, -1, 80, len(GOOD)])
@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(GOOD)),
        ("GZIP", gzip.compress(GOOD)),
        ("x-gzip", gzip.compress(GOOD)),
        ("deflate", zlib.compress(GOOD)),
        ("deflate", WITHOUT_HEADER),
        ("gzip", GOOD),
        ("br", GOOD),
    ],
)
def test_a_body_is_judged_whether_or_not_the_tool_decompressed_it(
    tmp_path: Path, coding: str, body: bytes, size: int | None
) -> None:
    assert op_1(tmp_path, body, coding, size=size).status == "kept"
    assert op_1(tmp_path, gzip.compress(WRONG), "gzip", size=size).status == "broken"


@pytest.mark.parametrize(
    ("coding", "body", "reason"),
    [
        ("gzip", gzip.compress(GOOD)[:-20], "was cut"),
        ("br", gzip.compress(GOOD), "is compressed"),
        ("gzip, br", gzip.compress(GOOD), "is compressed"),
        ("gzip", gzip.compress(GOOD).decode("utf-8", "replace").encode(), "is compressed"),
        ("gzip", gzip.compress(GOOD).decode("latin-1").encode(), "is compressed"),
        ("gzip", gzip.compress(bytes(MOST_BYTES + 1)), "MiB"),
    ],
)
def test_a_compressed_body_that_cannot_be_decompressed_is_not_judged(
    tmp_path: Path, coding: str, body: bytes, reason: str
) -> None:
    found = op_1(tmp_path, body, coding)
    assert found.status == "not-judged"
    assert reason in next(iter(found.unjudged))


@pytest.mark.parametrize("size", [None, -1, 90])
@pytest.mark.parametrize("ending", [b"", b', "n": 1.', b', "n": -', b', "n": tru', b', "n": "\\u00', b', "n": "\xd7'])
def test_the_begin_of_json_that_is_shorter_than_announced_was_cut(
    tmp_path: Path, ending: bytes, size: int | None
) -> None:
    found = op_1(tmp_path, BEGUN[: BEGUN.rindex(b",")] + ending, length=5000, size=size)
    assert [*found.unjudged] == ["the recorded body was cut"]


@pytest.mark.parametrize(
    ("body", "coding", "length"),
    [
        (gzip.compress(GOOD), "", None),
        (LATIN, "gzip", None),
        (json.dumps({"data": [CONTACT]}).encode("utf-16"), "gzip", None),
        (GOOD.replace(b"con_1", b"con_\x01"), "gzip", None),
        (b"oops", "gzip", None),
        (BEGUN, "", None),
        (BEGUN, "", len(BEGUN)),
        (BEGUN, "gzip", len(BEGUN) - 20),
        (b"<html>", "", 5000),
        (GOOD + b"}", "", 5000),
        (WRONG, "", 5000),
    ],
)
def test_a_wrong_body_stays_accused(tmp_path: Path, body: bytes, coding: str, length: int | None) -> None:
    assert op_1(tmp_path, body, coding, length, size=len(body)).status == "broken"
