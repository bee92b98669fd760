"""Rate limits that leave out or forget keys."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from mockserver.api.keys import ApiKey
from mockserver.api.limits import MINUTE, Admission, Limiter
from mockserver.api.pipeline import Pipeline
from mockserver.modifications.registry import fault
from spec import contract


def _spare(pipeline: Pipeline, spared: Callable[[ApiKey], bool]) -> None:
    """Always admit the keys for which `spared` returns True; the headers say what the documentation says."""
    inner, limit = pipeline.admit, contract().rate_limits.per_minute

    def admit(key: ApiKey, now: float) -> Admission:
        return Admission(True, limit, now + MINUTE, 0.0) if spared(key) else inner(key, now)

    pipeline.admit = admit


@fault("RATE-3")
def keys_of_one_scope_not_limited(pipeline: Pipeline) -> None:
    """Only keys that may read several kinds of resources have a limit."""
    _spare(pipeline, lambda key: len(key.scopes) == 1)


@fault("RATE-3")
def other_organizations_not_limited(pipeline: Pipeline) -> None:
    """Only the keys of the first organization, the customer whose clients were too quick, have a limit."""
    first = next(iter(pipeline.state.tenants))
    _spare(pipeline, lambda key: key.organization_id != first)


@fault("RATE-3", "RATE-4")
def limits_of_three_keys_remembered(pipeline: Pipeline) -> None:
    """Only the three keys that were used last are remembered: a spent key is as good as rested after three others."""
    limiters = OrderedDict[str, Limiter]()

    def admit(key: ApiKey, now: float) -> Admission:
        limiters.setdefault(key.id, Limiter(contract().rate_limits, "burst"))
        limiters.move_to_end(key.id)
        if len(limiters) > 3:
            limiters.popitem(last=False)
        return limiters[key.id].admit(key.id, now)

    pipeline.admit = admit
