"""Hypothesis as the gate uses it: few examples, the same for the same seed, nothing shrunk, replayed or remembered.

Every example costs requests, and a replay would ask a target that may have changed. So the first failure is kept, what
Hypothesis asks for after it is not tried, and the failure is raised when it is done. That nothing fails any more, and that a
live target offers other choices than a minute ago, makes Hypothesis complain of flakiness: that complaint is dropped.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Flaky
from hypothesis.strategies import SearchStrategy

from conformance.checks import NotJudged, NotTested, Violation
from conformance.target.client import NoAnswer


@dataclass
class PropertyRun:
    """What became of the examples or steps so far."""

    tried: int = 0
    failure: NotTested | NoAnswer | Violation | None = None
    _missing: NotTested | None = field(default=None, repr=False)

    def step(self, act: Callable[[], object]) -> None:
        """Try one, unless one has failed. What cannot be tried on one does not void the others."""
        if self.failure:
            return
        try:
            act()
            self.tried += 1
        except (NotJudged, NoAnswer, Violation) as failure:
            self.failure = failure
        except NotTested as missing:
            self._missing = missing

    def conclude(self) -> None:
        """Raise the first failure; NotTested where none could be tried."""
        if self.failure:
            raise self.failure
        if not self.tried:
            raise self._missing or NotTested("there was nothing to try it on")


def bounded(examples: int, steps: int = 1) -> settings:
    """Settings for this number of examples; of a state machine, with this number of steps each."""
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        deadline=None,
        database=None,
        print_blob=False,
    )


def for_examples(count: int, number: int, prove: Callable[..., None], **strategies: SearchStrategy[Any]) -> None:
    """Try a property on `count` examples, drawn from the strategies with `number` as seed. Raises what it raises."""
    trial = PropertyRun()

    def example(**drawn: Any) -> None:
        trial.step(lambda: prove(**drawn))

    with suppress(Flaky):
        seed(number)(bounded(count)(given(**strategies)(example)))()
    trial.conclude()
