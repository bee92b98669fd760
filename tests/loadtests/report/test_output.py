"""What is printed reaches any terminal, and what cannot be written is told before anything is sent."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from loadtests.report.output import check_folder, say, say_first
from loadtests.setup import UsageError
from spec.surroundings import READER_LEFT, UNTOLD


@pytest.mark.parametrize("encoding", ["ascii", "gbk", "cp932", "utf-8"])
def test_no_line_is_lost_to_an_encoding(encoding: str) -> None:
    terminal = io.TextIOWrapper(io.BytesIO(), encoding)
    say("verdict: held, 24 µs a request of obk_live_…1a2b, “strict”", terminal)
    terminal.seek(0)
    told = terminal.read()
    assert told.startswith("verdict: held, 24 ")
    assert told.endswith("\n")


def test_a_full_disk_ends_a_run_before_anything_is_sent(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        monkeypatch.setattr("sys.stdout", full)
        with pytest.raises(SystemExit) as ended:
            say_first("burst on http://127.0.0.1:1")
    assert ended.value.code == UNTOLD
    told = "outbound-load: standard output cannot be written to: No space left on device\n"
    assert capsys.readouterr().err == told


def test_a_reader_that_has_left_ends_a_run_before_anything_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w", encoding="utf-8") as left:
        monkeypatch.setattr("sys.stdout", left)
        with pytest.raises(SystemExit) as ended:
            say_first("burst on http://127.0.0.1:1")
    assert ended.value.code == READER_LEFT


def test_a_folder_for_the_report_is_made_and_left_empty(tmp_path: Path) -> None:
    check_folder(str(tmp_path / "a" / "b"))
    assert list((tmp_path / "a" / "b").iterdir()) == []


@pytest.mark.parametrize("folder", ["/dev/full", "/proc/report", "/dev/null/report"])
def test_a_folder_that_takes_no_file_is_told_before_anything_is_sent(folder: str) -> None:
    with pytest.raises(UsageError, match=r"^--report: .*" + folder):
        check_folder(folder)
