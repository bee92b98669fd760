"""OP-6, OP-7: every method but GET."""

from __future__ import annotations

import json
from itertools import product

import spec
from conformance.cases.dataset import Dataset
from conformance.cases.resource_ids import collection_of
from conformance.cases.sampling import answered, with_its_key
from conformance.cases.tables import Cut, over
from conformance.checks import expect, refused, requirement, sound
from conformance.oracles.consistency import Resource, disagreement, steady
from conformance.oracles.exchanges import API
from conformance.oracles.refusals import allow_fault
from conformance.oracles.usable import as_id
from conformance.target.client import Caller, Client, target
from conformance.target.exchange import Exchange

# The writes that a client would expect come first: create, change and delete a resource.
_METHODS = ("POST", "PATCH", "DELETE", "PUT")
WRITES = tuple(product(_METHODS, spec.contract().operations))
_REFUSED = (401, 403, 404, 405, 501)
_MARK = "written-by-the-conformance-gate"
_MEMBERS = (
    "name",
    "firstName",
    "lastName",
    "email",
    "companyName",
    "title",
    "subject",
    "body",
    "description",
    "summary",
)
_BODY = json.dumps(dict.fromkeys(_MEMBERS, _MARK))


@requirement("OP-6")
@over(WRITES, Cut(quick=4, paced=6, standard=36))
def test_writes_are_refused(case: tuple[str, str], dataset: Dataset) -> None:
    """No other method changes a resource that GET serves, and none is answered as if it had changed one."""
    method, operation = case
    before = dataset.served(operation)
    caller = with_its_key(dataset.caller, before)
    attempt = refused(_write(caller, before, method, operation), *_REFUSED)
    after = _look_again(caller, before, attempt)
    if _change(before.json, after.json):
        _changes_again(dataset, caller, case, before, after)


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
    for answer in client.exchanges:
        if answer.status == 405 and answer.path.startswith(API):
            fault = allow_fault(answer)
            expect(fault is None, f"{fault}", answer)


def _write(caller: Caller, before: Exchange, method: str, operation: str) -> Exchange:
    def send() -> Exchange:
        return caller.send(method, before.path, operation=operation, body=_BODY)

    return answered(send, caller)


def _look_again(caller: Caller, before: Exchange, attempt: Exchange) -> Exchange:
    after = caller.send("GET", before.request.target, operation=before.request.operation)
    expect(after.status == 200, f"{after.line()} after {attempt.line()}", attempt, after)
    expect(_MARK not in after.body.decode("utf-8", "replace"), "the written resource exists", attempt, after)
    return sound(after)


def _changes_again(dataset: Dataset, caller: Caller, case: tuple[str, str], before: Exchange, after: Exchange) -> None:
    # Another client may have changed it meanwhile, or a member counts the readings. So the write is repeated: a change counts
    # only if nothing changes between two plain readings. Another resource is used, because the first may stay as it was written.
    method, operation = case
    path = _still_to_be_changed(dataset, operation, before, after)
    first, before = (sound(caller.send("GET", path, operation=operation)) for _ in range(2))
    attempt = _write(caller, before, method, operation)
    after = _look_again(caller, before, attempt)
    change = _change(steady(before.json, first.json), after.json)
    expect(not change, f"{method} made a difference: {change}", attempt, after)


def _change(before: Resource, after: Resource) -> str | None:
    if "data" not in after:
        return disagreement(before, after)
    if "data" not in before:
        return None  # it changes by itself between two readings
    shown, shown_now = ([as_id(item["id"]) for item in page["data"]] for page in (before, after))
    added = [id_ for id_ in shown_now if id_ not in shown]
    if added:
        return f"the list shows {added[:1]} now"
    return "the list is empty now" if shown and not shown_now else None


def _still_to_be_changed(dataset: Dataset, operation: str, before: Exchange, after: Exchange) -> str:
    """The address of a resource that a write has not changed yet; that of the written one if there is no other."""
    listing = collection_of(operation)
    if listing is None or operation == "getContactResearch":
        return before.request.target
    changed = {name: value for name, value in after.json.items() if disagreement(before.json, {name: value})}
    others = [item for item in dataset.walk(listing).items if item["id"] != as_id(before.json["id"])]
    fit = [item for item in others if disagreement(changed, item)]
    return target(operation, id=fit[-1]["id"]) if fit else before.request.target
