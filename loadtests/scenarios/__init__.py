"""The scenarios: each a small module whose docstring is its claim, and whose SCENARIO says what is sent and what is judged."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module

from loadtests.scenarios.generator import SCENARIO as GENERATOR
from loadtests.scenarios.scenario import Scenario

_NAMES = ("steady", "burst", "overload", "border", "neighbours", "crowd", "soak")


@cache
def scenarios() -> Mapping[str, Scenario]:
    """All scenarios by name, in the order in which they are listed."""
    return {name: import_module(f"{__name__}.{name}").SCENARIO for name in _NAMES}


def named(name: str) -> Scenario | None:
    """The scenario of that name; also the one that is no test of a target, which no list shows."""
    return GENERATOR if name == GENERATOR.name else scenarios().get(name)
