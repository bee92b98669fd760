"""Requests that are well-formed HTTP with a head under 8 KB, and yet what no client means to send (ERROR-5, OP-10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import spec

_LONG = 4000
# More digits than Python, for one, makes a number of without being told to.
_MANY_DIGITS = 4400


@dataclass(frozen=True)
class OddRequest:
    """An odd request to an operation, its path and query percent-encoded. `unheard_of`: its id cannot exist."""

    operation: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    unheard_of: bool = False


# Ids as they go into the path: `{id}` stands for one that exists.
_UNHEARD_OF = {
    "a number beyond 64 bits": ("getContact", "9" * 25),
    "a condition for a database": ("getDraft", "%27%20OR%20%271%27%3D%271"),
    "a line break": ("getList", "x%0D%0ASet-Cookie%3A%20x"),
    "1000 characters": ("getContactResearch", "x" * 1000),
}
# Ordinary front ends refuse these for the API: they are asked for ERROR-5 and ERROR-6 alone.
_NEAR_IDS = {
    "a NUL": ("getContact", "%00"),
    "bytes that are not UTF-8": ("getList", "%FF%FE%80%C0%AF%C0%AE"),
    "4000 characters": ("getContactResearch", "x" * _LONG),
    "a known id and a NUL": ("getContact", "{id}%00"),
    "encoded slashes": ("getDraft", "..%2F{id}%2F%2F..%5C"),
}
_QUERIES = {
    "a NUL in a filter": ("listContacts", "q=a%00b"),
    "a filter that is not UTF-8": ("listContacts", "q=%C3%28%A0"),
    "characters of patterns": ("listContacts", "q=%25_%5C*%5B%28%3F%2B%7B%24%27%22%3B--"),
    "everything twice, in two ways": (
        "listContacts",
        "limit=5&limit=x&limit%5B%5D=7&listId=x&listId=y&listId%5Bx%5D=z&cursor=&cursor=x",
    ),
    "digits of another script, and a NUL for a switch": ("listLists", "includeArchived=%00&limit=%D9%A3"),
    "a limit of 4400 digits": ("listDrafts", "limit=" + "9" * _MANY_DIGITS),
    "half a surrogate pair, and a filter of 4000 characters": (
        "listDrafts",
        "status=%ED%A0%BD&contactId%5B$ne%5D=x&contactId=" + "%C3%A9" * (_LONG // 6),
    ),
    "parameters that nobody has heard of": ("listEvents", "%00=1&__proto__%5Bx%5D=1&constructor=%FF&=&&%5B%5D=;"),
}
_HEADERS: dict[str, tuple[str, Mapping[str, str]]] = {
    "headers of every kind, none of them right": (
        "listContacts",
        {
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
    ),
}
ODD_KEYS = {
    "a key beyond ASCII": "Bearer obk_live_é💩",
    "a key of 4000 characters": "Bearer obk_live_" + "A" * _LONG,
}


def odd_requests(known_ids: Mapping[str, str]) -> dict[str, OddRequest]:
    """Every odd request by what is odd in it. `known_ids`: an id that exists, for each operation that takes one."""
    operations = spec.contract().operations

    def single(operation: str, id_: str, *, unheard_of: bool) -> OddRequest:
        path = operations[operation].path.replace("{id}", id_.replace("{id}", known_ids.get(operation, "x")))
        return OddRequest(operation, path, unheard_of=unheard_of)

    return {
        **{f"id: {odd}": single(*row, unheard_of=True) for odd, row in _UNHEARD_OF.items()},
        **{f"path: {odd}": single(*row, unheard_of=False) for odd, row in _NEAR_IDS.items()},
        **{odd: OddRequest(op, f"{operations[op].path}?{query}") for odd, (op, query) in _QUERIES.items()},
        **{odd: OddRequest(op, operations[op].path, tuple(fields.items())) for odd, (op, fields) in _HEADERS.items()},
    }


NAMES = tuple(odd_requests({}))
UNHEARD_OF = tuple(name for name, odd in odd_requests({}).items() if odd.unheard_of)
