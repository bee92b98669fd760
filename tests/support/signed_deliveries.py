"""A delivery and its signature, for tests that change one of them."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

from conformance.webhooks.deliveries import Delivery
from conformance.webhooks.signatures import HEADER, TIMESTAMP_HEADER

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = '{"id":"evt_1","eventType":"contact.created","data":{"note":"Zoë 🚀"}}'.encode()
NOW = 1_790_000_000


def mac(signed: bytes, key: str | bytes = SECRET) -> bytes:
    return hmac.new(key if isinstance(key, bytes) else key.encode(), signed, hashlib.sha256).digest()


DIGEST = mac(b"%d.%b" % (NOW, BODY))
HEX, BASE64 = DIGEST.hex(), base64.b64encode(DIGEST).decode()
OTHER = mac(b"other").hex()


def headers(value: str, timestamp: int | str = NOW) -> list[tuple[str, str]]:
    return [("content-type", "application/json"), (HEADER.lower(), value), (TIMESTAMP_HEADER, str(timestamp))]


def delivery(*, value: str = f"t={NOW},v1={HEX}", body: bytes = BODY, method: str = "POST", **changes: Any) -> Delivery:
    known: dict[str, Any] = {"received": NOW, "secret": SECRET, "headers": headers(value), **changes}
    return Delivery("primary", method, body=body, **known)
