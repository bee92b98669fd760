"""The webhooks of a mock: takes events, and delivers them in the background, by the mock's clock."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from weakref import WeakValueDictionary

from mockserver.clock import Clock
from mockserver.tenants.ids import identifier, stream
from mockserver.webhooks.delivery import Delivery, DeliveryAttempt, Event, Form, Outcome
from mockserver.webhooks.endpoints import Endpoint, Endpoints, check
from mockserver.webhooks.sending import Outgoing, Reply, Sender, Unsent
from mockserver.webhooks.steps import composed, default_steps
from mockserver.webhooks.waiting import Waiting

ATTEMPT_WITHIN = 5.0
"""Seconds of the mock's clock that an endpoint has to answer."""

KEPT = 500
"""Deliveries that the log holds, the newest."""

# The clock may be moved at any moment without notice, so waiting code checks it again after this many seconds.
_TICK = 0.05

logger = logging.getLogger("outbound.mock")


class Webhooks:
    """Endpoints, the deliveries to them, and the steps of their way.

    Deliveries run in the event loop of the caller of `publish` or `redeliver`, at most sixteen attempts at
    once for each endpoint. If several processes take the same events, `delivers` says whether this is the one that sends them,
    and `tell` has all of them `settle` an outcome, or returns False if it cannot. With `real_time` deliveries are signed with
    real time, whatever the clock shows.
    """

    def __init__(
        self,
        clock: Clock,
        seed: int = 1,
        allowed_hosts: Iterable[str] = (),
        delivers: Callable[[], bool] = lambda: True,
        tell: Callable[[Outcome], Awaitable[bool]] | None = None,
        *,
        real_time: bool = False,
    ) -> None:
        self.endpoints = Endpoints()
        self.sender = Sender(allowed_hosts)
        self._real_time = real_time
        self.steps = default_steps(self.sender, self.ahead)
        """The steps of a delivery: the default ones, unless a world replaces them."""
        self.log: deque[Delivery] = deque()
        self._clock = clock
        self._delivers = delivers
        self._tell = tell
        self._by_id = WeakValueDictionary[str, Delivery]()
        self._random = stream("webhooks", seed)
        # Apart, because only the process that delivers draws it, and the ids must be the same in all.
        self._jitter = stream("webhooks/jitter", seed)
        self._waiting = Waiting()
        self._sending: set[asyncio.Task[None]] = set()
        self._runner: asyncio.Task[None] | None = None
        self._news: asyncio.Event = asyncio.Event()

    def ahead(self) -> float:
        """Seconds by which the time in signatures is ahead of the mock's clock; negative if it is behind."""
        return time.time() - self._clock.now() if self._real_time else 0.0

    def make_ids_of(self, label: str) -> None:
        """From now on derive new ids and signing secrets from a label. Different labels give different ones."""
        self._random = stream("webhooks", label)
        self.endpoints.count_from(self._random.getrandbits(48))

    def register(self, organization_id: str, url: str) -> Endpoint:
        """Add an endpoint with a secret of its own. Raises ValueError for a URL that nothing can be sent to."""
        self.check(url)
        secret = self.steps.mint_secret(organization_id, self.endpoints.next_number())
        return self.endpoints.add(organization_id, url, secret, self._clock.now())

    def check(self, url: str) -> None:
        """Raise ValueError, in one line, for a URL that nothing can be sent to, or that is elsewhere and not allowed."""
        check(url)
        self.sender.check(url)

    def rotate(self, endpoint_id: str) -> Endpoint:
        """Give an endpoint a new secret. The old one signs too for a while. Raises KeyError for an unknown id."""
        organization_id = self._known(endpoint_id).organization_id
        secret = self.steps.mint_secret(organization_id, self.endpoints.next_number())
        return self.endpoints.rotate(endpoint_id, secret, self._clock.now())

    def publish(self, organization_id: str, event: Event) -> Sequence[Delivery]:
        """Begin to deliver an organization's event to its endpoints, and return the deliveries at once."""
        enabled = [endpoint for endpoint in self.endpoints if endpoint.enabled]
        recipients = self.steps.recipients(enabled, organization_id, event)
        now = self._clock.now()
        deliveries = [
            Delivery(identifier("dlv", self._random), endpoint.id, organization_id, event, now)
            for endpoint in recipients
        ]
        for delivery in deliveries:
            self._by_id[delivery.id] = delivery
            self._show(delivery)
            delivery.due += self.steps.first_delay(delivery)
            self._enqueue(delivery)
        return deliveries

    def redeliver(self, delivery_id: str, form: Form = "sent") -> Delivery:
        """Try a delivery of the log once more, now. Another form applies to this attempt alone. Raises KeyError for an unknown
        id, ValueError if the delivery is under way.
        """
        delivery = next((each for each in self.log if each.id == delivery_id), None)
        if delivery is None:
            raise KeyError(delivery_id)
        if delivery.state in ("waiting", "sending"):
            raise ValueError("the delivery is under way")
        delivery.due = self._clock.now()
        delivery.form = form
        self._enqueue(delivery)
        return delivery

    def settle(self, outcome: Outcome) -> None:
        """Record what has become of a delivery, and have it wait if there is a next attempt. The same outcome counts once."""
        delivery = self._by_id.get(outcome.delivery_id)
        if delivery is None or outcome.number <= delivery.settled:
            return
        delivery.settled = outcome.number
        if outcome.attempt and delivery.made < outcome.made:
            delivery.add_attempt(outcome.attempt)
        delivery.form, delivery.due, delivery.state = "sent", outcome.due, outcome.state
        if outcome.state == "waiting":
            self._enqueue(delivery)

    def close(self) -> None:
        """Abandon the deliveries under way, and accept no more."""
        self._delivers = lambda: False
        self._waiting.clear()
        for task in (self._runner, *self._sending):
            if task is not None and not task.done():
                task.cancel()

    def _show(self, delivery: Delivery) -> None:
        """Put a delivery into the log. If the log is full, the oldest one leaves it."""
        self.log.append(delivery)
        if len(self.log) > KEPT:
            self.log.popleft().leave_log()

    def _known(self, endpoint_id: str) -> Endpoint:
        endpoint = self.endpoints.get(endpoint_id)
        if endpoint is None:
            raise KeyError(endpoint_id)
        return endpoint

    def _enqueue(self, delivery: Delivery) -> None:
        if not self._waiting.has_room(delivery):
            delivery.state = "given up"
            return
        delivery.state = "waiting"
        if not self._delivers():
            return
        self._waiting.add(delivery)
        self._news.set()
        if self._runner is None or self._runner.done():
            self._runner = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        """Start attempts as they become due, until no delivery waits any more."""
        while self._waiting:
            self._news.clear()
            for delivery in self._waiting.start_due(self._clock.now()):
                delivery.state = "sending"
                task = asyncio.create_task(self._attempt(delivery))
                self._sending.add(task)
                task.add_done_callback(partial(self._sent, delivery))
            with suppress(TimeoutError):
                async with asyncio.timeout(_TICK):
                    await self._news.wait()

    def _sent(self, delivery: Delivery, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        self._waiting.ended(delivery)
        self._news.set()

    async def _attempt(self, delivery: Delivery) -> None:
        outcome = await self._outcome(delivery)
        if self._tell is None or not await self._tell(outcome):
            self.settle(outcome)

    async def _outcome(self, delivery: Delivery) -> Outcome:
        """Make the next attempt at a delivery, if its endpoint is there, and return what has become of the delivery."""
        ends = partial(Outcome, delivery.id, delivery.settled + 1)
        endpoint = self.endpoints.get(delivery.endpoint_id)
        if endpoint is None or not endpoint.enabled:
            return ends(delivery.made, "given up", delivery.due, None)
        try:
            outgoing = composed(self.steps, delivery, endpoint, self._clock.now(), delivery.form)
            attempt, received = await self._send(outgoing)
        except Exception:
            logger.exception("A delivery failed")
            return ends(delivery.made, "given up", delivery.due, None)
        delivery.add_attempt(attempt)
        if received:
            return ends(delivery.made, "delivered", delivery.due, attempt)
        delay = self.steps.retry_delay(delivery, self._jitter) if delivery.form == "sent" else None
        if delay is None:
            return ends(delivery.made, "given up", delivery.due, attempt)
        return ends(delivery.made, "waiting", self._clock.now() + delay, attempt)

    async def _send(self, outgoing: Outgoing) -> tuple[DeliveryAttempt, bool]:
        """Make one attempt, and return it with whether the event was received."""
        began, ahead = self._clock.now(), self.ahead()
        reply: Reply | None = None
        error = None
        try:
            reply = await self._in_time(self.steps.transmit(outgoing))
        except Unsent as reason:
            error = str(reason)
        except TimeoutError:
            error = f"no answer within {ATTEMPT_WITHIN:.0f} s"
        attempt = DeliveryAttempt(
            at=began,
            sent=outgoing,
            seconds=self._clock.now() - began,
            status=reply.status if reply else None,
            answer=reply.body.decode("utf-8", "replace") if reply else "",
            error=error,
            ahead=ahead,
        )
        return attempt, reply is not None and self.steps.received(reply)

    async def _in_time(self, transmission: Awaitable[Reply]) -> Reply:
        """The transmission's reply. Raises TimeoutError once `ATTEMPT_WITHIN` has passed by the mock's clock."""
        until = self._clock.now() + ATTEMPT_WITHIN
        task: asyncio.Task[Reply] = asyncio.ensure_future(transmission)
        try:
            while not (await asyncio.wait({task}, timeout=_TICK))[0]:
                if self._clock.now() >= until:
                    raise TimeoutError
            return task.result()
        finally:
            task.cancel()
