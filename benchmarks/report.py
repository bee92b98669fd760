"""The results of the measurements: figures of each server, targets that are met or missed, the table, and the picture."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from statistics import median
from typing import Any

from benchmarks.measuring import Load
from benchmarks.peers import OURS

MET, MISSED, UNMEASURED = "✓", "✗", "–"


@dataclass
class Measured:
    """One server: its rounds of load by route (`page`, `me`), the seconds of its starts, the bytes that it grew to."""

    name: str
    loads: dict[str, list[Load]] = field(default_factory=dict)
    starts: list[float] = field(default_factory=list)
    memory: int = 0
    reason: str = ""
    """Why it could not be measured; empty if it could."""

    def rate(self, route: str) -> float:
        """Requests per CPU-second: the median of the rounds. Raises KeyError for a route that was not measured."""
        return median(load.per_cpu_second for load in self.loads[route])

    def p50(self, route: str) -> float:
        """Half of the answers took at most this many milliseconds: the median of the rounds. Raises KeyError as `rate`."""
        return median(load.p50 for load in self.loads[route])

    def p99(self, route: str) -> float:
        """All but one in a hundred took at most this many milliseconds: the median of the rounds. Raises KeyError as `rate`."""
        return median(load.p99 for load in self.loads[route])

    @property
    def failed(self) -> int:
        """Requests of all rounds that were not answered with success."""
        return sum(load.failed for loads in self.loads.values() for load in loads)


@dataclass(frozen=True)
class Target:
    """A bound on a figure: the least value if `at_least`, else the most. The figure is None if it could not be measured."""

    title: str
    figure: float | None
    bound: float
    unit: str
    at_least: bool = False

    @property
    def verdict(self) -> str:
        """✓, ✗, or – if it was not measured."""
        if self.figure is None:
            return UNMEASURED
        return MET if (self.figure >= self.bound if self.at_least else self.figure <= self.bound) else MISSED


def exit_code(targets: Iterable[Target]) -> int:
    """1 if a target is missed; else 3 if one was not measured; else 0."""
    verdicts = {target.verdict for target in targets}
    return 1 if MISSED in verdicts else 3 if UNMEASURED in verdicts else 0


def peer_targets(servers: Mapping[str, Measured]) -> list[Target]:
    """The targets that compare the mock with its peers, and those of the mock alone."""
    ours = servers[OURS]
    measured = not ours.reason
    ratios = (
        ("page", "Prism", 5.0),
        ("page", "FastAPI", 2.5),
        ("page", "openapi-backend", 2.2),
        ("me", "Starlette", 0.9),
    )
    titles = {"page": "50-contact page", "me": "/me"}
    return [
        *(
            Target(f"{titles[route]}, requests per CPU-second", _ratio(servers, route, peer), bound, f"× {peer}", True)
            for route, peer, bound in ratios
        ),
        Target("start-up to the first answer", min(ours.starts) if measured else None, 1.2, "s"),
        Target("memory with the default data, after the load", ours.memory / 1e6 if measured else None, 75, "MB"),
        Target("requests that failed", ours.failed if measured else None, 0, "requests"),
    ]


def _ratio(servers: Mapping[str, Measured], route: str, peer: str) -> float | None:
    ours, theirs = servers[OURS], servers.get(peer)
    if theirs is None or ours.reason or theirs.reason:
        return None
    return ours.rate(route) / theirs.rate(route)


def scale_targets(figures: Mapping[str, Any]) -> list[Target]:
    """The targets of the mock with many contacts."""
    many = f"{figures['contacts']:,}"
    worst = max(figures["pages"], key=lambda page: page["ratio"])
    return [
        Target(f"page of {many} at any depth ({worst['filter']})", worst["ratio"], 1.2, "× page of 1,000"),
        Target("memory of a contact beyond its JSON", figures["bytesBeyondJson"], 1_200, "bytes"),
        Target(f"seeding {many} contacts, processor time", figures["seedCpuSeconds"], 60, "s"),
        Target(f"q over {many} contacts, the slowest", max(figures["searches"].values()), 50, "ms"),
    ]


def server_table(servers: Iterable[Measured]) -> str:
    """A line a server, the most pages per CPU-second first; those that could not be measured last, with the reason."""
    head = f"{'':<16}{'page':>10}{'p50':>8}{'p99':>8}{'/me':>12}{'p50':>8}{'p99':>8}{'start':>9}{'memory':>9}"
    unit = f"{'':<16}{'req/CPU-s':>10}{'ms':>8}{'ms':>8}{'req/CPU-s':>12}{'ms':>8}{'ms':>8}{'s':>9}{'MB':>9}"
    measured = sorted((each for each in servers if not each.reason), key=lambda each: -each.rate("page"))
    lines = [head, unit, *map(_line, measured)]
    lines += [f"{each.name:<16} not measured: {each.reason}" for each in servers if each.reason]
    return "\n".join(lines)


def _line(server: Measured) -> str:
    routes = "".join(
        f"{server.rate(route):>{width},.0f}{server.p50(route):>8.2f}{server.p99(route):>8.2f}"
        for route, width in (("page", 10), ("me", 12))
    )
    failed = f"   {server.failed} requests failed" if server.failed else ""
    return f"{server.name:<16}{routes}{min(server.starts):>9.2f}{server.memory / 1e6:>9.0f}{failed}"


def scale_table(figures: Mapping[str, Any]) -> str:
    """A line a filter: what a page costs with few contacts and with many, and how long searches take."""
    lines = [f"{'page at random depth, whole request':<36} {'1,000':>8} {figures['contacts']:>10,}   {'µs':<4}"]
    lines += [
        f"{page['filter']:<29} limit={page['limit']:<2}{page['few']:>8.1f} {page['many']:>10.1f}   "
        f"× {page['ratio']:.2f}"
        for page in figures["pages"]
    ]
    searches = ", ".join(f"{needle} {time:.2f}" for needle, time in figures["searches"].items())
    lines += [
        f"q, ms: {searches}",
        f"seeding: {figures['seedCpuSeconds']:.1f} s of processor time, {figures['seedSeconds']:.1f} s by the clock",
        f"copy of 1,000 contacts: {figures['copyMilliseconds']:.2f} ms",
    ]
    return "\n".join(lines)


def target_table(targets: Sequence[Target]) -> str:
    """A line a target."""
    lines = []
    for target in targets:
        figure = "not measured" if target.figure is None else f"{target.figure:,.2f}"
        sign = "≥" if target.at_least else "≤"
        lines.append(f"{target.verdict} {target.title:<62} {figure:>12}  {sign} {target.bound:,g} {target.unit}")
    return "\n".join(lines)


_WIDTH, _ROW, _TOP, _LEFT, _BAR = 760, 46, 64, 140, 470


def picture(servers: Iterable[Measured]) -> str:
    """The rates of all measured servers as an SVG image: two bars a server, for the page and for `/me`."""
    measured = sorted((each for each in servers if not each.reason), key=lambda each: -each.rate("page"))
    most = max((each.rate(route) for each in measured for route in ("page", "me")), default=1.0) or 1.0
    rows = [
        _bars(server, _TOP + number * _ROW, lambda rate: rate / most * _BAR) for number, server in enumerate(measured)
    ]
    height = _TOP + len(measured) * _ROW + 12
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif" '
            'font-size="13" role="img" aria-label="Requests per CPU-second">',
            "<style>text{fill:#1f2933}.page{fill:#2563eb}.me{fill:#94a3b8}"
            "@media(prefers-color-scheme:dark){text{fill:#e5e7eb}}</style>",
            '<text x="12" y="24" font-size="16" font-weight="bold">Requests per CPU-second</text>',
            '<rect class="page" x="12" y="36" width="12" height="12"/><text x="30" y="47">a page of 50 contacts</text>',
            '<rect class="me" x="190" y="36" width="12" height="12"/><text x="208" y="47">/me</text>',
            *rows,
            "</svg>\n",
        ]
    )


def _bars(server: Measured, top: int, length: Callable[[float], float]) -> str:
    weight = ' font-weight="bold"' if server.name == OURS else ""
    parts = [f'<text x="{_LEFT - 10}" y="{top + 21}" text-anchor="end"{weight}>{escape(server.name)}</text>']
    for number, route in enumerate(("page", "me")):
        rate, y = server.rate(route), top + number * 17
        parts.append(f'<rect class="{route}" x="{_LEFT}" y="{y}" width="{length(rate):.1f}" height="15"/>')
        parts.append(f'<text x="{_LEFT + length(rate) + 6:.1f}" y="{y + 12}">{rate:,.0f}</text>')
    return "".join(parts)
