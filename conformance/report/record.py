"""A run of the gate as a record, and as the `report.json` of the target's description."""

from __future__ import annotations

import hashlib
import shlex
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from importlib.resources import files
from typing import Any

from msgspec import structs

import spec
from conformance.cases.depth import Depth
from conformance.rate_limits.probe_record import ProbeRecord as ProbeRecord
from conformance.report.text import one_line, shortened
from conformance.target.exchange import Exchange
from conformance.target.redaction import Redactor
from conformance.verdict.known_violations import KnownViolation
from conformance.verdict.ledger import Finding, Ledger, Ruling
from spec.target import Target

_LONGEST_ID = 100
_LONGEST_URL = 600


@dataclass(frozen=True)
class Run:
    """A finished run: the target, the times, the requests and the findings.

    `notes` are measurements of the target: `rateReading`, `signatureForm`, …; `id` is in the User-Agent of its requests;
    `options` are those of the command line; `test_clock` says that waiting took no real time; `unanswered` are the requests
    that got no answer.
    """

    target: Target
    started: datetime
    finished: datetime
    ledger: Ledger
    exchanges: tuple[Exchange, ...]
    redactor: Redactor
    seed: int
    notes: Mapping[str, str]
    id: str = ""
    depth: Depth = "standard"
    options: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    test_clock: bool = False
    timelines: tuple[ProbeRecord, ...] = ()
    unanswered: tuple[Exchange, ...] = ()

    @property
    def command(self) -> str:
        """The command line that started it."""
        return shlex.join(["pytest", *self.options])

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
    redact = run.redactor.text
    return {
        "kit": {"version": version("outbound-conformance"), "contract": contract_digest()},
        "run": run.id,
        "seed": run.seed,
        "depth": run.depth,
        "options": [redact(option) for option in run.options],
        "labels": {redact(name): redact(value) for name, value in run.labels.items()},
        "excused": [_excused(entry, redact) for entry in run.ledger.excused()],
        "target": redact(run.target.base_url),
        "startedAt": _time(run.started),
        "finishedAt": _time(run.finished),
        "verdict": run.ledger.verdict(),
        "rateReading": run.notes.get("rateReading"),
        "signatureForm": run.notes.get("signatureForm"),
        "requests": {"total": len(run.exchanges), "byKey": _by_key(run)},
        "requirements": [_requirement(ruling, run.redactor) for ruling in run.ledger.rulings()],
    }


def contract_digest() -> str:
    """A digest of the contract's data, `spec/`: reports of different contracts cannot be compared line by line."""
    digest = hashlib.sha256()
    for file in sorted(files(spec).iterdir(), key=lambda file: file.name):
        if file.name.endswith((".json", ".toml")):
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def _excused(entry: KnownViolation, redact: Callable[[str], str]) -> dict[str, str | None]:
    members = structs.asdict(entry)
    return {name: None if value is None else redact(str(value)) for name, value in members.items()}


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
        "basis": ruling.requirement.basis,
        "tried": dict(zip(("cases", "of"), ruling.tried, strict=True)),
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
            "url": shortened(redactor.text(exchange.url), _LONGEST_URL),
            "status": exchange.status or None,
            "curl": redactor.curl(exchange),
            "message": f"{message} ({numbered(exchange, redactor)})",
        }
        for exchange in finding.exchanges
    ]


def numbered(exchange: Exchange, redactor: Redactor) -> str:
    """How to find an exchange in the target's own log: its number, and the request id that the target answered with."""
    own = one_line(redactor.text(exchange.request_id), _LONGEST_ID)
    return f"exchange {exchange.number}" + (f", request id {own}" if own else "")


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
