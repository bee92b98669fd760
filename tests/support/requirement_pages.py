"""How each requirement is judged, as pages for readers: `python -m tests.support.requirement_pages [FOLDER]` writes them.

The pages repeat what `outbound-conformance explain` says, a page for each family, under `docs/requirements/`.
"""

from __future__ import annotations

import re
import sys
from itertools import groupby
from pathlib import Path

import spec
from conformance.report.explanation import explained
from tests.support.project import ROOT

FOLDER = ROOT / "docs" / "requirements"
_LISTED = {"tried": "What is tried", "fault of the mock": "Faults of the mock that show it"}
_ODD = re.compile(r"([*<>\\]|(?<!\w)_|_(?!\w))")


def pages() -> dict[str, str]:
    """The text of each page, by the name of its file: one for each family, and the first that leads to them."""
    families = {family: list(found) for family, found in groupby(spec.requirements(), lambda each: each.family)}
    return {"README.md": _first(families), **{f"{name}.md": _page(name, found) for name, found in families.items()}}


def _first(families: dict[str, list[spec.Requirement]]) -> str:
    lines = [f"| [{name}]({name}.md) | {len(found)} | {found[0].section} |" for name, found in families.items()]
    return "\n".join(
        (
            "# Requirements",
            "",
            "What each requirement asks, what it rests on, how the gate judges it, and what usually breaks it.",
            "`outbound-conformance explain PAGE-6` prints the same.",
            "",
            "| family | requirements | documentation |",
            "| --- | --- | --- |",
            *lines,
            "",
        )
    )


def _page(family: str, found: list[spec.Requirement]) -> str:
    parts = [f"# {family}: {found[0].section}", "[All families](README.md)", *map(_section, found)]
    return "\n\n".join(parts) + "\n"


def _section(requirement: spec.Requirement) -> str:
    told = explained(requirement)
    blocks = [f"## {requirement.id} ({requirement.level})", _plain(requirement.title)]
    blocks += [f"**{name.capitalize()}.** {_plain(text)}" for name, text in told if name not in _LISTED]
    for name, heading in _LISTED.items():
        items = [f"- {_named(text)}" for part, text in told if part == name]
        if items:
            blocks.append("\n".join((f"**{heading}.**", "", *items)))
    return "\n\n".join(blocks)


def _named(text: str) -> str:
    """An item of a list. Its name ends at the first colon that a space follows."""
    name, _, rest = text.partition(": ")
    return f"`{name}`: {_plain(rest)}"


def _plain(text: str) -> str:
    """The text with its Markdown characters escaped, except in code."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(part if part.startswith("`") else _ODD.sub(r"\\\1", part) for part in parts)


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    for name, text in pages().items():
        (folder / name).write_text(text, "utf-8")
