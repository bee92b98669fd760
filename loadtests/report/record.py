"""`load.json`: the verdict for machines.

    {scenario, claim, target, startedAt, finishedAt, verdict: "held"|"broken"|"unjudged", exitCode: 0|1|3, reason,
     rateReading: "burst"|"strict"|"neither"|null,
     limits: {reading: "auto"|"burst"|"strict", perMinute, burst, burstWindow},
     requests: {total, served, refused, failed, byStatus: {"200": n, …}},
     latency: {p50, p90, p99} | null,
     findings: [{check, claim, level: "must"|"should", outcome: "held"|"broken"|"unjudged", message, key, figures: {},
                 evidence: [{operation, sent, answered, status, retryAfter, error}]}],
     keys: [{key, organization, role, sent, served, refused, failed}], keysLeftOut,
     slices: {seconds, served: [], refused: [], failed: [], p50: [], p90: [], p99: []},
     statistics: [Locust's own rows], notes: {}}

`startedAt` and `finishedAt` are RFC 3339 times of the real clock; `sent` and `answered` unix seconds of the target's.
`rateReading` is null where what was seen fits several. Latencies are in seconds, of requests that were served. `keys` are
those that tell most, at most 200.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from loadtests.analysis.findings import Finding
from loadtests.analysis.ledger import Attempt, Ledger
from loadtests.analysis.verdict import Verdict
from loadtests.report.figures import QUANTILES, Figures, KeyCount, telling
from loadtests.report.text import moment

_MOST_KEYS = 200


def record(verdict: Verdict, ledger: Ledger, run: Figures, statistics: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The members of `load.json`. What is no number in JSON (infinity, not a number) is null."""
    whole: dict[str, Any] = _in_json(_members(verdict, ledger, run, statistics))
    return whole


def _members(verdict: Verdict, ledger: Ledger, run: Figures, statistics: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    told, examination = verdict.run, verdict.examination
    keys = telling(run, examination.findings, _MOST_KEYS)
    return {
        "scenario": told.scenario,
        "claim": told.claim,
        "target": told.target,
        "startedAt": moment(told.started),
        "finishedAt": moment(told.finished),
        "verdict": verdict.word,
        "exitCode": verdict.exit_code,
        "reason": verdict.reason,
        "rateReading": None if examination.fixed else examination.reading,
        "limits": {
            "reading": examination.limits.reading,
            "perMinute": examination.limits.per_minute,
            "burst": examination.limits.burst,
            "burstWindow": examination.limits.burst_window,
        },
        "requests": {
            "total": run.total,
            "served": sum(count.served for count in run.keys),
            "refused": sum(count.refused for count in run.keys),
            "failed": sum(count.failed for count in run.keys),
            "byStatus": {str(status): count for status, count in sorted(run.statuses.items())},
        },
        "latency": dict(zip(_names(), run.latency, strict=True)) if run.latency else None,
        "findings": [_finding(finding, ledger) for finding in examination.findings],
        "keys": [_key(count) for count in keys],
        "keysLeftOut": len(run.keys) - len(keys),
        "slices": _slices(run),
        "statistics": [dict(row) for row in statistics],
        "notes": dict(told.notes),
    }


def _in_json(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _in_json(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_in_json(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _finding(finding: Finding, ledger: Ledger) -> dict[str, Any]:
    return {
        "check": finding.check,
        "claim": finding.claim,
        "level": finding.level,
        "outcome": finding.outcome,
        "message": finding.message,
        "key": None if finding.key is None else ledger.keys[finding.key].shown,
        "figures": dict(finding.figures),
        "evidence": [_attempt(attempt) for attempt in finding.evidence],
    }


def _attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "operation": attempt.operation,
        "sent": attempt.sent,
        "answered": attempt.answered,
        "status": attempt.status,
        "retryAfter": attempt.retry_after,
        "error": attempt.error,
    }


def _key(count: KeyCount) -> dict[str, Any]:
    return {
        "key": count.key.shown,
        "organization": count.key.organization,
        "role": count.key.role,
        "sent": count.sent,
        "served": count.served,
        "refused": count.refused,
        "failed": count.failed,
    }


def _slices(run: Figures) -> dict[str, Any]:
    return {
        "seconds": run.slice_seconds,
        **{kind: [getattr(part, kind) for part in run.slices] for kind in ("served", "refused", "failed")},
        **{
            name: [part.latency[place] if part.latency else None for part in run.slices]
            for place, name in enumerate(_names())
        },
    }


def _names() -> list[str]:
    return [f"p{share * 100:.0f}" for share in QUANTILES]
