"""Lists of faults, variants and hardships for a person, with one line for each."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import fields

import click

from mockserver.modifications import faults, hardships, variants
from mockserver.modifications.condition import Condition, choices
from mockserver.modifications.registry import Modification

_COLUMN = 34
_WIDTH = 120
_ANY: Mapping[str, str] = {
    "key": "the id of a key",
    "every": "n, for each n-th of them",
    "requests": "n, for the next n of them",
}
"""The values of those members of a condition that have no fixed list."""


def fault_lines() -> Iterator[str]:
    """Each fault with the requirements that it breaks, and the conditions that it takes."""
    yield from map(_line_of, faults.all_faults().values())
    yield from _conditions("FAULT")


def variant_lines() -> Iterator[str]:
    """Each variant with the shoulds that it does not keep, and the conditions that it takes."""
    yield from map(_line_of, variants.all_variants().values())
    yield from _conditions("VARIANT")


def hardship_lines() -> Iterator[str]:
    """Each hardship with its parameters and their defaults, and the conditions that it takes."""
    for name in hardships.names():
        told = hardships.describe(name)
        yield _line(name, told.description, _always(told))
        for parameter in told.parameters:
            yield _line(f"  :{parameter.name}={parameter.default}", parameter.description)
    yield from _conditions("HARDSHIP")


def _line_of(modification: Modification) -> str:
    concerned = ", ".join(modification.breaks)
    after = f" ({concerned})" if concerned else ""
    return _line(modification.name, modification.description, after + _always(modification))


def _always(modification: Modification) -> str:
    if modification.takes_condition:
        return ""
    what = "all deliveries" if modification.applies_to == "deliveries" else "all requests"
    return f" [{what}; no @condition]"


def _conditions(what: str) -> Iterator[str]:
    """The members of a condition with their values, as a block after the list."""
    yield ""
    yield f"For some requests only: {what}@member=value,member=value"
    for member in fields(Condition):
        values = _ANY.get(member.name) or ", ".join(choices(member.name))
        told = textwrap.wrap(values, _WIDTH - _COLUMN)
        yield from (_line(f"  @{member.name}=" if line is told[0] else "", line) for line in told)


def _line(name: str, description: str, after: str = "") -> str:
    first = description.partition("\n\n")[0].replace("\n", " ").strip()
    return f"{click.style(name, bold=True)}{' ' * max(1, _COLUMN - len(name))}{first}{after}"
