"""The rules, one module for each family, and the judgement of a run by all of them."""

from __future__ import annotations

from collections.abc import Mapping

from mockserver.grading.records import PLAIN, Judgement, Run
from mockserver.grading.rules import ask, cost, failures, hooks, key, openness, pace, walk
from mockserver.grading.rules.rule import registered
from spec.client_requirements import ClientRequirement, client_requirements

__all__ = ["applies", "judge", "registered"]

_FAMILIES = (key, walk, ask, pace, failures, openness, cost, hooks)

_EXERCISE_ALONE = ("COST-1", "COST-2", "COST-3")
"""Requirements that are judged only in the plain run, because a hardship makes a client repeat requests."""


def applies(requirement: ClientRequirement, trial: str) -> bool:
    """Whether a requirement judges runs of that name."""
    if requirement.id in _EXERCISE_ALONE:
        return trial == PLAIN
    return requirement.every_run or trial in requirement.trials


def judge(run: Run) -> Mapping[str, Judgement]:
    """The judgements of a run, by the ids of the requirements that apply to it, in the table's order."""
    rules = registered()
    return {
        requirement.id: rules[requirement.id](run)
        for requirement in client_requirements()
        if applies(requirement, run.trial)
    }
