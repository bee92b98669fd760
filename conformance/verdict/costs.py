"""What runs on the embedded mock took, kept in `costs.toml`; `python -m conformance.verdict.costs` measures them anew."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path

import spec
from conformance.target.embedded import EmbeddedMock
from spec.target import load

WHOLE = "whole"
ONE_KEY = "one-key"
_FILE = Path(__file__).with_name("costs.toml")
_HEAD = """\
# What a run on the embedded mock takes, whole, with a single key, and of each family alone (walks are shared: the whole is
# less than the sum):
# seconds, requests by the member of the target's description whose keys were sent ("" for none), and how many keys it has.
# Written by `python -m conformance.verdict.costs`."""
_INDEX = re.compile(r"\[\d+\]$")


@dataclass(frozen=True)
class Cost:
    """What a run takes: seconds, and requests by pool of keys, the empty one without a key. `keys` counts each pool's."""

    seconds: float
    requests: Mapping[str, float]
    keys: Mapping[str, int] = field(default_factory=dict)


@cache
def measured() -> dict[str, Cost]:
    """The costs of the whole run, of one with a single primary key and nothing else, and of each family alone."""
    return {name: Cost(**table) for name, table in tomllib.loads(_FILE.read_text("utf-8")).items()}


def measure(*options: str) -> Cost:
    """Run the gate on the embedded mock and read what it took from its reports. Raises FileNotFoundError where it wrote none."""
    with tempfile.TemporaryDirectory(prefix="outbound-") as folder:
        command = [sys.executable, "-P", "-m", "pytest", str(Path(__file__).parents[1]), "--report", folder, *options]
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL)  # noqa: S603 — our own suite
        report = json.loads((Path(folder) / "report.json").read_text("utf-8"))
        entries = json.loads((Path(folder) / "exchanges.har").read_text("utf-8"))["log"]["entries"]
    started, finished = (datetime.fromisoformat(report[name]) for name in ("startedAt", "finishedAt"))
    labels = [entry["_key"] for entry in entries]
    return Cost(
        round((finished - started).total_seconds(), 1),
        dict(sorted(Counter(_INDEX.sub("", label) for label in labels).items())),
        dict(sorted(Counter(_INDEX.sub("", label) for label in set(labels)).items())),
    )


def measure_with_one_key() -> Cost:
    """Measure a run on the embedded mock, described by one primary key and its test clock alone."""
    mock = EmbeddedMock()
    try:
        known = load(mock.description)
        lines = (
            f"base_url = {json.dumps(known.base_url)}",
            f"organizations.primary.api_keys = [{json.dumps(known.organizations.primary.api_keys[0])}]",
            f"hooks.advance_clock = {json.dumps(known.hooks.advance_clock)}",
        )
        described = mock.description.with_name("one-key.toml")
        described.write_text("\n".join(lines), "utf-8")
        return measure("--target", str(described))
    finally:
        mock.stop()


def _table(name: str, cost: Cost) -> str:
    parts = [f"[{name}]", f"seconds = {cost.seconds}"]
    for member, figures in (("requests", cost.requests), *([("keys", cost.keys)] if name == WHOLE else [])):
        parts += [f"[{name}.{member}]", *(f"{json.dumps(pool)} = {figure}" for pool, figure in figures.items())]
    return "\n".join(parts)


def _main() -> None:
    families = dict.fromkeys(requirement.family for requirement in spec.requirements())
    costs = {
        WHOLE: measure(),
        ONE_KEY: measure_with_one_key(),
        **{family: measure("--only", family) for family in families},
    }
    _FILE.write_text("\n\n".join([_HEAD, *(_table(name, cost) for name, cost in costs.items())]) + "\n", "utf-8")
    for name, cost in costs.items():
        print(f"{name:8}{sum(cost.requests.values()):6} requests {cost.seconds:6} s")


if __name__ == "__main__":
    _main()
