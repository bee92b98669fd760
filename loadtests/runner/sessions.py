"""A client's session: it asks /me, walks pages, opens contacts, polls events.

A session is a generator: it yields requests and is sent their answers. It knows nothing of time and of connections.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from random import Random
from urllib.parse import quote

import msgspec

from loadtests.runner.http_client import TimedAnswer
from spec import contract

_MOST_PAGES = 4
_OPENED = 3
_POLLS = 3
_OPERATIONS = contract().operations

Session = Generator["OperationRequest", TimedAnswer, None]


@dataclass(frozen=True, slots=True)
class OperationRequest:
    """A request of an operation (its id) at a path, query included."""

    operation: str
    path: str


class _Item(msgspec.Struct):
    id: str


class _Page(msgspec.Struct, rename="camel"):
    data: list[_Item] = []
    next_cursor: str | None = None


class _Me(msgspec.Struct, rename="camel"):
    api_key: _Item
    organization: _Item


class _WholePage(msgspec.Struct):
    data: list[_Item]


_decode = msgspec.json.Decoder(_Page).decode


def request(operation: str, *, id: str = "", **query: str | int) -> OperationRequest:  # noqa: A002 - the parameter's name in the path
    """A request of an operation, its parameters filled in."""
    path = _OPERATIONS[operation].path.replace("{id}", quote(id, safe=""))
    words = "&".join(f"{name}={quote(str(value), safe='')}" for name, value in query.items())
    return OperationRequest(operation, f"{path}?{words}" if words else path)


def session(random: Random) -> Session:
    """One session, varied by `random`. A refusal, or an answer that is not a page, ends the walk that it belongs to."""
    yield request("getMe")
    contacts = yield from _walk("listContacts", random.randint(1, _MOST_PAGES))
    for contact in random.sample(contacts, min(_OPENED, len(contacts))):
        yield request("getContact", id=contact)
    if random.random() < 0.5:
        lists = yield from _walk("listLists", 1)
        if lists:
            yield from _walk("listContacts", 2, listId=random.choice(lists))
    drafts = yield from _walk("listDrafts", 1)
    for draft in random.sample(drafts, min(1, len(drafts))):
        yield request("getDraft", id=draft)
    for _ in range(random.randint(1, _POLLS)):
        yield request("listEvents", limit=20)


def _walk(operation: str, pages: int, **filters: str) -> Generator[OperationRequest, TimedAnswer, list[str]]:
    found: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(pages):
        answer = yield request(operation, **filters, **cursor)
        page = page_of(answer)
        found += [item.id for item in page.data]
        if not page.next_cursor:
            break
        cursor = {"cursor": page.next_cursor}
    return found


def page_of(answer: TimedAnswer) -> _Page:
    """The page in an answer, or an empty page if the answer is not one."""
    if answer.status != 200:
        return _Page()
    try:
        return _decode(answer.body)
    except msgspec.MsgspecError:
        return _Page()


def is_usable(operation: str, body: bytes) -> bool:
    """Whether the body of a 200 has the form of the operation's answer: /me, a page of items, or an item."""
    kind = _Me if operation == "getMe" else _WholePage if operation.startswith("list") else _Item
    try:
        msgspec.json.decode(body, type=kind)
    except msgspec.MsgspecError:
        return False
    return True
