"""A run of the gate without a target, for its reports. It has every outcome, and hostile text everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

import spec
from conformance.outcome import Outcome
from conformance.report import terminal
from conformance.report.folder import write
from conformance.report.record import ProbeRecord, Run
from conformance.target.exchange import Credential, Exchange, Request
from conformance.target.redaction import Redactor
from conformance.verdict.known_violations import KnownViolation
from conformance.verdict.ledger import Finding, Ledger
from spec.target import Organization, Organizations, Target

SECRET = "obk_live_0123456789abcdefghijABCDEFGH1a2b"
HOSTILE = "</pre><script>alert(1)</script>\x1b[31m\n::error::`x`|<img src=x onerror=alert(1)>\u202e\ud800]]>"
COOKIE = "session=a-cookie-that-the-target-sets"
TODAY = date(2027, 1, 15)
STARTED = datetime(2027, 1, 15, 8, 0, tzinfo=UTC)
REPORTS = ("report.html", "report.json", "junit.xml", "exchanges.har", "summary.md")


def exchange(number: int = 1, status: int = 200, body: str = "{}", headers: Mapping[str, str] = {}) -> Exchange:
    """An answer to a request that carried the secret in every place that a request has."""
    key = Credential(SECRET, "organizations.primary.api_keys[0]")
    target = f"/api/v1/contacts?limit=999&api_key={SECRET}"
    request = Request("GET", target, (("Cookie", f"key={SECRET}"),), key, "listContacts")
    return Exchange(
        number=number,
        request=request,
        url=f"http://127.0.0.1:8080{target}",
        status=status,
        headers=httpx.Headers({"content-type": "application/json", "x-echo": SECRET, "set-cookie": COOKIE, **headers}),
        body=body.encode("utf-8", "surrogatepass"),
        sent=100.0 + number,
        answered=100.025 + number,
        at=STARTED.timestamp() + number,
    )


def finding(id_: str, outcome: Outcome, reason: str = "", *exchanges: Exchange) -> Finding:
    return Finding(id_, outcome, reason, exchanges, f"test_x.py::test_{id_}[a/b]", 0.5)


def ledger(**options: Any) -> Ledger:
    """A broken must and should, a known violation, one not tested, all others passed."""
    made = Ledger(today=TODAY, known=(KnownViolation("PAGE-2", "being mended", TODAY),), **options)
    echoed = exchange(7, 200, f'{{"data": ["{SECRET}", "x"], "more": 1}}')
    others = {
        "PAGE-3": finding("PAGE-3", "failed", f"limit=200 gave 201 {HOSTILE}", exchange(3, body=HOSTILE), echoed),
        "AUTH-5": finding("AUTH-5", "failed", "no WWW-Authenticate", exchange(4, 401)),
        "PAGE-2": finding("PAGE-2", "failed", "a page of 49", exchange(5)),
        "HOOK-1": finding("HOOK-1", "not-tested", "needs webhooks.register in the target's description"),
    }
    for requirement in spec.requirements():
        made.add(others.get(requirement.id) or finding(requirement.id, "passed"))
    return made


def run_of(made: Ledger, *exchanges: Exchange, **members: Any) -> Run:
    """A run of 12.5 seconds, with a burst of 160 requests of which the last 40 were refused."""
    redactor = Redactor()
    redactor.learn([SECRET])
    points = tuple((second / 4, second / 4 + 0.02, 200 if second < 120 else 429) for second in range(160))
    given: dict[str, Any] = {
        "notes": {"rateReading": "burst", "hostile": HOSTILE},
        "timelines": (ProbeRecord(SECRET, points, 30.0, 120, f"a burst {HOSTILE}"),),
        "options": ("conformance", "--api-key", SECRET, HOSTILE),
        "labels": {"branch": "main", HOSTILE: HOSTILE},
        "id": "1a2b3c4d",
        **members,
    }
    return Run(
        target=Target("http://127.0.0.1:8080", Organizations(primary=Organization((SECRET,)))),
        started=STARTED,
        finished=STARTED + timedelta(seconds=12.5),
        ledger=made,
        exchanges=exchanges or (exchange(1), exchange(2, body=HOSTILE), exchange(3, 429, headers={"retry-after": "7"})),
        redactor=redactor,
        seed=1,
        **given,
    )


def written(folder: Path, run: Run) -> dict[str, str]:
    """The reports of a run, by name."""
    write(run, folder)
    return {name: (folder / name).read_text("utf-8") for name in REPORTS}


class Screen:
    """A terminal of 80 columns that keeps what is written to it."""

    fullwidth = 80

    def __init__(self) -> None:
        self.lines: list[str] = []

    def line(self, s: str = "", **_: bool) -> None:
        self.lines.append(s)

    def sep(self, sepchar: str, title: str | None = None, fullwidth: int | None = None, **_: bool) -> None:
        self.lines.append(f" {title} ".center(fullwidth or self.fullwidth - 1, sepchar))


def on_screen(run: Run) -> list[str]:
    screen = Screen()
    terminal.summarize(run, screen)
    terminal.conclude(run, screen, str(Path("out") / "report.html"))
    return screen.lines
