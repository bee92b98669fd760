"""The checks on what a key is served and when it is refused. Each tells of one timeline whether the target kept its limit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from conformance.plural import counted
from conformance.rate_limits.proofs import MINUTE, Window, fullest, overdrawn
from conformance.rate_limits.timeline import Timeline
from loadtests.analysis.ledger import Attempt
from loadtests.analysis.rules import CheckResult, KeyTimeline, LimitRules, times

_TOGETHER = 0.5
"""Seconds within which requests count as sent together."""
_NEAR = 0.9
"""A key counts as steady if it asked for at least this share of the sustained rate."""


def burst_ceiling(timeline: KeyTimeline, rules: LimitRules) -> CheckResult:
    """RATE-3: no burst window holds more admissions than a burst. Unjudged if the key never asked for more."""
    return _under(timeline, rules.window)


def minute_ceiling(timeline: KeyTimeline, rules: LimitRules) -> CheckResult:
    """RATE-4: under `strict` no minute is above the limit a minute; else no span is above a burst and its refill."""
    if rules.reading == "strict":
        return _under(timeline, rules.minute)
    allowance = rules.allowance
    crowd = overdrawn(timeline.admitted, allowance)
    if crowd:
        return CheckResult(
            "broken",
            f"{crowd.count} requests were served within {crowd.seconds:.2f} s, where {allowance.most} and "
            f"{allowance.rate * MINUTE:.0f} a minute make {int(allowance.most + allowance.rate * crowd.seconds)}",
            (crowd.first, crowd.last),
            {"admitted": crowd.count, "seconds": crowd.seconds},
            crowd.count - allowance.most - allowance.rate * crowd.seconds,
        )
    crowd = fullest(timeline.admitted, MINUTE)
    return _tried(
        timeline, crowd.count if crowd else 0, f"served in a minute, and no span above {allowance.most} and the refill"
    )


def just_refusals(timeline: KeyTimeline, rules: LimitRules) -> CheckResult:
    """RATE-2: no request is refused while the key has room, whenever the requests before it were decided."""
    refusals = rules.refusals(timeline)
    if refusals.unjust:
        first = refusals.unjust[0]
        recent = sum(first.sent - MINUTE <= attempt.sent <= first.answered for attempt in timeline.admitted)
        return CheckResult(
            "broken",
            f"{times(len(refusals.unjust))} refused while the key had room: "
            f"at first with {recent} served in the minute before",
            refusals.unjust[:3],
            {"unjust": len(refusals.unjust), "refused": len(timeline.refused)},
            len(refusals.unjust),
        )
    if not timeline.admitted:
        return CheckResult("unjudged", "the key was never served")
    told = f"each of {len(refusals.just)} refusals had to come" if refusals.just else "no refusal"
    return CheckResult("held", told, figures={"refused": len(timeline.refused)}, weight=len(refusals.just))


def no_refusals(timeline: KeyTimeline, rules: LimitRules) -> CheckResult:
    """RATE-2: a key that asks for the limit a minute is never refused. Only what it did before it asked for more is judged."""
    kept = Timeline(_within(timeline.attempts, rules.minute.most))
    if not kept.attempts:
        return CheckResult("unjudged", "it asked for more than the limit a minute from its first request on")
    unjust = LimitRules(rules.conditions, None).refusals(kept).unjust
    if unjust:
        return CheckResult(
            "broken",
            f"refused {times(len(unjust))} within its limit, at first {unjust[0].sent - kept.attempts[0].sent:.1f} s in",
            unjust[:3],
            {"refused": len(kept.refused)},
            len(unjust),
        )
    if kept.refused:
        return CheckResult(
            "unjudged", "it asked for more than the limit a minute, or delays made it so", tuple(kept.refused[:1])
        )
    if not timeline.admitted:
        return CheckResult("unjudged", "the key was never served")
    rate, seconds = _pace(kept.admitted)
    if rate > rules.minute.most / _NEAR:
        return CheckResult("unjudged", f"{rate:.0f} requests a minute, and none refused: more than the limit")
    if seconds < _NEAR * MINUTE or rate < _NEAR * rules.minute.most:
        return CheckResult("unjudged", f"{len(kept.admitted)} requests in {seconds:.0f} s are too few to tell")
    told = f"{rate:.1f} a minute for {seconds:.0f} s, up to its last requests at this pace, and not one refused"
    if timeline.refused:
        told += f"; then it asked for more, to spend what was left, and was refused {times(len(timeline.refused))}"
    return CheckResult("held", told, figures={"perMinute": rate}, weight=seconds)


def _pace(served: Sequence[Attempt]) -> tuple[float, float]:
    """Requests a minute, and over how many seconds. Those sent together with the last one are left out: no time follows them."""
    if not served:
        return 0.0, 0.0
    count = next(index for index, each in enumerate(served) if each.sent > served[-1].sent - _TOGETHER)
    seconds = served[count].sent - served[0].sent
    return (count / seconds * MINUTE if seconds > 0 else 0.0), seconds


def _within(attempts: Sequence[Attempt], per_minute: int) -> Sequence[Attempt]:
    """The attempts before the first burst: more than a quarter of a minute's worth within a second."""
    most = max(1, per_minute // 4)
    for first, last in enumerate(attempts[most:]):
        if last.sent - attempts[first].sent < 1.0:
            return attempts[:first]
    return attempts


def from_rest(timeline: KeyTimeline, rules: LimitRules) -> CheckResult:
    """RATE-2: a rested key is served the reading's size before its first refusal: a burst at once, or the limit a minute."""
    size = rules.from_rest
    best: CheckResult | None = None
    for group in timeline.from_rest(rules.rest, rested=rules.conditions.rested):
        refused = min((a for a in group if a.refused), key=lambda a: a.answered, default=None)
        end = refused.answered if refused else float("inf")
        before = sum(not attempt.refused and attempt.sent <= end for attempt in group)
        if refused and before < size.most:
            return CheckResult(
                "broken",
                f"a rested key was refused after {counted(before, 'request')}, where {size.most} are to be served",
                (group[0], refused),
                {"served": before},
                size.most - before,
            )
        first = [attempt for attempt in group if attempt.admitted][: size.most]
        quick = len(first) == size.most and max(a.answered for a in first) - group[0].sent < size.seconds
        if quick:
            took = max(attempt.answered for attempt in first) - group[0].sent
            told = f"{size.most} served from rest within {took:.2f} s" + (
                f", {before} before a refusal" if refused else ""
            )
            best = CheckResult("held", told, figures={"served": before, "seconds": took}, weight=before)
    return best or CheckResult(
        "unjudged", f"no key that was known to be rested asked for {size.most} requests within {size.seconds:.0f} s"
    )


def refused_beyond(timeline: KeyTimeline, rules: LimitRules) -> CheckResult:
    """RATE-5: a key that asks for more than the limit is refused."""
    if timeline.refused:
        first = timeline.refused[0]
        before = sum(attempt.sent <= first.answered for attempt in timeline.admitted)
        return CheckResult(
            "held", f"first refused after {before} served", (first,), {"refused": len(timeline.refused)}, before
        )
    for cap in (rules.minute, rules.window) if rules.reading == "strict" else (rules.window,):
        crowd = fullest(timeline.admitted, cap.seconds)
        if crowd and crowd.count > cap.most:
            told = f"{crowd.count} requests within {crowd.seconds:.2f} s, and none was refused"
            return CheckResult("broken", told, (crowd.first, crowd.last), weight=crowd.count)
    return CheckResult("unjudged", f"{counted(len(timeline.attempts), 'request')}, and the limit was not reached")


def _under(timeline: KeyTimeline, cap: Window) -> CheckResult:
    crowd = fullest(timeline.admitted, cap.seconds)
    count = crowd.count if crowd else 0
    figures = {"most": count}
    if crowd and count > cap.most:
        told = f"{count} requests were served within {crowd.seconds:.2f} s, where {cap.most} in {cap.seconds:.0f} s are allowed"
        return CheckResult("broken", told, (crowd.first, crowd.last), {**figures, "seconds": crowd.seconds}, count)
    return _tried(timeline, count, f"of {cap.most} within {cap.seconds:.0f} s", figures)


def _tried(timeline: KeyTimeline, count: int, told: str, figures: Mapping[str, float] | None = None) -> CheckResult:
    """The result for a ceiling that was not passed: held if a request was refused at it, else not tried."""
    if not timeline.refused:
        return CheckResult(
            "unjudged", f"{count} {told}, and nothing was refused: the limit was not tried", weight=count
        )
    return CheckResult("held", f"at most {count} {told}", figures=figures or {"most": count}, weight=count)
