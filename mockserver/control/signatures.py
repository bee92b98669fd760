"""Explains a signature: the signed bytes, the right signature in each form, and where the given one differs."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence

from mockserver.control.bodies import SignatureQuestion
from mockserver.control.call import Call, Handler, bad_input
from mockserver.webhooks.signing import digest

TOLERANCE = 300.0
"""The most seconds by which a timestamp may be off (HOOK-3)."""

_LONGEST_SHOWN = 10_000


def _explain(call: Call) -> Mapping[str, object]:
    question = call.read(SignatureQuestion)
    body = _body(question)
    secret = question.secret
    stamps, given = _parts(question.signature)
    timestamp = question.timestamp or (stamps[0] if stamps else None)
    if timestamp is None:
        return _answer(
            False, None, None, b"", [], given, "There is no timestamp: neither t= in the header nor a member."
        )
    signed = timestamp.encode() + b"." + body
    proof = digest(secret, timestamp, body)
    age = _age(timestamp, call.now + call.state.webhooks.ahead())
    fresh = age is not None and abs(age) <= TOLERANCE
    accepted = [proof, base64.b64encode(bytes.fromhex(proof)).decode()]
    matches = any(hmac.compare_digest(value.encode(), form.encode()) for value in given for form in accepted)
    reason = _reason(secret, timestamp, body, given, matches=matches, age=age)
    forms = [
        {"form": "t=…,v1=…", "value": f"t={timestamp},v1={proof}"},
        {"form": "hex", "value": proof},
        {"form": "sha256=hex", "value": f"sha256={proof}"},
        {"form": "base64", "value": accepted[1]},
    ]
    return _answer(matches and fresh, timestamp, age, signed, forms, given, reason, fresh=fresh, proofs=accepted)


def _answer(
    valid: bool,
    timestamp: str | None,
    age: float | None,
    signed: bytes,
    forms: Sequence[Mapping[str, str]],
    given: Sequence[str],
    reason: str,
    *,
    fresh: bool = False,
    proofs: Sequence[str] = (),
) -> Mapping[str, object]:
    return {
        "valid": valid,
        "timestamp": timestamp,
        "age": age,
        "fresh": fresh,
        "signedBytes": _escaped(signed) if signed else None,
        "signedLength": len(signed) if signed else None,
        "forms": forms,
        "given": [
            {"value": value, "matches": value in proofs, "differsAt": _differs_at(value, proofs)} for value in given
        ],
        "reason": reason,
    }


def _body(question: SignatureQuestion) -> bytes:
    if question.encoding == "text":
        return question.body.encode()
    try:
        return base64.b64decode(question.body, validate=True)
    except (binascii.Error, ValueError):
        raise bad_input("body is not base64.") from None


def _parts(signature: str) -> tuple[list[str], list[str]]:
    """The timestamps and the signatures of a header's value, in whichever form it is."""
    stamps, given = [], []
    for part in (each.strip() for each in signature.split(",")):
        name, equals, value = part.partition("=")
        if equals and name == "t":
            stamps.append(value)
        elif equals and re.fullmatch(r"v\d+|sha256", name):
            given.append(value)
        elif part:
            given.append(part)
    return stamps, given


def _age(timestamp: str, now: float) -> float | None:
    """Seconds since a timestamp, None if it is not a number of seconds."""
    return round(now - int(timestamp), 3) if re.fullmatch(r"[0-9]{1,15}", timestamp) else None


def _reason(secret: str, timestamp: str, body: bytes, given: Sequence[str], *, matches: bool, age: float | None) -> str:
    if matches:
        return _of_time(age)
    if not given:
        return "The header holds no signature."
    for value, mistake in _mistakes(secret, timestamp, body).items():
        if value in given:
            return f"The signature is {mistake}."
    if all(re.fullmatch(r"[0-9a-fA-F]{64}", value) for value in given):
        if digest(secret, timestamp, body) in (value.lower() for value in given):
            return "The signature is right, but for upper-case letters."
        return "The signature is of another secret, another timestamp or another body: compare the signed bytes."
    return "The signature is no HMAC-SHA256 in hex or base64."


def _of_time(age: float | None) -> str:
    if age is None:
        return "The signature is right; the timestamp is no number of seconds."
    if abs(age) > TOLERANCE:
        off = f"{abs(age):.0f} s {'old' if age > 0 else 'ahead'}"
        return f"The signature is right; the timestamp is {off}, {TOLERANCE:.0f} are allowed."
    return "The signature is right, and fresh."


def _mistakes(secret: str, timestamp: str, body: bytes) -> Mapping[str, str]:
    """Common mistakes: the signature that each gives, and a description of it."""
    return {
        _hmac(secret, body): "over the body alone, without timestamp and dot",
        _hmac(secret, timestamp.encode() + body): "over timestamp and body without the dot between",
        digest(secret, timestamp, body.strip()): "over the body without the white space around it",
        digest(secret, timestamp, body + b"\n"): "over the body with a line end after it",
        digest(
            secret.partition("_")[2], timestamp, body
        ): "under the secret without its prefix: the whole secret is the key",
        digest(secret.strip(), timestamp, body): "under the secret without the white space around it",
        hashlib.sha256(timestamp.encode() + b"." + body).hexdigest(): "a plain SHA-256: no key was used",
    }


def _hmac(secret: str, content: bytes) -> str:
    return hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()


def _differs_at(value: str, proofs: Sequence[str]) -> int | None:
    """The index of the first character that differs from the most similar proof; None if it is a proof or there is none."""
    if not proofs or value in proofs:
        return None
    return max(_common(value, proof) for proof in proofs)


def _common(one: str, other: str) -> int:
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _escaped(content: bytes) -> str:
    """Bytes as printable ASCII; all others and the backslash are escaped."""
    shown = "".join(
        chr(byte) if 32 <= byte < 127 and byte != 92 else f"\\x{byte:02x}" for byte in content[:_LONGEST_SHOWN]
    )
    return shown + ("…" if len(content) > _LONGEST_SHOWN else "")


HANDLERS: Mapping[str, Handler] = {"explainSignature": _explain}
