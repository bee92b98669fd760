"""The checks on how a target bears the load: errors, the cost of refusals, the effect on other keys, the breaking point."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from conformance.plural import counted
from loadtests.analysis.findings import Conditions
from loadtests.analysis.ledger import REFUSED, Attempt, Ledger
from loadtests.analysis.rules import CheckResult
from loadtests.analysis.silence import since, unanswered

ABUSER, NEIGHBOUR = "abuser", "neighbour"
"""The roles of keys that the check on neighbours looks for."""
_FEW = 20
"""The fewest answers on either side of a comparison of latencies."""
_CLOCK = 0.001
"""Seconds by which two medians may differ by chance on a busy machine."""
_MACHINE = 0.05
"""Seconds that a busy host may add to every answer."""
_CHANCE = 0.001
"""The probability below which a difference between two shares of failures is not put down to chance."""
_STEP = 5.0
"""Seconds over which a crowd's throughput and latency are taken."""


def quantile(ordered: Sequence[float], share: float) -> float:
    """The value below which that share of rising values lies (nearest rank). Raises IndexError if there are none."""
    return ordered[min(len(ordered) - 1, max(0, math.ceil(share * len(ordered)) - 1))]


def no_server_errors(ledger: Ledger) -> CheckResult:
    """No answer is a server error (RATE-5 asks for 429, ERROR-5 for no 5xx), or a page that only a gateway gives."""
    statuses = ledger.statuses()
    answers = statuses.total() - statuses[0]
    wrong = [attempt for attempt in _all(ledger) if attempt.status and not (attempt.admitted or attempt.refused)]
    if wrong:
        foreign = "" if all(attempt.status >= 500 for attempt in wrong) else ", or none of the API's"
        told = f"{len(wrong)} of {answers} answers were server errors{foreign}, the first a {wrong[0].status}"
        return CheckResult("broken", told, tuple(wrong[:3]), {"serverErrors": len(wrong)})
    if not answers:
        return CheckResult("unjudged", "no request was answered")
    return CheckResult("held", f"none in {counted(answers, 'answer')}")


def answered(ledger: Ledger, conditions: Conditions) -> CheckResult:
    """Every request is answered: no connection is refused, reset or left waiting.

    Unjudged if the target stopped answering for good: from outside it cannot be told whether the load ended it.
    """
    count, total = ledger.statuses()[0], len(ledger)
    if not total:
        return CheckResult("unjudged", "no request was sent")
    if not count:
        return CheckResult("held", f"all of {counted(total, 'request')}")
    if count == total:
        silent = tuple(islice(unanswered(ledger), 3))
        return CheckResult("unjudged", f"no request was answered: {_why(silent)}", silent)
    end = _end(ledger, conditions)
    silent = tuple(unanswered(ledger, end))
    if silent:
        told = f"{len(silent)} of {counted(total, 'request')} had no answer: {_why(silent)}"
        return CheckResult("broken", told, silent[:3], {"unanswered": len(silent)})
    last = max(unanswered(ledger), key=lambda attempt: attempt.answered)
    start = min(ledger.span(key)[0] for key in ledger)
    told = f"the target stopped answering {end - start:.1f} s into the run, and was not back at its end: {_why([last])}"
    return CheckResult("unjudged", told, (last,), {"unanswered": count})


def cheap_refusals(ledger: Ledger) -> CheckResult:
    """A refusal takes no longer than serving: compared second by second, so that a flood weighs on both sides alike.

    Broken where the median of the differences of each second's medians is above 0 by more than the measured noise: the span
    between the tenth and the ninetieth percentile of the latencies of served requests in those seconds (and a millisecond).
    """
    seconds: dict[int, tuple[list[float], list[float]]] = defaultdict(lambda: ([], []))
    for attempt in _all(ledger):
        if attempt.refused or attempt.served:
            seconds[int(attempt.sent)][attempt.refused].append(attempt.latency)
    both = [(sorted(served), sorted(refused)) for served, refused in seconds.values() if served and refused]
    served = sorted(chain.from_iterable(pair[0] for pair in both))
    refused = sorted(chain.from_iterable(pair[1] for pair in both))
    if min(len(served), len(refused)) < _FEW:
        return CheckResult(
            "unjudged", f"{len(refused)} refusals beside {len(served)} served in the same seconds: too few"
        )
    differences = sorted(quantile(refusals, 0.5) - quantile(servings, 0.5) for servings, refusals in both)
    difference = quantile(differences, 0.5)
    noise = quantile(served, 0.9) - quantile(served, 0.1) + _CLOCK
    figures = {"served": quantile(served, 0.5), "refused": quantile(refused, 0.5), "noise": noise}
    told = f"median {_ms(figures['refused'])} where serving takes {_ms(figures['served'])}"
    if difference > noise:
        return CheckResult("broken", f"{told}: {_ms(difference)} more, with a noise of {_ms(noise)}", figures=figures)
    return CheckResult("held", told, figures=figures)


def neighbours(ledger: Ledger, conditions: Conditions) -> CheckResult:
    """RATE-7: while the abusers' keys are at work, the neighbours are served as before: as often, and as quickly.

    Broken by more failures than chance explains (Fisher's exact test, 1 in 1000), or by a median latency above both twice
    the one before and the slowest twentieth before, by more than 50 ms. Their refusals are judged by `just-refusals` too.
    """
    abuse = [attempt for key in _of_role(ledger, ABUSER) for attempt in ledger.attempts(key)]
    if not abuse:
        return CheckResult("unjudged", "no key was abused")
    begins, ends = min(a.sent for a in abuse), max(a.answered for a in abuse)
    gone = _end(ledger, conditions)
    own = [a for key in _of_role(ledger, NEIGHBOUR) for a in ledger.attempts(key) if a.status or a.answered < gone]
    before = _Served.of(attempt for attempt in own if attempt.answered < begins)
    during = _Served.of(attempt for attempt in own if begins <= attempt.sent <= ends)
    if not any(attempt.refused for attempt in abuse):
        return CheckResult("unjudged", "the abused key was never refused")
    if min(len(before.latencies) + before.failed, len(during.latencies) + during.failed) < _FEW or not before.latencies:
        return CheckResult(
            "unjudged", f"{before.total} requests of neighbours before and {during.total} during: too few"
        )
    figures = {"failedBefore": before.failed, "failedDuring": during.failed, "before": before.median}
    if _chance(before, during) < _CHANCE:
        told = f"{during.failed} of {during.total} failed during the abuse, {before.failed} of {before.total} before"
        return CheckResult("broken", told, during.failures, figures)
    figures["during"] = during.median
    told = f"median {_ms(during.median)} during the abuse, {_ms(before.median)} before"
    if during.median > max(2 * before.median, quantile(before.latencies, 0.95)) + _MACHINE:
        return CheckResult("broken", told, figures=figures)
    return CheckResult(
        "held", f"{told}; {during.failed} of {during.total} failed, {before.failed} before", figures=figures
    )


def breaking_point(ledger: Ledger, conditions: Conditions) -> CheckResult:
    """The throughput of a growing crowd at which the 99th percentile of latency, or the share of errors, breaks.

    It is measured in steps of 5 s, by the time of sending: the crowd breaks where two steps in a row do. The finding is broken
    only if the target was asked to bear more (`crowd_rate`).
    """
    steps = _steps(ledger)
    if not steps:
        return CheckResult("unjudged", f"less than {_STEP:.0f} s of load: too few")
    bad = [step.p99 > conditions.crowd_p99 or step.errors > conditions.crowd_errors for step in steps]
    broke = next((i for i in range(len(steps)) if bad[i] and (i + 1 == len(steps) or bad[i + 1])), None)
    good = [step for step, was_bad in zip(steps[:broke], bad[:broke], strict=True) if not was_bad]
    best = max((step.rate for step in good), default=0.0)
    figures = {"borne": best}
    if broke is None:
        told = f"did not break: {best:.0f} answers a second, with p99 {_ms(max(step.p99 for step in good))}"
    else:
        at = steps[broke]
        figures |= {"brokeAt": at.rate, "p99": at.p99, "errors": at.errors}
        told = f"bore {best:.0f} answers a second; broke at {at.rate:.0f} (p99 {_ms(at.p99)}, {at.errors:.1%} errors)"
    asked = conditions.crowd_rate
    if asked is not None and best < asked:
        if broke is None:
            return CheckResult("unjudged", f"{told}, and {asked:.0f} were never reached", figures=figures)
        return CheckResult("broken", f"{told}, where {asked:.0f} were asked for", figures=figures)
    return CheckResult("held", told, figures=figures)


@dataclass(frozen=True)
class _Served:
    """How requests of neighbours fared: latencies of the served in rising order, and the first failures."""

    latencies: list[float]
    failed: int
    failures: tuple[Attempt, ...]

    @classmethod
    def of(cls, attempts: Iterable[Attempt]) -> _Served:
        known = list(attempts)
        failures = [attempt for attempt in known if not attempt.served]
        latencies = sorted(attempt.latency for attempt in known if attempt.served)
        return cls(latencies, len(failures), tuple(failures[:3]))

    @property
    def total(self) -> int:
        return len(self.latencies) + self.failed

    @property
    def median(self) -> float:
        return quantile(self.latencies, 0.5) if self.latencies else math.inf


@dataclass(frozen=True)
class _Step:
    rate: float
    p99: float
    errors: float


def _steps(ledger: Ledger) -> list[_Step]:
    """The run in steps: answers a second, p99 of the served, share of errors. The last, which is cut off, is left out."""
    latencies: dict[int, list[float]] = defaultdict(list)
    counts: dict[int, int] = defaultdict(int)
    errors: dict[int, int] = defaultdict(int)
    start = min((ledger.span(key)[0] for key in ledger), default=0.0)
    for sent, answered, status in chain.from_iterable(map(ledger.times, ledger)):
        step = int((sent - start) / _STEP)
        counts[step] += 1
        if status == 0 or status >= 500:
            errors[step] += 1
        elif status != REFUSED:
            latencies[step].append(answered - sent)
    last = max(counts, default=-1)
    return [
        _Step(
            (counts[step] - errors[step]) / _STEP,
            quantile(sorted(latencies[step]), 0.99) if latencies[step] else math.inf,
            errors[step] / counts[step],
        )
        for step in range(last)
        if counts[step]
    ]


def _chance(before: _Served, during: _Served) -> float:
    """The probability that at least this many of all failures fall into the later part by chance (hypergeometric)."""
    total, failed, later = before.total + during.total, before.failed + during.failed, during.total

    def ways(of: int, taken: int) -> float:
        return math.lgamma(of + 1) - math.lgamma(taken + 1) - math.lgamma(of - taken + 1)

    return sum(
        math.exp(ways(later, count) + ways(total - later, failed - count) - ways(total, failed))
        for count in range(during.failed, min(failed, later) + 1)
        if failed - count <= total - later
    )


def _end(ledger: Ledger, conditions: Conditions) -> float:
    """When the target stopped answering for good; infinity if it did not."""
    return since(ledger) if conditions.gone else math.inf


def _why(silent: Sequence[Attempt]) -> str:
    return silent[0].error or "no reason known"


def _of_role(ledger: Ledger, role: str) -> list[int]:
    return [key for key in ledger if ledger.keys[key].role == role]


def _all(ledger: Ledger) -> Iterator[Attempt]:
    for key in ledger:
        yield from ledger.attempts(key)


def _ms(seconds: float) -> str:
    if math.isinf(seconds):
        return "endless: nothing was served"
    return f"{seconds * 1000:.1f} ms" if seconds < 0.01 else f"{seconds * 1000:.0f} ms"
