"""Hints to misspelled names: the known name that was most likely meant, or else all that there are."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, get_args, get_type_hints

import msgspec

_UNKNOWN = re.compile(r"Object contains unknown field `(?P<name>.+?)`(?: - at `\$(?P<place>.*)`)?", re.DOTALL)
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]")
_LONGEST = 60
"""Longer names are compared by this beginning: the time that a comparison takes grows with the square of it."""


def meant(name: str, names: Iterable[str], otherwise: str = "") -> str:
    """The end of a message about an unknown name: the known name that is most like it, in any case of letters.

    If none is like it, the end is `otherwise`, or else all names.
    """
    known = {each.casefold(): each for each in names}
    close = get_close_matches(name[:_LONGEST].casefold(), known, n=1, cutoff=0.7)
    if close:
        return f"; did you mean {known[close[0]]}?"
    return f"; {otherwise or 'there are ' + (', '.join(known.values()) or 'none')}"


def meant_member(name: str, members: Iterable[str], missing: Iterable[str]) -> str:
    """The same for an unknown member of an object: if no member is like it, the end names the required ones that are missing."""
    lacks = ", ".join(missing)
    return meant(name, members, f"it lacks {lacks}" if lacks else "")


def meant_in_table(error: msgspec.ValidationError, document: Any, form: type[msgspec.Struct]) -> str:
    """The same for an error about a document of that form, which was read from TOML; empty if it is no unknown member."""
    found = _UNKNOWN.fullmatch(str(error))
    if found is None:
        return ""
    table: Any = form
    for member, index in _STEP.findall(found["place"] or ""):
        if member:
            document, table = document[member], get_type_hints(table)[member]
        else:
            document, table = document[int(index)], get_args(table)[0]
    fields = msgspec.structs.fields(table)
    missing = (field.encode_name for field in fields if field.required and field.encode_name not in document)
    return meant_member(found["name"], (field.encode_name for field in fields), missing)
