"""The queries of the request script: any limit, any filter and two of them, with values that the data has, and with others."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from mockserver.tenants.tenant import Tenant
from spec import contract

LISTS = {"contacts": "listContacts", "lists": "listLists", "drafts": "listDrafts", "events": "listEvents"}
"""The operation of each list."""

_LIMITS = ("1", "51", "all", "0x1F4", "99", "100", "200", "201", "0", "-1", "many", "600", str(2**70), "", "NaN", "1e9")


def misspelt(text: str) -> list[str]:
    """A text without its end, with a character more, and with a wildcard for its end."""
    return [text[:-1], f"{text}x", f"{text[:-1]}_"]


def queries(own: Tenant, theirs: Tenant) -> Iterator[str]:
    """Lists with any limit, any filter, any two of them, and other organizations' ids as values."""
    names = (json.loads(row.single)["firstName"] or "x" for row in own.contacts.rows({}))
    yield f"contacts?{urlencode({'q': next(name for name in names if not name[0].isascii())})}"
    emails = (json.loads(row.single)["email"] or "" for row in own.contacts.rows({}))
    yield f"contacts?{urlencode({'q': next(email for email in emails if '+' in email)})}"
    emails = (json.loads(row.single)["email"] or "" for row in own.contacts.rows({}))
    capitals = next(email for email in emails if email.isupper())
    yield from (f"contacts?q={text}" for text in (capitals, "%c3%a9", "a", "--", "null", "%25"))
    yield from (
        f"events?eventType=draft.sent,{other}" for other in ("contact.created", "unheard-of", "draft.sent", "a,b,c,d")
    )
    yield from ("events?eventType=DRAFT.SENT", "events?eventType=draft.sent&limit=201", "events?limit=300.5")
    yield from (f"contacts?listId={row.id}" for row in own.lists.rows({"includeArchived": "1"}) if not _size(row))
    writers = {*map(_contact_of, own.drafts.rows({}))}
    yield f"drafts?contactId={next(row.id for row in own.contacts.rows({}) if row.id not in writers)}"
    for collection, operation_id in LISTS.items():
        operation = contract().operations[operation_id]
        for limit in _LIMITS:
            yield f"{collection}?limit={limit}"
        yield f"{collection}?%00=1&x={'x' * 2_000}"
        yield f"{collection}?x=%ff"
        values = {name: values_of(name, own, theirs) for name in operation.filters}
        for name, given in values.items():
            yield from (f"{collection}?{urlencode({name: value})}" for value in (*given, *misspelt(given[0])))
            yield f"{collection}?{urlencode([(name, given[0]), (name, given[-1])])}"
            yield from (f"{collection}?{urlencode({name: given[0], 'limit': limit})}" for limit in (1, 200))
            yield f"{collection}?{name}=%2C%2C"
            for other in sorted(values.keys() - {name}):
                pairs = [(value, second) for value in given for second in values[other]]
                yield from (f"{collection}?{urlencode({name: one, other: two})}" for one, two in pairs)


def values_of(name: str, own: Tenant, theirs: Tenant) -> list[str]:
    """Values of a filter: known ones in every state, an unknown one, and another organization's."""
    of_lists = {"includeArchived": "1"}
    lists = {bool(json.loads(row.single)["archivedAt"]): row.id for row in own.lists.rows(of_lists)}
    writers = Counter(map(_contact_of, own.drafts.rows({})))
    with_draft = {own.research.get(id_) is not None: id_ for id_, _ in reversed(writers.most_common())}
    people = [json.loads(row.single) for row in own.contacts.rows({})]
    companies = ((word, one["email"]) for one in people for word in (one["companyName"] or "").split()[1:])
    company = next(word for word, email in companies if word.lower() not in (email or "").lower())
    known = {
        "listId": [*lists.values(), theirs.lists.rows({})[-1].id],
        "contactId": [*with_draft.values(), theirs.contacts.rows({})[-1].id],
        "q": [people[-1]["email"], people[-1]["lastName"], company],
        "includeArchived": ["1", "0"],
    }
    return [*(known[name] if name in known else _known_values(name)), "nonsense", "constructor"]


def _size(row: Any) -> int:
    return int(json.loads(row.single)["contactCount"])


def _contact_of(row: Any) -> str:
    return str(json.loads(row.single)["contactId"])


def _known_values(name: str) -> list[str]:
    parameters = (each for operation in contract().operations.values() for each in operation.parameters)
    values = next(list(each.schema["x-known-values"]) for each in parameters if each.name == name)
    return [*values, ",".join(values[:2])] if name == "eventType" else values
