"""The faults of the project's mock that break a requirement. The mock runs as a process, because a judge never imports it."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from importlib.util import find_spec

_MOCK = "mockserver"
_WITHIN = 30.0
_LINE = re.compile(r"(?P<name>\S+)\s+(?P<description>.*\S) \((?P<ids>[A-Z]+-\d+(?:, [A-Z]+-\d+)*)\)")


def faults_of(id_: str) -> list[str]:
    """The faults that break the requirement, as `name: description`; none if the mock is not installed."""
    return [told for told, ids in _faults() if id_ in ids]


@cache
def _faults() -> tuple[tuple[str, tuple[str, ...]], ...]:
    found = [match for line in _listed().splitlines() if (match := _LINE.fullmatch(line.strip()))]
    return tuple((f"{match['name']}: {match['description']}", tuple(match["ids"].split(", "))) for match in found)


def _listed() -> str:
    if find_spec(_MOCK) is None:
        return ""
    command = [sys.executable, "-P", "-m", _MOCK, "--list-faults"]
    try:
        done = subprocess.run(
            command, capture_output=True, encoding="utf-8", errors="replace", timeout=_WITHIN, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""
