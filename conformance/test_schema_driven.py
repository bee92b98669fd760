"""Cases that Schemathesis derives from the contract's schemas: valid ones (OP-1) and ones that break them (ERROR-5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode

import hypothesis
import pytest

import spec
from conformance.cases.dataset import Dataset, next_cursor
from conformance.cases.depth import invalid_cases, valid_cases
from conformance.cases.sampling import answered, relieved
from conformance.checks import NotJudged, expect, not_tested, requirement
from conformance.oracles.schemas import fault_of
from conformance.target.client import target as wire
from conformance.target.exchange import Exchange
from spec.target import Target

OPERATIONS = spec.contract().operations
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


@requirement("OP-1")
@pytest.mark.parametrize("operation", OPERATIONS)
def test_valid_requests(operation: str, dataset: Dataset, target: Target, fuzz: int, seed: int) -> None:
    """A request that the schemas allow is served. One with an id or a filter value that does not exist may be refused."""
    happy, known = dataset.served(operation), dataset.parameters(operation)
    wanted = valid_cases(OPERATIONS[operation], fuzz)
    for index, case in enumerate(_cases(operation, "positive", wanted, seed)):
        real = _with_what_is_there(case, dataset, known=index % 2 == 1)
        if real.target(known) == happy.request.target:
            continue  # this request was served already
        answer = _sent(real, known, dataset, target)
        if answer.status in (401, 403):  # SCOPE-2 judges whether a key with one scope is served
            raise NotJudged(f"{answer.line()}: the key is not served", answer)
        doubtful = real.id_ is not None or any(name not in ("limit", "includeArchived") for name, _ in real.query)
        if not (doubtful and 400 <= answer.status < 500):
            fault = fault_of(answer)
            expect(not fault, f"{answer.line()}: {fault}", answer)


@requirement("ERROR-5")
@pytest.mark.parametrize("operation", [operation.id for operation in OPERATIONS.values() if operation.is_list])
def test_invalid_requests(operation: str, dataset: Dataset, target: Target, fuzz: int, seed: int) -> None:
    """A request that the schemas forbid is answered 4xx or 200, and causes no server error."""
    dataset.served(operation)
    for case in _cases(operation, "negative", invalid_cases(fuzz), seed):
        answer = _sent(case, {}, dataset, target)
        expect(answer.status == 200 or 400 <= answer.status < 500, f"{answer.line()}, expected 4xx or 200", answer)


def _sent(case: Case, known: Mapping[str, Any], dataset: Dataset, target: Target) -> Exchange:
    operation, path = case.operation.id, case.target(known)
    if path == case.operation.path:
        return answered(lambda: dataset.asked(operation), dataset.caller)  # other checks ask for that too
    caller = relieved(dataset.caller, target, operation)
    return answered(lambda: caller.send("GET", path, operation=operation), caller)


def _with_what_is_there(case: Case, dataset: Dataset, *, known: bool) -> Case:
    """The case with a real cursor, or none, in place of an invented one; and with a known id if `known`."""
    query = dict(case.query)
    if query.pop("cursor", None) is not None:
        page = dataset.served(case.operation.id)
        cursor = next_cursor(page)
        # A cursor is valid only with the filters of the page that it came from; the limit may change.
        asked = dict(parse_qsl(page.request.target.partition("?")[2]))
        query = {**asked, "limit": query.get("limit", 1), "cursor": cursor} if cursor else query
    unfit = case.id_ is not None and (known or _leads_elsewhere(case.id_))
    return Case(case.operation, tuple(query.items()), None if unfit else case.id_)


def _leads_elsewhere(id_: str) -> bool:
    return "/" in unquote(id_) or unquote(id_).strip() in ("", ".", "..")


def _cases(operation: str, mode: str, count: int, seed: int) -> list[Case]:
    """At most `count` cases, all different. The same seed gives the same cases."""
    if count < 1:
        not_tested("no schema-driven cases are wanted")
    found: list[Any] = []
    strategy = _strategy(operation, mode)

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(strategy)
    def collect(case: Any) -> None:
        found.append(case)

    collect()
    cases = [_case(OPERATIONS[operation], case) for case in found]
    known = dict.fromkeys(OPERATIONS[operation].path_parameters, "x")
    different = {case.target(known): case for case in cases}
    return [case for wanted, case in different.items() if len(wanted) <= _LONGEST]


def _case(operation: spec.Operation, generated: Any) -> Case:
    id_ = (generated.path_parameters or {}).get("id")
    return Case(operation, tuple((generated.query or {}).items()), None if id_ is None else str(id_))


# Schemathesis takes longer to load than the rest of the gate, and most short runs need none of it.


def _strategy(operation: str, mode: str) -> Any:
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
