"""The end of a run: its ledger judged, its report written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from locust.env import Environment

from loadtests.analysis.checks import examine
from loadtests.analysis.findings import Check
from loadtests.analysis.ledger import Ledger
from loadtests.analysis.verdict import Run, Verdict, judge
from loadtests.report import StatisticsRow, write
from loadtests.runner.coordinator import Coordinator
from loadtests.runner.generator_cost import Cost
from loadtests.runner.preflight import is_gone
from loadtests.setup import Setup

_REFUSED: frozenset[Check] = frozenset({"no-refusals", "just-refusals", "from-rest"})
_USED_ELSEWHERE = (
    "what a key was refused may have been spent by somebody else who uses it: a run's keys must be its own"
)


@dataclass(frozen=True)
class Conclusion:
    """A verdict, what it rests on, and what became of the report, in a line."""

    verdict: Verdict
    ledger: Ledger
    report: str | None = None


def conclude(coordinator: Coordinator, environment: Environment, now: float) -> Conclusion:
    """Judge what was measured, and write the report if one is wanted."""
    setup = coordinator.setup
    cost = Cost()
    for spent in coordinator.costs.values():
        cost.add(spent)
    notes = {
        "generator": f"{len(coordinator.costs)} process(es), {cost}",
        "clock": "moved between phases" if setup.movable else "real time",
    }
    if coordinator.given_up:
        notes["ended early"] = coordinator.given_up
    run = Run(setup.scenario.name, setup.scenario.claim, setup.target.base_url, coordinator.started, now, notes)
    gone = 0 in coordinator.ledger.statuses() and is_gone(setup)
    examination = examine(coordinator.ledger, setup.scenario.checks, replace(setup.conditions, gone=gone))
    if any(finding.outcome == "broken" and finding.check in _REFUSED for finding in examination.findings):
        notes["keys"] = _USED_ELSEWHERE
    verdict = judge(run, examination, bottleneck=coordinator.bottleneck(), strict=setup.options.strict)
    if coordinator.given_up and verdict.word != "broken" and not gone:
        verdict = replace(verdict, word="unjudged", reason=coordinator.given_up)
    return Conclusion(verdict, coordinator.ledger, _written(setup, verdict, coordinator.ledger, environment))


def _written(setup: Setup, verdict: Verdict, ledger: Ledger, environment: Environment) -> str | None:
    if not setup.options.report:
        return None
    try:
        page = write(Path(setup.options.report), verdict, ledger, statistics(environment))
    except OSError as error:
        return f"the report could not be written: {error.strerror}: {error.filename}"
    return f"report: {page}"


def statistics(environment: Environment) -> list[StatisticsRow]:
    """Locust's own statistics, a row for each name; latencies in milliseconds."""
    return [
        {
            "name": entry.name,
            "requests": entry.num_requests,
            "failures": entry.num_failures,
            "median": entry.median_response_time,
            "p95": entry.get_response_time_percentile(0.95),
            "p99": entry.get_response_time_percentile(0.99),
            "max": entry.max_response_time,
            "perSecond": entry.total_rps,
        }
        for entry in sorted(environment.stats.entries.values(), key=lambda entry: entry.name)
    ]
