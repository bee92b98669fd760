"""`outbound-conformance init`: the file that it writes, its request to the API, and its message about the answer."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from conformance.outcome import EXIT_CONFORMANT, EXIT_NOT_JUDGED, EXIT_USAGE
from conformance.target.new_description import InitError, init
from spec.target import load
from tests.support.free_ports import free_port
from tests.support.null_servers import Answer, serving
from tests.support.raw_client import serving_mock

KEY = "obk_live_0123456789abcdefghijABCDEFGHIJ01"
ME = Answer(200, {"Content-Type": "application/json"}, b'{"organization": {}}')


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The path for the description; the environment holds a key."""
    monkeypatch.setenv("OUTBOUND_API_KEY", KEY)
    return tmp_path / "target.toml"


def test_a_description_to_fill_in_is_a_description(path: Path) -> None:
    assert init(path, None)[0] == EXIT_CONFORMANT
    assert load(path).organizations.primary.api_keys == (KEY,)
    lines = re.sub(r'"env:[^"]*"', f'"{KEY}"', path.read_text("utf-8")).splitlines()
    path.write_text("\n".join([lines[0], *(line.removeprefix("# ") for line in lines[1:])]), "utf-8")
    assert len(load(path).keys.spare) == 4


def test_a_description_that_is_there_stays_as_it_is(path: Path) -> None:
    path.write_text("mine", "utf-8")
    with pytest.raises(InitError, match="exists already, and is not overwritten"):
        init(path, None)
    assert path.read_text("utf-8") == "mine"


def test_a_key_that_no_header_can_carry_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTBOUND_API_KEY", "obk_live_é")
    code, lines = init(path, "http://127.0.0.1:1")
    assert code == EXIT_USAGE
    assert "a key holds characters that no Authorization header can carry" in lines[1]


def test_certificates_that_cannot_be_read_are_told_by_their_variable(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/no/such.pem")
    code, lines = init(path, "https://127.0.0.1:1")
    assert code == EXIT_USAGE
    assert lines[1].startswith("not asked yet: SSL_CERT_FILE=/no/such.pem: no certificates can be read from it")


def test_an_api_that_serves_the_key_is_asked_once_and_can_be_judged(path: Path) -> None:
    with serving(ME) as url:
        code, lines = init(path, f"{url}/")
        assert load(path).base_url == url
    assert code == EXIT_CONFORMANT
    assert lines == [
        f"wrote {path}",
        f"{url} answers 200 to /api/v1/me; judge with: outbound-conformance --target {path}",
    ]


def test_an_api_that_does_not_know_the_key_is_told_and_the_description_stays(path: Path) -> None:
    with serving_mock() as mock:
        url = f"http://127.0.0.1:{mock.address[1]}"
        code, lines = init(path, url)
    assert code == EXIT_USAGE
    assert lines[1].startswith(f"{url} cannot be judged yet: every operation answers 401")
    assert KEY not in "".join(lines)
    assert path.exists()


def test_an_api_that_is_not_there_is_told(path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    code, lines = init(path, url)
    assert (code, lines[1]) == (EXIT_NOT_JUDGED, f"{url} cannot be judged yet: connection refused by {url}")


def test_without_a_key_it_says_where_to_put_one(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OUTBOUND_API_KEY")
    code, lines = init(path, "https://api.example")
    assert code == EXIT_CONFORMANT
    assert "put an API key into the variable OUTBOUND_API_KEY" in lines[0]


def test_without_an_address_and_nobody_to_ask_the_example_stays(path: Path) -> None:
    code, lines = init(path, None)
    assert code == EXIT_CONFORMANT
    assert "put its address in" in lines[0]
    assert load(path).base_url == "https://staging.example"


def test_a_person_at_a_terminal_is_asked_for_the_address(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OUTBOUND_API_KEY")
    for stream in (sys.stdin, sys.stdout):
        monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda _: " https://api.example/ ")
    init(path, None)
    monkeypatch.setenv("OUTBOUND_API_KEY", KEY)
    assert load(path).base_url == "https://api.example"


@pytest.mark.parametrize("address", ["ftp://api.example", "api.example", "https://u:p@api.example", 'https://a"b\n'])
def test_no_description_is_written_for_an_address_that_cannot_be_used(path: Path, address: str) -> None:
    with pytest.raises(InitError, match=r"^base_url: "):
        init(path, address)
    assert not path.exists()


def test_a_folder_that_is_not_there_is_one_line(path: Path) -> None:
    with pytest.raises(InitError, match="No such file"):
        init(path.parent / "no" / "target.toml", None)
