"""Whether two readings of one resource agree, and which resources are worth reading twice (OP-3)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

Resource = dict[str, Any]

_ENOUGH = 4


def disagreement(one: Resource, other: Resource) -> str | None:
    """The first shared member in which two readings of a resource differ, in one line; None if they agree.

    Two spellings of one moment are equal, and the order of a set of ids or names does not matter.
    """
    for member, value in one.items():
        if member in other and not _equal(value, other[member]):
            return f"{member} is {_short(value)} and {_short(other[member])}"
    return None


def steady(one: Resource, other: Resource) -> Resource:
    """The members that are equal in two readings of a resource. Others change by themselves, such as a counter of readings."""
    return {member: value for member, value in one.items() if member in other and _equal(value, other[member])}


def telling(resources: Sequence[Resource], most: int, others: Sequence[Resource]) -> list[Resource]:
    """A few resources of a list: its first and last, those with the most awkward values, and as many `others` as fit."""
    if not resources:
        return []
    picked = [
        resources[0],
        max(resources, key=_foreign_characters),
        max(resources, key=_punctuation),
        max(resources, key=lambda resource: sum(value is None for value in resource.values())),
        max(resources, key=lambda resource: len(json.dumps(resource))),
        *_with_longest_arrays(resources),
        max(resources, key=_capitals_in_addresses),
        resources[-1],
        *others,
    ]
    return list({resource["id"]: resource for resource in picked}.values())[:most]


def moment(text: Any) -> datetime | None:
    """The moment that an RFC 3339 timestamp names; None for anything else."""
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else None


def _equal(a: Any, b: Any) -> bool:
    if a == b:
        return True
    if moment(a) is not None:
        return moment(a) == moment(b)
    scalars = isinstance(a, list) and isinstance(b, list) and all(isinstance(v, str) for v in (*a, *b))
    return scalars and sorted(a) == sorted(b)


def _foreign_characters(resource: Resource) -> int:
    text = json.dumps(resource, ensure_ascii=False)
    return len(text.encode("utf-8", "surrogatepass")) - len(text)


def _with_longest_arrays(resources: Sequence[Resource]) -> list[Resource]:
    """A few, from all parts: if arrays are cut to a length, most of those that have it may be whole."""
    lengths = [max((len(value) for value in one.values() if isinstance(value, list)), default=0) for one in resources]
    longest = [one for one, length in zip(resources, lengths, strict=True) if length == max(lengths) > 0]
    return longest[:: max(1, len(longest) // _ENOUGH)][:_ENOUGH]


def _capitals_in_addresses(resource: Resource) -> int:
    """How many letters would be others in lower case, in email addresses, which a server may fold."""
    addresses = [value for value in resource.values() if isinstance(value, str) and "@" in value]
    return sum(letter != letter.lower() for address in addresses for letter in address)


def _punctuation(resource: Resource) -> int:
    texts = "".join(value for value in resource.values() if isinstance(value, str))
    return sum(map(texts.count, "\"'\\<>&%"))


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:60]}…"
