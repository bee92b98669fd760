"""A requirement explained: what it asks, what it rests on, what is tried, what is usually the cause, which faults show it."""

from __future__ import annotations

import importlib
import inspect
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import spec
from conformance.cases.tables import depths
from conformance.report.causes import usual_cause
from conformance.report.mock_faults import faults_of

_PACKAGE = __name__.partition(".")[0]


def explanation(requirement: spec.Requirement, width: int) -> list[str]:
    """The explanation in lines. The checks are those of the gate's test modules, which are imported for it."""
    parts = [
        (f"{requirement.id} ({requirement.level})", requirement.title),
        ("basis", requirement.basis),
        ("reading", requirement.reading or ""),
        ("needs", ", ".join(requirement.needs).replace("|", " or ")),
        ("usual cause", usual_cause(requirement.id)),
        *(("tried", told) for told in _checks_of(requirement.id)),
        *(("fault of the mock", told) for told in faults_of(requirement.id)),
    ]
    return [line for name, text in parts if text for line in _wrapped(f"{name}: {text}", width)]


def _checks_of(id_: str) -> Iterator[str]:
    for path in sorted(Path(__file__).parents[1].glob("test_*.py")):
        module = importlib.import_module(f"{_PACKAGE}.{path.stem}")
        for function in _checks(module):
            if any(mark.name == "requirement" and mark.args[0] == id_ for mark in function.pytestmark):
                first = (inspect.getdoc(function) or "").partition("\n\n")[0]
                cases = f" Cases: {told}." if (told := depths(function)) else ""
                yield f"{path.name}::{function.__name__}: {' '.join(first.split())}{cases}"


def _checks(module: ModuleType) -> Iterator[Any]:
    return (value for name, value in vars(module).items() if name.startswith("test_") and hasattr(value, "pytestmark"))


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, subsequent_indent="  ", break_on_hyphens=False)
