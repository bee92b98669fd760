"""The registers of faults, variants and hardships: functions over a pipeline or a state, each by its name.

    @fault("PAGE-6", "PAGE-7", "PAGE-10")
    def cursor_skips_ties(pipeline: Pipeline) -> None:
        \"\"\"The cursor is a time alone, and a page goes on with what is older: items of the same moment are lost.\"\"\"

The name on the command line is the function's, in kebab case: `cursor-skips-ties`. The docstring is the description.
"""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any, Literal, TypeVar

from mockserver.api.pipeline import Pipeline, State
from mockserver.modifications.condition import ALL_REQUESTS, Condition
from mockserver.modifications.parameters import Parameter, parameters_of, read_all

Kind = Literal["fault", "variant", "hardship"]

AppliesTo = Literal["requests", "deliveries"]
"""What a modification changes: answers to requests, or deliveries to webhook endpoints."""

OnPipeline = Callable[..., None]
OnState = Callable[[State], None]

F = TypeVar("F", bound=Callable[..., None])


@dataclass(frozen=True)
class Modification:
    """Something that makes the mock behave in another way, with the values of its parameters, for some requests or all.

    `breaks` are the requirements that fall: first the one that it is aimed at, then those that cannot but fall with it; of a
    variant only shoulds. Modifications are installed in two phases: first their data, once, then their steps.
    """

    name: str
    kind: Kind
    breaks: tuple[str, ...]
    description: str
    applies_to: AppliesTo = "requests"
    parameters: tuple[Parameter, ...] = ()
    on_state: OnState | None = None
    on_pipeline: OnPipeline | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    condition: Condition = ALL_REQUESTS

    def change_data(self, state: State) -> None:
        """Change the data that a world begins with, if this modification needs other data."""
        if self.on_state is not None:
            self.on_state(state)

    def change_pipeline(self, pipeline: Pipeline) -> None:
        """Replace steps of a pipeline."""
        if self.on_pipeline is not None:
            self.on_pipeline(pipeline, **self.values)

    def given(self, values: Mapping[str, object]) -> Modification:
        """The same with these values of its parameters; numbers may be given as text.

        Raises ValueError, in one line, for an unknown parameter or a value that a parameter does not take.
        """
        return replace(self, values={**self.values, **read_all(self.parameters, values)})

    def when(self, condition: Condition) -> Modification:
        """The same for the requests that a condition means. Raises ValueError, in one line, if it can have no condition."""
        if condition != ALL_REQUESTS and self.on_state is not None:
            raise ValueError(f"{self.name} changes the data, which all requests see: it takes no condition")
        if condition != ALL_REQUESTS and self.applies_to == "deliveries":
            members = ", ".join(name for name, _ in condition.given())
            raise ValueError(f"{members}: {self.name} changes deliveries, of which all are meant")
        return replace(self, condition=condition)

    def __str__(self) -> str:
        """As on the command line: `latency:seconds=2.0@method=HEAD`, without the parameters that have their default."""
        defaults = {parameter.name: parameter.default for parameter in self.parameters}
        given = ",".join(f"{name}={value}" for name, value in self.values.items() if value != defaults.get(name))
        condition = str(self.condition)
        return f"{self.name}{':' * bool(given)}{given}{'@' * bool(condition)}{condition}"


class Register:
    """The modifications of one kind, by name, in the order in which they were added."""

    def __init__(self, kind: Kind) -> None:
        self._kind: Kind = kind
        self._known: dict[str, Modification] = {}

    def add(
        self,
        function: Callable[..., None],
        breaks: tuple[str, ...],
        applies_to: AppliesTo = "requests",
        *,
        of_data: bool = False,
    ) -> None:
        """Register a function over a pipeline, or over a state (`of_data`). Raises ValueError for a name that is taken."""
        name = function.__name__.replace("_", "-")
        if name in self._known:
            raise ValueError(f"two modifications are named {name}")
        parameters = () if of_data else parameters_of(function)
        self._known[name] = Modification(
            name,
            self._kind,
            breaks,
            inspect.cleandoc(function.__doc__ or ""),
            applies_to,
            parameters,
            on_state=function if of_data else None,
            on_pipeline=None if of_data else function,
            values={parameter.name: parameter.default for parameter in parameters},
        )

    def all(self) -> Mapping[str, Modification]:
        """Every one by its name."""
        return self._known

    def names(self) -> Iterable[str]:
        """The names of all."""
        return self._known.keys()

    def named(self, name: str) -> Modification:
        """The one of that name, with the defaults of its parameters. Raises KeyError."""
        return self._known[name]


FAULTS, VARIANTS, HARDSHIPS = Register("fault"), Register("variant"), Register("hardship")


def fault(*breaks: str, applies_to: AppliesTo = "requests") -> Callable[[F], F]:
    """Register a function over a pipeline as a fault, which breaks these requirements."""
    return _adding(FAULTS, breaks, applies_to)


def variant(*, bends: tuple[str, ...] = ()) -> Callable[[F], F]:
    """Register a function over a pipeline as a legal variant, which breaks these shoulds at most."""
    return _adding(VARIANTS, bends)


def data_variant(*, bends: tuple[str, ...] = ()) -> Callable[[OnState], OnState]:
    """Register a function over the state as a legal variant: it changes the data that a world begins with."""
    return _adding(VARIANTS, bends, of_data=True)


def hardship(*breaks: str, applies_to: AppliesTo) -> Callable[[F], F]:
    """Register a function over a pipeline as a hardship. Its keyword arguments are parameters that people can set."""
    return _adding(HARDSHIPS, breaks, applies_to)


def import_all(package: str, path: Iterable[str]) -> None:
    """Import every module of a package, so that what it defines is registered."""
    for module in pkgutil.iter_modules(path):
        import_module(f"{package}.{module.name}")


def _adding(
    register: Register, breaks: tuple[str, ...], applies_to: AppliesTo = "requests", *, of_data: bool = False
) -> Callable[[F], F]:
    def added(function: F) -> F:
        register.add(function, breaks, applies_to, of_data=of_data)
        return function

    return added
