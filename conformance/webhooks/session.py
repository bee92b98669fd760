"""Live webhooks: registers endpoints of the receiver with the target, and triggers events there."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NoReturn

from conformance.outcome import NotTested, expect, not_tested
from conformance.target.clock import TargetClock
from conformance.target.redaction import Redactor
from conformance.webhooks.deliveries import Delivery, event_ids
from conformance.webhooks.failure_script import TROUBLES, Trouble, renamed
from conformance.webhooks.receiver import Endpoint, Receiver, ReceiverAnswer, Script, accept
from conformance.webhooks.signatures import seconds
from spec import commands
from spec.commands import CommandFailed
from spec.target import Webhooks

TRIGGERED = 3
"""The number of events that are triggered in the primary organization."""

# The longest waits in real seconds: for the first delivery, in real time and with a test clock; for the others after it; and
# for a retry.
_FIRST_WITHIN = 30.0
_FIRST_BY_CLOCK_WITHIN = 12.0
_OTHERS_WITHIN = 10.0
_AGAIN_WITHIN = 25.0
_NEIGHBOUR_WITHIN = 3.0
# What goes to a wrong endpoint goes there at about the same time.
_ELSEWHERE_WITHIN = 1.0
# Seconds by which a test clock is moved, step by step, until the expected deliveries have come: an hour in total. No step is
# longer than the tolerance of a timestamp, because a delivery during a move may have the time before or after it.
_STEPS = (5, 10, 20, 40, 80, 160, *(240,) * 14)
_PAUSE = 0.15


@dataclass
class Live:
    """The registered endpoints, and their deliveries since the first trigger.

    `troubled` is a second endpoint of the primary organization, whose first deliveries fail; `neighbour` is one of the secondary
    organization. `missing` says why one of them does not exist, or why no retry could be waited for. `since` is the unix time of
    the first trigger.
    """

    settings: Webhooks
    receiver: Receiver
    clock: TargetClock
    redactor: Redactor
    trouble: Trouble = field(default_factory=Trouble)
    missing: dict[str, str] = field(default_factory=dict)
    since: float = 0.0
    _settled: bool = False
    _added: bool = False
    _gave_up: bool = False

    def begin(self) -> None:
        """Register endpoints, trigger events, and wait for the first deliveries. Raises NotTested if a command fails."""
        settings = self.settings
        if settings.public_url:
            self.receiver.address = settings.public_url.rstrip("/")
        self.main = self.receiver.endpoint("primary")
        self._register(self.main, settings.register, "webhooks.register")
        self.troubled = self._further("troubled", settings.register, "webhooks.register", self.trouble)
        self.neighbour = self._further("secondary", settings.register_secondary, "webhooks.register_secondary")
        if self.neighbour:
            self._trigger_next_door(self.neighbour)
        self.trouble.armed = True
        self.since = time.time()
        for _ in range(TRIGGERED):
            self._run(settings.trigger, "webhooks.trigger")
        self._await_first(lambda: bool(self.main.arrived))
        if self.main.arrived:
            self.receiver.wait(lambda: len(event_ids(self.main.deliveries)) >= TRIGGERED, _OTHERS_WITHIN)

    @property
    def deliveries(self) -> tuple[Delivery, ...]:
        """All deliveries, endpoint by endpoint."""
        return (*self.own, *(self.neighbour.deliveries if self.neighbour else ()))

    @property
    def own(self) -> tuple[Delivery, ...]:
        """All deliveries to the primary organization's endpoints."""
        return (*self.main.deliveries, *(self.troubled.deliveries if self.troubled else ()))

    def judge_silence(self, *, embedded: bool) -> NoReturn:
        """Raise for triggered events of which no endpoint of the primary organization got a delivery.

        Raises Violation if the target can certainly reach the receiver: if it is the embedded mock, or has reached the receiver
        before. Raises NotTested otherwise, because a container or another host may not be able to.
        """
        message = (
            f"no delivery reached {self.receiver.address}, although endpoints were registered and events triggered"
        )
        expect(not (embedded or self.receiver.visits), message)
        not_tested(f"{message}; can the target reach that address? webhooks.listen sets it")

    def attempts(self, trouble: ReceiverAnswer) -> Sequence[Delivery]:
        """The attempts of the delivery that met a trouble, after waiting for them. Raises NotTested if none met it."""
        if not self.troubled:
            raise NotTested(f"a second endpoint could not be registered: {self.missing['troubled']}")
        self.settle()
        attempts = self.trouble.attempts(trouble)
        if not attempts:
            raise NotTested(f"too few deliveries came to the second endpoint: none met {TROUBLES[trouble]}")
        if len(attempts) == 1:
            attempts = (*attempts, *renamed(attempts[0], self.troubled.deliveries, event_ids(self.main.deliveries)))
        if len(attempts) == 1 and "retry" in self.missing:
            raise NotTested(self.missing["retry"])
        return attempts

    def never_again(self, trouble: ReceiverAnswer) -> bool:
        """Whether it is certain that a delivery that met a trouble will not come again.

        In real time it may always come later. It is certain only after an hour of a test clock that the deliveries follow.
        """
        return self._gave_up and not (trouble == "silence" and self.receiver.holding)

    @property
    def waited(self) -> str:
        """The wait for a retry, in words: the seconds, and those of the test clock if there is one."""
        if not self.clock.movable:
            return f"{_AGAIN_WITHIN:.0f} s"
        moved = f"{sum(_STEPS) // 60} min by the target's test clock"
        return moved if self._gave_up else f"{moved}, and {_AGAIN_WITHIN:.0f} s in real time"

    def settle(self) -> None:
        """Wait until the failed deliveries have come again, by the target's test clock or in real time. Waits only once."""
        if self._settled or not self.trouble.met:
            return
        self._settled = True
        try:
            self._wait_for_retries()
        except NotTested as reason:
            self.missing["retry"] = str(reason)

    def add_contact(self, command: str | None) -> None:
        """Have a contact added, and wait a while for the deliveries of its event. Does so only once."""
        if self._added or command is None or not self.main.arrived:
            return
        self._added = True
        known = len(event_ids(self.main.arrived))
        with suppress(NotTested):
            self._run(command, "hooks.add_contact")
        late = min(_FIRST_WITHIN, 2 * (self.main.arrived[0].received - self.since))
        if self.receiver.wait(lambda: len(event_ids(self.main.arrived)) > known, max(_NEIGHBOUR_WITHIN, late)):
            self.receiver.wait(self._is_shared, _ELSEWHERE_WITHIN)

    def _is_shared(self) -> bool:
        """Whether an event has reached endpoints of both organizations."""
        return bool(self.neighbour and event_ids(self.neighbour.arrived) & event_ids(self.main.arrived))

    def _wait_for_retries(self) -> None:
        until = time.monotonic() + _AGAIN_WITHIN
        if self.clock.movable:
            self._move_until(self._is_settled)
            if self.receiver.holding:
                self.receiver.wait(lambda: self._is_settled() or not self.receiver.holding, until - time.monotonic())
                self._move_until(self._is_settled)
            self._gave_up = not self._is_settled() and self._follow_the_clock()
        if not self._gave_up:
            self.receiver.wait(self._is_settled, until - time.monotonic())

    def _is_settled(self) -> bool:
        return self.trouble.settled

    def _follow_the_clock(self) -> bool:
        """Whether the timestamps of deliveries follow the test clock: then their retries do too."""
        before, arrived = _ahead(self.main.deliveries[:1]), len(self.main.arrived)
        self._run(self.settings.trigger, "webhooks.trigger")
        self.receiver.wait(lambda: len(self.main.arrived) > arrived, _OTHERS_WITHIN)
        after = _ahead(self.main.deliveries[arrived:])
        return before is not None and after is not None and after - before > sum(_STEPS) / 2

    def _await_first(self, condition: Callable[[], bool]) -> None:
        if not self.clock.movable:
            self.receiver.wait(condition, _FIRST_WITHIN)
            return
        until = time.monotonic() + _FIRST_BY_CLOCK_WITHIN
        if not self.receiver.wait(condition, _NEIGHBOUR_WITHIN):
            self._move_until(condition, _STEPS[:5])
            self.receiver.wait(condition, until - time.monotonic())

    def _move_until(self, condition: Callable[[], bool], steps: Sequence[int] = _STEPS) -> None:
        for step in steps:
            if self.receiver.wait(condition, _PAUSE):
                return
            self._moved(step)
        self.receiver.wait(condition, 1.0)

    def _moved(self, step: int) -> None:
        try:
            self.clock.wait(step)
        except CommandFailed as failure:
            raise NotTested(f"hooks.advance_clock: {failure}") from None

    def _further(self, name: str, command: str | None, member: str, script: Script = accept) -> Endpoint | None:
        endpoint = self.receiver.endpoint(name, script)
        try:
            self._register(endpoint, command, member)
        except NotTested as reason:
            self.missing[name] = str(reason)
            return None
        return endpoint

    def _register(self, endpoint: Endpoint, command: str | None, member: str) -> None:
        secret = self._run(command, member, url=endpoint.url)
        if not secret:
            raise NotTested(f"{member}: the command printed no signing secret")
        self.redactor.learn([secret])
        endpoint.secret = secret

    def _trigger_next_door(self, neighbour: Endpoint) -> None:
        try:
            self._run(self.settings.trigger_secondary, "webhooks.trigger_secondary")
        except NotTested as reason:
            self.missing["event"] = str(reason)
            return
        self.receiver.wait(lambda: bool(neighbour.arrived), _NEIGHBOUR_WITHIN)

    def _run(self, command: str | None, member: str, **placeholders: str) -> str:
        if command is None:
            raise NotTested(f"needs {member} in the target's description")
        try:
            return commands.run(command, **placeholders)
        except CommandFailed as failure:
            raise NotTested(f"{member}: {failure}") from None


def _ahead(deliveries: Sequence[Delivery]) -> float | None:
    """By how many seconds the newest delivery's timestamp is ahead of our clock."""
    if not deliveries or deliveries[-1].signature is None:
        return None
    moment = seconds(deliveries[-1].signature.timestamp)
    return None if moment is None else moment - deliveries[-1].received
