"""Hints to misspelled names in TOML files: the member of a form that was most likely meant."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, get_args, get_type_hints

import msgspec

_UNKNOWN = re.compile(r"Object contains unknown field `(?P<name>.+?)`(?: - at `\$(?P<place>.*)`)?", re.DOTALL)
_MEMBER = re.compile(r"\.(\w+)")


def meant(name: str, names: Iterable[str]) -> str:
    """The end of a message about an unknown name, with the known name that is most like it; empty if none is."""
    close = get_close_matches(name, names, n=1, cutoff=0.7)
    return f"; did you mean {close[0]}?" if close else ""


def meant_member(error: msgspec.ValidationError, form: type[msgspec.Struct]) -> str:
    """The same for an error about a document of that form; empty if the error is no unknown member."""
    found = _UNKNOWN.fullmatch(str(error))
    if found is None:
        return ""
    table: Any = form
    for member in _MEMBER.findall(found["place"] or ""):
        table = get_type_hints(table)[member]
        # A list of tables.
        table = next(iter(get_args(table)), table)
    return meant(found["name"], (field.encode_name for field in msgspec.structs.fields(table)))
