"""The mutants of the kill matrix: every fault under every condition that makes sense for it, and faults side by side.

A fault names a lie; a condition says for which requests the mock tells it. This module declares the axes of conditions
for a fault, by the requirement that the fault is aimed at. Of their conditions, only those are tried whose requests the
fault changes.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import chain
from pathlib import Path

from mockserver.modifications.condition import METHODS, POSITIONS, SHAPES, parsed
from mockserver.modifications.faults import all_faults
from mockserver.modifications.variants import all_variants
from spec import LIST_OPERATIONS, Operation, contract
from tests.killmatrix.trials import STRICT_READING, Trial, of_fault, of_mutant, of_variant
from tests.support.telling_requests import makes_another_of_it, shown_in

SAMPLE = Path(__file__).with_name("sample.txt")

_OPERATIONS = contract().operations
_SINGLES = ("getContact", "getContactResearch", "getList", "getDraft")
_STATES = {
    "getContact": ("researched", "unresearched", "pending", "qualified", "unqualified", "disqualified"),
    "getContactResearch": ("researched", "unresearched"),
    "getList": ("archived", "unarchived"),
    "getDraft": ("draft", "approved", "scheduled", "sent", "replied", "bounced"),
    "listContacts": ("archived", "unarchived", "pending", "qualified", "disqualified"),
    "listDrafts": ("researched", "unresearched", "draft", "approved", "sent", "replied", "bounced"),
}


def _of(operations: Iterable[str], member: str, values: Iterable[str]) -> list[str]:
    return [f"operation={operation},{member}={value}" for operation in operations for value in values]


def _filters(operation: Operation) -> list[str]:
    return [f"operation={operation.id},parameter={name}" for name in operation.filters]


AXES: Mapping[str, Sequence[str]] = {
    "operation": [f"operation={operation}" for operation in _OPERATIONS],
    "HEAD": _of(_OPERATIONS, "method", ["HEAD"]),
    "write": _of(_OPERATIONS, "method", [method for method in METHODS if method not in ("GET", "HEAD")]),
    "position": _of(LIST_OPERATIONS, "position", POSITIONS),
    "parameter": [condition for operation in LIST_OPERATIONS for condition in _filters(_OPERATIONS[operation])],
    "state": [each for operation in _SINGLES for each in _of([operation], "state", _STATES[operation])],
    "value": [
        each for operation in ("listContacts", "listDrafts") for each in _of([operation], "state", _STATES[operation])
    ],
    "shape": _of((*_SINGLES, *LIST_OPERATIONS), "shape", SHAPES),
    "every": ["every=2"],
}
"""The conditions of each axis."""

_AXIS_OF = {text: axis for axis, texts in AXES.items() for text in texts}

_REACH: Mapping[str, Sequence[str]] = {
    "OP-1": ("operation", "position"),
    "OP-3": ("operation", "state"),
    "OP-4": ("state",),
    "OP-5": ("state",),
    "OP-6": ("write",),
    "OP-8": (),
    "OP-9": (),
    "PAGE-3": ("operation", "position"),
    "PAGE-4": ("operation", "position"),
    "PAGE-6": ("operation", "parameter"),
    "PAGE-7": ("operation", "parameter"),
    "PAGE-8": ("operation", "parameter"),
    "PAGE-10": ("operation", "parameter"),
    "PAGE-11": (),
    "TENANT-1": ("operation", "position", "parameter", "every"),
    "TENANT-2": ("operation", "HEAD", "state", "shape", "every"),
    "TENANT-3": ("position", "value", "shape"),
    "TENANT-6": (),
    **{f"RATE-{number}": () for number in range(2, 9)},
    **{f"FILTER-{number}": ("position", "parameter") for number in range(1, 10)},
}
"""The axes of a fault by the requirement that it is aimed at; for other requirements, only the operation."""

_REACH_OF_FAULTS: Mapping[str, Sequence[str]] = {
    **dict.fromkeys(
        (
            "anonymous-served",
            "unknown-key-served",
            "revoked-key-served",
            "expired-key-served",
            "refusal-carries-validator",
            "refusal-carries-length",
            "unknown-id-before-key",
            "no-scope-needed",
            "organization-header-honoured",
            "organization-parameter-honoured",
            "rate-headers-missing",
        ),
        ("operation", "HEAD"),
    ),
    **dict.fromkeys(
        (
            "filters-ignored",
            "filters-find-nothing",
            "list-id-ignored",
            "qualification-status-ignored",
            "draft-status-ignored",
            "contact-id-ignored",
        ),
        ("position", "parameter", "value"),
    ),
    # The secondary organization asks for plain forms alone.
    "ids-of-the-first-shown": ("operation", "HEAD"),
    **dict.fromkeys(("list-ids-of-the-first-lead-there", "contact-ids-of-the-first-lead-there"), ("operation",)),
    "encoded-paths-of-everybody": ("operation",),
    # Under the filter by contact alone, FILTER-6 tells it.
    "rejected-drafts-kept-back": ("operation",),
    "everything-crashes": ("operation", "HEAD", "position", "parameter", "state", "value", "shape"),
    "limit-ignored": ("operation", "position", "parameter"),
    "no-limit-at-all": ("operation",),
    "failures-not-counted": ("operation",),
}
"""The axes of faults that are general enough for more than one axis."""

_UNSEEN = ("no-limit-at-all", "failures-not-counted")
"""Faults that the script cannot see, so all their conditions are tried."""

_ONLY_UNDER_A_CONDITION = ("everything-crashes",)
"""Faults that leave nothing to judge if they apply to every request."""

_SLOWEST = "slow-answers"
"""A variant that waits for minutes while other trials use the processor."""

_SLIPS = ("scores-as-strings", "ids-as-integers", "times-without-zone", "last-cursor-empty")
_BESIDE = (
    *(f"foreign-resources-shown@operation={operation}" for operation in _SINGLES),
    *(f"pages-of-everybody@operation={operation}" for operation in LIST_OPERATIONS),
    "foreign-list-id-leaks",
    "foreign-contact-id-leaks",
    "foreign-cursor-leaks",
    "organization-header-honoured",
    "anonymous-served@operation=getDraft",
    "revoked-key-served@operation=listEvents",
    "no-scope-needed@operation=getContactResearch",
    "cursor-skips-ties",
    "draft-status-ignored",
    "list-id-ignored@position=later",
    "writes-accepted@operation=getContact,method=PATCH",
    "invalid-key-repeated",
    "delivered-to-everybody",
)


def conditioned(name: str) -> list[Trial]:
    """A fault under each condition that makes sense for it."""
    fault = all_faults()[name]
    axes = _REACH_OF_FAULTS.get(name, _REACH.get(fault.breaks[0], ("operation",)))
    if fault.on_state is not None or fault.applies_to == "deliveries" or not axes:
        return []
    texts = [text for axis in axes for text in AXES[axis]]
    if name not in _UNSEEN:
        shown = shown_in(fault)
        texts = [text for text in texts if makes_another_of_it(parsed(text), shown)]
    return [mutant(f"{name}@{text}") for text in texts]


def mutant(name: str) -> Trial:
    """The mutant of that name: `fault@condition`, or several joined by `+`. Raises ValueError for any other name."""
    return of_mutant(name, "pair" if "+" in name else _AXIS_OF.get(name.partition("@")[2], ""))


def pairs() -> list[Trial]:
    """A broken schema together with a leak: the gate must report both."""
    return [mutant(f"{slip}+{leak}") for slip in _SLIPS for leak in _BESIDE]


def plain() -> list[Trial]:
    """Every variant of the mock (the slowest first), its other reading of the rate limits, and every fault, unconditioned.

    A fault is judged by the checks that must catch it, a variant by all.
    """
    variants = sorted(all_variants(), key=lambda name: name != _SLOWEST)
    faults = (of_fault(name) for name in all_faults() if name not in _ONLY_UNDER_A_CONDITION)
    return [*map(of_variant, variants), STRICT_READING, *map(focused, faults)]


def whole() -> list[Trial]:
    """The whole matrix: all of the above, every fault under its conditions, and the pairs. It takes a while.

    All checks judge the variants and the mutants of `sample.txt`.
    """
    logging.disable()  # crashes are meant here
    with ProcessPoolExecutor() as pool:
        under_conditions = list(chain.from_iterable(pool.map(conditioned, all_faults(), chunksize=4)))
    logging.disable(logging.NOTSET)
    in_full = set(_sampled())
    others = [each if each.name in in_full else focused(each) for each in (*under_conditions, *pairs())]
    return [*plain(), *others]


def sample() -> list[Trial]:
    """Every variant, every fault, and a fixed sample of mutants that has every condition: `sample.txt`."""
    return [*plain(), *map(mutant, _sampled())]


def focused(trial: Trial) -> Trial:
    """The trial, judged by the checks that must catch it first."""
    return replace(trial, focused=True)


def _sampled() -> list[str]:
    return SAMPLE.read_text("utf-8").split()
