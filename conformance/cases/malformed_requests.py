"""Malformed requests that are still valid HTTP, with a head under 8 KB (ERROR-5, OP-10).

Each kind is sent to each operation that it fits: operations that take an id, lists, or operations that are no lists.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import spec
from conformance.cases.resource_ids import SINGLE

_LONG = 4000
# Python refuses to convert more than 4300 digits to a number, unless it is configured otherwise.
_MANY_DIGITS = 4400
_MANY = 60
# An emoji, which takes four bytes in UTF-8, and two units in UTF-16.
_WIDE = "%F0%9F%98%80"
_OPERATIONS = spec.contract().operations
# Some lists have several filters, and a server may handle the values of one of them alone without care.
_SEVERAL = tuple(each for each in spec.LIST_OPERATIONS if len(_OPERATIONS[each].filters) > 1)
# One filter of each list: one that takes text, if there is one.
_FILTER = {"listContacts": "q", "listLists": "includeArchived", "listDrafts": "contactId", "listEvents": "eventType"}


@dataclass(frozen=True)
class OddRequest:
    """An odd request, its path and query percent-encoded."""

    path: str
    headers: tuple[tuple[str, str], ...] = ()


# Ids as they go into the path: `{id}` stands for one that exists.
_UNHEARD_OF = {
    "a number beyond 64 bits": "9" * 25,
    "a condition for a database": "%27%20OR%20%271%27%3D%271",
    "a line break, and a character of more than 16 bits": f"x%0D%0ASet-Cookie%3A%20x{_WIDE}",
    "1000 characters": "x" * 1000,
    "a word that every object of JavaScript knows": "constructor",
}
# Nothing about them is malformed, but a server that counts resources may take -1 for the last one, and look up a UUID elsewhere.
_WELL_FORMED = {"a negative number": "-1", "a UUID": "3d6f0b52-9c1e-4a7b-8f25-6e0d1c9a4b73"}
# Ordinary front ends refuse these before the API sees them, so they are sent for ERROR-5 and ERROR-6 only.
_NEAR_IDS = {
    "bytes that are not UTF-8": "%FF%FE%80%C0%AF%C0%AE",
    "a known id and a NUL": "{id}%00",
    "encoded slashes": "..%2F{id}%2F%2F..%5C",
}
# Queries, in which `{filter}` stands for a filter of the list, and `{filters}=…` for all its filters with that value.
_QUERIES = {
    "a NUL in a filter": "{filter}=a%00b",
    "a filter that is not UTF-8": "{filter}=%C3%28%A0",
    "characters of patterns, one of more than 16 bits, and many commas": (
        f"x&{{filter}}=%25_%5C*%5B%28%3F%2B%7B%24%27%22%3B--{_WIDE}{',a' * _MANY}"
    ),
    # The second limit is a digit of another script.
    "everything twice, in two ways, and once without a value": (
        "limit=5&limit=%D9%A3&limit%5B%5D=7&{filter}=x&{filter}=y&{filter}%5Bx%5D=z&cursor=&cursor=x&{filter}"
    ),
    "a word that every object of JavaScript knows in every filter": "{filters}=__proto__",
    "a limit of 4400 digits": "limit=" + "9" * _MANY_DIGITS,
    "half a surrogate pair, and a filter of 4000 characters": (
        "status=%ED%A0%BD&{filter}%5B$ne%5D=x&{filter}=" + "%C3%A9" * (_LONG // 6)
    ),
    "lists of nothing": "{filter}=%2C%2C&{filter}[]=[x]&{filter}%5B%5D=&cursor%5B%5D=x",
    "unknown parameters": "%00=1&__proto__%5Bx%5D=1&constructor=%FF&=&&%5B%5D=;",
}
# For lists that have several filters.
_IN_EVERY_FILTER = {
    "a NUL in every filter": "{filters}=%00",
    "long text with a backslash in every filter": "{filters}=%5C" + "x" * (_LONG // 4),
}
# For operations that take no parameter.
_UNASKED = {
    "parameters that the operation does not take, some of them twice": (
        "limit=5&limit=x&cursor=&q=%00&x%5B%5D=1&x=1&x=2&__proto__%5Bx%5D=1&=&&%5B%5D=;&y"
    ),
}
_HEADERS = {
    "headers of every kind, none of them right": {
        "Accept": "application/xml;q=never, ;",
        "Accept-Encoding": "x;q=9",
        "Accept-Language": "*-*;;q=",
        "If-None-Match": '"',
        "If-Modified-Since": "the day before",
        "Range": "bytes=9-1,-",
        "Cookie": "a=b=c; ;=\u0081",
        "X-Forwarded-For": "',,::",
        "X-Request-Id": "{}" * 50,
    },
}
# A server may take the first and the last character of a validator for its quotes, or read a date or a range by its parts.
_CONDITIONS = {
    "a validator without quotes, a date that is a number, a range without a unit": {
        "If-None-Match": "abc",
        "If-Modified-Since": "0",
        "Range": "9",
    },
    "a validator to match without quotes, a date without a time": {
        "If-Match": "abc",
        "If-Unmodified-Since": "Mon, 01 Jan",
    },
}
ODD_KEYS = {
    "a key beyond ASCII": "Bearer obk_live_é💩",
    "a key of 4000 characters": "Bearer obk_live_" + "A" * _LONG,
}


_MALFORMED = tuple((f"id: {odd}", operation) for odd, operation in product(_UNHEARD_OF, SINGLE))
UNHEARD_OF = (*_MALFORMED, *((f"id: {odd}", operation) for odd, operation in product(_WELL_FORMED, SINGLE)))
"""The kinds of ids that cannot exist, with each operation that takes an id."""

ODD = (
    *_MALFORMED,
    *((f"path: {odd}", operation) for odd, operation in product(_NEAR_IDS, SINGLE)),
    *product((*_QUERIES, *_HEADERS), spec.LIST_OPERATIONS),
    *product(_IN_EVERY_FILTER, _SEVERAL),
    *product(_UNASKED, ("getMe", *SINGLE)),
)
"""Every kind of odd request, with each operation that it fits; the operations of a kind stand together."""

KINDS = len({kind for kind, _ in ODD})

ODD_CONDITIONS = tuple(product(_CONDITIONS, _OPERATIONS))
"""Each kind of conditions that cannot be read, with each operation."""


def odd_request(kind: str, operation: str, known_id: str) -> OddRequest:
    """The odd request of a kind to an operation. `known_id`: an id that exists, where the operation takes one."""
    path = _OPERATIONS[operation].path
    if kind in _UNASKED:
        return OddRequest(f"{path.replace('{id}', known_id)}?{_UNASKED[kind]}")
    headers = {**_HEADERS, **_CONDITIONS}
    if kind in headers:
        return OddRequest(path.replace("{id}", known_id), tuple(headers[kind].items()))
    queries = {**_QUERIES, **_IN_EVERY_FILTER}
    if kind in queries:
        return OddRequest(f"{path}?{_in_filters(queries[kind], operation)}")
    _, _, odd = kind.partition(": ")
    id_ = {**_UNHEARD_OF, **_WELL_FORMED, **_NEAR_IDS}[odd].replace("{id}", known_id)
    return OddRequest(path.replace("{id}", id_))


def _in_filters(query: str, operation: str) -> str:
    """A query with the filters of a list in their places."""
    if query.startswith("{filters}"):
        value = query.removeprefix("{filters}")
        return "&".join(f"{name}{value}" for name in _OPERATIONS[operation].filters)
    return query.replace("{filter}", _FILTER[operation])
