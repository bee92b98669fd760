"""What a client must survive. Each hardship is a small dataclass with parameters, made by its name.

`outbound-mock --hardship NAME` or `--hardship NAME:probability=0.2,seconds=3`. What it draws comes from its seed, so that the
same requests in the same order meet the same again. A hardship's `breaks` are the requirements, musts or shoulds, that a
judge finds broken while it lasts, often with others that need them; one that has no must among them keeps the contract.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, ClassVar, Protocol

from mockserver.api.pipeline import Modification
from mockserver.modifications.catalogue import AppliesTo, collect
from mockserver.modifications.hardships import data, refusals, transport, webhooks
from mockserver.modifications.hardships.parameters import Parameter, parameters_of, read_all

__all__ = ["AppliesTo", "Description", "Hardship", "Parameter", "describe", "made", "names", "parsed"]


class Hardship(Modification, Protocol):
    """Something that a client must survive."""

    breaks: ClassVar[tuple[str, ...]]
    applies_to: ClassVar[AppliesTo]


@dataclass(frozen=True, slots=True)
class Description:
    """What people are told of a hardship. `applies_to` says what it changes, and so what "the next three" would count."""

    name: str
    description: str
    parameters: tuple[Parameter, ...]
    breaks: tuple[str, ...]
    applies_to: AppliesTo


_HARDSHIPS: Mapping[str, type[Hardship]] = collect(refusals, transport, data, webhooks)


def names() -> Iterable[str]:
    """The names of all hardships."""
    return _HARDSHIPS.keys()


def describe(name: str) -> Description:
    """What the hardship of that name does, and its parameters. Raises ValueError for an unknown name."""
    hardship = _known(name)
    return Description(
        name, inspect.cleandoc(hardship.__doc__ or ""), parameters_of(hardship), hardship.breaks, hardship.applies_to
    )


def made(name: str, parameters: Mapping[str, Any] | None = None) -> Modification:
    """The hardship of that name; numbers may be given as text.

    Raises ValueError, in one line, for an unknown name, an unknown parameter, or a value that a parameter does not take.
    """
    hardship = _known(name)
    return hardship(**read_all(parameters_of(hardship), parameters or {}))


def parsed(text: str) -> tuple[str, Mapping[str, str]]:
    """The name and the parameters of `NAME:probability=0.2,seconds=3`. Raises ValueError where that is not its form."""
    name, colon, rest = text.partition(":")
    pairs = [pair.partition("=") for pair in rest.split(",")] if colon else []
    if not all(key and equals and value for key, equals, value in pairs):
        raise ValueError(f"{text!r} must be NAME or NAME:parameter=value,parameter=value")
    return name, {key: value for key, _, value in pairs}


def _known(name: str) -> type[Hardship]:
    hardship = _HARDSHIPS.get(name)
    if hardship is None:
        alike = get_close_matches(name, _HARDSHIPS, n=3, cutoff=0.4)
        hint = f"did you mean {' or '.join(alike)}?" if alike else f"there are {', '.join(_HARDSHIPS)}"
        raise ValueError(f"{name!r} is no hardship; {hint}")
    return hardship
