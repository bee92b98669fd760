"""GET and HEAD use a proxy by the same rule, and either way the request goes over the wire unchanged."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from conformance.target.client import Client, NoAnswer
from conformance.target.clock import TargetClock
from conformance.target.proxies import ProxyError, proxy_for
from spec.target import Target
from tests.support.certificates import certificate_of, server_context
from tests.support.gate import run_gate
from tests.support.raw_server import forward_proxy, serving

ODD = "/api/v1/contacts/a%2Fb/../%7e;x?limit=%zz&q=a+b"


@contextmanager
def client_of(base_url: str) -> Iterator[Client]:
    client = Client(Target(base_url=base_url), TargetClock())
    yield client
    client.close()


@pytest.mark.parametrize(
    ("environment", "address", "proxy"),
    [
        ({"http_proxy": "http://10.0.0.1:3128"}, "http://staging.example", "http://10.0.0.1:3128"),
        ({"http_proxy": "10.0.0.1:3128"}, "http://staging.example", "http://10.0.0.1:3128"),
        ({"http_proxy": "http://10.0.0.1:3128"}, "https://staging.example", None),
        ({"all_proxy": "http://10.0.0.1:3128"}, "https://staging.example", "http://10.0.0.1:3128"),
        ({"http_proxy": "http://10.0.0.1:3128"}, "http://127.0.0.1:8080", None),
        ({"http_proxy": "http://10.0.0.1:3128"}, "http://[::1]:8080", None),
        ({"http_proxy": "http://10.0.0.1:3128"}, "http://localhost:8080", None),
        ({"http_proxy": "http://10.0.0.1:3128", "no_proxy": ".example"}, "http://staging.example", None),
        ({"http_proxy": "http://10.0.0.1:3128", "no_proxy": "10.1.0.0/16"}, "http://10.1.2.3", None),
        ({"http_proxy": "http://10.0.0.1:3128", "no_proxy": "fd00::/8,x"}, "http://[fd00::1]", None),
        ({"http_proxy": "http://10.0.0.1:3128", "no_proxy": "fd00::/8"}, "http://a.example", "http://10.0.0.1:3128"),
        ({"all_proxy": "socks5://10.0.0.1:1080"}, "http://127.0.0.1:8080", None),
        ({}, "http://staging.example", None),
    ],
)
def test_one_rule_says_which_proxy_is_used(
    environment: dict[str, str], address: str, proxy: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    found = proxy_for(address)
    assert (found.address if found else None) == proxy


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("socks5://10.0.0.1:1080", "all_proxy: socks5:// proxies are not supported"),
        ("http://10.0.0.1:port", "all_proxy: not the address of a proxy"),
        ("http://", "it names no host"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_named_by_its_variable(
    value: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("all_proxy", value)
    with pytest.raises(ProxyError, match=says):
        proxy_for("http://staging.example")


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_what_is_sent_stands_on_the_wire_as_it_is_given(method: str) -> None:
    with serving() as server, client_of(f"http://127.0.0.1:{server.port}/base") as client:
        client.anonymous.send(method, ODD)
    assert server.lines == [f"{method} /base{ODD} HTTP/1.1"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_through_a_proxy_it_is_in_absolute_form(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as server, serving(forward_proxy(server.port)) as proxy:
        monkeypatch.setenv("http_proxy", f"http://me:secret@127.0.0.1:{proxy.port}")
        with client_of("http://staging.example:8080/base") as client:
            assert client.anonymous.send(method, ODD).status == 200
    assert proxy.lines == [f"{method} http://staging.example:8080/base{ODD} HTTP/1.1"]
    assert server.lines == [f"{method} /base{ODD} HTTP/1.1"]
    assert b"proxy-authorization: basic bwu6c2vjcmv0" in proxy.heads[0].lower()


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_over_tls_a_proxy_is_asked_for_a_tunnel(method: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = certificate_of("staging.example", tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with serving(context=server_context(certificate)) as server, serving(forward_proxy(server.port)) as proxy:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.port}")
        with client_of("https://staging.example/base") as client:
            assert client.anonymous.send(method, ODD).status == 200
    assert proxy.lines == ["CONNECT staging.example:443 HTTP/1.1"]
    assert server.lines == [f"{method} /base{ODD} HTTP/1.1"]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_message_names_the_proxy_without_its_password(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://me:secret@127.0.0.1:9")
    with client_of("http://staging.example") as client, pytest.raises(NoAnswer) as silence:
        client.anonymous.send(method, "/api/v1/me")
    assert str(silence.value).endswith("(through the proxy http://127.0.0.1:9 (http_proxy))")
    assert "secret" not in str(silence.value)


def test_a_proxy_of_the_environment_does_not_acquit_a_body_to_head(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    run = run_gate("--only", "OP-7", "--mock-options=--fault head-with-body")
    assert run.ids("failed") == {"OP-7"}, run.output


def test_a_proxy_that_is_not_there_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    run = run_gate("--base-url", "http://staging.example", "--api-key", "obk_live_0123456789")
    assert run.exit_code == 3
    assert "connection refused by the proxy http://127.0.0.1:9 (http_proxy)" in " ".join(run.output.split())
