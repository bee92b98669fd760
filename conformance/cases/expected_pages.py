"""What a list must hold under its filters, computed from the organization's whole lists."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from itertools import product
from math import ceil
from typing import Any, TypeVar

from conformance.cases.dataset import LARGEST, Dataset, Resource, Walk
from conformance.cases.filters import asked_of, excluded, let_through, must_show, values_of
from conformance.cases.resource_ids import resembling
from conformance.cases.sampling import stratified
from conformance.checks import NotJudged, NotTested, Violation, expect, items
from conformance.plural import counted

# A filtered list that takes more pages than this is not judged whole.
MOST_PAGES = 12

# How often a list that keeps changing is looked at.
_LOOKS = 3
# How many resources the values of several filters are taken from, and how many combinations of values are enough.
_PICKED = 12
_ENOUGH_COMBINATIONS = 4
# A value that nothing has, and that a careless look-up in an object finds all the same.
_NO_SUCH_WORD = "constructor"
_LEAST_SEARCHED = 3
_REFUSED = (400, 404, 422)

T = TypeVar("T")


@dataclass(frozen=True)
class Value:
    """A value of a filter, and how many of the known resources it lets through: some, and not all."""

    value: str
    count: int


def exactly(dataset: Dataset, operation: str, *, limit: int, **filters: str) -> Walk:
    """Walk a filtered list, and expect every item that the filters let through exactly once, and no other item.

    Raises NotTested if the list is too long to be walked to its end.
    """
    walked = _served(dataset, operation, limit, MOST_PAGES, filters)
    no_strangers(walked, filters)
    once(walked)
    nothing_missing(dataset, walked, filters)
    return walked


def on_one_page(dataset: Dataset, operation: str, **filters: str) -> None:
    """Expect the largest page of a filtered list to show no excluded item, none twice, and every match if it is the only page."""
    page = _served(dataset, operation, LARGEST, 1, filters)
    no_strangers(page, filters)
    once(page)
    if page.complete:
        nothing_missing(dataset, page, filters)


def _served(dataset: Dataset, operation: str, limit: int, most_pages: int, filters: Mapping[str, str]) -> Walk:
    """Walk a list filtered by values that it shows. Raises Violation if they are refused, at any limit."""
    try:
        return dataset.walked(operation, limit=limit, most_pages=most_pages, **filters)
    except NotJudged:
        if _may_be_refused(dataset, filters):
            raise
        refusal = dataset.asked(operation, **filters)
        if refusal.status not in _REFUSED:
            raise
        raise Violation(f"{refusal.line()}, though the list shows items with these values", refusal) from None


def _may_be_refused(dataset: Dataset, filters: Mapping[str, str]) -> bool:
    """Whether a server may have a reason to refuse filters though its list shows items with these values.

    It may search only for longer words, accept only the documented value of includeArchived, and refuse the ids of
    archived lists and of deleted contacts.
    """
    if len(filters.get("q", _NO_SUCH_WORD)) < _LEAST_SEARCHED or filters.get("includeArchived") == "0":
        return True
    return any(filters[name] not in _there(dataset, name) for name in ("listId", "contactId") if name in filters)


def no_strangers(walked: Walk, filters: Mapping[str, str]) -> None:
    """Expect a filtered walk to show no item that the filters exclude."""
    for page in walked.pages:
        shown = items(page)
        strange = [item["id"] for item in shown if excluded(walked.operation, filters, item)]
        expect(
            not strange,
            f"{page.request.target} shows {strange[:1]}, which the filter excludes "
            f"({len(strange)} of {counted(len(shown), 'item')})",
            page,
        )


def nothing_missing(dataset: Dataset, walked: Walk, filters: Mapping[str, str]) -> None:
    """Expect a filtered walk to show every known item that the filters let through."""
    shown = set(walked.ids)
    wanted = [item["id"] for item in must_show(walked.operation, filters, dataset.walk(walked.operation).items)]
    missing = [id_ for id_ in wanted if id_ not in shown]
    if missing and walked.refusal:
        raise NotTested(f"{walked.refusal.line()}: the walk was not served to its end (PAGE-10)")
    if missing and not walked.complete:
        raise NotTested(f"{walked.pages[0].request.target} has no end within {len(walked.pages)} pages")
    expect(
        not missing,
        f"{walked.pages[0].request.target} lacks {missing[:1]}, which the filter lets through "
        f"({len(missing)} of {counted(len(wanted), 'item')})",
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
    """What `look` finds. A Violation counts only if the list did not change meanwhile, or if the last look shows it too.

    On a live target other clients may change data while the check runs.
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


def on_changing_data(check: Callable[..., object]) -> Callable[..., None]:
    """Decorate a check of a list so that a violation counts only on data that does not change meanwhile.

    See `confirmed`. The check takes `dataset` and a `case`, which is the list's operation, begins with it, or has it as a member.
    """

    @wraps(check)
    def confirmed_check(case: Any, dataset: Dataset, **fixtures: Any) -> None:
        operation = case if isinstance(case, str) else case[0] if isinstance(case, tuple) else case.operation
        confirmed(dataset, operation, lambda seen: check(case=case, dataset=seen, **fixtures))

    return confirmed_check


def values(dataset: Dataset, operation: str, name: str) -> list[Value]:
    """Values of a filter that narrow a list without emptying it, the most telling first.

    These are the ones that are part of another value (`qualified` of `unqualified`), those that are not the first of a
    resource's values, and those that let enough through for a second page. Raises NotTested if there is none.
    """
    return dataset.once(f"values of {name} in {operation}", lambda: _values(dataset, operation, name))


def _values(dataset: Dataset, operation: str, name: str) -> list[Value]:
    resources = dataset.walk(operation).items
    counts = _counted(resources, name)
    later = {value for resource in resources for value in values_of(name, resource)[1:]}
    usable = _usable(dataset, name, counts)
    found = [Value(value, counts[value]) for value in usable if counts[value] < len(resources)]
    if not found:
        raise NotTested(f"no {name} in {operation} of the {dataset.name} organization tells some items from the others")
    text = "\n".join(counts)
    return sorted(found, key=lambda v: (not _fits(v), text.count(v.value) == 1, v.value not in later, -v.count))


def unknown_value(dataset: Dataset, operation: str, name: str) -> str:
    """A value of a filter that nothing in the list has: an id of the form of the known ones, or a word."""
    known = sorted(_counted(dataset.walk(operation).items, name))
    if not name.endswith("Id"):
        return _NO_SUCH_WORD
    return resembling(known[0] if known else dataset.one(operation)["id"], known, name)


@dataclass(frozen=True)
class Combination:
    """Values for several filters of a list, and how many of the known resources they let through together."""

    filters: tuple[tuple[str, str], ...]
    count: int


def combination(dataset: Dataset, operation: str, names: Sequence[str]) -> dict[str, str]:
    """Values for several filters of a list that show something together, and that all have an effect.

    Raises NotTested where the data has no such values.
    """
    return dict(combinations(dataset, operation, names)[0].filters)


def combinations(dataset: Dataset, operation: str, names: Sequence[str]) -> list[Combination]:
    """Values for several filters, each of which excludes something that the others let through; those that show most first.

    Raises NotTested where the data has no such values.
    """
    resources = dataset.walk(operation).items
    allowed = {name: set(_usable(dataset, name, _counted(resources, name))) for name in names if name != "q"}
    picked = stratified(resources, _PICKED, dataset.seed)
    shown = _Shown(operation, resources)
    found: dict[tuple[tuple[str, str], ...], int] = {}
    for resource in [*picked, *resources]:
        if len(found) >= _ENOUGH_COMBINATIONS or (found and resource is resources[0]):
            break
        for chosen in product(*(asked_of(name, resource) for name in names)):
            filters = dict(zip(names, chosen, strict=True))
            if tuple(filters.items()) not in found and all(filters[name] in allowed[name] for name in allowed):
                count = shown.together(filters)
                found.update({tuple(filters.items()): count} if count else {})
    if not found:
        raise NotTested(
            f"no values of {' and '.join(names)} in {operation} of the {dataset.name} organization narrow each other"
        )
    return sorted((Combination(*row) for row in found.items()), key=lambda one: -one.count)


def half(count: int) -> int:
    """The limit at which `count` items take two pages, as far as the largest page allows."""
    return min(LARGEST, max(1, ceil(count / 2)))


def _counted(resources: Iterable[Resource], name: str) -> Counter[str]:
    return Counter(value for resource in resources for value in set(values_of(name, resource)))


@dataclass
class _Shown:
    """The ids of the resources that each filter lets through by itself, worked out once for each filter."""

    operation: str
    resources: Sequence[Resource]
    _known: dict[str, dict[str, set[str]]] = field(default_factory=dict)

    def together(self, filters: Mapping[str, str]) -> int:
        """How many items the filters let through; 0 unless each filter excludes something that the others let through."""
        by_name = {name: self._by(name, value) for name, value in filters.items()}
        shown = set.intersection(*by_name.values())
        without = (set.intersection(*(by_name[other] for other in by_name if other != name)) for name in by_name)
        return len(shown) if all(len(others) > len(shown) for others in without) else 0

    def _by(self, name: str, value: str) -> set[str]:
        if name not in self._known:
            self._known[name] = defaultdict(set)
            for resource in let_through(self.operation, {}, self.resources):
                for own in asked_of(name, resource):
                    self._known[name][own].add(resource["id"])
        return self._known[name][value]


def _usable(dataset: Dataset, name: str, counts: Mapping[str, int]) -> list[str]:
    """Values that a server has no reason to refuse: it might refuse an archived list, or a contact that was deleted."""
    if name in ("listId", "contactId"):
        there = _there(dataset, name)
        return [value for value in counts if value in there] or list(counts)
    # One filter takes several values with commas between them, so a value with a comma would count as two.
    return [value for value in counts if "," not in value]


def _there(dataset: Dataset, name: str) -> set[str]:
    """The ids of all lists that are not archived (`listId`), or of all contacts (`contactId`)."""
    if name == "listId":
        return {known["id"] for known in dataset.lists if not known.get("archivedAt")}
    return set(dataset.walk("listContacts").ids)


def _fits(value: Value) -> bool:
    return 1 < value.count <= 2 * LARGEST


def _by_id(walked: Walk) -> dict[str, Resource]:
    return {item["id"]: item for item in walked.items}
