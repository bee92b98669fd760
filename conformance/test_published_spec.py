"""OP-8, OP-9: the target's own OpenAPI document, and whether the target's answers agree with it."""

from __future__ import annotations

from collections import Counter

import pytest

import spec
from conformance.cases.resource_ids import collection_of
from conformance.cases.sampling import cases
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
def test_document_declares_bearer_keys(answer: Exchange, document: PublishedDocument) -> None:
    """Every operation asks for an HTTP bearer token."""
    expect(document.bearer_schemes, "no security scheme is type http, scheme bearer", answer)
    for id_, operation in _operations(document).items():
        expect(operation.schemes & document.bearer_schemes, f"{id_} does not ask for the bearer scheme", answer)


@requirement("OP-9")
def test_document_declares_parameters(answer: Exchange, document: PublishedDocument) -> None:
    """The document declares the documented filters, limit and cursor of each operation."""
    for id_, operation in _operations(document).items():
        wanted = {("query", p.name) for p in OPERATIONS[id_].parameters if p.location == "query"}
        missing = sorted(name for _, name in wanted - operation.parameters)
        expect(not missing, f"{id_} does not declare {', '.join(missing)}", answer)


@requirement("OP-9")
def test_document_declares_problems(answer: Exchange, document: PublishedDocument) -> None:
    """The document declares, for each operation, the refusals that a client has to expect, as problems."""
    for id_, operation in _operations(document).items():
        statuses = [401, 429] + ([403] if OPERATIONS[id_].scope else []) + ([404] if collection_of(id_) else [])
        for status in statuses:
            declared = operation.answer(status)
            expect(declared and PROBLEM in declared.content, f"{id_} does not declare {status} as {PROBLEM}", answer)


@requirement("OP-9", whole_run=True)
def test_server_agrees_with_its_document(client: Client, document: PublishedDocument, judge: Judge) -> None:
    """Every answer of the run to one of the operations is declared in the document.

    An answer that breaks a must is not counted here: a note names the requirement that it breaks.
    """
    follows: Counter[str] = Counter()
    for exchange in cases(client, lambda e: _declarable(e) and e.request.operation in document.operations):
        fault = document.disagreement(exchange)
        must = fault and broken_must(exchange)
        expect(not fault or must, f"{exchange.line()}, but in the target's document: {fault}", exchange)
        follows.update([must] if must else [])
    if follows:
        told = ", ".join(f"follows from {must} ({count} answers)" for must, count in follows.items())
        judge.notes["documentDisagreements"] = told


def _declarable(exchange: Exchange) -> bool:
    return exchange.request.method == "GET" and ordinary(exchange)


def _operations(document: PublishedDocument) -> dict[str, PublishedOperation]:
    if not document.operations:
        not_tested("the document has none of the nine operations")
    return document.operations
