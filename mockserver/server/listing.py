"""What the mock can do to a client or a judge, listed for a person: faults, variants and hardships, a line each."""

from __future__ import annotations

from collections.abc import Iterator

import click

from mockserver.modifications import faults, hardships, variants
from mockserver.modifications.registry import Modification

_COLUMN = 34


def fault_lines() -> Iterator[str]:
    """Each fault with the requirements that it breaks."""
    return map(_line_of, faults.all_faults().values())


def variant_lines() -> Iterator[str]:
    """Each variant with the recommendations that it does not keep."""
    return map(_line_of, variants.all_variants().values())


def hardship_lines() -> Iterator[str]:
    """Each hardship with its parameters and their defaults."""
    for name in hardships.names():
        told = hardships.describe(name)
        yield _line(name, told.description)
        for parameter in told.parameters:
            yield _line(f"  :{parameter.name}={parameter.default}", parameter.description)


def _line_of(modification: Modification) -> str:
    concerned = ", ".join(modification.breaks)
    return _line(modification.name, modification.description, f" ({concerned})" if concerned else "")


def _line(name: str, description: str, after: str = "") -> str:
    first = description.partition("\n\n")[0].replace("\n", " ").strip()
    return f"{click.style(name, bold=True)}{' ' * max(1, _COLUMN - len(name))}{first}{after}"
