"""The request log: filtered lists, waits, exports and single requests. Keys in it are shortened."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from mockserver.api.authentication import presented_secret
from mockserver.control.call import Call, Handler, Refusal, bad_input
from mockserver.control.har import archive
from mockserver.control.queries import PageQuery, RequestFilters
from mockserver.control.redaction import redacted, redacted_headers, redacted_query
from mockserver.control.request_facts import (
    header,
    ignored_parameters,
    operation_of,
    places_of_keys,
    unknown_values,
    why_unauthorized,
)
from mockserver.control.times import shown_time
from mockserver.worlds.request_log import Entry
from spec import contract
from spec.misspelled import meant
from spec.target import shown as shown_secret

if TYPE_CHECKING:
    from mockserver.api.keys import KeyRing

MOST_WAITING = 100
"""The most calls of one world that may wait at the same time."""


def _list(call: Call) -> object:
    asked = call.asked(RequestFilters)
    _check("operation", asked.operation, contract().operations)
    _check("problem", asked.problem, contract().problems)
    return _wait(call, asked) if asked.wait else _page(call, _matching(call, asked))


def _check(name: str, value: str | None, known: Collection[str]) -> None:
    """Raise Refusal for a filter's value that no request can have."""
    if value is not None and value not in known:
        raise bad_input(f"{name}: no such {name}{meant(value, known)}.")


def _page(call: Call, found: Sequence[Entry]) -> Mapping[str, object]:
    return {
        "data": [shown(entry, call.state.keys) for entry in found[-call.asked(PageQuery).limit :]],
        "last": call.world.request_log.last,
    }


async def _wait(call: Call, asked: RequestFilters) -> Mapping[str, object]:
    """Answer when enough entries match, or when the time is over."""
    request_log = call.world.request_log
    if request_log.waiting >= MOST_WAITING:
        raise Refusal(429, "Too many requests", f"{MOST_WAITING} calls wait already.")
    loop = asyncio.get_running_loop()
    until = loop.time() + asked.wait
    while len(found := _matching(call, asked)) < asked.count and (left := until - loop.time()) > 0:
        await request_log.change(left)
    return _page(call, found)


def _matching(call: Call, asked: RequestFilters) -> Sequence[Entry]:
    return [entry for entry in call.world.request_log if matches(entry, asked)]


def matches(entry: Entry, asked: RequestFilters) -> bool:
    """Whether an entry matches all filters. The cheapest filters come first."""
    return (
        entry.number > asked.after
        and (not entry.is_documentation or asked.documentation == "1")
        and asked.key in (None, entry.key and entry.key.id)
        and (asked.method is None or asked.method.upper() == entry.method)
        and asked.problem in (None, entry.problem and entry.problem.kind.slug)
        and str(entry.status or 0).startswith(asked.status.rstrip("x"))
        and asked.path in entry.path.decode("latin-1")
        and asked.query in entry.query.decode("latin-1")
        and asked.operation in (None, operation_of(entry))
    )


def _get(call: Call) -> Mapping[str, object]:
    for entry in call.world.request_log:
        if str(entry.number) == str(call.path["number"]):
            return _in_full(entry, call.state.keys)
    raise Refusal(404, "Not found", "The log has no request with this number: it keeps the newest.")


def _clear(call: Call) -> None:
    call.world.request_log.clear()


def _export(call: Call) -> Mapping[str, object]:
    return archive(_matching(call, call.asked(RequestFilters)), call.base_url)


def shown(entry: Entry, keys: KeyRing) -> Mapping[str, object]:
    """An entry as JSON: the request, the answer, and the facts that only the log knows."""
    secret = presented_secret({"headers": entry.request_headers})
    problem = entry.problem
    agent = header(entry.request_headers, b"user-agent")
    return {
        "number": entry.number,
        "at": shown_time(entry.at),
        "seconds": round(max(0.0, entry.seconds), 6),
        "method": entry.method,
        "path": redacted(entry.path.decode("latin-1")),
        "query": redacted_query(entry.query.decode("latin-1")),
        "operation": operation_of(entry),
        "key": entry.key and entry.key.id,
        "keyName": entry.key and entry.key.name,
        "credentials": None if secret is None else shown_secret(secret.decode("latin-1")),
        "keyFoundIn": places_of_keys(entry),
        "status": entry.status,
        "size": entry.size,
        "complete": entry.complete,
        "problem": problem and {"kind": problem.kind.slug, "detail": problem.detail},
        "unauthorized": why_unauthorized(entry, keys),
        "retryAfter": header(entry.headers, b"retry-after"),
        "userAgent": agent and redacted(agent),
        "ignoredParameters": [redacted(name) for name in ignored_parameters(entry)],
        "unknownValues": [redacted(value) for value in unknown_values(entry)],
        "switches": list(entry.switches),
    }


def _in_full(entry: Entry, keys: KeyRing) -> Mapping[str, object]:
    return {
        **shown(entry, keys),
        "client": entry.client and entry.client[0],
        "requestHeaders": [{"name": name, "value": value} for name, value in redacted_headers(entry.request_headers)],
        "headers": [{"name": name, "value": value} for name, value in redacted_headers(entry.headers)],
        "body": None if entry.body is None else redacted(entry.body.decode("utf-8", "replace")),
    }


HANDLERS: Mapping[str, Handler] = {
    "listRequests": _list,
    "getRequest": _get,
    "clearRequests": _clear,
    "exportRequests": _export,
}
