"""`--safe` sends to production only what an ordinary client sends, and reports what it left out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from conformance.target.client import Client
from conformance.target.clock import TargetClock
from conformance.target.exchange import Exchange, Request
from conformance.target.safety import Safety, Withheld
from spec.target import Target, load
from tests.support.gate import GateRun, reports, run_gate
from tests.support.warm_mocks import WarmMock

_ASKED = "AUTH-1,AUTH-2,AUTH-3,PAGE-3,TENANT-2,OP-6,RATE-3,PAGE-5,PAGE-11,HOOK-1"
KEY = ("Authorization", "Bearer x")


def get(target: str, *headers: tuple[str, str]) -> Request:
    return Request("GET", target, headers)


@pytest.mark.parametrize(
    "request_",
    [
        get("/api/v1/me", KEY),
        get("/api/v1/contacts?limit=200&q=Zo%C3%AB%20Ltd", KEY),
        get("/api/v1/contacts/con_0123", KEY, ("If-None-Match", '"1"')),
        get("/api-docs/openapi.json"),
        Request("HEAD", "/api/v1/lists?includeArchived=1"),
    ],
)
def test_an_ordinary_request_is_let_through(request_: Request) -> None:
    Safety().let_through(request_, paced=True)


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (Request("POST", "/api/v1/contacts"), "a write"),
        (Request("GET", "/api/v1/contacts", body="{}"), "a write"),
        (Request("GET", "/api/v1/me", trailers=(KEY,)), "it has trailer fields"),
        (get("/api/v1/contacts", ("X-Organization-Id", "org_1")), "a header that the documentation does not name"),
        (get("/api/v1/me?api_key=x"), "a parameter that the documentation does not name"),
        (get("/api/v1/contacts?q=a&q=b"), "or one twice"),
        (get("/api/v1/contacts?limit=0"), "limit is not from 1 to 200"),
        (get("/api/v1/contacts?limit=999"), "limit is not from 1 to 200"),
        (get("/api/v1/contacts?cursor=invented"), "cursor is not one of the target's"),
        (get("/api/v1/contacts/%00"), "malformed"),
        (get("/api/v1/contacts/%FF"), "malformed"),
        (get("/api/v1/contacts/a%2F..%2Fb"), "malformed"),
        (get("/api/v1/contacts/../me"), "malformed"),
        (get(f"/api/v1/contacts/{'a' * 2000}"), "malformed"),
    ],
)
def test_anything_else_is_withheld_with_the_reason(request_: Request, reason: str) -> None:
    safety = Safety()
    with pytest.raises(Withheld, match=reason):
        safety.let_through(request_, paced=True)
    assert sum(safety.withheld.values()) == 1


def test_what_is_withheld_shows_no_part_of_a_key() -> None:
    key = "a-key-of-another-form-0123456789" * 2
    with pytest.raises(Withheld) as withheld:
        Safety().let_through(get(f"/api/v1/me?q={'b' * 150}&api_key={key}&c={'d' * 100}"), paced=True)
    assert key[:20] not in str(withheld.value).replace(key, "")


def test_a_cursor_that_the_target_gave_out_is_sent() -> None:
    safety = Safety()
    body = b'{"data": [], "nextCursor": "abc"}'
    safety.learn(Exchange(1, get("/api/v1/contacts"), "", 200, httpx.Headers(), body, 0.0, 0.0, 0.0))
    safety.let_through(get("/api/v1/contacts?cursor=abc"), paced=True)


def test_no_volley_is_sent() -> None:
    client = Client(Target(base_url="http://127.0.0.1:9"), TargetClock(), safety=Safety())
    with pytest.raises(Withheld, match="it spends a limit"):
        client.send(get("/api/v1/me"), paced=False)


@pytest.fixture(scope="module")
def safe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[GateRun, Path]]:
    """A safe run over checks that it may run and checks that it may not, and the folder of its reports."""
    folder = tmp_path_factory.mktemp("safe")
    with WarmMock() as mock:
        asked = ("--target", str(mock.description), "--safe", "--only", _ASKED)
        yield run_gate(*asked, *reports(folder)), folder / "report"
        assert load(mock.description).hooks.advance_clock


def test_a_safe_run_is_partial_at_best_and_says_what_it_left_out(safe: tuple[GateRun, Path]) -> None:
    run, _ = safe
    assert (run.exit_code, run.verdict) == (0, "partial"), run.output
    output = " ".join(run.output.split())
    assert "A safe run (--safe): no write, nothing malformed, no limit spent. It is partial at best." in output
    assert {"OP-6", "RATE-3", "PAGE-5", "PAGE-11", "HOOK-1"} <= run.ids("not-tested")
    assert {"AUTH-1", "AUTH-2", "AUTH-3", "PAGE-3", "TENANT-2"} <= run.ids("passed")
    assert "left out by --safe: it needs" in output


def test_a_safe_run_sends_no_write(safe: tuple[GateRun, Path]) -> None:
    archive = (safe[1] / "exchanges.har").read_text("utf-8")
    assert '"method": "GET"' in archive
    assert not [name for name in ("POST", "PUT", "PATCH", "DELETE") if f'"method": "{name}"' in archive]
