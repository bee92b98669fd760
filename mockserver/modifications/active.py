"""What is switched on while the mock runs: a fault, a variant or a hardship, for all requests or for some."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import Scope

    from mockserver.api.pipeline import State
    from mockserver.modifications.condition import Condition
    from mockserver.modifications.registry import Modification


@dataclass(slots=True)
class Switch:
    """A modification that is on.

    `met` counts the requests that fit its condition, `every` aside; `left` is how many it still applies to, None for all.
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
        """The requests that are meant."""
        return self.modification.condition


class Switches:
    """What is on, in the order in which it was switched on.

    `take_one` counts a request that a switch applies to where several processes do: (switch id, how many there are) → whether
    one was left.
    """

    def __init__(self, state: State, take_one: Callable[[str, int], bool] | None = None) -> None:
        self._state = state
        self._take_one = take_one
        self._on: dict[str, Switch] = {}
        self._made = 0

    def __iter__(self) -> Iterator[Switch]:
        return iter(tuple(self._on.values()))

    def __len__(self) -> int:
        return len(self._on)

    def on(self, modification: Modification) -> Switch:
        """Switch on a modification for the requests that its condition means."""
        self._made += 1
        switch = Switch(f"swt_{self._made}", modification)
        self._on[switch.id] = switch
        return switch

    def off(self, switch_id: str) -> bool:
        """Switch one off; returns False if there is no such switch."""
        return self._on.pop(switch_id, None) is not None

    def clear(self) -> None:
        """Switch everything off."""
        self._on.clear()

    def take(self, scope: Scope) -> Sequence[Switch]:
        """Those that apply to a request, of whose number one is taken."""
        state = self._state
        return [switch for switch in self._on.values() if switch.condition.holds(scope, state) and self._take(switch)]

    def _take(self, switch: Switch) -> bool:
        """Count a request that the rest of the condition means, and say whether its number means it too."""
        every = switch.condition.every
        if every is not None:
            switch.met += 1
            if switch.met % every:
                return False
        if switch.left is None:
            return True
        if switch.left == 0:
            return False
        switch.left -= 1
        return self._take_one is None or self._take_one(switch.id, switch.condition.requests or 0)
