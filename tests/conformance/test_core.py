"""The judge's own parts: redaction, the pace, the ledger."""

from __future__ import annotations

import subprocess
from dataclasses import replace

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.outcome import Outcome
from conformance.target.client import target
from conformance.target.exchange import Credential, Exchange, Request
from conformance.target.pacing import MARGIN, Pace
from conformance.target.redaction import Redactor
from conformance.target.retry_after import retry_after
from conformance.verdict.exit_code import exit_code
from conformance.verdict.ledger import Finding, Ledger
from spec.target import shown

SECRET = "obk_live_0123456789abcdefghijABCDEFGH1a2b"
KEY = Credential(SECRET, "organizations.primary.api_keys[0]")


ME = Request("GET", "/api/v1/me", credential=KEY, operation="getMe")


def exchange(
    status: int = 200, headers: dict[str, str] | None = None, body: bytes = b"{}", asked: Request = ME
) -> Exchange:
    """An exchange as the client would have recorded it at second 100."""
    url = "http://127.0.0.1" + asked.target
    return Exchange(
        1, asked, url, status, httpx.Headers(headers or {}), body, sent=99.9, answered=100.0, at=1_800_000_000.0
    )


def test_a_key_is_shown_by_its_ends() -> None:
    assert shown(SECRET) == "obk_live_…1a2b"
    assert shown("short") == "…"


@given(st.text(max_size=20), st.text(max_size=20))
def test_no_text_keeps_a_secret_that_the_redactor_knows(before: str, after: str) -> None:
    redactor = Redactor()
    redactor.learn([SECRET, "whsec_another-secret"])
    text = redactor.text(f"{before}{SECRET}{after}whsec_another-secret{before}")
    assert SECRET not in text
    assert "whsec_another-secret" not in text


def test_what_looks_like_a_key_is_hidden_even_when_it_is_unknown() -> None:
    assert Redactor().text("{'key': 'obk_test_abcdefghijklmnop'}") == "{'key': 'obk_test_…mnop'}"


def test_a_curl_line_reads_the_key_from_the_environment() -> None:
    redactor = Redactor()
    redactor.learn([SECRET])
    line = redactor.curl(
        exchange(asked=replace(ME, target=f"/api/v1/me?api_key={SECRET}&q=a'b", headers=(("Cookie", f"key={SECRET}"),)))
    )
    assert '-H "Authorization: Bearer $OUTBOUND_API_KEY"' in line
    assert SECRET not in line


def test_a_request_with_trailers_is_repeated_by_a_line_that_writes_its_bytes() -> None:
    asked = Request("GET", "/api/v1/me", trailers=(("Authorization", f"Bearer {SECRET}"),))
    line = Redactor().curl(exchange(asked=asked))
    printf, _, listener = line.partition(" | ")
    assert listener.startswith("nc ")
    shell = ["sh", "-c", printf]
    sent = subprocess.run(shell, capture_output=True, check=True, env={"OUTBOUND_API_KEY": "k"}).stdout
    head, _, rest = sent.partition(b"\r\n\r\n")
    assert b"Authorization" not in head
    assert b"\r\nTransfer-Encoding: chunked\r\n" in head
    assert rest == b"0\r\nAuthorization: Bearer k\r\n\r\n"


def test_a_forged_credential_is_masked_in_a_curl_line() -> None:
    line = Redactor().curl(
        exchange(asked=replace(ME, credential=None, headers=(("Authorization", f"Basic {SECRET}"),)))
    )
    assert "Basic obk_live_…1a2b" in line


def test_a_body_that_is_no_json_is_none() -> None:
    for body in (b"", b"<html>", b'{"a": NaN}', b'{"a": 1, "a": 2}', b"\xff", b"[" * 100_000):
        assert exchange(body=body).json is None


def test_the_path_and_query_of_an_operation_are_percent_encoded() -> None:
    assert target("getContact", id="a/b ü") == "/api/v1/contacts/a%2Fb%20%C3%BC"
    assert target("listContacts", limit=5, cursor=None, q="a&b") == "/api/v1/contacts?limit=5&q=a%26b"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7.0), ("0", 0.0), ("Fri, 15 Jan 2027 08:00:30 GMT", 30.0), ("Fri, 15 Jan 2027 07:59:00 GMT", 0.0)],
)
def test_retry_after_is_seconds_or_a_date(value: str, seconds: float) -> None:
    answer = exchange(429, {"retry-after": value, "date": "Fri, 15 Jan 2027 08:00:00 GMT"})
    assert retry_after(answer) == seconds


@pytest.mark.parametrize("value", ["", "-1", "1.5", "soon", "٣"])
def test_an_unusable_retry_after_is_none(value: str) -> None:
    assert retry_after(exchange(429, {"retry-after": value} if value.isascii() else {})) is None


@given(st.lists(st.floats(0, 5), max_size=200), st.integers(1, 70))
def test_the_pace_never_sends_more_than_the_limit_in_a_minute(pauses: list[float], limit: int) -> None:
    pace, now, sent = Pace(limit), 0.0, []
    for pause in pauses:
        now += pause
        now += pace.wait_for(KEY, now)
        pace.sent(KEY, now)
        sent.append(now)
    for index, start in enumerate(sent):
        assert sum(start <= moment < start + 60 for moment in sent[index:]) <= limit


def test_where_nothing_is_limited_there_is_no_pace() -> None:
    pace = Pace(None)
    for _ in range(1000):
        pace.sent(KEY, 0.0)
    assert pace.wait_for(KEY, 0.0) == 0


@pytest.mark.parametrize("state", ["revoked", "expired"])
def test_a_dead_key_has_no_pace_but_obeys_a_refusal(state: str) -> None:
    dead = Credential("obk_live_dead", f"keys.{state}[0]")
    pace = Pace(1)
    for _ in range(100):
        pace.sent(dead, 0.0)
    assert pace.wait_for(dead, 0.0) == 0
    pace.answered(dead, exchange(429), 7.0)
    assert pace.wait_for(dead, 100.0) == 7


def test_a_dead_key_that_is_refused_for_pace_has_the_pace_of_others() -> None:
    dead = Credential("obk_live_dead", "keys.revoked[0]")
    pace = Pace(2)
    for moment in (100.0, 110.0, 120.0):
        pace.sent(dead, moment)
    pace.answered(dead, exchange(429), 1.0)
    assert pace.wait_for(dead, 120.0) == 50 + MARGIN


def test_the_pace_takes_the_key_that_is_rested_most() -> None:
    other = Credential("obk_live_another", "organizations.primary.api_keys[1]")
    pace = Pace(2)
    pace.sent(KEY, 0.0)
    assert pace.choose([KEY, other], 0.0) == (other, 0.0)


def test_the_pace_learns_a_lower_limit_and_obeys_a_refusal() -> None:
    pace = Pace(60)
    pace.answered(KEY, exchange(headers={"x-ratelimit-limit": "1"}), None)
    pace.sent(KEY, 100.0)
    assert pace.wait_for(KEY, 100.0) > 59
    pace.answered(KEY, exchange(429), 60.5)
    assert pace.wait_for(KEY, 100.0) == 60.5


def judged(*outcomes: tuple[str, Outcome], strict: bool = False, require_all: bool = False) -> Ledger:
    ledger = Ledger(strict=strict, require_all=require_all)
    for id_, outcome in outcomes:
        ledger.add(Finding(id_, outcome, reason="why"))
    return ledger


def status(ledger: Ledger, id_: str) -> str:
    return next(ruling.status for ruling in ledger.rulings() if ruling.requirement.id == id_)


def test_a_requirement_is_ruled_by_the_worst_of_its_findings() -> None:
    assert status(judged(("AUTH-1", "passed"), ("AUTH-1", "passed")), "AUTH-1") == "passed"
    assert status(judged(("AUTH-1", "passed"), ("AUTH-1", "not-tested")), "AUTH-1") == "not-tested"
    assert status(judged(("AUTH-1", "passed"), ("AUTH-1", "not-judged")), "AUTH-1") == "not-tested"
    assert status(judged(("AUTH-1", "not-judged"), ("AUTH-1", "failed")), "AUTH-1") == "failed"
    assert status(judged(), "AUTH-1") == "not-tested"


@pytest.mark.parametrize(
    ("ledger", "verdict", "code"),
    [
        (judged(("AUTH-1", "passed")), "partial", 0),
        (judged(("AUTH-1", "failed")), "non-conformant", 1),
        (judged(("AUTH-1", "passed"), ("AUTH-5", "failed")), "partial", 0),
        (judged(("AUTH-1", "passed"), ("AUTH-5", "failed"), strict=True), "non-conformant", 1),
        (judged(("AUTH-1", "passed"), require_all=True), "non-conformant", 1),
        (judged(("AUTH-1", "not-judged")), "unreachable", 3),
        (judged(), "unreachable", 3),
    ],
)
def test_the_verdict_and_the_exit_code_follow_from_the_rulings(ledger: Ledger, verdict: str, code: int) -> None:
    assert (ledger.verdict(), exit_code(ledger)) == (verdict, code)


def test_a_target_that_stopped_answering_is_not_judged() -> None:
    ledger = judged(("AUTH-1", "passed"))
    ledger.stop("it stopped answering")
    assert (ledger.verdict(), exit_code(ledger)) == ("unreachable", 3)


def test_a_check_that_crashed_is_no_success() -> None:
    # The target has answered, whether or not anything else was judged.
    for ledger in (judged(("AUTH-1", "passed")), judged()):
        ledger.add(Finding("AUTH-2", "not-judged", "the check itself broke", crashed=True))
        assert (ledger.verdict(), exit_code(ledger)) == ("partial", 3)
