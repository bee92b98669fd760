"""The mutants of the kill matrix: every fault under every condition that makes sense for it, and faults side by side.

A fault names a lie, a condition where it is told. Which axes a fault is conditioned by is declared here, by the requirement that
it is aimed at; of their conditions those are tried that mean a request to which the fault makes a difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache

from mockserver.modifications.condition import METHODS, POSITIONS, SHAPES, parsed
from mockserver.modifications.faults import all_faults
from mockserver.modifications.registry import Modification
from mockserver.modifications.variants import all_variants
from spec import LIST_OPERATIONS, Operation, contract
from tests.killmatrix.script import means, shown_in
from tests.killmatrix.trials import STRICT_READING, Trial, of_fault, of_mutant, of_variant

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

_ALSO: Mapping[str, Sequence[str]] = {
    "position": ("PAGE-6", "PAGE-10", "PAGE-13"),
    "parameter": ("PAGE-10", "FILTER-8"),
    "shape": ("TENANT-5",),
}
"""What falls too where a lie is told at a position, under a filter or to a shape alone."""

_REACH: Mapping[str, Sequence[str]] = {
    "AUTH-1": ("operation", "HEAD"),
    "AUTH-2": ("operation", "HEAD"),
    "AUTH-3": ("operation", "HEAD"),
    "AUTH-6": ("operation", "HEAD"),
    "SCOPE-1": ("operation", "HEAD"),
    "OP-1": ("operation", "position", "state"),
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
    "TENANT-5": ("operation", "HEAD"),
    "TENANT-6": (),
    "ERROR-5": ("operation", "HEAD", "position", "parameter", "state", "value", "shape"),
    "RATE-1": ("operation", "HEAD"),
    **{f"RATE-{number}": () for number in range(2, 9)},
    **{f"FILTER-{number}": ("position", "parameter") for number in range(1, 10)},
}
"""The axes of a fault by the requirement that it is aimed at; the operation alone for those that are not here."""

_REACH_OF_FAULTS: Mapping[str, Sequence[str]] = {
    "filters-ignored": ("position", "parameter", "value"),
    "filters-find-nothing": ("position", "parameter", "value"),
    "list-id-ignored": ("position", "parameter", "value"),
    "qualification-status-ignored": ("position", "parameter", "value"),
    "draft-status-ignored": ("position", "parameter", "value"),
    "contact-id-ignored": ("position", "parameter", "value"),
    "limit-ignored": ("operation", "position", "parameter"),
    "no-limit-at-all": ("operation",),
    "failures-not-counted": ("operation",),
}

_UNSEEN = ("no-limit-at-all", "failures-not-counted")
"""Faults that the script cannot see, whose conditions are all tried."""

_SAMPLED = 6
"""Mutants of each axis in the sample."""

_ONLY_UNDER_A_CONDITION = ("everything-crashes",)
"""Faults that leave nothing to be judged when they are told to everybody."""

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


def conditioned(fault: Modification) -> Iterator[Trial]:
    """A fault under each condition that makes sense for it."""
    axes = _REACH_OF_FAULTS.get(fault.name, _REACH.get(fault.breaks[0], ("operation",)))
    if fault.on_state is not None or fault.applies_to == "deliveries" or not axes:
        return
    shown = None if fault.name in _UNSEEN else shown_in(fault)
    for axis in axes:
        for text in AXES[axis]:
            if shown is None or means(parsed(text), shown):
                yield of_mutant(f"{fault.name}@{text}", axis, _ALSO.get(axis, ()))


def pairs() -> Iterator[Trial]:
    """A slip of the schema beside a leak: both must be told."""
    for slip in _SLIPS:
        for leak in _BESIDE:
            yield of_mutant(f"{slip}+{leak}", "pair")


def plain() -> list[Trial]:
    """Every variant of the mock, which take longest, its other reading of the rate limits, and every fault, told to all."""
    faults = [of_fault(name) for name in all_faults() if name not in _ONLY_UNDER_A_CONDITION]
    return [*map(of_variant, all_variants()), STRICT_READING, *faults]


@cache
def mutants() -> Sequence[Trial]:
    """Every fault under its conditions, and the pairs."""
    return [*(trial for fault in all_faults().values() for trial in conditioned(fault)), *pairs()]


def whole() -> list[Trial]:
    """The whole matrix."""
    return [*plain(), *mutants()]


def sample() -> list[Trial]:
    """Every variant, every fault, and mutants that cover every axis, and every fault that needs a condition; always the same."""
    chosen: dict[str, Trial] = {}
    for axis in (*AXES, "pair"):
        of_axis = [trial for trial in mutants() if trial.axis == axis]
        step = max(1, len(of_axis) // _SAMPLED)
        chosen |= {trial.name: trial for trial in of_axis[step // 2 :: step][:_SAMPLED]}
    for name in _ONLY_UNDER_A_CONDITION:
        trial = next(each for each in mutants() if each.name.startswith(f"{name}@"))
        chosen[trial.name] = trial
    return [*plain(), *chosen.values()]
