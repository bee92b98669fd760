"""Times in header fields: what a target may send there, and what ends no run."""

from __future__ import annotations

import pytest

from conformance.target.header_times import unix, waiting


@pytest.mark.parametrize(
    ("retry_after", "answered", "expected"),
    [
        ("30", 0.0, (30.0, False)),
        (" 0 ", 0.0, (0.0, False)),
        ("Mon, 23 Nov 2026 10:00:30 GMT", 1_795_428_000.0, (30.0, True)),
        ("Mon, 23 Nov 2026 09:59:00 GMT", 1_795_428_000.0, (0.0, True)),
        ("-1", 0.0, (None, False)),
        ("1.5", 0.0, (None, False)),
        ("soon", 1_795_428_000.0, (None, False)),
        ("Mon, 01 Jan 99999999999 00:00:00 GMT", 0.0, (None, False)),
        ("Thu, 01 Jan 2026 00:00:00 +99999999999999", 0.0, (None, False)),
        ("9" * 400, 0.0, (999_999_999.0, False)),
        ("\u0663", 0.0, (None, False)),
    ],
)
def test_what_a_retry_after_promises(retry_after: str, answered: float, expected: tuple[float | None, bool]) -> None:
    assert waiting(retry_after, answered) == expected


@pytest.mark.parametrize("text", ["", "today", "Mon, 01 Jan 99999999999 00:00:00 GMT", "1 Jan " + "9" * 5000])
def test_a_date_that_no_clock_can_show_is_none(text: str) -> None:
    assert unix(text) is None
