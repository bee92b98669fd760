"""The registers of faults, variants and hardships: functions over a pipeline or a state, each by its name.

    @fault("PAGE-6", "PAGE-7", "PAGE-10")
    def cursor_skips_ties(pipeline: Pipeline) -> None:
        \"\"\"The cursor holds only a time, and a page continues with older items: items of the same moment are lost.\"\"\"

The name on the command line is the function's, in kebab case: `cursor-skips-ties`. The docstring is the description.
"""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Literal, TypeVar

from mockserver.api.pipeline import Pipeline, State
from mockserver.modifications.condition import ALL_REQUESTS, Condition
from mockserver.modifications.parameters import Parameter, parameters_of, read_all

Kind = Literal["fault", "variant", "hardship"]

AppliesTo = Literal["requests", "deliveries"]
"""What a modification changes: answers to requests, or deliveries to webhook endpoints."""

OnPipeline = Callable[[Pipeline], None]
OnState = Callable[[State], None]

F = TypeVar("F", bound=Callable[..., None])


@dataclass(frozen=True)
class Modification:
    """A change of the mock's behaviour, with the values of its parameters, for some requests or all.

    `breaks` are the requirements that it breaks: first the intended one, then those that break with it; a variant breaks only
    shoulds. Modifications are installed in two phases: first their data, once, then their steps.
    """

    name: str
    kind: Kind
    breaks: tuple[str, ...]
    description: str
    applies_to: AppliesTo = "requests"
    parameters: tuple[Parameter, ...] = ()
    on_state: OnState | None = None
    on_pipeline: Callable[..., None] | None = None
    values: Mapping[str, object] = field(default_factory=dict)
    condition: Condition = ALL_REQUESTS

    @property
    def takes_condition(self) -> bool:
        """Whether it can be switched on for some requests only."""
        return self.on_state is None and self.applies_to == "requests"

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
        """The same, limited to the requests that a condition means. Raises ValueError, in one line, if it takes no condition."""
        if condition != ALL_REQUESTS and self.on_state is not None:
            raise ValueError(f"{self.name} changes the data, which all requests see: it takes no condition")
        if condition != ALL_REQUESTS and self.applies_to == "deliveries":
            members = ", ".join(name for name, _ in condition.given())
            raise ValueError(f"{members}: {self.name} changes all deliveries: it takes no condition")
        return replace(self, condition=self.condition.combined(condition))

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
        named: Callable[..., None],
        breaks: tuple[str, ...],
        applies_to: AppliesTo = "requests",
        *,
        on_state: OnState | None = None,
        on_pipeline: Callable[..., None] | None = None,
    ) -> None:
        """Register a modification under the name and the docstring of a function. Raises ValueError for a name that is taken."""
        name = named.__name__.replace("_", "-")
        if name in self._known:
            raise ValueError(f"two modifications are named {name}")
        parameters = parameters_of(on_pipeline) if on_pipeline else ()
        self._known[name] = Modification(
            name,
            self._kind,
            breaks,
            inspect.cleandoc(named.__doc__ or ""),
            applies_to,
            parameters,
            on_state,
            on_pipeline,
            values={parameter.name: parameter.default for parameter in parameters},
        )

    def all(self) -> Mapping[str, Modification]:
        """Every modification by its name."""
        return self._known

    def names(self) -> Iterable[str]:
        """The names of all."""
        return self._known.keys()

    def named(self, name: str) -> Modification:
        """The modification of that name, with the defaults of its parameters. Raises KeyError."""
        return self._known[name]


FAULTS, VARIANTS, HARDSHIPS = Register("fault"), Register("variant"), Register("hardship")


def fault(
    *breaks: str, applies_to: AppliesTo = "requests", data: OnState | None = None
) -> Callable[[OnPipeline], OnPipeline]:
    """Register a function over a pipeline as a fault, which breaks these requirements. `data` changes the data before."""

    def added(function: OnPipeline) -> OnPipeline:
        FAULTS.add(function, breaks, applies_to, on_state=data, on_pipeline=function)
        return function

    return added


def variant(*, bends: tuple[str, ...] = (), applies_to: AppliesTo = "requests") -> Callable[[OnPipeline], OnPipeline]:
    """Register a function over a pipeline as a legal variant, which breaks these shoulds at most."""

    def added(function: OnPipeline) -> OnPipeline:
        VARIANTS.add(function, bends, applies_to, on_pipeline=function)
        return function

    return added


def data_variant(*, bends: tuple[str, ...] = ()) -> Callable[[OnState], OnState]:
    """Register a function over the state as a legal variant: it changes the data that a world begins with."""

    def added(function: OnState) -> OnState:
        VARIANTS.add(function, bends, on_state=function)
        return function

    return added


def hardship(*breaks: str, applies_to: AppliesTo) -> Callable[[F], F]:
    """Register a function over a pipeline as a hardship. Its keyword arguments are parameters that people can set."""

    def added(function: F) -> F:
        HARDSHIPS.add(function, breaks, applies_to, on_pipeline=function)
        return function

    return added


def import_all(package: str, path: Iterable[str]) -> None:
    """Import every module of a package, so that what it defines is registered."""
    for module in pkgutil.iter_modules(path):
        import_module(f"{package}.{module.name}")
