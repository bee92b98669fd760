"""The benchmark's arithmetic: figures, ratios, verdicts, and what a server's processes are said to have cost."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

from benchmarks import report
from benchmarks.measuring import CannotMeasure, Load, free_port, running
from benchmarks.peers import ME, OURS, PEERS, Workshop, serve_answers
from benchmarks.report import Measured, Target
from tests.support.interrupts import heed_interrupts
from tests.support.project import ROOT


def server(
    name: str, page: float, me: float, start: float = 1.0, memory: int = 70_000_000, failed: int = 0
) -> Measured:
    """Three rounds, of which the median is the one that counts."""

    def rounds(rate: float) -> list[Load]:
        return [Load(int(rate * part * 2), failed, 2.0, 10 * part, 20 * part) for part in (0.5, 1, 3)]

    return Measured(name, {"page": rounds(page), "me": rounds(me)}, [start + 0.5, start], memory)


def verdicts(*servers: Measured) -> dict[str, str]:
    targets = report.peer_targets({each.name: each for each in servers})
    return {target.unit + target.title[:5]: target.verdict for target in targets}


FIELD = (
    server("Prism", 1000, 1),
    server("FastAPI", 2000, 1),
    server("openapi-backend", 2272, 1),
    server("Starlette", 1, 6000),
)


def test_a_rate_is_of_a_cpu_second_and_the_median_of_the_rounds_as_latencies_are() -> None:
    measured = server(OURS, 5000, 100)
    assert (measured.rate("page"), measured.p50("page"), measured.p99("page")) == (5000, 10, 20)
    assert Load(10, 0, 0.0, 1, 1).per_cpu_second == 0


def test_targets_are_met_at_their_bound_and_missed_beyond_it() -> None:
    met = verdicts(server(OURS, 5000, 5400, start=1.2, memory=75_000_000), *FIELD)
    assert set(met.values()) == {"✓"}
    missed = verdicts(server(OURS, 4990, 5390, start=1.21, memory=75_100_000, failed=1), *FIELD)
    assert set(missed.values()) == {"✗"}
    assert len(missed) == 7


def test_what_was_not_measured_is_neither_met_nor_missed() -> None:
    absent = Measured("Prism", reason="there is no npm on this machine")
    found = verdicts(server(OURS, 5000, 5400), absent, *FIELD[1:])
    assert [unit for unit, verdict in found.items() if verdict == "–"] == ["× Prism50-co"]
    assert "–" in verdicts(server(OURS, 5000, 5400), *FIELD[1:]).values()
    assert set(verdicts(Measured(OURS, reason="it ended"), *FIELD).values()) == {"–"}


@pytest.mark.parametrize(
    ("figures", "expected"), [([1.0, 2.0], 0), ([1.0, None], 3), ([3.0, 1.0], 1), ([3.0, None], 1), ([], 0)]
)
def test_the_exit_code_tells_missed_from_unmeasured(figures: list[float | None], expected: int) -> None:
    assert report.exit_code(Target("t", figure, 2.0, "s") for figure in figures) == expected


SCALE: dict[str, Any] = {
    "contacts": 1_000_000,
    "seedSeconds": 100.0,
    "seedCpuSeconds": 60.0,
    "bytesBeyondJson": 1200.0,
    "pages": [
        {"filter": "a", "limit": 50, "few": 50.0, "many": 60.0, "ratio": 1.2},
        {"filter": "b", "limit": 3, "few": 100.0, "many": 110.0, "ratio": 1.1},
    ],
    "searches": {"x": 0.1, "y": 50.0},
    "copyMilliseconds": 0.2,
}


def test_of_pages_and_searches_the_worst_counts() -> None:
    met = report.scale_targets(SCALE)
    assert [target.figure for target in met] == [1.2, 1200.0, 60.0, 50.0]
    assert {target.verdict for target in met} == {"✓"}
    slower = {
        **SCALE,
        "pages": [*SCALE["pages"], {"filter": "c", "limit": 3, "few": 10.0, "many": 12.1, "ratio": 1.21}],
    }
    assert report.scale_targets(slower)[0].verdict == "✗"
    assert "c" in report.scale_targets(slower)[0].title
    assert "× 1.20" in report.scale_table(SCALE)


def test_the_table_has_the_fastest_first_and_a_reason_for_what_is_missing() -> None:
    absent = Measured("WireMock", reason="there is no java on this machine")
    lines = report.server_table([FIELD[0], absent, server(OURS, 9000, 1, failed=2)]).splitlines()[2:]
    assert [line.split()[0] for line in lines] == [OURS, "Prism", "WireMock"]
    assert "12 requests failed" in lines[0]
    assert "no java" in lines[2]
    assert "✗" in report.target_table([Target("t", 3.0, 2.0, "s")])


def test_the_picture_is_well_formed_and_its_bars_are_to_scale() -> None:
    image = ElementTree.fromstring(report.picture([server("<A & B>", 100, 50), Measured("gone", reason="x")]))
    bars = [float(each.get("width", 0)) for each in image.iter("{http://www.w3.org/2000/svg}rect")][2:]
    assert len(bars) == 2
    assert bars[0] == pytest.approx(2 * bars[1])
    assert "<A & B>" in [each.text for each in image.iter("{http://www.w3.org/2000/svg}text")]


CHILD = "import time; end = time.process_time() + 0.3\nwhile time.process_time() < end: pass\ntime.sleep(60)"
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {CHILD!r}])"


def test_processor_time_and_memory_are_those_of_all_processes_and_none_outlives_the_measurement(tmp_path: Path) -> None:
    with running([sys.executable, "-c", PARENT], free_port(), tmp_path / "log", {}) as measured:
        deadline = time.monotonic() + 60
        while measured.cpu_seconds() < 0.3:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert 5e6 < measured.memory() < 200e6
    assert measured.memory() == 0


def test_a_server_that_ends_says_why(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit('no such option')"]
    with (
        running(command, free_port(), tmp_path / "log", {}) as measured,
        pytest.raises(CannotMeasure, match="no such option"),
    ):
        measured.wait(ME, {})


def test_all_peers_are_given_the_same_answers(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path / "cache", tmp_path)
    jar = workshop.modules / "wiremock" / "build" / "wiremock.jar"
    jar.parent.mkdir(parents=True)
    jar.touch()
    serve_answers(workshop, b'{"me": "\xc3\xa9"}', b'{"data": [], "nextCursor": null}')
    for peer in PEERS:
        assert "4711" in peer.command(workshop, 4711)
    written = {file.name: file.read_text("utf-8") for file in tmp_path.rglob("*.json")}
    assert '"example": {"me": "\\u00e9"}' in written["openapi.json"]
    assert '\\"data\\": []' in written["mockoon.json"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_soak_ends_with_its_mock_and_says_so(number: signal.Signals, tmp_path: Path) -> None:
    soak = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.soak"],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        preexec_fn=heed_interrupts,
    )
    try:
        assert soak.stderr is not None
        assert "steps of activity first" in soak.stderr.readline()
        (log,) = tmp_path.glob("*/log")
        soak.send_signal(number)
        told = soak.stderr.read()
    finally:
        soak.kill()
    assert soak.wait() == 130
    assert re.fullmatch(r"soak: interrupted, not judged after \d+ of 600 s", told.strip())
    assert not log.exists()


@pytest.mark.parametrize("module", ["benchmarks", "benchmarks.soak"])
def test_an_option_that_is_mistyped_is_one_line(module: str) -> None:
    command = [sys.executable, "-m", module, "--second=1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "--second" in done.stderr
