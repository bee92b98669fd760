"""The grade of the clients so far, by key: whether the requests in the log keep the client's side of the contract."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING
from urllib.parse import unquote

from mockserver.api import paths
from mockserver.control.call import Call, Handler
from mockserver.control.redaction import redacted, redacted_query
from mockserver.grading.facts import asked
from mockserver.grading.leaks import misplaced_keys
from mockserver.grading.live import LiveRuling, live_rulings
from mockserver.grading.recording import headers_as_text, page_members, presented
from mockserver.grading.records import Exchange
from spec.target import shown

if TYPE_CHECKING:
    from mockserver.api.keys import ApiKey, KeyRing
    from mockserver.worlds.request_log import Entry

_LONG = 86_400.0
"""Seconds that are longer than any requested wait."""

_SHORTEST_WAIT = 0.5
"""Seconds; less is not worth a wait for a rate limit."""

_ROUNDING = 1e-3
"""Seconds by which a clock that was not moved may seem to go back."""


def _grade(call: Call) -> Mapping[str, object]:
    keys = call.state.keys
    by_key: dict[str | None, list[Exchange]] = {}
    entries = sorted(call.world.request_log, key=lambda entry: entry.number)
    moments = _moments(entries)
    timed = _timed(moments)
    for entry in entries:
        if not entry.is_documentation and (exchange := _exchange(entry, timed, keys)):
            by_key.setdefault(exchange.key, []).append(exchange)
    known = {key.id: key for key in keys}
    # If several processes share their state, each has its own log.
    is_whole = call.world.request_log.is_whole and call.world.settings.sharing is None
    rulings = partial(live_rulings, is_whole=is_whole, stood_still=_stood_still(moments))
    return {
        "data": [
            _shown(known.get(key_id or ""), exchanges, rulings(exchanges, _of_others(exchanges, by_key.values())))
            for key_id, exchanges in by_key.items()
        ],
        "last": call.world.request_log.last,
    }


def _of_others(exchanges: Sequence[Exchange], all_of_them: Iterable[Sequence[Exchange]]) -> list[Exchange]:
    """The requests of the other keys of a key's organization."""
    organization = exchanges[0].organization
    return [one for other in all_of_them if other is not exchanges for one in other if one.organization == organization]


def _moments(entries: Iterable[Entry]) -> list[tuple[float, float]]:
    """When requests came and answers ended, in their order: the real time, and that of the mock's clock."""
    began = {entry.began: entry.at for entry in entries}
    ended = {entry.ended: entry.at + entry.seconds for entry in entries}
    return sorted({**began, **ended}.items())


def _timed(moments: Sequence[tuple[float, float]]) -> Mapping[float, float]:
    """The real times of moments, each with its time for the grade, which never goes back.

    Between two of them the longer time counts of the mock's clock and of reality: a test may move the clock instead of waiting,
    and a client may wait while the clock stands still. If the clock was set back, the length of a client's wait is not known;
    it counts as long enough.
    """
    timed, at = {}, 0.0
    for (before, old), (real, new) in pairwise([*moments[:1], *moments]):
        at += max(real - before, new - old) if new > old - _ROUNDING else _LONG
        timed[real] = at
    return timed


def _stood_still(moments: Sequence[tuple[float, float]]) -> bool:
    """Whether the clock stood still for so long that a client may have waited meanwhile."""
    behind = sum(max(0.0, real - before - max(0.0, new - old)) for (before, old), (real, new) in pairwise(moments))
    return behind > _SHORTEST_WAIT


def _exchange(entry: Entry, timed: Mapping[float, float], keys: KeyRing) -> Exchange | None:
    """An entry in the form for rules, with secrets shortened; None if it does not go to the API and has no key.

    `timed` has the times for the grade by the real ones. A request with a key only in a wrong place counts for that key. The log
    has no connections and no bodies of requests.
    """
    headers = headers_as_text(entry.request_headers)
    path, query = entry.path.decode("latin-1"), entry.query.decode("latin-1")
    leaks = tuple(misplaced_keys(headers, path, query, tuple(key.secret for key in keys)))
    began, ended = timed[entry.began], timed[entry.ended]
    key = presented({"headers": entry.request_headers}, keys) or (
        _leaked(headers, path, query, keys) if leaks else None
    )
    if key is None and not paths.is_api(path):
        return None
    found = asked(path)
    is_page = found is not None and found.operation.is_list and entry.status == 200
    items, following = page_members(entry.body) if is_page and entry.body else (None, None)
    return Exchange(
        number=entry.number,
        method=entry.method,
        path=redacted(path),
        query_string=redacted_query(query),
        began=began,
        sent=began,
        answered=None if entry.status is None else began,
        ended=ended,
        connection=0,
        status=entry.status,
        complete=entry.complete,
        key=key.id if key else None,
        organization=key.organization_id if key else None,
        leaks=leaks,
        next_cursor=following,
        items=items,
        mark="server-error" if entry.status is not None and entry.status >= 500 and entry.complete else None,
        headers=headers_as_text(entry.headers),
        body=entry.body or b"",
    )


def _leaked(headers: Sequence[tuple[str, str]], path: str, query: str, keys: KeyRing) -> ApiKey | None:
    """The first key that is in a request as plain text; None if there is none."""
    text = " ".join([unquote(path), unquote(query), *(unquote(value) for _, value in headers)])
    return next((key for key in keys if key.secret in text), None)


def _shown(key: ApiKey | None, exchanges: Sequence[Exchange], rulings: Sequence[LiveRuling]) -> Mapping[str, object]:
    broken = any(ruling.status == "broken" and ruling.requirement.level == "must" for ruling in rulings)
    seen = any(ruling.status != "not-seen" for ruling in rulings)
    return {
        "key": key and key.id,
        "keyName": key and key.name,
        "credentials": key and shown(key.secret),
        "requests": len(exchanges),
        "verdict": "broken" if broken else "good" if seen else "not-graded",
        "requirements": [_shown_ruling(ruling) for ruling in rulings],
    }


def _shown_ruling(ruling: LiveRuling) -> Mapping[str, object]:
    requirement = ruling.requirement
    return {
        "id": requirement.id,
        "level": requirement.level,
        "title": requirement.title,
        "basis": requirement.basis,
        "status": ruling.status,
        "evidence": [{"numbers": list(finding.numbers), "message": finding.message} for finding in ruling.evidence],
    }


HANDLERS: Mapping[str, Handler] = {"getGrade": _grade}
