"""The clients of `tests/clients`, graded in this process: the mock listens in a thread, and no process is started."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext, redirect_stderr
from dataclasses import replace
from io import StringIO
from time import monotonic, time
from typing import Any
from unittest.mock import patch

from mockserver.app import Settings
from mockserver.grading.records import Run
from mockserver.grading.runner import Outcome
from mockserver.grading.session import GradeProgress, Order, grade
from mockserver.grading.verdict import Grade
from mockserver.tenants.tenant import Tenant
from mockserver.worlds import world
from tests.clients.__main__ import CLIENTS
from tests.support.mock_client import seeded
from tests.support.skipped_waits import skipped_waits

SETTINGS = Settings(contacts=230)
_BEGAN = time()


def called(command: Sequence[str], environment: Mapping[str, str], _timeout: float) -> Outcome:
    """Run a client as a command would: an exception is exit code 1."""
    began = monotonic()
    code = 0
    try:
        with redirect_stderr(StringIO()):
            CLIENTS[command[0]](environment)
    except SystemExit as error:
        code = int(str(error.code))
    except Exception:
        code = 1
    return Outcome(code, "exited", monotonic() - began)


def graded(client: str, *trials: str, told: list[str] | None = None, **changes: Any) -> Grade:
    """The grade of a client in the plain run and these trials. Remarks on the way are added to `told`.

    The waits of a client are skipped, unless the mock has hardships of its own, which go by the mock's clock.
    """
    order = replace(Order((client,), SETTINGS, trials, patience=30, run=called), **changes)
    remarks = _nothing if told is None else told.append
    waits = nullcontext() if order.settings.modifications else skipped_waits()
    with waits, patch.object(world, "seed", _seeded):
        return grade(order, GradeProgress(_begins, _ended, remarks))


def _seeded(number: int, organizations: int, contacts: int, _now: float, *progress: Any) -> list[Tenant]:
    """Data as of the import of this module, so that all grades have the same."""
    return seeded(number, organizations, contacts, _BEGAN, *progress)


def broken(result: Grade) -> dict[str, str]:
    """The ids of what is broken, with their levels."""
    return {ruling.requirement.id: ruling.requirement.level for ruling in result.broken}


def statuses(result: Grade) -> dict[str, str]:
    """The status of each requirement by its id."""
    return {ruling.requirement.id: ruling.status for ruling in result.rulings}


def _begins(_trial: str, _number: int, _of: int) -> None:
    pass


def _nothing(_words: str) -> None:
    pass


def _ended(_run: Run) -> None:
    pass
