"""Several processes log what has become of a delivery: one delivers, and tells the others in the order of all changes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from mockserver.clock import Clock
from mockserver.webhooks import service
from mockserver.webhooks.delivery import Delivery, Outcome, record
from mockserver.webhooks.sending import Outgoing, Reply
from mockserver.webhooks.service import Webhooks
from tests.support.mock_client import START
from tests.support.waiting import until

OWN = "org_own"
EVENT = {"id": "evt_1", "eventType": "contact.created"}


class Processes:
    """Two processes with the same endpoint and delivery; the first delivers. `told` are its outcomes, in their order.

    `tell` tells one to both, unless a test replaces it. The endpoint answers by these statuses in turn.
    """

    def __init__(self, *statuses: int) -> None:
        self.clock = Clock(START)
        self.told: list[Outcome] = []
        self.tell: Callable[[Outcome], Awaitable[bool]] = self.tell_both
        answers = [Reply(status) for status in statuses]

        async def transmit(_: Outgoing) -> Reply:
            return answers.pop(0)

        async def tell(outcome: Outcome) -> bool:
            self.told.append(outcome)
            return await self.tell(outcome)

        self.leader, self.other = Webhooks(self.clock, tell=tell), Webhooks(self.clock, delivers=lambda: False)
        self.leader.steps.transmit = transmit
        for hooks in (self.leader, self.other):
            hooks.register(OWN, "http://127.0.0.1:9/")

    def publish(self) -> tuple[Delivery, Delivery]:
        """The delivery of an event, in both."""
        return self.leader.publish(OWN, EVENT)[0], self.other.publish(OWN, EVENT)[0]

    async def tell_both(self, outcome: Outcome) -> bool:
        for hooks in (self.leader, self.other):
            hooks.settle(outcome)
        return True


def test_a_process_that_does_not_deliver_logs_the_same() -> None:
    async def story() -> None:
        mock = Processes(500, 204)
        delivery, seen = mock.publish()
        await until(lambda: delivery.state == "waiting" and delivery.made)
        assert record(seen) == record(delivery)
        mock.clock.advance(10)
        await until(lambda: delivery.state == "delivered")
        assert record(seen) == record(delivery)
        assert mock.other.redeliver(delivery.id) is seen

    asyncio.run(story())


def test_an_endpoint_that_is_gone_ends_a_delivery_everywhere() -> None:
    async def story() -> None:
        mock = Processes()
        delivery, seen = mock.publish()
        for hooks in (mock.leader, mock.other):
            hooks.endpoints.remove(delivery.endpoint_id)
        await until(lambda: delivery.state == "given up")
        assert record(seen) == record(delivery)

    asyncio.run(story())


def test_a_delivery_goes_on_if_nobody_can_be_told() -> None:
    async def story() -> None:
        async def tell_nobody(_: Outcome) -> bool:
            return False

        mock = Processes(500, 204)
        mock.tell = tell_nobody
        delivery, seen = mock.publish()
        await until(lambda: delivery.state == "waiting" and delivery.made)
        mock.clock.advance(10)
        await until(lambda: delivery.state == "delivered")
        assert (delivery.made, seen.made) == (2, 0)

    asyncio.run(story())


def test_an_outcome_that_comes_twice_counts_once() -> None:
    async def story() -> None:
        mock = Processes(500, 500, 204)
        delivery, seen = mock.publish()
        await until(lambda: delivery.state == "waiting" and delivery.made)
        await mock.tell_both(mock.told[0])
        mock.clock.advance(5)
        await until(lambda: delivery.state == "waiting" and delivery.made == 2)
        await asyncio.sleep(2 * service._TICK)
        assert (delivery.made, seen.made, len(mock.told)) == (2, 2, 2)

    asyncio.run(story())
