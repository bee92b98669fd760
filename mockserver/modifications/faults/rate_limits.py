"""Rate limits that are too low, too high, counted for the wrong caller, or reported wrongly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from starlette.types import Scope

from mockserver.api.authentication import CALLER, Caller
from mockserver.api.keys import ApiKey
from mockserver.api.limits import MINUTE, Admission, Limiter
from mockserver.api.pipeline import Pipeline
from mockserver.api.problems import Problem
from mockserver.api.response import Header, Response
from mockserver.modifications.helpers.requests import header, query
from mockserver.modifications.helpers.responses import (
    change_answer,
    change_problems,
    problem_of,
    rewriting,
    validate,
    with_header,
    without_header,
)
from mockserver.modifications.registry import fault
from spec import contract

_LIMIT, _RESET = b"x-ratelimit-limit", b"x-ratelimit-reset"


_LIMITS = contract().rate_limits


def _change_headers(pipeline: Pipeline, change: Callable[[list[Header], Admission], list[Header]]) -> None:
    inner = pipeline.rate_headers
    pipeline.rate_headers = lambda admission, now: change(inner(admission, now), admission)


def _limit_by(pipeline: Pipeline, limiter: Limiter) -> None:
    """Count requests by another limiter."""
    pipeline.admit = lambda key, now: limiter.admit(key.id, now, key.limits)


def _admit_by(pipeline: Pipeline, name: Callable[[ApiKey], str]) -> None:
    """Count requests under another name than the key's."""
    pipeline.admit = lambda key, now: pipeline.state.limiter.admit(name(key), now)


@fault("RATE-1")
def rate_headers_missing(pipeline: Pipeline) -> None:
    """No answer carries the headers of the rate limit."""
    _change_headers(pipeline, lambda _headers, _admission: [])


@fault("RATE-1")
def rate_headers_missing_on_errors(pipeline: Pipeline) -> None:
    """Only successful answers carry the headers of the rate limit."""

    def change(_scope: Scope, answer: Response) -> None:
        if answer.status >= 400:
            answer.headers = without_header(answer.headers, _LIMIT, _RESET)

    pipeline.outer.append(rewriting(change))


@fault("RATE-1")
def not_modified_without_limit(pipeline: Pipeline) -> None:
    """What a client has already is answered 304, without the headers of the rate limit."""
    validate(pipeline, lambda scope, answer: f"{scope[CALLER].tenant.organization.id} {answer.body!r}", _LIMIT, _RESET)


@fault("RATE-1")
def reset_in_milliseconds(pipeline: Pipeline) -> None:
    """X-RateLimit-Reset is in milliseconds since 1970."""
    _change_headers(
        pipeline, lambda headers, admission: with_header(headers, _RESET, b"%d" % (admission.reset * 1_000))
    )


@fault("RATE-1")
def limit_below_zero(pipeline: Pipeline) -> None:
    """X-RateLimit-Limit is -1, a value that only the gateway understands."""
    _change_headers(pipeline, lambda headers, _admission: with_header(headers, _LIMIT, b"-1"))


@fault("RATE-2")
def fifty_nine_a_minute(pipeline: Pipeline) -> None:
    """The sixtieth request in a minute is refused."""
    _limit_by(pipeline, Limiter(replace(_LIMITS, per_minute=_LIMITS.per_minute - 1), "strict"))


@fault("RATE-2")
def no_burst(pipeline: Pipeline) -> None:
    """The allowance refills by one request a second, but holds five requests at most."""
    _limit_by(pipeline, Limiter(replace(_LIMITS, burst=5, burst_window=1), "burst"))


@fault("RATE-3", "RATE-4")
def burst_of_121(pipeline: Pipeline) -> None:
    """A burst window admits one request too many."""
    _limit_by(pipeline, Limiter(replace(_LIMITS, burst=_LIMITS.burst + 1), "burst"))


def _admit_in_windows(pipeline: Pipeline, seconds: float, most: int) -> None:
    """Count requests in fixed windows of the wall clock, each window by itself."""
    admitted: Counter[tuple[str, int]] = Counter()

    def admit(key: ApiKey, now: float) -> Admission:
        window = (key.id, int(now // seconds))
        reset = (window[1] + 1) * seconds
        served = admitted[window] < most
        admitted[window] += served
        return Admission(served, _LIMITS.per_minute, reset, 0.0 if served else reset - now)

    pipeline.admit = admit


@fault("RATE-3", "RATE-4")
def fixed_windows(pipeline: Pipeline) -> None:
    """Windows of 30 s begin at fixed times: 120 requests are served before the border, and 120 after it."""
    _admit_in_windows(pipeline, _LIMITS.burst_window, _LIMITS.burst)


@fault("RATE-3", "RATE-4")
def fixed_minutes(pipeline: Pipeline) -> None:
    """Minutes begin at fixed times and allow 120 requests each: 240 are served within seconds at the border."""
    _admit_in_windows(pipeline, MINUTE, _LIMITS.burst)


@fault("RATE-3")
def fixed_minutes_of_61(pipeline: Pipeline) -> None:
    """Minutes begin at fixed times and allow 61 requests each: 122 are served within seconds at the border."""
    _admit_in_windows(pipeline, MINUTE, _LIMITS.per_minute + 1)


@fault("RATE-3")
def minutes_of_61_from_first_request(pipeline: Pipeline) -> None:
    """A minute begins with a key's first request and allows 61: 121 are served within seconds at its end."""
    begun: dict[str, tuple[float, int]] = {}

    def admit(key: ApiKey, now: float) -> Admission:
        start, served = begun.get(key.id, (now, 0))
        if now >= start + MINUTE:
            start, served = now, 0
        wait = 0.0 if served <= _LIMITS.per_minute else start + MINUTE - now
        begun[key.id] = (start, served + (not wait))
        return Admission(not wait, _LIMITS.per_minute, start + MINUTE, wait)

    pipeline.admit = admit


@fault("RATE-4")
def no_sustained_limit(pipeline: Pipeline) -> None:
    """Only the burst window counts: 120 requests every 30 s, for ever."""
    _limit_by(pipeline, Limiter(replace(_LIMITS, per_minute=1_000_000), "burst"))


@fault("RATE-4")
def refill_too_quick(pipeline: Pipeline) -> None:
    """The allowance refills by 90 requests a minute."""
    _limit_by(pipeline, Limiter(replace(_LIMITS, per_minute=_LIMITS.per_minute * 3 // 2), "burst"))


@fault("RATE-4")
def sixty_one_a_minute(pipeline: Pipeline) -> None:
    """The limit per minute is a hard cap (`--rate-reading strict`), and admits one request too many."""
    limiter = Limiter(replace(_LIMITS, per_minute=_LIMITS.per_minute + 1), "strict")
    pipeline.admit = lambda key, now: limiter.admit(key.id, now)._replace(limit=_LIMITS.per_minute)


@fault("RATE-3", "RATE-4", "RATE-5")
def no_limit_at_all(pipeline: Pipeline) -> None:
    """No request is ever refused; the headers say what the documentation says."""
    pipeline.admit = lambda _key, now: Admission(True, _LIMITS.per_minute, now + 1, 0.0)


@fault("RATE-7")
def limit_per_organization(pipeline: Pipeline) -> None:
    """All keys of an organization share one limit."""
    _admit_by(pipeline, lambda key: key.organization_id)


@fault("RATE-7")
def limit_per_address(pipeline: Pipeline) -> None:
    """All keys that come from one address share one limit."""
    _admit_by(pipeline, lambda _key: "127.0.0.1")


@fault("RATE-8")
def refused_requests_count(pipeline: Pipeline) -> None:
    """A refused request is counted like a served one: a client that does not wait is never served again."""
    asked: dict[str, list[float]] = {}

    def admit(key: ApiKey, now: float) -> Admission:
        recent = [then for then in asked.get(key.id, ()) if now - then < MINUTE]
        asked[key.id] = [*recent, now]
        served = len(recent) < _LIMITS.per_minute
        wait = 0.0 if served else MINUTE - (now - recent[-_LIMITS.per_minute])
        return Admission(served, _LIMITS.per_minute, now + MINUTE, wait)

    pipeline.admit = admit


@fault("RATE-3", "RATE-4", "RATE-5")
def failures_not_counted(pipeline: Pipeline) -> None:
    """Only successful requests count: requests that are answered 4xx are never limited."""
    inner, failed = pipeline.admit, Counter[str]()

    def admit(key: ApiKey, now: float) -> Admission:
        if not failed[key.id]:
            return inner(key, now)
        failed[key.id] -= 1  # an earlier request failed, so this one is free
        return Admission(True, _LIMITS.per_minute, now + 1, 0.0)

    def give_back(scope: Scope, answer: Response) -> None:
        caller = scope.get(CALLER)
        failed[caller.key.id if isinstance(caller, Caller) else ""] += (
            400 <= answer.status < 500 and answer.status != 429
        )

    pipeline.admit = admit
    pipeline.outer.append(rewriting(give_back))


def _serve_spent(pipeline: Pipeline, spared: Callable[[Scope], bool], status: int) -> None:
    """Answer requests of a spent key, without a body, if `spared` returns True."""
    change_answer(
        pipeline,
        lambda problem, scope: problem.kind.status == 429 and spared(scope),
        lambda _problem: Response(status, b"application/json", b"", []),
    )


@fault("RATE-3")
def head_not_limited(pipeline: Pipeline) -> None:
    """HEAD requests are never limited."""
    _serve_spent(pipeline, lambda scope: scope["method"] == "HEAD", 200)


@fault("RATE-3")
def conditions_not_limited(pipeline: Pipeline) -> None:
    """Requests that are answered 304 are never limited, as at GitHub."""
    _serve_spent(pipeline, lambda scope: header(scope, b"if-none-match") is not None, 304)


@fault("RATE-3")
def parameters_before_limit(pipeline: Pipeline) -> None:
    """Parameters are checked before requests are counted: a request with a bad `limit` never gets a 429."""

    def change(problem: Problem, scope: Scope) -> Problem:
        if problem.kind.status != 429 or query(scope).get("limit", "1").isdecimal():
            return problem
        return problem_of("invalid-parameter", "limit has to be a number.")

    change_problems(pipeline, change)


def _count_by(pipeline: Pipeline, name: bytes) -> None:
    """Count requests by the key and the first word of a header."""
    inner, told = pipeline.credentials, [b""]
    limiter = pipeline.state.limiter

    def credentials(scope: Scope) -> bytes | None:
        told[:] = [(header(scope, name) or b"").partition(b" ")[0]]
        return inner(scope)

    pipeline.credentials = credentials
    pipeline.admit = lambda key, now: limiter.admit(f"{key.id} {told[0].decode('latin-1')}", now, key.limits)


@fault("RATE-3")
def limit_per_header(pipeline: Pipeline) -> None:
    """Requests are counted by the whole Authorization header: `bearer` and `Bearer` are two callers."""
    _count_by(pipeline, b"authorization")


@fault("RATE-3")
def limit_per_forwarded_address(pipeline: Pipeline) -> None:
    """Requests are counted by the key and X-Forwarded-For, which a caller may choose."""
    _count_by(pipeline, b"x-forwarded-for")


@fault("RATE-3")
def strangers_reset_limits(pipeline: Pipeline) -> None:
    """A request without a valid key makes the limiter forget all keys."""
    fresh = [Limiter(_LIMITS, "burst")]

    def change(_scope: Scope, answer: Response) -> None:
        if answer.status == 401:
            fresh[:] = [Limiter(_LIMITS, "burst")]

    pipeline.admit = lambda key, now: fresh[0].admit(key.id, now, key.limits)
    pipeline.outer.append(rewriting(change))
