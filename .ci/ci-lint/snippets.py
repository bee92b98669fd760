"""Writes what CI systems and Docker read of action.yml and docs as files of their own: snippets.py FOLDER.

workflow-*.yml are for GitHub Actions, gitlab-*.yml for GitLab, compose-*.yml for Compose; *.sh is the shell code of action.yml.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
PAGES = ("ci.md", "recipes.md")
_STEPS = "on: push\njobs:\n  tests:\n    runs-on: ubuntu-latest\n    steps:\n"


def main() -> None:
    """Write the files."""
    folder = Path(sys.argv[1])
    for page in PAGES:
        text = (ROOT / "docs" / page).read_text("utf-8")
        for number, snippet in enumerate(re.findall(r"^```yaml\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)):
            name, whole = told(snippet)
            (folder / f"{name}-{page.removesuffix('.md')}-{number}.yml").write_text(whole, "utf-8")
    steps = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))["runs"]["steps"]
    for step in steps:
        if "run" in step:
            name = step["name"].lower().replace(" ", "-")
            (folder / f"{name}.sh").write_text(f"#!/bin/{step['shell']}\n{step['run']}\n", "utf-8")


def told(snippet: str) -> tuple[str, str]:
    """What a snippet is for, and a whole document of it."""
    if snippet.startswith("- "):
        return "workflow", _STEPS + re.sub("^", "      ", snippet, flags=re.MULTILINE)
    if snippet.startswith("jobs:"):
        return "workflow", f"on: push\n{snippet}"
    return ("compose" if snippet.startswith("services:") else "gitlab"), snippet


if __name__ == "__main__":
    main()
