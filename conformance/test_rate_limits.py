"""RATE: 60 a minute, 120 in a burst window of 30 seconds, per key.

The probes run in the background since the start of the run; these checks wait for them and judge their measurements.
`rate_limits/traffic_patterns.py` says what they send, `rate_limits/timeline.py` says how they allow for delays. RATE-1
is judged on every answer.
"""

from __future__ import annotations

import pytest

from conformance.checks import record_tried, requirement
from conformance.rate_limits import rulings
from conformance.rate_limits.measured import Measured
from conformance.rate_limits.traffic_patterns import BORDER, SCOPELESS, SPENDER, SPREAD, STRANGER, WITNESS
from conformance.target.client import Client


@requirement("RATE-2", needs=())
@pytest.mark.parametrize("role", [SPENDER, WITNESS, BORDER, SPREAD], ids=["burst", "second key", "volleys", "spread"])
def test_a_rested_key_is_served_a_minutes_worth(rates: Measured, role: str) -> None:
    """The first sixty requests are served: all at once, while another key is spent, in two volleys, or evenly spread."""
    rulings.floor(rates, role)


@requirement("RATE-3", needs=())
@pytest.mark.parametrize("role", [SPENDER, BORDER], ids=["from rest", "at any border"])
def test_no_window_serves_more_than_the_burst(rates: Measured, role: str) -> None:
    """A rested key is served no more than the burst, neither at once nor around the border of a fixed window."""
    rulings.ceiling(rates, role)


@requirement("RATE-3", needs=())
def test_a_refusal_for_want_of_a_scope_counts(rates: Measured) -> None:
    """A key without scopes is answered no more often than others: a 403 counts. It is tried if the target has a test clock."""
    used = rates.served(SCOPELESS)
    record_tried(int(used), 1)
    if used:
        rulings.ceiling(rates, SCOPELESS)


@requirement("RATE-4", needs=())
def test_no_span_serves_more_than_the_burst_and_the_sustained_rate(rates: Measured) -> None:
    """A spent key regains no more than the per-minute limit allows."""
    rulings.sustained(rates)


@requirement("RATE-5", needs=())
def test_past_the_limit_is_a_problem_that_says_when_to_come_back(rates: Measured) -> None:
    """Requests beyond the limit are refused, in the documented form."""
    rulings.past_the_limit(rates)


@requirement("RATE-6", needs=())
def test_waiting_as_long_as_retry_after_says_is_enough(rates: Measured, client: Client) -> None:
    """A spent key that sends nothing until Retry-After has passed is served then, and Retry-After is at most a minute."""
    rulings.honest(rates, [exchange for exchange in client.exchanges if exchange.status == 429])


@requirement("RATE-7", needs=())
def test_a_spent_key_slows_no_other_of_its_organization(rates: Measured) -> None:
    """The second key is served before and while the first is spent."""
    rulings.independent(rates, WITNESS)


@requirement("RATE-7", needs=("organizations.secondary",))
def test_a_spent_key_slows_no_other_organization(rates: Measured) -> None:
    """A key of another organization is served before and while the first is spent."""
    rulings.independent(rates, STRANGER)


@requirement("RATE-8", needs=())
def test_knocking_does_not_put_off_the_recovery(rates: Measured) -> None:
    """A spent key that keeps asking, and is refused many times, is served at the time that the first refusal named."""
    rulings.patient(rates)
