"""Checks over tables of cases: the run's depth says how many cases are tried, and the report counts them.

A check is a function of a case, and `over` turns it into a test of the whole table. Which cases a lower depth tries is drawn
with the run's seed; the report shows how many there are (`tried 40 of 212`).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from conformance.cases.depth import Depth
from conformance.cases.sampling import stratified
from conformance.checks import NotJudged, NotTested, Violation, record_tried
from conformance.target.client import Client, NoAnswer
from conformance.target.clock import TargetClock
from spec.target import Target

Case = Any
Table = Sequence[Case] | Callable[..., Sequence[Case]]

# A broken requirement is not tried on every case, because each violation may be confirmed by several requests.
_MOST_BROKEN = 5
# How many other cases are tried if none of the chosen ones could be tried.
_MOST_SUBSTITUTES = 8
_CASE = "case"
_TABLE = "outbound_table"


@dataclass(frozen=True)
class Cut:
    """How many cases of a table are tried: at depth quick, and at standard under a real limit (`paced`) and under none.

    Depth deep tries all; a table with 0 is tried at deep only. A table of free requests, which use up no valid key's
    limit, has no cut.
    """

    quick: int
    paced: int
    standard: int

    def most(self, effort: Effort) -> int | None:
        """How many cases an effort allows; None for all."""
        if effort.depth == "deep":
            return None
        if effort.depth == "quick":
            return self.quick
        return self.paced if effort.paced else self.standard


@dataclass(frozen=True)
class Effort:
    """How much a run tries; `paced` if it waits for the target's rate limit in real time."""

    depth: Depth
    paced: bool
    seed: int

    @property
    def thorough(self) -> bool:
        """Whether it also tries what costs many requests, or seldom shows a fault."""
        return self.depth == "deep" or (self.depth == "standard" and not self.paced)


def effort(depth: Depth, target: Target, clock: TargetClock, seed: int) -> Effort:
    """The effort of a run against a target."""
    return Effort(depth, paced=not clock.movable and str(target.rate_limit.reading) != "off", seed=seed)


def over(
    table: Table, cut: Cut | None = None, plain: Callable[[Case], Case] | None = None
) -> Callable[[Callable[..., object]], Callable[..., None]]:
    """Make a test of a check that takes a `case`, and fixtures: it is tried on every case of the table that the depth allows.

    A table that depends on the target's data is a function of fixtures. `plain` makes the simplest form of a case. Depth quick
    tries the cases that it draws in this form, since most faults show in it.
    """

    def decorate(check: Callable[..., object]) -> Callable[..., None]:
        wanted = [name for name in inspect.signature(check).parameters if name != _CASE]
        for_table = list(inspect.signature(table).parameters) if callable(table) else []

        def test(request: pytest.FixtureRequest, run_effort: Effort, client: Client, **fixtures: Any) -> None:
            given = {**fixtures, "request": request, "run_effort": run_effort, "client": client}
            cases = table(**{name: given[name] for name in for_table}) if callable(table) else table
            passed = {name: given[name] for name in wanted}
            most = cut.most(run_effort) if cut else None
            if most == 0:
                record_tried(0, len(cases))  # other checks of the requirement are tried at this depth
            else:
                plainly = run_effort.depth == "quick"

                def each(case: Case) -> None:
                    with _silence_of_one(client):
                        check(case=case, **passed)

                try_each(cases, each, most, run_effort.seed, plain, plainly=plainly)

        parameters = dict.fromkeys(["request", "run_effort", "client", *wanted, *for_table])
        kind = inspect.Parameter.KEYWORD_ONLY
        signature = inspect.Signature([inspect.Parameter(name, kind) for name in parameters])
        test.__name__, test.__doc__, test.__module__ = check.__name__, check.__doc__, check.__module__
        test.__signature__ = signature  # type: ignore[attr-defined] # pytest reads the fixtures from it
        vars(test)[_TABLE] = (table, cut)
        return test

    return decorate


@contextmanager
def _silence_of_one(client: Client) -> Iterator[None]:
    """Let a case that gets no answer be one that was not served, as long as the target answers others."""
    try:
        yield
    except NoAnswer as silence:
        if not client.silences.others_answered(silence):
            raise
        raise NotJudged(str(silence), *silence.exchanges) from None


def depths(test: Callable[..., object]) -> str:
    """How many cases each depth tries, in words; empty for a test that was not made by `over`."""
    if _TABLE not in vars(test):
        return ""
    table, cut = vars(test)[_TABLE]
    size = None if callable(table) else len(table)
    every = "all that the target's data gives" if size is None else f"all {size}"
    if cut is None:
        return f"{every}, at every depth"
    quick, paced, standard = (min(most, size or most) for most in (cut.quick, cut.paced, cut.standard))
    return f"quick {quick}, standard {standard} ({paced} if it waits for the rate limit in real time), deep {every}"


def try_each(
    cases: Sequence[Case],
    check: Callable[[Case], object],
    most: int | None,
    seed: int,
    plain: Callable[[Case], Case] | None = None,
    plainly: bool = False,
) -> None:
    """Run a check on the cases, on at most `most` of them, and count them. If `plainly`, these are tried in their `plain` form.

    A case that lacks something is left out; if all chosen cases are left out, a few others are tried in their place. If cases are
    broken, and none of them is in its `plain` form, these forms are tried too, until one is broken.
    Raises Violation for the simplest broken case, with the number of broken ones; NotJudged if a needed answer was not
    served; NotTested if no case could be tried; NoAnswer if a case raises it before any is broken.
    """
    chosen = list(cases) if most is None else stratified(cases, most, seed)
    if plainly and plain:
        chosen = _distinct(map(plain, chosen))
    found = _tried(chosen, check, None if most is None else _MOST_BROKEN)
    for case in _substitutes(cases, chosen, seed):
        if found.count or isinstance(found.missing, NotJudged):
            break
        found = _tried([case], check, None)
    if found.broken and plain:
        _try_plain(found, check, plain)
    record_tried(found.count, max(found.count, len(cases)), map(named, found.tried))
    if found.broken:
        raise _summed_up(found.broken, found.count)
    if isinstance(found.missing, NotJudged) or not found.count:
        raise found.missing or NotTested("there was nothing to try it on")


def _distinct(cases: Iterable[Case]) -> list[Case]:
    """The cases without repetition, in their order; they need not be hashable."""
    found: list[Case] = []
    for case in cases:
        if case not in found:
            found.append(case)
    return found


@dataclass
class _Found:
    """Which cases were tried, which of them show a violation, and the weightiest reason for which others were not tried."""

    tried: list[Case] = field(default_factory=list)
    broken: list[tuple[Case, Violation]] = field(default_factory=list)
    missing: NotTested | None = None

    @property
    def count(self) -> int:
        return len(self.tried)


def _tried(cases: Iterable[Case], check: Callable[[Case], object], most_broken: int | None) -> _Found:
    """Run a check on cases. It ends early once `most_broken` of them show a violation; None: never."""
    found = _Found()
    for case in cases:
        try:
            check(case)
            found.tried.append(case)
        except Violation as violation:
            found.tried.append(case)
            found.broken.append((case, violation))
            if len(found.broken) == most_broken:
                break
        except NotTested as reason:
            if found.missing is None or (isinstance(reason, NotJudged) and not isinstance(found.missing, NotJudged)):
                found.missing = reason
        except NoAnswer:
            if not found.broken:
                raise
            break  # the target is gone, which the next check tells
    return found


def _try_plain(found: _Found, check: Callable[[Case], object], plain: Callable[[Case], Case]) -> None:
    """Try the plain forms of the broken cases that were not tried, until one is broken."""
    for form in [plain(case) for case, _ in found.broken]:
        if any(plain(case) == case for case, _ in found.broken):
            return
        if form not in found.tried:
            further = _tried([form], check, None)
            found.tried += further.tried
            found.broken += further.broken


def _substitutes(cases: Sequence[Case], chosen: Sequence[Case], seed: int) -> Sequence[Case]:
    if len(chosen) == len(cases):
        return ()
    return stratified([case for case in cases if case not in chosen], _MOST_SUBSTITUTES, seed)


def named(case: Case) -> str:
    """A case as messages name it."""
    return " ".join(filter(None, map(str, case))) if isinstance(case, tuple) else str(case)


def _summed_up(broken: Sequence[tuple[Case, Violation]], tried: int) -> Violation:
    case, first = min(broken, key=lambda each: each[1].weight)
    more = f" ({len(broken)} of {tried} cases)" if tried > 1 else ""
    violation = Violation(f"{named(case)}: {first.message}{more}", *first.exchanges, follows=first.follows)
    violation.cases = {named(case): own.message for case, own in broken}
    return violation
