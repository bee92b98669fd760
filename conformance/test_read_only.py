"""OP-6, OP-7: every method but GET."""

from __future__ import annotations

from collections.abc import Iterator

import spec
from conformance.cases.dataset import Dataset
from conformance.cases.resource_ids import collection_of
from conformance.cases.sampling import none_has, with_its_key
from conformance.cases.tables import Cut, over
from conformance.cases.writes import MARK, WRITES, Write, Writer, read_before
from conformance.checks import expect, refused, requirement, sound
from conformance.oracles.consistency import Resource, disagreement, steady
from conformance.oracles.exchanges import API
from conformance.oracles.refusals import allow_fault
from conformance.oracles.usable import as_id
from conformance.target.client import Caller, Client
from conformance.target.client import target as wire
from conformance.target.exchange import Exchange
from spec.target import Target

_REFUSED = (401, 403, 404, 405, 501)
_SINGLE = ("getContact", "getList", "getDraft")
# The methods that are tried on another organization's resources.
_CHANGING = ("PATCH", "DELETE")


@requirement("OP-6")
@over(WRITES, Cut(quick=4, paced=6, standard=len(WRITES)))
def test_writes_are_refused(case: Write, dataset: Dataset, target: Target) -> None:
    """POST, PUT, PATCH and DELETE are refused, with a key and without one, and change nothing that GET shows."""
    before = read_before(case, dataset)
    writer = Writer(with_its_key(dataset.caller, before), target)
    attempts = [refused(attempt, *_REFUSED) for attempt in writer.send(case, before.path)]
    after = _look_again(writer.caller, before, attempts)
    if after.status == 200 and _change(before.json, sound(after).json):
        _changes_again(dataset, writer, case, before, after)


@requirement("OP-6")
@over(_SINGLE, Cut(quick=0, paced=0, standard=len(_SINGLE)))
def test_writes_change_nothing_foreign(case: str, dataset: Dataset, neighbour: Dataset, target: Target) -> None:
    """A write to another organization's resource, however it is refused, changes nothing that its owner is shown."""
    told: list[Exchange] = []
    writer = Writer(dataset.caller, target)
    for before in _foreign(neighbour, case):
        path = before.request.target
        sent = [attempt for method in _CHANGING for attempt in writer.send((method, case, ""), path)]
        attempts = [refused(attempt, *_REFUSED) for attempt in sent]
        after = _look_again(with_its_key(neighbour.caller, before), before, attempts)
        if not _change(before.json, sound(after).json):
            return
        told += [*attempts, after]
    # Another client may change one resource at that very moment, but hardly two.
    expect(False, f"writes to {case} of another organization change what its owner is shown", *told)


@requirement("OP-7")
@over(tuple(spec.contract().operations), Cut(quick=1, paced=2, standard=9))
def test_head(case: str, dataset: Dataset) -> None:
    """HEAD is answered as GET is, without a body (RFC 9110 9.3.2)."""
    get = dataset.served(case)
    head = refused(dataset.caller.send("HEAD", get.request.target, operation=case), get.status)
    expect(head.media_type in ("", get.media_type), f"HEAD says {head.media_type}, GET {get.media_type}", get, head)
    expect(not head.body, f"HEAD is answered with a body of {len(head.body)} bytes", head)


@requirement("OP-7", whole_run=True)
def test_allow(client: Client, dataset: Dataset) -> None:
    """Every 405 of the run names the allowed methods in Allow (RFC 9110 15.5.6)."""
    dataset.served("getMe")
    none_has(allow_fault, [one for one in client.exchanges if one.status == 405 and one.path.startswith(API)])


def _foreign(neighbour: Dataset, operation: str) -> Iterator[Exchange]:
    """The owner's readings of two resources, the second only if it is asked for."""
    yield neighbour.served(operation)
    last = neighbour.walk(collection_of(operation) or "").items[-1]
    yield sound(neighbour.caller.get(operation, id=last["id"]))


def _look_again(caller: Caller, before: Exchange, attempts: list[Exchange]) -> Exchange:
    after = caller.send("GET", before.request.target, operation=before.request.operation)
    told = f"{after.line()} after {attempts[-1].line()}"
    expect(after.status == before.status, told, before, *attempts, after)
    expect(MARK not in after.body.decode("utf-8", "replace"), "the written resource exists", *attempts, after)
    return after


def _changes_again(dataset: Dataset, writer: Writer, case: Write, before: Exchange, after: Exchange) -> None:
    # Another client may have changed it meanwhile, or a member counts the readings. So the write is repeated: a change counts
    # only if nothing changes between two plain readings. Another resource is used, because the first may stay as it was written.
    method, operation, _ = case
    path = _still_to_be_changed(dataset, operation, before, after)
    first, before = (sound(writer.caller.send("GET", path, operation=operation)) for _ in range(2))
    attempts = writer.send(case, before.path)
    after = sound(_look_again(writer.caller, before, attempts))
    change = _change(steady(before.json, first.json), after.json)
    expect(not change, f"{method} made a difference: {change}", *attempts, after)


def _change(before: Resource, after: Resource) -> str | None:
    if "data" not in after:
        return disagreement(before, after)
    if "data" not in before:
        return None  # it changes by itself between two readings
    shown, shown_now = ({as_id(item["id"]): item for item in page["data"]} for page in (before, after))
    if added := [id_ for id_ in shown_now if id_ not in shown]:
        return f"the list shows {added[:1]} now"
    if lost := [id_ for id_ in shown if id_ not in shown_now]:
        return f"the list lacks {lost[:1]} now"
    return next(filter(None, (disagreement(item, shown_now[id_]) for id_, item in shown.items())), None)


def _still_to_be_changed(dataset: Dataset, operation: str, before: Exchange, after: Exchange) -> str:
    """The address of a resource that a write has not changed yet; that of the written one if there is no other."""
    listing = collection_of(operation)
    if listing is None or operation == "getContactResearch":
        return before.request.target
    changed = {name: value for name, value in after.json.items() if disagreement(before.json, {name: value})}
    others = [item for item in dataset.walk(listing).items if item["id"] != as_id(before.json["id"])]
    fit = [item for item in others if disagreement(changed, item)]
    return wire(operation, id=fit[-1]["id"]) if fit else before.request.target
