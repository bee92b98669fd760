"""One process's requests: sent, timed on the target's clock, entered in the ledger, and told to Locust's statistics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from conformance.target.clock import TargetClock
from loadtests.analysis.ledger import REFUSED, Attempt, Ledger
from loadtests.runner.http_client import HttpClient, TimedAnswer
from loadtests.runner.sessions import OperationRequest, is_usable, request
from spec import contract

LIMITED = request("getMe")
"""The request by which limits are tried. A key has one limit for all operations, and every key may send this request."""

_LOOKED_AT = 3
"""How many answers of each operation are checked to be the API's: a web site may answer 200 to everything."""

_FOREIGN = "not a JSON object, as the API answers"

Tell = Callable[[str, TimedAnswer, str | None], None]
"""Called with each answer: the operation as statistics name it, the answer, and what was wrong with it, if anything."""


def attempt(key: int, operation: str, answer: TimedAnswer) -> Attempt:
    """What the ledger notes of an answer."""
    told = 0 < answer.status < 500 and answer.status != REFUSED
    foreign = told and not answer.body.lstrip().startswith(b"{")
    return Attempt(
        key,
        operation,
        answer.sent,
        answer.answered,
        answer.status,
        answer.retry_after,
        _FOREIGN if foreign else answer.error,
        answer.dated,
    )


def not_the_api(operation: str) -> str:
    """The line that says that an operation's answers are no answers of the API."""
    path = contract().operations[operation].path
    return f"GET {path} answers 200, but not with what the API answers: is this the address of an Outbound API?"


class Sender:
    """Sends requests of the run's keys, by their indexes.

    `trouble` says in a line why the run cannot go on, once something has come up. `looks`: whether the first answers are
    checked to be the API's.
    """

    def __init__(
        self, base_url: str, secrets: Sequence[str], ledger: Ledger, tell: Tell, *, looks: bool = True
    ) -> None:
        self.clock = TargetClock()
        self.ledger = ledger
        self.trouble: str | None = None
        self._looks = looks
        self._looked_at: Counter[str] = Counter()
        self._client = HttpClient(base_url, self.clock.now)
        self._secrets = secrets
        self._tell = tell
        self._prepared: dict[int, bytes] = {}
        self._names = {operation.id: operation.path for operation in contract().operations.values()}

    def send(self, key: int, wanted: OperationRequest = LIMITED) -> TimedAnswer:
        """Send a request with a key and enter it in the ledger."""
        ready = self._ready(key) if wanted is LIMITED else self._client.prepare(wanted.path, self._secrets[key])
        answer = self._client.get(ready)
        if answer.own_limit:
            # The target has not been asked: it is not its failure.
            self.trouble = self.trouble or f"the generator is at a limit of its own machine: {answer.own_limit}"
            return answer
        if self._looks and answer.status == 200:
            self._look_at(wanted.operation, answer)
        noted = attempt(key, wanted.operation, answer)
        self.ledger.add(noted)
        self._tell_of(self._names[wanted.operation], answer, noted.error)
        return answer

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _look_at(self, operation: str, answer: TimedAnswer) -> None:
        if self._looked_at[operation] == _LOOKED_AT:
            return
        self._looked_at[operation] += 1
        if not is_usable(operation, answer.body):
            self.trouble = self.trouble or not_the_api(operation)

    def _ready(self, key: int) -> bytes:
        found = self._prepared.get(key)
        if found is None:
            found = self._prepared[key] = self._client.prepare(LIMITED.path, self._secrets[key])
        return found

    def _tell_of(self, name: str, answer: TimedAnswer, error: str | None) -> None:
        # Only the ledger tells whether a refusal is right: statistics count refusals apart, not as failures.
        wrong = error or (f"status {answer.status}" if answer.status >= 500 else None)
        self._tell(f"{name} (429)" if answer.status == 429 else name, answer, wrong)
