"""The most requests that a run sends at each depth, and on which keys (`--dry-run`)."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

import spec
from conformance.cases.depth import QUICK_REQUESTS, STANDARD_REQUESTS, Depth
from conformance.plural import counted
from conformance.verdict.selection import in_words, missing, selected
from spec.target import Target

_PRIMARY = "organizations.primary.api_keys"
_SPARE = "keys.spare"
_MINUTE = 60.0
# Real seconds that the checks of the rate limit take; the rest of the run goes on beside them.
_RATE_SECONDS = 100.0
# The checks of the rate limit send each spare key a few volleys of a burst, and a steady minute or two.
_SPARE_KEYS = 4
_VOLLEYS, _STEADY_MINUTES = 4, 2


@dataclass(frozen=True)
class RequestEstimate:
    """The most that a run at one depth sends. `paid` counts requests that use up a key's limit, None if there is no bound.

    `spare` counts those on the keys that the checks of the rate limit use up. `seconds` is the longest wait for limits.
    """

    depth: Depth
    paid: int | None
    spare: int
    seconds: float | None


def plan(
    depth: Depth, ids: frozenset[str] | None, target: Target | None, *, real_time: bool = False
) -> RequestEstimate:
    """The estimate of a run over the requirements, None for all. `target` is None for the embedded mock, which lacks nothing."""
    testable = [requirement for requirement in selected(ids) if not missing(requirement, target)]
    probes = any(requirement.family == "RATE" and requirement.needs for requirement in testable)
    paid = _paid(depth) if testable else 0
    spare = _spare(target) if probes else 0
    if not _paced(target, real_time):
        return RequestEstimate(depth, paid, spare, 0.0)
    waiting = _RATE_SECONDS if probes else 0.0
    return RequestEstimate(depth, paid, spare, None if paid is None else max(waiting, _pacing(paid, target)))


def forecast(ids: frozenset[str] | None, target: Target | None, width: int, *, real_time: bool = False) -> list[str]:
    """The estimates of all depths, in lines. Sends no request."""
    requirements = selected(ids)
    untestable = [requirement for requirement in requirements if missing(requirement, target)]
    testable = counted(len(requirements) - len(untestable), "requirement")
    lines = [f"{testable} can be tested; a run sends, on its keys' limits:"]
    lines += [_line(plan(depth, ids, target, real_time=real_time)) for depth in get_args(Depth)]
    lines += ["", "on these keys, besides requests that no valid key's limit pays for, which are free:"]
    lines += [f"{count:6}  {pool}" for pool, count in _pools(target).items() if count]
    if untestable:
        lacking = dict.fromkeys(need for requirement in untestable for need in missing(requirement, target))
        lines.append(f"{counted(len(untestable), 'requirement')} not testable: missing {in_words(list(lacking))}")
    if _paced(target, real_time) and _pools(target)[_PRIMARY] == 1:
        lines.append("A second key of the primary organization would halve the waiting for the rate limit's windows.")
    lines.append("These are bounds: a run sends less. Nothing was sent.")
    return [part for line in lines for part in textwrap.wrap(line, width, subsequent_indent="  ") or [""]]


def _paid(depth: Depth) -> int | None:
    return {"quick": QUICK_REQUESTS, "standard": STANDARD_REQUESTS, "deep": None}[depth]


def _pacing(paid: int, target: Target | None) -> float:
    """The most seconds of waiting for the rate limit: as if all requests used the primary organization's keys."""
    windows = math.ceil(paid / (_per_minute(target) * _pools(target)[_PRIMARY])) - 1
    return _MINUTE * max(windows, 0)


def _line(plan: RequestEstimate) -> str:
    paid = "every combination there is" if plan.paid is None else f"at most {plan.paid} requests"
    spare = f" and {plan.spare} on {_SPARE}" if plan.spare else ""
    if plan.seconds is None:
        waiting = "; it may wait an hour for the rate limit"
    else:
        waiting = f"; at most {plan.seconds:.0f} s of waiting for the rate limit's windows" if plan.seconds else ""
    return f"  {plan.depth:10}{paid}{spare}{waiting}"


def _paced(target: Target | None, real_time: bool) -> bool:
    """Whether a run waits for the target's limit in real time."""
    if target is not None and target.rate_limit.reading == "off":
        return False
    return real_time or not (target is None or target.hooks.advance_clock)


def _spare(target: Target | None) -> int:
    limits = target.rate_limit if target else spec.contract().rate_limits
    # Without a spare key the last primary key is used up. At most four spare keys are used.
    keys = min(_pools(target)[_SPARE] or 1, _SPARE_KEYS)
    return keys * (_VOLLEYS * limits.burst + _STEADY_MINUTES * limits.per_minute)


def _per_minute(target: Target | None) -> int:
    return target.rate_limit.per_minute if target else spec.contract().rate_limits.per_minute


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
