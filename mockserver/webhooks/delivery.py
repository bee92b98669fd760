"""One event on its way to one endpoint, with every attempt, as the delivery log keeps and shows it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from mockserver.clock import utc
from mockserver.webhooks.sending import Outgoing

Form = Literal["sent", "tampered", "stale"]
"""The forms of a delivery: as in the contract; with a body that was changed after signing; with a timestamp that is too old."""

Event = Mapping[str, Any]
"""An event of the event log, as a JSON object."""

DeliveryState = Literal["waiting", "sending", "delivered", "given up"]

_SECRET = re.compile(r"whsec_[A-Za-z0-9+/_=-]+")
_LABELLED_SIGNATURE = re.compile(r"\b(v[0-9]+|sha256)=([A-Za-z0-9+/_-]{16,}=*)")
_TOKEN = re.compile(r"[A-Za-z0-9+/_-]{28,}=*")


@dataclass(frozen=True, slots=True)
class DeliveryAttempt:
    """One attempt. `at` is in unix seconds of the mock's clock, `seconds` how long it took by it.

    `status` is that of the answer, `answer` the beginning of its body; `error` says in one line why there is none. `ahead` is
    the number of seconds by which the signature's time was ahead of the mock's clock.
    """

    at: float
    sent: Outgoing = field(repr=False)
    seconds: float
    status: int | None = None
    answer: str = ""
    error: str | None = None
    ahead: float = 0.0


@dataclass(slots=True, weakref_slot=True)
class Delivery:
    """An event for an endpoint. Its id stays the same over all attempts; `due` is when the next one is, in unix seconds.

    `made` counts the attempts, `settled` the outcomes. All attempts are kept while the log shows the delivery, and only the
    first one afterwards.
    """

    id: str
    endpoint_id: str
    organization_id: str
    event: Event = field(repr=False)
    due: float
    state: DeliveryState = "waiting"
    attempts: list[DeliveryAttempt] = field(default_factory=list)
    form: Form = "sent"
    """How the next attempt is made."""
    made: int = 0
    settled: int = 0
    _shown: bool = True

    def add_attempt(self, attempt: DeliveryAttempt) -> None:
        """Record an attempt."""
        self.made += 1
        if self._shown or not self.attempts:
            self.attempts.append(attempt)

    def leave_log(self) -> None:
        """Drop everything that later attempts do not need."""
        self._shown = False
        del self.attempts[1:]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What has become of a delivery: its state, and when the next attempt is due (unix seconds).

    `number` counts the outcomes of the delivery from 1, `made` its attempts. `attempt` is the attempt that was made, None if
    none could be.
    """

    delivery_id: str
    number: int
    made: int
    state: DeliveryState
    due: float
    attempt: DeliveryAttempt | None


def record(delivery: Delivery) -> dict[str, object]:
    """The delivery as a JSON object, its signatures shortened."""
    return {
        "id": delivery.id,
        "endpointId": delivery.endpoint_id,
        "organizationId": delivery.organization_id,
        "eventId": delivery.event["id"],
        "eventType": delivery.event["eventType"],
        "state": delivery.state,
        "nextAttemptAt": _time(delivery.due) if delivery.state == "waiting" else None,
        "attempts": [attempt_record(attempt) for attempt in delivery.attempts],
    }


def attempt_record(attempt: DeliveryAttempt) -> dict[str, object]:
    """An attempt as a JSON object, its signatures shortened."""
    sent = attempt.sent
    return {
        "at": _time(attempt.at),
        "seconds": round(attempt.seconds, 3),
        "request": {
            "method": sent.method,
            "url": sent.url,
            "headers": {name: shortened_header(name, value) for name, value in sent.headers.items()},
            "body": sent.body.decode("utf-8", "replace"),
        },
        "status": attempt.status,
        "answer": _shortened_answer(attempt),
        "error": attempt.error,
    }


def shortened(text: str) -> str:
    """The text with each signing secret and each labelled signature in it cut to its last four characters: `whsec_…1a2b`."""
    text = _SECRET.sub(lambda secret: f"whsec_{_end(secret[0])}", text)
    return _LABELLED_SIGNATURE.sub(lambda found: f"{found[1]}={_end(found[2])}", text)


def shortened_header(name: str, value: str) -> str:
    """A header's value for display. In a header whose name speaks of a signature every long token is shortened."""
    if not _holds_signature(name):
        return shortened(value)
    return _TOKEN.sub(lambda token: _end(token[0]), shortened(value))


def _shortened_answer(attempt: DeliveryAttempt) -> str:
    """The answer's body, in which a receiver may have repeated the signatures that were sent to it."""
    answer = attempt.answer
    for name, value in attempt.sent.headers.items():
        if _holds_signature(name):
            for token in _TOKEN.findall(value):
                answer = answer.replace(token, _end(token))
    return shortened(answer)


def _holds_signature(header: str) -> bool:
    return "signature" in header.lower()


def _end(token: str) -> str:
    return f"…{token.rstrip('=')[-4:]}"


def _time(seconds: float) -> str:
    return utc(int(seconds * 1000))
