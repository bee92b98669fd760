"""The form of the mock's answers: problems, the headers of every answer, rate limits, and the documentation."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockserver.api.pipeline import Pipeline
from mockserver.app import Mock
from mockserver.modifications.registry import Modification
from spec import contract
from tests.support.mock_client import (
    ANYONE,
    FULL,
    KEYS,
    MOCK,
    OWNER,
    PROBLEM,
    START,
    UNKNOWN,
    Client,
    Response,
    changing,
    new_mock,
)

CONTRACT = contract()


def crashing(step: str) -> Modification:
    """Make one of the steps raise an unexpected error, always or `_once`."""
    name = step.removesuffix("_once")
    failures = itertools.count() if name != step else itertools.repeat(0)

    def change(pipeline: Pipeline) -> None:
        inner: Callable[..., Any] = getattr(pipeline, name)

        def crash(*arguments: Any) -> Any:
            if next(failures) == 0:
                raise RuntimeError("the cause")
            return inner(*arguments)

        setattr(pipeline, name, crash)

    return changing(change)


class TestProblems:
    @pytest.mark.parametrize(
        ("client", "method", "path", "kind"),
        [
            (ANYONE, "GET", "/api/v1/me", "missing-api-key"),
            (Client(MOCK, KEYS["revoked"][0]), "GET", "/api/v1/me", "invalid-api-key"),
            (Client(MOCK, KEYS["no_scope"][0]), "GET", "/api/v1/lists", "insufficient-scope"),
            (OWNER, "GET", UNKNOWN, "not-found"),
            (OWNER, "GET", "/api/v1/", "not-found"),
            (OWNER, "GET", "/api/v1/contacts/", "not-found"),
            (OWNER, "GET", "/api/v1//me", "not-found"),
            (OWNER, "GET", "/api/v1/contacts/../me", "not-found"),
            (OWNER, "GET", "/api/v1/contacts/%2e%2e%2fme", "not-found"),
            (OWNER, "GET", "/", "not-found"),
            (OWNER, "POST", "/elsewhere", "not-found"),
            (OWNER, "GET", "/api/v1/contacts?limit=x", "invalid-parameter"),
            (OWNER, "GET", "/api/v1/contacts?cursor=x", "invalid-cursor"),
            (OWNER, "PUT", "/api/v1/me", "method-not-allowed"),
        ],
    )
    def test_a_problem_is_told_as_its_kind_is_documented(
        self, client: Client, method: str, path: str, kind: str
    ) -> None:
        answer = client.ask(method, path)
        documented = CONTRACT.problems[kind]
        problem = answer.json
        assert answer.headers["content-type"] == PROBLEM
        assert problem["type"] == documented.type
        assert problem["title"] == documented.title
        assert problem["status"] == answer.status == documented.status
        assert problem["detail"]
        assert problem["instance"] == path.partition("?")[0]

    def test_a_presented_secret_is_not_repeated(self) -> None:
        for answer in (
            OWNER.get(f"/api/v1/contacts/{FULL.secret}"),
            OWNER.get(f"/api/v1/contacts?limit={FULL.secret}"),
            OWNER.get(f"/api/v1/contacts/obk%5Flive_{FULL.secret[9:]}"),
            ANYONE.get("/api/v1/contacts/sesame", authorization="Bearer sesame"),
            ANYONE.get(f"/{FULL.secret}"),
        ):
            assert answer.status >= 400
            assert FULL.secret[9:] not in answer.body.decode()
            assert "sesame" not in answer.body.decode()

    @pytest.mark.parametrize("broken", ["page", "admit", "problem_members_once"])
    def test_a_crash_is_told_without_details(self, broken: str, caplog: pytest.LogCaptureFixture) -> None:
        mock = new_mock(modifications=[crashing(broken)])
        answer = Client(mock, FULL).get("/api/v1/contacts?limit=0" if "once" in broken else "/api/v1/contacts")
        assert (answer.status, answer.kind) == (500, "internal-error")
        assert "the cause" not in answer.body.decode()
        assert "the cause" in caplog.text

    @given(
        path=st.binary(max_size=30).filter(lambda raw: b"?" not in raw),
        query=st.binary(max_size=40),
        base=st.sampled_from(["/api/v1/contacts/", "/api/v1/contacts?", "/api/v1/events?eventType=", "/api/v1/", "/"]),
    )
    @settings(max_examples=300)
    def test_no_input_answers_5xx(self, path: bytes, query: bytes, base: str) -> None:
        answer = OWNER.send(
            "GET", base.encode() + path + b"?" + query, [(b"authorization", f"Bearer {FULL.secret}".encode())]
        )
        assert answer.status < 500
        assert answer.headers["content-type"] in ("application/json", PROBLEM)
        assert answer.json


class TestHeaders:
    def test_no_cache_may_share_an_answer(self) -> None:
        for answer in (OWNER.get("/api/v1/me"), OWNER.get(UNKNOWN), ANYONE.get("/api/v1/me")):
            assert answer.headers["cache-control"] == "private, no-store"
            assert answer.headers["vary"] == "Authorization"

    def test_the_date_is_the_mocks_own(self) -> None:
        mock = new_mock()
        assert Client(mock).get("/").headers["date"] == "Mon, 21 Sep 2026 14:13:20 GMT"
        mock.state.clock.advance(3_601.9)
        assert Client(mock).get("/").headers["date"] == "Mon, 21 Sep 2026 15:13:21 GMT"
        assert Client(mock).get("/").headers["server"] == "outbound-mock"

    @pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
    @pytest.mark.parametrize("path", ["/api/v1/me", UNKNOWN, "/api/v1/nothing", "/api/v1", "/api/v1/contacts?limit=0"])
    def test_every_answer_to_a_valid_key_tells_its_rate_limit(self, path: str, method: str) -> None:
        client = Client(new_mock(rate_limited=True), FULL)
        answer = client.ask(method, path)
        assert int(answer.headers["x-ratelimit-limit"]) > 0
        assert START - 5 <= int(answer.headers["x-ratelimit-reset"]) <= START + 125
        assert "retry-after" not in answer.headers

    @pytest.mark.parametrize("client", [ANYONE, Client(MOCK, KEYS["revoked"][0])], ids=["nobody", "revoked"])
    def test_nobody_else_is_told_of_a_rate_limit(self, client: Client) -> None:
        assert not [name for name in client.get("/api/v1/me").headers if name.startswith("x-ratelimit")]

    def test_what_is_not_the_api_costs_nothing(self) -> None:
        for path in ("/api-docs", "/api-docs/openapi.json", "/api/v10/me", "/"):
            assert "x-ratelimit-limit" not in OWNER.get(path).headers


class TestRateLimit:
    def spent(self) -> tuple[Mock, Response]:
        """A mock whose first full key has used up its burst, and the answer that refused it."""
        mock = new_mock(rate_limited=True)
        client = Client(mock, FULL)
        for _ in range(CONTRACT.rate_limits.burst):
            assert client.get("/api/v1/me").status == 200
        return mock, client.get("/api/v1/me")

    def test_past_the_limit_comes_429_with_a_time_that_suffices(self) -> None:
        mock, answer = self.spent()
        assert (answer.status, answer.kind) == (429, "rate-limit-exceeded")
        assert answer.headers["cache-control"] == "private, no-store"
        assert int(answer.headers["x-ratelimit-limit"]) > 0
        wait = int(answer.headers["retry-after"])
        assert 1 <= wait <= 60
        mock.state.clock.advance(wait)
        assert Client(mock, FULL).get("/api/v1/me").status == 200

    def test_whatever_a_spent_key_asks_for_answers_429(self) -> None:
        mock, _ = self.spent()
        for method, path in (("GET", UNKNOWN), ("POST", "/api/v1/me"), ("GET", "/api/v1/nothing")):
            assert Client(mock, FULL).ask(method, path).status == 429

    def test_a_spent_key_slows_no_other(self) -> None:
        mock, _ = self.spent()
        for key in (KEYS["primary"][1], KEYS["secondary"][0]):
            assert Client(mock, key).get("/api/v1/me").status == 200
        assert Client(mock).get("/api/v1/me").status == 401

    def test_without_a_rate_limit_the_headers_stay(self) -> None:
        for _ in range(CONTRACT.rate_limits.burst + 1):
            answer = OWNER.get("/api/v1/me")
            assert (answer.status, answer.headers["x-ratelimit-limit"]) == (200, "1000000")


class TestDocumentation:
    def test_the_contract_is_published_with_the_mock_as_its_first_server(self) -> None:
        answer = ANYONE.get("/api-docs/openapi.json")
        assert answer.headers["content-type"] == "application/json"
        published = answer.json
        assert published["servers"][0]["url"] == "http://127.0.0.1"
        assert {**published, "servers": published["servers"][1:]} == CONTRACT.document

    def test_the_page_loads_nothing_from_elsewhere(self) -> None:
        page = ANYONE.get("/api-docs")
        assert "default-src 'self'" in page.headers["content-security-policy"]
        assert b"http" not in page.body
        for part in page.body.decode().split('"')[1::2]:
            if part.startswith("api-docs/"):
                asset = ANYONE.get(f"/{part}")
                assert (asset.status, len(asset.body) > 100) == (200, True)

    def test_it_is_read_only_and_bounded(self) -> None:
        assert ANYONE.ask("POST", "/api-docs").kind == "method-not-allowed"
        assert ANYONE.get("/api-docs/../mockserver/cli.py").kind == "not-found"
        assert ANYONE.get("/api-docs/index.html").kind == "not-found"
