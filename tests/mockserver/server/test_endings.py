"""A mock ends in time, even while it waits. It ends when its parent ends, and at each signal that ends a program."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mockserver.server.uvicorn_server import ended
from tests.support.mock_process import PATIENCE
from tests.support.warm_mocks import running


def python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program of these lines to its end."""
    return subprocess.run([sys.executable, "-c", code, *arguments], timeout=PATIENCE, check=False, text=True)


def test_a_task_that_loses_cancellations_is_cancelled_until_it_ends() -> None:
    async def stubborn() -> None:
        for _ in range(2):
            try:
                await asyncio.sleep(PATIENCE)
            except asyncio.CancelledError:
                continue
        await asyncio.sleep(PATIENCE)

    async def story() -> bool:
        task = asyncio.create_task(stubborn())
        await asyncio.sleep(0)
        await ended(task)
        return task.cancelled()

    assert asyncio.run(story())


def test_a_process_that_waits_for_ever_ends_in_time() -> None:
    waits = (
        "import threading; from mockserver.cluster import ending; ending.end_within(0.1, 7); threading.Lock().acquire()"
    )
    assert python(f"{waits}; threading.Event().wait()").returncode == 7


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_second_signal_ends_it_at_once(number: int) -> None:
    code = """
import sys, threading, uvicorn
from mockserver.server.uvicorn_server import _Server
server = _Server(uvicorn.Config(None), None, None)
with server.capture_signals():
    import signal
    for _ in range(2):
        signal.raise_signal(int(sys.argv[1]))
    threading.Event().wait()
"""
    assert python(code, str(int(number))).returncode == -number


def test_a_closed_terminal_ends_it(tmp_path: Path) -> None:
    with running(tmp_path) as mock:
        mock.process.send_signal(signal.SIGHUP)
        assert mock.process.wait(PATIENCE) == -signal.SIGHUP


def test_it_ends_with_its_parent(tmp_path: Path) -> None:
    """The pipe ends when all processes that hold it have ended."""
    target = tmp_path / "target.toml"
    code = """
import os, pathlib, signal, subprocess, sys, time
subprocess.Popen([sys.executable, "-m", "mockserver", "--port", "0", "--exit-with-parent", "--write-target", sys.argv[1]])
while not pathlib.Path(sys.argv[1]).exists():
    time.sleep(0.01)
os.kill(os.getpid(), signal.SIGKILL)
"""
    command = [sys.executable, "-c", code, str(target)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        output, _ = parent.communicate(timeout=PATIENCE)
    assert parent.returncode == -signal.SIGKILL
    assert "outbound-mock" in output
