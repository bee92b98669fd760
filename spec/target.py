"""An implementation under test, as `target.toml` describes it to gate and load tests alike: its address, its keys, its hooks."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec

import spec
from spec import commands
from spec.given_files import read_text
from spec.misspelled import meant, meant_in_table

_LIMITS = spec.contract().rate_limits
# RFC 1035 2.3.4
_LONGEST_LABEL = 63
# RFC 3986, appendix A: characters that no URL has. urlsplit accepts or drops them, and what does not print.
_NEVER_IN_AN_ADDRESS = re.compile(r"[ \"<>\\^`{|}]")
_REGISTERING = ("webhooks.register", "webhooks.register_secondary")
_COMMANDS = (
    *_REGISTERING,
    "webhooks.trigger",
    "webhooks.trigger_secondary",
    "hooks.add_contact",
    "hooks.advance_clock",
)
_REMEDY = "add it there, or give {}; outbound-conformance init writes a file to fill in"
Reading = Literal["auto", "burst", "strict", "off"]
Count = Annotated[int, msgspec.Meta(ge=1)]


class TargetError(Exception):
    """A description of the target that cannot be used; its message is one line that names the member."""


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A table of `target.toml`: unknown members are refused, all are optional."""


class Organization(_Table, frozen=True):
    """An organization's keys; each holds all four scopes. `/me` must report its id and name where they are given (OP-2)."""

    api_keys: tuple[str, ...] = ()
    id: str | None = None
    name: str | None = None


class Organizations(_Table, frozen=True):
    """The organization that most requirements are tried on, and a second one for tenancy."""

    primary: Organization = Organization()
    secondary: Organization = Organization()


class Keys(_Table, frozen=True):
    """Further keys of the primary organization, named for what they lack or are kept for."""

    single_scope: dict[str, str] = {}
    no_scope: str | None = None
    revoked: str | None = None
    expired: str | None = None
    spare: tuple[str, ...] = ()


class RateLimit(_Table, frozen=True):
    """The limits that the target's keys have, and how it reads them. `burst_window` is in seconds.

    The reading `off` says that nothing is limited in this environment: RATE is not tested.
    """

    reading: Reading = "auto"
    per_minute: Count = _LIMITS.per_minute
    burst: Count = _LIMITS.burst
    burst_window: Count = _LIMITS.burst_window


class Data(_Table, frozen=True):
    """Resources that the suite could not find by looking."""

    researched_contact: str | None = None


class Webhooks(_Table, frozen=True):
    """How deliveries reach the suite: by commands that register and trigger (live), or from a file (recorded).

    `deliveries` is a path, from the folder of the description if it is relative; once loaded by `load`, it is whole.
    `feed_within` is in seconds: the time in which a delivered event must be in the feed (HOOK-5). `public_url` is how the
    target reaches what listens, through a tunnel or a proxy.
    """

    listen: str = "127.0.0.1:0"
    public_url: str | None = None
    feed_within: Count = 30
    register: str | None = None
    register_secondary: str | None = None
    trigger: str | None = None
    trigger_secondary: str | None = None
    deliveries: str | None = None


class Hooks(_Table, frozen=True):
    """Commands that do what the read-only API cannot."""

    add_contact: str | None = None
    advance_clock: str | None = None


class Target(_Table, frozen=True):
    """A target, whole. `base_url` has no trailing slash once loaded by `load`."""

    base_url: str = ""
    organizations: Organizations = Organizations()
    keys: Keys = Keys()
    rate_limit: RateLimit = RateLimit()
    data: Data = Data()
    webhooks: Webhooks = Webhooks()
    hooks: Hooks = Hooks()

    def offers(self, need: str) -> bool:
        """Whether the target has what a requirement needs: a dotted member, or several with `|` where either will do.

        `keys.spare[3]` is a fourth key among several.
        """
        return any(self._has(member) for member in need.split("|"))

    def _has(self, member: str) -> bool:
        value: Any = self
        path, _, index = member.partition("[")
        for name in path.split("."):
            value = getattr(value, name)
        if index:
            return len(value) > int(index.rstrip("]"))
        return bool(value.api_keys if isinstance(value, Organization) else value)

    def secrets(self) -> Iterator[str]:
        """Every API key in the description, for redaction."""
        yield from self.organizations.primary.api_keys
        yield from self.organizations.secondary.api_keys
        yield from self.keys.single_scope.values()
        yield from self.keys.spare
        yield from filter(None, (self.keys.no_scope, self.keys.revoked, self.keys.expired))

    def commands(self) -> dict[str, str]:
        """The commands that the description has, by their members."""
        found = {member: attrgetter(member)(self) for member in _COMMANDS}
        return {member: command for member, command in found.items() if command}


def load(path: Path | None, *, base_url: str | None = None, api_key: str | None = None) -> Target:
    """Read and validate a description; `base_url` wins over the file's, `api_key` joins the primary keys at their head.

    Like the file's texts, an `api_key` of the form `env:NAME` is read from the environment.
    Raises TargetError, one line that names the member, before any request is sent.
    """
    table = _read(path) if path else {}
    try:
        target = msgspec.convert(_from_environment(table), Target)
    except msgspec.ValidationError as error:
        raise TargetError(f"{path}: {_plain(error)}{meant_in_table(error, table, Target)}") from None
    if not (base_url or target.base_url):
        raise TargetError(f"{path}: base_url: missing; {_REMEDY.format('--base-url')}")
    target = msgspec.structs.replace(target, base_url=_address(base_url or target.base_url))
    if api_key:
        target = _with_primary_key(target, from_environment(api_key, "the API key"))
    if path and target.webhooks.deliveries:
        found = str(path.parent / target.webhooks.deliveries)
        target = msgspec.structs.replace(target, webhooks=msgspec.structs.replace(target.webhooks, deliveries=found))
    _check(target, path)
    _check_webhooks(target.webhooks)
    _check_commands(target)
    return target


def shown(secret: str) -> str:
    """A secret as every report shows it: its prefix and last four characters (`obk_live_…1a2b`), where enough stays hidden."""
    if len(secret) < 16:
        return "…"
    prefix = re.match(r"[a-z]+_[a-z]+_", secret)
    return f"{prefix[0] if prefix else ''}…{secret[-4:]}"


def listen_address(listen: str) -> tuple[str, int]:
    """The host and port of an address such as `127.0.0.1:0` or `[::1]:8080`. Raises ValueError."""
    host, colon, port = listen.rpartition(":")
    if not colon or not (port.isascii() and port.isdigit()) or int(port) > 65_535:
        raise ValueError(f"not host:port: {listen!r}")
    return host.removeprefix("[").removesuffix("]"), int(port)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(read_text(path))
    except OSError as error:
        raise TargetError(f"{path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TargetError(f"{path}: not a TOML document: {error}") from None


def _from_environment(value: Any, member: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _from_environment(inner, f"{member}.{name}".lstrip(".")) for name, inner in value.items()}
    if isinstance(value, list):
        return [_from_environment(inner, f"{member}[{index}]") for index, inner in enumerate(value)]
    return from_environment(value, member) if isinstance(value, str) else value


def from_environment(text: str, member: str) -> str:
    """The text, or the environment variable that it names as `env:NAME`. Raises TargetError, naming the member, if unset."""
    marker, colon, name = text.partition(":")
    if marker != "env" or not colon:
        return text
    if not name:
        raise TargetError(f"{member}: env: is followed by no name of a variable")
    if not os.environ.get(name):
        raise TargetError(f"{member}: the environment variable {name} is not set")
    return os.environ[name]


def _plain(error: msgspec.ValidationError) -> str:
    message, _, place = str(error).partition(" - at `$.")
    return f"{place.rstrip('`')}: {message}" if place else message


def _address(base_url: str) -> str:
    try:
        parts = urlsplit(base_url)
        valid = parts.scheme in ("http", "https") and parts.hostname and (parts.port or True)
    except ValueError as error:
        raise TargetError(f"base_url: not an http or https address: {base_url!r}: {error}") from None
    if "://" not in base_url:
        raise TargetError(f"base_url: not an http or https address: {base_url!r}; did you mean http://{base_url}?")
    if parts.username is not None:
        raise TargetError("base_url: a user name or password in the address would take the place of the API key")
    _check_host(parts.hostname or "")
    if parts.query or parts.fragment:
        raise TargetError(f"base_url: the address of an API has no query and no fragment: {base_url!r}")
    if not valid or not base_url.isprintable() or _NEVER_IN_AN_ADDRESS.search(base_url):
        raise TargetError(f"base_url: not an http or https address: {base_url!r}")
    return base_url.rstrip("/")


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port_is_a_number = parts.port is None or parts.port >= 0
    except ValueError:
        return False
    return port_is_a_number and parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.query


def _check_host(host: str) -> None:
    if any(len(label) > _LONGEST_LABEL for label in host.split(".")):
        raise TargetError(f"base_url: a part of the host name has more than {_LONGEST_LABEL} characters: {host[:100]}")
    try:
        host.encode("idna")
    except UnicodeError as error:
        raise TargetError(f"base_url: no host can have that name: {error}: {host[:100]}") from None


def _with_primary_key(target: Target, api_key: str) -> Target:
    others = tuple(key for key in target.organizations.primary.api_keys if key != api_key)
    primary = msgspec.structs.replace(target.organizations.primary, api_keys=(api_key, *others))
    organizations = msgspec.structs.replace(target.organizations, primary=primary)
    return msgspec.structs.replace(target, organizations=organizations)


def _check(target: Target, path: Path | None) -> None:
    if not target.organizations.primary.api_keys:
        remedy = _REMEDY.format("--api-key") if path else "give --api-key, OUTBOUND_API_KEY or a --target file"
        raise TargetError(f"{f'{path}: ' if path else ''}organizations.primary.api_keys: no API key; {remedy}")
    unknown = sorted(set(target.keys.single_scope) - set(spec.contract().scopes))
    if unknown:
        hint = meant(unknown[0], spec.contract().scopes)
        raise TargetError(f"{path}: keys.single_scope: no such scope: {', '.join(unknown)}{hint}")
    for secret in target.secrets():
        if not secret.isascii() or not secret.isprintable() or " " in secret or not secret:
            raise TargetError(f"{path or 'the API key'}: a key holds characters that no Authorization header can carry")


def _check_webhooks(webhooks: Webhooks) -> None:
    try:
        listen_address(webhooks.listen)
    except ValueError as error:
        raise TargetError(f"webhooks.listen: {error}") from None
    if webhooks.public_url is not None and not _is_address(webhooks.public_url):
        raise TargetError(f"webhooks.public_url: not an http or https address without a query: {webhooks.public_url!r}")


def _check_commands(target: Target) -> None:
    for member, command in target.commands().items():
        try:
            commands.check(command, _placeholder(target.webhooks, member))
        except ValueError as error:
            raise TargetError(f"{member}: {error}") from None


def _placeholder(webhooks: Webhooks, member: str) -> str:
    """The placeholder that a command cannot do without, empty if there is none: a fixed address may be known to it already."""
    if member == "hooks.advance_clock":
        return "seconds"
    fixed = webhooks.public_url is not None or listen_address(webhooks.listen)[1] != 0
    return "url" if member in _REGISTERING and not fixed else ""
