"""The parameters of hardships: their meaning, their values, and how a value is read."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, get_args, get_origin, get_type_hints

from spec.misspelled import meant

Value = int | float | bool | str

ValueType = Literal["integer", "number", "boolean", "string"]

_TYPES: Mapping[object, ValueType] = {int: "integer", float: "number", bool: "boolean"}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a hardship. `minimum` and `maximum` bound a number, `choices` are the values of a string."""

    name: str
    type: ValueType
    description: str
    default: Value
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class About:
    """The annotation of a parameter: its description. `minimum` and `maximum` bound a number."""

    description: str
    minimum: float | None = None
    maximum: float | None = None


def share_of(what: str) -> About:
    """The annotation of a probability."""
    return About(f"Share of {what}.", 0, 1)


Seed = Annotated[
    int, About("The seed of all random choices: with the same seed, the same requests have the same result.")
]
"""The parameter that random choices come from."""


def parameters_of(function: Callable[..., None]) -> tuple[Parameter, ...]:
    """The parameters of a hardship: its keyword arguments, each annotated with an About."""
    hints = get_type_hints(function, include_extras=True)
    arguments = inspect.signature(function).parameters.values()
    return tuple(
        _parameter(argument.name, hints[argument.name], argument.default)
        for argument in arguments
        if argument.kind is argument.KEYWORD_ONLY
    )


def read(parameter: Parameter, value: object) -> Value:
    """A value for a parameter, as JSON or as the text of a command line has it. Raises ValueError, in one line."""
    if parameter.type == "boolean":
        return _boolean(parameter, value)
    if parameter.type == "string":
        if str(value) not in parameter.choices:
            raise ValueError(f"{parameter.name}: no such value{meant(str(value), parameter.choices)}")
        return str(value)
    number = _number(parameter, value)
    if not _at_least(parameter.minimum, number) or not _at_most(parameter.maximum, number):
        raise ValueError(f"{parameter.name} must be {_bounds(parameter)}")
    return number


def read_all(known: tuple[Parameter, ...], given: Mapping[str, object]) -> dict[str, Value]:
    """The given values, parsed. Raises ValueError, in one line, for an unknown name or an invalid value."""
    by_name = {parameter.name: parameter for parameter in known}
    unknown = next((name for name in given if name not in by_name), None)
    if unknown is not None:
        raise ValueError(f"{unknown!r} is no parameter{meant(unknown, by_name)}")
    return {name: read(by_name[name], value) for name, value in given.items()}


def _parameter(name: str, hint: object, default: Value) -> Parameter:
    kind, about = get_args(hint)
    choices = get_args(kind) if get_origin(kind) is Literal else ()
    return Parameter(
        name, "string" if choices else _TYPES[kind], about.description, default, about.minimum, about.maximum, choices
    )


def _boolean(parameter: Parameter, value: object) -> bool:
    read = {"true": True, "false": False}.get(str(value).lower())
    if read is None:
        raise ValueError(f"{parameter.name} must be true or false")
    return read


def _number(parameter: Parameter, value: object) -> int | float:
    try:
        number = float(value) if isinstance(value, (int, float, str)) and not isinstance(value, bool) else math.nan
    except (OverflowError, ValueError):
        number = math.nan
    if parameter.type == "number" and math.isfinite(number):
        return number
    if number.is_integer():
        return int(number)
    raise ValueError(f"{parameter.name} must be a {'whole ' * (parameter.type == 'integer')}number")


def _at_least(minimum: float | None, number: float) -> bool:
    return minimum is None or number >= minimum


def _at_most(maximum: float | None, number: float) -> bool:
    return maximum is None or number <= maximum


def _bounds(parameter: Parameter) -> str:
    bounds = [(parameter.minimum, "at least"), (parameter.maximum, "at most")]
    return " and ".join(f"{words} {bound:g}" for bound, words in bounds if bound is not None)
