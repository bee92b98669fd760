"""The judge reads every accepted form of a signature, accepts no wrong one, and survives any content of a header."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.webhooks import signatures
from conformance.webhooks.deliveries import (
    FRESH,
    Delivery,
    Event,
    clocks,
    shape_fault,
    signature_fault,
    stale,
    timestamp_fault,
)
from conformance.webhooks.signatures import (
    HEADER,
    TIMESTAMP_HEADER,
    UnreadableSignature,
    mistake,
    read,
    seconds,
    verifies,
)
from tests.support.signed_deliveries import BASE64, BODY, HEX, NOW, OTHER, SECRET, delivery, headers, mac

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
    with pytest.raises(UnreadableSignature, match=r"\A[^\n]+\Z") as refused:
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


@pytest.mark.parametrize("ahead", [0, 5_000])
@pytest.mark.parametrize(
    ("signed", "fault"),
    [
        (0, None),
        (3_600, None),  # it was on its way while the clock was moved
        (7_200, None),
        (-400, "-400 s from"),
        (7_600, "+400 s from"),
    ],
)
def test_a_later_attempt_is_stamped_with_a_time_that_the_test_clock_showed(
    signed: int, fault: str | None, ahead: int
) -> None:
    first, later = (
        replace(delivery(headers=headers(HEX, NOW + ahead + stamp)), received=NOW + after, at=float(NOW + moved))
        for stamp, after, moved in ((0, 0.0, 0), (signed, 9.0, 7_200))
    )
    assert stale([first], *clocks([first, later], ahead)) is None
    broken = stale([first, later], *clocks([first, later], ahead))
    assert broken is None if fault is None else broken and fault in broken[1]


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


def test_the_signature_header_is_the_documents() -> None:
    assert signatures.HEADER == "X-Outbound-Signature"
