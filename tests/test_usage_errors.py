"""What commands say of arguments that they cannot use. They never show a key whole that stands where it does not belong."""

from __future__ import annotations

import os
import pty
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.__main__ import main as conformance_main
from loadtests.__main__ import main as load_main
from mockserver.cli import main as mock_main
from spec.surroundings import USAGE
from tests.support.gate import run_gate
from tests.support.load_runs import outbound_load
from tests.support.project import ROOT
from tests.support.warm_programs import ended, outbound_conformance, outbound_mock

KEY = "obk_live_TQl6jS8PGr7vPQOCtDmHhw6SNQHxwwke"
SHOWN = "obk_live_…wwke"
WITHIN = 120.0
VERSION, SCRIPT = "--version", "--completion=bash"


@pytest.mark.parametrize(
    "arguments",
    [
        (f"--{KEY}",),
        (KEY,),
        ("--target", KEY),
        ("--base-url", f"http://127.0.0.1:1/?key={KEY}", "--api-key", "key"),
        ("--only", KEY),
        ("--explain", KEY),
        ("--list", "--target", KEY),
        ("--fuzz", KEY),
        ("--label", KEY),
        ("--har", KEY),
        ("explain", KEY),
        ("diff", KEY, KEY),
        ("replay", KEY),
        ("init", "--base-url", f"http://127.0.0.1:1/?key={KEY}"),
    ],
    ids=" ".join,
)
def test_the_gates_command_shortens_keys(arguments: tuple[str, ...], tmp_path: Path) -> None:
    done = outbound_conformance(*arguments, folder=tmp_path, within=WITHIN)
    assert_shortened(done.returncode, done.stdout + done.stderr)


@pytest.mark.parametrize(
    "arguments",
    [("--target", KEY), ("--base-url", f"http://127.0.0.1:1/?key={KEY}"), ("--only", KEY), ("--list", "--only", KEY)],
    ids=" ".join,
)
def test_pytest_shortens_keys(arguments: tuple[str, ...]) -> None:
    done = run_gate(*arguments, key=KEY)
    assert_shortened(done.exit_code, done.output)


@pytest.mark.parametrize(
    "arguments",
    [(KEY,), ("burst", f"--{KEY}"), ("burst", "--target", KEY), ("burst", f"--base-url=http://127.0.0.1:1/?key={KEY}")],
    ids=" ".join,
)
def test_the_load_tests_shorten_keys(arguments: tuple[str, ...]) -> None:
    done = outbound_load(*arguments)
    assert_shortened(done.code, done.out + done.err)


@pytest.mark.parametrize(
    "arguments",
    [
        (f"--{KEY}",),
        (KEY,),
        ("--port", KEY),
        ("--fault", KEY),
        ("--load", KEY),
        ("advance", KEY),
        ("grade", "--har", KEY),
        ("grade", "--trial", KEY, "--", "true"),
    ],
    ids=" ".join,
)
def test_the_mock_shortens_keys(arguments: tuple[str, ...]) -> None:
    done = outbound_mock(*arguments)
    assert_shortened(done.returncode, done.stdout + done.stderr)


def assert_shortened(exit_code: int, output: str) -> None:
    """Assert that a command refused a key as wrong use, and showed it by its beginning and end alone."""
    assert exit_code == USAGE, output
    assert KEY not in output
    assert SHOWN in output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("",), "outbound-conformance: no command ''; --help lists them"),
        (("replay", ""), "replay: a report's name is empty"),
        (("diff", "", ""), "diff: a report's name is empty"),
        (("init", ""), "init: the file's name is empty"),
        (("init", "--base-url", ""), "init: --base-url: its value is missing"),
    ],
)
def test_an_empty_argument_is_no_command_and_no_file(arguments: tuple[str, ...], says: str, tmp_path: Path) -> None:
    done = outbound_conformance(*arguments, folder=tmp_path, within=WITHIN)
    assert done.returncode == 4
    assert says in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("main", "words"),
    [
        (conformance_main, ("outbound-conformance", "--write-known-violation")),
        (pytest.console_main, ("pytest", "conformance", "--write-known-violation")),
        (mock_main, ("outbound-mock", "--alow-webhook-host")),
        (mock_main, ("outbound-mock", "grade", "--trail")),
        (load_main, ("outbound-load", "brust")),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_hint_is_folded_to_the_width_of_a_terminal(main: Callable[[], object], words: tuple[str, ...]) -> None:
    lines = on_a_terminal(60, main, words)
    assert len(lines) > 1
    assert max(map(len, lines)) <= 60


def on_a_terminal(columns: int, main: Callable[[], object], words: tuple[str, ...]) -> list[str]:
    """The lines that a command writes to standard error, which is a terminal with some columns."""
    ours, theirs = pty.openpty()
    try:
        ended(main, words, ROOT, {"COLUMNS": str(columns), "NO_COLOR": "1"}, WITHIN, os.ttyname(theirs))
        return os.read(ours, 4_000).decode().splitlines()
    finally:
        os.close(theirs)
        os.close(ours)


def test_the_version_and_completion_may_be_asked_for_behind_other_options(tmp_path: Path) -> None:
    asked = {word: outbound_conformance("--strict", word, folder=tmp_path, within=WITHIN) for word in (VERSION, SCRIPT)}
    assert asked[VERSION].stdout.startswith("outbound-conformance ")
    assert "COMPREPLY" in asked[SCRIPT].stdout


def test_a_replay_takes_one_report(tmp_path: Path) -> None:
    done = outbound_conformance("replay", "one", "two", folder=tmp_path, within=WITHIN)
    assert done.returncode == 4
    assert "give one report, and options after it; 'two' is a second one" in done.stderr
