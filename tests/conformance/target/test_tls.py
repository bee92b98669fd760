"""Targets that speak TLS with a certificate of a private authority, as many staging hosts do."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from conformance.target.embedded import EmbeddedMock
from spec.target import load
from tests.support.certificates import certificate_of, server_context
from tests.support.gate import run_gate
from tests.support.load_runs import outbound_load
from tests.support.warm_mocks import WarmMock

_NOT_JUDGED = 3


@pytest.fixture(scope="module")
def healthy() -> Iterator[EmbeddedMock]:
    with WarmMock("--contacts 60") as started:
        yield started


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of localhost that no authority has signed, and its key."""
    return certificate_of("localhost", tmp_path_factory.mktemp("tls"))


@pytest.fixture
def description(healthy: EmbeddedMock, certificate: Path, tmp_path: Path) -> Iterator[Path]:
    """The healthy mock behind TLS: a `target.toml`. Its commands call the mock directly."""
    plain = load(healthy.description).base_url
    with _terminating(int(plain.rpartition(":")[2]), certificate) as port:
        told = healthy.description.read_text("utf-8")
        path = tmp_path / "target.toml"
        path.write_text(told.replace(f'base_url = "{plain}"', f'base_url = "https://localhost:{port}"'), "utf-8")
        yield path


@contextmanager
def _terminating(port: int, certificate: Path) -> Iterator[int]:
    """The port of a server that decrypts TLS, and passes the bytes on to another port of this machine."""
    context = server_context(certificate)

    async def passing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        onward_reader, onward_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(_pass_on(reader, onward_writer), _pass_on(onward_reader, writer))

    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(passing, "localhost", 0, ssl=context))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()


def test_the_gate_judges_over_tls(description: Path, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    run = run_gate("--target", str(description), "--only", "AUTH-1,AUTH-6,OP", "--depth", "quick")
    assert (run.exit_code, run.verdict) == (0, "conformant"), run.output


def test_the_gate_refuses_a_certificate_that_nobody_vouches_for(description: Path) -> None:
    run = run_gate("--target", str(description))
    assert (run.exit_code, run.verdict) == (_NOT_JUDGED, "unreachable")
    assert "self-signed certificate" in run.output


def test_a_load_test_runs_over_tls(
    description: Path, certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    run = outbound_load("burst", "--target", str(description), folder=tmp_path / "report")
    assert run.code == 0, run.out + run.err


def test_a_load_test_refuses_a_certificate_that_nobody_vouches_for(description: Path) -> None:
    run = outbound_load("burst", "--target", str(description))
    assert run.code == _NOT_JUDGED
    assert "self-signed certificate" in run.err
