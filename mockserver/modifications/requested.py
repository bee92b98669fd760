"""Parses the names of modifications: `NAME`, `NAME:parameter=value`, `NAME@member=value`, or a combination."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from importlib import import_module

from mockserver.modifications.aliases import ALIASES
from mockserver.modifications.condition import parsed
from mockserver.modifications.registry import FAULTS, HARDSHIPS, VARIANTS, Kind, Modification, Register

_REGISTERS: Mapping[Kind, Register] = {"fault": FAULTS, "variant": VARIANTS, "hardship": HARDSHIPS}

_MOST_TOLD = 30


def requested(kind: Kind, text: str) -> Modification:
    """The modification that `latency:seconds=2@operation=listContacts,method=HEAD` asks for.

    Raises ValueError, in one line, for an unknown name, parameter or condition, or an invalid value.
    """
    named, at, condition = text.partition("@")
    name, colon, values = named.partition(":")
    modification = known(kind, name)
    if colon:
        modification = modification.given(_pairs(kind, text, values))
    return modification.when(parsed(condition)) if at else modification


def known(kind: Kind, name: str) -> Modification:
    """The modification of that name. Raises ValueError, with the names most like it, for an unknown one."""
    if kind == "fault" and name in ALIASES:
        return requested(kind, ALIASES[name])
    import_module(f"mockserver.modifications.{kind}s")
    register = _REGISTERS[kind]
    try:
        return register.named(name)
    except KeyError:
        names = list(register.names())
        alike = get_close_matches(name, names, n=3, cutoff=0.4)
        hint = f"did you mean {' or '.join(alike)}?" if alike else _names_told(kind, names)
        raise ValueError(f"{name!r} is no {kind}; {hint}") from None


def _names_told(kind: Kind, names: Sequence[str]) -> str:
    return f"there are {', '.join(names)}" if len(names) <= _MOST_TOLD else f"outbound-mock --list-{kind}s lists them"


def _pairs(kind: Kind, text: str, values: str) -> Mapping[str, str]:
    pairs = [pair.partition("=") for pair in values.split(",")]
    if not all(key and equals and value for key, equals, value in pairs):
        form = "NAME:parameter=value,parameter=value" if kind == "hardship" else "NAME"
        raise ValueError(f"{text!r} must be {form}, and @member=value,member=value may follow")
    return {key: value for key, _, value in pairs}
