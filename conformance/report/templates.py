"""Pages from templates: those of a report's own folder, and what all reports share (`look.css`, `picture.html`)."""

from __future__ import annotations

from pathlib import Path

import jinja2

_SHARED = Path(__file__).parent / "page"


def templates(*folders: Path) -> jinja2.Environment:
    """The templates of folders, those first, and the shared ones. Everything is escaped; an unknown name is an error."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader([*folders, _SHARED], encoding="utf-8"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
