"""One request before the load: is the target an Outbound API that takes the key? And one after it: does it still answer?"""

from __future__ import annotations

import time

import gevent

from conformance.outcome import EXIT_USAGE
from loadtests.analysis.ledger import Ledger
from loadtests.runner.http_client import HttpClient, TimedAnswer
from loadtests.runner.sender import LIMITED, attempt, not_the_api
from loadtests.runner.sessions import is_usable
from loadtests.setup import Setup, UsageError

_PATIENCE = 5.0


class UnreachableError(Exception):
    """The target cannot be judged: it does not answer, or not as the API would. The message is one line."""


def preflight(setup: Setup, ledger: Ledger) -> float:
    """Ask who a key is. Returns how far the target's clock is ahead of ours, in seconds, by its Date (to the second).

    Raises UsageError for a key that is not taken, UnreachableError. A request of a key of the run is entered in its ledger,
    unless the run begins with a rest: earlier requests say nothing about a rested key.
    """
    answer = _ask(setup)
    credential = setup.preflight_key
    if credential.secret in setup.secrets and not setup.plan.phases[0].rest:
        key = setup.secrets.index(credential.secret)
        ledger.add(attempt(key, LIMITED.operation, answer))
    # A key that has used up its limit is accepted: runs begin with a rest, or notice it themselves.
    served = answer.status == 200 and (not setup.scenario.judges or is_usable(LIMITED.operation, answer.body))
    if not served and answer.status != 429:
        _diagnose(setup, answer)
    # A Date is cut to the second: on average half a second has passed since.
    return answer.date + 0.5 - answer.answered if answer.date is not None else 0.0


def is_gone(setup: Setup) -> bool:
    """Whether the target does not answer within a few seconds."""
    with gevent.Timeout(_PATIENCE, False):
        return not _ask(setup).status
    return True


def _ask(setup: Setup) -> TimedAnswer:
    try:
        client = HttpClient(setup.target.base_url, time.time)
    except OSError as error:
        raise UsageError(f"the authorities of $SSL_CERT_FILE or $SSL_CERT_DIR: {error.strerror or error}") from None
    answer = client.get(client.prepare(LIMITED.path, setup.preflight_key.secret))
    client.close()
    return answer


def _diagnose(setup: Setup, answer: TimedAnswer) -> None:
    """Say what is wrong with a target, as the gate would. Raises UsageError or UnreachableError."""
    # Imported late: it takes 0.2 s, and few targets need it.
    from conformance.target.client import Client
    from conformance.target.clock import TargetClock
    from conformance.target.preflight import Unfit
    from conformance.target.preflight import preflight as gate

    if answer.own_limit:
        raise UnreachableError(f"the generator is at a limit of its own machine: {answer.own_limit}")
    client = Client(setup.target, TargetClock())
    try:
        gate(client.caller("the key", [setup.preflight_key.secret]))
    except Unfit as unfit:
        raise (UsageError if unfit.exit_code == EXIT_USAGE else UnreachableError)(str(unfit)) from None
    finally:
        client.close()
    if answer.status == 200:
        raise UnreachableError(not_the_api(LIMITED.operation))
    raise UnreachableError(f"GET {LIMITED.path} {f'answers {answer.status}' if answer.status else 'is not answered'}")
