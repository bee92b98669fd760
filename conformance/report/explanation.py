"""A requirement explained: what it asks, what it rests on, what is tried, what is usually the cause, which faults show it."""

from __future__ import annotations

import importlib
import inspect
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import spec
from conformance.cases.tables import depths
from conformance.oracles.exchanges import ORACLES
from conformance.report.causes import usual_cause
from conformance.report.mock_faults import faults_of

_PACKAGE = __name__.partition(".")[0]


def explanation(requirement: spec.Requirement, width: int) -> list[str]:
    """The explanation in lines."""
    parts = [(f"{requirement.id} ({requirement.level})", requirement.title), *explained(requirement)]
    return [line for name, text in parts for line in _wrapped(f"{name}: {text}", width)]


def explained(requirement: spec.Requirement) -> list[tuple[str, str]]:
    """What is to be said of a requirement, by what it is. The gate's test modules are imported for what is tried."""
    parts = [
        ("basis", requirement.basis),
        ("reading", requirement.reading or ""),
        ("needs", ", ".join(requirement.needs).replace("|", " or ")),
        ("usual cause", usual_cause(requirement.id)),
        *(("tried", told) for told in _checks_of(requirement.id)),
        *(("fault of the mock", told) for told in faults_of(requirement.id)),
    ]
    return [(name, text) for name, text in parts if text]


def _checks_of(id_: str) -> Iterator[str]:
    if any(oracle.requirement == id_ for oracle in ORACLES):
        yield "test_every_exchange.py::test_every_exchange: Every answer of the run is looked at."
    for path in sorted(Path(__file__).parents[1].glob("test_*.py")):
        module = importlib.import_module(f"{_PACKAGE}.{path.stem}")
        for function in _checks(module):
            if any(mark.name == "requirement" and mark.args[0] == id_ for mark in _marks(function.pytestmark)):
                first = (inspect.getdoc(function) or "").partition("\n\n")[0]
                cases = f" Cases: {told}." if (told := depths(function)) else ""
                yield f"{path.name}::{function.__name__}: {' '.join(first.split())}{cases}"


def _checks(module: ModuleType) -> Iterator[Any]:
    return (value for name, value in vars(module).items() if name.startswith("test_") and hasattr(value, "pytestmark"))


def _marks(of_function: Iterable[pytest.Mark]) -> Iterator[pytest.Mark]:
    """The marks of a check, and those of its parameters alone."""
    for mark in of_function:
        yield mark
        if mark.name == "parametrize":
            yield from (getattr(own, "mark", own) for value in mark.args[1] for own in getattr(value, "marks", ()))


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, subsequent_indent="  ", break_on_hyphens=False)
