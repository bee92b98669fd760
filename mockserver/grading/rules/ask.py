"""ASK: what is asked (documentation, "Endpoints")."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mockserver.api import paths
from mockserver.api.documentation import PAGE as DOCUMENTATION
from mockserver.api.keys import PREFIX
from mockserver.grading.facts import known_values, parameter_names
from mockserver.grading.records import Exchange, Finding, Judgement, Run
from mockserver.grading.rules.rule import judged, rule, shown
from mockserver.grading.sequences import by_beginning

_NO_ID = re.compile(
    r"|undefined|null|nan|none|nil|<nil>|<no value>|\[object \w+\]|%[sdv]|:\w*id|<\w*id>|[$#]?\{+\s*[\w.]+\s*\}+",
    re.IGNORECASE,
)
"""The texts that programs put into a path if they have no id: a word for nothing, or a name that was to be filled in."""

_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_SHOWN = re.compile(rb'"(?:qualificationStatus|status|eventType)"\s*:\s*"([^"\\]+)"')
_OWN_ID = frozenset({"listId", "contactId"})


@rule("ASK-1")
def documented_paths_and_methods(run: Run) -> Judgement:
    """Paths are documented, and methods are GET, HEAD or OPTIONS. Other addresses count only if the request carries a key."""
    findings = []
    for exchange in run.exchanges:
        if not exchange.asked and _is_meant_for_the_api(exchange):
            findings.append(Finding((exchange.number,), f"{shown(exchange)} asks a path that is not documented"))
        elif exchange.asked and exchange.method not in _METHODS:
            findings.append(Finding((exchange.number,), f"{shown(exchange)} uses a method that is not documented"))
    return judged(any(_more_than_me(exchange) for exchange in run.exchanges), findings)


@rule("ASK-2")
def documented_parameters(run: Run) -> Judgement:
    """Query parameters are the operation's documented ones, each at most once. KEY-1 judges a key in the query."""
    findings = []
    exercised = False
    for exchange in run.exchanges:
        if not exchange.asked or exchange.method == "OPTIONS":
            continue
        known = parameter_names(exchange.operation)
        exercised = exercised or any(name in known for name, _ in exchange.query)
        unknown = sorted({name for name, value in exchange.query if name not in known and PREFIX not in value})
        repeated = sorted(name for name in known if sum(name == other for other, _ in exchange.query) > 1)
        findings += [
            Finding((exchange.number,), f"{shown(exchange)} {told}: {', '.join(f'`{name}`' for name in names)}")
            for names, told in (
                (unknown, "has parameters that the API ignores"),
                (repeated, "repeats parameters, which the API takes once"),
            )
            if names
        ]
    return judged(exercised, findings)


@rule("ASK-3")
def known_values_and_ids(run: Run) -> Judgement:
    """Values are documented, or an earlier answer had them; ids are not empty words such as `undefined`."""
    seen = _values_shown(run.plain) if run.plain else set()
    findings = []
    exercised = False
    for exchange in by_beginning(run.exchanges):
        if exchange.asked and exchange.method != "OPTIONS":
            resource_id = exchange.asked.resource_id
            exercised = exercised or resource_id is not None or _has_values(exchange)
            if resource_id is not None and _NO_ID.fullmatch(resource_id.strip()):
                findings.append(Finding((exchange.number,), f"{shown(exchange)} has `{resource_id}` for an id"))
            findings += [
                Finding(
                    (exchange.number,), f"{shown(exchange)} has `{name}={value}`, which the documentation does not know"
                )
                for name, value in _unknown_values(exchange, seen)
            ]
        seen.update(_shown_by(exchange))
    return judged(exercised, findings)


def _is_meant_for_the_api(exchange: Exchange) -> bool:
    if exchange.path.startswith(DOCUMENTATION):
        return False
    return paths.is_api(exchange.path) or exchange.key is not None or bool(exchange.leaks)


def _more_than_me(exchange: Exchange) -> bool:
    return exchange.operation not in ("", "getMe") and exchange.method in _METHODS


def _has_values(exchange: Exchange) -> bool:
    return any(known_values(exchange.operation, name) or name in _OWN_ID for name, _ in exchange.query)


def _unknown_values(exchange: Exchange, seen: set[str]) -> Iterator[tuple[str, str]]:
    for name, value in exchange.query:
        if name in _OWN_ID and _NO_ID.fullmatch(value.strip()):
            yield name, value
        known = known_values(exchange.operation, name)
        if known is None:
            continue
        values = value.split(",") if name == "eventType" else [value]
        yield from ((name, one) for one in values if one not in known and one not in seen)


def _values_shown(run: Run) -> set[str]:
    return set().union(*(_shown_by(exchange) for exchange in run.exchanges))


def _shown_by(exchange: Exchange) -> set[str]:
    return {value.decode("utf-8", "replace") for value in _SHOWN.findall(exchange.body)}
