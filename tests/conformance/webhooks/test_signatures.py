"""The judge reads every accepted form of a signature, believes none that is wrong, and survives whatever a header holds."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.webhooks import signatures
from conformance.webhooks.deliveries import (
    FRESH,
    Delivery,
    Event,
    RecordError,
    recorded,
    shape_fault,
    signature_fault,
    stale,
    timestamp_fault,
)
from conformance.webhooks.signatures import HEADER, TIMESTAMP_HEADER, Unreadable, mistake, read, seconds, verifies
from spec.target import TargetError, load
from tests.support.gate import run_gate

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = '{"id":"evt_1","eventType":"contact.created","data":{"note":"Zoë 🚀"}}'.encode()
NOW = 1_790_000_000
KEY = "obk_live_0123456789abcdefghijABCDEFGHIJ01"


def mac(signed: bytes, key: str | bytes = SECRET) -> bytes:
    return hmac.new(key if isinstance(key, bytes) else key.encode(), signed, hashlib.sha256).digest()


DIGEST = mac(b"%d.%b" % (NOW, BODY))
HEX, BASE64 = DIGEST.hex(), base64.b64encode(DIGEST).decode()
OTHER = mac(b"other").hex()

ACCEPTED = {
    f"t={NOW},v1={HEX}": "t=…,v1=<hex>",
    f"v1={HEX},t={NOW}": "t=…,v1=<hex>",
    f"t={NOW}, v1={OTHER}, v1={HEX}": "t=…,v1=<hex>",
    f"t={NOW},v1={HEX.upper()}": "t=…,v1=<hex>",
    f" t={NOW} , v0=whatever , keyid , v1={HEX}, x=é ": "t=…,v1=<hex>",
    HEX: f"<hex> with {TIMESTAMP_HEADER}",
    f"sha256={HEX}": f"sha256=<hex> with {TIMESTAMP_HEADER}",
    f"SHA256={HEX}": f"sha256=<hex> with {TIMESTAMP_HEADER}",
    BASE64: f"<base64> with {TIMESTAMP_HEADER}",
    f"sha256={BASE64}": f"sha256=<base64> with {TIMESTAMP_HEADER}",
    f"{OTHER},{HEX}": f"<hex> with {TIMESTAMP_HEADER}",
}


def headers(value: str, timestamp: int | str = NOW) -> list[tuple[str, str]]:
    return [("content-type", "application/json"), (HEADER.lower(), value), (TIMESTAMP_HEADER, str(timestamp))]


def delivery(*, value: str = f"t={NOW},v1={HEX}", body: bytes = BODY, method: str = "POST", **changes: Any) -> Delivery:
    known: dict[str, Any] = {"received": NOW, "secret": SECRET, "headers": headers(value), **changes}
    return Delivery("primary", method, body=body, **known)


@pytest.mark.parametrize(("value", "form"), ACCEPTED.items())
def test_each_form_is_read_and_verified(value: str, form: str) -> None:
    signature = read(headers(value))
    assert signature.form == form
    assert seconds(signature.timestamp) == NOW
    assert verifies(signature, SECRET, BODY)


@pytest.mark.parametrize("value", ACCEPTED)
def test_no_form_verifies_another_body_timestamp_or_secret(value: str) -> None:
    moved = value.replace(f"t={NOW}", f"t={NOW + 1}")
    assert not verifies(read(headers(value)), SECRET, BODY + b" ")
    assert not verifies(read(headers(value)), SECRET + "x", BODY)
    assert not verifies(read(headers(moved, NOW + 1)), SECRET, BODY)


def test_several_header_lines_are_one_list() -> None:
    lines = [(HEADER, f"t={NOW},v1={OTHER}"), (HEADER, f"v1={HEX}")]
    assert verifies(read(lines), SECRET, BODY)


@pytest.mark.parametrize(
    "given_headers",
    [
        [],
        headers(""),
        headers("valid"),
        headers(f"t={NOW}"),
        headers(f"t={NOW},v1="),
        headers(f"t={NOW},v1={HEX[:-1]}"),
        headers(f"t={NOW},v1={HEX} {HEX}"),
        headers(f"t={NOW},t={NOW + 1},v1={HEX}"),
        headers(f"t={NOW},v1={BASE64}"),
        headers(f"t={NOW},V2={HEX}"),
        headers(f"sha1={HEX}"),
        headers(f"sha256={HEX[:40]}"),
        [(HEADER, HEX)],
        [(HEADER, HEX), (TIMESTAMP_HEADER, "1"), (TIMESTAMP_HEADER, "2")],
        headers("é" * 64),
        headers("٣" * 64),
    ],
)
def test_what_is_no_signature_is_said_in_one_line(given_headers: list[tuple[str, str]]) -> None:
    with pytest.raises(Unreadable, match=r"\A[^\n]+\Z") as refused:
        read(given_headers)
    assert HEX not in str(refused.value)


@given(st.text(), st.text(), st.binary(), st.text())
def test_no_header_breaks_the_judge(value: str, timestamp: str, body: bytes, secret: str) -> None:
    fault = signature_fault(delivery(headers=headers(value, timestamp), body=body, secret=secret))
    assert fault
    assert "\n" not in fault


@given(st.text(st.characters(max_codepoint=255)), st.binary(), st.text(min_size=1))
def test_every_timestamp_that_a_wire_carries_is_signed_as_it_stands(timestamp: str, body: bytes, secret: str) -> None:
    timestamp = timestamp.strip()
    signed = base64.b64encode(mac(timestamp.encode("latin-1") + b"." + body, secret)).decode()
    assert verifies(read(headers(signed, timestamp)), secret, body)


def test_common_mistakes_are_named() -> None:
    stamp = str(NOW).encode()
    re_serialised = json.dumps(json.loads(BODY)).encode()
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    mistakes = {
        mac(BODY): "the body alone is signed",
        mac(stamp + BODY): "without a dot",
        mac(stamp + b"." + re_serialised): "serialised anew",
        mac(stamp + b"." + BODY, SECRET.removeprefix("whsec_")): "without its prefix",
        mac(stamp + b"." + BODY, key): "the secret decoded",
    }
    for digest, words in mistakes.items():
        fault = signature_fault(delivery(value=f"t={NOW},v1={digest.hex()}"))
        assert fault
        assert words in fault
    assert mistake(read(headers(OTHER)), SECRET, BODY) is None
    assert mistake(read(headers(OTHER)), "é", b"\xff") is None


@pytest.mark.parametrize(
    ("timestamp", "fault"),
    [
        (NOW, None),
        (NOW - FRESH, None),
        (NOW + FRESH, None),
        (f"{NOW}.25", None),
        (NOW - FRESH - 5, "-305 s from"),
        (NOW + FRESH + 5, "+305 s from"),
        (NOW * 1000, "in milliseconds"),
        ("2026-09-21T00:00:00Z", "no number"),
        ("", "no number"),
        ("-5", "no number"),
        ("٣", "no number"),
        ("9" * 400, "no number"),
        ("0", f"-{NOW} s from"),
    ],
)
def test_a_timestamp_is_within_five_minutes_in_seconds(timestamp: float | str, fault: str | None) -> None:
    text = str(int(timestamp)) if isinstance(timestamp, float) else str(timestamp)
    found = timestamp_fault(delivery(headers=headers(HEX, text)), NOW)
    assert found == fault or (fault and found and fault in found)


def test_a_test_clock_is_a_receivers_clock_only_if_it_bears_out_every_delivery() -> None:
    def at(timestamp: int) -> Delivery:
        return delivery(headers=headers(HEX, timestamp))

    real, test = (lambda _: float(NOW)), (lambda _: NOW + 3_600.0)
    assert stale([at(NOW), at(NOW + 100)], real, test) is None
    assert stale([at(NOW + 3_600), at(NOW + 3_500)], real, test) is None
    broken = stale([at(NOW), at(NOW + 3_600)], real, test)
    assert broken
    assert "-3600 s" in broken[1]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, None),
        ({"method": None}, None),
        ({"headers": [("Content-Type", "Application/JSON; charset=utf-8"), (HEADER, "x")]}, None),
        ({"headers": [("content-type", "application/cloudevents+json"), (HEADER, "x")]}, None),
        ({"method": "PUT"}, "a PUT"),
        ({"body": b"id=1"}, "no JSON"),
        ({"body": b"\xff"}, "no JSON"),
        ({"body": b"[" * 100_000}, "no JSON"),
        ({"body": b'{"a": NaN}'}, "no JSON"),
        ({"headers": [("content-type", "text/plain"), (HEADER, "x")]}, "Content-Type is text/plain"),
        ({"headers": [(HEADER, "x")]}, "Content-Type is missing"),
        ({"headers": [("content-type", "application/json")]}, f"no {HEADER}"),
        ({"headers": [("content-type", "application/json"), (HEADER, " ")]}, f"no {HEADER}"),
    ],
)
def test_a_delivery_is_a_post_of_json_with_a_signature(changed: dict[str, Any], words: str | None) -> None:
    fault = shape_fault(delivery(**changed))
    assert fault == words or (words and fault and words in fault)


@pytest.mark.parametrize(
    ("body", "event"),
    [
        (BODY, Event("evt_1", "contact.created")),
        (b'{"id": "dlv_1", "event": {"id": "evt_2", "eventType": "a.b"}}', Event("evt_2", "a.b")),
        (b'{"id": 1, "eventType": "a.b"}', Event("1", "a.b")),
        (b'[{"id": "evt_1", "eventType": "a.b"}]', None),
        (b"null", None),
        (b"", None),
    ],
)
def test_an_event_is_found_in_the_body(body: bytes, event: Event | None) -> None:
    assert delivery(body=body).event == event


def test_a_message_shows_what_a_target_sent_short_and_on_one_line() -> None:
    body = json.dumps({"id": "a\n\x1b[31m", "eventType": "b" * 500}).encode()
    shown = delivery(body=body).line
    assert shown.isprintable()
    assert len(shown) < 200


def line(**changes: Any) -> str:
    known = {"headers": dict(headers(f"t={NOW},v1={HEX}")), "body": base64.b64encode(BODY).decode(), "receivedAt": NOW}
    return json.dumps({**known, "secret": SECRET, **changes})


def test_recorded_deliveries_are_read(tmp_path: Path) -> None:
    path = tmp_path / "deliveries.jsonl"
    several = {HEADER: [f"t={NOW},v1={OTHER}", f"v1={HEX}"], "Content-Type": "application/json"}
    path.write_text(f"{line()}\n\n{line(headers=several)}\r\n")
    found = recorded(path)
    assert [each.number for each in found] == [1, 3]
    assert all(each.verified and shape_fault(each) is None for each in found)
    assert found[0].line == "delivery 1 to deliveries.jsonl (contact.created evt_1)"
    assert SECRET not in repr(found)
    assert HEX not in repr(found)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "holds no delivery"),
        ("{", "line 1"),
        ("[]", "line 1"),
        (line() + "\n" + line(body="not base64!"), "line 2"),
        (line(receivedAt="today"), "receivedAt"),
        (line(secret=""), "secret"),
        (line(secret=None), "secret"),
        (line(headers={"a": 1}), "headers"),
        (line(extra=1), "extra"),
        ("\udcff", "line 1"),
    ],
)
def test_a_malformed_recording_is_one_line_that_tells_where(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "deliveries.jsonl"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(RecordError, match=r"\A[^\n]+\Z") as refused:
        recorded(path)
    assert words in str(refused.value)
    assert SECRET not in str(refused.value)


def described(folder: Path, webhooks: str) -> Path:
    path = folder / "target.toml"
    path.write_text(
        f'base_url = "http://127.0.0.1:9"\n[organizations.primary]\napi_keys = ["{KEY}"]\n[webhooks]\n{webhooks}'
    )
    return path


def test_a_recording_is_looked_for_beside_the_targets_description(tmp_path: Path) -> None:
    (tmp_path / "deliveries.jsonl").write_text(line())
    target = load(described(tmp_path, 'deliveries = "deliveries.jsonl"'))
    assert target.webhooks.deliveries == str(tmp_path / "deliveries.jsonl")


@pytest.mark.parametrize(
    ("webhooks", "words"),
    [
        ('listen = "127.0.0.1"', "webhooks.listen"),
        ('listen = "127.0.0.1:http"', "webhooks.listen"),
        ('listen = "127.0.0.1:70000"', "webhooks.listen"),
    ],
)
def test_webhooks_that_cannot_be_used_are_refused_in_one_line(tmp_path: Path, webhooks: str, words: str) -> None:
    with pytest.raises(TargetError, match=r"\A[^\n]+\Z") as refused:
        load(described(tmp_path, webhooks))
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("recording", "words"), [("malformed.jsonl", "line 1"), ("nowhere.jsonl", "webhooks.deliveries")]
)
def test_the_gate_refuses_a_recording_that_it_cannot_read_before_any_request(
    tmp_path: Path, recording: str, words: str
) -> None:
    (tmp_path / "malformed.jsonl").write_text(line(secret=1))
    run = run_gate(tmp_path, "--target", str(described(tmp_path, f'deliveries = "{recording}"')))
    assert run.exit_code == 4
    assert words in run.output
    assert "Traceback" not in run.output


def test_the_signature_header_is_the_documents() -> None:
    assert signatures.HEADER == "X-Outbound-Signature"
