"""OP-6, OP-7: every method but GET."""

from __future__ import annotations

import json

import pytest

from conformance.cases.dataset import Dataset
from conformance.cases.resource_ids import collection_of
from conformance.cases.sampling import answered, each
from conformance.checks import Violation, expect, refused, requirement, sound
from conformance.oracles.consistency import Resource, disagreement, steady
from conformance.oracles.exchanges import API
from conformance.oracles.usable import as_id
from conformance.target.client import Client, target
from conformance.target.exchange import Exchange

# What a client might hope to do: make a resource, change it, remove it.
WRITES: dict[str, tuple[str, ...]] = {
    "listContacts": ("POST",),
    "listLists": ("POST",),
    "listDrafts": ("POST",),
    "listEvents": ("POST",),
    "getContactResearch": ("POST",),
    "getContact": ("PUT", "PATCH", "DELETE"),
    "getList": ("DELETE",),
    "getDraft": ("PATCH",),
}
# Where a write is seen to be refused, and not looked for afterwards.
_ANSWER_TELLS = ("listLists", "listDrafts", "listEvents", "getContactResearch")
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
@pytest.mark.parametrize("operation", WRITES)
def test_writes_are_refused(operation: str, dataset: Dataset) -> None:
    """What GET serves no other method changes, and none is answered as if it had."""
    before = dataset.served(operation)
    attempts = _write(dataset, before, operation)
    for attempt in attempts:
        refused(attempt, *_REFUSED)
    if operation in _ANSWER_TELLS:
        return
    after = _look_again(dataset, before, attempts)
    if _change(before.json, after.json):
        _changes_again(dataset, operation, before, after)


@requirement("OP-7", whole_run=True)
def test_head_and_allow(client: Client, dataset: Dataset) -> None:
    """HEAD is answered as GET is, without a body; a 405 of the run says which methods there are (RFC 9110 9.3.2, 15.5.6)."""

    def check(operation: str) -> None:
        get = dataset.served(operation)
        head = refused(dataset.caller.send("HEAD", get.request.target, operation=operation), get.status)
        expect(head.media_type in ("", get.media_type), f"HEAD says {head.media_type}, GET {get.media_type}", get, head)
        expect(not head.body, f"HEAD is answered with a body of {len(head.body)} bytes", head)

    each(("getMe",), check)
    for answer in client.exchanges:
        if answer.status == 405 and answer.path.startswith(API):
            expect(answer.headers.get("allow") is not None, "a 405 without Allow", answer)


def _write(dataset: Dataset, before: Exchange, operation: str) -> list[Exchange]:
    path = before.path

    def send(method: str) -> Exchange:
        return answered(lambda: dataset.caller.send(method, path, operation=operation, body=_BODY), dataset.caller)

    return [send(method) for method in WRITES[operation]]


def _look_again(dataset: Dataset, before: Exchange, attempts: list[Exchange]) -> Exchange:
    after = dataset.caller.send("GET", before.request.target, operation=before.request.operation)
    if after.status != 200:
        raise Violation(f"{after.line()} after {', '.join(attempt.line() for attempt in attempts)}", *attempts, after)
    if _MARK in after.body.decode("utf-8", "replace"):
        raise Violation("what was written is there", *attempts, after)
    return sound(after)


def _changes_again(dataset: Dataset, operation: str, before: Exchange, after: Exchange) -> None:
    # Somebody else may have changed it meanwhile, or it counts its own readings: only what stays as it is between two
    # readings and changes with a write counts; of another resource, as the first may be for good what a write makes it.
    path = _still_to_be_changed(dataset, operation, before, after)
    first, before = (sound(dataset.caller.send("GET", path, operation=operation)) for _ in range(2))
    attempts = _write(dataset, before, operation)
    after = _look_again(dataset, before, attempts)
    change = _change(steady(before.json, first.json), after.json)
    expect(not change, f"{', '.join(WRITES[operation])} made a difference: {change}", *attempts, after)


def _change(before: Resource, after: Resource) -> str | None:
    if "data" not in after:
        return disagreement(before, after)
    if "data" not in before:
        return None  # it changes from one reading to the next
    shown, shown_now = ([as_id(item["id"]) for item in page["data"]] for page in (before, after))
    added = [id_ for id_ in shown_now if id_ not in shown]
    if added:
        return f"the list shows {added[:1]} now"
    return "the list is empty now" if shown and not shown_now else None


def _still_to_be_changed(dataset: Dataset, operation: str, before: Exchange, after: Exchange) -> str:
    """The address of a resource that differs from a written one in what the write changed; of that one where there is none."""
    listing = collection_of(operation)
    if listing is None:
        return before.request.target
    changed = {name: value for name, value in after.json.items() if disagreement(before.json, {name: value})}
    others = [item for item in dataset.walk(listing).items if item["id"] != as_id(before.json["id"])]
    fit = [item for item in others if disagreement(changed, item)]
    return target(operation, id=fit[-1]["id"]) if fit else before.request.target
