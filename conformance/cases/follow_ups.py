"""Follow-up requests: a later page by its cursor, and an archived list by its id. Only a caller who was served can make them."""

from __future__ import annotations

import spec
from conformance.cases.dataset import Dataset, next_cursor
from conformance.checks import not_tested
from conformance.target.client import target

FOLLOW_UPS = (*spec.LIST_OPERATIONS, "getList")
"""The operations that have a follow-up request."""


def follow_up(dataset: Dataset, operation: str) -> str:
    """The path of an archived list, or of the second page of a list. Raises NotTested if there is none."""
    if operation in spec.LIST_OPERATIONS:
        return target(operation, cursor=real_cursor(dataset, operation))
    archived = [one["id"] for one in dataset.lists if one.get("archivedAt")]
    return target(operation, id=archived[0]) if archived else not_tested("no list is archived")


def real_cursor(dataset: Dataset, operation: str) -> str:
    """A cursor that leads to a second page: that of the whole walk if it has one, otherwise one behind the first item."""
    pages = dataset.walk(operation).pages
    first = pages[0] if len(pages) > 1 else dataset.walked(operation, limit=1, most_pages=1).pages[0]
    cursor = next_cursor(first)
    if cursor is None:
        not_tested(f"{operation} has no second page")
    return cursor
