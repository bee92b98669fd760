"""If a target cannot be judged, one line says so before any check runs."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from conformance.target.client import NoAnswer
from conformance.target.preflight import Unfit, preflight
from spec.target import Target, load
from tests.support import raw_server
from tests.support.gate import reports, run_gate
from tests.support.null_servers import Answer, serving
from tests.support.warm_mocks import WarmMock

KEY = "obk_live_0123456789abcdefghijABCDEFGHIJ01"
NOT_JUDGED, USAGE = 3, 4


def html(status: int = 200) -> Answer:
    return Answer(status, {"Content-Type": "text/html"}, b"<html>Sign in</html>")


@pytest.mark.parametrize(
    ("answer", "path", "says"),
    [
        (html(), "", "an HTML page: a login page"),
        (Answer(302, {"Location": "/login?next=/api"}), "", "redirects, /api/v1/me to /login?next=/api: a login page"),
        (Answer(308, {"Location": "https://127.0.0.1/api/v1/me"}), "", "give the base URL with https://"),
        (Answer(302, {"Location": "http://[1/login"}), "", "redirects, /api/v1/me to http://[1/login: a login page"),
        (Answer(302, {"Location": f"/login?k=a-key-{'b' * 100}"}), "", "to /login?k=… (106 characters left out) …: a"),
        (html(404), "", "answers 404: no Outbound API under http://127.0.0.1:"),
        (html(404), "/api/v1", "give the base URL without /api/v1"),
        (html(503), "", "a server error (503)"),
        (Answer(0), "", "closed without an answer"),
    ],
)
def test_what_is_no_outbound_api_is_told_and_reported(answer: Answer, path: str, says: str) -> None:
    with serving(answer) as base_url:
        run = run_gate("--base-url", base_url + path, "--api-key", KEY)
    assert run.exit_code == NOT_JUDGED
    assert says in " ".join(run.output.split())
    assert (run.verdict, run.ids("passed")) == ("unreachable", set())


@pytest.mark.parametrize(
    ("address", "says"),
    [("http://127.0.0.1:1", "connection refused by http://127.0.0.1:1"), ("http://no.invalid", "no such host")],
)
def test_a_target_that_is_not_there_is_told_and_reported(address: str, says: str, tmp_path: Path) -> None:
    run = run_gate("--base-url", address, "--api-key", KEY, *reports(tmp_path))
    assert (run.exit_code, run.verdict) == (NOT_JUDGED, "unreachable")
    assert says in run.output
    assert {path.name for path in (tmp_path / "report").iterdir()} == {
        *("report.html", "report.json", "junit.xml", "exchanges.har", "summary.md")
    }


def test_a_server_without_tls_is_told_as_such() -> None:
    with serving(html()) as base_url:
        run = run_gate("--base-url", base_url.replace("http:", "https:"), "--api-key", KEY)
    assert run.exit_code == NOT_JUDGED
    assert "TLS: no handshake" in run.output


@dataclass
class _Deaf:
    """The client of a caller that never gets an answer."""

    target: Target
    proxy: None = None


@dataclass
class _Unheard:
    client: _Deaf
    cause: Exception

    def get(self, operation: str) -> None:
        raise NoAnswer(operation) from self.cause


def test_a_certificate_that_is_not_accepted_is_told_as_such() -> None:
    refusal = ssl.SSLCertVerificationError()
    refusal.verify_message = "certificate has expired"
    caller: Any = _Unheard(_Deaf(Target(base_url="https://staging.example")), refusal)
    with pytest.raises(Unfit, match=r"TLS: the certificate of https://staging\.example is not accepted: .* expired"):
        preflight(caller)


def test_a_server_that_speaks_http_2_alone_is_told_as_such() -> None:
    def frames(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"\x00\x00\x00\x04\x00\x00\x00\x00\x00")

    with raw_server.serving(frames) as server:
        run = run_gate("--base-url", f"http://127.0.0.1:{server.port}", "--api-key", KEY)
    assert run.exit_code == NOT_JUDGED
    assert "it speaks HTTP/2 alone, and the suite HTTP/1.1" in " ".join(run.output.split())


def test_a_target_that_refuses_the_only_key_is_not_said_to_be_out_of_reach(tmp_path: Path) -> None:
    with serving(Answer(401, {"Content-Type": "application/problem+json"}, b"{}")) as base_url:
        run = run_gate("--base-url", base_url, "--api-key", KEY, *reports(tmp_path))
    assert (run.exit_code, run.verdict) == (USAGE, "unreachable")
    told = " ".join(run.output.split())
    assert (
        "every operation answers 401, which refuses obk_live_…IJ01 (organizations.primary.api_keys[0]): give an" in told
    )
    assert told.endswith("verdict: unreachable: the target answers, but refuses an API key")
    assert "the target answers, but refuses an API key" in (tmp_path / "report" / "summary.md").read_text("utf-8")
    assert KEY not in run.output


def test_a_key_that_the_target_does_not_know_is_named(tmp_path: Path) -> None:
    with WarmMock() as mock:
        known = load(mock.description).organizations.secondary.api_keys[0]
        unknown = f"{known[:-4]}zzzz"
        described = tmp_path / "target.toml"
        described.write_text(mock.description.read_text("utf-8").replace(known, unknown), "utf-8")
        run = run_gate("--target", str(described))
    assert run.exit_code == USAGE
    told = " ".join(run.output.split())
    assert "401 to organizations.secondary.api_keys[0] (obk_live_…zzzz): it does not know that API key" in told
    assert unknown not in run.output
