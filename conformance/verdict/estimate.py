"""The most requests that a run sends at each depth, with which keys, and how long it waits (`--dry-run`)."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import get_args

from conformance.cases.depth import FUZZ, PACED_REQUESTS, QUICK_REQUESTS, STANDARD_REQUESTS, Depth, schema_driven
from conformance.checks import NotTested
from conformance.plural import counted
from conformance.rate_limits.keys import keys_for, keys_of_others, most_requests, spare_keys
from conformance.rate_limits.measured import SPARE_ROLES
from conformance.rate_limits.other_keys import USED_UP, most_with_another
from conformance.rate_limits.traffic_patterns import OTHERS, SPENDER
from conformance.target.pacing import MARGIN, WINDOW
from conformance.verdict.selection import in_words, missing, selected
from spec import REST, commands
from spec.target import RateLimit, Target

_PRIMARY = "organizations.primary.api_keys"
_SPARE = "keys.spare"
# Real seconds in which the probes of the rate limit end on rested keys, if the target answers within 0.3 s.
_PROBING = 100.0
# A spare key may have been used before the run: then all spare keys rest, and are probed once more.
_TRIES = 2


@dataclass(frozen=True)
class Probing:
    """The probes of the rate limit: the most `requests`, the member of the description whose keys they use up, and seconds.

    `beside` says that they go on beside the other checks, and do not come after them. `again` are the seconds that they take if
    they have to begin again. `others` are further requests, with keys that other checks use, too.
    """

    requests: int = 0
    keys: str = ""
    beside: bool = False
    seconds: float = 0.0
    again: float = 0.0
    others: int = 0


@dataclass(frozen=True)
class RequestEstimate:
    """The most that a run at one depth sends. `paid` counts requests that use up a key's limit, None if there is no bound.

    `probing` comes in addition. `seconds` is the longest wait for limits, None if there is no bound.
    """

    depth: Depth
    paid: int | None
    probing: Probing
    seconds: float | None


def plan(
    depth: Depth,
    ids: frozenset[str] | None,
    target: Target | None,
    *,
    real_time: bool = False,
    fuzz: int = FUZZ,
    safe: bool = False,
) -> RequestEstimate:
    """The estimate of a run over the requirements, None for all. `target` is None for the embedded mock, which lacks nothing."""
    paced = _paced(target, real_time)
    testable = any(not missing(requirement, target) for requirement in selected(ids))
    paid = _paid(depth, fuzz, paced=paced) if testable else _preflight(target)
    probing = Probing() if safe else _probing(ids, target)
    if not paced:
        if probing.requests and depth != "quick":
            probing = replace(probing, others=_on_other_keys(target))
        return RequestEstimate(depth, paid, probing, 0.0)
    if paid is None:
        return RequestEstimate(depth, paid, probing, None)
    pacing = _pacing(paid, target)
    seconds = max(pacing, probing.seconds) if probing.beside else pacing + probing.seconds
    return RequestEstimate(depth, paid, probing, seconds)


def forecast(
    ids: frozenset[str] | None,
    target: Target | None,
    width: int,
    *,
    real_time: bool = False,
    fuzz: int = FUZZ,
    safe: bool = False,
) -> list[str]:
    """The estimates of all depths, in lines. Sends no request."""
    requirements = selected(ids)
    untestable = [requirement for requirement in requirements if missing(requirement, target)]
    plans = [plan(depth, ids, target, real_time=real_time, fuzz=fuzz, safe=safe) for depth in get_args(Depth)]
    testable = counted(len(requirements) - len(untestable), "requirement")
    lines = [f"{testable} can be tested; a run sends, on its keys' limits:", *map(_line, plans)]
    lines += ["", "on these keys, besides requests that no valid key's limit pays for, which are free:"]
    lines += [f"{count:6}  {pool}" for pool, count in _pools(target).items() if count]
    if untestable:
        lacking = [need for requirement in untestable for need in missing(requirement, target)]
        lines.append(f"{counted(len(untestable), 'requirement')} not testable: missing {in_words(lacking)}")
    if target and not safe:
        lines += [
            f"{member}: {commands.named(command)} could not be run: there is no such program"
            for member, command in target.commands().items()
            if not commands.is_installed(command)
        ]
    if _paced(target, real_time):
        lines += _advice(plans[0].probing, _pools(target)[_PRIMARY])
    lines.append(
        "These are bounds for a target that keeps the contract and answers within 0.3 s: a run sends less. "
        "What looks broken is asked again. Nothing was sent."
    )
    return [part for line in lines for part in textwrap.wrap(line, width, subsequent_indent="  ") or [""]]


def _paid(depth: Depth, fuzz: int, *, paced: bool) -> int | None:
    if depth == "deep":
        return None
    most = QUICK_REQUESTS if depth == "quick" else PACED_REQUESTS if paced else STANDARD_REQUESTS
    return most + max(0, schema_driven(fuzz) - schema_driven(FUZZ))


def _preflight(target: Target | None) -> int:
    """The requests that a run sends before its checks: one with each full key."""
    pools = _pools(target)
    return pools[_PRIMARY] + pools["organizations.secondary.api_keys"]


def _pacing(paid: int, target: Target | None) -> float:
    """The most seconds of waiting for the rate limit: as if all requests used the primary organization's keys."""
    windows = math.ceil(paid / (_limits(target).per_minute * _pools(target)[_PRIMARY])) - 1
    return (WINDOW + MARGIN) * max(windows, 0)


def _advice(probing: Probing, primary: int) -> list[str]:
    lines = []
    if probing.again:
        lines.append(
            f"If a spare key was used less than {REST:.0f} s before the run, the rate limit's checks rest all spare keys and "
            f"begin again: they then take at most {probing.again:.0f} s."
        )
    elif probing.requests:
        lines.append("With keys.spare, the rate limit's checks would run beside the others, and not after them.")
    if primary == 1:
        lines.append("A second key of the primary organization would halve the waiting for the rate limit's windows.")
    return lines


def _line(plan: RequestEstimate) -> str:
    paid = "every combination there is" if plan.paid is None else f"at most {plan.paid} requests"
    probing = f" and {plan.probing.requests} on {plan.probing.keys}" if plan.probing.requests else ""
    probing += f" and {plan.probing.others} on other keys" if plan.probing.others else ""
    if plan.seconds is None:
        waiting = "; it may wait an hour for the rate limit"
    else:
        waiting = f"; at most {plan.seconds:.0f} s of waiting for the rate limit's windows" if plan.seconds else ""
    return f"  {plan.depth:10}{paid}{probing}{waiting}"


def _paced(target: Target | None, real_time: bool) -> bool:
    """Whether a run waits for the target's limit in real time."""
    if target is not None and target.rate_limit.reading == "off":
        return False
    return real_time or not (target is None or target.hooks.advance_clock)


def _probing(ids: frozenset[str] | None, target: Target | None) -> Probing:
    """What the probes send and take. They begin for any requirement of theirs, though it may lack some of its keys."""
    asked = any(requirement.family == "RATE" and requirement.needs for requirement in selected(ids))
    if not asked or (target and target.rate_limit.reading == "off"):
        return Probing()
    if target is None:
        return _on_spare_keys(_pools(target)[_SPARE], _limits(target))
    try:
        keys = keys_for(target)
    except NotTested:
        return Probing()
    if spare_keys(target):
        return _on_spare_keys(sum(role in keys for role in SPARE_ROLES), target.rate_limit)
    # The run itself used this key last, and lets it rest.
    return Probing(most_requests(target.rate_limit), keys[SPENDER].label, beside=False, seconds=REST + _PROBING)


def _on_spare_keys(count: int, limit: RateLimit) -> Probing:
    requests = _TRIES * most_requests(limit) * min(count, len(SPARE_ROLES))
    return Probing(requests, _SPARE, beside=True, seconds=_PROBING, again=_TRIES * _PROBING + REST)


def _on_other_keys(target: Target | None) -> int:
    roles = OTHERS if target is None else keys_of_others(target)
    return len(roles) + sum(role in roles for role in USED_UP) * most_with_another(_limits(target).burst)


def _limits(target: Target | None) -> RateLimit:
    return target.rate_limit if target else RateLimit()


def _pools(target: Target | None) -> Mapping[str, int]:
    """The number of usable keys of each member of the description; fixed numbers for the embedded mock."""
    if target is None:
        return {
            _PRIMARY: 2,
            "organizations.secondary.api_keys": 2,
            "keys.single_scope": 4,
            "keys.no_scope": 1,
            _SPARE: 4,
        }
    return {
        _PRIMARY: len(target.organizations.primary.api_keys),
        "organizations.secondary.api_keys": len(target.organizations.secondary.api_keys),
        "keys.single_scope": len(target.keys.single_scope),
        "keys.no_scope": int(target.keys.no_scope is not None),
        _SPARE: len(target.keys.spare),
    }
