"""The gate reads recorded deliveries, and refuses a file that it cannot read in one line."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from conformance.webhooks.deliveries import RecordError, recorded, shape_fault
from conformance.webhooks.signatures import HEADER
from spec.target import TargetError, load
from tests.support.gate import run_gate
from tests.support.signed_deliveries import BODY, HEX, NOW, OTHER, SECRET, headers

KEY = "obk_live_0123456789abcdefghijABCDEFGHIJ01"


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
    run = run_gate("--target", str(described(tmp_path, f'deliveries = "{recording}"')))
    assert run.exit_code == 4
    assert words in run.output
    assert "Traceback" not in run.output
