"""The proxy of a request, from the environment: one rule for every client of the gate and the load tests."""

from __future__ import annotations

import base64
import ipaddress
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

_LOOPBACK_NAMES = ("localhost",)


class ProxyError(Exception):
    """A proxy variable that cannot be used; the message is one line that names it."""


@dataclass(frozen=True)
class Proxy:
    """An HTTP proxy of the environment. `authorization` is the value of Proxy-Authorization, empty if it needs none."""

    variable: str
    host: str
    port: int
    authorization: str = field(default="", repr=False)

    @property
    def address(self) -> str:
        """Its address, without a user name or password."""
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    def __str__(self) -> str:
        return f"the proxy {self.address} ({self.variable})"


def proxy_for(base_url: str) -> Proxy | None:
    """The proxy for requests to an address: `http_proxy` or `https_proxy`, else `all_proxy`; None if there is none.

    This machine's own addresses, and what `no_proxy` names (hosts, domains, networks of either family), are reached directly.
    Raises ProxyError.
    """
    parts = urlsplit(base_url)
    host, proxies = parts.hostname or "", getproxies()
    scheme = parts.scheme if parts.scheme in proxies else "all"
    if scheme not in proxies or is_loopback(host) or _excepted(host, parts.port, proxies.get("no", "")):
        return None
    return _read(f"{scheme}_proxy", proxies[scheme])


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its loopback address or name."""
    address = _ip(host)
    return address.is_loopback if address else host.lower() in _LOOPBACK_NAMES


def _excepted(host: str, port: int | None, no_proxy: str) -> bool:
    address = _ip(host)
    networks = (_network(entry.strip()) for entry in no_proxy.split(","))
    if address and any(network and address in network for network in networks):
        return True
    return bool(proxy_bypass(f"{host}:{port}" if port and ":" not in host else host))


def _ip(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _network(entry: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(entry.replace("[", "").replace("]", ""), strict=False)
    except ValueError:
        return None


def _read(variable: str, value: str) -> Proxy:
    try:
        parts = urlsplit(value if "://" in value else f"http://{value}")
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ProxyError(f"{variable}: not the address of a proxy: {error}") from None
    if parts.scheme != "http":
        raise ProxyError(
            f"{variable}: {parts.scheme}:// proxies are not supported, only http:// ones; "
            "name another one, or exclude the target by no_proxy"
        )
    if not host:
        raise ProxyError(f"{variable}: not the address of a proxy: it names no host")
    return Proxy(variable, host, port or 80, _authorization(parts.username, parts.password))


def _authorization(username: str | None, password: str | None) -> str:
    if username is None:
        return ""
    credentials = f"{unquote(username)}:{unquote(password or '')}"
    return f"Basic {base64.b64encode(credentials.encode()).decode('ascii')}"
