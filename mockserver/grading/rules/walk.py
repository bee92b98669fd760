"""WALK: cursors and pages (documentation, "Pagination")."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mockserver.grading.facts import largest_page
from mockserver.grading.records import Exchange, Finding, Judgement, Run
from mockserver.grading.rules.rule import judged, rule, shown
from mockserver.grading.sequences import ListKey, asked_again, by_beginning, list_key, walks

NO_CURSOR = frozenset({"", "null", "undefined", "none", "nil"})
"""What stands for no cursor where a client sends one after all, in lower case."""

_WHOLE_NUMBER = re.compile(r"[0-9]{1,6}")


@rule("WALK-1")
def cursors_are_given_ones(run: Run) -> Judgement:
    """Each cursor sent was given by an answer before, in this run or an earlier one."""
    given = set(run.cursors)
    findings = []
    for exchange in by_beginning(run.exchanges):
        sent = exchange.cursor if list_key(exchange) else None
        if sent is not None and sent not in given and _can_be_told(run, exchange):
            message = f"{shown(exchange)} has a cursor that no answer gave: {_short(sent)}"
            findings.append(Finding((exchange.number,), message))
        if exchange.next_cursor:
            given.add(exchange.next_cursor)
    return judged(any(exchange.cursor in given for exchange in _with_cursor(run)), findings)


@rule("WALK-2")
def cursors_stay_on_their_list(run: Run) -> Judgement:
    """A cursor is sent to the list, with the filters and for the organization that it was given for."""
    origins: dict[str, list[Exchange]] = {}
    for exchange in run.exchanges:
        if exchange.next_cursor:
            origins.setdefault(exchange.next_cursor, []).append(exchange)
    findings = []
    used = False
    for exchange in _with_cursor(run):
        given_by = origins.get(exchange.cursor or "", [])
        used = used or bool(given_by)
        if given_by and list_key(exchange) not in [list_key(origin) for origin in given_by]:
            message = f"{shown(exchange)} uses the cursor of {shown(given_by[0])}: {_difference(given_by[0], exchange)}"
            findings.append(Finding((given_by[0].number, exchange.number), message))
    return judged(used, findings)


@rule("WALK-3")
def walks_go_to_the_end(run: Run) -> Judgement:
    """A list that the plain run walked to its end is walked to its end where pages are short, too."""
    if run.plain is None or run.ending != "exited":
        return judged(exercised=False)
    ended_before = {walk.key for walk in walks(run.plain.exchanges) if walk.ended and len(walk.pages) > 1}
    here = walks(run.exchanges)
    ended_here = {walk.key for walk in here if walk.ended}
    findings = []
    for key in (key for key in dict.fromkeys(walk.key for walk in here) if key in ended_before - ended_here):
        longest = max((walk for walk in here if walk.key == key), key=lambda walk: len(walk.pages))
        last = longest.pages[-1]
        findings.append(
            Finding(
                (last.number,),
                f"the walk over {key} stopped at {shown(last)}, a page of {last.items} items whose nextCursor leads on",
            )
        )
    return judged(bool(ended_before & {walk.key for walk in here}), findings)


@rule("WALK-4")
def nothing_is_asked_after_the_end(run: Run) -> Judgement:
    """Once a list's last page was served, it is not asked with a cursor that stands for none."""
    findings = [
        Finding(
            (exchange.number,), f"{shown(exchange)} asks on after the end of the list, with `cursor={exchange.cursor}`"
        )
        for exchange in _with_cursor(run)
        if _is_past_the_end(run, exchange)
    ]
    return judged(any(exchange.is_page and not exchange.next_cursor for exchange in run.exchanges), findings)


@rule("WALK-5")
def limits_are_whole_numbers(run: Run) -> Judgement:
    """A limit is a whole number from 1 to the most that a page holds."""
    limits = [
        (exchange, value)
        for exchange in run.exchanges
        if list_key(exchange)
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
    expired = [exchange for exchange in _with_cursor(run) if exchange.status == 400 and exchange.cursor in given]
    findings = []
    judged_ones = 0
    for exchange in expired:
        again = [
            later.number
            for later in _with_cursor(run)
            if later.cursor == exchange.cursor and later.began >= exchange.ended and later.number != exchange.number
        ]
        begun_anew = asked_again(run, exchange)
        judged_ones += bool(again or begun_anew or run.ended_with_error is not None)
        if again:
            message = f"the cursor of {shown(exchange)} had expired, and was sent again"
            findings.append(Finding((exchange.number, *again), message))
        elif not begun_anew and run.ended_with_error is False:
            message = f"the walk ended where the cursor of {shown(exchange)} had expired, and the exit code was 0"
            findings.append(Finding((exchange.number,), message))
    return judged(bool(judged_ones), _first_of_each(findings))


def _first_of_each(findings: list[Finding]) -> Iterator[Finding]:
    """Findings without those whose requests an earlier one has named."""
    named: set[int] = set()
    for finding in findings:
        if not named.issuperset(finding.numbers):
            yield finding
        named.update(finding.numbers)


def _with_cursor(run: Run) -> list[Exchange]:
    return [exchange for exchange in run.exchanges if exchange.cursor is not None and list_key(exchange)]


def _can_be_told(run: Run, exchange: Exchange) -> bool:
    """Whether it is known which cursors were given, and that the one sent does not stand for the end of a walk."""
    if _is_past_the_end(run, exchange):
        return False
    before = [page for page in run.exchanges if page.status == 200 and page.ended <= exchange.began and list_key(page)]
    return not run.is_recording or (bool(before) and all(page.is_page for page in before))


def _is_past_the_end(run: Run, exchange: Exchange) -> bool:
    if exchange.cursor is None or exchange.cursor.strip().lower() not in NO_CURSOR:
        return False
    key = list_key(exchange)
    return any(
        other.is_page and other.next_cursor is None and other.ended <= exchange.began and list_key(other) == key
        for other in run.exchanges
    )


def _difference(given_by: Exchange, used_by: Exchange) -> str:
    one, other = list_key(given_by), list_key(used_by)
    if one is None or other is None or one.operation != other.operation:
        return "it is another list"
    if one.organization != other.organization:
        return "the key is another organization's"
    return f"the filters were {_filters(one)} and are {_filters(other)}"


def _filters(key: ListKey) -> str:
    return "&".join(f"{name}={value}" for name, value in key.filters) or "none"


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:36]}…")
