"""Everything that one run of the gate holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from conformance.cases.depth import Depth
from conformance.rate_limits.probe_record import ProbeRecord
from conformance.report.comparison import Report
from conformance.report.record import Run
from conformance.target.client import Client
from conformance.verdict.ledger import Ledger
from spec.target import Target


@dataclass
class Judge:
    """Everything that one run of the gate holds: the target, the client to it, and the ledger.

    `options` are those of the command line, `report` is the folder for its reports, `known_file` the file for what is broken now.
    `left_out` is the target with the parts that a safe run does not use, `baseline` an earlier report.
    """

    target: Target
    client: Client
    ledger: Ledger
    seed: int
    report: Path | None = None
    known_file: Path | None = None
    depth: Depth = "standard"
    options: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    left_out: Target | None = None
    baseline: Report | None = None
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    notes: dict[str, str] = field(default_factory=dict)
    timelines: list[ProbeRecord] = field(default_factory=list)

    def run(self) -> Run:
        """The run as its reports show it."""
        return Run(
            target=self.target,
            started=self.started,
            finished=datetime.now(UTC),
            ledger=self.ledger,
            exchanges=tuple(self.client.exchanges),
            unanswered=tuple(self.client.unanswered),
            redactor=self.client.redactor,
            seed=self.seed,
            id=self.client.run,
            depth=self.depth,
            options=self.options,
            labels=self.labels,
            test_clock=self.client.clock.movable,
            notes=dict(self.notes),
            timelines=tuple(self.timelines),
        )
