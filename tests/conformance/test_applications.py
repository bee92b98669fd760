"""Applications on FastAPI and Django REST framework break no must; the gate reports the shoulds that they break."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path

import pytest

from tests.applications.data import KEYS, SCOPES
from tests.support.free_ports import free_port
from tests.support.gate import GateRun, run_gate

_WITHOUT_WEBHOOKS = {f"HOOK-{number}" for number in range(1, 8)}
# FastAPI: HEAD answers 405, and the document that it makes has no refusals. Django REST framework: a 403 names no scope, and the
# 404 to a bad cursor is not in the document. Neither marks its answers as private.
APPLICATIONS = {
    "tests.applications.fastapi_application": {"OP-7", "OP-9", "TENANT-8"},
    "tests.applications.django_project": {"SCOPE-5", "OP-9", "TENANT-8"},
}
# A run starts this often, so it imports little.
_POST = r"""import socket, sys
connection = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 20)
connection.sendall(b"POST " + sys.argv[2].encode() + b" HTTP/1.0\r\nContent-Length: 0\r\n\r\n")
sys.exit(" 20" not in connection.recv(100).decode())
"""


def describe(port: int) -> str:
    """The target's description: all keys, and commands that add a contact and move the clock."""
    command = shlex.join([sys.executable, "-I", "-S", "-c", _POST, str(port)])
    single = {scope: KEYS[f"only-{scope.partition('.')[0]}"].secret for scope in SCOPES}
    lines = (
        "[organizations.primary]",
        f"api_keys = {json.dumps([KEYS[f'full-{n}'].secret for n in range(3)])}",
        "[organizations.secondary]",
        f"api_keys = {json.dumps([KEYS['second'].secret])}",
        "[keys]",
        f"no_scope = {json.dumps(KEYS['none'].secret)}",
        f"revoked = {json.dumps(KEYS['revoked'].secret)}",
        f"expired = {json.dumps(KEYS['expired'].secret)}",
        f"spare = {json.dumps([KEYS[f'spare-{n}'].secret for n in range(4)])}",
        "[keys.single_scope]",
        *(f"{json.dumps(scope)} = {json.dumps(secret)}" for scope, secret in single.items()),
        "[hooks]",
        f"add_contact = {json.dumps(f'{command} /testing/contacts')}",
        f"advance_clock = {json.dumps(f'{command} /testing/advance/{{seconds}}')}",
    )
    return "\n".join(lines)


def judged(module: str, folder: Path, depth: str) -> GateRun:
    """The gate's run on an application that it starts and ends."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    target = folder / "target.toml"
    target.write_text(describe(port), "utf-8")
    command = f"{shlex.quote(sys.executable)} -m {module} {port}"
    return run_gate("--start", command, "--base-url", url, "--target", str(target), "--depth", depth)


@pytest.mark.parametrize("module", APPLICATIONS)
def test_an_ordinary_application_breaks_no_must(module: str, tmp_path: Path) -> None:
    run = judged(module, tmp_path, "quick")
    assert run.broken_musts() == set(), run.output
    assert run.ids("failed") == APPLICATIONS[module], run.output
    assert run.ids("not-tested") == _WITHOUT_WEBHOOKS, run.output
