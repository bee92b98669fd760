"""The request log: filtered, waited for, exported, one by one. Keys in it are shortened."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mockserver.api.authentication import presented_secret
from mockserver.control.call import Call, Handler, Refusal
from mockserver.control.har import archive
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
from spec.target import shown as shown_secret

if TYPE_CHECKING:
    from mockserver.api.keys import KeyRing

MOST_WAITING = 100
"""Calls of one world that may wait at once."""


def _list(call: Call) -> Mapping[str, Any] | Awaitable[Mapping[str, Any]]:
    seconds = call.query.get("wait", 0)
    return _wait(call, seconds) if seconds else _page(call, _matching(call))


def _page(call: Call, found: Sequence[Entry]) -> Mapping[str, Any]:
    return {
        "data": [shown(entry, call.state.keys) for entry in found[-call.query["limit"] :]],
        "last": call.world.request_log.last,
    }


async def _wait(call: Call, seconds: float) -> Mapping[str, Any]:
    """Answer once enough entries match, or the time is over, whichever comes first."""
    request_log = call.world.request_log
    if request_log.waiting >= MOST_WAITING:
        raise Refusal(429, "Too many requests", f"{MOST_WAITING} calls wait already.")
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    count = call.query.get("count", 1)
    while len(found := _matching(call)) < count and (left := until - loop.time()) > 0:
        await request_log.change(left)
    return _page(call, found)


def _matching(call: Call) -> Sequence[Entry]:
    return [entry for entry in call.world.request_log if matches(entry, call.query)]


def matches(entry: Entry, query: Mapping[str, Any]) -> bool:
    """Whether an entry is what all filters ask for: the parameters of the call, those that are given.

    The documentation's own requests are there if they are asked for with `documentation`. The cheapest filters come first.
    """
    return (
        entry.number > query.get("after", 0)
        and (not entry.is_documentation or query.get("documentation") == "1")
        and query.get("key") in (None, entry.key and entry.key.id)
        and query.get("method", entry.method).upper() == entry.method
        and query.get("problem") in (None, entry.problem and entry.problem.kind.slug)
        and str(entry.status or 0).startswith(query.get("status", "").rstrip("x"))
        and query.get("path", "") in entry.path.decode("latin-1")
        and query.get("query", "") in entry.query.decode("latin-1")
        and query.get("operation") in (None, operation_of(entry))
    )


def _get(call: Call) -> Mapping[str, Any]:
    for entry in call.world.request_log:
        if str(entry.number) == str(call.path["number"]):
            return _in_full(entry, call.state.keys)
    raise Refusal(404, "Not found", "The log has no request with this number: it keeps the newest.")


def _clear(call: Call) -> None:
    call.world.request_log.clear()


def _export(call: Call) -> Mapping[str, Any]:
    return archive(_matching(call), call.base_url)


def shown(entry: Entry, keys: KeyRing) -> Mapping[str, Any]:
    """An entry as JSON has it: what was asked and answered, and what the log alone tells."""
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


def _in_full(entry: Entry, keys: KeyRing) -> Mapping[str, Any]:
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
