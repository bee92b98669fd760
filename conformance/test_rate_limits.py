"""RATE: 60 a minute, 120 in a burst window of 30 seconds, per key.

The probes have been under way since the run began; here they are waited for, and what they measured is judged. What they
send stands in `rate_limits/traffic_patterns.py`, what is allowed for delays in `rate_limits/timeline.py`. RATE-1 is judged on
every answer.
"""

from __future__ import annotations

import pytest

from conformance.checks import requirement
from conformance.rate_limits import rulings
from conformance.rate_limits.measured import Measured
from conformance.rate_limits.traffic_patterns import BORDER, SPENDER, SPREAD, STRANGER, WITNESS
from conformance.target.client import Client


@requirement("RATE-2", needs=())
@pytest.mark.parametrize("role", [SPENDER, WITNESS, BORDER, SPREAD], ids=["burst", "second key", "volleys", "spread"])
def test_a_rested_key_is_served_a_minutes_worth(rates: Measured, role: str) -> None:
    """At once, while another key is spent, in two volleys, evenly: the first sixty are served."""
    rulings.floor(rates, role)


@requirement("RATE-3", needs=())
@pytest.mark.parametrize("role", [SPENDER, BORDER], ids=["from rest", "at any border"])
def test_no_window_serves_more_than_the_burst(rates: Measured, role: str) -> None:
    """Neither at once from rest, nor where a fixed window would end."""
    rulings.ceiling(rates, role)


@requirement("RATE-4", needs=())
def test_no_span_serves_more_than_the_burst_and_the_sustained_rate(rates: Measured) -> None:
    """What a spent key regains is what the minute's figure allows."""
    rulings.sustained(rates)


@requirement("RATE-5", needs=())
def test_past_the_limit_is_a_problem_that_says_when_to_come_back(rates: Measured) -> None:
    """What goes beyond the limit is refused, and in the documented form."""
    rulings.past_the_limit(rates)


@requirement("RATE-6", needs=())
def test_waiting_as_long_as_retry_after_says_is_enough(rates: Measured, client: Client) -> None:
    """A spent key that waits in silence is served at the moment it was told, and that is within a minute."""
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
    """A spent key that was refused as often again is served when it was first told."""
    rulings.patient(rates)
