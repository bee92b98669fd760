"""The contract as data: valid OpenAPI, true to the documentation, and a ledger in which nothing changes by accident."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

import openapi_spec_validator
import pytest

import spec
from tests.support.api_document import CONTRACT, DOCUMENT, SCHEMAS, accepts, nodes, operations, resolve, responses

# The documentation's endpoint table, with the operation ids and filters beside it.
OPERATIONS = {
    "getMe": ("/api/v1/me", None, ()),
    "listContacts": ("/api/v1/contacts", "contacts.read", ("listId", "qualificationStatus", "q")),
    "getContact": ("/api/v1/contacts/{id}", "contacts.read", ()),
    "getContactResearch": ("/api/v1/contacts/{id}/research", "contacts.read", ()),
    "listLists": ("/api/v1/lists", "lists.read", ("includeArchived",)),
    "getList": ("/api/v1/lists/{id}", "lists.read", ()),
    "listDrafts": ("/api/v1/drafts", "drafts.read", ("status", "contactId")),
    "getDraft": ("/api/v1/drafts/{id}", "drafts.read", ()),
    "listEvents": ("/api/v1/events", "events.read", ("eventType",)),
}

# Members of each schema: `*` marks a required one, `?` one that may be null.
MEMBERS = {
    "Me": "apiKey* organization*",
    "ApiKey": "id* name* prefix* scopes* createdAt expiresAt?",
    "Organization": "id* name* createdAt",
    "Contact": "id* email? firstName? lastName? title? companyName? companyDomain? linkedinUrl? location? "
    "qualificationStatus* qualificationScore? listIds* createdAt* updatedAt*",
    "Research": "contactId* level* summary* sections* generatedAt* expiresAt?",
    "ResearchSection": "title* content* sources",
    "ContactList": "id* name* description? contactCount* archivedAt*? createdAt* updatedAt*",
    "DraftSummary": "id* contactId* channel* subject* status* snippet createdAt* updatedAt* sentAt*?",
    "Draft": "id* contactId* channel* subject* status* snippet createdAt* updatedAt* sentAt*? body* engagement*",
    "Engagement": "type* occurredAt* metadata",
    "Event": "id* eventType* resource* data* createdAt*",
    "EventResource": "type* id*",
    "WebhookEvent": "id* eventType* resource* data* createdAt* organizationId*",
    "ContactPage": "data* nextCursor?",
    "ContactListPage": "data* nextCursor?",
    "DraftPage": "data* nextCursor?",
    "EventPage": "data* nextCursor?",
    "Problem": "type* title* status* detail* instance errors",
    "ParameterError": "parameter detail",
}

KINDS = {
    "missing-api-key": (401, "Missing API key"),
    "invalid-api-key": (401, "Invalid API key"),
    "insufficient-scope": (403, "Insufficient scope"),
    "not-found": (404, "Not found"),
    "invalid-parameter": (400, "Invalid parameter"),
    "invalid-cursor": (400, "Invalid cursor"),
    "method-not-allowed": (405, "Method not allowed"),
    "rate-limit-exceeded": (429, "Rate limit exceeded"),
    "internal-error": (500, "Internal error"),
}

FAMILIES = {"AUTH": 6, "SCOPE": 5, "OP": 10, "PAGE": 13, "FILTER": 9, "TENANT": 8, "ERROR": 6, "RATE": 8, "HOOK": 7}
SHOULD = ["AUTH-5", "SCOPE-5", "OP-7", "OP-9", "PAGE-13", "TENANT-8", "ERROR-4", "RATE-8", "HOOK-6", "HOOK-7"]


def examples() -> Iterator[Any]:
    """Every example in the document with the schema that it must keep to."""
    for name, schema in SCHEMAS.items():
        for number, example in enumerate(schema["examples"]):
            yield pytest.param({"$ref": f"#/components/schemas/{name}"}, example, id=f"{name}/{number}")
    for place, node in nodes():
        if "schema" in node and "example" in node:
            yield pytest.param(node["schema"], node["example"], id=place)
        for name, example in node["examples"].items() if "schema" in node and "examples" in node else ():
            yield pytest.param(node["schema"], example["value"], id=f"{place}/{name}")


def test_the_document_is_valid_openapi_3_1() -> None:
    openapi_spec_validator.validate(DOCUMENT)
    assert DOCUMENT["openapi"].startswith("3.1.")


def test_every_reference_leads_somewhere() -> None:
    references = [node for _, node in nodes() if "$ref" in node]
    assert references
    for node in references:
        assert set(node) == {"$ref"}, "a reference has no siblings"
        resolve(node)


def test_the_operations_are_those_of_the_endpoint_table() -> None:
    found = {id_: (o.path, o.scope, o.filters) for id_, o in CONTRACT.operations.items()}
    assert found == OPERATIONS
    assert [id_ for id_, o in CONTRACT.operations.items() if o.is_list] == list(spec.LIST_OPERATIONS)
    for operation in CONTRACT.operations.values():
        assert operation.path_parameters == (("id",) if "{id}" in operation.path else ())


def test_a_list_takes_limit_and_cursor_and_nothing_else_does() -> None:
    for operation in CONTRACT.operations.values():
        names = {parameter.name for parameter in operation.parameters}
        assert names & {"limit", "cursor"} == ({"limit", "cursor"} if operation.is_list else set())


def test_the_scopes_are_those_that_operations_want() -> None:
    assert set(CONTRACT.scopes) == {scope for _, scope, _ in OPERATIONS.values()} - {None}
    for id_, operation in operations():
        assert f"Scope: {f'`{OPERATIONS[id_][1]}`' if OPERATIONS[id_][1] else 'any'}." in operation["description"]


def test_limits_and_page_sizes_are_those_of_the_documentation() -> None:
    assert CONTRACT.rate_limits == spec.RateLimits(per_minute=60, burst=120, burst_window=30)
    assert CONTRACT.page_size == spec.PageSize(default=50, maximum=200)


def test_the_kinds_of_problem_are_described_as_they_are() -> None:
    assert {slug: (kind.status, kind.title) for slug, kind in CONTRACT.problems.items()} == KINDS
    for kind in CONTRACT.problems.values():
        assert kind.type == f"https://outbound.ustack.ai/errors/{kind.slug}"
        assert f"| `{kind.slug}` | {kind.status} | {kind.title} |" in prose("Errors")


@pytest.mark.parametrize(("schema", "example"), list(examples()))
def test_an_example_keeps_to_its_schema(schema: Mapping[str, Any], example: Any) -> None:
    assert accepts(schema, example)


def test_every_schema_and_every_body_has_an_example() -> None:
    assert all(schema["examples"] for schema in SCHEMAS.values())
    bodies = [node for place, node in nodes() if place.rpartition("/")[0].endswith("/content")]
    assert bodies
    assert all(body["examples"] for body in bodies)


def test_the_schemas_are_those_of_the_contract() -> None:
    assert set(SCHEMAS) == set(MEMBERS)
    for name in SCHEMAS:
        assert set(SCHEMAS[name]["properties"]) == {member.rstrip("*?") for member in MEMBERS[name].split()}


@pytest.mark.parametrize(
    ("name", "member"), [(name, member) for name, row in MEMBERS.items() for member in row.split()]
)
def test_a_member_is_required_or_nullable_as_the_contract_says(name: str, member: str) -> None:
    schema, example, plain = {"$ref": f"#/components/schemas/{name}"}, SCHEMAS[name]["examples"][0], member.rstrip("*?")
    without = {key: value for key, value in example.items() if key != plain}
    assert accepts(schema, without) is ("*" not in member)
    assert accepts(schema, {**example, plain: None}) is ("?" in member)


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_open(name: str) -> None:
    schema, example = {"$ref": f"#/components/schemas/{name}"}, copy.deepcopy(SCHEMAS[name]["examples"][0])
    for part in [example, *(part for _, part in nodes(example))]:
        part["addedLater"] = {"by": "the vendor"}
    assert accepts(schema, example)


def test_a_value_that_is_not_known_yet_is_accepted() -> None:
    open_values = [(place, node) for place, node in nodes() if "x-known-values" in node]
    assert open_values
    for place, node in open_values:
        assert "enum" not in node, place
        assert accepts(node, "added_later"), place
        assert all(accepts(node, value) for value in node["x-known-values"]), place


def test_a_filter_knows_the_values_of_the_member_that_it_filters() -> None:
    for operation, parameter, schema in (
        ("listContacts", "qualificationStatus", "Contact"),
        ("listDrafts", "status", "DraftSummary"),
        ("listEvents", "eventType", "Event"),
    ):
        [found] = [p.schema for p in CONTRACT.operations[operation].parameters if p.name == parameter]
        assert found["x-known-values"] == SCHEMAS[schema]["properties"][parameter]["x-known-values"]


def test_known_values_stand_in_the_description_too() -> None:
    for place, node in nodes():
        values = node.get("x-known-values") or node.get("schema", {}).get("x-known-values")
        if values and "description" in node:
            assert f"Known values: {', '.join(f'`{value}`' for value in values)}." in node["description"], place


def test_an_empty_cursor_is_no_cursor() -> None:
    for name in ("ContactPage", "ContactListPage", "DraftPage", "EventPage"):
        page = {"$ref": f"#/components/schemas/{name}"}
        assert accepts(page, {"data": []})
        assert not accepts(page, {"data": [], "nextCursor": ""})


def test_each_operation_documents_its_problems() -> None:
    for id_, operation in operations():
        path, scope, _ = OPERATIONS[id_]
        expected = {200, 401, 405, 429, 500} | ({400, 403} if scope else set()) | ({404} if "{id}" in path else set())
        assert {int(status) for status in operation["responses"]} == expected


def test_a_problem_in_an_example_is_one_of_the_kinds_of_its_status() -> None:
    for _, status, response in responses():
        if status == "200":
            continue
        for example in response["content"]["application/problem+json"]["examples"].values():
            problem = example["value"]
            slug = problem["type"].removeprefix(CONTRACT.problem_base)
            assert (problem["status"], problem["title"]) == KINDS[slug]
            assert problem["status"] == int(status)


def test_answers_carry_the_documented_headers() -> None:
    limits = {"X-RateLimit-Limit", "X-RateLimit-Reset"}
    special = {"401": {"WWW-Authenticate"}, "403": {"WWW-Authenticate"}, "405": {"Allow"}, "429": {"Retry-After"}}
    for _, status, response in responses():
        # No key, no limit; and a server that failed cannot be held to know it.
        expected = special.get(status, set()) | (set() if status in ("401", "500") else limits) | {"Cache-Control"}
        assert set(response["headers"]) == expected
        required = {name for name, header in response["headers"].items() if resolve(header).get("required")}
        assert required == expected & (limits | {"Retry-After"})


def test_links_lead_from_every_example_to_an_operation() -> None:
    linked = set()
    for id_, operation in operations():
        answer = operation["responses"]["200"]
        example = next(iter(answer["content"]["application/json"]["examples"].values()))["value"]
        for link in answer.get("links", {}).values():
            linked.add((id_, link["operationId"]))
            names = {parameter.name for parameter in CONTRACT.operations[link["operationId"]].parameters}
            assert set(link["parameters"]) <= names
            for expression in link["parameters"].values():
                assert isinstance(at(example, expression.removeprefix("$response.body#")), str)
    singles = {("listContacts", "getContact"), ("listLists", "getList"), ("listDrafts", "getDraft")}
    next_pages = {(id_, id_) for id_ in spec.LIST_OPERATIONS}
    related = {("getContact", "getContactResearch"), ("listLists", "listContacts"), ("getContact", "listDrafts")}
    assert linked >= singles | next_pages | related


def test_the_webhook_is_a_signed_event_of_an_organization() -> None:
    delivery = DOCUMENT["webhooks"]["platformEvent"]["post"]
    assert [(p["in"], p["name"], p["required"]) for p in delivery["parameters"]] == [
        ("header", "X-Outbound-Signature", True)
    ]
    assert delivery["requestBody"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/WebhookEvent"
    }


def test_the_ledger_holds_the_ids_and_levels_of_the_contract() -> None:
    ids = [(family, f"{family}-{number}") for family, count in FAMILIES.items() for number in range(1, count + 1)]
    found = [(row.family, row.id, row.level) for row in spec.requirements()]
    assert found == [(family, id_, "should" if id_ in SHOULD else "must") for family, id_ in ids]


def test_every_requirement_says_what_it_rests_on() -> None:
    for row in spec.requirements():
        assert row.basis.startswith(("Documentation", "RFC ", "Good practice")), row.id


def prose(tag: str) -> str:
    """The description of a tag."""
    [found] = [entry["description"] for entry in DOCUMENT["tags"] if entry["name"] == tag]
    return str(found)


def at(instance: Any, pointer: str) -> Any:
    """The value at a JSON pointer."""
    for step in pointer.split("/")[1:]:
        instance = instance[int(step)] if isinstance(instance, list) else instance[step]
    return instance


@pytest.mark.parametrize("operation", CONTRACT.operations.values(), ids=lambda operation: operation.id)
def test_a_path_tells_its_operation(operation: spec.Operation) -> None:
    assert operation.path.startswith(f"{CONTRACT.base_path}/")
    assert spec.operation_of(operation.path.replace("{id}", "con_1.x")) == operation.id
    assert spec.operation_of(f"{operation.path}/nothing/there") is None


def test_the_base_path_is_that_of_the_documentation() -> None:
    assert CONTRACT.base_path == "/api/v1"
