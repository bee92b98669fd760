"""A collection of resources that can be read by page and by id, under every filter and combination of filters.

When a resource is put, its JSON and its place in each index are computed. There is an index for each combination of filter
values, so a page is a bisection and a slice, for any filter, depth and size.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import NamedTuple
from weakref import WeakMethod

import msgspec

from mockserver.clock import milliseconds
from mockserver.tenants.cursor import Position
from mockserver.tenants.index import Index, Row
from mockserver.tenants.resource_types import Kind, Resource
from mockserver.tenants.search import Search, fold

Facet = tuple[str | None, ...]
"""A value for each of the collection's filters, or None for any."""

Changed = Callable[[Resource | None, Resource | None], None]
"""Called on every change with the resource before and after it; None before it was added, and after it was removed."""

_SEARCH = "q"

_ENCODER = msgspec.json.Encoder()


class Page(NamedTuple):
    """Resources as JSON, newest first, and the position of the last one; None if the list ends here."""

    items: Sequence[bytes]
    next: Position | None


class Collection:
    """One organization's contacts, lists, drafts or events, newest first by (createdAt, id)."""

    __slots__ = ("_changed", "_indexes", "_kind", "_own_indexes", "_owns_rows", "_rows", "_search", "_unfiltered")

    def __init__(self, kind: Kind, changed: Changed | None = None) -> None:
        """`changed` is a method of the collection's owner. The collection keeps only a weak reference to the owner."""
        self._kind = kind
        self._changed = WeakMethod(changed) if changed else None
        self._rows: dict[str, Row] = {}
        self._indexes: dict[Facet, Index] = {}
        # Shared parts (the rows by id, and each index) are copied before they are changed.
        self._owns_rows = True
        self._own_indexes: set[Facet] | None = None  # None for all of them
        self._search = Search() if kind.text else None
        self._unfiltered = tuple(_facets(kind, {}))

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, resource_id: object) -> bool:
        return resource_id in self._rows

    def copy(self, changed: Changed | None = None) -> Collection:
        """An independent collection of the same resources.

        Both share their parts until one of them changes, so a copy is cheap at any size.
        """
        twin = Collection(self._kind, changed)
        twin._rows, twin._indexes = self._rows, self._indexes.copy()
        twin._owns_rows = self._owns_rows = False
        twin._own_indexes, self._own_indexes = set(), set()
        twin._search = self._search and self._search.copy()
        return twin

    def get(self, resource_id: str) -> bytes | None:
        """One resource as JSON; None if there is none with that id."""
        row = self._rows.get(resource_id)
        return row.single if row else None

    def read(self, resource_id: str) -> Resource | None:
        """One resource, decoded again each time, so that the caller may change it; None if there is none with that id."""
        row = self._rows.get(resource_id)
        return _decoded(row) if row else None

    def page(self, filters: Mapping[str, str], after: Position | None, limit: int) -> Page:
        """The next resources after a position, at most `limit` (at least 1), that pass all filters.

        `filters` are query parameters as given ("Endpoints" in the documentation); an unknown value lets nothing
        through. `after` is the position of the last resource served, which need not exist any more.
        """
        needle = fold(filters[_SEARCH]) if self._search and _SEARCH in filters else ""
        indexes = self._asked(filters)
        if len(indexes) == 1 and not needle:
            (index,) = indexes
            return Page(*index.page(index.older(after), limit))
        found: list[Row] = []
        for index in indexes:
            end = index.older(after)
            if needle and self._search:
                found += self._search.newest(index.rows, end, limit + 1, needle)
            else:
                found += index.newest(end, limit + 1)
        if len(indexes) > 1:
            found.sort(reverse=True)
        following = found[limit - 1].position if len(found) > limit else None
        return Page([row.listed for row in found[:limit]], following)

    def rows(self, filters: Mapping[str, str]) -> Sequence[Row]:
        """All rows that pass the filters, oldest first; `q` is ignored. The caller must not change the list."""
        indexes = self._asked(filters)
        return indexes[0].rows if len(indexes) == 1 else sorted(row for index in indexes for row in index.rows)

    def count(self, filters: Mapping[str, str]) -> int:
        """How many resources pass the filters; `q` is ignored."""
        return sum(map(len, self._asked(filters)))

    def singles(self) -> Iterable[bytes]:
        """All resources as JSON, oldest first."""
        everything = self._indexes.get((None,) * len(self._kind.filters))
        return (row.single for row in everything.rows) if everything else ()

    def put(self, resource: Resource) -> None:
        """Add a resource, or replace the one with its id. Raises ValueError if createdAt is not a UTC time."""
        before, row = self._place(resource)
        if self._search:
            self._search.add(row, self.rows({}))
        self._tell(before, resource)

    def extend(self, resources: Iterable[Resource]) -> None:
        """Add many resources at once, in any order. `changed` is not called."""
        waiting: dict[Facet, list[Row]] = defaultdict(list)
        buffer = bytearray()
        self._make_rows_own()
        try:
            for resource in resources:
                if resource["id"] in self._rows:
                    self._index(waiting)
                    self._place(resource)
                else:
                    row = self._row(resource, buffer)
                    for facet in self._combinations(resource):
                        waiting[facet].append(row)
                    self._rows[row.id] = row
        finally:
            self._index(waiting)
        if self._search:
            self._search = Search(self.rows({}))

    def remove(self, resource_id: str) -> bool:
        """Remove a resource; returns False if there was none with that id."""
        if resource_id not in self._rows:
            return False
        self._make_rows_own()
        row = self._rows.pop(resource_id)
        before = _decoded(row)
        self._discard(self._facets(before), row.position)
        if self._search:
            self._search.remove(row.position, self.rows({}))
        self._tell(before, None)
        return True

    def _tell(self, before: Resource | None, after: Resource | None) -> None:
        changed = self._changed and self._changed()
        if changed:
            changed(before, after)

    def _place(self, resource: Resource) -> tuple[Resource | None, Row]:
        row = self._row(resource, bytearray())
        facets = self._facets(resource)
        before = None
        if (old := self._rows.get(row.id)) is not None:
            before = _decoded(old)
            stays = facets if old.position == row.position else set()
            self._discard(self._facets(before) - stays, old.position)
        self._make_rows_own()
        self._rows[row.id] = row
        for facet in facets:
            self._own_index(facet).place(row)
        return before, row

    def _make_rows_own(self) -> None:
        if not self._owns_rows:
            self._rows, self._owns_rows = self._rows.copy(), True

    def _own_index(self, facet: Facet) -> Index:
        """The index of a facet, to be changed: a new one if there is none, a copy of a shared one."""
        index = self._indexes.get(facet)
        if self._own_indexes is None or facet in self._own_indexes:
            if index is None:
                index = self._indexes[facet] = Index()
            return index
        self._own_indexes.add(facet)
        own = self._indexes[facet] = Index() if index is None else index.copy()
        return own

    def _index(self, waiting: dict[Facet, list[Row]]) -> None:
        """Add the waiting rows to their indexes."""
        for facet, rows in waiting.items():
            self._own_index(facet).extend(rows)
        waiting.clear()

    def _discard(self, facets: Iterable[Facet], position: Position) -> None:
        for facet in facets:
            index = self._own_index(facet)
            index.discard(position)
            if not index:
                del self._indexes[facet]

    def _row(self, resource: Resource, buffer: bytearray) -> Row:
        """The row of a resource; the buffer is overwritten."""
        kind = self._kind
        single = _encoded(resource, buffer)
        return Row(
            milliseconds(resource["createdAt"]),
            resource["id"],
            _encoded(kind.listed(resource), buffer) if kind.listed else single,
            single,
            kind.text(resource) if kind.text else "",
        )

    def _facets(self, resource: Resource) -> set[Facet]:
        """All combinations of filter values that find the resource."""
        return set(self._combinations(resource))

    def _combinations(self, resource: Resource) -> Iterator[Facet]:
        return product(*[(None, *by.values(resource)) for by in self._kind.filters.values()])

    def _asked(self, filters: Mapping[str, str]) -> list[Index]:
        """The indexes that the filters ask for; no row is in two of them if each resource has one value for each filter."""
        facets = _facets(self._kind, filters) if filters else self._unfiltered
        return [index for facet in facets if (index := self._indexes.get(facet))]


def _facets(kind: Kind, filters: Mapping[str, str]) -> Iterable[Facet]:
    """The combinations of filter values that a query with these filters asks for."""
    return product(*(dict.fromkeys(by.asked(filters.get(name))) for name, by in kind.filters.items()))


def _encoded(resource: Resource, buffer: bytearray) -> bytes:
    """The resource as JSON. It takes only the memory that it needs; the result of `encode` would keep its whole buffer."""
    _ENCODER.encode_into(resource, buffer)
    return bytes(buffer)


def _decoded(row: Row) -> Resource:
    resource: Resource = msgspec.json.decode(row.single)
    return resource
