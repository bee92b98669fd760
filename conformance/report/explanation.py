"""A requirement explained: its text, its basis, what is tried, the usual cause, and the faults that break it."""

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
from conformance.report.causes import usual_causes
from conformance.report.mock_faults import faults_of

_PACKAGE = __name__.partition(".")[0]


def explanation(requirement: spec.Requirement, width: int) -> list[str]:
    """The explanation in lines."""
    parts = [(f"{requirement.id} ({requirement.level})", requirement.title), *explained(requirement)]
    return [line for name, text in parts for line in _wrapped(f"{name}: {text}", width)]


def explained(requirement: spec.Requirement) -> list[tuple[str, str]]:
    """The parts of an explanation, by their titles. Imports the gate's test modules to say what is tried."""
    parts = [
        ("basis", requirement.basis),
        ("reading", requirement.reading or ""),
        ("needs", ", ".join(requirement.needs).replace("|", " or ")),
        ("usual cause", "; ".join(usual_causes(requirement.id))),
        *(("tried", told) for told in _checks_of(requirement.id)),
        *(("fault of the mock", told) for told in faults_of(requirement.id)),
    ]
    return [(name, text) for name, text in parts if text]


def takes_the_whole_run(id_: str) -> bool:
    """Whether an answer to any check of a run may break a requirement, not only answers to its own checks."""
    of_its_checks = (mark.kwargs["whole_run"] for _, _, mark in _judging(id_))
    return _is_asked_of_every_answer(id_) or any(of_its_checks)


def _checks_of(id_: str) -> Iterator[str]:
    if _is_asked_of_every_answer(id_):
        yield "test_every_exchange.py::test_every_exchange: Every answer of the run is judged."
    for file, function, _ in _judging(id_):
        first = (inspect.getdoc(function) or "").partition("\n\n")[0]
        cases = f" Cases: {told}." if (told := depths(function)) else ""
        yield f"{file}::{function.__name__}: {' '.join(first.split())}{cases}"


def _is_asked_of_every_answer(id_: str) -> bool:
    return any(oracle.requirement == id_ for oracle in ORACLES)


def _judging(id_: str) -> Iterator[tuple[str, Any, pytest.Mark]]:
    """The checks of a requirement: file, function, and the mark that names it."""
    for path in sorted(Path(__file__).parents[1].glob("test_*.py")):
        for function in _checks(importlib.import_module(f"{_PACKAGE}.{path.stem}")):
            for mark in _marks(function.pytestmark):
                if mark.name == "requirement" and mark.args[0] == id_:
                    yield path.name, function, mark
                    break


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
