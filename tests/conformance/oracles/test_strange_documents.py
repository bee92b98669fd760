"""A target's OpenAPI document may hold anything: what is wrong is told in one line, and no check crashes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

import spec
from conformance.oracles.published_document import PATH, PublishedDocument, UnreadableDocument, invalidity
from conformance.target.embedded import EmbeddedMock
from spec.target import load
from tests.support.gate import GateRun, run_gate
from tests.support.rewriting_proxy import Answered, Forward, Passed, lying
from tests.support.warm_mocks import WarmMock

OWN = json.loads(json.dumps(dict(spec.contract().document)))
TENANT = [{"url": "https://[tenant].example"}]


def with_schema(name: str, schema: Any) -> dict[str, Any]:
    """The members of a document in which a schema is replaced."""
    return {"components": {**OWN["components"], "schemas": {**OWN["components"]["schemas"], name: schema}}}


UNUSABLE: dict[str, dict[str, Any]] = {
    "no paths": {"paths": None},
    "paths that are an array": {"paths": [1]},
    "no components": {"components": None},
    "components that are an array": {"components": [1]},
    "a schema that is a number": with_schema("Me", 7),
    "a type that is none": with_schema("Me", {"type": "nonsense"}),
    "a pattern that is none": with_schema("Me", {"pattern": "("}),
    "half of a surrogate pair": with_schema("Me", "\ud800"),
    "a reference to nothing": with_schema("Me", {"$ref": f"#/required/{'9' * 5_000}"}),
}
STRANGE: dict[str, dict[str, Any]] = {
    "a server that is a text": {"servers": "x"},
    "a server whose host cannot be read": {"servers": TENANT},
    "schemes that are an array": {"components": {**OWN["components"], "securitySchemes": [1]}},
    "a schema that refers to itself": with_schema("Contact", {"$ref": "#/components/schemas/Contact"}),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_a_document_without_usable_schemas_is_told_in_one_line(name: str) -> None:
    document = PublishedDocument({**OWN, **UNUSABLE[name]})
    with pytest.raises(UnreadableDocument) as told:
        document.as_contract()
    assert len(str(told.value).splitlines()) == 1
    assert invalidity(document)


@pytest.mark.parametrize("name", STRANGE)
def test_a_strange_part_crashes_nothing(name: str) -> None:
    document = PublishedDocument({**OWN, **STRANGE[name]})
    assert document.bearer_schemes or "schemes" in name
    assert len((invalidity(document) or "valid").splitlines()) == 1


def test_the_operations_of_a_server_whose_host_cannot_be_read_are_found() -> None:
    assert set(PublishedDocument({**OWN, "servers": TENANT}).operations) == set(spec.contract().operations)


@pytest.fixture(scope="module")
def mock() -> Iterator[EmbeddedMock]:
    with WarmMock("--no-rate-limit") as started:
        yield started


def judge(mock: EmbeddedMock, members: dict[str, Any], *options: str) -> GateRun:
    def published(request: Passed, forward: Forward) -> Answered:
        answer = forward(request)
        return answer.with_body({**OWN, **members}) if request.target == PATH else answer

    with lying(load(mock.description).base_url, published) as base_url:
        target = ("--base-url", base_url, "--target", str(mock.description))
        return run_gate(*target, "--only", "OP-1,OP-8,OP-9", "--depth", "quick", *options)


def test_a_server_whose_host_cannot_be_read_breaks_no_check(mock: EmbeddedMock) -> None:
    run = judge(mock, {"servers": TENANT})
    assert run.ids("passed") == {"OP-1", "OP-8", "OP-9"}, run.output


@pytest.mark.parametrize("name", ["no paths", "a type that is none"])
def test_no_answers_are_judged_by_a_document_without_usable_schemas(name: str, mock: EmbeddedMock) -> None:
    run = judge(mock, UNUSABLE[name], "--schema", "published")
    assert run.exit_code == 3, run.output
    assert "--schema published: the " in run.output
    assert "Traceback" not in run.output


def test_a_second_opinion_that_a_document_does_not_allow_is_not_tested(mock: EmbeddedMock) -> None:
    run = judge(mock, {"jsonSchemaDialect": 5}, "--schema", "published")
    assert "openapi-core cannot use the target's document: TypeError" in run.output
    assert "the check itself broke" not in run.output
