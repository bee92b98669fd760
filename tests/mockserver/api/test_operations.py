"""The mock accepts and serves what the contract says: keys, scopes, methods, parameters, organizations."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.api.keys import ApiKey
from spec import contract
from tests.support.mock_client import ANYONE, FULL, KEYS, MOCK, NEIGHBOUR, OWNER, UNKNOWN, Client, new_mock, path_of

OPERATIONS = list(contract().operations.values())
SCOPED = [operation for operation in OPERATIONS if operation.scope]


def scoped_key(scope: str) -> ApiKey:
    return next(key for key in KEYS["single_scope"] if key.scopes == (scope,))


class TestAuthentication:
    @pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
    def test_every_operation_wants_a_key(self, operation: Any) -> None:
        path = path_of(operation.id)
        assert OWNER.get(path).status == 200
        answer = ANYONE.get(path)
        assert (answer.status, answer.kind) == (401, "missing-api-key")
        assert answer.headers["www-authenticate"] == 'Bearer realm="outbound"'

    @pytest.mark.parametrize(
        "credentials",
        [
            f"Bearer {FULL.secret[:-1]}",
            f"Bearer {FULL.secret}x",
            f"Bearer {FULL.secret[:-1]}~",
            f"Bearer {FULL.secret.swapcase()}",
            f"Bearer {FULL.prefix}",
            f"Bearer {FULL.secret} {FULL.secret}",
            f"Bearer {FULL.secret},",
            f"Bearer\t{FULL.secret}",
            f"Bearer{FULL.secret}",
            f"Bearer {KEYS['revoked'][0].secret}",
            f"Bearer {KEYS['expired'][0].secret}",
            "Bearer",
            "Bearer ",
            "Bearer \xff\x00",
            f"Basic {FULL.secret}",
            f"Token {FULL.secret}",
            FULL.secret,
            "",
        ],
    )
    def test_what_is_no_valid_key_answers_401_and_not_why(self, credentials: str) -> None:
        answer = ANYONE.get("/api/v1/me", authorization=credentials)
        assert (answer.status, answer.kind) == (401, "invalid-api-key")
        assert answer.headers["www-authenticate"] == 'Bearer realm="outbound", error="invalid_token"'
        assert answer.body == ANYONE.get("/api/v1/me", authorization="Bearer nobody").body

    def test_two_authorization_headers_are_no_credentials(self) -> None:
        header = (b"authorization", f"Bearer {FULL.secret}".encode())
        assert ANYONE.send("GET", b"/api/v1/me", [header]).status == 200
        assert ANYONE.send("GET", b"/api/v1/me", [header, header]).kind == "invalid-api-key"

    @pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer  "])
    def test_the_scheme_counts_in_any_case(self, scheme: str) -> None:
        assert ANYONE.get("/api/v1/me", authorization=f"{scheme} {FULL.secret}").status == 200

    @pytest.mark.parametrize(
        ("query", "headers"),
        [
            (f"?api_key={FULL.secret}", {}),
            (f"?access_token={FULL.secret}", {}),
            ("", {"x_api_key": FULL.secret}),
            ("", {"proxy_authorization": f"Bearer {FULL.secret}"}),
            ("", {"cookie": f"authorization=Bearer {FULL.secret}"}),
        ],
    )
    def test_a_key_counts_in_the_authorization_header_alone(self, query: str, headers: dict[str, str]) -> None:
        assert ANYONE.get("/api/v1/me" + query, **headers).kind == "missing-api-key"

    def test_a_key_serves_until_it_expires(self) -> None:
        mock = new_mock()
        key = next(key for key in mock.state.keys if key.kind == "expired")
        assert key.expires_at is not None
        assert mock.world.pipeline.authenticate(key.secret.encode(), key.expires_at - 0.001) == key
        assert mock.world.pipeline.authenticate(key.secret.encode(), key.expires_at) is None

    def test_a_401_is_the_same_for_an_id_that_exists(self) -> None:
        path = path_of("getContact")
        real, unreal = ANYONE.get(path), ANYONE.get(UNKNOWN)
        assert real.status == unreal.status == 401
        assert real.json | {"instance": ""} == unreal.json | {"instance": ""}


class TestScopes:
    @pytest.mark.parametrize("operation", SCOPED, ids=lambda operation: operation.id)
    @pytest.mark.parametrize("scope", [*contract().scopes, None])
    def test_an_operation_serves_exactly_its_scope(self, operation: Any, scope: str | None) -> None:
        key = scoped_key(scope) if scope else KEYS["no_scope"][0]
        answer = Client(MOCK, key).get(path_of(operation.id))
        if scope == operation.scope:
            assert answer.status == 200
        else:
            assert (answer.status, answer.kind) == (403, "insufficient-scope")
            assert operation.scope in answer.json["detail"]
            challenge = f'Bearer realm="outbound", error="insufficient_scope", scope="{operation.scope}"'
            assert answer.headers["www-authenticate"] == challenge

    @pytest.mark.parametrize("kind", ["primary", "single_scope", "no_scope", "spare", "secondary"])
    def test_me_serves_every_valid_key(self, kind: str) -> None:
        for key in KEYS[kind]:
            me = Client(MOCK, key).get("/api/v1/me").json
            assert me["apiKey"]["id"] == key.id
            assert me["apiKey"]["scopes"] == list(key.scopes)
            assert me["organization"]["id"] == key.organization_id
            assert key.secret not in str(me)


class TestOrderOfChecks:
    def test_401_comes_before_everything_but_an_unknown_path(self) -> None:
        assert ANYONE.get("/api/v1/nothing").status == 404
        assert ANYONE.get("/api/v1/contacts?limit=0").status == 401
        assert ANYONE.get(UNKNOWN).status == 401
        assert ANYONE.ask("POST", "/api/v1/contacts").status == 401
        assert ANYONE.ask("DELETE", UNKNOWN, authorization="Bearer nobody").kind == "invalid-api-key"

    def test_403_comes_before_400_and_404(self) -> None:
        client = Client(MOCK, scoped_key("lists.read"))
        assert client.get("/api/v1/contacts?limit=0").status == 403
        assert client.get("/api/v1/contacts?cursor=x").status == 403
        assert client.get(UNKNOWN).status == 403


class TestMethods:
    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
    @pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
    def test_the_api_is_read_only(self, operation: Any, method: str) -> None:
        answer = OWNER.ask(method, path_of(operation.id), b"{}")
        assert (answer.status, answer.kind) == (405, "method-not-allowed")
        assert answer.headers["allow"] == "GET, HEAD"

    @pytest.mark.parametrize("path", ["/api/v1/me", "/api/v1/contacts?limit=3", UNKNOWN, "/api-docs"])
    def test_head_answers_as_get_does_without_a_body(self, path: str) -> None:
        got, head = OWNER.get(path), OWNER.ask("HEAD", path)
        assert (head.status, head.headers, head.body) == (got.status, got.headers, b"")
        assert int(head.headers["content-length"]) == len(got.body) > 0


class TestParameters:
    @pytest.mark.parametrize(
        "limit",
        [
            "0",
            "201",
            "-1",
            "",
            "x",
            "1.0",
            "1e1",
            "1_0",
            "0x1",
            "+5",
            "%205",
            "5%20",
            "%D9%A3",
            "123456789" * 500,
            "%00",
            "%ff",
        ],
    )
    def test_a_limit_that_is_none_names_the_parameter(self, limit: str) -> None:
        answer = OWNER.get(f"/api/v1/contacts?limit={limit}")
        assert (answer.status, answer.kind) == (400, "invalid-parameter")
        assert [error["parameter"] for error in answer.json["errors"]] == ["limit"]

    @pytest.mark.parametrize(("limit", "size"), [("1", 1), ("007", 7), ("60", 60), ("200", 60), (None, 50)])
    def test_a_page_holds_as_many_as_the_limit_says(self, limit: str | None, size: int) -> None:
        query = "" if limit is None else f"?limit={limit}"
        assert len(OWNER.get(f"/api/v1/contacts{query}").json["data"]) == size

    @pytest.mark.parametrize("query", ["limit=3&limit=3", "limit=3&%6cimit=4", "q=a&limit=3&q=b"])
    def test_a_documented_parameter_must_not_be_repeated(self, query: str) -> None:
        answer = OWNER.get(f"/api/v1/contacts?{query}")
        assert (answer.status, answer.kind) == (400, "invalid-parameter")

    def test_everything_that_is_wrong_is_told_at_once(self) -> None:
        answer = OWNER.get("/api/v1/lists?limit=0&includeArchived=yes&cursor=")
        assert {error["parameter"] for error in answer.json["errors"]} == {"limit", "includeArchived", "cursor"}

    @pytest.mark.parametrize("query", ["limti=3", "organizationId=x", "a&&=&=b&%ff=%ff", "sort=1&sort=2"])
    def test_an_unknown_parameter_is_ignored(self, query: str) -> None:
        assert OWNER.get(f"/api/v1/contacts?{query}").body == OWNER.get("/api/v1/contacts").body

    @pytest.mark.parametrize("cursor", ["x", "e30", "null", "%00", "%F0%9F%92%A5", "a" * 4_000, "=", "eyJpZCI6"])
    def test_a_cursor_that_no_page_gave_out_is_invalid(self, cursor: str) -> None:
        answer = OWNER.get(f"/api/v1/contacts?cursor={cursor}")
        assert (answer.status, answer.kind) == (400, "invalid-cursor")

    def test_values_are_decoded_as_forms_are(self) -> None:
        first = OWNER.get("/api/v1/contacts?limit=1").json["data"][0]
        email = first["email"].replace("@", "%40")
        assert OWNER.get(f"/api/v1/contacts?q={email}").json["data"][0] == first
        assert OWNER.get("/api/v1/contacts?q=no+such+text").json["data"] == []

    def test_cursors_lead_through_the_filtered_whole(self) -> None:
        seen, query = [], "qualificationStatus=qualified&limit=4"
        target = f"/api/v1/contacts?{query}"
        for _ in range(60):
            page = OWNER.get(target).json
            seen += [contact["id"] for contact in page["data"]]
            if page["nextCursor"] is None:
                break
            target = f"/api/v1/contacts?{query}&cursor={page['nextCursor']}"
        everything = OWNER.get("/api/v1/contacts?limit=200").json["data"]
        assert seen == [one["id"] for one in everything if one["qualificationStatus"] == "qualified"]
        assert len(seen) > 4


class TestTenants:
    @pytest.mark.parametrize("operation", [o for o in OPERATIONS if o.path_parameters], ids=lambda o: o.id)
    def test_another_organizations_id_answers_as_one_that_does_not_exist(self, operation: Any) -> None:
        neighbour = Client(MOCK, NEIGHBOUR)
        path = path_of(operation.id, NEIGHBOUR)
        assert neighbour.get(path).status == 200
        foreign, unknown = OWNER.get(path), OWNER.get(operation.path.replace("{id}", "unknown"))
        assert (foreign.status, foreign.kind) == (404, "not-found")
        assert foreign.json | {"instance": ""} == unknown.json | {"instance": ""}

    def test_another_organizations_cursor_yields_nothing_of_theirs(self) -> None:
        neighbour = Client(MOCK, NEIGHBOUR)
        theirs = neighbour.get("/api/v1/contacts?limit=200").json["data"]
        cursor = neighbour.get("/api/v1/contacts?limit=5").json["nextCursor"]
        answer = OWNER.get(f"/api/v1/contacts?limit=200&cursor={cursor}")
        assert not {one["id"] for one in answer.json["data"]} & {one["id"] for one in theirs}
