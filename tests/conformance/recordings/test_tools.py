"""The gate reads archives of Chrome, mitmproxy and Playwright, with the peculiarities of each."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

import spec
from conformance.recordings.archive import read
from conformance.recordings.judgement import judge
from conformance.recordings.traffic import recording
from tests.support.archives import archive, entry, page

URL = "https://outbound.example/api/v1/contacts?limit=50"
BODY = page()

# HTTP/2, with pseudo-headers; an export without sensitive data leaves out Authorization and cookies.
CHROME: dict[str, Any] = {
    "_connectionId": "39",
    "_initiator": {"type": "script", "stack": {"callFrames": []}},
    "_priority": "High",
    "_resourceType": "fetch",
    "cache": {},
    "connection": "443",
    "pageref": "page_1",
    "request": {
        "method": "GET",
        "url": URL,
        "httpVersion": "http/2.0",
        "headers": [
            {"name": ":authority", "value": "outbound.example"},
            {"name": ":method", "value": "GET"},
            {"name": ":path", "value": "/api/v1/contacts?limit=50"},
            {"name": ":scheme", "value": "https"},
            {"name": "accept", "value": "*/*"},
            {"name": "sec-ch-ua", "value": '"Chromium";v="141"'},
        ],
        "queryString": [{"name": "limit", "value": "50"}],
        "cookies": [],
        "headersSize": -1,
        "bodySize": 0,
    },
    "response": {
        "status": 200,
        "statusText": "",
        "httpVersion": "http/2.0",
        "headers": [
            {"name": "content-encoding", "value": "br"},
            {"name": "content-type", "value": "application/json"},
            {"name": "cache-control", "value": "private"},
            {"name": "date", "value": "Fri, 01 May 2026 12:00:00 GMT"},
            {"name": "x-ratelimit-limit", "value": "60"},
            {"name": "x-ratelimit-reset", "value": "1777636830"},
        ],
        "cookies": [],
        "content": {"size": len(BODY), "mimeType": "application/json", "text": BODY},
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": -1,
        "_transferSize": 512,
        "_error": None,
        "_fetchedViaServiceWorker": False,
    },
    "serverIPAddress": "192.0.2.7",
    "startedDateTime": "2026-05-01T12:00:00.123Z",
    "time": 41.23500000003318,
    "timings": {"blocked": 1.2, "dns": -1, "ssl": -1, "connect": -1, "send": 0.1, "wait": 39.0, "receive": 0.9},
}


def pairs(**headers: str) -> list[dict[str, str]]:
    return [{"name": name.replace("_", "-"), "value": value} for name, value in headers.items()]


ANSWERED = pairs(Content_Type="application/json", Vary="Authorization", X_RateLimit_Limit="60", X_RateLimit_Reset="12")

MITMPROXY: dict[str, Any] = {
    "startedDateTime": "2026-05-01T12:00:00.123456+00:00",
    "time": 12,
    "request": {
        "method": "GET",
        "url": URL,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": pairs(Authorization="Bearer obk_live_0123456789abcdefghijABCDEFGHIJ01"),
        "queryString": [{"name": "limit", "value": "50"}],
        "headersSize": 180,
        "bodySize": 0,
    },
    "response": {
        "status": 200,
        "statusText": "OK",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": ANSWERED,
        "content": {"size": 80, "compression": len(BODY) - 80, "mimeType": "application/json", "text": BODY},
        "redirectURL": "",
        "headersSize": 200,
        "bodySize": 80,
    },
    "cache": {},
    "timings": {"connect": -1, "ssl": -1, "send": 2, "receive": 3, "wait": 7},
    "serverIPAddress": "192.0.2.7",
}

PLAYWRIGHT: dict[str, Any] = {
    "startedDateTime": "2026-05-01T12:00:00.123Z",
    "time": 8.1,
    "request": {
        "method": "GET",
        "url": URL,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": pairs(authorization="Bearer obk_live_0123456789abcdefghijABCDEFGHIJ01", accept="*/*"),
        "queryString": [],
        "headersSize": -1,
        "bodySize": -1,
    },
    "response": {
        "status": 200,
        "statusText": "OK",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": ANSWERED,
        "content": {
            "size": len(BODY),
            "mimeType": "application/json",
            "encoding": "base64",
            "text": base64.b64encode(BODY.encode()).decode(),
        },
        "headersSize": -1,
        "bodySize": -1,
        "redirectURL": "",
    },
    "cache": {},
    "timings": {"send": -1, "wait": -1, "receive": 8.1},
}


def statuses(folder: Path, entry: dict[str, Any], *, mark: str = "") -> dict[str, str]:
    file = folder / "tool.har"
    file.write_text(mark + json.dumps({"log": {"version": "1.2", "pages": [], "entries": [entry]}}), "utf-8")
    result = judge(recording(read(file)), spec.requirements())
    return {row.requirement.id: row.status for row in result.rows if row.status != "not-shown"}


@pytest.mark.parametrize("entry", [CHROME, MITMPROXY, PLAYWRIGHT], ids=["Chrome", "mitmproxy", "Playwright"])
def test_an_archive_of_another_tool_is_judged(tmp_path: Path, entry: dict[str, Any]) -> None:
    kept = ("OP-1", "PAGE-1", "PAGE-3", "PAGE-4", "PAGE-8", "TENANT-8", "ERROR-5", "RATE-1")
    assert statuses(tmp_path, entry) == dict.fromkeys(kept, "kept")


def test_a_mark_of_the_byte_order_is_no_fault(tmp_path: Path) -> None:
    assert statuses(tmp_path, CHROME, mark="\ufeff")["OP-1"] == "kept"


def test_bodies_that_playwright_attached_in_files_of_their_own_are_not_judged(tmp_path: Path) -> None:
    attached = {"size": -1, "mimeType": "application/json", "_file": "0a1b.json"}
    entry = {**PLAYWRIGHT, "response": {**PLAYWRIGHT["response"], "content": attached}}
    found = statuses(tmp_path, entry)
    assert (found["OP-1"], found["RATE-1"]) == ("not-judged", "kept")


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"_fetchType": "Disk Cache"}, "answered from the browser's cache"),
        ({"_fetchType": "Memory Cache"}, "answered from the browser's cache"),
        ({"_fetchType": "Service Worker"}, "answered by the browser itself"),
        ({"_fetchType": "Inspector Override"}, "answered by the browser itself"),
        ({"cache": {"afterRequest": {"eTag": "", "hitCount": 3}}}, "answered from the browser's cache"),
        ({"_fetchType": "Network Load"}, ""),
        ({"_fetchType": ["Disk Cache"]}, ""),
        ({"cache": None}, ""),
        ({"cache": {"afterRequest": None}}, ""),
        ({"cache": {"beforeRequest": None, "afterRequest": {"eTag": "", "hitCount": 0}}}, ""),
    ],
)
def test_what_safari_and_firefox_did_not_ask_the_api_is_skipped(
    tmp_path: Path, members: dict[str, Any], reason: str
) -> None:
    result = judge(recording(read(archive(tmp_path, entry(), entry(body="oops", **members)))), spec.requirements())
    assert dict(result.recording.skipped) == ({reason: 1} if reason else {})
    assert [row.requirement.id for row in result.broken()] == ([] if reason else ["OP-1", "PAGE-1"])
