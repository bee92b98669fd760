"""A key without a limit is told, although the probes do not own it. A key with a limit of its own is legal."""

from __future__ import annotations

from collections.abc import Sequence

import httpx
import pytest

from conformance.checks import Violation
from conformance.rate_limits import rulings
from conformance.rate_limits.attempts import Attempt
from conformance.rate_limits.disturbances import Disturbance
from conformance.rate_limits.keys import keys_of_others
from conformance.rate_limits.measured import Measured
from conformance.rate_limits.other_keys import USED_UP, most_with_another
from conformance.rate_limits.traffic_patterns import FOREIGN, SCOPED, SPENDER
from conformance.target.exchange import Credential, Exchange, Request
from spec.target import Keys, Organization, Organizations, Target
from tests.support.rate_simulation import CONTRACT, CREDENTIALS

BEYOND = most_with_another(CONTRACT.burst)
OTHERS = {role: Credential(role, role) for role in USED_UP}


def served(count: int, *, limit: str | None = "60", status: int = 200, sound: bool = True) -> list[Attempt]:
    """Attempts within a second, which are all answered alike."""
    headers = httpx.Headers({"x-ratelimit-limit": limit} if limit else {})
    return [_attempt(number / count, headers, status, sound) for number in range(count)]


def _attempt(sent: float, headers: httpx.Headers, status: int, sound: bool) -> Attempt:
    request = Request("GET", "/api/v1/me", operation="getMe")
    exchange = Exchange(
        1, request, "http://127.0.0.1/api/v1/me", status, headers, b"{}", sent, sent, at=sent, moved=0.0
    )
    return Attempt(sent, sent, status, sound=sound, exchange=exchange)


def measured(others: dict[str, Sequence[Attempt]], disturbance: Disturbance | None = None) -> Measured:
    timelines = {SPENDER: served(10), **others}
    return Measured(CONTRACT, timelines, {**CREDENTIALS, **OTHERS}, disturbance=disturbance)


@pytest.mark.parametrize("role", USED_UP)
def test_a_key_without_a_limit_is_told(role: str) -> None:
    with pytest.raises(Violation, match=rf"{BEYOND} requests of {role}"):
        rulings.ceiling_of_others(measured({**dict.fromkeys(USED_UP, served(9)), role: served(BEYOND)}))


@pytest.mark.parametrize(
    ("attempts", "known"),
    [
        ([*served(CONTRACT.burst), *served(1, status=429, sound=False)], 1),
        (served(CONTRACT.burst), 0),
        (served(BEYOND, limit="600"), 0),
        (served(BEYOND, limit=None), 0),
        (served(BEYOND, status=401, sound=False), 0),
        ([], 0),
    ],
    ids=[
        "within the limit",
        "too slow to reach it",
        "a limit of its own",
        "no limit told",
        "a key that does not count",
        "not tried",
    ],
)
def test_what_is_legal_or_not_known_is_no_violation(attempts: Sequence[Attempt], known: int) -> None:
    assert rulings.ceiling_of_others(measured({FOREIGN: attempts})) == known


def test_nothing_is_known_where_somebody_else_used_the_target() -> None:
    assert rulings.ceiling_of_others(measured({FOREIGN: served(BEYOND)}, Disturbance("another's requests", ()))) == 0


def test_the_keys_that_there_are_take_the_roles_in_their_order() -> None:
    scoped = {"lists.read": "l", "drafts.read": "d"}
    secondary = Organizations(secondary=Organization(("s0", "s1")))
    target = Target(organizations=secondary, keys=Keys(single_scope=scoped))
    expected = {SCOPED[0]: "l", SCOPED[1]: "d", FOREIGN: "s0"}
    assert {role: key.secret for role, key in keys_of_others(target).items()} == expected
    assert keys_of_others(Target()) == {}
    assert [key.secret for key in keys_of_others(Target(organizations=secondary)).values()] == ["s0"]
