"""The request log: live, with the reason of each refusal, filters, each request and answer in detail, and all as HAR."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import msgspec
from starlette.responses import JSONResponse, Response

from mockserver.console.visit import Form, Gone, Route, Visit, objection
from mockserver.control.queries import RequestFilters
from mockserver.control.redaction import redacted, redacted_headers, redacted_query
from mockserver.control.requests import matches

if TYPE_CHECKING:
    from mockserver.worlds.request_log import Entry

PATH = "/requests"
SHOWN = 100
"""The number of rows on the page, the newest."""

LONGEST_WAIT = 20.0
"""Real seconds to wait for new rows before an empty answer is sent."""

FILTERS = ("key", "operation", "method", "status", "problem", "path", "query", "documentation")


async def _show(visit: Visit) -> Response:
    entries = list(visit.world.request_log)
    fitting = _fitting(entries, visit.query)
    return visit.page(
        "requests.html",
        entries=fitting[: -SHOWN - 1 : -1],
        fitting=len(fitting),
        all=len(entries),
        newest=entries[-1].number if entries else 0,
        keys=list(visit.world.state.keys),
        filters={name: visit.query[name] for name in FILTERS},
    )


async def _rows(visit: Visit) -> Response:
    """The rows that came after the entry `after`, the newest first; waits for one."""
    request_log = visit.world.request_log
    after = visit.query.whole("after")
    entries = _since(request_log, after)
    if not entries and visit.query["wait"]:
        await request_log.change(LONGEST_WAIT)
        entries = _since(request_log, after)
    fitting = _fitting(entries, visit.query)[-SHOWN:]
    newest = entries[-1].number if entries else after
    return visit.fragment("more_rows.html", {"x-newest": str(newest)}, entries=fitting[::-1])


async def _detail(visit: Visit) -> Response:
    number = visit.parameters["number"]
    entry = next((each for each in visit.world.request_log if str(each.number) == number), None)
    if entry is None:
        raise Gone("This request is not in the log, or not any more: it keeps the newest ones.")
    query = f"?{redacted_query(entry.query.decode('latin-1'))}" if entry.query else ""
    return visit.page(
        "request.html",
        entry=entry,
        asked=redacted_headers(entry.request_headers),
        answered=redacted_headers(entry.headers),
        body=redacted((entry.body or b"").decode("utf-8", "replace")),
        target=redacted(entry.path.decode("latin-1")) + query,
        address=visit.base_url,
    )


async def _har(visit: Visit) -> Response:
    status, answer = await visit.call("GET", "/_mock/requests.har")
    if status >= 400:
        raise Gone(objection(answer))
    return JSONResponse(answer, headers={"content-disposition": 'attachment; filename="outbound-mock.har"'})


async def _clear(visit: Visit) -> Response:
    return await visit.change("DELETE", "/_mock/requests", None, PATH, "The log is empty.")


def _since(request_log: Iterable[Entry], after: int) -> Sequence[Entry]:
    """The entries that were added after the entry with that number. A slow request is added after others with higher numbers."""
    entries = list(request_log)
    place = next((index for index, entry in enumerate(entries) if entry.number == after), None)
    return [entry for entry in entries if entry.number > after] if place is None else entries[place + 1 :]


def _fitting(entries: Iterable[Entry], query: Form) -> Sequence[Entry]:
    """The entries that match the filters of the page."""
    asked = {name: query.text(name) for name in FILTERS if query.text(name)}
    if "status" in asked:
        asked["status"] = asked["status"].lower()
    filters = msgspec.convert(asked, RequestFilters)
    return [entry for entry in entries if matches(entry, filters)]


ROUTES = (
    Route("GET", PATH, _show),
    Route("GET", f"{PATH}.har", _har),
    Route("GET", f"{PATH}/rows", _rows),
    Route("POST", f"{PATH}/clear", _clear),
    Route("GET", f"{PATH}/{{number}}", _detail),
)
