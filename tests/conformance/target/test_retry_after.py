"""The times in an answer's headers."""

from __future__ import annotations

from email.utils import formatdate

import httpx
import pytest

from conformance.target.exchange import Exchange, Request
from conformance.target.retry_after import pause_after, reset_in, retry_after

NOW = 1_800_000_000


def answer(reset: str | None, *, date: int | None = None, moved: float = 0.0) -> Exchange:
    """An answer that came at the unix time NOW, from a target whose test clock was moved on by `moved` seconds."""
    headers = httpx.Headers({} if reset is None else {"X-RateLimit-Reset": reset})
    if date is not None:
        headers["Date"] = formatdate(date, usegmt=True)
    request = Request("GET", "/api/v1/me", operation="getMe")
    return Exchange(1, request, "http://127.0.0.1/api/v1/me", 200, headers, b"{}", 100.0, 100.5, NOW - 0.5, moved=moved)


@pytest.mark.parametrize(
    ("told", "left"),
    [
        (answer("30"), 30.0),
        (answer("0.25"), 0.25),
        (answer(f"{NOW + 30}"), 30.0),
        (answer(f"{NOW + 30}.5"), 30.5),
        (answer(f"{NOW - 7}"), -7.0),
        (answer(f"{NOW + 30}", date=NOW - 90), 120.0),
        (answer(f"{NOW + 330}", moved=300.0), 30.0),
        (answer(f"{NOW + 330}", date=NOW + 300, moved=300.0), 30.0),
    ],
    ids=["seconds", "decimals", "epoch", "epoch with decimals", "past", "by its Date", "test clock", "its Date"],
)
def test_a_reset_is_read_as_seconds_from_the_answer(told: Exchange, left: float) -> None:
    assert reset_in(told) == pytest.approx(left)


@pytest.mark.parametrize("reset", [None, "", "soon", "-1", "1e3", "+5", "0x10", "9" * 400])
def test_a_reset_that_is_no_number_tells_nothing(reset: str | None) -> None:
    assert reset_in(answer(reset)) is None


def test_a_date_in_a_year_that_no_clock_can_show_tells_nothing() -> None:
    told = answer(f"{NOW + 30}")
    told.headers.update(dict.fromkeys(("Date", "Retry-After"), "Mon, 01 Jan 99999999999 00:00:00 GMT"))
    assert (reset_in(told), retry_after(told)) == (30.0, None)


@pytest.mark.parametrize(
    ("promised", "pause"), [("7", 7.0), ("999999999", 60.0), ("Fri, 31 Dec 9999 00:00:00 GMT", 60.0), ("", 1.0)]
)
def test_no_promise_makes_the_run_wait_longer_than_one_may(promised: str, pause: float) -> None:
    refusal = answer(None)
    refusal.headers["Retry-After"] = promised
    assert pause_after(refusal) == pause
