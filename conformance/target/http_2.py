"""Whether a server speaks only HTTP/2 without TLS (h2c). The message says so if no HTTP/1.1 answer came."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_EMPTY_SETTINGS = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
_TYPE, _SETTINGS = 3, 4
_WITHIN = 3.0


def speaks_http_2(base_url: str) -> bool:
    """Whether an http address answers HTTP/2's preface with a SETTINGS frame (RFC 9113 3.4). Takes 3 s at most."""
    parts = urlsplit(base_url)
    if parts.scheme != "http" or not parts.hostname:
        return False
    try:
        with socket.create_connection((parts.hostname, parts.port or 80), _WITHIN) as connection:
            connection.sendall(_PREFACE + _EMPTY_SETTINGS)
            head = connection.recv(9)
    except OSError:
        return False
    return len(head) == 9 and head[_TYPE] == _SETTINGS
