"""The signature of a delivery: HMAC-SHA256 over timestamp, dot and raw body (documentation, "Webhooks")."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence

from spec import contract

HEADER: str = contract().document["webhooks"]["platformEvent"]["post"]["parameters"][0]["name"]


def sign(secrets: Sequence[str], timestamp: str, body: bytes) -> Mapping[str, str]:
    """The header that proves a delivery: `t=<timestamp>,v1=<hex>`, with one `v1` for each of the signing secrets."""
    digests = (digest(secret, timestamp, body) for secret in secrets)
    return {HEADER: ",".join((f"t={timestamp}", *(f"v1={each}" for each in digests)))}


def digest(secret: str, timestamp: str, body: bytes) -> str:
    """The HMAC in lower-case hex; the key is the whole secret, with its prefix, as its owner sees it."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
