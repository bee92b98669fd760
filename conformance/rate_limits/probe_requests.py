"""What the probes ask for: requests of several operations, kinds and outcomes, because one limit counts them all."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import spec
from conformance.cases.forged_keys import unknown
from conformance.cases.resource_ids import collection_of, resembling
from conformance.oracles.usable import as_id
from conformance.rate_limits.steps import FAILING, FORWARDED, HEAD, OTHER_CASE
from conformance.target.client import target
from conformance.target.exchange import Credential, Exchange, Request

_SINGLE = {listing: single for single, listing in spec.ITEM_OPERATIONS.items()}
# An application may check `limit` before its limiter counts the request, and the cursor afterwards.
_REFUSED = {
    "listContacts": {"limit": "many"},
    "listLists": {"cursor": "not-a-cursor"},
    "listDrafts": {"limit": "many"},
    "listEvents": {"cursor": "not-a-cursor"},
}

_FORWARDED_FOR = "X-Forwarded-For"
# Addresses for documentation (RFC 5737).
_ADDRESSES = ("192.0.2.7", "198.51.100.7")


@dataclass
class Requests:
    """The requests of a probe, in turn: operations that cost a target little, and single resources once their ids are known.

    There are several operations, because a limit holds for the key and not for each operation. There are refused requests
    (unknown ids, invalid limits and cursors), because a limit counts answers of any kind.
    """

    _known: list[Request] = field(default_factory=list)
    _failing: dict[str, Request] = field(default_factory=dict)
    _turn: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self._known.append(_request("getMe"))
        self._known += [_request(operation, limit=1) for operation in _SINGLE]
        self._known.append(_request("listEvents", limit=1))
        self._failing = {operation: _request(operation, **_REFUSED[operation]) for operation in spec.LIST_OPERATIONS}

    def next(self, found: Sequence[Request]) -> Request:
        """One of several requests in turn."""
        return found[next(self._turn) % len(found)]

    def of(self, kind: str | None) -> list[Request]:
        """The requests of a kind, or of the mix for None."""
        operations = {"me": ("getMe",), "list": spec.LIST_OPERATIONS, "single": tuple(_SINGLE.values())}.get(kind or "")
        if operations:
            return [request for request in self._known if request.operation in operations]
        if kind is None:
            # A few refused requests are enough to show a limiter that does not count an operation's errors.
            return [*self._known, *self._known, *self._failing.values()]
        operation = kind.removeprefix(FAILING)
        return [self._failing[operation]] if operation in self._failing else []

    def without_limit(self, refused: Exchange) -> None:
        """Ask a list without a limit from now on, if it was asked with one and refused it (PAGE-3)."""
        for index, request in enumerate(self._known):
            if request.target == refused.request.target and request.operation in spec.LIST_OPERATIONS:
                self._known[index] = _request(request.operation)

    def learn(self, exchange: Exchange) -> None:
        """Take the id of a single resource from a page that is not empty."""
        single = _SINGLE.get(exchange.request.operation or "")
        if single and all(request.operation != single for request in self._known):
            known = as_id(exchange.json["data"][0]["id"]) or ""
            self._known.append(_request(single, id=known))
            unknown = resembling(known, [known], single)
            reading = [each for each in spec.contract().operations if collection_of(each) == exchange.request.operation]
            self._failing |= {operation: _request(operation, id=unknown) for operation in reading}


def disguised(key: Credential) -> dict[str, list[Request]]:
    """By kind, requests with one key that seem to come from several callers.

    A limiter that counts by the whole Authorization header, or by the address that a proxy is said to forward, counts each of
    them by itself.
    """
    return {
        OTHER_CASE: [_presented(f"{scheme} {key.secret}") for scheme in ("bearer", "BEARER")],
        FORWARDED: [_presented(f"Bearer {key.secret}", (_FORWARDED_FOR, address)) for address in _ADDRESSES],
    }


def unauthenticated(key: Credential) -> tuple[Request, ...]:
    """The requests of callers without a valid key: without one, and with one that was never issued and resembles `key`."""
    return _request("getMe"), _presented(unknown(key.secret))


def by_head() -> list[Request]:
    """A HEAD request that every key is served, if the target serves HEAD."""
    return [Request(HEAD, target("getMe"), operation="getMe")]


def _presented(authorization: str, *further: tuple[str, str]) -> Request:
    return Request("GET", target("getMe"), (("Authorization", authorization), *further), operation="getMe")


def _request(operation: str, **parameters: object) -> Request:
    return Request("GET", target(operation, **parameters), operation=operation)
