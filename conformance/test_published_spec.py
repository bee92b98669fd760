"""OP-8, OP-9: the target's own OpenAPI document, and whether the target's answers agree with it."""

from __future__ import annotations

from collections import Counter

import pytest

import spec
from conformance.cases.resource_ids import collection_of
from conformance.cases.sampling import cases, none_has
from conformance.cases.tables import over
from conformance.checks import PROBLEM, Violation, expect, not_tested, requirement
from conformance.oracles.exchanges import broken_must, ordinary
from conformance.oracles.published_document import (
    PublishedDocument,
    PublishedOperation,
    UnreadableDocument,
    ask,
    invalidity,
    read,
    references,
)
from conformance.target.client import Caller, Client
from conformance.target.exchange import Exchange
from conformance.verdict.plugin import Judge

OPERATIONS = spec.contract().operations


@pytest.fixture(scope="session")
def answer(primary: Caller) -> Exchange:
    """The answer at the address of the published document."""
    return ask(primary)


@pytest.fixture
def document(answer: Exchange) -> PublishedDocument:
    """The published document. One that cannot be read breaks every check that asks for it."""
    try:
        return read(answer)
    except UnreadableDocument as reason:
        raise Violation(str(reason), answer) from None


@requirement("OP-8")
def test_document_is_valid(answer: Exchange, document: PublishedDocument) -> None:
    """The published document is valid OpenAPI 3.1."""
    elsewhere = next((reference for reference in references(document.document) if not reference.startswith("#")), None)
    if elsewhere:
        not_tested(f"the document refers to another one: {elsewhere}")
    fault = invalidity(document)
    expect(not fault, f"not valid OpenAPI 3.1: {fault}", answer)


@requirement("OP-8")
def test_document_has_all_operations(answer: Exchange, document: PublishedDocument) -> None:
    """The document has all nine operations. Its servers and the names of its path parameters do not matter."""
    missing = [operation.path for operation in OPERATIONS.values() if operation.id not in document.operations]
    expect(not missing, f"no GET {', '.join(missing)}", answer)


@requirement("OP-9")
@over(tuple(OPERATIONS))
def test_document_declares_bearer_keys(case: str, answer: Exchange, document: PublishedDocument) -> None:
    """Every operation asks for an HTTP bearer token."""
    operation = _declared(document, case)
    expect(document.bearer_schemes, "no security scheme is type http, scheme bearer", answer)
    expect(operation.schemes & document.bearer_schemes, "it does not ask for the bearer scheme", answer)


@requirement("OP-9")
@over(tuple(OPERATIONS))
def test_document_declares_parameters(case: str, answer: Exchange, document: PublishedDocument) -> None:
    """The document declares the documented filters, limit and cursor of each operation."""
    wanted = {("query", p.name) for p in OPERATIONS[case].parameters if p.location == "query"}
    missing = sorted(name for _, name in wanted - _declared(document, case).parameters)
    expect(not missing, f"it does not declare {', '.join(missing)}", answer)


@requirement("OP-9")
@over(tuple(OPERATIONS))
def test_document_declares_problems(case: str, answer: Exchange, document: PublishedDocument) -> None:
    """The document declares, for each operation, the refusals that a client has to expect, as problems."""
    operation = _declared(document, case)
    for status in [401, 429] + ([403] if OPERATIONS[case].scope else []) + ([404] if collection_of(case) else []):
        declared = operation.answer(status)
        expect(declared and PROBLEM in declared.content, f"it does not declare {status} as {PROBLEM}", answer)


@requirement("OP-9", whole_run=True)
def test_server_agrees_with_its_document(client: Client, document: PublishedDocument, judge: Judge) -> None:
    """Every answer of the run to one of the operations is declared in the document.

    An answer that breaks a must is not counted here: a note names the requirement that it breaks.
    """
    answers = cases(client, lambda e: _declarable(e) and e.request.operation in document.operations)
    told = {answer.number: fault for answer in answers if (fault := document.disagreement(answer))}
    follows = {answer.number: must for answer in answers if answer.number in told and (must := broken_must(answer))}
    if follows:
        counts = Counter(follows.values()).items()
        judge.notes["documentDisagreements"] = ", ".join(f"follows from {must} ({n} answers)" for must, n in counts)
    for number in follows:
        del told[number]
    none_has(lambda answer: _in_document(answer, told.get(answer.number)), answers)


def _in_document(answer: Exchange, fault: str | None) -> str | None:
    return fault and f"{answer.line()}, but in the target's document: {fault}"


def _declarable(exchange: Exchange) -> bool:
    return exchange.request.method == "GET" and ordinary(exchange)


def _declared(document: PublishedDocument, operation: str) -> PublishedOperation:
    if operation not in document.operations:
        not_tested(f"the document has no {operation}")
    return document.operations[operation]
