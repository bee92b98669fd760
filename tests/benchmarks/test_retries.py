"""The table of what retry libraries do by their defaults: how it is made, and that the documentation shows all of it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from benchmarks.measuring import CannotMeasure
from benchmarks.retries.__main__ import CLIENTS, LIBRARIES, Graded, Shelf, broken, grade, table
from tests.support.project import ROOT

PAGE = (ROOT / "docs" / "retry-libraries.md").read_text("utf-8")


def test_a_row_tells_what_is_broken_by_its_level() -> None:
    rows = [
        {"id": "PACE-1", "level": "must", "status": "broken"},
        {"id": "KEY-3", "level": "should", "status": "broken"},
        {"id": "FAIL-3", "level": "must", "status": "kept"},
        {"id": "FAIL-4", "level": "should", "status": "not-seen"},
    ]
    document = {"requirements": rows}
    musts, shoulds = broken(document, "must"), broken(document, "should")
    assert (musts, shoulds) == (("PACE-1",), ("KEY-3",))
    assert table([Graded(LIBRARIES[0], "1.0", musts, ())]).endswith("| requests alone | 1.0 | PACE-1 | none |")


def test_the_page_has_a_row_for_every_library_at_its_pinned_version() -> None:
    pinned = dict(line.split("==") for line in (CLIENTS / "requirements.txt").read_text("utf-8").split())
    pinned |= json.loads((CLIENTS / "package.json").read_text("utf-8"))["dependencies"]
    for library in LIBRARIES:
        version = "" if library.package is None else f" {pinned[library.package]} |"
        assert f"\n| {library.name} |{version}" in PAGE


def test_a_client_that_does_not_try_again_is_seen(tmp_path: Path) -> None:
    if shutil.which("node") is None:
        pytest.skip("there is no node on this machine")
    fetch = next(library for library in LIBRARIES if library.client == "fetch")
    shelf = Shelf(tmp_path)
    shelf.modules.mkdir(parents=True)
    shutil.copy(CLIENTS / "node_clients.mjs", shelf.modules.parent)
    document = grade(shelf.command(fetch), ["server-errors"])
    assert broken(document, "must") == ()
    assert broken(document, "should") == ("FAIL-2",)


def test_a_command_that_asks_nothing_is_no_row() -> None:
    with pytest.raises(CannotMeasure, match="no grade"):
        grade(["true"], [])
