"""What a list must hold under its filters, computed from the organization's whole lists."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice, product
from math import ceil
from typing import Any, TypeVar

import spec
from conformance.cases.dataset import Dataset, Resource, Walk
from conformance.cases.resource_ids import resembling
from conformance.checks import NotTested, Violation, expect, items

DEFAULT = spec.contract().page_size.default
LARGEST = spec.contract().page_size.maximum
# A filtered list that takes more pages than this is not judged whole.
MOST_PAGES = 12

# How often a list that keeps changing is looked at.
_LOOKS = 3
# How many combinations of values are looked at for one that tells something.
_TRIED = 100
_NO_SUCH_WORD = "no.such-value"
# Lengths of words that no search has a reason to leave out.
_HANDY = range(3, 40)

T = TypeVar("T")

_NAMES = ("firstName", "lastName", "companyName")
SEARCHED = (*_NAMES, "email")

# The filters that have the name of the member that they look at, and the one that does not. `q` is none of them: it may look
# through more than the suite asks for.
_MEMBER_OF = {"listId": "listIds"}
_SEVERAL = "eventType"


@dataclass(frozen=True)
class Value:
    """A value of a filter, and how many of the known resources it lets through: some, and not all."""

    value: str
    count: int


def lets_through(operation: str, filters: Mapping[str, str], resource: Resource) -> bool:
    """Whether a list under these filters shows a resource, as its members say; `q` aside, archived lists only if asked for."""
    return all(told is True for told in _told_of(operation, filters, resource))


def excluded(operation: str, filters: Mapping[str, str], resource: Resource) -> bool:
    """Whether a list under these filters may not show a resource, as its members say. A member that is missing says nothing."""
    return any(told is False for told in _told_of(operation, filters, resource))


def must_show(operation: str, filters: Mapping[str, str], resource: Resource) -> bool:
    """Whether a list under these filters has to show a resource; by `q` those that have it as a word or as their email."""
    needle = filters.get("q")
    return lets_through(operation, filters, resource) and (needle is None or needle in needles(resource))


def exactly(dataset: Dataset, operation: str, *, limit: int, **filters: str) -> Walk:
    """Walk a filtered list, and expect on its pages all that the filters let through, once, and nothing else.

    Raises NotTested where there is too much of it to see the end.
    """
    walked = dataset.walked(operation, limit=limit, most_pages=MOST_PAGES, **filters)
    no_strangers(walked, filters)
    once(walked)
    nothing_missing(dataset, walked, filters)
    return walked


def on_one_page(dataset: Dataset, operation: str, **filters: str) -> None:
    """Expect the largest page of a filtered list to show nothing that is excluded, and all of it where no other follows."""
    page = dataset.walked(operation, limit=LARGEST, most_pages=1, **filters)
    no_strangers(page, filters)
    if page.complete:
        nothing_missing(dataset, page, filters)


def no_strangers(walked: Walk, filters: Mapping[str, str]) -> None:
    """Expect nothing in a filtered walk that the filters exclude."""
    for page in walked.pages:
        strange = [item["id"] for item in items(page) if excluded(walked.operation, filters, item)]
        expect(
            not strange,
            f"{page.request.target} shows {strange[:1]}, which the filter excludes ({len(strange)} of {len(items(page))} items)",
            page,
        )


def nothing_missing(dataset: Dataset, walked: Walk, filters: Mapping[str, str]) -> None:
    """Expect everything known that the filters let through to be in a filtered walk."""
    shown = set(walked.ids)
    wanted = [item["id"] for item in dataset.walk(walked.operation).items if must_show(walked.operation, filters, item)]
    missing = [id_ for id_ in wanted if id_ not in shown]
    if missing and not walked.complete:
        raise NotTested(f"{walked.pages[0].request.target} has no end within {len(walked.pages)} pages")
    expect(
        not missing,
        f"{walked.pages[0].request.target} lacks {missing[:1]}, which the filter lets through "
        f"({len(missing)} of {len(wanted)} items)",
        *walked.pages,
    )


def once(walked: Walk) -> None:
    """Expect no item twice in a walk."""
    repeated = [id_ for id_, times in Counter(walked.ids).items() if times > 1]
    expect(
        not repeated,
        f"{walked.operation}, walked from {walked.pages[0].request.target}, shows {repeated[:1]} more than once "
        f"({len(repeated)} such items)",
        *walked.pages,
    )


def confirmed(dataset: Dataset, operation: str, look: Callable[[Dataset], T]) -> T:
    """What `look` finds, where a Violation counts only if the list did not change meanwhile, or if the last look shows it too.

    On a live host others work while we look.
    """
    for _ in range(_LOOKS - 1):
        try:
            return look(dataset)
        except Violation:
            again = dataset.anew()
            if _by_id(dataset.walk(operation)) == _by_id(again.walk(operation)):
                raise
            dataset = again
    return look(dataset)


def values(dataset: Dataset, operation: str, name: str) -> list[Value]:
    """Values of a filter that narrow a list without emptying it, the most telling first.

    These are the ones that are part of another value (`qualified` of `unqualified`), those that are not the first of a
    resource's values, and those that let so many through that two pages can be told from one. Raises NotTested where none is.
    """
    resources = dataset.walk(operation).items
    counts = _counted(resources, name)
    later = {value for resource in resources for value in values_of(name, resource)[1:]}
    usable = _usable(dataset, name, counts)
    found = [Value(value, counts[value]) for value in usable if counts[value] < len(resources)]
    if not found:
        raise NotTested(f"no {name} in {operation} of the {dataset.name} organization tells some items from the others")
    return sorted(found, key=lambda v: (not _fits(v), not _in_another(v.value, counts), v.value not in later, -v.count))


def unknown_value(dataset: Dataset, operation: str, name: str) -> str:
    """A value of a filter that nothing in the list has: an id of the form of the known ones, or a word."""
    known = sorted(_counted(dataset.walk(operation).items, name))
    if not name.endswith("Id"):
        return _NO_SUCH_WORD
    return resembling(known[0] if known else dataset.one(operation)["id"], known, name)


def combination(dataset: Dataset, operation: str, names: Sequence[str]) -> dict[str, str]:
    """Values for several filters of a list that together show something, and of which none could be left out.

    Raises NotTested where the data has no such values.
    """
    resources = dataset.walk(operation).items
    allowed = {name: set(_usable(dataset, name, _counted(resources, name))) for name in names if name != "q"}
    candidates = (
        filters
        for resource in resources
        for chosen in product(*(asked_of(name, resource) for name in names))
        if all((filters := dict(zip(names, chosen, strict=True)))[name] in allowed[name] for name in allowed)
    )
    for filters in islice(candidates, _TRIED):
        if _all_count(operation, filters, resources):
            return filters
    raise NotTested(
        f"nothing in {operation} of the {dataset.name} organization tells {' and '.join(names)} from one alone"
    )


def half(count: int) -> int:
    """The limit at which so many items take two pages, as far as the largest page allows."""
    return min(LARGEST, max(1, ceil(count / 2)))


def needles(contact: Resource) -> set[str]:
    """What `q` must find a contact by: the plain words of its names and company, and its whole email."""
    words = {word for name in _NAMES for word in _words(contact, name)}
    return words | ({text_of(contact, "email")} - {""})


def asked_of(name: str, resource: Resource) -> list[str]:
    """Values of a filter by which a resource is found."""
    return sorted(needles(resource)) if name == "q" else values_of(name, resource)


def text_of(resource: Resource, member: str) -> str:
    """A member's text; empty where it is null, missing or something else."""
    value = resource.get(member)
    return value if isinstance(value, str) else ""


def words_of(contacts: Sequence[Resource], member: str) -> list[str]:
    """Words by which contacts are to be found, of one member, the most telling first.

    These are the ones that some contact has in this member alone, so that a search that leaves the member out is seen.
    """
    alone: Counter[str] = Counter()
    among: Counter[str] = Counter()
    for contact in contacts:
        for word in {text_of(contact, "email")} - {""} if member == "email" else set(_words(contact, member)):
            among[word] += 1
            others = (text_of(contact, other) for other in SEARCHED if other != member)
            alone[word] += all(word.casefold() not in text.casefold() for text in others)
    few = [word for word in among if among[word] <= LARGEST]
    return sorted(few, key=lambda word: (alone[word] == 0, len(word) not in _HANDY, -among[word]))


def frequent_word(contacts: Sequence[Resource]) -> str:
    """A word that several contacts have, though no search, however lenient, should find more than a page; empty for none."""
    found: Counter[str] = Counter(
        word for contact in contacts for name in _NAMES for word in set(_words(contact, name))
    )
    texts = [" ".join(str(value) for value in contact.values()).casefold() for contact in contacts]
    shared = (word for word, count in found.most_common() if 1 < count <= LARGEST and len(word) in _HANDY)
    usable = (w for w in islice(shared, _TRIED) if sum(w.casefold() in text for text in texts) <= LARGEST)
    return next(usable, "")


def absent(contacts: Iterable[Resource], seed: int) -> str:
    """A word that occurs nowhere in the contacts."""
    texts = [str(value).casefold() for contact in contacts for value in contact.values()]
    choose = random.Random(seed)  # noqa: S311 — nothing to keep secret
    while True:
        word = "".join(choose.choices("bcdfghjklmnpqrstvwxz", k=16))
        if not any(word in text for text in texts):
            return word


def settled(resources: Iterable[Resource], known: Walk) -> list[Resource]:
    """The resources without those that were created after everything that is known."""
    newest = max(map(_created, known.items), default=float("-inf"))
    ids = set(known.ids)
    return [resource for resource in resources if resource["id"] in ids or _created(resource) <= newest]


def values_of(name: str, resource: Resource) -> list[str]:
    """The values of a filter that a resource has; none where it lacks the member, or has something else in its place."""
    own: Any = resource.get(_MEMBER_OF.get(name, name))
    return [value for value in (own if isinstance(own, list) else [own]) if isinstance(value, str) and value]


def _told_of(operation: str, filters: Mapping[str, str], resource: Resource) -> list[bool | None]:
    """For each filter but `q` whether it lets a resource through; None where the resource lacks the member."""
    if operation == "listLists":
        filters = {"includeArchived": "0", **filters}
    return [_told(name, value, resource) for name, value in filters.items() if name != "q"]


def _told(name: str, value: str, resource: Resource) -> bool | None:
    if name == "includeArchived":
        if value == "1":
            return True
        return None if "archivedAt" not in resource else not resource["archivedAt"]
    if _MEMBER_OF.get(name, name) not in resource:
        return None
    wanted = value.split(",") if name == _SEVERAL else [value]
    return any(own in wanted for own in values_of(name, resource))


def _counted(resources: Iterable[Resource], name: str) -> Counter[str]:
    return Counter(value for resource in resources for value in set(values_of(name, resource)))


def _all_count(operation: str, filters: Mapping[str, str], resources: Sequence[Resource]) -> bool:
    """Whether each of the filters takes something away that the others leave."""

    def shown(names: Iterable[str]) -> int:
        some = {name: filters[name] for name in names}
        return sum(must_show(operation, some, resource) for resource in resources)

    together = shown(filters)
    return all(shown(filters.keys() - {name}) > together for name in filters)


def _usable(dataset: Dataset, name: str, counts: Mapping[str, int]) -> list[str]:
    """Values that a server has no reason to refuse: an archived list or a contact that is gone might be one."""
    if name == "listId":
        there = {known["id"] for known in dataset.lists if not known.get("archivedAt")}
        return [value for value in counts if value in there] or list(counts)
    if name == "contactId":
        there = set(dataset.walk("listContacts").ids)
        return [value for value in counts if value in there] or list(counts)
    # A comma would make two of a value, in the one filter that takes several.
    return [value for value in counts if "," not in value]


def _fits(value: Value) -> bool:
    return 1 < value.count <= 2 * LARGEST


def _in_another(value: str, others: Iterable[str]) -> bool:
    return any(value != other and value in other for other in others)


def _words(contact: Resource, member: str) -> list[str]:
    return [word for word in text_of(contact, member).split() if word.isalnum()]


def _created(resource: Resource) -> float:
    try:
        return datetime.fromisoformat(text_of(resource, "createdAt").upper()).timestamp()
    except (
        ValueError
    ):  # a leap second, which RFC 3339 has and Python has not; or no time at all, which is OP-1's affair
        return float("-inf")


def _by_id(walked: Walk) -> dict[str, Resource]:
    return {item["id"]: item for item in walked.items}
