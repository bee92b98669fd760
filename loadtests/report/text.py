"""Words and numbers as the reports show them."""

from __future__ import annotations

from datetime import UTC, datetime

from conformance.report.text import one_line
from loadtests.analysis.findings import Finding, Outcome

OUTCOMES: dict[Outcome, str] = {"held": "held", "broken": "broken", "unjudged": "not judged"}
HEADLINES: dict[Outcome, str] = {"held": "Held", "broken": "Broken", "unjudged": "Not judged"}


def visible(text: str, longest: int = 400) -> str:
    """Foreign text on one line. Characters that do not print are escaped, and a long text is cut."""
    return one_line(text, longest)


def outcome(finding: Finding) -> str:
    """The outcome of a finding in words; a should that is broken is marked as one."""
    return "should" if finding.outcome == "broken" and finding.level == "should" else OUTCOMES[finding.outcome]


def took(seconds: float) -> str:
    """A latency: `0.42 ms`, `3.1 ms`, `120 ms`, `2.3 s`."""
    if seconds >= 1:
        return f"{seconds:.1f} s"
    thousandths = seconds * 1000
    return f"{thousandths:.0f} ms" if thousandths >= 10 else f"{thousandths:.2g} ms"


def moment(time: float) -> str:
    """A unix time in UTC, to the second (RFC 3339)."""
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
