"""The licences of the locked dependencies, from what is installed.

python .ci/licences.py --write    writes docs/licences.md
python .ci/licences.py --check    ends with 1 if a package or licence differs from it, or a licence binds those who use the kit
"""

from __future__ import annotations

import re
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "licences.md"
HEAD = """\
# Licences

The kit is under [Apache-2.0](../LICENSE). These are the licences that the packages of `requirements.lock` name in their metadata;
most of them are needed for development alone. `.ci/licences.py` makes this page, and CI fails if it is out of date.

| package | licence |
| --- | --- |
"""
_BINDS = re.compile(r"\bA?GPL|Affero|(?<!Lesser )General Public", re.IGNORECASE)
_LONGEST = 60


def locked() -> list[str]:
    """The names of the locked packages that this platform has."""
    text = (ROOT / "requirements.lock").read_text("utf-8")
    wanted = [Requirement(line) for line in re.findall(r"^([a-z0-9].*?)\s*\\?$", text, re.MULTILINE)]
    return [one.name for one in wanted if one.marker is None or one.marker.evaluate()]


def licence(package: Distribution) -> str:
    """The licence that a package names: an SPDX expression, or else its classifiers, or a short field."""
    told = package.metadata
    classified = [
        line.rpartition(" :: ")[2] for line in told.get_all("Classifier") or [] if line.startswith("License ::")
    ]
    field = (told.get("License") or "").strip()
    short = field if field and "\n" not in field and len(field) <= _LONGEST else ""
    return told.get("License-Expression") or ", ".join(classified) or short or "not named"


def licences() -> dict[str, str]:
    """The licence of each locked package. Ends the program if one is not installed."""
    try:
        return {name: licence(distribution(name)) for name in locked()}
    except PackageNotFoundError as error:
        sys.exit(f"licences.py: {error.name} is locked, but not installed")


def faults(installed: dict[str, str], page: str) -> list[str]:
    """What is wrong with the page, and with the licences."""
    rows = dict(re.findall(r"^\| ([^ |]+) \| ([^|]+) \|$", page, re.MULTILINE))
    unlisted = [
        f"docs/licences.md does not have {name}: {told}" for name, told in installed.items() if rows.get(name) != told
    ]
    binding = [f"{name} is under {told}" for name, told in installed.items() if _BINDS.search(told)]
    return unlisted + binding


def main(arguments: list[str]) -> int:
    """Write or check the page."""
    installed = licences()
    if arguments == ["--write"]:
        rows = "".join(f"| {name} | {told} |\n" for name, told in sorted(installed.items()))
        PAGE.write_text(HEAD + rows, "utf-8")
        return 0
    if arguments != ["--check"]:
        sys.exit("licences.py: --write or --check")
    wrong = faults(installed, PAGE.read_text("utf-8") if PAGE.exists() else "")
    print("\n".join(wrong) or f"licences: {len(installed)} packages, as docs/licences.md lists them")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
