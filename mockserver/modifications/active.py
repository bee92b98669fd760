"""Modifications that are switched on while the mock runs, for all requests or for some."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from mockserver.api.limits import Unreachable

if TYPE_CHECKING:
    from starlette.types import Scope

    from mockserver.api.pipeline import State
    from mockserver.modifications.condition import Condition
    from mockserver.modifications.registry import Modification


@dataclass(slots=True)
class Switch:
    """A modification that is on.

    `met` counts the requests that match its condition, without `every`; `left` is how many it still applies to, None for all.
    """

    id: str
    modification: Modification
    met: int = field(init=False, default=0)
    left: int | None = field(init=False)

    def __post_init__(self) -> None:
        self.left = self.condition.requests

    @property
    def name(self) -> str:
        """The name of what is on."""
        return self.modification.name

    @property
    def condition(self) -> Condition:
        """The requests that it applies to."""
        return self.modification.condition


class SharedCounts(Protocol):
    """Numbers that several processes count together, by name."""

    def count(self, name: str) -> int:
        """Count one more; returns how many were counted. Raises Unreachable."""

    def take(self, name: str, most: int) -> bool:
        """Count one more; returns whether there was one left."""

    def left(self, name: str, most: int) -> int:
        """How many are left. Raises Unreachable."""


class Switches:
    """The switches, in the order in which they were switched on.

    `by_id` is to be read only. If several processes are one mock, `shared` counts the requests of all, under names that
    begin with `place`.
    """

    def __init__(self, state: State, shared: SharedCounts | None = None, place: str = "") -> None:
        self._state = state
        self._shared = shared
        self._place = place
        self.by_id: dict[str, Switch] = {}
        self._made = 0

    def __iter__(self) -> Iterator[Switch]:
        return iter(tuple(self.by_id.values()))

    def __len__(self) -> int:
        return len(self.by_id)

    def on(self, modification: Modification) -> Switch:
        """Switch on a modification for the requests that its condition means."""
        self._made += 1
        switch = Switch(f"swt_{self._made}", modification)
        self.by_id[switch.id] = switch
        return switch

    def off(self, switch_id: str) -> bool:
        """Switch one off; returns False if there is no such switch."""
        return self.by_id.pop(switch_id, None) is not None

    def recount(self) -> None:
        """Take into each `left` what other processes have counted. If they cannot be asked, it stays as it is."""
        for switch in self.by_id.values():
            if self._shared and switch.left is not None:
                with suppress(Unreachable):
                    switch.left = self._shared.left(self._count_of(switch), switch.condition.requests or 0)

    def take(self, scope: Scope) -> Sequence[Switch]:
        """The switches that apply to a request, after counting the request."""
        state = self._state
        return [switch for switch in self.by_id.values() if switch.condition.holds(scope, state) and self._take(switch)]

    def _take(self, switch: Switch) -> bool:
        """Count a request that matches the rest of the condition. Returns whether `every` and `requests` match it too."""
        every = switch.condition.every
        if every is not None and self._meet(switch) % every:
            return False
        if switch.left is None:
            return True
        if switch.left == 0:
            return False
        switch.left -= 1
        return self._shared is None or self._shared.take(self._count_of(switch), switch.condition.requests or 0)

    def _meet(self, switch: Switch) -> int:
        """Count a request for `every`; returns how many were counted, in all processes if they can be reached."""
        switch.met += 1
        if self._shared is not None:
            with suppress(Unreachable):
                switch.met = self._shared.count(f"{self._count_of(switch)}/met")
        return switch.met

    def _count_of(self, switch: Switch) -> str:
        return f"{self._place}/{switch.id}"
