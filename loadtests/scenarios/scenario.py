"""What makes a scenario: a claim, the checks that try it, the keys that it uses, and the plan of what they send."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from loadtests.analysis.findings import Check
from loadtests.scenarios.plan import Plan
from spec import REST
from spec.target import RateLimit

Role = str


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a plan depends on. `roles` are the keys' roles, by index.

    `minutes` is how long the scenario lasts, if its plan leaves that open; `grain`: None in real time, else a test clock is
    moved, and what is sent evenly in real time is sent in parts this many seconds apart. `rested`: no key was used for two
    minutes. `most_rate` is the requests a second that a crowd grows to, 0 for what its keys' limits allow.
    """

    roles: Sequence[Role]
    limits: RateLimit
    minutes: float
    movable: bool = False
    rested: bool = False
    most_rate: float = 0.0

    @property
    def keys(self) -> range:
        """The indexes of all keys."""
        return range(len(self.roles))

    @property
    def rest(self) -> float:
        """Seconds that have to pass before keys are known to be rested."""
        return 0.0 if self.rested else REST

    def of(self, role: Role) -> list[int]:
        """The indexes of the keys in a role."""
        return [key for key, found in enumerate(self.roles) if found == role]

    def grain(self, seconds: float) -> float | None:
        """The seconds between two parts of what real time would send evenly; None in real time."""
        return seconds if self.movable else None


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario. `roles` are given to the keys in this order, the last one to all that are left.

    `most_keys` is the largest number of keys that it uses, `least_keys` the smallest number with which it can run. `minutes` is
    how long it lasts unless told otherwise. `limited`: it tries limits, whose time a test clock can shorten. `clock_minutes` is
    how long it lasts on a test clock, which makes waiting cheap; 0 for no longer than without. `judges` is False where answers
    are not looked at, because no target is judged.
    """

    name: str
    claim: str
    checks: tuple[Check, ...]
    plan: Callable[[Circumstances], Plan]
    roles: tuple[Role, ...]
    minutes: float
    most_keys: int | None = 4
    least_keys: int = 1
    limited: bool = True
    clock_minutes: float = 0
    judges: bool = True
