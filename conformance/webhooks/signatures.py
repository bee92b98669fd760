"""The signature of a delivery: read from its headers in each form that is accepted, and verified (documentation, "Webhooks").

The documentation names one header and one formula, HMAC-SHA256(timestamp + "." + body, signingSecret). Two forms are accepted:
`X-Outbound-Signature: t=<timestamp>,v1=<hex>`, with one or several `v1` and any other members, and the digest alone, in hex or
base64, with or without `sha256=`, together with the timestamp in `X-Outbound-Timestamp`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import spec

HEADER: str = spec.contract().document["webhooks"]["platformEvent"]["post"]["parameters"][0]["name"]
TIMESTAMP_HEADER = "X-Outbound-Timestamp"

Headers = Sequence[tuple[str, str]]

_HEX = re.compile(r"[0-9A-Fa-f]{64}")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{43}=")
_PREFIX = re.compile(r"sha256=", re.IGNORECASE)
_SECONDS = re.compile(r"[0-9]{1,15}(\.[0-9]{1,9})?")


class UnreadableSignature(ValueError):
    """The headers hold no signature in an accepted form; the message says what is wrong, in one line."""


@dataclass(frozen=True, slots=True)
class Signature:
    """The signature in the headers of a delivery. `timestamp` is unchanged; at least one of the digests must be right."""

    form: str
    timestamp: str
    digests: tuple[bytes, ...] = field(repr=False)


def read(headers: Headers) -> Signature:
    """The signature in a delivery's headers. Raises UnreadableSignature."""
    members = [member.strip() for value in values(headers, HEADER) for member in value.split(",")]
    if not members:
        raise UnreadableSignature(f"there is no {HEADER}")
    pairs = [(name.strip(), value.strip()) for name, _, value in (member.partition("=") for member in members)]
    timestamps = {value for name, value in pairs if name == "t"}
    if timestamps:
        return _of_pairs(timestamps, pairs)
    return _alone(members, values(headers, TIMESTAMP_HEADER))


def verifies(signature: Signature, secret: str, body: bytes) -> bool:
    """Whether one of the digests is that of the raw body with the secret, compared in constant time."""
    expected = _hmac(secret.encode(), _bytes(signature.timestamp) + b"." + body)
    matches = [hmac.compare_digest(digest, expected) for digest in signature.digests]
    return any(matches)


def seconds(timestamp: str) -> float | None:
    """A timestamp as unix seconds; None if it is no number."""
    return float(timestamp) if _SECONDS.fullmatch(timestamp) else None


def mistake(signature: Signature, secret: str, body: bytes) -> str | None:
    """The common mistake by which the digest was made, in words; None if none is recognized."""
    for what, key, signed in _mistakes(secret, _bytes(signature.timestamp), body):
        if any(hmac.compare_digest(digest, _hmac(key, signed)) for digest in signature.digests):
            return what
    return None


def values(headers: Headers, name: str) -> list[str]:
    """The values of a header, whose name is compared without regard to case."""
    return [value for header, value in headers if header.lower() == name.lower()]


def _of_pairs(timestamps: set[str], pairs: Sequence[tuple[str, str]]) -> Signature:
    if len(timestamps) > 1:
        raise UnreadableSignature(f"{HEADER} has several timestamps")
    digests = tuple(bytes.fromhex(value) for name, value in pairs if name == "v1" and _HEX.fullmatch(value))
    if not digests:
        raise UnreadableSignature(f"{HEADER} has a t=, but no v1= of 64 hex digits")
    return Signature("t=…,v1=<hex>", timestamps.pop(), digests)


def _alone(members: Sequence[str], timestamps: Sequence[str]) -> Signature:
    found = [read for member in members if (read := _digest(member))]
    if not found:
        raise UnreadableSignature(f"{HEADER} is neither t=…,v1=<hex> nor a SHA-256 digest in hex or base64")
    if len({timestamp.strip() for timestamp in timestamps}) != 1:
        raise UnreadableSignature(f"{HEADER} is a digest alone, and there is no single {TIMESTAMP_HEADER} beside it")
    return Signature(
        f"{found[0][0]} with {TIMESTAMP_HEADER}", timestamps[0].strip(), tuple(digest for _, digest in found)
    )


def _digest(text: str) -> tuple[str, bytes] | None:
    """The form and the 32 bytes of a digest that stands alone."""
    prefix = _PREFIX.match(text)
    digits = text[prefix.end() :] if prefix else text
    form = "sha256=" if prefix else ""
    if _HEX.fullmatch(digits):
        return f"{form}<hex>", bytes.fromhex(digits)
    if _BASE64.fullmatch(digits):
        return f"{form}<base64>", base64.b64decode(digits)
    return None


def _mistakes(secret: str, timestamp: bytes, body: bytes) -> Iterator[tuple[str, bytes, bytes]]:
    key, signed = secret.encode(), timestamp + b"." + body
    yield "the body alone is signed", key, body
    yield "the timestamp and the body are signed without a dot between them", key, timestamp + body
    for re_serialised in _re_serialised(body):
        yield "the body was serialised anew, other bytes were signed than sent", key, timestamp + b"." + re_serialised
    yield "the key is the secret without its prefix", secret.rpartition("_")[2].encode(), signed
    for key in _decoded(secret):
        yield "the key is the secret decoded, not the secret as it was shown", key, signed


def _re_serialised(body: bytes) -> Iterator[bytes]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return
    for separators in ((",", ":"), (", ", ": ")):
        for ascii_alone in (True, False):
            text = json.dumps(document, separators=separators, ensure_ascii=ascii_alone)
            yield text.encode("utf-8", "replace")


def _decoded(secret: str) -> Iterator[bytes]:
    for decode in (base64.b64decode, base64.urlsafe_b64decode, bytes.fromhex):
        for text in (secret, secret.rpartition("_")[2]):
            try:
                yield decode(text)
            except (ValueError, binascii.Error):
                continue


def _hmac(key: bytes, signed: bytes) -> bytes:
    return hmac.new(key, signed, hashlib.sha256).digest()


def _bytes(text: str) -> bytes:
    """A header's text as bytes; a character that cannot be in a header becomes a question mark."""
    return text.encode("latin-1", "replace")
