"""What `action.yml` runs: the gate, with the action's inputs from the environment; then summary, annotations, badge, outputs."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

_LONGEST = 300
_COLOURS = {"conformant": "brightgreen", "partial": "yellow", "non-conformant": "red"}


def main() -> None:
    """Judge, tell, and exit as the gate did; if it found nothing, as the comparison with the baseline did."""
    report = Path(os.environ["REPORT"])
    command = [str(Path(sys.executable).with_name("outbound-conformance")), *options(report)]
    code = subprocess.run(command, check=False).returncode
    written = report / "report.json"
    if written.exists():
        tell(json.loads(written.read_text("utf-8")), report)
    sys.exit(code)


def options(report: Path) -> list[str]:
    """The gate's options, of the inputs that were given."""
    given = {name: os.environ.get(name, "") for name in ("BASE_URL", "TARGET", "DEPTH", "KNOWN_VIOLATIONS", "BASELINE")}
    words = ["--report", str(report)]
    for name, value in given.items():
        words += [f"--{name.lower().replace('_', '-')}", value] if value else []
    words += ["--strict"] if os.environ.get("STRICT", "").lower() == "true" else []
    return [*words, *shlex.split(os.environ.get("OPTIONS", ""))]


def tell(run: dict[str, Any], report: Path) -> None:
    """Annotate what failed, and write summary, outputs and a badge (the form of shields.io's endpoint)."""
    for row in run["requirements"]:
        if row["status"] == "failed":
            print(annotation(row))
    passed = sum(row["status"] == "passed" for row in run["requirements"])
    badge = {
        "schemaVersion": 1,
        "label": "Outbound API",
        "message": f"{run['verdict']}, {passed} of {len(run['requirements'])}",
        "color": _COLOURS.get(run["verdict"], "lightgrey"),
    }
    (report / "badge.json").write_text(json.dumps(badge), "utf-8")
    append("GITHUB_OUTPUT", f"verdict={run['verdict']}\n")
    summary = report / "summary.md"
    if summary.exists():
        append("GITHUB_STEP_SUMMARY", summary.read_text("utf-8"))


def annotation(row: dict[str, Any]) -> str:
    """A workflow command that shows a failed requirement at the job: an error for a must, a warning for a should."""
    evidence = row.get("evidence") or [{}]
    message = " ".join(str(evidence[0].get("message") or row["title"]).split())[:_LONGEST]
    level = "error" if row["level"] == "must" else "warning"
    return f"::{level} title={escaped(row['id'], ':,')}::{escaped(message)}"


def escaped(text: str, more: str = "") -> str:
    """Text within a workflow command; `more` are characters that end a property."""
    for character in f"%\r\n{more}":
        text = text.replace(character, f"%{ord(character):02X}")
    return text


def append(variable: str, text: str) -> None:
    """Add text to the file that a variable of the environment names; nothing if there is none."""
    if name := os.environ.get(variable):
        with Path(name).open("a", encoding="utf-8") as file:
            file.write(text)


if __name__ == "__main__":
    main()
