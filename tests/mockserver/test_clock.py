"""The mock's clock, and timestamps as the API writes them."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mockserver
from mockserver.clock import Clock, milliseconds, utc

FIRST, LAST = (
    (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    for moment in (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
)


def test_a_clock_runs_with_the_real_time_until_it_is_advanced() -> None:
    clock = Clock()
    before = time.time()
    assert before <= clock.now() <= time.time()
    clock.advance(90)
    assert before + 90 <= clock.now() <= time.time() + 90


def test_a_clock_with_a_start_moves_only_when_it_is_advanced() -> None:
    clock = Clock(start=1000.5)
    assert clock.now() == clock.now() == 1000.5
    clock.advance(0)
    clock.advance(2.25)
    assert clock.now() == 1002.75


@pytest.mark.parametrize("seconds", [-1, -0.001, math.inf, -math.inf, math.nan])
def test_a_clock_neither_runs_back_nor_leaves_time(seconds: float) -> None:
    clock = Clock(start=5)
    with pytest.raises(ValueError, match="cannot be advanced"):
        clock.advance(seconds)
    assert clock.now() == 5


def test_times_are_written_in_utc_with_milliseconds() -> None:
    assert utc(0) == "1970-01-01T00:00:00.000Z"
    assert utc(1_779_530_400_000) == "2026-05-23T10:00:00.000Z"
    assert utc(-1) == "1969-12-31T23:59:59.999Z"


@given(st.integers(FIRST, LAST))
def test_times_are_read_as_they_were_written(moment: int) -> None:
    assert len(utc(moment)) == 24
    assert milliseconds(utc(moment)) == moment


@pytest.mark.parametrize(
    "text", ["", "Z", "2026-05-23T10:00:00.000", "2026-05-23T10:00:00+00:00", "2026-02-30T00:00:00Z", "nowZ"]
)
def test_what_is_no_time_in_utc_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a time|Invalid isoformat|out of range"):
        milliseconds(text)


def test_the_version_is_that_of_the_installed_project() -> None:
    assert mockserver.__version__.count(".") == 2
    with pytest.raises(AttributeError):
        mockserver.__getattr__("something_else")
