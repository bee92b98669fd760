"""Pages of the wrong size: other defaults, limits off by one, and wrong treatment of limits that are out of bounds."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import NoReturn

from starlette.types import Scope

from mockserver.api.parameters import ParameterRules, Parameters
from mockserver.api.pipeline import Pipeline
from mockserver.api.problems import ParameterError, Refused, invalid_parameter
from mockserver.modifications.helpers.requests import query
from mockserver.modifications.registry import fault
from spec import contract

_EVERYTHING = 1_000_000
_ODD_FORM = re.compile(r"[ +]\d+|\d+\.\d+", re.ASCII)


def change_default(pipeline: Pipeline, default: int, where: Callable[[set[str]], bool] = lambda _names: True) -> None:
    """Make pages without a limit hold `default` items, if `where` returns True for the names of the query's parameters."""
    inner = pipeline.read_parameters

    def read(rules: ParameterRules, scope: Scope) -> Parameters:
        return inner(replace(rules, default_limit=default) if where({*query(scope)}) else rules, scope)

    pipeline.read_parameters = read


def change_limit(pipeline: Pipeline, change: Callable[[int], int]) -> None:
    """Make a page hold another number of items than the client asked for."""
    inner = pipeline.read_parameters

    def read(rules: ParameterRules, scope: Scope) -> Parameters:
        parameters = inner(rules, scope)
        return parameters._replace(limit=change(parameters.limit)) if "limit" in query(scope) else parameters

    pipeline.read_parameters = read


def change_refusal(pipeline: Pipeline, applies: Callable[[str], bool], instead: Callable[[str], int]) -> None:
    """Serve a limit for which `applies` returns True as another limit, instead of refusing it."""
    inner = pipeline.read_parameters

    def read(rules: ParameterRules, scope: Scope) -> Parameters:
        text = query(scope).get("limit")
        if text is None or not applies(text):
            return inner(rules, scope)
        return inner(replace(rules, query={**rules.query, "limit": instead}), scope)

    pipeline.read_parameters = read


def _crash(text: str) -> NoReturn:
    raise RuntimeError(f"limit {text!r}")


def _number(text: str) -> int | None:
    try:
        return int(text)
    except ValueError:
        return None


@fault("PAGE-2")
def default_of_51(pipeline: Pipeline) -> None:
    """Without `limit` a page holds 51 items."""
    change_default(pipeline, contract().page_size.default + 1)


@fault("PAGE-2")
def default_of_49(pipeline: Pipeline) -> None:
    """Without `limit` a page holds 49 items."""
    change_default(pipeline, contract().page_size.default - 1)


@fault("PAGE-2")
def default_of_20_under_a_filter(pipeline: Pipeline) -> None:
    """Filtered lists have a default of their own: without `limit` a page of one holds 20 items."""
    change_default(pipeline, 20, lambda names: bool(names - {"limit", "cursor"}))


@fault("PAGE-2")
def default_of_10_in_a_search(pipeline: Pipeline) -> None:
    """A search has a default of its own: without `limit` a page of one holds 10 items."""
    change_default(pipeline, 10, lambda names: "q" in names)


@fault("PAGE-2")
def default_of_20_behind_a_cursor(pipeline: Pipeline) -> None:
    """Without `limit` the first page holds 50 items, and each later one 20."""
    change_default(pipeline, 20, lambda names: "cursor" in names)


@fault("PAGE-3", "PAGE-4")
def limit_plus_one(pipeline: Pipeline) -> None:
    """A page holds one item more than asked for: the one that was fetched to see whether more follow."""
    change_limit(pipeline, lambda limit: limit + 1)


@fault("PAGE-3")
def limit_minus_one(pipeline: Pipeline) -> None:
    """A page holds one item less than asked for, except a page of one item."""
    change_limit(pipeline, lambda limit: max(1, limit - 1))


@fault("PAGE-3")
def limits_rounded_down(pipeline: Pipeline) -> None:
    """A limit just above the default is rounded down to it."""
    most = contract().page_size.default
    change_limit(pipeline, lambda limit: most if most < limit < most + 5 else limit)


@fault("PAGE-3")
def limit_of_100_exclusive(pipeline: Pipeline) -> None:
    """A limit of 100 gives one item less: the last one only shows that more follow."""
    change_limit(pipeline, lambda limit: 99 if limit == 100 else limit)


@fault("PAGE-3")
def limit_ignored(pipeline: Pipeline) -> None:
    """Every page holds 50 items."""
    change_limit(pipeline, lambda _limit: contract().page_size.default)


@fault("PAGE-3")
def limit_stops_at_100(pipeline: Pipeline) -> None:
    """No page holds more than 100 items, though the documentation says 200."""
    change_limit(pipeline, lambda limit: min(limit, 100))


def _refuse_limits(pipeline: Pipeline, refuses: Callable[[int], bool]) -> None:
    inner = pipeline.read_parameters

    def read(rules: ParameterRules, scope: Scope) -> Parameters:
        parameters = inner(rules, scope)
        if "limit" in query(scope) and refuses(parameters.limit):
            raise Refused(invalid_parameter([ParameterError("limit", "is refused")]))
        return parameters

    pipeline.read_parameters = read


@fault("PAGE-3")
def limits_above_100_refused(pipeline: Pipeline) -> None:
    """A limit above 100 is refused, though the documentation allows 200."""
    _refuse_limits(pipeline, lambda limit: limit > 100)


@fault("PAGE-3")
def limit_of_one_refused(pipeline: Pipeline) -> None:
    """`limit=1` is refused: `gt=1` where `ge=1` was meant."""
    _refuse_limits(pipeline, lambda limit: limit == 1)


@fault("PAGE-4", "PAGE-3")
def limit_of_201(pipeline: Pipeline) -> None:
    """The largest limit gives one item too many."""
    most = contract().page_size.maximum
    change_limit(pipeline, lambda limit: limit + (limit == most))


@fault("PAGE-4", "PAGE-5")
def limit_stops_at_500(pipeline: Pipeline) -> None:
    """Limits above 200 are accepted, and those above 500 are reduced to 500."""

    def beyond(text: str) -> bool:
        return (_number(text) or 0) > contract().page_size.maximum

    change_refusal(pipeline, beyond, lambda text: min(int(text), 500))


@fault("PAGE-5", "PAGE-4")
def limit_unchecked_behind_a_cursor(pipeline: Pipeline) -> None:
    """The limit of a later page is only checked to be a number: the first page's limit is taken for all."""
    _leave_limit_unchecked(pipeline, beside="cursor")


@fault("PAGE-5", "PAGE-4")
def last_limit_unchecked(pipeline: Pipeline) -> None:
    """If `limit` is repeated, the first one is checked, and the last one counts."""
    inner = pipeline.read_parameters

    def read(rules: ParameterRules, scope: Scope) -> Parameters:
        pairs = scope["query_string"].split(b"&")
        _, *further = [pair for pair in pairs if pair.startswith(b"limit=")] or [b""]
        checked = b"&".join(pair for pair in pairs if pair not in further)
        parameters = inner(rules, {**scope, "query_string": checked} if further else scope)
        last = _number(further[-1].decode("latin-1").removeprefix("limit=")) if further else None
        return parameters._replace(limit=last) if last else parameters

    pipeline.read_parameters = read


@fault("PAGE-5", "PAGE-4")
def limit_unchecked_under_a_filter(pipeline: Pipeline) -> None:
    """A filtered list has a query of its own, whose limit is only checked to be a number."""
    _leave_limit_unchecked(pipeline, beside="eventType")


@fault("PAGE-5", "PAGE-4")
def limit_of_all_gives_all(pipeline: Pipeline) -> None:
    """`limit=all` means no limit."""
    change_refusal(pipeline, lambda text: text == "all", lambda _text: _EVERYTHING)


@fault("PAGE-5", "PAGE-4")
def hexadecimal_limit_unchecked(pipeline: Pipeline) -> None:
    """A limit is checked if it is decimal, but read in any notation: `0x1F4` is accepted, and gives 500 items."""
    change_refusal(pipeline, lambda text: text.lower().startswith("0x"), lambda text: int(text, 16))


@fault("PAGE-5", "PAGE-4")
def limit_of_odd_form_unchecked(pipeline: Pipeline) -> None:
    """A limit is checked if it is all digits, but any number is read: a sign, a space or a fraction lets 300 items through."""
    change_refusal(pipeline, lambda text: bool(_ODD_FORM.fullmatch(text)), lambda text: int(float(text)))


@fault("PAGE-5", "PAGE-4")
def limit_zero_gives_all(pipeline: Pipeline) -> None:
    """`limit=0` means no limit."""
    change_refusal(pipeline, lambda text: _number(text) == 0, lambda _text: _EVERYTHING)


@fault("PAGE-5", "PAGE-4")
def negative_limit_gives_all(pipeline: Pipeline) -> None:
    """A negative limit means no limit, as in some databases."""
    change_refusal(pipeline, lambda text: (_number(text) or 0) < 0, lambda _text: _EVERYTHING)


@fault("PAGE-5", "ERROR-5")
def limit_of_letters_crashes(pipeline: Pipeline) -> None:
    """A limit that is not a number raises an unhandled exception."""
    change_refusal(pipeline, lambda text: _number(text) is None, _crash)


@fault("ERROR-5", "PAGE-5")
def huge_limit_crashes(pipeline: Pipeline) -> None:
    """A limit that is too large for a machine word raises an unhandled exception."""
    change_refusal(pipeline, lambda text: abs(_number(text) or 0) >= 2**63, _crash)


@fault("PAGE-5", "ERROR-5")
def empty_limit_crashes(pipeline: Pipeline) -> None:
    """The server checks that a limit is present, but not that it has a value: an empty one raises an unhandled exception."""
    change_refusal(pipeline, lambda text: not text, _crash)


@fault("PAGE-5", "ERROR-5")
def limit_of_nan_crashes(pipeline: Pipeline) -> None:
    """A limit is read as a float and converted to an integer: one that is not finite raises an unhandled exception."""
    change_refusal(pipeline, lambda text: text.lower() in ("nan", "infinity"), _crash)


@fault("PAGE-5", "PAGE-4")
def limit_in_powers_gives_all(pipeline: Pipeline) -> None:
    """Only limits of digits are checked for their size, but a float is read: `1e9` is accepted."""
    change_refusal(pipeline, lambda text: text.lower() == "1e9", lambda _text: _EVERYTHING)


@fault("PAGE-5", "ERROR-5")
def limit_zero_crashes(pipeline: Pipeline) -> None:
    """The number of pages is computed by a division by the limit: `limit=0` raises an unhandled exception."""
    change_refusal(pipeline, lambda text: _number(text) == 0, _crash)


def _leave_limit_unchecked(pipeline: Pipeline, beside: str) -> None:
    """Have any number be a limit in a query that has another parameter."""
    inner = pipeline.read_parameters

    def read(rules: ParameterRules, scope: Scope) -> Parameters:
        asked = query(scope)
        unchecked = beside in asked and asked.get("limit", "").isdecimal()
        return inner(replace(rules, query={**rules.query, "limit": int}) if unchecked else rules, scope)

    pipeline.read_parameters = read
