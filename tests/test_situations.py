"""Each row of docs/situations.md, run for real: what is printed, and the exit code."""

from __future__ import annotations

import gzip
import re
import socket
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.support import null_servers, raw_server
from tests.support.certificates import certificate_of, server_context
from tests.support.gate import run_gate
from tests.support.load_runs import outbound_load
from tests.support.project import ROOT
from tests.support.warm_programs import outbound_mock

KEY = "obk_live_0123456789abcdefghijABCDEFGHIJ01"
HTML = null_servers.Answer(200, {"Content-Type": "text/html"}, b"<html>Welcome</html>")
JSON_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
Ended = tuple[int, str]

TEXT = (ROOT / "docs" / "situations.md").read_text("utf-8")
ROWS = [tuple(row) for row in re.findall(r"^\| (.+?) \| (.+?) \| (\d+) \|$", TEXT, re.MULTILINE)]


def gate(address: str, *options: str) -> Ended:
    run = run_gate("--base-url", address, "--api-key", KEY, *options)
    return run.exit_code, run.output


def load(*arguments: str) -> Ended:
    done = outbound_load(*arguments)
    return done.code, done.out + done.err


def mock(*arguments: str) -> Ended:
    done = outbound_mock(*arguments)
    return done.returncode, done.stdout + done.stderr


def at_plain_server() -> Ended:
    with null_servers.serving(HTML) as address:
        return gate(address.replace("http:", "https:"))


def at_web_site() -> Ended:
    with null_servers.serving(HTML) as address:
        return gate(address)


def at_closing_server() -> Ended:
    with null_servers.serving(null_servers.Answer(0)) as address:
        return gate(address)


def at_unknown_authority() -> Ended:
    with TemporaryDirectory(prefix="outbound-") as folder:
        context = server_context(certificate_of("localhost", Path(folder)))
    with raw_server.serving(context=context) as server:
        return gate(f"https://localhost:{server.port}")


def at_server_that_sends(*parts: bytes) -> Ended:
    def send(connection: socket.socket, _: bytes) -> None:
        for part in parts:
            connection.sendall(part)

    with raw_server.serving(send) as server:
        return gate(f"http://127.0.0.1:{server.port}")


def at_bomb() -> Ended:
    bomb = gzip.compress(bytes(100_000_000), 9)
    head = JSON_HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
    return at_server_that_sends(head, bomb)


def with_environment(name: str, value: str, address: str) -> Callable[[], Ended]:
    def run() -> Ended:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(name, value)
            return gate(address)

    return run


def load_on_web_site() -> Ended:
    with null_servers.serving(HTML) as address:
        return load("burst", f"--base-url={address}", f"--api-key={KEY}", "--rested")


def mock_on_taken_port() -> Ended:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return mock("--port", str(taken.getsockname()[1]))


SITUATIONS: dict[str, Callable[[], Ended]] = {
    "nothing listens at the address": lambda: gate("http://127.0.0.1:1"),
    "there is no such host": lambda: gate("http://no.invalid"),
    "the server speaks http, the address says https": at_plain_server,
    "the certificate is signed by an authority that the machine does not know": at_unknown_authority,
    "the server speaks HTTP/2 alone": lambda: at_server_that_sends(b"\0\0\0\4\0\0\0\0\0"),
    "a web site answers everything with a page": at_web_site,
    "the server closes without an answer": at_closing_server,
    "an answer unpacks to more than is taken": at_bomb,
    "header lines without an end": lambda: at_server_that_sends(JSON_HEAD, b"X: y\r\n" * 200_000),
    "the proxy of the environment is not there": with_environment(
        "http_proxy", "http://127.0.0.1:9", "http://staging.example"
    ),
    "the proxy of the environment is a SOCKS proxy": with_environment(
        "all_proxy", "socks5://10.0.0.1:1080", "http://staging.example"
    ),
    "the file of authorities is missing": with_environment("SSL_CERT_FILE", "/no/such.pem", "https://staging.example"),
    "a part of the host name is too long": lambda: gate(f"http://{'a' * 64}.example"),
    "the description is missing": lambda: gate("http://127.0.0.1:1", "--target", "/no/such.toml"),
    "an option is mistyped": lambda: gate("http://127.0.0.1:1", "--strct"),
    "a load test on a web site": load_on_web_site,
    "a load test on another machine that was not allowed": lambda: load(
        "burst", "--base-url=https://staging.example", f"--api-key={KEY}"
    ),
    "a load test whose report cannot be written": lambda: load("burst", "--report=/dev/null/report"),
    "the mock's port is taken": mock_on_taken_port,
    "the mock's Redis server is not there": lambda: mock("--port", "0", "--state", "redis://127.0.0.1:1"),
}


def test_every_row_is_run() -> None:
    assert [row[0] for row in ROWS] == list(SITUATIONS)


@pytest.mark.parametrize(("situation", "printed", "code"), ROWS, ids=[row[0] for row in ROWS])
def test_what_is_printed_and_the_exit_code_are_as_documented(situation: str, printed: str, code: str) -> None:
    ended, output = SITUATIONS[situation]()
    assert printed in " ".join(output.split())
    assert ended == int(code), output
    assert "Traceback" not in output
