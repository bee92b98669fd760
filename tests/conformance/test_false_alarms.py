"""The ordinary behaviour of frameworks and front ends is no violation."""

from __future__ import annotations

import re
from dataclasses import replace
from email.utils import formatdate

import httpx
import pytest

from conformance.oracles.exchanges import ORACLES, ordinary
from conformance.target.exchange import Credential, Exchange, Request
from conformance.target.retry_after import wall_clock
from spec.target import load
from tests.support.gate import run_gate
from tests.support.rewriting_proxy import Answered, Forward, Passed, lying
from tests.support.warm_mocks import WarmMock

KEY = Credential("obk_live_0123456789abcdefghijABCDEFGH1a2b", "organizations.primary.api_keys[0]")
NOW = 1_800_000_000.0
_REFUSED_BY_FRONT_ENDS = re.compile(r"%00|%2f|%5c|/\.\.?/|/%2e|%[89a-f][0-9a-f]", re.IGNORECASE)
_HTML = (("Content-Type", "text/html"),)


def exchange(target: str, status: int = 200, operation: str | None = None, **headers: str) -> Exchange:
    """An answer at the unix time NOW to a request with a valid key."""
    fields = httpx.Headers({name.replace("_", "-"): value for name, value in headers.items()})
    request = Request("GET", target, (), KEY, operation)
    return Exchange(1, request, f"http://127.0.0.1{target}", status, fields, b"{}", 99.9, 100.0, NOW)


def alarm(id_: str, answer: Exchange) -> str | None:
    """The fault that a requirement's oracle finds in an answer; None if it finds none or does not apply."""
    oracle = next(oracle for oracle in ORACLES if oracle.requirement == id_)
    return oracle.fault(answer) if oracle.applies(answer) else None


def test_what_a_dead_key_is_answered_is_no_affair_of_the_rate_headers() -> None:
    answer = exchange("/api/v1/me", 400, "getMe")
    assert alarm("RATE-1", answer)
    dead = Credential(KEY.secret, "keys.revoked[0]")
    assert alarm("RATE-1", replace(answer, request=replace(answer.request, credential=dead))) is None


def behind_a_front_end(request: Passed, forward: Forward) -> Answered:
    """A front end that refuses odd paths and long heads and replaces Date, before a framework with its own habits."""
    path = request.target.partition("?")[0]
    head = len(request.target) + sum(len(name) + len(value) + 4 for name, value in request.headers)
    if _REFUSED_BY_FRONT_ENDS.search(path) or head > 2000 or not request.target.isascii():
        return Answered(400, _HTML, b"<h1>Bad Request</h1>")
    answer = forward(request)
    if answer.status == 400 and "json" in dict(answer.headers).get("content-type", ""):
        status = 404 if "cursor=" in request.target else 422
        answer = replace(answer, status=status, body=answer.body.replace(b'"status":400', b'"status":%d' % status))
    if "nothing-here" in path:
        answer = answer.with_header("X-RateLimit-Limit", None).with_header("X-RateLimit-Reset", None)
    reset = dict(answer.headers).get("x-ratelimit-reset")
    answer = answer.with_header("X-RateLimit-Reset", f"{reset}.25" if reset else None)
    return answer.with_header("Date", formatdate(usegmt=True))


def test_a_filter_that_only_some_keys_may_use_tells_nothing_of_other_organizations() -> None:
    run = run_gate("--mock-options", "--fault filters-by-id-need-its-scope", "--only", "TENANT-2,TENANT-3")
    assert run.exit_code == 0, run.output


def test_an_api_behind_a_front_end_is_conformant() -> None:
    with WarmMock() as mock, lying(load(mock.description).base_url, behind_a_front_end) as base_url:
        run = run_gate("--base-url", base_url, "--target", str(mock.description), "--depth", "quick")
    assert not run.broken_musts(), run.output
    assert run.exit_code == 0, run.output


@pytest.mark.parametrize("contacts", ["36", "1010"])
def test_any_size_of_the_mock_is_judged_whole(contacts: str) -> None:
    # With so few contacts PAGE-2 has too little to show, and says so.
    run = run_gate("--mock-options", f"--contacts {contacts}", "--only", "OP,TENANT,FILTER")
    assert run.verdict == "conformant", run.output


@pytest.mark.parametrize("reset", ["30", "30.5", f"{NOW + 3:.2f}"])
def test_a_reset_with_a_decimal_part_is_plausible(reset: str) -> None:
    answer = exchange("/api/v1/me", operation="getMe", x_ratelimit_limit="60", x_ratelimit_reset=reset)
    assert alarm("RATE-1", answer) is None


@pytest.mark.parametrize("reset", ["soon", "-1", "3e1", "121.5", f"{NOW * 1000:.0f}"])
def test_a_reset_that_is_no_moment_nearby_is_told(reset: str) -> None:
    answer = exchange("/api/v1/me", operation="getMe", x_ratelimit_limit="60", x_ratelimit_reset=reset)
    assert alarm("RATE-1", answer)


def test_rate_headers_are_asked_of_the_operations_alone() -> None:
    assert alarm("RATE-1", exchange("/api/v1/nothing-here", 404)) is None
    assert alarm("RATE-1", exchange("/api/v1/me", operation="getMe")) == "X-RateLimit-Limit is missing"


@pytest.mark.parametrize("status", [405, 501])
def test_a_refused_head_needs_no_rate_headers(status: int) -> None:
    answer = exchange("/api/v1/me", status, "getMe")
    refused = replace(answer, request=replace(answer.request, method="HEAD"))
    assert alarm("RATE-1", refused) is None
    assert alarm("RATE-1", replace(refused, status=404)) == "X-RateLimit-Limit is missing"


@pytest.mark.parametrize(
    "target",
    [
        "/api/v1/contacts/%00",
        "/api/v1/contacts/a%2Fb",
        "/api/v1/contacts/a%5cb",
        "/api/v1/contacts/../me",
        "/api/v1/contacts/%2e%2e/me",
        "/api/v1/contacts/%FF",
        "/api/v1/contacts?q[]=x",
        "/api/v1/contacts/" + "x" * 2000,
    ],
)
def test_what_front_ends_refuse_need_be_no_problem(target: str) -> None:
    assert not ordinary(exchange(target, 400))
    assert alarm("ERROR-1", exchange(target, 400)) is None
    assert alarm("ERROR-5", exchange(target, 500))


def test_a_get_with_trailers_may_be_refused_without_a_problem_but_not_crash() -> None:
    asked = Request("GET", "/api/v1/me", trailers=(("Authorization", "Bearer x"),))
    assert alarm("ERROR-1", replace(exchange("/api/v1/me", 400), request=asked)) is None
    assert alarm("ERROR-5", replace(exchange("/api/v1/me", 501), request=asked)) is None
    assert alarm("ERROR-5", replace(exchange("/api/v1/me", 500), request=asked))


def test_an_ordinary_request_has_to_be_answered_with_a_problem() -> None:
    assert ordinary(exchange("/api/v1/contacts/x?q=%00", 400))
    assert alarm("ERROR-1", exchange("/api/v1/contacts/x", 404))


def test_a_date_that_did_not_follow_the_test_clock_is_not_believed() -> None:
    moved = replace(exchange("/api/v1/me", date=formatdate(NOW, usegmt=True)), moved=300.0)
    followed = replace(exchange("/api/v1/me", date=formatdate(NOW + 300, usegmt=True)), moved=300.0)
    assert abs(wall_clock(moved) - NOW - 300) < 1
    assert abs(wall_clock(followed) - NOW - 300) < 1
    assert abs(wall_clock(exchange("/api/v1/me", date=formatdate(NOW - 90, usegmt=True))) - NOW + 90) < 1
