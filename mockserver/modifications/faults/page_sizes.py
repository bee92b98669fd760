"""Pages of the wrong size: other defaults, limits off by one, and what is done with limits that are out of bounds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar, NoReturn

from starlette.types import Scope

from mockserver.api.parameters import Parameters, Rules
from mockserver.api.pipeline import Parts
from mockserver.modifications.helpers.requests import operation_path, query
from spec import contract

_EVERYTHING = 1_000_000


def change_default(parts: Parts, default: int) -> None:
    """Have pages without a limit hold so many items."""
    healthy = parts.read_parameters
    parts.read_parameters = lambda rules, scope: healthy(replace(rules, default_limit=default), scope)


def change_limit(parts: Parts, change: Callable[[int], int]) -> None:
    """Have a page hold another number of items than it was asked for."""
    healthy = parts.read_parameters

    def read(rules: Rules, scope: Scope) -> Parameters:
        parameters = healthy(rules, scope)
        return replace(parameters, limit=change(parameters.limit)) if "limit" in query(scope) else parameters

    parts.read_parameters = read


def change_refusal(parts: Parts, applies: Callable[[str], bool], instead: Callable[[str], int]) -> None:
    """Have a limit that `applies` says yes to served with another one, instead of being refused."""
    healthy = parts.read_parameters

    def read(rules: Rules, scope: Scope) -> Parameters:
        text = query(scope).get("limit")
        if text is None or not applies(text):
            return healthy(rules, scope)
        return healthy(replace(rules, query={**rules.query, "limit": instead}), scope)

    parts.read_parameters = read


def _crash(text: str) -> NoReturn:
    raise RuntimeError(f"limit {text!r}")


def _number(text: str) -> int | None:
    try:
        return int(text)
    except ValueError:
        return None


@dataclass(frozen=True)
class DefaultOf51:
    """Without `limit` a page holds 51."""

    breaks: ClassVar[tuple[str, ...]] = ("PAGE-2",)

    def install(self, parts: Parts) -> None:
        change_default(parts, contract().page_size.default + 1)


@dataclass(frozen=True)
class DefaultOf49:
    """Without `limit` a page holds 49."""

    breaks: ClassVar[tuple[str, ...]] = ("PAGE-2",)

    def install(self, parts: Parts) -> None:
        change_default(parts, contract().page_size.default - 1)


@dataclass(frozen=True)
class LimitPlusOne:
    """A page holds one item more than asked for: the one that was fetched to see whether there is more."""

    breaks: ClassVar[tuple[str, ...]] = ("PAGE-3", "PAGE-4")

    def install(self, parts: Parts) -> None:
        change_limit(parts, lambda limit: limit + 1)


@dataclass(frozen=True)
class LimitMinusOne:
    """A page holds one item less than asked for, but for pages of one."""

    breaks: ClassVar[tuple[str, ...]] = ("PAGE-3",)

    def install(self, parts: Parts) -> None:
        change_limit(parts, lambda limit: max(1, limit - 1))


@dataclass(frozen=True)
class LimitIgnored:
    """Every page holds 50."""

    breaks: ClassVar[tuple[str, ...]] = ("PAGE-3",)

    def install(self, parts: Parts) -> None:
        change_limit(parts, lambda _limit: contract().page_size.default)


@dataclass(frozen=True)
class LimitStopsAt100:
    """No page holds more than 100, whatever the documentation says."""

    breaks: ClassVar[tuple[str, ...]] = ("PAGE-3",)

    def install(self, parts: Parts) -> None:
        change_limit(parts, lambda limit: min(limit, 100))


@dataclass(frozen=True)
class LimitOf201:
    """The greatest limit gives one item too many."""

    breaks: ClassVar[tuple[str, ...]] = ("PAGE-4", "PAGE-3")

    def install(self, parts: Parts) -> None:
        most = contract().page_size.maximum
        change_limit(parts, lambda limit: limit + (limit == most))


@dataclass(frozen=True)
class LimitStopsAt500:
    """Limits are cut down to 500."""

    breaks: ClassVar[tuple[str, ...]] = ("PAGE-4", "PAGE-5")

    def install(self, parts: Parts) -> None:
        def beyond(text: str) -> bool:
            return (_number(text) or 0) > contract().page_size.maximum

        change_refusal(parts, beyond, lambda text: min(int(text), 500))


@dataclass(frozen=True)
class LimitZeroGivesAll:
    """`limit=0` means no limit."""

    breaks: ClassVar[tuple[str, ...]] = ("PAGE-5", "PAGE-4")

    def install(self, parts: Parts) -> None:
        change_refusal(parts, lambda text: _number(text) == 0, lambda _text: _EVERYTHING)


@dataclass(frozen=True)
class NegativeLimitGivesAll:
    """A negative limit means no limit, as some databases have it."""

    breaks: ClassVar[tuple[str, ...]] = ("PAGE-5", "PAGE-4")

    def install(self, parts: Parts) -> None:
        change_refusal(parts, lambda text: (_number(text) or 0) < 0, lambda _text: _EVERYTHING)


@dataclass(frozen=True)
class LimitOfLettersCrashes:
    """A limit that is no number is an unhandled exception."""

    breaks: ClassVar[tuple[str, ...]] = ("PAGE-5", "ERROR-5")

    def install(self, parts: Parts) -> None:
        change_refusal(parts, lambda text: _number(text) is None, _crash)


@dataclass(frozen=True)
class HugeLimitCrashes:
    """A limit that no machine word holds is an unhandled exception."""

    breaks: ClassVar[tuple[str, ...]] = ("ERROR-5", "PAGE-5")

    def install(self, parts: Parts) -> None:
        change_refusal(parts, lambda text: abs(_number(text) or 0) >= 2**63, _crash)


@dataclass(frozen=True)
class LimitZeroCrashesForLists:
    """The number of pages is computed for contact lists alone, and divides by the limit."""

    breaks: ClassVar[tuple[str, ...]] = ("PAGE-5", "ERROR-5")

    def install(self, parts: Parts) -> None:
        healthy = parts.read_parameters

        def read(rules: Rules, scope: Scope) -> Parameters:
            limit = query(scope).get("limit")
            return _crash(limit) if limit == "0" and operation_path(scope) == "/lists" else healthy(rules, scope)

        parts.read_parameters = read
