"""Which keys the probes use up, and how long they rest before."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from conformance.checks import NotTested
from conformance.rate_limits import plugin, runner
from conformance.rate_limits.keys import keys_for
from conformance.rate_limits.runner import Pattern, Timelines, Wire
from conformance.rate_limits.traffic_patterns import SPENDER, ProbePlan
from conformance.target.client import Client
from conformance.target.clock import TargetClock
from conformance.target.exchange import Request
from conformance.target.safety import Safety
from conformance.verdict.judge import Judge
from conformance.verdict.ledger import Ledger
from spec.target import Keys, Organization, Organizations, Target
from tests.support.null_servers import Answer, serving


def described(primary: int = 2, secondary: int = 1, spare: tuple[str, ...] = ()) -> Target:
    return Target(
        organizations=Organizations(
            primary=Organization(tuple(f"p{index}" for index in range(primary))),
            secondary=Organization(tuple(f"s{index}" for index in range(secondary))),
        ),
        keys=Keys(spare=spare),
    )


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (
            described(spare=("a", "b", "c", "d")),
            {"spender": "a", "witness": "b", "border": "c", "spread": "d", "stranger": "s0"},
        ),
        (described(spare=("a", "b")), {"spender": "a", "witness": "b", "stranger": "s0"}),
        (described(secondary=0, spare=("a", "p0", "a")), {"spender": "a", "bystander": "p0"}),
        (described(primary=3), {"spender": "p2", "bystander": "p0", "stranger": "s0"}),
    ],
    ids=["four", "two", "one, and doubles", "none"],
)
def test_the_keys_that_there_are_take_the_roles_that_matter_most(target: Target, expected: dict[str, str]) -> None:
    assert {role: key.secret for role, key in keys_for(target).items()} == expected


def test_the_only_key_is_not_spent() -> None:
    with pytest.raises(NotTested, match=r"keys\.spare"):
        keys_for(described(primary=1))


@pytest.mark.parametrize("spare", [(), ("s",)], ids=["a primary key", "a spare key"])
def test_a_key_that_the_run_itself_has_used_is_probed_once_and_after_a_rest(
    spare: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    plans: list[ProbePlan] = []

    def measure(_: Wire, __: Sequence[Pattern], plan: ProbePlan) -> Timelines:
        plans.append(plan)
        return {}

    monkeypatch.setattr(plugin, "measure", measure)
    monkeypatch.setattr(runner, "REST", 0.3)
    with serving(Answer(200)) as base_url:
        target = described(spare=spare)
        client = Client(Target(base_url=base_url), TargetClock())
        key = keys_for(target)[SPENDER]
        client.send(Request("GET", "/api/v1/me"), (key,))
        plugin.RateProbes(Judge(target, client, Ledger(), seed=1), "auto", lambda _: None).measured()
        rested = client.clock.now() - client.exchanges[0].answered >= 0.3
        client.close()
    assert ([plan.rested for plan in plans], rested) == ([not spare], not spare)


def test_a_safe_run_does_not_wait_for_keys_that_it_will_not_use_up(monkeypatch: pytest.MonkeyPatch) -> None:
    rests: list[float] = []
    monkeypatch.setattr(Wire, "_rest", lambda _, seconds, __: rests.append(seconds))
    with serving(Answer(200)) as base_url:
        target = described()
        client = Client(Target(base_url=base_url), TargetClock(), safety=Safety())
        client.send(Request("GET", "/api/v1/me"), (keys_for(target)[SPENDER],))
        with pytest.raises(NotTested, match="left out by --safe: it spends a limit"):
            plugin.RateProbes(Judge(target, client, Ledger(safe=True), seed=1), "auto", lambda _: None).measured()
        client.close()
    assert not rests
