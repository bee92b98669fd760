"""Requests without a valid key that a careless check of keys lets through, because of their path or their headers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from itertools import product

import spec
from conformance.cases.conditions import CONDITIONS, condition
from conformance.target.client import Headers
from conformance.target.exchange import Exchange

# Headers of a request that a gateway forwards for an internal caller.
_FROM_WITHIN = (
    *(("X-Forwarded-For", "127.0.0.1"), ("X-Real-IP", "127.0.0.1"), ("Forwarded", "for=127.0.0.1")),
    *(("X-Internal-Request", "1"), ("X-Forwarded-User", "admin")),
)
# Headers whose value some servers take as the path, instead of the request's own path.
_ELSEWHERE = (("X-Original-URL", "/health"), ("X-Rewrite-URL", "/health"))
# Values of single parameters: numbers, a limit that is refused for its size among them. The others get a text that is no value.
_NUMBERS = {"limit": "0", "cursor": "1", "includeArchived": "1"}


def with_a_letter_encoded(path: str) -> str:
    """The same path as RFC 3986 6.2.2.2 has it, with the first letter of what it names percent-encoded."""
    base, _, rest = path.partition("/v1/")
    return f"{base}/v1/%{ord(rest[0]):02x}{rest[1:]}"


def _in_capitals(path: str) -> str:
    """The same path with its first name in capitals; what follows that name, such as an id, is kept."""
    base, _, rest = path.partition("/v1/")
    name, slash, rest = rest.partition("/")
    return f"{base}/v1/{name.upper()}{slash}{rest}"


def _conditional(name: str, known: Exchange) -> Headers:
    return (condition(name, known),)


DISGUISES: Mapping[str, Callable[[Exchange], Headers]] = {
    "as if from within": lambda _known: _FROM_WITHIN,
    **{f"with {name}": partial(_conditional, name) for name in CONDITIONS},
}
"""Headers that do not stand for a key. Each is made from the answer that a valid key got."""

DETOURS: Mapping[str, Callable[[str], tuple[str, Headers]]] = {
    "with a slash behind it": lambda path: (f"{path}/", ()),
    "with a doubled slash": lambda path: (path.replace("/v1/", "/v1//", 1), ()),
    "with a letter encoded": lambda path: (path.replace("/v1/", "/v%31/", 1), ()),
    "with a letter of its name encoded": lambda path: (with_a_letter_encoded(path), ()),
    "with its name in capitals": lambda path: (_in_capitals(path), ()),
    "with a parameter of the path": lambda path: (f"{path};a=1", ()),
    "with a file's ending": lambda path: (f"{path}.json", ()),
    "with another address in a header": lambda path: (path, _ELSEWHERE),
}
"""Other paths, with or without headers, that some servers route to the same operation; others know no such path."""


def queries() -> list[tuple[str, str]]:
    """Pairs of an operation and a query: two invalid queries for each list, and for each operation one with all parameters.

    Whether a caller may ask must not depend on the query. So an operation is sent the parameters of all others, too.
    """
    invalid = product(spec.LIST_OPERATIONS, ("limit=many", "cursor=not-a-cursor"))
    together = "&".join(f"{name}=1" for name in _parameters())
    return [*invalid, *((operation, together) for operation in spec.contract().operations)]


def single_parameters() -> list[tuple[str, str]]:
    """Pairs of an operation and a query of one parameter: every operation with every parameter of the document."""
    queries = [f"{name}={_NUMBERS.get(name, 'not-a-real-value')}" for name in _parameters()]
    return list(product(spec.contract().operations, queries))


def _parameters() -> tuple[str, ...]:
    """The names of the query parameters that any operation declares."""
    filters = (name for operation in spec.contract().operations.values() for name in operation.filters)
    return tuple(dict.fromkeys(("limit", "cursor", *filters)))
