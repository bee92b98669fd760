"""A failing endpoint tells retries from resends, and a retry under another id from another event."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from conformance.webhooks import failure_script as troubles
from conformance.webhooks.deliveries import Delivery
from conformance.webhooks.failure_script import TROUBLES, Trouble
from conformance.webhooks.signatures import HEADER


def attempt(event: str, at: float, timestamp: int | None = None, **headers: str) -> Delivery:
    """An attempt at `at` seconds of the target's clock, signed at that time unless another timestamp is given."""
    stamp = int(at) if timestamp is None else timestamp
    named = [(name.replace("_", "-"), value) for name, value in headers.items()]
    body = json.dumps({"id": event, "eventType": "a.b"} if event else {"at": at}).encode()
    return Delivery("troubled", "POST", [(HEADER, f"t={stamp},v1={'0' * 64}"), *named], body, at, "", at, 1)


def armed() -> Trouble:
    trouble = Trouble()
    trouble.armed = True
    return trouble


def test_nothing_is_in_trouble_before_it_is_armed() -> None:
    trouble = Trouble()
    assert trouble(attempt("evt_1", 0)) == "accept"
    assert not trouble.met


def test_each_event_meets_a_trouble_of_its_own_and_is_accepted_when_it_comes_again() -> None:
    trouble = armed()
    assert [trouble(attempt(f"evt_{number}", 0)) for number in range(5)] == [*TROUBLES, "accept", "accept"]
    assert not trouble.settled
    assert [trouble(attempt(f"evt_{number}", 3)) for number in (2, 0, 1)] == ["accept"] * 3
    assert trouble.settled
    assert [len(trouble.attempts(kind)) for kind in TROUBLES] == [2, 2, 2]


def test_a_retry_with_the_first_timestamp_is_failed_until_time_must_have_passed() -> None:
    trouble = armed()
    answers = [trouble(attempt("evt_1", at, timestamp=0)) for at in (0.0, 0.5, 1.9, 2.0)]
    assert answers == ["error", "error", "error", "accept"]
    assert "not signed anew" in (troubles.fault(trouble.attempts("error"), []) or "")


@pytest.mark.parametrize(
    ("attempts", "fault"),
    [
        ([attempt("evt_1", 0), attempt("evt_1", 1, timestamp=0)], None),
        ([attempt("evt_1", 0), attempt("evt_1", 30)], None),
        ([attempt("evt_1", 0), attempt("evt_1", 30, timestamp=0)], "not signed anew"),
        ([attempt("", 0, webhook_id="m1"), attempt("", 30, webhook_id="m1")], None),
        ([attempt("", 0, X_Outbound_Delivery="d1"), attempt("", 30, X_Outbound_Delivery="d1")], None),
        ([attempt("", 0, X_Outbound_Delivery="d1"), attempt("", 30, X_Outbound_Delivery="d2")], "share no id"),
        ([attempt("", 0, X_Outbound_Event="a.b"), attempt("", 30, X_Outbound_Event="a.b")], "share no id"),
        ([attempt("", 0, webhook_id="same"), attempt("", 30, webhook_id="same")], "share no id"),
        (
            [attempt("evt_1", 0), attempt("evt_2", 30)],
            "tried again under another id, as delivery 1 to troubled (a.b evt_2)",
        ),
        ([attempt("evt_1", 0, webhook_id="m1"), attempt("evt_2", 30, webhook_id="m1")], None),
    ],
)
def test_attempts_share_an_id_and_nothing_of_their_signature(attempts: list[Delivery], fault: str | None) -> None:
    found = troubles.fault(attempts, [attempt("", 9, webhook_id="same")])
    assert found == fault or (fault and found and fault in found)


@pytest.mark.parametrize(
    ("first", "real", "found"),
    [
        ("evt_1", {"evt_1"}, ["evt_2"]),
        ("evt_1", {"evt_1", "evt_2"}, []),  # another event that tells the same
        ("evt_1", set(), []),  # the endpoint without trouble shows nothing yet
        ("", {"evt_1"}, []),
    ],
)
def test_a_retry_under_another_id_is_known_by_its_body(first: str, real: set[str], found: list[str]) -> None:
    others = [replace(attempt(event, 30), number=2) for event in ("evt_2", "evt_longer")]
    others[1] = replace(others[1], body=others[1].body + b" ")
    renamed = troubles.renamed(attempt(first, 0), [attempt("evt_0", 0), *others], real)
    assert [each.event.id for each in renamed if each.event] == found
