"""Windows, allowances and their use: the fast algorithms give the same results as the simple ones."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.rate_limits.proofs import Allowance, Use, Window, fullest, may_exceed, overdrawn
from loadtests.analysis.ledger import Attempt
from tests.support.simulated_load import (
    START,
)

spans = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 60)), min_size=1, max_size=25)


def timeline(intervals: Sequence[tuple[int, int]]) -> list[Attempt]:
    return [Attempt(0, "getMe", at / 4, (at + took) / 4, 200) for at, took in sorted(intervals)]


def certain(admitted: Sequence[Attempt], first: Attempt, end: float) -> int:
    return sum(attempt.sent >= first.sent and attempt.answered <= end for attempt in admitted)


@settings(max_examples=200)
@given(spans)
def test_the_fullest_window_is_found(intervals: Sequence[tuple[int, int]]) -> None:
    admitted = timeline(intervals)
    obvious = max(
        (
            certain(admitted, first, last.answered)
            for first in admitted
            for last in admitted
            if last.sent >= first.sent and last.answered - first.sent < 30 / 1.001
        ),
        default=0,
    )
    crowd = fullest(admitted, 30)
    assert not may_exceed(admitted, Window(len(admitted), 30.0))
    assert (crowd.count if crowd else 0) == obvious
    if crowd:
        assert may_exceed(admitted, Window(crowd.count - 1, 30.0))
        assert crowd.seconds < 30
        assert certain(admitted, crowd.first, crowd.last.answered) == obvious


@settings(max_examples=200)
@given(spans, st.integers(1, 5))
def test_an_overdraft_is_found(intervals: Sequence[tuple[int, int]], most: int) -> None:
    admitted = timeline(intervals)
    rate = 0.25 * 1.001
    surplus = max(
        certain(admitted, first, last.answered) - rate * (last.answered - first.sent)
        for first in admitted
        for last in admitted
        if last.sent >= first.sent
    )
    crowd = overdrawn(admitted, Allowance(most, 0.25))
    assert (crowd is not None) == (surplus > most + 1e-6)
    if crowd:
        assert crowd.count - rate * crowd.seconds == pytest.approx(surplus)


@settings(max_examples=200)
@given(spans, st.tuples(st.integers(0, 500), st.integers(0, 60)), st.one_of(st.none(), st.just(-1)))
def test_the_most_that_can_be_used_is_found(
    intervals: Sequence[tuple[int, int]], asked: tuple[int, int], before: int | None
) -> None:
    decided = [(at / 4, (at + took) / 4) for at, took in intervals]
    start, end = asked[0] / 4, (asked[0] + asked[1]) / 4
    known = decided + [(before / 4, before / 4)] * 3 if before is not None else decided
    moments = [start, *(sent for sent, _ in known if start <= sent <= end)]
    for cap in (Window(3, 10.0), Allowance(3, 0.25)):
        obvious = max(used(cap, known, moment) for moment in moments)
        assert Use(cap, decided, before / 4 if before is not None else None).most(start, end) == pytest.approx(obvious)


def used(cap: Window | Allowance, decided: Sequence[tuple[float, float]], moment: float) -> float:
    if isinstance(cap, Window):
        return sum(sent <= moment <= answered + cap.seconds * 1.001 for sent, answered in decided)
    since = [answered for _, answered in decided if answered <= moment] + [moment]
    return max(
        sum(sent <= moment and answered >= start for sent, answered in decided) - cap.rate / 1.001 * (moment - start)
        for start in since
    )


def test_the_unknown_past_of_a_key_counts_as_spent() -> None:
    assert Use(Window(60, 60.0), [], before=START).fills(START, START)
    assert not Use(Window(60, 60.0), []).fills(START, START)
    assert not Use(Window(60, 60.0), [], before=START).fills(START + 61, START + 61)
