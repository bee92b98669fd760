"""`requests.har`: all requests as an HTTP Archive 1.2, a page for each run. Credentials in it are shortened."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from mockserver.api.keys import PREFIX
from mockserver.control.har import har, har_request, har_response
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
    began = grade.started
    pages, entries = [], []
    for run in grade.runs:
        pages.append({"id": run.trial, "title": run.trial, "startedDateTime": moment(began), "pageTimings": {}})
        entries += [_entry(exchange, run, began) for exchange in run.exchanges]
        began += timedelta(seconds=run.seconds)
    return har(entries, pages=pages)


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
        "response": har_response(exchange.status, redacted_fields(exchange.headers), len(exchange.body), exchange.body),
        "cache": {},
        "timings": {"send": 0, "wait": _ms(wait), "receive": _ms(took - wait if math.isfinite(took) else took)},
        "connection": str(exchange.connection),
        "_number": exchange.number,
        "_trial": exchange.mark,
    }


def _request(exchange: Exchange) -> Mapping[str, object]:
    url = (redacted(exchange.origin) or ORIGIN) + redacted(exchange.path)
    headers = _redacted(exchange.request_headers, exchange.leaks)
    return har_request(exchange.method, url, redacted_query(exchange.query_string), headers)


def _redacted(headers: Iterable[tuple[str, str]], leaks: Collection[str]) -> list[tuple[str, str]]:
    """Headers with the secrets in them shortened; one that holds a key in another spelling is shortened as a whole."""
    return [
        (name, shown(value) if f"the header `{name}`" in leaks and PREFIX not in value else value)
        for name, value in redacted_fields(headers)
    ]


def _ms(seconds: float) -> float:
    return round(seconds * 1_000, 3) if math.isfinite(seconds) else _UNKNOWN
