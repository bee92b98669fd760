"""The steps of which traffic patterns are made, and the kinds of requests that they send: a limit counts all of them."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import spec
from conformance.rate_limits.attempts import Attempt

FAILING = "failing "
HEAD = "HEAD"
CONDITIONAL = "conditional"
OTHER_CASE = "scheme in another case"
FORWARDED = "forwarded for another address"
DISGUISED = (OTHER_CASE, FORWARDED)
"""Kinds that present the key by themselves, so that a limiter may take them for other callers'."""
OF_SOME_TARGETS = (HEAD, *DISGUISED)
"""Kinds that a target need not serve: an answer other than 200 and 429 says that it does not, and proves nothing of its limit."""
KINDS = (
    "me",
    "list",
    "single",
    HEAD,
    CONDITIONAL,
    *DISGUISED,
    *(f"{FAILING}{operation}" for operation in spec.contract().operations),
)
"""Kinds of requests: `/me`, lists, single resources, HEAD, conditional ones, ones with `bearer` for the scheme, ones that
say that a proxy forwards them, and what each operation refuses.

Each operation refuses invalid limits and cursors, and ids that do not exist. Some servers do so before the operation is
reached.
"""


@dataclass(frozen=True, slots=True)
class Send:
    """Send requests with the key of a role, several at once unless `one_by_one`, until `refused` of them were refused.

    `kind` is one of KINDS, None for a mix of all but invalid ones. The answer is the attempts. A role without a key sends
    nothing, and a kind without known requests sends nothing.
    """

    role: str
    count: int
    refused: int | None = None
    one_by_one: bool = False
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Until:
    """Wait for a time of the target's clock. `exactly`: not a second longer, if that clock moves in whole seconds."""

    time: float
    exactly: bool = False


Steps = Generator[Send | Until, list[Attempt], None]
"""A pattern under way: it yields its next step, and is sent the attempts of that step."""

Part = Generator[Send | Until, list[Attempt], list[Attempt]]
