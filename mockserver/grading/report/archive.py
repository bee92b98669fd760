"""`requests.har`: all requests as an HTTP Archive 1.2, a page for each run. Credentials in it are shortened."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from importlib import metadata
from urllib.parse import unquote_plus

from mockserver.api.keys import PREFIX
from mockserver.control.har import CREATOR, phrase
from mockserver.control.redaction import redacted, redacted_fields, redacted_query
from mockserver.grading.records import Exchange, Run
from mockserver.grading.report.document import moment
from mockserver.grading.verdict import Grade
from spec.target import shown

ORIGIN = "http://mock"
"""An address in place of the mock's, which is different in each run."""

_UNKNOWN = -1


def archive(grade: Grade) -> Mapping[str, object]:
    """The archive of all runs."""
    creator = {"name": CREATOR, "version": metadata.version("outbound-conformance")}
    began = grade.started
    pages, entries = [], []
    for run in grade.runs:
        pages.append({"id": run.trial, "title": run.trial, "startedDateTime": moment(began), "pageTimings": {}})
        entries += [_entry(exchange, run, began) for exchange in run.exchanges]
        began += timedelta(seconds=run.seconds)
    return {"log": {"version": "1.2", "creator": creator, "pages": pages, "entries": entries}}


def target(exchange: Exchange) -> str:
    """The path and the query of a request, with the keys in them shortened."""
    query = redacted_query(exchange.query_string)
    return f"{redacted(exchange.path)}{'?' * bool(query)}{query}"


def _entry(exchange: Exchange, run: Run, began: datetime) -> Mapping[str, object]:
    answered = exchange.ended if exchange.answered is None else exchange.answered
    wait, took = max(0.0, answered - exchange.began), max(0.0, exchange.ended - exchange.began)
    return {
        "pageref": run.trial,
        "startedDateTime": moment(began + timedelta(seconds=exchange.began)),
        "time": _ms(took),
        "request": _request(exchange),
        "response": _response(exchange),
        "cache": {},
        "timings": {"send": 0, "wait": _ms(wait), "receive": _ms(took - wait if math.isfinite(took) else took)},
        "connection": str(exchange.connection),
        "_number": exchange.number,
        "_trial": exchange.mark,
    }


def _request(exchange: Exchange) -> Mapping[str, object]:
    pairs = (pair.partition("=") for pair in redacted_query(exchange.query_string).split("&") if pair)
    return {
        "method": exchange.method,
        "url": (redacted(exchange.origin) or ORIGIN) + target(exchange),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _headers(exchange.request_headers, exchange.leaks),
        "queryString": [{"name": unquote_plus(name), "value": unquote_plus(value)} for name, _, value in pairs],
        "headersSize": _UNKNOWN,
        "bodySize": _UNKNOWN,
    }


def _response(exchange: Exchange) -> Mapping[str, object]:
    content = {
        "size": len(exchange.body),
        "mimeType": exchange.header("content-type") or "",
        "text": redacted(exchange.body.decode("utf-8", "replace")),
    }
    return {
        "status": exchange.status or 0,
        "statusText": phrase(exchange.status),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _headers(exchange.headers, ()),
        "content": content,
        "redirectURL": exchange.header("location") or "",
        "headersSize": _UNKNOWN,
        "bodySize": len(exchange.body),
    }


def _headers(headers: tuple[tuple[str, str], ...], leaks: Collection[str]) -> list[Mapping[str, str]]:
    """Headers with the secrets in them shortened; one that holds a key in another spelling is shortened as a whole."""
    return [
        {"name": name, "value": shown(value) if f"the header `{name}`" in leaks and PREFIX not in value else value}
        for name, value in redacted_fields(headers)
    ]


def _ms(seconds: float) -> float:
    return round(seconds * 1_000, 3) if math.isfinite(seconds) else _UNKNOWN
