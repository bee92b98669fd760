"""Whether an address or a name is this machine."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address


def is_loopback(address: str) -> bool:
    """Whether an IP address is one of this machine's own, an IPv4 address written as IPv6 too (`::ffff:127.0.0.1`).

    Raises ValueError if it is not an IP address.
    """
    ip = ip_address(address.partition("%")[0])
    mapped = ip.ipv4_mapped if isinstance(ip, IPv6Address) else None
    return (mapped or ip).is_loopback


def is_local_name(host: str) -> bool:
    """Whether a name means this machine wherever it is looked up (RFC 6761, section 6.3)."""
    name = host.lower().rstrip(".")
    return name == "localhost" or name.endswith(".localhost")
