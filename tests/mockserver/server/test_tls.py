"""`outbound-mock --tls`: https with an authority of its own, and certificates that clients must refuse."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from mockserver import cli
from tests.support.gate import run_gate
from tests.support.mock_process import PATIENCE, Running
from tests.support.warm_mocks import running
from tests.support.warm_programs import ended

ME = "/api/v1/me"


@dataclass(frozen=True)
class Secured:
    """A mock over TLS, and the certificate of its authority."""

    mock: Running
    authority: Path

    def client(self, url: str = "") -> httpx.Client:
        """A client that trusts the authority, and holds the first key."""
        return httpx.Client(
            base_url=url or self.mock.url,
            verify=ssl.create_default_context(cafile=str(self.authority)),
            headers={"Authorization": f"Bearer {self.mock.key}"},
            timeout=PATIENCE,
            trust_env=False,
        )


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    folder = tmp_path_factory.mktemp("tls")
    authority = folder / "authority.pem"
    with running(folder, "--no-rate-limit", "--tls", str(authority)) as mock:
        yield Secured(mock, authority)


def test_who_trusts_its_authority_is_served(secured: Secured) -> None:
    with secured.client() as client:
        assert client.get(ME).status_code == 200
        assert client.get(ME).url.scheme == "https"


def test_who_does_not_is_told_of_an_unknown_authority(secured: Secured) -> None:
    with pytest.raises(httpx.ConnectError, match="unable to get local issuer certificate"):
        httpx.get(f"{secured.mock.url}{ME}", trust_env=False)


def test_it_is_known_by_every_name_of_this_machine(secured: Secured) -> None:
    with secured.client(secured.mock.url.replace("127.0.0.1", "localhost")) as client:
        assert client.get(ME).status_code == 200


def test_what_it_is_asked_and_answers_names_https(secured: Secured) -> None:
    with secured.client() as client:
        server, *_ = client.get("/api-docs/openapi.json").json()["servers"]
        assert server["url"].startswith("https://")
        world = client.post("/_mock/worlds").json()
    with secured.client(world["baseUrl"]) as client:
        answer = client.get(ME, headers={"Authorization": f"Bearer {world['apiKey']}"})
    assert world["baseUrl"].startswith("https://")
    assert answer.status_code == 200


def test_a_page_of_its_own_origin_may_use_the_control_api(secured: Secured) -> None:
    with secured.client() as client:
        assert client.post("/_mock/clock", json={"advance": 1}, headers={"Origin": secured.mock.url}).status_code == 200
        assert client.post("/_mock/clock", json={"advance": 1}, headers={"Origin": "https://x"}).status_code == 403


def test_the_consoles_cookies_stay_on_https(secured: Secured) -> None:
    with secured.client() as client:
        assert "; Secure" in client.get("/admin").headers["set-cookie"]


def test_a_head_that_is_too_long_is_told_so(secured: Secured) -> None:
    with secured.client() as client:
        answer = client.get(ME, headers={f"x-{number}": "1" for number in range(400)})
    assert answer.status_code == 431
    assert answer.json()["status"] == 431


def test_the_commands_of_its_description_reach_it(secured: Secured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(secured.authority))
    assert secured.mock.hook("hooks", "advance_clock", seconds="1").returncode == 0


def test_the_gate_judges_it(secured: Secured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(secured.authority))
    run = run_gate("--target", str(secured.mock.file), "--only", "AUTH-1,AUTH-5,OP-7,RATE-3")
    assert (run.exit_code, run.ids("failed")) == (0, set()), run.output[-2_000:]


def test_it_leaves_no_key_and_says_nothing_of_clients_that_turn_away(tmp_path: Path) -> None:
    authority = tmp_path / "authority.pem"
    with running(tmp_path, "--tls", str(authority)) as mock:
        with pytest.raises(httpx.ConnectError):
            httpx.get(mock.url, trust_env=False)
        output, errors = mock.interrupt()
    assert errors.strip() == ""
    assert f"--cacert {authority}" in output
    assert {file.name for file in tmp_path.iterdir()} == {"authority.pem", "target.toml"}
    assert "PRIVATE" not in authority.read_text("ascii")


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("expired", "certificate has expired"),
        ("wrong-host", "IP address mismatch"),
        ("unknown-authority", "unable to get local issuer certificate"),
    ],
)
def test_a_certificate_that_must_be_refused_is_wrong_in_one_way(kind: str, reason: str, tmp_path: Path) -> None:
    authority = tmp_path / "authority.pem"
    with running(tmp_path, "--tls", str(authority), "--tls-certificate", kind) as mock:
        with Secured(mock, authority).client() as client, pytest.raises(httpx.ConnectError, match=reason):
            client.get(ME)
        with httpx.Client(verify=False, trust_env=False) as careless:
            answer = careless.get(f"{mock.url}{ME}", headers={"Authorization": f"Bearer {mock.key}"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("arguments", "path", "code", "words"),
    [
        (("--tls-certificate", "expired"), None, 4, "add --tls"),
        (("--tls", "nowhere/authority.pem"), None, 4, "cannot write nowhere/authority.pem"),
        (("--tls",), "", 1, "openssl is not installed"),
    ],
)
def test_what_cannot_be_is_one_line(
    arguments: tuple[str, ...], path: str | None, code: int, words: str, tmp_path: Path
) -> None:
    environment = {} if path is None else {"PATH": path}
    command = ("outbound-mock", "--port", "0", "--contacts", "1", *arguments)
    done = ended(cli.main, command, tmp_path, environment, PATIENCE)
    assert (done.returncode, len(done.stderr.splitlines())) == (code, 1), done.stderr
    assert words in done.stderr
    assert not list(tmp_path.iterdir())
