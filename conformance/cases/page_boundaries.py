"""Runs of items with equal times in a list, and the limits at which its pages end within such a run.

Most defects of cursors show only there: a cursor that uses the time alone skips the rest of a run, or repeats it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import ceil
from urllib.parse import parse_qs, urlsplit

from conformance.cases.dataset import DEFAULT, LARGEST, Dataset, Resource, Walk, whole
from conformance.cases.expected_pages import MOST_PAGES, half
from conformance.cases.growing_lists import settled
from conformance.checks import expect, not_tested

# The most pages of a walk that tries borders, and the number of borders within runs that is enough.
PAGES = 3
_ENOUGH = 2
_FEW_PAGES = 6
# The lists that are walked one by one: the one that is read most, and the one with most items of one time.
_ONE_BY_ONE = ("listContacts", "listEvents")


def bordered(dataset: Dataset, operation: str) -> Walk:
    """The list walked at its `telling_limit`, for at most `PAGES`. Raises NotTested if it has fewer than two items."""
    limit = telling_limit(dataset.walk(operation).items)
    if not limit:
        not_tested(f"{operation} has fewer than two items in the {dataset.name} organization")
    return dataset.walked(operation, limit=limit, most_pages=PAGES, **whole(operation))


def one_by_one(dataset: Dataset, operation: str) -> list[Walk]:
    """Walks the list at limit 1 until it has shown two neighbours of one time. Returns that walk.

    Returns nothing if no two of the first items are of one time, if limit 1 is refused, or for a list that is not in
    `_ONE_BY_ONE`.
    """
    times = [resource.get("createdAt") for resource in dataset.walk(operation).items]
    first = next((place for place, (one, other) in enumerate(pairwise(times)) if one == other), _FEW_PAGES)
    if first >= _FEW_PAGES or operation not in _ONE_BY_ONE or dataset.fitting(operation, 1) != 1:
        return []
    return [dataset.walked(operation, limit=1, most_pages=first + 2, **whole(operation))]


def telling_limit(resources: Sequence[Resource], pages: int = PAGES) -> int:
    """The limit, other than the largest, at which most of the first pages end within a run; 0 for fewer than two resources.

    Among equally good limits, one that reaches the end of the list is chosen, and of those the one with the fewest pages.
    """
    times = [resource.get("createdAt") for resource in resources]

    def worth(limit: int) -> tuple[int, bool, int]:
        borders = range(limit, min(len(times), limit * (pages - 1) + 1), limit)
        within = sum(times[border - 1] == times[border] for border in borders)
        return min(within, _ENOUGH), limit * pages >= len(times), limit

    return max(range(1, min(LARGEST, len(times))), key=worth, default=0)


def limit_within_a_run(resources: Sequence[Resource]) -> int:
    """The largest limit at which the first page ends between items of one time and a walk takes few pages; 0 if there is none."""
    times = [resource.get("createdAt") for resource in resources]
    limits = range(min(LARGEST, len(times) // 2), len(times) // _FEW_PAGES, -1)
    return next((limit for limit in limits if times[limit - 1] == times[limit]), 0)


def limit_of_two_pages(resources: Sequence[Resource]) -> int:
    """The limit at which a walk takes two pages, as the largest allows; between them are items of one time if it can be."""
    times, middle = [resource.get("createdAt") for resource in resources], half(len(resources))
    limits = range(middle, min(LARGEST + 1, len(times)))
    return next((limit for limit in limits if times[limit - 1] == times[limit]), middle)


def of_many_pages(dataset: Dataset, operation: str) -> Walk:
    """The list walked over as many pages as a walk under filters may take, at the default limit or below."""
    limit = min(DEFAULT, max(1, ceil(len(dataset.walk(operation).ids) / MOST_PAGES)))
    return dataset.walked(operation, limit=limit, most_pages=MOST_PAGES, **whole(operation))


def same_items(walked: Walk, known: Walk) -> None:
    """Expect a walk to show the items of another walk of the list, as far as the first one got."""
    shown, wanted = _compared(walked, known)
    missing, strange = set(wanted) - set(shown), set(shown) - set(wanted)
    expect(not missing, f"{_told(walked)} never shows {sorted(missing)[:1]} ({len(missing)} such items)", *walked.pages)
    expect(
        not strange or not known.complete,
        f"{_told(walked)} shows {sorted(strange)[:1]}, which another walk does not ({len(strange)} such items)",
        *walked.pages,
    )


def same_order(walked: Walk, known: Walk) -> None:
    """Expect the items that two walks of a list share in the same order."""
    shown, wanted = _compared(walked, known)
    both = set(shown) & set(wanted)
    first, second = ([id_ for id_ in dict.fromkeys(ids) if id_ in both] for ids in (shown, wanted))
    for one, other in zip(first, second, strict=True):
        expect(one == other, f"{_told(walked)} shows {one} where another walk shows {other}", *walked.pages)


def filtered_alike(walks: Iterable[Walk]) -> list[tuple[Walk, Walk]]:
    """Pairs of walks of one list under the same filters. The second of each pair is the one that shows the most items."""
    groups: dict[str, list[Walk]] = {}
    for walked in walks:
        filters = filters_of(walked)
        if filters and filters != {name: [value] for name, value in whole(walked.operation).items()}:
            groups.setdefault(f"{walked.operation} {sorted(filters.items())}", []).append(walked)
    pairs = []
    for group in groups.values():
        most = max(group, key=lambda walked: len(walked.ids))
        pairs += [(walked, most) for walked in group if walked is not most]
    return pairs


def filters_of(walked: Walk) -> dict[str, list[str]]:
    """The query parameters of a walk's first page, with all values of each, but for its limit."""
    given = parse_qs(urlsplit(walked.pages[0].request.target).query)
    return {name: values for name, values in given.items() if name != "limit"}


def _compared(walked: Walk, known: Walk) -> tuple[list[str], list[str]]:
    shown = [item["id"] for item in settled(walked.items, known)]
    return shown, known.ids if walked.complete else known.ids[: len(set(shown))]


def _told(walked: Walk) -> str:
    return f"the walk from {walked.pages[0].request.target}"
