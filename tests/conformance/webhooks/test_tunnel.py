"""`webhooks.public_url`: a target on another machine delivers to a tunnel, which leads to the gate's receiver."""

from __future__ import annotations

from pathlib import Path

from tests.support.free_ports import free_port
from tests.support.gate import run_gate
from tests.support.mock_process import running
from tests.support.rewriting_proxy import Answered, Forward, Passed, lying


def test_deliveries_that_come_by_way_of_a_tunnel_are_judged(tmp_path: Path) -> None:
    port, passed = free_port(), []

    def tunnel(request: Passed, forward: Forward) -> Answered:
        passed.append(request.method)
        return forward(request)

    with lying(f"http://127.0.0.1:{port}", tunnel) as public_url, running(tmp_path) as mock:
        text = mock.file.read_text("utf-8")
        text = text.replace('listen = "127.0.0.1:0"', f'listen = "127.0.0.1:{port}"\npublic_url = "{public_url}"')
        mock.file.write_text(text, "utf-8")
        run = run_gate("--target", str(mock.file), "--only", "HOOK")
    assert run.verdict == "conformant", run.output
    assert passed
    assert set(passed) == {"POST"}
