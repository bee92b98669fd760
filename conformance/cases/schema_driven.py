"""Requests that Schemathesis derives from the contract's schemas: valid ones, and ones that break them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal
from urllib.parse import urlencode

import hypothesis

import spec
from conformance.cases.properties import bounded
from conformance.checks import not_tested
from conformance.target.client import target as wire

Mode = Literal["positive", "negative"]
"""Whether a request keeps to the schemas or breaks them."""

# Together with the headers far below 8 KB, the longest head that is judged.
_LONGEST = 6000
_CONFIG = {"generation": {"with-security-parameters": False, "allow-extra-parameters": False}}


@dataclass(frozen=True)
class Case:
    """A request to an operation. `id_` is percent-encoded; None means that a known id is used."""

    operation: spec.Operation
    query: tuple[tuple[str, Any], ...]
    id_: str | None = None

    def target(self, parameters: Mapping[str, Any]) -> str:
        """The path with its query. If the case has no id of its own, the known `parameters` are used."""
        path = wire(self.operation.id, **parameters)
        if self.id_ is not None:
            path = self.operation.path.replace("{id}", self.id_)
        query = urlencode(self.query, doseq=True, errors="surrogatepass")
        return f"{path}?{query}" if query else path


@cache
def cases(operation: str, mode: Mode, count: int, seed: int) -> tuple[Case, ...]:
    """At most `count` cases, all different. Raises NotTested if none are wanted.

    In one installation the same seed gives the same cases: Hypothesis also draws from constants of the modules that it finds.
    """
    if count < 1:
        not_tested("no schema-driven cases are wanted")
    described = spec.contract().operations[operation]
    found: list[Any] = []
    strategy = _strategy(operation, mode)

    @hypothesis.seed(seed)
    @bounded(count)
    @hypothesis.given(strategy)
    def collect(case: Any) -> None:
        found.append(case)

    collect()
    known = dict.fromkeys(described.path_parameters, "x")
    different = {case.target(known): case for case in (_case(described, generated) for generated in found)}
    return tuple(case for wanted, case in different.items() if len(wanted) <= _LONGEST)


def _case(operation: spec.Operation, generated: Any) -> Case:
    id_ = (generated.path_parameters or {}).get("id")
    return Case(operation, tuple((generated.query or {}).items()), None if id_ is None else str(id_))


# Schemathesis takes longer to load than the rest of the gate, and most short runs need none of it.


def _strategy(operation: str, mode: Mode) -> Any:
    import schemathesis

    return _operations()[operation].as_strategy(generation_mode=schemathesis.GenerationMode(mode))


@cache
def _operations() -> dict[str, Any]:
    import schemathesis
    from schemathesis.config import SchemathesisConfig
    from schemathesis.core.result import Ok

    config = SchemathesisConfig.from_dict(_CONFIG)
    schema = schemathesis.openapi.from_dict(dict(spec.contract().document), config=config)
    operations = [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]
    return {operation.definition.raw["operationId"]: operation for operation in operations}
