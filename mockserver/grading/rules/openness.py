"""OPEN: answers may have unknown members, unknown values and nulls (the schemas: responses are open)."""

from __future__ import annotations

from collections.abc import Iterator

from mockserver.grading.records import Finding, Judgement, ListKey, Run
from mockserver.grading.rules.rule import counted, judged, rule
from mockserver.grading.sequences import Walk, walks

_FROM_ANSWERS = frozenset({"listId", "contactId", "q"})
"""Filters whose values a client takes from answers, so that its walks of these lists depend on earlier answers."""


@rule("OPEN-1")
def the_unknown_is_survived(run: Run) -> Judgement:
    """The lists are walked as far as in the plain run, and the exit code is the same."""
    if run.plain is None or not run.is_whole:
        return judged(exercised=False)
    before, here = _farthest(run.plain), _farthest(run)
    findings = list(_fallen_short(before, here))
    if run.exit_code != run.plain.exit_code:
        last = tuple(exchange.number for exchange in run.exchanges[-1:])
        findings.append(
            Finding(last, f"the exit code is {run.exit_code}, and was {run.plain.exit_code} in the plain run")
        )
    return judged(bool(before), findings)


def _farthest(run: Run) -> dict[ListKey, Walk]:
    """The walk with the most items of each list."""
    found: dict[ListKey, Walk] = {}
    for walk in walks(run.exchanges):
        if any(name in _FROM_ANSWERS for name, _ in walk.key.filters):
            continue
        if walk.key not in found or _how_far(walk) > _how_far(found[walk.key]):
            found[walk.key] = walk
    return found


def _fallen_short(before: dict[ListKey, Walk], here: dict[ListKey, Walk]) -> Iterator[Finding]:
    for key, walk in before.items():
        other = here.get(key)
        if other is None:
            yield Finding((), f"{key} was not asked, and was in the plain run")
        elif _how_far(other) < _how_far(walk):
            last = other.pages[-1]
            stopped = f"the walk over {key} stopped after {counted(other.items, 'item')}"
            yield Finding((last.number,), f"{stopped}, and went to {walk.items} in the plain run")


def _how_far(walk: Walk) -> tuple[bool, int]:
    return walk.ended, 0 if walk.ended else walk.items
