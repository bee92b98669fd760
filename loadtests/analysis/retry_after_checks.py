"""The checks on what a refusal says and costs: Retry-After, recovery, and what asking too early does."""

from __future__ import annotations

from conformance.rate_limits.proofs import DRIFT, MINUTE, Cap, Window
from conformance.rate_limits.timeline import STEADY_GAP
from loadtests.analysis.ledger import Attempt
from loadtests.analysis.rules import CheckResult, KeyTimeline, LimitRules, times
from spec import LONGEST_RETRY_AFTER


def retry_after(timeline: KeyTimeline, rules: LimitRules) -> CheckResult:
    """RATE-5, RATE-6: each refusal promises when to come back, in at most 60 s (61 for a date, which is rounded)."""
    del rules
    if not timeline.refused:
        return CheckResult("unjudged", "the key was never refused")
    silent = [attempt for attempt in timeline.refused if attempt.retry_after is None]
    if silent:
        return CheckResult(
            "broken", f"{times(len(silent))} refused without a Retry-After", tuple(silent[:3]), weight=len(silent)
        )
    waits = [attempt.retry_after or 0.0 for attempt in timeline.refused]
    wrong = [a for a in timeline.refused if not 0 <= (a.retry_after or 0.0) <= LONGEST_RETRY_AFTER + a.dated]
    if wrong:
        told = f"Retry-After was {wrong[0].retry_after:.0f} s, where 0 to {LONGEST_RETRY_AFTER:.0f} are allowed"
        return CheckResult("broken", told, tuple(wrong[:3]), {"longest": max(waits)}, len(wrong))
    return CheckResult(
        "held",
        f"{min(waits):.0f} to {max(waits):.0f} s promised in {len(waits)} refusals",
        figures={"shortest": min(waits), "longest": max(waits)},
        weight=len(waits),
    )


def recovery(timeline: KeyTimeline, rules: LimitRules) -> CheckResult:
    """RATE-6: a client that waits as long as Retry-After says is served one request."""
    del rules
    waits = [wait for wait in timeline.waits() if wait.kept or wait.silent]
    broken = [wait for wait in waits if not wait.kept]
    if broken:
        told = f"refused {_late(broken[0].refusal, broken[0].attempt)}, {times(len(broken))} in {len(waits)}"
        return CheckResult("broken", told, (broken[0].refusal, broken[0].attempt), weight=len(broken))
    if not waits:
        return CheckResult("unjudged", "no refusal was waited for")
    return CheckResult("held", f"served {times(len(waits))} of {len(waits)} as promised", weight=len(waits))


def sustained_rate(timeline: KeyTimeline, rules: LimitRules) -> CheckResult:
    """RATE-8 (should): a key that always asks for more gets the limit a minute: counted refusals would starve it."""
    best: CheckResult | None = None
    for demand in timeline.demands(rules.window.seconds):
        seconds = demand.seconds / (1 + DRIFT)
        owed = min(_owed(cap, seconds) for caps in rules.caps() for cap in caps)
        if demand.seconds < MINUTE or not owed:
            continue
        rate = demand.admitted / demand.seconds * MINUTE
        told = f"{demand.admitted} served in {demand.seconds:.0f} s of asking for more: {rate:.1f} a minute"
        if demand.admitted < owed:
            return CheckResult(
                "broken", f"{told}, where {owed} are due", (demand.first, demand.last), {"perMinute": rate}
            )
        if best is None or demand.seconds > best.weight:
            best = CheckResult("held", told, figures={"perMinute": rate}, weight=demand.seconds)
    return best or CheckResult("unjudged", "no key asked for more than its limit for over a minute")


def patience(timeline: KeyTimeline, rules: LimitRules) -> CheckResult:
    """RATE-8 (should): a refused request costs nothing: it neither fills a window nor delays the promised time."""
    knocked = rules.refusals(timeline).knocked
    late = [wait for wait in timeline.waits() if not wait.kept and not wait.silent]
    if knocked:
        return CheckResult(
            "broken", f"{times(len(knocked))} refused as if refused requests had used the limit up", knocked[:3]
        )
    if late:
        return CheckResult(
            "broken",
            f"asking while it waited, a key was refused {_late(late[0].refusal, late[0].attempt)}",
            (late[0].refusal, late[0].attempt),
        )
    if not timeline.refused:
        return CheckResult("unjudged", "the key was never refused")
    return CheckResult("held", f"{len(timeline.refused)} refusals cost nothing", weight=len(timeline.refused))


def _owed(cap: Cap, seconds: float) -> int:
    """The fewest requests that a cap lets through in a span in which it kept refusing."""
    if isinstance(cap, Window):
        return cap.most * int(seconds / (cap.seconds + STEADY_GAP))
    # An allowance that could fill up between two refusals yields less than its refill.
    fills_up = cap.most < 1 + 2 * STEADY_GAP * cap.rate
    return 0 if fills_up else max(0, int(cap.rate * seconds - 1))


def _late(refusal: Attempt, attempt: Attempt) -> str:
    return f"{attempt.sent - refusal.answered:.1f} s after a Retry-After of {refusal.retry_after or 0.0:.0f} s"
