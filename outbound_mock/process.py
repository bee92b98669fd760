"""The mock in a process of its own, for the length of a test session."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from tempfile import TemporaryFile

from outbound_mock.world import OutboundMockError

STARTS_WITHIN = 30.0
"""Real seconds in which the mock must print its address."""


class Process:
    """A mock in a process of its own. Raises OutboundMockError if it does not start."""

    def __init__(self, options: list[str]) -> None:
        command = [sys.executable, "-P", "-m", "mockserver", *options, "--port", "0", "--json", "--exit-with-parent"]
        self._errors = TemporaryFile()  # noqa: SIM115 (it is written to until the mock has ended)
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._errors, env=_environment()
        )
        try:
            self.address = self._listens()
        except BaseException:
            self.end()
            raise

    def end(self) -> None:
        """End the mock."""
        with self._errors, self._process:
            self._process.terminate()

    def _listens(self) -> str:
        """The address, once the mock has printed it."""
        timer = threading.Timer(STARTS_WITHIN, self._process.kill)
        timer.start()
        try:
            assert self._process.stdout is not None
            line = self._process.stdout.readline()
        finally:
            timer.cancel()
        try:
            address = str(json.loads(line)["baseUrl"])
        except (ValueError, KeyError):
            raise OutboundMockError(self._complaint()) from None
        if address.startswith("https:"):
            raise OutboundMockError("the fixture speaks http; leave out --tls, or start such a mock by outbound-mock")
        return address

    def _complaint(self) -> str:
        """The last line that the mock has written to standard error."""
        self._process.kill()
        self._process.wait()
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else f"it did not print its address within {STARTS_WITHIN:.0f} s"


def _environment() -> dict[str, str]:
    """This process's environment without the variables that would give the mock other packages or options."""
    own = str(Path(__file__).parent.parent)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OUTBOUND_MOCK_", "PYTHONPATH"))}
    return {**kept, "PYTHONPATH": own} if own in os.environ.get("PYTHONPATH", "").split(os.pathsep) else kept
