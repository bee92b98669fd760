"""`outbound-conformance --har FILE`: its output, its exit code, and its messages for files that are no recordings."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from conformance import cli
from conformance.recordings import archive as archives
from tests.support.archives import CONTACT, KEY, archive, entry, page, problem
from tests.support.gate import reports, run_gate
from tests.support.project import ROOT

BROKEN, NOT_JUDGED, USAGE = 1, 3, 4


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = cli.run([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    return code, out, err


def changed(**members: Any) -> str:
    return json.dumps({"log": {"entries": [entry(), {**entry(), **members}]}})


def test_a_recording_that_keeps_everything_ends_with_0(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, err = run(capsys, "--har", archive(tmp_path, entry(), entry("https://cdn.example/app.js")))
    assert (code, err) == (0, "")
    assert out.startswith("traffic.har: 2 entries, 1 of them judged. No request was sent.\n")
    assert "Skipped: 1 entry not of the API." in out
    assert out.splitlines()[-1] == "verdict: nothing broken, 8 requirements kept in 1 exchange"


def test_what_is_broken_is_told_with_the_entry_what_was_expected_and_what_came(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    wrong = entry(f"/contacts?api_key={KEY}&limit=5", body=page({**CONTACT, "qualificationScore": "61"}))
    code, out, _ = run(capsys, f"--har={archive(tmp_path, entry(), *[wrong] * 5)}")
    assert code == BROKEN
    assert "OP-1 (must) is broken by 5 of 6 exchanges\n  expected: Every operation answers 200 with" in out
    assert (
        "log.entries[1]: GET https://api.example/api/v1/contacts?api_key=…&limit=5 → 200\n    came: data/0/quali" in out
    )
    assert "and 2 more" in out
    assert "verdict: OP-1 broken, 8 requirements kept in 6 exchanges" in out
    assert KEY not in out


def test_what_more_than_one_exchange_shows_is_said_not_to_be_judged(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    _, out, _ = run(capsys, "--har", archive(tmp_path, entry()), "--only", "PAGE-6,PAGE-1")
    assert "Not judged from a recording (1 requirement that" in out
    assert "\n  PAGE-6\n" in out


def test_a_recording_without_the_api_could_not_be_judged(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, _ = run(capsys, "--har", archive(tmp_path, entry("https://cdn.example/app.js")))
    assert code == NOT_JUDGED
    assert "No entry asks an API for one of the nine operations" in out
    assert out.splitlines()[-1] == "verdict: nothing could be judged"


def test_control_characters_of_a_recording_do_not_reach_the_terminal(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    hostile = "\x1b[31m\n::error::x\u202e"
    wrong = entry(f"/contacts?limit={hostile}", body=page({**CONTACT, "createdAt": hostile}))
    _, out, _ = run(capsys, "--har", archive(tmp_path, wrong, name="a\x1b[1m.har"))
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert not any(line.lstrip().startswith("::") for line in out.splitlines())


def test_the_result_is_written_as_json(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = archive(tmp_path, entry("/me", 500, problem(500)))
    run(capsys, "--har", file, "--report", tmp_path / "new" / "folder")
    written = json.loads((tmp_path / "new" / "folder" / "recording.json").read_text("utf-8"))
    rows = {row["id"]: row for row in written["requirements"]}
    assert (written["exitCode"], rows["ERROR-5"]["broken"]) == (BROKEN, 1)
    assert rows["ERROR-5"]["evidence"][0]["url"] == "https://api.example/api/v1/me"


NO_ARCHIVES: dict[str, tuple[str, str]] = {
    "empty": ("", "it is not JSON"),
    "an array": ("[]", "it has no array log.entries"),
    "entries by name": ('{"log": {"entries": {}}}', "it has no array log.entries"),
    "deep": ("[" * 200_000, "nested too deep"),
    "NaN": ('{"log": {"entries": [NaN]}}', "NaN is no number of JSON"),
    "a number for an entry": ('{"log": {"entries": [7]}}', "log.entries[0]: Expected `object`"),
    "no request": (changed(request=None), "log.entries[1]: Expected `object`, got `null` - at `$.request`"),
    "status as text": (changed(response={"status": "200"}), "log.entries[1]: Expected `int`, got `str`"),
    "no time": (changed(startedDateTime="yesterday"), "log.entries[1]: startedDateTime is no time"),
}


@pytest.mark.parametrize("kind", NO_ARCHIVES)
def test_a_file_that_is_no_archive_is_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path, kind: str) -> None:
    text, says = NO_ARCHIVES[kind]
    file = tmp_path / "x.har"
    file.write_text(text, "utf-8")
    code, out, err = run(capsys, "--har", file)
    assert (code, out, err.count("\n")) == (USAGE, "", 1)
    assert says in err


def test_a_file_that_is_not_utf_8_is_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "x.har").write_bytes(b"\xff\xfe\x00")
    code, _, err = run(capsys, "--har", tmp_path / "x.har")
    assert (code, err.count("\n")) == (USAGE, 1)
    assert "it is not UTF-8" in err


@pytest.mark.parametrize("bound", ["MOST_BYTES", "MOST_ENTRIES", "MOST_VALUES"])
def test_a_file_beyond_the_bounds_is_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    monkeypatch.setattr(archives, bound, 1)
    code, _, err = run(capsys, "--har", archive(tmp_path, entry(), entry()))
    assert (code, err.count("\n")) == (USAGE, 1)
    assert "more than " in err


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ("--har", "--har: its value is missing"),
        ("--har /no/such/file", "/no/such/file: No such file or directory"),
        ("--har /", "/: Is a directory"),
        ("--har {file} --depth quick", "no option '--depth'; --har takes --base-url, --only"),
        ("--har {file} --only PAG-6", "did you mean PAGE-6"),
        ("--har {file} --base-url ftp://x", "--base-url: give an address such as"),
        ("--har {file} --report /dev/null/x", "--report: /dev/null/x: Not a directory"),
    ],
)
def test_a_bad_option_is_one_line_and_exit_4(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, options: str, says: str
) -> None:
    words = shlex.split(options.format(file=archive(tmp_path, entry())))
    code, out, err = run(capsys, *words)
    assert (code, out, err.count("\n")) == (USAGE, "", 1)
    assert says in err


def test_the_line_of_the_documentation_works(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (ROOT / "docs" / "gate.md").read_text("utf-8")
    line = next(line for line in text.splitlines() if line.startswith("$ .venv/bin/outbound-conformance --har "))
    words = shlex.split(line.removeprefix("$ "))[1:]
    archive(tmp_path, entry(), name=words[words.index("--har") + 1])
    monkeypatch.chdir(tmp_path)
    assert run(capsys, *words)[0] == 0


@pytest.mark.parametrize(("fault", "expected"), [("", 0), ("--fault status-as-string", BROKEN)])
def test_the_archive_of_the_gates_own_report_is_judged(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, fault: str, expected: int
) -> None:
    run_gate("--only", "PAGE-9", "--depth", "quick", "--mock-options", fault, *reports(tmp_path))
    code, out, _ = run(capsys, "--har", tmp_path / "report" / "exchanges.har")
    verdict = out.splitlines()[-1]
    assert code == expected, out
    assert verdict.startswith("verdict: ERROR-2, ERROR-3 broken" if fault else "verdict: nothing broken, ")


def test_a_second_recording_is_refused_and_does_not_replace_the_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recording = tmp_path / "traffic.har"
    recording.write_text('{"log": {"entries": []}}', "utf-8")
    assert cli.run(["--har", str(recording), "--har", str(recording)]) == 4
    assert "one recording at a time" in capsys.readouterr().err
