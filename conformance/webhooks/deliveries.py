"""Deliveries to a webhook endpoint, live or recorded, and what is wrong with them (HOOK-1 to HOOK-3)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from conformance.oracles.usable import as_id
from conformance.webhooks import signatures
from conformance.webhooks.signatures import Headers, Signature, UnreadableSignature

FRESH = 300.0
"""The most seconds between a timestamp and the receiver's clock."""

# A Date header has whole seconds, and the timestamp may be rounded too.
_ROUNDING = 2.0
_SHOWN = 60


class RecordError(Exception):
    """A file of recorded deliveries that cannot be used; the message is one line that names the file's line."""


@dataclass(frozen=True)
class Event:
    """The event in a delivery's body."""

    id: str
    type: str


@dataclass(frozen=True)
class Delivery:
    """One request to an endpoint. `received` is in unix seconds of our clock, `at` in seconds of the target's.

    `secret` is the endpoint's signing secret, empty if it is not known; `method` and `at` are None in a recording.
    """

    endpoint: str
    method: str | None
    headers: Headers = field(repr=False)
    body: bytes = field(repr=False)
    received: float
    secret: str = field(repr=False)
    at: float | None = None
    number: int = 0

    @property
    def media_type(self) -> str:
        """The body's media type in lower case, without parameters; empty if none is declared."""
        declared = [*signatures.values(self.headers, "content-type"), ""][0]
        return declared.partition(";")[0].strip().lower()

    @cached_property
    def json(self) -> Any:
        """The decoded body; None if it is no JSON."""
        try:
            return json.loads(self.body.decode("utf-8"), parse_constant=_refuse)
        except (ValueError, RecursionError):
            return None

    @cached_property
    def event(self) -> Event | None:
        """The body's event: its outermost object that has an id and an eventType."""
        for found in _objects(self.json):
            id_ = as_id(found.get("id"))
            if id_ and isinstance(found.get("eventType"), str):
                return Event(id_, found["eventType"])
        return None

    @cached_property
    def signature(self) -> Signature | None:
        """The signature in its headers; None if it has none in an accepted form."""
        try:
            return signatures.read(self.headers)
        except UnreadableSignature:
            return None

    @property
    def verified(self) -> bool:
        """Whether it is signed as the documentation says, with its endpoint's secret."""
        return self.verifies(self.secret)

    def verifies(self, secret: str) -> bool:
        """Whether it is signed as the documentation says, with that secret."""
        return self.signature is not None and signatures.verifies(self.signature, secret, self.body)

    @property
    def line(self) -> str:
        """The delivery on one line, for messages, without anything secret."""
        event = f" ({_plain(self.event.type)} {_plain(self.event.id)})" if self.event else ""
        return f"delivery {self.number} to {self.endpoint}{event}"


def shape_fault(delivery: Delivery) -> str | None:
    """Why a delivery is not a POST of JSON with a signature header, in one line; None if it is (HOOK-1)."""
    if delivery.method not in (None, "POST"):
        return f"it is a {delivery.method}, not a POST"
    if delivery.media_type != "application/json" and not delivery.media_type.endswith("+json"):
        return f"its Content-Type is {delivery.media_type or 'missing'}, not application/json"
    if delivery.json is None:
        return "its body is no JSON document"
    if not any(value.strip() for value in signatures.values(delivery.headers, signatures.HEADER)):
        return f"it has no {signatures.HEADER}"
    return None


def signature_fault(delivery: Delivery) -> str | None:
    """What is wrong with a delivery's signature, in one line; None if nothing (HOOK-2)."""
    try:
        signature = signatures.read(delivery.headers)
    except UnreadableSignature as reason:
        return str(reason)
    if signatures.verifies(signature, delivery.secret, delivery.body):
        return None
    mistake = signatures.mistake(signature, delivery.secret, delivery.body)
    wrong = "it is not HMAC-SHA256(timestamp + '.' + raw body) under the endpoint's signing secret"
    return f"{wrong}: {mistake}" if mistake else wrong


def timestamp_fault(delivery: Delivery, now: float) -> str | None:
    """What is wrong with a signed timestamp if the receiver's clock shows `now`, unix seconds; None if nothing (HOOK-3)."""
    timestamp = delivery.signature.timestamp if delivery.signature else ""
    moment = signatures.seconds(timestamp)
    if moment is None:
        return "its timestamp is no number of seconds"
    if abs(moment - now) <= FRESH + _ROUNDING:
        return None
    if abs(moment / 1000 - now) <= FRESH + _ROUNDING:
        return "its timestamp is in milliseconds, not seconds"
    return f"its timestamp is {moment - now:+.0f} s from the receiver's clock"


def event_ids(deliveries: Iterable[Delivery]) -> set[str]:
    """The ids of the events in deliveries."""
    return {delivery.event.id for delivery in deliveries if delivery.event}


Clock = Callable[[Delivery], float]
"""The time of a clock at which a delivery arrived, in unix seconds."""


def stale(deliveries: Sequence[Delivery], *clocks: Clock) -> tuple[Delivery, str] | None:
    """The first delivery whose timestamp is not fresh, and what is wrong with it; None if all are.

    The receiver's clock is the one of `clocks` by which all are fresh, otherwise the last one.
    """
    broken: list[tuple[Delivery, str]] = []
    for clock in clocks:
        broken = [(each, fault) for each in deliveries if (fault := timestamp_fault(each, clock(each)))]
        if not broken:
            return None
    return broken[0]


def real_time(ahead: float = 0.0) -> Clock:
    """The time of arrival by this machine's clock, plus `ahead` seconds."""
    return lambda delivery: delivery.received + ahead


def _test_clock(first: float, ahead: float) -> Clock:
    """The target's test clock, which shows `first` at the first delivery.

    A run moves it while attempts are on their way, so it is the time nearest to a timestamp that it showed until the arrival.
    """

    def shown(delivery: Delivery) -> float:
        at = delivery.at or 0.0
        moment = signatures.seconds(delivery.signature.timestamp) if delivery.signature else None
        return ahead + (at if moment is None else sorted((first, moment - ahead, at))[1])

    return shown


def clocks(deliveries: Sequence[Delivery], ahead: float) -> Sequence[Clock]:
    """The clocks by which a target may sign deliveries: real time and its test clock, as they are and plus `ahead` seconds."""
    first = min((delivery.at or 0.0 for delivery in deliveries), default=0.0)
    return [clock for by in (0.0, ahead) for clock in (real_time(by), _test_clock(first, by))]


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    headers: dict[str, str | list[str]]
    body: bytes
    received_at: float = msgspec.field(name="receivedAt")
    secret: str


def recorded(path: Path) -> tuple[Delivery, ...]:
    """The deliveries of a file, one on each line: `{"headers", "body" (base64), "receivedAt" (unix seconds), "secret"}`.

    Empty lines are ignored. Raises RecordError, in one line that shows nothing secret.
    """
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise RecordError(f"{path}: {error.strerror}") from None
    found = tuple(_recorded(path, number, line) for number, line in enumerate(lines, start=1) if line.strip())
    if not found:
        raise RecordError(f"{path}: holds no delivery")
    return found


def _recorded(path: Path, number: int, text: bytes) -> Delivery:
    try:
        line = msgspec.json.decode(text, type=_Line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RecordError(f"{path}: line {number}: {error}") from None
    if not line.secret:
        raise RecordError(f"{path}: line {number}: secret: empty")
    headers = tuple(_flat(line.headers))
    return Delivery(path.name, None, headers, line.body, line.received_at, line.secret, number=number)


def _flat(headers: Mapping[str, str | list[str]]) -> Iterator[tuple[str, str]]:
    for name, value in headers.items():
        for each in [value] if isinstance(value, str) else value:
            yield name, each


def _objects(document: Any) -> Iterator[dict[str, Any]]:
    """The objects of a JSON document, from the outermost inwards, a few levels deep."""
    level = [document]
    for _ in range(4):
        objects = [value for value in level if isinstance(value, dict)]
        yield from objects
        level = [inner for found in objects for inner in found.values()]


def _plain(text: str) -> str:
    """A text of the target's, short, and on one line."""
    return text if text.isprintable() and len(text) <= _SHOWN else f"{text[:_SHOWN]!a}…"


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")
