"""Parses the names of modifications: `NAME`, `NAME:parameter=value`, `NAME@member=value`, or a combination."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from mockserver.modifications.aliases import ALIASES
from mockserver.modifications.condition import parsed
from mockserver.modifications.registry import FAULTS, HARDSHIPS, VARIANTS, Kind, Modification, Register
from spec.misspelled import meant

_REGISTERS: Mapping[Kind, Register] = {"fault": FAULTS, "variant": VARIANTS, "hardship": HARDSHIPS}


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
    """The modification of that name. Raises ValueError, with the name most like it, for an unknown one."""
    if kind == "fault" and name in ALIASES:
        return requested(kind, ALIASES[name])
    import_module(f"mockserver.modifications.{kind}s")
    register = _REGISTERS[kind]
    try:
        return register.named(name)
    except KeyError:
        hint = meant(name, register.names(), f"outbound-mock --list-{kind}s lists them")
        raise ValueError(f"{name!r} is no {kind}{hint}") from None


def _pairs(kind: Kind, text: str, values: str) -> Mapping[str, str]:
    pairs = [pair.partition("=") for pair in values.split(",")]
    if not all(key and equals and value for key, equals, value in pairs):
        form = "NAME:parameter=value,parameter=value" if kind == "hardship" else "NAME"
        raise ValueError(f"{text!r} must be {form}, and @member=value,member=value may follow")
    return {key: value for key, _, value in pairs}
