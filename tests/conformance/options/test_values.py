"""`--list` and `--dry-run` refuse in the same words what a run refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.verdict.known_violations import load
from spec.target import load as load_target
from tests.support.gate import run_gate

KEY = "obk_live_0123456789abcdefghijABCDEFGHIJ01"
USAGE = 4

REFUSED = [
    (("--target", "{folder}/missing.toml"), "missing.toml: No such file"),
    (("--target", "{file}"), "not a TOML document"),
    (("--target", "{target}"), "webhooks.deliveries: "),
    (("--base-url", "http://é..x"), "base_url: no host can have that name"),
    (("--base-url", "ftp://127.0.0.1"), "base_url: "),
    (("--base-url=",), "--base-url: its value is missing"),
    (("--base-url", ""), "--base-url: its value is missing"),
    (("--start", "no-such-program {{port}}"), "--start: the command 'no-such-program' could not be run"),
    (("--start", "'unclosed"), '--start: the command "\'unclosed" could not be run: No closing quotation'),
    (("--only", "PAG-3"), "did you mean PAGE-3"),
    (("--only=",), "--only: names no family and no requirement"),
    (("--report", "{file}"), "--report: "),
    (("--report", "{file}/below"), "--report: "),
    (("--known-violations", "{file}"), "--known-violations: "),
    (("--known-violations", "{folder}/missing.toml"), "missing.toml: No such file"),
    (("--write-known-violations", "{folder}"), "no file can be written there"),
    (("--write-known-violations", "{folder}/missing/known.toml"), "no file can be written there"),
    (("--label", "branch"), "--label: not KEY=VALUE: branch"),
    (("--label", "\x1b[31mred"), "--label: not KEY=VALUE: \\x1b[31mred"),
    (("--baseline", "{file}"), "--baseline: "),
    (("--fuzz", "-1"), "--fuzz: -1: "),
    (("--mock-options", "'--quiet"), "--mock-options: No closing quotation"),
    (("--api-key", "env:NO_SUCH_VARIABLE"), "the API key: the environment variable NO_SUCH_VARIABLE is not set"),
    (("",), "'' is no option and no file; --help lists the options"),
    (("foo",), "'foo' is no option and no file; --help lists the options"),
    (("obk_live_0123456789",), "'obk_…' is no option and no file"),
]
"""Options that cannot be used, with their messages. `{file}` holds no TOML, `{target}` describes missing deliveries."""

NOT_PARSED = [
    (("--target=",), "--target: its value is missing"),
    (("--api-key=",), "--api-key: its value is missing"),
    (("--start=",), "--start: its value is missing"),
    (("--report=",), "--report: its value is missing"),
    (("--explain=",), "--explain: its value is missing"),
    (("--known-violations=",), "--known-violations: its value is missing"),
    (("--write-known-violations=",), "--write-known-violations: its value is missing"),
    (("--baseline=",), "--baseline: its value is missing"),
    (("--label=",), "--label: its value is missing"),
    (("--rate-reading", "mild"), "--rate-reading: invalid choice"),
    (("--depth", "deap"), "--depth: invalid choice"),
    (("--schema", "own"), "--schema: invalid choice"),
    (("--fuzz", "few"), "--fuzz: invalid int value"),
    (("--seed", "x"), "--seed: invalid int value"),
]
"""Options that are refused before the gate knows what it has to do."""


@pytest.mark.parametrize("telling", [(), ("--list",), ("--dry-run",)], ids=["run", "list", "dry-run"])
@pytest.mark.parametrize(("options", "says"), REFUSED, ids=[" ".join(options) for options, _ in REFUSED])
def test_what_a_run_refuses_is_refused_where_it_is_only_told_of(
    options: tuple[str, ...], says: str, telling: tuple[str, ...], tmp_path: Path
) -> None:
    file, target = tmp_path / "file", tmp_path / "target.toml"
    file.write_text("no table", "utf-8")
    target.write_text('[webhooks]\ndeliveries = "missing.jsonl"\n', "utf-8")
    given = [option.format(file=file, folder=tmp_path, target=target) for option in options]
    run = run_gate(*telling, "--base-url", "http://127.0.0.1:1", "--api-key", KEY, *given)
    assert run.exit_code == USAGE, run.output
    assert says in run.output
    assert "Traceback" not in run.output


@pytest.mark.parametrize("telling", [(), ("--list",), ("--dry-run",)], ids=["run", "list", "dry-run"])
def test_options_that_the_embedded_mock_refuses_are_refused_everywhere(telling: tuple[str, ...]) -> None:
    run = run_gate(*telling, "--mock-options=--nonsense")
    assert run.exit_code == USAGE, run.output
    assert "No such option" in run.output


@pytest.mark.parametrize(("option", "says"), NOT_PARSED, ids=[" ".join(option) for option, _ in NOT_PARSED])
def test_what_cannot_be_parsed_is_refused(option: tuple[str, ...], says: str) -> None:
    run = run_gate("--dry-run", *option)
    assert run.exit_code == USAGE, run.output
    assert says in run.output
    assert "Traceback" not in run.output


@pytest.mark.parametrize("telling", ["--list", "--dry-run"])
def test_what_only_tells_of_a_run_makes_no_folder(telling: str, tmp_path: Path) -> None:
    run = run_gate(telling, "--api-key", KEY, "--report", str(tmp_path / "new" / "report"))
    assert run.exit_code == 0, run.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("telling", ["--list", "--dry-run"])
def test_a_target_that_a_run_would_start_is_told_of_without_being_started(telling: str, tmp_path: Path) -> None:
    started = tmp_path / "started"
    run = run_gate(telling, "--start", f"touch {started} {{port}}", "--api-key", KEY)
    assert run.exit_code == 0, run.output
    assert "The embedded mock" not in run.output
    assert not started.exists()


def test_a_file_that_begins_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    file = tmp_path / "file.toml"
    file.write_text('base_url = "http://127.0.0.1:1"\n', "utf-8-sig")
    assert load_target(file, api_key=KEY).base_url == "http://127.0.0.1:1"
    file.write_text('[[violation]]\nid = "PAGE-3"\nreason = "x"\nuntil = 2027-01-15\n', "utf-8-sig")
    assert [entry.id for entry in load(file)] == ["PAGE-3"]
