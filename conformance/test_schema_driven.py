"""Cases that Schemathesis derives from the contract's schemas: valid ones (OP-1) and ones that break them (ERROR-5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

import pytest

import spec
from conformance.cases.dataset import Dataset, next_cursor
from conformance.cases.depth import invalid_cases, valid_cases
from conformance.cases.sampling import answered, relieved
from conformance.cases.schema_driven import Case, cases
from conformance.checks import NotJudged, expect, requirement
from conformance.oracles.schemas import fault_of
from conformance.target.exchange import Exchange
from spec.target import Target

OPERATIONS = spec.contract().operations


@requirement("OP-1")
@pytest.mark.parametrize("operation", OPERATIONS)
def test_valid_requests(operation: str, dataset: Dataset, target: Target, fuzz: int, seed: int) -> None:
    """A request that the schemas allow is served. One with an id or a filter value that does not exist may be refused."""
    happy, known = dataset.served(operation), dataset.parameters(operation)
    wanted = valid_cases(OPERATIONS[operation], fuzz)
    for index, case in enumerate(cases(operation, "positive", wanted, seed)):
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
    for case in cases(operation, "negative", invalid_cases(fuzz), seed):
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
