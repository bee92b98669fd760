"""Takes a run's record from the gate itself. It holds what `report.json` does, without the cost of the other four reports."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from conformance.report.record import as_json
from conformance.verdict.plugin import VerdictPlugin


class GateRecord:
    """A pytest plugin: holds the record of the run that has ended; empty if the run was not judged."""

    def __init__(self) -> None:
        self.report: dict[str, Any] = {}

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self, config: pytest.Config) -> None:
        """Read the record."""
        verdict = config.pluginmanager.get_plugin("outbound-verdict")
        if isinstance(verdict, VerdictPlugin) and verdict.run:
            self.report = as_json(verdict.run)

    def write(self, file: Path) -> None:
        """Write the record as JSON. Raises OSError."""
        file.write_text(json.dumps(self.report), "utf-8")
