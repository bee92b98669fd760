"""Ways to break the contract, one thing at a time: each a small dataclass, named for its lie, by which a judge is judged.

`outbound-mock --fault NAME` takes the names of `names()`. A fault's `breaks` are the requirements that fall: first the one
that it is aimed at, then those that cannot but fall with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar, Protocol

from mockserver.changes.catalogue import AppliesTo, collect
from mockserver.faults import (
    authentication,
    errors,
    filters,
    operations,
    page_sizes,
    pagination,
    rate_limits,
    scopes,
    tenants,
    webhooks,
)
from mockserver.parts import Modification


class Fault(Modification, Protocol):
    """A violation of the contract."""

    breaks: ClassVar[tuple[str, ...]]


_FAULTS: Mapping[str, type[Fault]] = collect(
    authentication,
    errors,
    filters,
    operations,
    page_sizes,
    pagination,
    rate_limits,
    scopes,
    tenants,
    webhooks,
)


def all_faults() -> Mapping[str, type[Fault]]:
    """Every fault by its name."""
    return _FAULTS


def names() -> Iterable[str]:
    """The names of all faults."""
    return _FAULTS.keys()


def applies_to(name: str) -> AppliesTo:
    """Whether a fault changes answers to requests or deliveries, and so what "the next three" would count. Raises KeyError."""
    fault = _FAULTS[name]
    in_the_feed = fault is webhooks.DeliveredNotLogged
    return "deliveries" if fault.__module__ == webhooks.__name__ and not in_the_feed else "requests"


def named(name: str) -> Modification:
    """The fault of that name. Raises KeyError."""
    return _FAULTS[name]()
