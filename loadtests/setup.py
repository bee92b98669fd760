"""The set-up of a run, checked before any request is sent: the target, the keys and their roles, the scenario and its plan."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from conformance.plural import counted
from conformance.report.text import lasted
from conformance.target.proxies import ProxyError, is_loopback, proxy_for
from loadtests.analysis.findings import Conditions
from loadtests.analysis.ledger import Key, Ledger
from loadtests.scenarios import named, scenarios
from loadtests.scenarios.plan import Plan
from loadtests.scenarios.scenario import Circumstances, Scenario
from spec.given_files import read_text
from spec.misspelled import meant
from spec.target import Target, TargetError, from_environment, load, shown

API_KEY = "OUTBOUND_API_KEY"
"""The environment variable for a single key: on a command line it would be seen by others."""


READINGS = ("auto", "burst", "strict")
_CONDITIONS = Conditions()


class UsageError(Exception):
    """Something that a user got wrong; its message is one line."""


@dataclass(frozen=True)
class Options:
    """The options of a run: the same from our command line, from Locust's, and from the fields of its web page.

    If `minutes` or `crowd_rate` is 0, the scenario decides. `crowd_p99` (seconds) and `crowd_errors` (a share) are the worst
    that a crowd may see.
    """

    scenario: str = "steady"
    base_url: str | None = None
    target: str | None = None
    keys: str | None = None
    allow_hosts: tuple[str, ...] = ()
    minutes: float = 0.0
    rate_reading: str = ""
    real_time: bool = False
    rested: bool = False
    strict: bool = False
    crowd_rate: float = 0.0
    crowd_p99: float = _CONDITIONS.crowd_p99
    crowd_errors: float = _CONDITIONS.crowd_errors
    report: str | None = None


@dataclass(frozen=True)
class Credential:
    """An API key and its organization's name. The secret stays in this process's memory."""

    secret: str = field(repr=False)
    organization: str


@dataclass(frozen=True)
class Setup:
    """A run, ready to begin. `keys[i]` and `secrets[i]` are one key; `plan` speaks of keys by that index."""

    options: Options
    target: Target = field(repr=False)
    scenario: Scenario
    keys: tuple[Key, ...]
    secrets: tuple[str, ...] = field(repr=False)
    plan: Plan
    preflight_key: Credential

    @property
    def movable(self) -> bool:
        """Whether waiting is done by the target's test clock."""
        return bool(self.target.hooks.advance_clock) and not self.options.real_time and self.scenario.limited

    @property
    def conditions(self) -> Conditions:
        """What the checks have to know besides the ledger."""
        return Conditions(
            self.target.rate_limit,
            self.plan.rested,
            self.options.crowd_p99,
            self.options.crowd_errors,
            self.options.crowd_rate or None,
        )

    @property
    def fingerprint(self) -> str:
        """A fingerprint: equal on all processes with the same plan and the same keys."""
        return sha256(repr((self.keys, self.plan)).encode()).hexdigest()[:16]

    @property
    def seconds(self) -> float:
        """How long the run takes, about, in real time."""
        return self.plan.seconds(movable=self.movable)

    def ledger(self) -> Ledger:
        """An empty ledger over the run's keys."""
        return Ledger(self.keys)


def prepare(options: Options) -> Setup:
    """Check everything that can be checked without a request. Raises UsageError, one line."""
    scenario = named(options.scenario)
    if scenario is None:
        raise UsageError(f"no such scenario: {options.scenario!r}; there are {', '.join(scenarios())}")
    spans = (options.minutes, options.crowd_rate, options.crowd_p99)
    if (
        not all(map(math.isfinite, spans))
        or min(spans) < 0
        or not options.crowd_p99
        or not 0 <= options.crowd_errors <= 1
    ):
        raise UsageError("minutes, rates and latencies are positive numbers, and a share of errors is one from 0 to 1")
    target = _target(options)
    _check_host(target.base_url, options.allow_hosts)
    _check_proxy(target.base_url)
    found = list(_credentials(target, scenario, _keys_of(options.keys)))
    chosen = found[: scenario.most_keys]
    if len(chosen) < scenario.least_keys:
        raise UsageError(f"{scenario.name} needs {scenario.least_keys} API keys of the target, there is {len(chosen)}")
    roles = [scenario.roles[min(index, len(scenario.roles) - 1)] for index in range(len(chosen))]
    movable = bool(target.hooks.advance_clock) and not options.real_time and scenario.limited
    given = Circumstances(
        roles,
        target.rate_limit,
        options.minutes or (movable and scenario.clock_minutes) or scenario.minutes,
        movable,
        options.rested and not movable,
        options.crowd_rate,
    )
    plan = scenario.plan(given)
    _check_rate(plan, options.crowd_rate)
    return Setup(
        options,
        target,
        scenario,
        tuple(Key(shown(one.secret), one.organization, role) for one, role in zip(chosen, roles, strict=True)),
        tuple(one.secret for one in chosen),
        plan,
        found[-1],
    )


def estimate(setup: Setup) -> list[str]:
    """The plan of a run in lines: how many requests, with which keys, how long."""
    requests = setup.plan.requests()
    lines = [f"{setup.scenario.name}: {setup.scenario.claim}", f"target: {setup.target.base_url}"]
    lines.append(
        f"{counted(requests.total(), 'request')} at the most, in about {lasted(setup.seconds)}"
        + (", by the target's test clock" if setup.movable else "")
    )
    few = list(enumerate(setup.keys))[:_MOST_SHOWN]
    lines += [
        f"  {key.shown}  {key.organization:<12} {key.role:<10} {requests[index]:>6} requests" for index, key in few
    ]
    if len(setup.keys) > len(few):
        lines.append(f"  and {len(setup.keys) - len(few)} further keys")
    return lines


_MOST_SHOWN = 12


def _target(options: Options) -> Target:
    path = Path(options.target) if options.target else None
    try:
        target = load(path, base_url=options.base_url or None, api_key=_first_key(options))
    except TargetError as error:
        raise UsageError(str(error)) from None
    if options.rate_reading:
        if options.rate_reading not in READINGS:
            hint = meant(options.rate_reading, READINGS)
            raise UsageError(f"no such reading of the limits: {options.rate_reading!r}{hint}")
        limits = msgspec.structs.replace(target.rate_limit, reading=options.rate_reading)
        target = msgspec.structs.replace(target, rate_limit=limits)
    return target


def _first_key(options: Options) -> str | None:
    """The key of the environment, or the first of the file of keys if there is no description of the target."""
    key = os.environ.get(API_KEY)
    if not key and options.keys and not options.target:
        return _keys_of(options.keys)[0].secret
    return key or None


def _check_host(base_url: str, allowed: Sequence[str]) -> None:
    host = urlsplit(base_url).hostname or ""
    if not is_loopback(host) and host not in allowed:
        raise UsageError(f"{host} is not this machine: name it a second time, with --allow-host {host}")


def _check_proxy(base_url: str) -> None:
    """Refuse a proxy of the environment: load sent through it would measure the proxy. Raises UsageError."""
    try:
        proxy = proxy_for(base_url)
    except ProxyError as error:
        raise UsageError(str(error)) from None
    if proxy:
        host = urlsplit(base_url).hostname
        raise UsageError(f"load is not sent through {proxy}: exclude the target from it, no_proxy={host}")


def _check_rate(plan: Plan, asked: float) -> None:
    for crowd in filter(None, (phase.crowd for phase in plan.phases)):
        if crowd.rate < asked:
            raise UsageError(
                f"{len(crowd.keys)} keys that keep to their limit ask for {crowd.rate:.1f} requests a second, "
                f"not for {asked:g}: give more --keys"
            )


def _credentials(target: Target, scenario: Scenario, further: Sequence[Credential]) -> Iterator[Credential]:
    """The keys that a scenario may use, the best first, each once.

    Limits are tried on spare keys first; an abuser is of the primary organization, and its neighbours of both.
    """
    primary = [Credential(secret, "primary") for secret in target.organizations.primary.api_keys]
    secondary = [Credential(secret, "secondary") for secret in target.organizations.secondary.api_keys]
    spare = [Credential(secret, "primary") for secret in target.keys.spare]
    single = scenario.limited and len(scenario.roles) == 1
    order = [*spare, *primary, *secondary] if single else [*primary, *secondary, *spare]
    seen: set[str] = set()
    for one in [*order, *further]:
        if one.secret not in seen:
            seen.add(one.secret)
            yield one


def _secret(word: str, place: str) -> str:
    try:
        return from_environment(word, place)
    except TargetError as error:
        raise UsageError(str(error)) from None


def _keys_of(path: str | None) -> list[Credential]:
    """The keys of a file: on each line a key (or `env:NAME`) and its organization. Raises UsageError."""
    if not path:
        return []
    try:
        lines = read_text(Path(path)).splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {getattr(error, 'strerror', None) or 'it is not UTF-8 text'}") from None
    found = []
    for number, line in enumerate(lines, 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) != 2 or not (words[0].isascii() and words[0].isprintable()):
            raise UsageError(f"{path}: line {number}: not an API key and its organization, with a space between")
        found.append(Credential(_secret(words[0], f"{path}: line {number}"), words[1]))
    if not found:
        raise UsageError(f"{path}: no API keys")
    return found
