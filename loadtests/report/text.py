"""Words and numbers as the reports show them."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime

from loadtests.analysis.findings import Finding, Outcome

OUTCOMES: dict[Outcome, str] = {"held": "held", "broken": "broken", "unjudged": "not judged"}
HEADLINES: dict[Outcome, str] = {"held": "Held", "broken": "Broken", "unjudged": "Not judged"}


def visible(text: str, longest: int = 400) -> str:
    """Foreign text on one line: control and direction characters are spelt out, and what is too long is cut."""
    shown = "".join(
        f"\\u{ord(character):04x}" if unicodedata.category(character)[0] == "C" else character for character in text
    )
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


def outcome(finding: Finding) -> str:
    """The outcome of a finding in words; a should that is broken is marked as one."""
    return "should" if finding.outcome == "broken" and finding.level == "should" else OUTCOMES[finding.outcome]


def counted(count: int, thing: str) -> str:
    """`1 request`, `2,335 requests`."""
    return f"{count:,} {thing}" + ("" if count == 1 else "s")


def lasted(seconds: float) -> str:
    """A span of time: `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 120:
        return f"{whole} s"
    if whole < 7200:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def took(seconds: float) -> str:
    """A latency: `0.42 ms`, `3.1 ms`, `120 ms`, `2.3 s`."""
    if seconds >= 1:
        return f"{seconds:.1f} s"
    thousandths = seconds * 1000
    return f"{thousandths:.0f} ms" if thousandths >= 10 else f"{thousandths:.2g} ms"


def moment(time: float) -> str:
    """A unix time in UTC, to the second (RFC 3339)."""
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
