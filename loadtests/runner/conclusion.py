"""The end of a run: its ledger judged, its report written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from locust.env import Environment

from loadtests.analysis.checks import examine
from loadtests.analysis.ledger import Ledger
from loadtests.analysis.verdict import Run, Verdict, judge
from loadtests.report import Row, write
from loadtests.runner.coordinator import Conductor
from loadtests.runner.generator_cost import Cost
from loadtests.runner.preflight import is_gone
from loadtests.setup import Setup


@dataclass(frozen=True)
class Conclusion:
    """A verdict, what it rests on, and what became of the report, in a line."""

    verdict: Verdict
    ledger: Ledger
    report: str | None = None


def conclude(conductor: Conductor, environment: Environment, now: float) -> Conclusion:
    """Judge what was measured, and write the report if one is wanted."""
    setup = conductor.setup
    cost = Cost()
    for spent in conductor.costs.values():
        cost.add(spent)
    notes = {
        "generator": f"{len(conductor.costs)} process(es), {cost}",
        "clock": "moved between phases" if setup.movable else "real time",
    }
    if conductor.given_up:
        notes["ended early"] = conductor.given_up
    run = Run(setup.scenario.name, setup.scenario.claim, setup.target.base_url, conductor.started, now, notes)
    gone = 0 in conductor.ledger.statuses() and is_gone(setup)
    examination = examine(conductor.ledger, setup.scenario.checks, replace(setup.conditions, gone=gone))
    verdict = judge(run, examination, bottleneck=conductor.bottleneck(), strict=setup.options.strict)
    if conductor.given_up and verdict.word != "broken" and not gone:
        verdict = replace(verdict, word="unjudged", reason=conductor.given_up)
    return Conclusion(verdict, conductor.ledger, _written(setup, verdict, conductor.ledger, environment))


def _written(setup: Setup, verdict: Verdict, ledger: Ledger, environment: Environment) -> str | None:
    if not setup.options.report:
        return None
    try:
        paths = write(Path(setup.options.report), verdict, ledger, statistics(environment))
    except OSError as error:
        return f"the report could not be written: {error.strerror}: {error.filename}"
    return f"report: {paths[-1]}"


def statistics(environment: Environment) -> list[Row]:
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
