"""`grade.html`: the grade as one self-contained page, which loads no script, font or picture from elsewhere."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import jinja2
from markupsafe import Markup, escape

from mockserver.control.redaction import redacted
from mockserver.grading.records import Exchange, Probe, Run
from mockserver.grading.report import words
from mockserver.grading.report.archive import target
from mockserver.grading.report.document import moment
from mockserver.grading.report.timeline import TimelineDrawing, kind_of, timeline
from mockserver.grading.rules.rule import counted
from mockserver.grading.verdict import Evidence, Grade

_MOST_LINKS = 12
"""The number of requests to which a finding has links."""

_MOST_REQUESTS = 400


@dataclass(frozen=True)
class ShownRequest:
    """A request as the page lists it."""

    number: int
    at: str
    method: str
    target: str
    status: str
    kind: str
    took: str
    connection: int
    mark: str
    anchor: str


@dataclass(frozen=True)
class ShownRun:
    """A run as the page shows it."""

    trial: str
    name: str
    ending: str
    requests: tuple[ShownRequest, ...]
    left_out: int
    timeline: TimelineDrawing | None
    deliveries: tuple[Probe, ...]


def page(grade: Grade) -> str:
    """The page."""
    return _template().render(
        grade=grade,
        verdict=words.verdict(grade),
        command=words.command(grade),
        runs=[_shown(run) for run in grade.runs],
        signs=words.SIGNS,
        statuses=words.STATUSES,
        unseen=words.unseen,
        started=moment(grade.started),
        finished=moment(grade.finished),
    )


def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent, encoding="utf-8"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["prose"] = _prose
    environment.filters["redacted"] = redacted
    environment.globals.update(anchors=_anchors, counted=counted, most_links=_MOST_LINKS)
    return environment.get_template("grade.html")


def _prose(text: str) -> Markup:
    """Text with its `code` marked up; everything else is escaped."""
    parts = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if index % 2 else escape(part) for index, part in enumerate(parts)
    )


def _anchors(evidence: Evidence, family: str) -> list[tuple[int, str]]:
    """The first requests or deliveries of a finding, with the places of the page where they are listed."""
    place = "delivery" if family == "HOOK" else evidence.run
    return [(number, _anchor(place, number)) for number in evidence.numbers[:_MOST_LINKS]]


def _anchor(run: str, number: int) -> str:
    return f"{run}-{number}"


def _shown(run: Run) -> ShownRun:
    return ShownRun(
        trial=run.trial,
        name=words.run_name(run),
        ending=words.run_ending(run),
        requests=tuple(_request(exchange, run) for exchange in run.exchanges[:_MOST_REQUESTS]),
        left_out=max(0, len(run.exchanges) - _MOST_REQUESTS),
        timeline=timeline(run),
        deliveries=run.probes,
    )


def _took(exchange: Exchange) -> str:
    took = exchange.ended - exchange.began
    return f"{took * 1_000:.0f} ms" if math.isfinite(took) else "unknown"


def _request(exchange: Exchange, run: Run) -> ShownRequest:
    return ShownRequest(
        number=exchange.number,
        at=f"{exchange.began:.3f}",
        method=exchange.method,
        target=target(exchange),
        status=str(exchange.status or "none") + ("" if exchange.complete or exchange.status is None else ", cut off"),
        kind=kind_of(exchange),
        took=_took(exchange),
        connection=exchange.connection,
        mark=exchange.mark or "",
        anchor=_anchor(run.trial, exchange.number),
    )
