"""Limits that are too low, too high, counted for the wrong one, or told wrongly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

from starlette.types import Scope

from mockserver.api.authentication import Caller
from mockserver.api.keys import ApiKey
from mockserver.api.limits import MINUTE, Admission, Limiter
from mockserver.api.pipeline import Parts
from mockserver.api.response import Header, Response
from mockserver.modifications.helpers.responses import rewriting, with_header, without_header
from spec import contract

_LIMIT, _RESET = b"x-ratelimit-limit", b"x-ratelimit-reset"


_LIMITS = contract().rate_limits


def _change_headers(parts: Parts, change: Callable[[list[Header], Admission], list[Header]]) -> None:
    healthy = parts.rate_headers
    parts.rate_headers = lambda admission, now: change(healthy(admission, now), admission)


def _admit_by(parts: Parts, name: Callable[[ApiKey], str]) -> None:
    """Have requests counted under another name than the key's."""
    parts.admit = lambda key, now: parts.limiter.admit(name(key), now)


@dataclass(frozen=True)
class RateHeadersMissing:
    """No answer carries the headers of the rate limit."""

    breaks: ClassVar[tuple[str, ...]] = ("RATE-1",)

    def install(self, parts: Parts) -> None:
        _change_headers(parts, lambda _headers, _admission: [])


@dataclass(frozen=True)
class RateHeadersMissingOnErrors:
    """Only what is served carries the headers of the rate limit."""

    breaks: ClassVar[tuple[str, ...]] = ("RATE-1",)

    def install(self, parts: Parts) -> None:
        def change(_scope: Scope, answer: Response) -> None:
            if answer.status >= 400:
                answer.headers = without_header(answer.headers, _LIMIT, _RESET)

        parts.outer.append(rewriting(change))


@dataclass(frozen=True)
class ResetInMilliseconds:
    """X-RateLimit-Reset is in milliseconds since 1970."""

    breaks: ClassVar[tuple[str, ...]] = ("RATE-1",)

    def install(self, parts: Parts) -> None:
        _change_headers(
            parts, lambda headers, admission: with_header(headers, _RESET, b"%d" % (admission.reset * 1_000))
        )


@dataclass(frozen=True)
class LimitBelowZero:
    """X-RateLimit-Limit is -1, which means something to the gateway alone."""

    breaks: ClassVar[tuple[str, ...]] = ("RATE-1",)

    def install(self, parts: Parts) -> None:
        _change_headers(parts, lambda headers, _admission: with_header(headers, _LIMIT, b"-1"))


@dataclass(frozen=True)
class FiftyNineAMinute:
    """The sixtieth request in a minute is refused."""

    breaks: ClassVar[tuple[str, ...]] = ("RATE-2",)

    def install(self, parts: Parts) -> None:
        parts.limiter = Limiter(replace(_LIMITS, per_minute=_LIMITS.per_minute - 1), "strict")


@dataclass(frozen=True)
class NoBurst:
    """A second is worth one request, and none is saved up but five."""

    breaks: ClassVar[tuple[str, ...]] = ("RATE-2",)

    def install(self, parts: Parts) -> None:
        parts.limiter = Limiter(replace(_LIMITS, burst=5, burst_window=1), "burst")


@dataclass(frozen=True)
class BurstOf121:
    """A burst window admits one request too many."""

    breaks: ClassVar[tuple[str, ...]] = ("RATE-3", "RATE-4")

    def install(self, parts: Parts) -> None:
        parts.limiter = Limiter(replace(_LIMITS, burst=_LIMITS.burst + 1), "burst")


def _admit_in_windows(parts: Parts, seconds: float, most: int) -> None:
    """Have requests counted in windows that the wall clock cuts, each for itself."""
    admitted: Counter[tuple[str, int]] = Counter()

    def admit(key: ApiKey, now: float) -> Admission:
        window = (key.id, int(now // seconds))
        reset = (window[1] + 1) * seconds
        served = admitted[window] < most
        admitted[window] += served
        return Admission(served, _LIMITS.per_minute, reset, 0.0 if served else reset - now)

    parts.admit = admit


@dataclass(frozen=True)
class FixedWindows:
    """Windows of 30 s are cut by the wall clock: 120 before the border, and 120 behind it."""

    breaks: ClassVar[tuple[str, ...]] = ("RATE-3", "RATE-4")

    def install(self, parts: Parts) -> None:
        _admit_in_windows(parts, _LIMITS.burst_window, _LIMITS.burst)


@dataclass(frozen=True)
class FixedMinutes:
    """Minutes are cut by the wall clock, and worth 120 each: 240 within seconds at the border."""

    breaks: ClassVar[tuple[str, ...]] = ("RATE-3", "RATE-4")

    def install(self, parts: Parts) -> None:
        _admit_in_windows(parts, MINUTE, _LIMITS.burst)


@dataclass(frozen=True)
class NoSustainedLimit:
    """Only the burst window counts: 120 every 30 s for ever."""

    breaks: ClassVar[tuple[str, ...]] = ("RATE-4",)

    def install(self, parts: Parts) -> None:
        parts.limiter = Limiter(replace(_LIMITS, per_minute=1_000_000), "burst")


@dataclass(frozen=True)
class RefillTooQuick:
    """The allowance refills at 90 a minute."""

    breaks: ClassVar[tuple[str, ...]] = ("RATE-4",)

    def install(self, parts: Parts) -> None:
        parts.limiter = Limiter(replace(_LIMITS, per_minute=_LIMITS.per_minute * 3 // 2), "burst")


@dataclass(frozen=True)
class SixtyOneAMinute:
    """The minute's figure is a hard cap (`--rate-reading strict`), and admits one request too many."""

    breaks: ClassVar[tuple[str, ...]] = ("RATE-4",)

    def install(self, parts: Parts) -> None:
        limiter = Limiter(replace(_LIMITS, per_minute=_LIMITS.per_minute + 1), "strict")
        parts.admit = lambda key, now: replace(limiter.admit(key.id, now), limit=_LIMITS.per_minute)


@dataclass(frozen=True)
class NoLimitAtAll:
    """Nothing is ever refused; the headers say what the documentation says."""

    breaks: ClassVar[tuple[str, ...]] = ("RATE-3", "RATE-4", "RATE-5")

    def install(self, parts: Parts) -> None:
        parts.admit = lambda _key, now: Admission(True, _LIMITS.per_minute, now + 1, 0.0)


@dataclass(frozen=True)
class LimitPerOrganization:
    """All keys of an organization share one limit."""

    breaks: ClassVar[tuple[str, ...]] = ("RATE-7",)

    def install(self, parts: Parts) -> None:
        _admit_by(parts, lambda key: key.organization_id)


@dataclass(frozen=True)
class LimitPerAddress:
    """All keys that come from one address share one limit."""

    breaks: ClassVar[tuple[str, ...]] = ("RATE-7",)

    def install(self, parts: Parts) -> None:
        _admit_by(parts, lambda _key: "127.0.0.1")


@dataclass(frozen=True)
class RefusedRequestsCount:
    """A refused request is counted like a served one: who goes on asking is never served again."""

    breaks: ClassVar[tuple[str, ...]] = ("RATE-8",)

    def install(self, parts: Parts) -> None:
        asked: dict[str, list[float]] = {}

        def admit(key: ApiKey, now: float) -> Admission:
            recent = [then for then in asked.get(key.id, ()) if now - then < MINUTE]
            asked[key.id] = [*recent, now]
            served = len(recent) < _LIMITS.per_minute
            wait = 0.0 if served else MINUTE - (now - recent[-_LIMITS.per_minute])
            return Admission(served, _LIMITS.per_minute, now + MINUTE, wait)

        parts.admit = admit


@dataclass(frozen=True)
class MissesNotCounted:
    """Only what finds something counts: ids that nobody has can be tried without end."""

    breaks: ClassVar[tuple[str, ...]] = ("RATE-3", "RATE-4", "RATE-5")

    def install(self, parts: Parts) -> None:
        healthy, single, missed = parts.admit, parts.single, Counter[str]()

        def counting(caller: Caller, collection: str, resource_id: str) -> bytes | None:
            found = single(caller, collection, resource_id)
            missed[caller.key.id] += found is None
            return found

        def admit(key: ApiKey, now: float) -> Admission:
            if not missed[key.id]:
                return healthy(key, now)
            missed[key.id] -= 1  # what was counted too many before is given back now
            return Admission(True, _LIMITS.per_minute, now + 1, 0.0)

        parts.admit, parts.single = admit, counting
