"""Ways to break the contract, one thing at a time: each a small dataclass, named for its lie, by which a judge is judged.

`outbound-mock --fault NAME` takes the names of `names()`. A fault's `breaks` are the requirements that fall: first the one
that it is aimed at, then those that cannot but fall with it.
"""

from __future__ import annotations

from typing import ClassVar, Protocol

from mockserver.api.pipeline import Modification
from mockserver.modifications.catalogue import AppliesTo, Catalogue
from mockserver.modifications.faults import (
    authentication,
    crashes,
    credentials,
    cursors,
    detours,
    documents,
    envelopes,
    errors,
    filters,
    isolation,
    leaks,
    methods,
    operations,
    page_sizes,
    pagination,
    rate_limits,
    rate_refusals,
    scopes,
    searches,
    shared_state,
    webhooks,
)


class Fault(Modification, Protocol):
    """A violation of the contract."""

    breaks: ClassVar[tuple[str, ...]]


_CATALOGUE: Catalogue[Fault] = Catalogue(
    authentication,
    crashes,
    credentials,
    cursors,
    detours,
    documents,
    envelopes,
    errors,
    filters,
    isolation,
    leaks,
    methods,
    operations,
    page_sizes,
    pagination,
    rate_limits,
    rate_refusals,
    scopes,
    searches,
    shared_state,
    webhooks,
)
all_faults, names, named = _CATALOGUE.all, _CATALOGUE.names, _CATALOGUE.named


def applies_to(name: str) -> AppliesTo:
    """Whether a fault changes answers to requests or deliveries, and so what "the next three" would count. Raises KeyError."""
    fault = all_faults()[name]
    in_the_feed = fault is webhooks.DeliveredNotLogged
    return "deliveries" if fault.__module__ == webhooks.__name__ and not in_the_feed else "requests"
