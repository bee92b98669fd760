"""What is switched on while the mock runs: a fault or a hardship, for all requests or for some."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from mockserver.api.authentication import presented_secret
from spec import contract

if TYPE_CHECKING:
    from starlette.types import Scope

    from mockserver.api.keys import KeyRing
    from mockserver.modifications.registry import Modification


@dataclass(frozen=True, slots=True)
class Condition:
    """Which requests are meant: those of a key (its id), of an operation (its id), only the next so many. None is any."""

    key: str | None = None
    operation: str | None = None
    requests: int | None = None


@dataclass(slots=True)
class Switch:
    """A modification that is on. `left` are the requests that it still applies to, None for all."""

    id: str
    name: str
    modification: Modification
    condition: Condition = Condition()
    left: int | None = field(init=False)

    def __post_init__(self) -> None:
        self.left = self.condition.requests


class Switches:
    """What is on, in the order in which it was switched on.

    `take_one` counts a request that a switch applies to where several processes do: (switch id, how many there are) → whether
    one was left.
    """

    def __init__(self, keys: KeyRing, take_one: Callable[[str, int], bool] | None = None) -> None:
        self._keys = keys
        self._take_one = take_one
        self._on: dict[str, Switch] = {}
        self._made = 0

    def __iter__(self) -> Iterator[Switch]:
        return iter(tuple(self._on.values()))

    def __len__(self) -> int:
        return len(self._on)

    def on(self, name: str, modification: Modification, condition: Condition) -> Switch:
        """Switch on a modification."""
        self._made += 1
        switch = Switch(f"swt_{self._made}", name, modification, condition)
        self._on[switch.id] = switch
        return switch

    def off(self, switch_id: str) -> bool:
        """Switch one off; False where none has that id."""
        return self._on.pop(switch_id, None) is not None

    def clear(self) -> None:
        """Switch everything off."""
        self._on.clear()

    def take(self, scope: Scope) -> Sequence[Switch]:
        """Those that apply to a request, of whose number one is taken."""
        return [switch for switch in self._on.values() if self._meant(switch.condition, scope) and self._take(switch)]

    def _take(self, switch: Switch) -> bool:
        if switch.left is None:
            return True
        if switch.left == 0:
            return False
        switch.left -= 1
        return self._take_one is None or self._take_one(switch.id, switch.condition.requests or 0)

    def _meant(self, condition: Condition, scope: Scope) -> bool:
        if condition.operation is not None and condition.operation != operation_asked(scope["path"]):
            return False
        if condition.key is None:
            return True
        key = self._keys.find(presented_secret(scope) or b"")
        return key is not None and key.id == condition.key


def operation_asked(path: str) -> str | None:
    """The id of the operation whose path template a path fits; None where none does."""
    return next((operation_id for operation_id, template in _templates() if template.fullmatch(path)), None)


@cache
def _templates() -> Sequence[tuple[str, re.Pattern[str]]]:
    return [
        (operation.id, re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(operation.path))))
        for operation in contract().operations.values()
    ]
