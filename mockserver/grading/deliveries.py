"""The deliveries by which a receiver is graded: good ones, and altered copies of good ones."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from mockserver.webhooks.signing import HEADER, digest, sign
from mockserver.webhooks.steps import STALE

_HUGE = 60_000
"""Bytes of a huge header."""

_UNKNOWN_SECRET = "whsec_" + "unknown0" * 4


@dataclass(frozen=True)
class GradedDelivery:
    """A request to the receiver. `requirement` is the id of what it tests, `good` says whether it must be accepted.

    `sibling` is the good delivery that is sent just before a spoiled one; None for one that stands alone.
    `may_hang_up` says that ordinary servers close the connection of such a delivery without an answer.
    """

    requirement: str
    name: str
    good: bool
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    sibling: GradedDelivery | None = None
    may_hang_up: bool = False


class Maker:
    """Makes deliveries to one organization, signed with `secret`, at `now` in unix seconds. Each event has an id of its own."""

    def __init__(self, secret: str, organization: str, now: float) -> None:
        self._secret = secret
        self._organization = organization
        self._now = int(now)
        self._made = 0

    def all(self) -> Iterator[GradedDelivery]:
        """Every delivery, in the order in which they are sent."""
        yield self._good("HOOK-R1", "a good delivery")
        yield from self._spoiled()
        yield self._stale()
        yield from self._rotated()
        yield from self._odd_spellings()
        yield from self._twice()
        yield from self._garbage()

    def _spoiled(self) -> Iterator[GradedDelivery]:
        """Deliveries that differ from what was signed."""
        text, stamp = self._text(), str(self._now)
        right = digest(self._secret, stamp, text)
        of_body_alone = hmac.new(self._secret.encode(), text, hashlib.sha256).hexdigest()
        spaced = json.dumps(json.loads(text), indent=2).encode()
        changed = text.replace(b'"note":"', b'"note":"forged: ', 1)
        yield self._bad("another body than was signed", changed, f"t={stamp},v1={right}")
        yield self._bad("signed with another secret", text, sign([_UNKNOWN_SECRET], stamp, text)[HEADER])
        yield self._bad("without a signature", text, None)
        yield self._bad("an empty signature", text, "")
        yield self._bad("an empty digest", text, f"t={stamp},v1=")
        yield self._bad("a digest of which half is missing", text, f"t={stamp},v1={right[:32]}")
        yield self._bad("a digest with another first digit", text, f"t={stamp},v1={_other(right[0])}{right[1:]}")
        yield self._bad("a digest with another last digit", text, f"t={stamp},v1={right[:-1]}{_other(right[-1])}")
        yield self._bad("another timestamp than was signed", text, f"t={self._now - 1},v1={right}")
        yield self._bad("a digest over the body alone", text, f"t={stamp},v1={of_body_alone}")
        yield self._bad("a digest over the body as it is serialized anew", spaced, f"t={stamp},v1={right}")

    def _stale(self) -> GradedDelivery:
        text, stamp = self._text(), str(int(self._now - STALE))
        stale = self._bad("signed ten minutes ago", text, sign([self._secret], stamp, text)[HEADER])
        return replace(stale, requirement="HOOK-R3")

    def _rotated(self) -> Iterator[GradedDelivery]:
        for name, secrets in (
            ("the right digest first of two", [self._secret, _UNKNOWN_SECRET]),
            ("the right digest last of two", [_UNKNOWN_SECRET, self._secret]),
        ):
            text = self._text()
            yield self._delivery("HOOK-R4", name, True, text, sign(secrets, str(self._now), text)[HEADER])

    def _odd_spellings(self) -> Iterator[GradedDelivery]:
        note = b'"note":"Brought about by hand"'
        for name, spelling in (
            ("white space in the body", None),
            ("escapes in the body", b'"note":"caf\\u00e9 \\/ \\ud83d\\ude80"'),
            ("characters beyond ASCII", '"note":"Zoë Łuczak 東京 🚀"'.encode()),
            ("numbers such as 1.0 and 1e2", note + b',"share":1.0,"count":1e2,"least":-0'),
            ("a repeated member", b'"note":"first",' + note),
        ):
            text = self._text()
            odd = (
                json.dumps(json.loads(text), indent="\t").replace("\n", "\r\n").encode() + b"\r\n"
                if spelling is None
                else text.replace(note, spelling)
            )
            yield self._good("HOOK-R5", name, odd)

    def _twice(self) -> Iterator[GradedDelivery]:
        text = self._text()
        yield self._good("HOOK-R6", "an event", text)
        yield self._good("HOOK-R6", "the same event in another delivery", text)

    def _garbage(self) -> Iterator[GradedDelivery]:
        """Deliveries that a receiver may accept or refuse, but must not crash on."""
        for name, text in (
            ("an empty body", b""),
            ("a body that is no JSON", b"{]"),
            ("a body that is no object", b"[]"),
            ("null for a body", b"null"),
            ("a body that is no UTF-8", b'{"id":"\xff\xfe"}'),
            ("an object without members", b"{}"),
            ("an unknown event type", self._text("sequence.step_reached")),
        ):
            yield replace(self._good("HOOK-R7", f"{name}, rightly signed", text), good=False)
        # JSON libraries fail on this. An attacker without the secret may send it, so it is signed with another one.
        nested = b"[" * 2_000 + b"]" * 2_000
        forged = sign([_UNKNOWN_SECRET], str(self._now), nested)[HEADER]
        yield self._delivery("HOOK-R7", "a deeply nested body, signed with another secret", False, nested, forged)
        text = self._text()
        for name, signature in (
            ("a signature that is garbage", "\xe9;;==,t=,v1"),
            ("a timestamp that is no number", f"t=soon,v1={'0' * 64}"),
            ("a timestamp without end", f"t={'9' * 400},v1={'0' * 64}"),
            ("a digest that is no hex", f"t={self._now},v1=zzzz"),
        ):
            odd = self._delivery("HOOK-R7", name, False, text, signature)
            yield replace(odd, may_hang_up=not signature.isascii())
        huge = self._good("HOOK-R7", "a huge header", text)
        yield replace(huge, good=False, may_hang_up=True, headers={**huge.headers, "X-Huge": "x" * _HUGE})

    def _good(self, requirement: str, name: str, text: bytes | None = None) -> GradedDelivery:
        text = self._text() if text is None else text
        return self._delivery(requirement, name, True, text, sign([self._secret], str(self._now), text)[HEADER])

    def _bad(self, name: str, text: bytes, signature: str | None) -> GradedDelivery:
        spoiled = self._delivery("HOOK-R2", name, False, text, signature)
        return replace(spoiled, sibling=self._good("HOOK-R1", f"the good sibling of: {name}"))

    def _delivery(self, requirement: str, name: str, good: bool, text: bytes, signature: str | None) -> GradedDelivery:
        self._made += 1
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "outbound-mock-webhooks",
            "X-Outbound-Delivery": f"dlv_grade{self._made:04}",
            "X-Outbound-Event": "contact.created",
        }
        proof = {} if signature is None else {HEADER: signature}
        return GradedDelivery(requirement, name, good, text, {**headers, **proof})

    def _text(self, event_type: str = "contact.created") -> bytes:
        """The body of a new event."""
        self._made += 1
        event = {
            "id": f"evt_grade{self._made:04}",
            "eventType": event_type,
            "resource": {"type": "contact", "id": "con_grade0001"},
            "data": {"note": "Brought about by hand"},
            "createdAt": "2026-05-23T10:00:00.000Z",
            "organizationId": self._organization,
        }
        return json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()


def _other(digit: str) -> str:
    """Another hexadecimal digit."""
    return f"{int(digit, 16) ^ 1:x}"
