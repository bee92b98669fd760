"""One request before the load: whether the target is there, and takes the key. And one behind it: whether it still is."""

from __future__ import annotations

import time
from urllib.parse import urlsplit

import gevent

from loadtests.analysis.ledger import Ledger
from loadtests.runner.http_client import Answer, HttpClient
from loadtests.runner.sender import LIMITED, attempt
from loadtests.setup import Setup, UsageError
from spec.target import shown

_PATIENCE = 5.0


class UnreachableError(Exception):
    """The target cannot be judged: it does not answer, or with nothing but errors. The message is one line."""


def preflight(setup: Setup, ledger: Ledger) -> float:
    """Ask who a key is. Returns how far the target's clock is ahead of ours, in seconds, as its Date has it, to the second.

    Raises UsageError for a key that is not taken, UnreachableError. A request of a key of the run is entered in its ledger,
    unless the run begins with a rest: what went before that says nothing of a rested key.
    """
    answer = _ask(setup)
    credential = setup.preflight_key
    if credential.secret in setup.secrets and not setup.plan.phases[0].rest:
        key = setup.secrets.index(credential.secret)
        ledger.add(attempt(key, LIMITED.operation, answer))
    _check(setup, answer, shown(credential.secret))
    # A Date is cut to the second: on average half a second has passed since.
    return answer.date + 0.5 - answer.answered if answer.date is not None else 0.0


def is_gone(setup: Setup) -> bool:
    """Whether the target does not answer any more, whatever it would answer, within a few seconds."""
    with gevent.Timeout(_PATIENCE, False):
        return not _ask(setup).status
    return True


def _ask(setup: Setup) -> Answer:
    try:
        client = HttpClient(setup.target.base_url, time.time)
    except OSError as error:
        raise UsageError(f"the authorities of $SSL_CERT_FILE or $SSL_CERT_DIR: {error.strerror or error}") from None
    answer = client.get(client.prepare(LIMITED.path, setup.preflight_key.secret))
    client.close()
    return answer


def _check(setup: Setup, answer: Answer, key: str) -> None:
    where = urlsplit(setup.target.base_url).netloc
    if not answer.status:
        raise UnreachableError(f"{where} does not answer: {answer.error}")
    if answer.status in (401, 403):
        raise UsageError(f"{where} does not take the key {key}: {LIMITED.path} answers {answer.status}")
    if answer.status not in (200, 429):
        raise UnreachableError(f"{where} cannot be judged: {LIMITED.path} answers {answer.status}")
