"""WALK: cursors and pages (documentation, "Pagination")."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from mockserver.grading.facts import largest_page
from mockserver.grading.lookups import Again, Grouped
from mockserver.grading.records import Exchange, Finding, Judgement, ListKey, Run
from mockserver.grading.rules.rule import counted, judged, rule, shown
from mockserver.grading.sequences import Walk, by_beginning, walks
from spec import contract

NO_CURSOR = frozenset({"", "null", "undefined", "none", "nil"})
"""Values of `cursor` that a client without a cursor sends, in lower case."""

_List = tuple[str, ListKey | None]
"""A list, and where its API lies."""

_MOST_NAMED = 9
"""Requests that a finding names beside the first."""

_WHOLE_NUMBER = re.compile(r"[0-9]{1,6}")


@rule("WALK-1")
def cursors_are_given_ones(run: Run) -> Judgement:
    """An earlier answer, of this run or an earlier one, gave each cursor that is sent."""
    given = set(run.cursors)
    findings = []
    ends = _ends(run)
    known_from, unknown_from = _bodies(run)
    for exchange in by_beginning(run.exchanges):
        sent = exchange.cursor if exchange.list_key else None
        told = not run.is_recording or known_from.get(_list(exchange), math.inf) <= exchange.began <= unknown_from
        if sent is not None and sent not in given and told and not _is_past_the_end(ends, exchange):
            message = f"{shown(exchange)} has a cursor that no answer gave: {_short(sent)}"
            findings.append(Finding((exchange.number,), message))
        if exchange.next_cursor:
            given.add(exchange.next_cursor)
    return judged(any(exchange.cursor in given for exchange in _with_cursor(run)), findings)


@rule("WALK-2")
def cursors_stay_on_their_list(run: Run) -> Judgement:
    """A cursor is sent to the list, with the filters and for the organization that it was given for."""
    origins: dict[str, dict[ListKey | None, Exchange]] = {}
    for exchange in run.exchanges:
        if exchange.next_cursor:
            origins.setdefault(exchange.next_cursor, {}).setdefault(exchange.list_key, exchange)
    findings = []
    used = False
    for exchange in _with_cursor(run):
        given_by = origins.get(exchange.cursor or "", {})
        used = used or bool(given_by)
        if given_by and exchange.list_key not in given_by and _pair(exchange) not in run.given_to_others:
            origin = next(iter(given_by.values()))
            message = f"{shown(exchange)} uses the cursor of {shown(origin)}: {_difference(origin, exchange)}"
            findings.append(Finding((origin.number, exchange.number), message))
    return judged(used, findings)


@rule("WALK-3")
def walks_go_to_the_end(run: Run) -> Judgement:
    """A list that the plain run walked to its end is also walked to its end if pages are short."""
    if run.plain is None or not run.is_whole:
        return judged(exercised=False)
    ended_before = {walk.key for walk in walks(run.plain.exchanges) if walk.ended and len(walk.pages) > 1}
    here: dict[ListKey, list[Walk]] = {}
    for walk in walks(run.exchanges):
        if walk.key in ended_before:
            here.setdefault(walk.key, []).append(walk)
    findings = []
    for key, tries in here.items():
        if any(walk.ended for walk in tries):
            continue
        last = max(tries, key=lambda walk: len(walk.pages)).pages[-1]
        page = f"a page of {counted(last.items or 0, 'item')} whose nextCursor leads on"
        findings.append(Finding((last.number,), f"the walk over {key} stopped at {shown(last)}, {page}"))
    return judged(bool(here), findings)


@rule("WALK-4")
def nothing_is_asked_after_the_end(run: Run) -> Judgement:
    """After a list's last page was served, the list is not asked with a value that means "no cursor"."""
    ends = _ends(run)
    findings = [
        Finding(
            (exchange.number,), f"{shown(exchange)} asks on after the end of the list, with `cursor={exchange.cursor}`"
        )
        for exchange in _with_cursor(run)
        if _is_past_the_end(ends, exchange)
    ]
    # Where a recording does not tell how long answers took, a page may or may not have been the last when it was asked on.
    exercised = all(math.isfinite(end) for end in ends.values()) or not any(map(_means_none, _with_cursor(run)))
    return judged(bool(ends) and exercised, findings)


@rule("WALK-5")
def limits_are_whole_numbers(run: Run) -> Judgement:
    """A limit is a whole number from 1 to the most that a page holds."""
    limits = [
        (exchange, value)
        for exchange in run.exchanges
        if exchange.list_key
        for name, value in exchange.query
        if name == "limit"
    ]
    findings = [
        Finding((exchange.number,), f"{shown(exchange)} has a limit that is no whole number from 1 to {largest_page()}")
        for exchange, value in limits
        if not (_WHOLE_NUMBER.fullmatch(value) and 1 <= int(value) <= largest_page())
    ]
    return judged(bool(limits), findings)


@rule("WALK-6")
def expired_cursors_are_dropped(run: Run) -> Judgement:
    """After 400 for a cursor that was given, the walk begins anew or ends with an error; the cursor is not sent again."""
    given = run.cursors.union(exchange.next_cursor for exchange in run.exchanges if exchange.next_cursor)
    expired = [exchange for exchange in _with_cursor(run) if _has_expired(exchange) and exchange.cursor in given]
    by_cursor = Grouped(_with_cursor(run), _cursor)
    repeated = Again(run.exchanges)
    findings = []
    told_from: dict[str | None, float] = {}
    judged_ones = 0
    for exchange in by_beginning(expired):
        if exchange.began >= told_from.get(exchange.cursor, math.inf):
            continue
        at_its_end = math.nextafter(exchange.ended, -math.inf)
        later_ones = by_cursor[exchange.cursor].first(at_its_end, math.inf, _MOST_NAMED)
        again = [later.number for later in later_ones if later.number != exchange.number]
        begun_anew = exchange in repeated
        judged_ones += bool(again or begun_anew or run.ended_with_error is not None)
        if again:
            message = f"the cursor of {shown(exchange)} had expired, and was sent again"
            findings.append(Finding((exchange.number, *again), message))
            told_from[exchange.cursor] = exchange.ended
        elif not begun_anew and run.ended_with_error is False:
            message = f"the walk ended where the cursor of {shown(exchange)} had expired, and the exit code was 0"
            findings.append(Finding((exchange.number,), message))
    return judged(bool(judged_ones), findings)


def _has_expired(exchange: Exchange) -> bool:
    """Whether a 400 refused the cursor, and not a limit or a filter."""
    invalid = contract().problems["invalid-cursor"].type.encode()
    return exchange.status == 400 and (exchange.mark == "expired" or invalid in exchange.body)


def _with_cursor(run: Run) -> list[Exchange]:
    return [exchange for exchange in run.exchanges if exchange.cursor is not None and exchange.list_key]


def _pair(exchange: Exchange) -> tuple[str | None, ListKey | None]:
    return exchange.cursor, exchange.list_key


def _list(exchange: Exchange) -> _List:
    return exchange.origin, exchange.list_key


def _cursor(exchange: Exchange) -> str | None:
    return exchange.cursor


def _bodies(run: Run) -> tuple[Mapping[_List, float], float]:
    """When each list was first served, and when the archive first does not show a page that the client may have.

    Its body may be missing or cut, the API may have confirmed it by a 304, or the archive may have no answer at all.
    Between the two, a recording shows which cursors of a list were given. Earlier cursors may come from unrecorded answers.
    """
    known_from: dict[_List, float] = {}
    unknown_from = run.unseen_from
    uses = Grouped(_with_cursor(run), _cursor)
    for exchange in run.exchanges:
        if exchange.method != "GET" or not exchange.list_key or not _may_give_a_page(exchange):
            continue
        if exchange.items is None:
            unknown_from = min(unknown_from, exchange.began)
        elif not exchange.cursor:
            known_from[_list(exchange)] = min(_served(exchange, uses), known_from.get(_list(exchange), math.inf))
    return known_from, unknown_from


def _served(page: Exchange, uses: Grouped) -> float:
    """When a page had been served. If it is not told how long it took, the first use of its cursor shows that it had been."""
    if math.isfinite(page.ended) or page.next_cursor is None:
        return page.ended
    used = uses[page.next_cursor].first(math.nextafter(page.began, -math.inf), math.inf, 1)
    return used[0].began if used else math.inf


def _may_give_a_page(exchange: Exchange) -> bool:
    return exchange.status is None or exchange.status < 300 or exchange.status == 304


def _ends(run: Run) -> Mapping[_List, float]:
    """When the last page of each list was first served."""
    ends: dict[_List, float] = {}
    for exchange in run.exchanges:
        if exchange.is_page and exchange.next_cursor is None and exchange.list_key:
            ends[_list(exchange)] = min(exchange.ended, ends.get(_list(exchange), math.inf))
    return ends


def _is_past_the_end(ends: Mapping[_List, float], exchange: Exchange) -> bool:
    """Whether the sent cursor means "no cursor", and the list's last page had been served."""
    if not _means_none(exchange):
        return False
    return exchange.list_key is not None and ends.get(_list(exchange), math.inf) <= exchange.began


def _means_none(exchange: Exchange) -> bool:
    return exchange.cursor is not None and exchange.cursor.strip().lower() in NO_CURSOR


def _difference(given_by: Exchange, used_by: Exchange) -> str:
    one, other = given_by.list_key, used_by.list_key
    if one is None or other is None or one.operation != other.operation:
        return "it is another list"
    if one.organization != other.organization:
        return "the key is another organization's"
    return f"the filters were {_filters(one)} and are {_filters(other)}"


def _filters(key: ListKey) -> str:
    return "&".join(f"{name}={value}" for name, value in key.filters) or "none"


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:36]}…")
