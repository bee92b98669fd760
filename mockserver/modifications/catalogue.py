"""A catalogue of modifications: the classes that some modules define, each by its name for the command line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import is_dataclass
from types import ModuleType
from typing import Any, Generic, Literal, TypeVar

from mockserver.api.pipeline import Modification

AppliesTo = Literal["requests", "deliveries"]
"""What a modification changes: answers to requests, or deliveries to webhook endpoints."""

M = TypeVar("M", bound=Modification)

_NEW_WORD = re.compile(r"(?<=[a-z])(?=[A-Z0-9])|(?<=[A-Z0-9])(?=[A-Z][a-z])")


class Catalogue(Generic[M]):
    """The modifications of one kind that some modules define."""

    def __init__(self, *modules: ModuleType) -> None:
        self._classes: Mapping[str, type[M]] = collect(*modules)

    def all(self) -> Mapping[str, type[M]]:
        """Every one by its name."""
        return self._classes

    def names(self) -> Iterable[str]:
        """The names of all."""
        return self._classes.keys()

    def named(self, name: str) -> M:
        """A new one of that name. Raises KeyError."""
        return self._classes[name]()


def collect(*modules: ModuleType) -> Mapping[str, Any]:
    """The public dataclasses of the modules by their names in kebab-case, in the order in which they stand there.

    Raises ValueError where two have one name.
    """
    found: dict[str, Any] = {}
    for module in modules:
        for value in vars(module).values():
            if not (isinstance(value, type) and is_dataclass(value) and _belongs_to(value, module)):
                continue
            name = kebab_case(value.__name__)
            if name in found:
                raise ValueError(f"two modifications are named {name}")
            found[name] = value
    return found


def kebab_case(name: str) -> str:
    """`DefaultOf49` → `default-of-49`."""
    return _NEW_WORD.sub("-", name).lower()


def _belongs_to(value: type, module: ModuleType) -> bool:
    return value.__module__ == module.__name__ and not value.__name__.startswith("_")
