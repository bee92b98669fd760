"""An endpoint that fails the first attempts of a few deliveries, to see how they are sent again (HOOK-6)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set

from conformance.webhooks import signatures
from conformance.webhooks.deliveries import Delivery
from conformance.webhooks.receiver import ReceiverAnswer

# Silence comes last, because it delays a target that delivers one event after the other.
TROUBLES: Mapping[ReceiverAnswer, str] = {
    "error": "an answer of 500",
    "drop": "a connection that was closed without an answer",
    "silence": "no answer",
}
"""The troubles that deliveries meet, in this order, with their descriptions."""

_APART = 2.0
_MOST_ATTEMPTS = 4
_NAME_OF_ID = re.compile(
    r"(delivery|message|msg|webhook|notification)([-_]?(id|guid|uuid))?$|(event|idempotency)[-_]?(id|guid|uuid|key)$",
    re.IGNORECASE,
)


class Trouble:
    """The script of this endpoint: the first event meets an error, the next a dropped connection, the third silence.

    It accepts everything until it is `armed`. A delivery that comes again is answered with errors until it has shown whether it
    has a new signature, and is then accepted.
    """

    def __init__(self) -> None:
        self.armed = False
        self._attempts: dict[str, list[Delivery]] = {}

    def __call__(self, delivery: Delivery) -> ReceiverAnswer:
        """The answer to a delivery."""
        if not self.armed:
            return "accept"
        identity = delivery.event.id if delivery.event else delivery.body.hex()
        if identity not in self._attempts:
            if len(self._attempts) == len(TROUBLES):
                return "accept"
            self._attempts[identity] = [delivery]
            return tuple(TROUBLES)[len(self._attempts) - 1]
        attempts = self._attempts[identity]
        attempts.append(delivery)
        return "accept" if _conclusive(attempts) else "error"

    @property
    def met(self) -> bool:
        """Whether any delivery has met a trouble."""
        return bool(self._attempts)

    @property
    def settled(self) -> bool:
        """Whether every trouble was met, and further attempts would show nothing new."""
        met = list(self._attempts.values())
        return len(met) == len(TROUBLES) and all(_conclusive(attempts) for attempts in met)

    def attempts(self, trouble: ReceiverAnswer) -> Sequence[Delivery]:
        """The attempts of the delivery that met the trouble, in order; none if no delivery met it."""
        met = dict(zip(TROUBLES, self._attempts.values(), strict=False))
        return met.get(trouble, [])


def fault(attempts: Sequence[Delivery], others: Sequence[Delivery]) -> str | None:
    """What is wrong with the repeated attempts of a delivery, in one line; None if nothing.

    `others` are deliveries of other events: a header with the same value there is no id.
    """
    first = attempts[0]
    for number, later in enumerate(attempts[1:], start=2):
        apart = _apart(first, later)
        if apart >= _APART and _timestamp(first) and _timestamp(first) == _timestamp(later):
            return f"attempt {number}, {apart:.0f} s after the first, carries the first one's timestamp: it was not signed anew"
    if _header_that_stays(attempts, others):
        return None
    if first.event is None:
        return "the attempts share no id, neither in a header nor in the body"
    strange = [later.line for later in attempts if later.event is None or later.event.id != first.event.id]
    return f"it was tried again under another id, as {strange[0]}" if strange else None


def renamed(first: Delivery, others: Sequence[Delivery], real: Set[str]) -> Sequence[Delivery]:
    """The `others` after `first` that only differ from it by the event's id, where `real` has the first id and not theirs.

    `real` are the ids of the events that came to an endpoint without trouble: two real events may differ only by their ids.
    """
    if first.event is None or first.event.id not in real:
        return ()
    later = [each for each in others if each.number > first.number and each.event and each.event.id not in real]
    return [each for each in later if _without_id(each) == _without_id(first)]


def _without_id(delivery: Delivery) -> bytes:
    """The body without its event's id."""
    return delivery.body.replace(delivery.event.id.encode() if delivery.event else b"", b"")


def _conclusive(attempts: Sequence[Delivery]) -> bool:
    """Whether a further attempt would show nothing new: there is one with a new signature, or one so late that it needed one."""
    first = attempts[0]
    return len(attempts) >= _MOST_ATTEMPTS or any(
        _timestamp(later) != _timestamp(first) or _timestamp(first) is None or _apart(first, later) >= _APART
        for later in attempts[1:]
    )


def _apart(first: Delivery, later: Delivery) -> float:
    # While the target's clock is being moved, the time before the move counts: it may be too early, but never too late.
    return (later.at or 0.0) - (first.at or 0.0)


def _timestamp(delivery: Delivery) -> str | None:
    return delivery.signature.timestamp if delivery.signature else None


def _header_that_stays(attempts: Sequence[Delivery], others: Sequence[Delivery]) -> bool:
    for name, value in attempts[0].headers:
        if (
            _NAME_OF_ID.search(name)
            and all(signatures.values(later.headers, name) == [value] for later in attempts[1:])
            and not any(value in signatures.values(other.headers, name) for other in others)
        ):
            return True
    return False
