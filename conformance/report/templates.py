"""Pages from templates: those of a report's own folder, and what all reports share (`look.css`, `picture.html`)."""

from __future__ import annotations

from pathlib import Path

import jinja2

from conformance.report.text import visible

_SHARED = Path(__file__).parent / "page"


def templates(*folders: Path) -> jinja2.Environment:
    """The templates of folders, those first, and the shared ones. An unknown name is an error.

    Everything is escaped, and every text shows characters that do not print as escapes.
    """
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader([*folders, _SHARED], encoding="utf-8"),
        autoescape=True,
        finalize=_visible,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _visible(value: object) -> object:
    return visible(value, keep="\n") if type(value) is str else value  # markup is a subclass
