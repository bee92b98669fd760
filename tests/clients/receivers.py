"""Receivers of deliveries, a few lines each: a right one, and wrong ones, each named for its lie.

`python -m tests.clients.receivers NAME PORT` runs one.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.clients.catalogue import named


class Right:
    """Verifies the raw bytes, within five minutes, by any of the digests, and takes an event as often as it comes."""

    def __init__(self, secret: str) -> None:
        self.secret = secret

    def answer(self, signature: str, body: bytes) -> int:
        """The status of an answer."""
        if not self.believes(signature, body):
            return 400
        try:
            event = json.loads(body)
        except ValueError:
            return 400
        return self.take(event) if isinstance(event, dict) else 400

    def believes(self, signature: str, body: bytes) -> bool:
        pairs = [part.partition("=") for part in signature.split(",")]
        stamp = next((value for name, _, value in pairs if name == "t"), "")
        if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 12 and self.is_recent(int(stamp))):
            return False
        right = hmac.new(self.secret.encode(), stamp.encode() + b"." + self.signed(body), hashlib.sha256).hexdigest()
        digests = [value.encode() for name, _, value in pairs if name == "v1"]
        return any(self.same(right.encode(), digest) for digest in self.counting(digests))

    def is_recent(self, stamp: int) -> bool:
        return abs(time.time() - stamp) <= 300

    def signed(self, body: bytes) -> bytes:
        return body

    def counting(self, digests: list[bytes]) -> list[bytes]:
        return digests

    def same(self, right: bytes, digest: bytes) -> bool:
        return hmac.compare_digest(right, digest)

    def take(self, event: dict[str, Any]) -> int:
        assert isinstance(event, dict)
        return 204


class IsNotReadyForTheFirst(Right):
    """HOOK-R1."""

    ready = False

    def answer(self, signature: str, body: bytes) -> int:
        was_ready, self.ready = self.ready, True
        return super().answer(signature, body) if was_ready else 404


class BelievesWhatIsNotSigned(Right):
    """HOOK-R2."""

    def believes(self, signature: str, body: bytes) -> bool:
        return not signature or super().believes(signature, body)


class ComparesTheBeginning(Right):
    """HOOK-R2."""

    def same(self, right: bytes, digest: bytes) -> bool:
        return len(digest) == len(right) and digest[:8] == right[:8]


class ComparesTheEnd(Right):
    """HOOK-R2."""

    def same(self, right: bytes, digest: bytes) -> bool:
        return len(digest) == len(right) and digest[-8:] == right[-8:]


class HasAllTheTimeInTheWorld(Right):
    """HOOK-R3."""

    def is_recent(self, stamp: int) -> bool:
        return stamp > 0


class ReadsTheFirstDigestAlone(Right):
    """HOOK-R4."""

    def counting(self, digests: list[bytes]) -> list[bytes]:
        return digests[:1]


class TrimsTheBody(Right):
    """HOOK-R5."""

    def signed(self, body: bytes) -> bytes:
        return body.strip()


class VerifiesWhatItParsed(Right):
    """HOOK-R5, and HOOK-R2: it believes in every body that parses to what was signed."""

    def signed(self, body: bytes) -> bytes:
        try:
            return json.dumps(json.loads(body), separators=(",", ":"), ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            return body


class RefusesAnEventTheSecondTime(Right):
    """HOOK-R6."""

    def __init__(self, secret: str) -> None:
        super().__init__(secret)
        self.seen: set[str] = set()

    def take(self, event: dict[str, Any]) -> int:
        if event.get("id") in self.seen:
            return 409
        self.seen.add(str(event.get("id")))
        return 200


class CrashesOnTheUnexpected(Right):
    """HOOK-R7."""

    def take(self, event: dict[str, Any]) -> int:
        return 200 if event["eventType"].startswith("contact.") else 500

    def answer(self, signature: str, body: bytes) -> int:
        try:
            return super().answer(signature, body)
        except KeyError:
            return 500


class LeavesGarbageWithoutAnAnswer(Right):
    """HOOK-R7."""

    def take(self, event: dict[str, Any]) -> int:
        return 200 if event["eventType"] else 400  # The server closes the connection if this raises.


RECEIVERS = {
    receiver.__name__: receiver
    for receiver in (
        Right,
        IsNotReadyForTheFirst,
        BelievesWhatIsNotSigned,
        ComparesTheBeginning,
        ComparesTheEnd,
        HasAllTheTimeInTheWorld,
        ReadsTheFirstDigestAlone,
        TrimsTheBody,
        VerifiesWhatItParsed,
        RefusesAnEventTheSecondTime,
        CrashesOnTheUnexpected,
        LeavesGarbageWithoutAnAnswer,
    )
}


def server(receiver: Right, port: int) -> ThreadingHTTPServer:
    """An HTTP server that asks a receiver for its answers."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            try:
                status = receiver.answer(self.headers.get("X-Outbound-Signature", ""), body)
            except KeyError:
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            pass

    return ThreadingHTTPServer(("127.0.0.1", port), Handler)


if __name__ == "__main__":
    receiver = named(RECEIVERS, sys.argv[1:2])
    server(receiver(os.environ["OUTBOUND_WEBHOOK_SECRET"]), int(sys.argv[2])).serve_forever()
