"""A run of the gate as a record, and as the `report.json` of the target's description."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from conformance.target.exchange import Exchange, Redactor
from conformance.verdict.ledger import Finding, Ledger, Ruling
from spec.target import Target


@dataclass(frozen=True)
class Timeline:
    """What one key was answered in a probe of the rate limit.

    `points` are (sent, answered, status) in the order of sending, in seconds of the target's clock; `limit` is how many
    requests any `window` seconds may serve; `key` is the key as shown, `label` says what was tried.
    """

    key: str
    points: tuple[tuple[float, float, int], ...]
    window: float
    limit: int
    label: str


@dataclass(frozen=True)
class Run:
    """What was judged, when, with what requests, and what was found.

    `notes` are what was measured of the target: `rateReading`, `signatureForm`, …; `command` is the command line that
    started the run; `test_clock` says that waiting took no real time.
    """

    target: Target
    started: datetime
    finished: datetime
    ledger: Ledger
    exchanges: tuple[Exchange, ...]
    redactor: Redactor
    seed: int
    notes: Mapping[str, str]
    command: str = ""
    test_clock: bool = False
    timelines: tuple[Timeline, ...] = ()

    @property
    def seconds(self) -> float:
        """How long it took."""
        return (self.finished - self.started).total_seconds()

    @property
    def by_caller(self) -> dict[tuple[str, str], int]:
        """Requests by key: the member of the target's description and the key as shown, most used first; both empty for none."""
        callers = (exchange.request.credential for exchange in self.exchanges)
        counts = Counter((key.label, key.shown) if key else ("", "") for key in callers)
        return dict(counts.most_common())


def as_json(run: Run) -> dict[str, Any]:
    """The run in the schema of `report.json`, redacted."""
    return {
        "target": run.redactor.text(run.target.base_url),
        "startedAt": _time(run.started),
        "finishedAt": _time(run.finished),
        "verdict": run.ledger.verdict(),
        "rateReading": run.notes.get("rateReading"),
        "signatureForm": run.notes.get("signatureForm"),
        "requests": {"total": len(run.exchanges), "byKey": _by_key(run)},
        "requirements": [_requirement(ruling, run.redactor) for ruling in run.ledger.rulings()],
    }


def _by_key(run: Run) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for (_, shown), count in run.by_caller.items():
        counts[shown] += count if shown else 0
    return {shown: count for shown, count in counts.items() if shown}


def _requirement(ruling: Ruling, redactor: Redactor) -> dict[str, Any]:
    return {
        "id": ruling.requirement.id,
        "level": ruling.requirement.level,
        "title": ruling.requirement.title,
        "status": ruling.status,
        "reason": redactor.text(ruling.explanation),
        "evidence": [entry for finding in ruling.failures for entry in _evidence(finding, redactor)],
    }


def _evidence(finding: Finding, redactor: Redactor) -> list[dict[str, Any]]:
    message = redactor.text(finding.reason)
    if not finding.exchanges:
        return [{"method": None, "url": None, "status": None, "curl": None, "message": message}]
    return [
        {
            "method": exchange.request.method,
            "url": redactor.text(exchange.url),
            "status": exchange.status,
            "curl": redactor.curl(exchange),
            "message": message,
        }
        for exchange in finding.exchanges
    ]


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
