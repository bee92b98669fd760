"""The exchanges of a run as an HTTP Archive (HAR 1.2), which the developer tools of browsers open; redacted.

Written by hand, because no maintained package writes HAR: haralyzer (4 packages, 4 MB) reads it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from importlib.metadata import version
from operator import attrgetter
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from conformance.report.record import Run
from conformance.target.exchange import Exchange
from conformance.target.redaction import Redactor

_LONGEST_BODY = 200_000


def archive(run: Run) -> dict[str, Any]:
    """The archive as a JSON object; what was not answered has status 0.

    `_key` names the member of the target's description whose key was sent.
    """
    sent = sorted((*run.exchanges, *run.unanswered), key=attrgetter("number"))
    return {
        "log": {
            "version": "1.2",
            "creator": {"name": "outbound-conformance", "version": version("outbound-conformance")},
            "pages": [],
            "entries": [_entry(exchange, run.redactor) for exchange in sent],
        }
    }


def _entry(exchange: Exchange, redactor: Redactor) -> dict[str, Any]:
    took = max(0.0, round((exchange.answered - exchange.sent) * 1000, 3))
    key = exchange.request.credential
    return {
        "startedDateTime": datetime.fromtimestamp(exchange.at, UTC).isoformat(timespec="milliseconds"),
        "time": took,
        "request": _request(exchange, redactor),
        "response": _response(exchange, redactor),
        "cache": {},
        "timings": {"send": 0, "wait": took, "receive": 0},
        "comment": f"exchange {exchange.number}" + (", refused for pace and repeated" if exchange.pacing else ""),
        "_key": key.label if key else "",
    }


def _request(exchange: Exchange, redactor: Redactor) -> dict[str, Any]:
    request = exchange.request
    headers = list(request.fields)
    if request.credential:
        headers.append(("Authorization", f"Bearer {request.credential.shown}"))
    url = redactor.text(exchange.url)
    declared = next((value for name, value in headers if name.lower() == "content-type"), "")
    content = {"postData": {"mimeType": declared, "text": redactor.text(request.body)}} if request.body else {}
    trailers = {"_trailers": _pairs(list(request.trailers), redactor)} if request.trailers else {}
    return {
        "method": request.method,
        "url": url,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(headers, redactor),
        "queryString": _pairs(parse_qsl(urlsplit(url).query, keep_blank_values=True), redactor),
        "headersSize": -1,
        "bodySize": len((request.body or "").encode()),
        **content,
        **trailers,
    }


def _response(exchange: Exchange, redactor: Redactor) -> dict[str, Any]:
    text = redactor.body(exchange, _LONGEST_BODY)
    return {
        "status": exchange.status,
        "statusText": _phrase(exchange.status),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(exchange.headers.multi_items(), redactor),
        "content": {"size": len(exchange.body), "mimeType": exchange.headers.get("content-type", ""), "text": text},
        "redirectURL": redactor.text(exchange.headers.get("location", "")),
        "headersSize": -1,
        "bodySize": len(exchange.body),
    }


def _pairs(pairs: list[tuple[str, str]], redactor: Redactor) -> list[dict[str, str]]:
    # A cookie that the target sets (for example on a login page) is a secret that the run does not know.
    return [
        {"name": name, "value": "…" if name.lower() == "set-cookie" else redactor.text(value)} for name, value in pairs
    ]


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
