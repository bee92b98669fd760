"""The registration of rules: a rule is a pure function from a run to a judgement, under the id of its requirement."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from mockserver.grading.records import Exchange, Finding, Judgement, Run

Rule = Callable[[Run], Judgement]

_RULES: dict[str, Rule] = {}

_MOST_SHOWN = 10
"""The number of findings of one rule in one run that are reported in full. Further ones are only counted."""


def rule(requirement: str) -> Callable[[Rule], Rule]:
    """Register a function as the rule of a requirement. Raises ValueError if there is one already."""

    def register(judge: Rule) -> Rule:
        if requirement in _RULES:
            raise ValueError(f"{requirement} has two rules")
        _RULES[requirement] = judge
        return judge

    return register


def registered() -> Mapping[str, Rule]:
    """The rules by their requirements' ids."""
    return _RULES


def judged(exercised: bool, findings: Iterable[Finding] = ()) -> Judgement:
    """A judgement. If there are very many findings, it has the first ones and the number of the others."""
    found = list(findings)
    if len(found) > _MOST_SHOWN:
        rest = found[_MOST_SHOWN:]
        found = [*found[:_MOST_SHOWN], Finding(rest[0].numbers, f"and {len(rest)} more like these")]
    return Judgement(exercised or bool(found), tuple(found))


def shown(exchange: Exchange) -> str:
    """A request in a sentence."""
    return f"request {exchange.number} ({exchange.method} {exchange.target})"


def seconds(value: float) -> str:
    """A time in a sentence: `0.4 s`, `12 s`."""
    return f"{value:.1f} s" if value < 10 and round(value, 1) != int(value) else f"{value:.0f} s"


def counted(count: int, noun: str, plural: str = "") -> str:
    """A number with its noun: `1 request`, `2 requests`. `plural` is the noun's plural if it does not end in an `s`."""
    return f"{count} {noun}" if count == 1 else f"{count} {plural or f'{noun}s'}"
