"""The data of an organization, as its lists show it: complete walks, made once and shared by many checks."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import parse_qs

import spec
from conformance.cases.sampling import stratified
from conformance.checks import NotJudged, NotTested, Violation, items, sound
from conformance.oracles.usable import as_id, member, unusable
from conformance.target.client import Caller, target
from conformance.target.exchange import Exchange

LARGEST = spec.contract().page_size.maximum
"""The most items of a page."""
DEFAULT = spec.contract().page_size.default
"""The items of a page without `limit`."""
# A target may hold any amount of data, but the number of requests of a run is limited.
MOST_PAGES = 30
# Contacts that are asked for a dossier until one has it.
_MOST_LOOKED_AT = 24
_REFUSED = (400, 422)
_CURSOR_REFUSED = (400, 404, 410, 422)
# A walk that shows this many empty pages in a row is ended, even if it has a next page.
_MOST_IDLE = 3

T = TypeVar("T")
Resource = dict[str, Any]


@dataclass(frozen=True)
class Walk:
    """The pages of a list from its first, following nextCursor.

    `complete` is False if the walk was given up. `endless` is True if a cursor that came back a second time was the
    reason. `refusal` is the answer that refused the last page's nextCursor, if any, which breaks PAGE-6 or PAGE-10.
    """

    operation: str
    pages: tuple[Exchange, ...]
    complete: bool
    endless: bool = False
    refusal: Exchange | None = None

    @cached_property
    def items(self) -> list[Resource]:
        """All resources met, in order, repetitions included."""
        return [item for page in self.pages for item in items(page)]

    @cached_property
    def ids(self) -> list[str]:
        """The ids met, in order, repetitions included."""
        return [item["id"] for item in self.items]


def walk(caller: Caller, operation: str, *, most_pages: int = MOST_PAGES, **parameters: Any) -> Walk:
    """Follow a list's cursors with one key: to the end, for `most_pages`, or until too many pages in a row are empty.

    The walk is given up if a cursor comes back a second time, or is refused. Raises NotJudged if a page is not served.
    """
    caller = caller.pinned()
    pages: list[Exchange] = []
    seen: set[str] = set()
    cursor: str | None = None
    while len(pages) < most_pages and (len(pages) < _MOST_IDLE or any(map(items, pages[-_MOST_IDLE:]))):
        answer = caller.get(operation, **parameters, cursor=cursor)
        if pages and (answer.status in _CURSOR_REFUSED or answer.status >= 500):
            return Walk(operation, tuple(pages), complete=False, refusal=answer)
        pages.append(sound(answer))
        cursor = next_cursor(pages[-1])
        if cursor is None:
            # A bare array, which PAGE-1 tells, has no place for the cursor of the page behind it.
            return Walk(operation, tuple(pages), complete=not isinstance(answer.document, list))
        if cursor in seen:
            return Walk(operation, tuple(pages), complete=False, endless=True)
        seen.add(cursor)
    return Walk(operation, tuple(pages), complete=False)


def whole(operation: str) -> dict[str, Any]:
    """The query parameters under which a list shows everything: archived lists hide without one."""
    return {"includeArchived": "1"} if operation == "listLists" else {}


def limit_of(exchange: Exchange) -> int | None:
    """The limit with which a page was requested; None if it was not a valid one."""
    if exchange.request.operation not in spec.LIST_OPERATIONS or exchange.request.method != "GET":
        return None
    query = parse_qs(exchange.request.target.partition("?")[2], keep_blank_values=True)
    asked = query.get("limit", [str(DEFAULT)])
    return spec.contract().page_size.asked(asked[0]) if len(asked) == 1 else None


def next_cursor(page: Exchange) -> str | None:
    """A page's nextCursor; None on the last page, where it is null, absent, or an empty string (which breaks PAGE-8)."""
    cursor = page.json.get("nextCursor")
    return None if cursor in (None, "") else str(cursor)


@dataclass
class Dataset:
    """One organization's lists. Each is walked when it is first needed. A walk that failed fails for every later caller too.

    `refused_limits` holds, by operation, the answer that refused a limit of 1 to 200, which breaks PAGE-3. Lists are then walked
    at half of it, or at twice as much if it was below 50, so that everything else can still be judged. `refused_archived` is the
    answer that refused includeArchived=1, which breaks FILTER-4: lists are then walked without it.
    """

    caller: Caller
    name: str
    seed: int = 1
    refused_limits: dict[str, Exchange] = field(default_factory=dict)
    refused_archived: Exchange | None = None
    _largest_limits: dict[str, int] = field(default_factory=dict)
    _smallest_limits: dict[str, int] = field(default_factory=dict)
    _known: dict[str, Any] = field(default_factory=dict)

    def walk(self, operation: str) -> Walk:
        """The whole list at the largest page size, archived lists included. Raises as `walk` does."""
        return self.walked(operation, limit=LARGEST, **whole(operation))

    def walked(self, operation: str, *, limit: int, most_pages: int = MOST_PAGES, **filters: Any) -> Walk:
        """A list at some limit and under some filters. The same walk is made once and shared. Raises as `walk` does."""
        return self.once(
            f"{most_pages} pages of {target(operation, limit=limit, **filters)}",
            lambda: self._walked(operation, limit, most_pages, filters),
        )

    def largest(self, operation: str) -> int:
        """The largest limit at which a list is served: 200, or less if that was refused."""
        return self._largest_limits.get(operation, LARGEST)

    def fitting(self, operation: str, limit: int) -> int:
        """The limit nearest to `limit` at which a list is served, as far as is known."""
        return max(self._smallest_limits.get(operation, 1), min(limit, self.largest(operation)))

    def _walked(self, operation: str, limit: int, most_pages: int, filters: dict[str, Any]) -> Walk:
        if self.refused_archived and filters == whole(operation):
            filters = {}
        usable = self.fitting(operation, limit)
        try:
            return walk(self.caller, operation, most_pages=most_pages, limit=usable, **filters)
        except NotJudged as failure:
            for refusal in failure.exchanges[:1]:
                if refusal.status in _REFUSED:
                    return self._walked_otherwise(refusal, usable, operation, limit, most_pages, filters)
            raise

    def _walked_otherwise(
        self, refusal: Exchange, used: int, operation: str, limit: int, most_pages: int, filters: dict[str, Any]
    ) -> Walk:
        """The walk at a limit other than `used`, or without includeArchived=1. Raises NotJudged if neither helps."""
        if filters not in ({}, whole(operation)):
            if self._refused_unfiltered(operation, used):
                return self._walked(operation, limit, most_pages, filters)
        elif used != DEFAULT:
            self._avoid(operation, used)
            walked = self._walked(operation, limit, most_pages, filters)
            if not (filters and self.refused_archived):
                self.refused_limits[operation] = refusal
            return walked
        elif filters:
            for limits in (self._largest_limits, self._smallest_limits):
                limits.pop(operation, None)
            walked = self._walked(operation, limit, most_pages, {})
            self.refused_archived = refusal
            return walked
        raise NotJudged(f"{refusal.line()}: {unusable(refusal)}", refusal)

    def _avoid(self, operation: str, refused: int) -> None:
        """Walk a list at limits that are nearer to the default than the refused one."""
        if refused > DEFAULT:
            self._largest_limits[operation] = max(refused // 2, DEFAULT)
        else:
            self._smallest_limits[operation] = min(refused * 2, DEFAULT)

    def _refused_unfiltered(self, operation: str, limit: int) -> bool:
        """Whether a list refuses a limit without any filter too, and is served at another one."""
        with suppress(NotTested):
            self.walked(operation, limit=limit, most_pages=1, **whole(operation))
        return self.fitting(operation, limit) != limit

    def asked(self, operation: str, **filters: Any) -> Exchange:
        """The answer to an operation under some filters, served or refused. The same request is sent only once in a run."""
        path = target(operation, **filters)
        return self.once(f"asked {path}", lambda: self.caller.send("GET", path, operation=operation))

    def anew(self) -> Dataset:
        """The same organization with nothing read yet: for a second look when its data may have changed."""
        return Dataset(self.caller, self.name, self.seed)

    @property
    def walks(self) -> list[Walk]:
        """Every walk that was made so far."""
        return [known for known in self._known.values() if isinstance(known, Walk)]

    @property
    def contacts(self) -> list[Resource]:
        """Every contact."""
        return self.walk("listContacts").items

    @property
    def lists(self) -> list[Resource]:
        """Every contact list, archived ones included."""
        return self.walk("listLists").items

    @property
    def drafts(self) -> list[Resource]:
        """Every draft, as its list shows it."""
        return self.walk("listDrafts").items

    @property
    def events(self) -> list[Resource]:
        """Every event of the feed."""
        return self.walk("listEvents").items

    def one(self, operation: str) -> Resource:
        """Some resource of a list. Raises NotTested if the list is empty."""
        found = self.walk(operation).items
        if not found:
            raise NotTested(f"{operation} is empty for the {self.name} organization")
        return found[0]

    def parameters(self, operation: str) -> dict[str, Any]:
        """Path parameters with which an operation is served. Raises NotTested if there is no such resource."""
        if operation == "getContactResearch":
            return {"id": self.researched()}
        source = spec.ITEM_OPERATIONS.get(operation)
        return {"id": self.one(source)["id"]} if source else {}

    def served(self, operation: str) -> Exchange:
        """The happy path of an operation, asked once: a usable 200. Raises NotJudged or NotTested otherwise."""
        if operation in spec.LIST_OPERATIONS:
            return self.walk(operation).pages[0]
        parameters: dict[str, Any] = self.parameters(operation)
        return sound(self.asked(operation, **parameters))

    def single(self, operation: str, id_: str) -> Exchange:
        """A resource read singly, asked once. Raises NotJudged if it is not served."""
        return sound(self.asked(operation, id=id_))

    def organization(self) -> str:
        """The organization's id, as `/me` reports it. Raises NotJudged if it reports none."""
        me = self.served("getMe")
        found = as_id(member(me, "organization", "id"))
        if found is None:
            raise NotJudged("/me does not name the organization by its id", me)
        return found

    def researched(self) -> str:
        """The id of a contact that has a dossier, found by looking. Raises NotTested if none of those looked at has one."""
        return self.once("researched", self._look_for_research)

    def _look_for_research(self) -> str:
        named = self.caller.client.target.data.researched_contact
        if named and self.name == "primary":
            return named
        answered: str | None = None
        for contact in stratified(self.contacts, _MOST_LOOKED_AT, self.seed):
            found: str = contact["id"]
            answer = self.asked("getContactResearch", id=found)
            if unusable(answer) is None:
                return found
            # A 200 that is no dossier may stand for there being none: another contact may have one.
            answered = answered or (found if answer.status == 200 else None)
        if answered:
            return answered
        raise NotTested("no contact with a dossier was found by looking; name one in data.researched_contact")

    def once(self, name: str, make: Callable[[], T]) -> T:
        """The value under a name, made when it is first needed. If that raises NotTested or Violation, all later calls do."""
        if name not in self._known:
            try:
                self._known[name] = make()
            except (NotTested, Violation) as failure:
                self._known[name] = failure
        known: T | BaseException = self._known[name]
        if isinstance(known, BaseException):
            raise known.with_traceback(None)
        return known
