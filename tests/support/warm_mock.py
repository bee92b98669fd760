"""The embedded mock in a fork of a process that has loaded it: the start of an interpreter is most of what its start takes."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from typing import cast

from conformance.target.embedded import EmbeddedMock
from tests.support.warm_gate import FORKS, forked_server


class WarmMock(EmbeddedMock):
    """An `EmbeddedMock` that is there at once, for tests of something else than its start."""

    def _started(self, module: str, options: Sequence[str]) -> subprocess.Popen[bytes]:
        return cast("subprocess.Popen[bytes]", forked_server(self, FORKS, module, options))
