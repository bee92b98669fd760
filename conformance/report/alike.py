"""Failures that show the same, which reports print once, with the number of checks that they are of."""

from __future__ import annotations

from collections.abc import Iterable

import spec
from conformance.target.exchange import Exchange
from conformance.verdict.ledger import Finding

Likeness = tuple[str, tuple[tuple[str, str, int], ...]]
"""The reason of a failure, and the method, path template and status of each exchange that shows it."""


def by_likeness(failures: Iterable[Finding]) -> dict[Likeness, list[Finding]]:
    """The failures that show the same, together: paths that differ only in an id count as one."""
    alike: dict[Likeness, list[Finding]] = {}
    for finding in failures:
        alike.setdefault(_likeness(finding), []).append(finding)
    return alike


def in_checks(count: int) -> str:
    """How many checks show the same; empty for one."""
    return f"the same in {count} checks" if count > 1 else ""


def _likeness(finding: Finding) -> Likeness:
    reason = finding.reason
    for exchange in finding.exchanges:
        reason = reason.replace(exchange.path, _template(exchange))
    return reason, tuple((each.request.method, _template(each), each.status) for each in finding.exchanges)


def _template(exchange: Exchange) -> str:
    operation = exchange.request.operation
    return spec.contract().operations[operation].path if operation else exchange.path
