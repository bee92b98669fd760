"""The curl line of an exchange, and its entry in the archive, tell the request as it was sent."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from conformance.report.har import archive
from conformance.target.client import Client
from conformance.target.clock import TargetClock
from conformance.target.exchange import Request
from spec.target import Organization, Organizations, Target
from tests.support.raw_server import serving
from tests.support.report_runs import ledger, run_of

MERGE_PATCH = (("content-type", "application/merge-patch+json"),)


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
@pytest.mark.parametrize(
    ("request_", "declared"),
    [
        (Request("PATCH", "/api/v1/lists", body="{}"), "application/json"),
        (Request("PATCH", "/api/v1/lists", MERGE_PATCH, body="{}"), MERGE_PATCH[0][1]),
        (Request("GET", "/api/v1/lists", body="@{}"), "application/json"),
        (Request("GET", "/api/v1/lists"), None),
    ],
    ids=["JSON", "a merge patch", "a body to GET", "no body"],
)
def test_a_request_is_repeated_with_its_method_and_its_media_type(request_: Request, declared: str | None) -> None:
    with serving() as server:
        organizations = Organizations(primary=Organization(("obk_live_0123456789",)))
        client = Client(Target(f"http://127.0.0.1:{server.port}", organizations), TargetClock())
        exchange = client.send(request_)
        client.close()
        line = client.redactor.curl(exchange)
        subprocess.run(["sh", "-c", f"{line} --silent --max-time 10"], capture_output=True, check=False)
    first, again = (head.decode().lower().split("\r\n") for head in server.heads)
    assert first[0] == again[0]
    for lines in (first, again):
        assert [told for told in lines if told.startswith("content-type:")] == (
            [f"content-type: {declared}"] if declared else []
        )
    (entry,) = archive(run_of(ledger(), exchange))["log"]["entries"]
    assert entry["request"].get("postData", {}).get("mimeType") == declared
