"""What a run will cost: requests by key, and time, in proportion to what was measured on the embedded mock."""

from __future__ import annotations

import math
import textwrap
from collections import Counter
from collections.abc import Callable, Mapping
from operator import attrgetter

import spec
from conformance.verdict.costs import ONE_KEY, WHOLE, Cost, measured
from conformance.verdict.selection import in_words, missing, selected
from spec.target import Target

# An answer's time on a target that is not on this machine, and the windows that the probes of the rate limit wait for.
_ANSWER = 0.05
_RATE_WINDOWS = 70.0
_MINUTE = 60.0
# The keys that the probes spend, beyond any pace.
_SPENT = "keys.spare"


def estimate(ids: frozenset[str] | None, target: Target | None) -> Cost:
    """The cost of the requirements that can be tested: that of a whole run on the target, in proportion to their families' costs.

    Families share walks: together they cost less than each alone, but never less than the dearest of them.
    """
    costs = measured()
    asked, testable = _shares(ids, target), _shares(None, target)
    complete = _completeness(target)

    def share(of: Callable[[Cost], float], one_key: float) -> float:
        whole = one_key + (of(costs[WHOLE]) - one_key) * complete
        alone = {family: of(costs[family]) for family in asked}
        parts = [cost * asked[family] for family, cost in alone.items()]
        total = sum(cost * testable[family] for family, cost in alone.items())
        return max(whole * sum(parts) / total, *parts) if total else 0.0

    def requests(pool: str) -> float:
        # Keys that a target with a single one has not are asked what they are asked wherever they are there.
        one_key = costs[ONE_KEY].requests.get(pool, costs[WHOLE].requests.get(pool, 0))
        return share(lambda cost: cost.requests.get(pool, 0), one_key)

    pools = sorted({pool for cost in costs.values() for pool in cost.requests if _keys(target, pool)})
    return Cost(
        share(lambda cost: cost.seconds, costs[ONE_KEY].seconds),
        {pool: requests(pool) for pool in pools},
    )


def forecast(ids: frozenset[str] | None, target: Target | None, width: int, *, real_time: bool = False) -> list[str]:
    """The estimate in lines. `target` is None for the embedded mock; nothing is sent."""
    cost = estimate(ids, target)
    requirements = selected(ids)
    untestable = [requirement for requirement in requirements if missing(requirement, target)]
    requests = {pool: math.ceil(count) for pool, count in cost.requests.items() if count}
    waits = _waits(requests, ids, target, real_time)
    seconds = cost.seconds + sum(requests.values()) * (_ANSWER if target else 0)
    lines = [f"about {sum(requests.values())} requests for {len(requirements) - len(untestable)} requirements:"]
    lines += [f"{count:6}  {_named(pool, target)}" for pool, count in sorted(requests.items(), key=lambda i: -i[1])]
    lines += ["", f"about {seconds + waits:.0f} s{_waiting(waits, target, real_time)}"]
    if untestable:
        lacking = dict.fromkeys(need for requirement in untestable for need in missing(requirement, target))
        lines.append(f"{len(untestable)} requirements not testable, for want of {in_words(list(lacking))}")
    lines.append(
        "An estimate, measured on the project's own mock; a target with more data takes more. Nothing was sent."
    )
    return [part for line in lines for part in textwrap.wrap(line, width, subsequent_indent="  ") or [""]]


def _shares(ids: frozenset[str] | None, target: Target | None) -> dict[str, float]:
    """The part of each family that is asked for and can be tested."""
    every = Counter(requirement.family for requirement in spec.requirements())
    asked = Counter(requirement.family for requirement in selected(ids) if not missing(requirement, target))
    return {family: asked[family] / count for family, count in every.items()}


def _completeness(target: Target | None) -> float:
    """How far a target's description is from a single key's, 0, to all that any requirement needs, 1."""
    every = spec.requirements()
    with_one_key = sum(not requirement.needs for requirement in every)
    testable = sum(not missing(requirement, target) for requirement in every)
    return (testable - with_one_key) / (len(every) - with_one_key)


def _waits(requests: Mapping[str, int], ids: frozenset[str] | None, target: Target | None, real_time: bool) -> float:
    """Seconds of waiting for windows of the rate limit; the windows of different keys pass at the same time."""
    if _has_test_clock(target) and not real_time:
        return 0.0
    per_minute = target.rate_limit.per_minute if target else spec.contract().rate_limits.per_minute
    paced = {pool: count for pool, count in requests.items() if pool not in ("", _SPENT)}
    windows = [math.ceil(count / (per_minute * _keys(target, pool))) - 1 for pool, count in paced.items()]
    probes = any(r.family == "RATE" and r.needs and not missing(r, target) for r in selected(ids))
    return max([_MINUTE * max(windows, default=0), _RATE_WINDOWS if probes else 0.0])


def _waiting(waits: float, target: Target | None, real_time: bool) -> str:
    if waits:
        return f", {waits:.0f} s of them waiting for the rate limit's windows"
    return ", the rate limit's windows passed on a test clock" if _has_test_clock(target) and not real_time else ""


def _has_test_clock(target: Target | None) -> bool:
    return target is None or bool(target.hooks.advance_clock)


def _keys(target: Target | None, pool: str) -> int:
    """How many keys the target has in a pool; anything can be sent without one."""
    if not pool:
        return 1
    if target is None:
        return measured()[WHOLE].keys[pool]
    if pool.startswith("keys.single_scope."):
        return int(pool.removeprefix("keys.single_scope.") in target.keys.single_scope)
    value = attrgetter(pool)(target)
    return len(value) if isinstance(value, tuple) else int(bool(value))


def _named(pool: str, target: Target | None) -> str:
    keys = _keys(target, pool)
    return (pool or "without a key of the target") + (f" ({keys} keys)" if keys > 1 else "")
