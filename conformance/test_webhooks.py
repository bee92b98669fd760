"""HOOK: signed deliveries, either live to the suite's own receiver or recorded."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

import pytest

from conformance.cases.dataset import LARGEST, Dataset, Resource
from conformance.checks import NotJudged, NotTested, Violation, expect, items, not_tested, requirement, served
from conformance.target.client import Caller
from conformance.target.clock import TargetClock
from conformance.target.exchange import Exchange
from conformance.target.retry_after import wall_clock
from conformance.verdict.plugin import Judge
from conformance.webhooks import failure_script as troubles
from conformance.webhooks import signatures
from conformance.webhooks.deliveries import (
    Clock,
    Delivery,
    clocks,
    event_ids,
    real_time,
    recorded,
    shape_fault,
    signature_fault,
    stale,
)
from conformance.webhooks.failure_script import TROUBLES
from conformance.webhooks.receiver import CannotListen, Receiver, ReceiverAnswer
from conformance.webhooks.session import Live
from spec.target import Target

# The feed may show an event later than its delivery: real seconds between two looks at the feed.
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 5.0


@dataclass(frozen=True)
class Deliveries:
    """The deliveries to judge: live ones, if the target has commands for them that worked, and recorded ones."""

    live: Live | None
    recorded: Sequence[Delivery]

    @property
    def all(self) -> Sequence[Delivery]:
        """Every delivery so far."""
        return (*(self.live.deliveries if self.live else ()), *self.recorded)

    def some(self) -> Sequence[Delivery]:
        """Every delivery so far. Raises NotJudged if there is none."""
        if not self.all:
            raise NotJudged("no delivery arrived")
        return self.all


@pytest.fixture(scope="session")
def live(target: Target, clock: TargetClock, judge: Judge) -> Iterator[Live]:
    """Endpoints registered with the target and events triggered there."""
    try:
        receiver = Receiver(target.webhooks.listen, clock.now)
    except CannotListen as reason:
        raise NotTested(f"webhooks.listen: {reason}") from None
    try:
        started = Live(target.webhooks, receiver, clock, judge.client.redactor)
        started.begin()
        yield started
    finally:
        receiver.close()


@pytest.fixture(scope="session")
def deliveries(request: pytest.FixtureRequest, target: Target, judge: Judge) -> Deliveries:
    """Live and recorded deliveries. If one kind is missing, the other is still judged."""
    path = target.webhooks.deliveries
    found = recorded(Path(path)) if path else ()
    judge.client.redactor.learn(delivery.secret for delivery in found)
    if not target.webhooks.register:
        return Deliveries(None, found)
    try:
        return Deliveries(request.getfixturevalue("live"), found)
    except NotTested:
        if not found:
            raise
        return Deliveries(None, found)


@pytest.fixture(scope="session")
def organization(dataset: Dataset) -> str:
    """The id of the primary organization. Raises NotJudged if `/me` does not name it."""
    return dataset.organization()


@pytest.fixture(scope="session")
def every_delivery(deliveries: Deliveries, target: Target) -> Sequence[Delivery]:
    """The deliveries of the whole run: later attempts and the events of added contacts come after most checks."""
    if deliveries.live:
        deliveries.live.settle()
        deliveries.live.add_contact(target.hooks.add_contact)
    return deliveries.all


@requirement("HOOK-1")
def test_a_delivery_is_a_post_of_signed_json(deliveries: Deliveries, request: pytest.FixtureRequest) -> None:
    """Each delivery is a POST of JSON with a signature header; and if events were triggered, deliveries arrive."""
    live = deliveries.live
    if live and not live.own:
        live.judge_silence(embedded=not (request.config.option.base_url or request.config.option.target))
    _none_has(shape_fault, deliveries.some())


@requirement("HOOK-1", whole_run=True)
def test_every_delivery_of_the_run_is_a_post_of_signed_json(every_delivery: Sequence[Delivery]) -> None:
    """Each later attempt, and each delivery of an added contact's event, is a POST of JSON with a signature header too."""
    _none_has(shape_fault, every_delivery)


@requirement("HOOK-2")
def test_a_delivery_is_signed_over_its_raw_bytes(deliveries: Deliveries, judge: Judge) -> None:
    """A signature is HMAC-SHA256 over timestamp, dot and raw body, with the secret that was given for the endpoint."""
    signed = [delivery for delivery in deliveries.some() if _has_signature(delivery)]
    if not signed:
        raise NotJudged("no delivery has a signature header")
    forms = sorted({delivery.signature.form for delivery in signed if delivery.signature})
    beyond_ascii = sum(not delivery.body.isascii() for delivery in signed)
    judge.notes["signatureForm"] = " and ".join(forms) or "none that is known"
    judge.notes["deliveries"] = f"{len(signed)} judged, {beyond_ascii or 'none'} of them with a body beyond ASCII"
    _none_has(signature_fault, signed)


@requirement("HOOK-2", whole_run=True)
def test_every_delivery_of_the_run_is_signed_over_its_raw_bytes(every_delivery: Sequence[Delivery]) -> None:
    """Each later attempt, and each delivery of an added contact's event, is signed over its raw bytes too."""
    _none_has(signature_fault, [delivery for delivery in every_delivery if _has_signature(delivery)])


@requirement("HOOK-3")
def test_a_delivery_is_stamped_with_the_time(deliveries: Deliveries, primary: Caller) -> None:
    """A signed timestamp is within five minutes of the receiver's clock, or of the target's clock if it differs."""
    live = deliveries.live
    groups: list[tuple[Sequence[Delivery], Sequence[Clock]]] = [(deliveries.recorded, [real_time()])]
    if live:
        live.settle()
        answer = served(primary, "getMe")
        groups.append((live.deliveries, clocks(live.deliveries, wall_clock(answer) - answer.answered)))
    judged = 0
    for group, possible in groups:
        # Without a valid signature, the timestamp may come from another sender.
        verified = [delivery for delivery in group if delivery.verified]
        judged += len(verified)
        broken = stale(verified, *possible)
        if broken:
            raise Violation(f"{broken[0].line}: {broken[1]}")
    if not judged:
        raise NotJudged("no delivery has a valid signature, so no timestamp can be trusted")


@requirement("HOOK-5")
def test_a_delivered_event_is_in_the_feed(live: Live, primary: Caller) -> None:
    """Each event that was delivered since the first trigger is in `/api/v1/events`, with the same id and type."""
    live.settle()
    ours = [delivery for delivery in live.own if delivery.received >= live.since and delivery.json is not None]
    if not ours:
        raise NotJudged("no delivery of JSON arrived")
    for delivery in ours:
        expect(delivery.event, f"{delivery.line}: its body holds no event, an object with an id and an eventType")
    strangers = event_ids(live.neighbour.deliveries) if live.neighbour else set()
    feed = _in_feed(primary, event_ids(ours) - strangers, live.settings.feed_within)
    for delivery in ours:
        if delivery.event and (event := feed.get(delivery.event.id)):
            same = event.get("eventType") == delivery.event.type
            expect(same, f"{delivery.line}: the feed has it as {event.get('eventType')!r}")


@requirement("HOOK-6")
@pytest.mark.parametrize("trouble", TROUBLES)
def test_what_was_not_received_is_sent_again(live: Live, trouble: ReceiverAnswer) -> None:
    """A delivery that met a 500, a dropped connection or a time-out is sent again, with a new signature and the same id."""
    attempts, met = live.attempts(trouble), TROUBLES[trouble]
    if len(attempts) < 2:
        expect(not live.never_again(trouble), f"{attempts[0].line}, which met {met}: it was not tried again")
        not_tested(f"a delivery that met {met} was not tried again within {live.waited}; it may be later")
    events = [attempt.event for attempt in attempts]
    others = [delivery for delivery in live.own if delivery.event not in events]
    fault = troubles.fault(attempts, others)
    expect(fault is None, f"{attempts[0].line}, which met {met}: {fault}")


@requirement("HOOK-7")
def test_two_endpoints_have_two_secrets(live: Live) -> None:
    """The secret of one endpoint does not verify the deliveries to another endpoint; that one's own secret does."""
    endpoints = [endpoint for endpoint in (live.main, live.troubled, live.neighbour) if endpoint]
    verified = {each.name: [delivery for delivery in each.deliveries if delivery.verified] for each in endpoints}
    if sum(map(bool, verified.values())) < 2:
        missing = "; ".join(dict.fromkeys(live.missing.values()))
        raise NotJudged(f"fewer than two endpoints got a delivery that their secrets verify; {missing}".rstrip("; "))
    for endpoint in endpoints:
        for other in endpoints:
            crossed = other is not endpoint and [
                each for each in verified[other.name] if each.verifies(endpoint.secret)
            ]
            expect(not crossed, f"the secret of the endpoint {endpoint.name} verifies what was sent to {other.name}")


# This check is the last of its family, because the risk of a late further delivery falls with time.
@requirement("HOOK-4")
def test_an_endpoint_gets_its_own_organizations_events_alone(live: Live, organization: str) -> None:
    """No event reaches endpoints of two organizations, and no event names another organization than the endpoint's."""
    _none_is_elsewhere(live, organization)
    if not live.neighbour:
        not_tested(live.missing["secondary"])
    if not event_ids(live.neighbour.deliveries):
        not_tested(live.missing.get("event", "the secondary organization's endpoint got none of its own events"))
    if not event_ids(live.own):
        raise NotJudged("the primary organization's endpoints got no event")


@requirement("HOOK-4", whole_run=True)
@pytest.mark.usefixtures("every_delivery")
def test_the_event_of_an_added_contact_stays_in_its_organization(live: Live, organization: str) -> None:
    """The event of a contact that `hooks.add_contact` adds reaches no endpoint of the other organization."""
    _none_is_elsewhere(live, organization)


def _none_is_elsewhere(live: Live, organization: str) -> None:
    for delivery in live.own:
        named = _organization(delivery)
        expect(named in (None, organization), f"{delivery.line}: it is an event of the organization {named}")
    shared = event_ids(live.own)
    for delivery in live.neighbour.deliveries if live.neighbour else ():
        expect(_organization(delivery) != organization, f"{delivery.line}: it is the primary organization's event")
        shown = f"{delivery.line}: the primary organization's endpoints got the same event"
        expect(not delivery.event or delivery.event.id not in shared, shown)


def _none_has(fault: Callable[[Delivery], str | None], deliveries: Sequence[Delivery]) -> None:
    broken = [(delivery, found) for delivery in deliveries if (found := fault(delivery))]
    if broken:
        delivery, found = broken[0]
        raise Violation(f"{delivery.line}: {found} ({len(broken)} of {len(deliveries)} deliveries)")


def _has_signature(delivery: Delivery) -> bool:
    return any(value.strip() for value in signatures.values(delivery.headers, signatures.HEADER))


def _in_feed(primary: Caller, wanted: Set[str], within: float) -> dict[str, Resource]:
    """Find the events of these ids in the feed `within` this many seconds: by walking it first and last, else on its first page.

    Raises Violation if one is missing, NotTested if the feed is too long to tell.
    """
    until, pause = time.monotonic() + within, _FIRST_PAUSE
    feed = _whole_feed(primary)
    while not wanted <= feed.shown.keys() and (left := until - time.monotonic()) > 0:
        time.sleep(min(pause, left))
        pause = min(2 * pause, _LONGEST_PAUSE)
        page = _feed_of(primary).walked("listEvents", limit=LARGEST, most_pages=1).pages[0]
        feed = _Feed({event["id"]: event for event in items(page)}, complete=False, page=page)
    if not wanted <= feed.shown.keys():
        feed = _whole_feed(primary)
    missing = ", ".join(sorted(set(wanted) - feed.shown.keys()))
    if missing and not feed.complete:
        not_tested(f"the feed is too long to be walked to its end, and did not show {missing} before")
    if missing:
        raise Violation(f"delivered, and not in the feed {within:.0f} s later: {missing}", feed.page)
    return {event_id: feed.shown[event_id] for event_id in wanted}


@dataclass(frozen=True)
class _Feed:
    """The events that the feed showed, by id; `complete` if it was walked to its end."""

    shown: dict[str, Resource]
    complete: bool
    page: Exchange


def _whole_feed(primary: Caller) -> _Feed:
    walked = _feed_of(primary).walk("listEvents")
    return _Feed({event["id"]: event for event in walked.items}, walked.complete, walked.pages[0])


def _feed_of(primary: Caller) -> Dataset:
    """The data as it is now: the feed grows."""
    return Dataset(primary, "primary")


def _organization(delivery: Delivery) -> str | None:
    """The organization that a delivery's body names, if it does."""
    body = delivery.json
    named = body.get("organizationId") if isinstance(body, dict) else None
    return named if isinstance(named, str) else None
