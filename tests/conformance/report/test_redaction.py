"""A run shows no secret, and nothing that does not print, neither in a report nor on the terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.report import terminal
from tests.support.gate import reports, run_gate
from tests.support.report_runs import HOSTILE, Screen, ledger, run_of, written

# Words that requests carry in the place of a secret, and that the documentation uses too.
_NO_SECRETS = {"Bearer"}
_SHORTEST = 6
# Servers that repeat a key that was presented, accept one in a wrong place, sign wrongly, or sign a delivery anew.
_BREAKS = ("invalid-key-repeated", "forbidden-key-repeated", "key-in-query", "signed-anew", "tried-again-as-it-was")
# The families that find them, and those in which most requests carry keys in wrong places.
_BROKEN = (
    "--only",
    "AUTH,SCOPE,TENANT,ERROR,HOOK",
    f"--mock-options={' '.join(f'--fault {name}' for name in _BREAKS)}",
)


@pytest.mark.parametrize(
    ("options", "failed"),
    [((), set()), (_BROKEN, {"AUTH-4", "ERROR-6", "HOOK-2", "HOOK-6"})],
    ids=["conformant", "broken"],
)
def test_no_output_holds_a_secret(
    options: tuple[str, ...], failed: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTBOUND_SPY", str(tmp_path / "secrets"))
    run = run_gate("-vv", "-p", "tests.support.secret_spy", "--depth", "quick", *options, *reports(tmp_path))
    assert run.ids("failed") == failed
    secrets = {line for line in (tmp_path / "secrets").read_text("utf-8").split("\n") if len(line) >= _SHORTEST}
    assert {secret.partition("_")[0] for secret in secrets} >= {"obk", "whsec"}
    assert any("v1=" in secret for secret in secrets)
    published = {path.name: path.read_text("utf-8") for path in (tmp_path / "report").iterdir()}
    assert len(published) == 5
    for name, text in {**published, "terminal": run.output}.items():
        assert [secret for secret in sorted(secrets - _NO_SECRETS) if secret in text] == [], name


def test_nothing_that_does_not_print_reaches_a_reader(tmp_path: Path) -> None:
    hostile = run_of(ledger())
    screen = Screen()
    terminal.summarize(hostile, screen)
    terminal.conclude(hostile, screen, f"a folder {HOSTILE}")
    for name, text in {**written(tmp_path, hostile), "terminal": "\n".join(screen.lines)}.items():
        assert not {"\x1b", "\u202e"} & set(text), name
