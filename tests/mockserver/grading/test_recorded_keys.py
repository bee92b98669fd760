"""`grade --har FILE`: a key in any other place than the Authorization header."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from mockserver.grading import report
from mockserver.grading.verdict import recording_graded
from tests.support.graded_archives import CONTACTS, entry, recorded, statuses

KEY = "obk_live_Kq7Zr2Lw9Xt4Mv6B"
ENCODED = KEY.replace("_", "%5F")
IN_BASE64 = b64encode(f'{{"key": "{KEY}"}}'.encode()).decode()
FIELD = [{"name": "api_key", "value": KEY}]

PLACES: dict[str, tuple[dict[str, Any], str]] = {
    "query": ({"url": f"{CONTACTS}?api_key={KEY}"}, "the query parameter `api_key`"),
    "encoded query": ({"url": f"{CONTACTS}?api_key={ENCODED}"}, "the query parameter `api_key`"),
    "query apart": ({"queryString": FIELD}, "the query parameter `api_key`"),
    "query twice": ({"url": f"{CONTACTS}?api_key={KEY}", "queryString": FIELD}, "the query parameter `api_key`"),
    "path": ({"url": f"{CONTACTS}/{KEY}"}, "the path"),
    "encoded path": ({"url": f"{CONTACTS}/{ENCODED}"}, "the path"),
    "gateway's path": ({"url": f"https://gw.example/{KEY}/api/v1/contacts"}, "the path"),
    "cookies": ({"cookies": FIELD}, "a cookie"),
    "body": ({"postData": {"text": json.dumps({"key": KEY})}}, "the body"),
    "encoded body": ({"postData": {"text": f"key={ENCODED}"}}, "the body"),
    "body in base64": ({"postData": {"text": IN_BASE64, "encoding": "base64"}}, "the body"),
    "form": ({"postData": {"params": FIELD}}, "the body"),
    "header": ({"headers": [{"name": "X-Key", "value": KEY}]}, "the header `X-Key`"),
}


@pytest.mark.parametrize(("change", "place"), PLACES.values(), ids=PLACES)
def test_a_misplaced_key_is_found(tmp_path: Path, change: dict[str, Any], place: str) -> None:
    asked = entry(0, CONTACTS)
    asked["request"] |= change
    run = recorded(tmp_path, asked)
    assert (run.exchanges[0].leaks, statuses(run)["KEY-1"]) == ((place,), "broken")
    report.write(recording_graded("traffic.har", run, strict=False), tmp_path / "report")
    written = "".join(file.read_text("utf-8") for file in (tmp_path / "report").iterdir())
    assert (KEY in written, ENCODED in written, IN_BASE64 in written) == (False, False, False)


def test_a_key_that_stands_where_it_belongs_is_kept(tmp_path: Path) -> None:
    asked = entry(0, f"{CONTACTS}?q=key")
    empty = {"cookies": [], "queryString": [{"name": "q", "value": "key"}], "postData": {"text": "", "params": None}}
    asked["request"] |= empty
    assert statuses(recorded(tmp_path, asked))["KEY-1"] == "kept"
