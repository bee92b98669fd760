"""The requirements of a run (`--only`), and the list of all requirements (`--list`)."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence

import spec
from spec.misspelled import meant
from spec.target import Target

_COLUMNS = 17
_NUMBERED = re.compile(r"([\w.]+)\[(\d+)\]")


class SelectionError(Exception):
    """A family or requirement that does not exist; its message is one line."""


def select(wanted: Sequence[str]) -> frozenset[str] | None:
    """The ids that `--only` names: families and ids, separated by commas. None if the option is not given: all of them.

    Raises SelectionError, also if the option is given and names nothing.
    """
    names = [name.strip() for names in wanted for name in names.split(",") if name.strip()]
    if wanted and not names:
        raise SelectionError(f"names no family and no requirement; families are {', '.join(_families())}")
    return frozenset(id_ for name in names for id_ in _ids_of(name)) or None


def selected(ids: frozenset[str] | None) -> list[spec.Requirement]:
    """The requirements of a run, in the contract's order."""
    return [requirement for requirement in spec.requirements() if ids is None or requirement.id in ids]


def missing(requirement: spec.Requirement, target: Target | None) -> list[str]:
    """The members that a requirement needs and the target's description lacks. None is the embedded mock, which has all."""
    return [need for need in requirement.needs if target and not target.offers(need)]


def in_words(needs: Sequence[str]) -> str:
    """Members of a target's description, as words of a sentence: each once, with the largest number of keys."""
    most: dict[str, int] = {}
    for member in (need for need in needs if "|" not in need):
        path, number = _numbered(member)
        most[path] = max(number, most.get(path, 0))
    # Where one of two members will do, one that is named already is enough.
    choices = [need for need in needs if not any(_within(member, most) for member in need.split("|"))]
    named = [_member(path, number) for path, number in most.items()]
    named += [" or ".join(_member(*_numbered(member)) for member in need.split("|")) for need in dict.fromkeys(choices)]
    return ", ".join(named)


def _numbered(member: str) -> tuple[str, int]:
    """A member without its index, and how many of its keys are needed."""
    place = _NUMBERED.fullmatch(member)
    return (place[1], int(place[2]) + 1) if place else (member, 1)


def _within(member: str, most: Mapping[str, int]) -> bool:
    path, number = _numbered(member)
    return number <= most.get(path, 0)


def _member(path: str, number: int) -> str:
    return path if number == 1 else f"{number} keys in {path}"


def listing(ids: frozenset[str] | None, target: Target | None, width: int) -> list[str]:
    """All requirements in lines: each with its level, what it needs, and which of that this target lacks."""
    requirements = selected(ids)
    lines = []
    for requirement in requirements:
        head = f"{requirement.id:<10}{requirement.level:<7}"
        lines += _wrapped(head, requirement.title, width)
        if requirement.needs:
            lines += _wrapped("", _need(requirement, target), width)
    testable = sum(not missing(requirement, target) for requirement in requirements)
    offers = f"{'This target' if target else 'The embedded mock'} offers what {testable} of {len(requirements)} need."
    return [*lines, "", offers]


def _need(requirement: spec.Requirement, target: Target | None) -> str:
    lacking = missing(requirement, target)
    if len(lacking) == len(requirement.needs):
        return f"needs {in_words(requirement.needs)}: not offered"
    return f"needs {in_words(requirement.needs)}: {f'lacks {in_words(lacking)}' if lacking else 'offered'}"


def _wrapped(head: str, text: str, width: int) -> list[str]:
    return textwrap.wrap(
        text, width, initial_indent=f"{head:<{_COLUMNS}}", subsequent_indent=" " * _COLUMNS, break_on_hyphens=False
    )


def _ids_of(name: str) -> list[str]:
    wanted = name.upper()
    found = [requirement.id for requirement in spec.requirements() if wanted in (requirement.id, requirement.family)]
    if not found:
        raise SelectionError(f"no family or requirement {name!r}{_suggestion(wanted)}")
    return found


def _suggestion(name: str) -> str:
    names = dict.fromkeys(n for requirement in spec.requirements() for n in (requirement.family, requirement.id))
    return meant(name, names, f"families are {', '.join(_families())}")


def _families() -> list[str]:
    return list(dict.fromkeys(requirement.family for requirement in spec.requirements()))
