"""Refusals by the rate limit that are not a 429, or that name a wrong time to wait."""

from __future__ import annotations

import math
from collections.abc import Callable

from mockserver.api.keys import ApiKey
from mockserver.api.limits import Admission
from mockserver.api.pipeline import Pipeline
from mockserver.api.response import Response
from mockserver.modifications.helpers.responses import change_answer, change_kind, with_status
from mockserver.modifications.registry import fault
from spec import contract

_REFUSED = "rate-limit-exceeded"
_PUNISHED = 20.0


def _change_wait(pipeline: Pipeline, wait: Callable[[float], float]) -> None:
    """Change the number of seconds in Retry-After."""
    pipeline.retry_after = lambda admission, _now: b"%d" % math.ceil(wait(admission.retry_after))


@fault("RATE-5")
def retry_after_missing(pipeline: Pipeline) -> None:
    """A 429 has no Retry-After."""
    pipeline.retry_after = lambda _admission, _now: None


def _refuse_with(pipeline: Pipeline, status: int) -> None:
    change_kind(pipeline, _REFUSED, lambda problem, _scope: with_status(problem, status))


@fault("RATE-5", "ERROR-5")
def refused_with_503(pipeline: Pipeline) -> None:
    """A request beyond the limit is answered 503."""
    _refuse_with(pipeline, 503)


@fault("RATE-5")
def refused_with_403(pipeline: Pipeline) -> None:
    """A request beyond the limit is answered 403."""
    _refuse_with(pipeline, 403)


@fault("RATE-5", "ERROR-1")
def refused_in_plain_text(pipeline: Pipeline) -> None:
    """A 429 comes from the gateway, in plain text."""
    change_answer(
        pipeline,
        lambda problem, _scope: problem.kind.slug == _REFUSED,
        lambda problem: Response(429, b"text/plain", b"Too Many Requests", problem.headers),
    )


@fault("RATE-6")
def retry_after_too_short(pipeline: Pipeline) -> None:
    """Retry-After is half of the time that the client has to wait."""
    _change_wait(pipeline, lambda seconds: seconds / 2)


@fault("RATE-6")
def retry_after_always_one(pipeline: Pipeline) -> None:
    """Retry-After is always 1."""
    _change_wait(pipeline, lambda _seconds: 1)


@fault("RATE-6")
def retry_after_too_long(pipeline: Pipeline) -> None:
    """Retry-After is always two minutes."""
    _change_wait(pipeline, lambda _seconds: 120)


@fault("RATE-6")
def retry_after_in_milliseconds(pipeline: Pipeline) -> None:
    """Retry-After is in milliseconds."""
    _change_wait(pipeline, lambda seconds: seconds * 1_000)


@fault("RATE-6")
def refusals_punished(pipeline: Pipeline) -> None:
    """Each refusal is followed by twenty seconds of refusals, which its Retry-After does not tell."""
    inner = pipeline.admit
    until: dict[str, float] = {}

    def admit(key: ApiKey, now: float) -> Admission:
        left = until.get(key.id, now) - now
        admission = (
            Admission(False, contract().rate_limits.per_minute, now + left, left) if left > 0 else inner(key, now)
        )
        if not admission.admitted:
            until[key.id] = now + _PUNISHED
        return admission

    pipeline.admit = admit
