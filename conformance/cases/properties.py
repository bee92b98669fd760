"""Hypothesis as the gate uses it: few examples, the same for the same seed, nothing shrunk, replayed or remembered.

Every example costs requests, and a replay would ask a target that may have changed. So the first failure is kept, later
examples are not tried, and the failure is raised at the end. Hypothesis then reports flakiness, because the failure does not
repeat, or because the data of a live target has changed: that report is dropped.
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
    """How many examples or steps were tried so far, and the first failure."""

    tried: int = 0
    failure: NotTested | NoAnswer | Violation | None = None
    _missing: NotTested | None = field(default=None, repr=False)

    def step(self, act: Callable[[], object]) -> None:
        """Try one example, unless one has failed. An example that cannot be tried does not end the others."""
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
        """Raise the first failure, or NotTested if no example could be tried."""
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
    """Try a property on `count` examples, drawn with `number` as seed. Raises what the property raises."""
    trial = PropertyRun()

    def example(**drawn: Any) -> None:
        trial.step(lambda: prove(**drawn))

    with suppress(Flaky):
        seed(number)(bounded(count)(given(**strategies)(example)))()
    trial.conclude()
