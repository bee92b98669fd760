"""What the delivery log shows of an attempt: everything but whole signatures and secrets."""

from __future__ import annotations

import base64

import pytest

from mockserver.webhooks.delivery import DeliveryAttempt, attempt_record
from mockserver.webhooks.sending import Outgoing
from mockserver.webhooks.signing import HEADER, digest
from tests.support.mock_client import START

DIGEST = digest("whsec_test", "1700000000", b"{}")
IN_BASE64 = base64.b64encode(bytes.fromhex(DIGEST)).decode()
REQUEST_ID = "req_0123456789abcdef0123456789abcdef"


def answer_to(proof: str, answer: str) -> object:
    """The answer that is shown for a request with this signature header."""
    sent = Outgoing("POST", "http://127.0.0.1:9/", {HEADER: proof}, b"{}")
    return attempt_record(DeliveryAttempt(START, sent, 0.0, 200, answer))["answer"]


@pytest.mark.parametrize("proof", [f"t=1700000000,v1={DIGEST}", f"sha256={DIGEST}", DIGEST, IN_BASE64])
@pytest.mark.parametrize("echo", ["got {} of {}", '{{"signature": "{}", "id": "{}"}}'])
def test_an_answer_that_repeats_the_signature_is_shown_without_it(proof: str, echo: str) -> None:
    shown = answer_to(proof, echo.format(proof, REQUEST_ID))
    end = proof.rstrip("=")[-4:]
    assert shown == echo.format(proof.replace(DIGEST, f"…{end}").replace(IN_BASE64, f"…{end}"), REQUEST_ID)


def test_an_answer_is_shown_without_other_signatures_and_secrets() -> None:
    other = digest("whsec_other", "1700000000", b"{}")
    shown = answer_to(DIGEST, f"expected v1={other}, signed by whsec_0123456789abcdef")
    assert shown == f"expected v1=…{other[-4:]}, signed by whsec_…cdef"
