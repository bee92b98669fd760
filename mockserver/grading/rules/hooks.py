"""HOOK: what a receiver does with deliveries (documentation, "Webhooks")."""

from __future__ import annotations

from collections.abc import Iterator

from mockserver.grading.records import Finding, Judgement, Probe, Run
from mockserver.grading.rules.rule import judged, rule, seconds

LONGEST_ANSWER = 10.0
"""Seconds within which a receiver must answer."""


def _as_it_must(run: Run, requirement: str) -> Judgement:
    probes = [probe for probe in run.probes if probe.requirement == requirement and probe.after_good]
    return judged(bool(probes), _wrong(probes))


@rule("HOOK-R1")
def good_deliveries_are_accepted(run: Run) -> Judgement:
    """A good delivery is answered 2xx within ten seconds."""
    return _as_it_must(run, "HOOK-R1")


@rule("HOOK-R2")
def spoiled_deliveries_are_refused(run: Run) -> Judgement:
    """A delivery that differs from what was signed is refused with a 4xx."""
    return _as_it_must(run, "HOOK-R2")


@rule("HOOK-R3")
def stale_deliveries_are_refused(run: Run) -> Judgement:
    """A delivery that was signed ten minutes ago is refused."""
    return _as_it_must(run, "HOOK-R3")


@rule("HOOK-R4")
def one_right_signature_is_enough(run: Run) -> Judgement:
    """One right digest among several is enough, whether it is the first or the last."""
    return _as_it_must(run, "HOOK-R4")


@rule("HOOK-R5")
def raw_bytes_are_verified(run: Run) -> Judgement:
    """Unusual spellings of JSON are accepted as they were signed."""
    return _as_it_must(run, "HOOK-R5")


@rule("HOOK-R6")
def repeated_events_are_accepted(run: Run) -> Judgement:
    """The same event under another delivery id is accepted again."""
    return _as_it_must(run, "HOOK-R6")


@rule("HOOK-R7")
def nothing_crashes_it(run: Run) -> Judgement:
    """No delivery, however odd, is answered with a 5xx, or left without an answer by a receiver that answers good ones."""
    odd = [probe for probe in run.probes if probe.requirement == "HOOK-R7"]
    answers = any(probe.good and probe.status is not None for probe in run.probes)
    findings = []
    for probe in odd:
        if probe.status is None and answers and not probe.may_hang_up:
            findings.append(Finding((probe.number,), f"{probe.name}: no answer ({probe.error})"))
        elif probe.status is not None and probe.status >= 500:
            findings.append(Finding((probe.number,), f"{probe.name}: answered {probe.status}"))
    return judged(any(probe.status is not None for probe in odd), findings)


def _wrong(probes: list[Probe]) -> Iterator[Finding]:
    for probe in probes:
        if probe.status is None:
            yield Finding((probe.number,), f"{probe.name}: no answer ({probe.error})")
        elif probe.good and not 200 <= probe.status < 300:
            yield Finding((probe.number,), f"{probe.name}: answered {probe.status}, and is good")
        elif probe.good and probe.seconds > LONGEST_ANSWER:
            yield Finding((probe.number,), f"{probe.name}: answered after {seconds(probe.seconds)}")
        elif not probe.good and not 400 <= probe.status < 500:
            yield Finding((probe.number,), f"{probe.name}: answered {probe.status}, and must be refused with a 4xx")
