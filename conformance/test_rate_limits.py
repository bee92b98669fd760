"""RATE: 60 a minute, 120 in a burst window of 30 seconds, per key.

The probes run in the background since the start of the run; these checks wait for them and judge their measurements.
`rate_limits/traffic_patterns.py` says what they send, `rate_limits/timeline.py` says how they allow for delays. RATE-1
is judged on every answer, and on one to a conditional request.
"""

from __future__ import annotations

from contextlib import suppress

import pytest

import spec
from conformance.cases.conditions import condition
from conformance.cases.dataset import Dataset
from conformance.cases.sampling import none_has, with_its_key
from conformance.cases.tables import Effort
from conformance.checks import NotTested, record_tried, requirement
from conformance.oracles.exchanges import ORACLES
from conformance.rate_limits import rulings
from conformance.rate_limits.measured import Measured
from conformance.rate_limits.other_keys import USED_UP
from conformance.rate_limits.traffic_patterns import BORDER, SPENDER, SPREAD, STRANGER, WITNESS
from conformance.target.client import Client
from conformance.target.exchange import Exchange

_RATE_1 = next(oracle for oracle in ORACLES if oracle.requirement == "RATE-1")


@requirement("RATE-1", needs=(), whole_run=True)
def test_what_is_not_modified_has_the_headers_too(dataset: Dataset, run_effort: Effort) -> None:
    """An answer to a client that has the resource already, be it 200 or 304, carries the headers of the rate limit."""
    known = _with_validators(dataset) if run_effort.thorough else []
    if known:
        none_has(_fault_of_conditional, [_asked_until_unchanged(dataset, exchange) for exchange in known])
    else:
        record_tried(0, 0)


def _fault_of_conditional(answer: Exchange) -> str | None:
    fault = _RATE_1.fault(answer) if _RATE_1.applies(answer) else None
    return fault and f"{answer.line()} with the resource's validator: {fault}"


def _asked_until_unchanged(dataset: Dataset, known: Exchange) -> Exchange:
    answer = _asked_if_changed(dataset, known)
    changed = answer.headers.get("etag", known.headers["etag"]) != known.headers["etag"]
    return _asked_if_changed(dataset, answer) if changed else answer  # the run's hooks change lists


def _asked_if_changed(dataset: Dataset, known: Exchange) -> Exchange:
    """The answer to the request of a known answer, sent with its key and its validator."""
    caller, validator = with_its_key(dataset.caller, known), condition("If-None-Match", known)
    return caller.send("GET", known.request.target, headers=[validator], operation=known.request.operation)


def _with_validators(dataset: Dataset) -> list[Exchange]:
    """An answer of each operation that is served with an ETag. OP-1 tells what is not served."""
    found: list[Exchange] = []
    for operation in spec.contract().operations:
        with suppress(NotTested):
            found.append(dataset.served(operation))
    return [exchange for exchange in found if "etag" in exchange.headers]


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
def test_keys_of_every_kind_have_the_limit(rates: Measured) -> None:
    """A key of one scope, and one of another organization, are served no more than the burst, where a test clock is moved."""
    record_tried(rulings.ceiling_of_others(rates), len(USED_UP))


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
