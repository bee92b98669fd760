"""OP: the nine operations."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random
from typing import Any

import pytest

import spec
from conformance.cases.dataset import Dataset
from conformance.cases.resource_ids import Opening, collection_of, unknown_id
from conformance.cases.resource_states import Known, in_each_state, with_each_value
from conformance.cases.sampling import cases, stratified
from conformance.cases.tables import Cut, Effort, over
from conformance.checks import (
    NotJudged,
    NotTested,
    Violation,
    expect,
    items,
    not_tested,
    refused,
    requirement,
    served,
    sound,
)
from conformance.oracles.consistency import Resource, disagreement, moment, steady, telling
from conformance.oracles.openapi_core_check import second_opinion
from conformance.oracles.schemas import fault_of
from conformance.oracles.usable import as_id, member, resource, unusable
from conformance.target.client import Caller, Client
from conformance.target.exchange import Exchange
from spec.target import Target

OPERATIONS = tuple(spec.contract().operations)
SINGLE = tuple(operation for operation in OPERATIONS if collection_of(operation))
# Operations that read singly what a list shows, and how many awkward ones of each list are read.
READ_BOTH_WAYS = ("getContact", "getList", "getDraft")
_AWKWARD = 8
_SOME_DRAFTS = Cut(quick=3, paced=4, standard=12)
_ALL_DRAFTS = 40
# How the keys that hold one scope alone are labelled.
_SINGLE_SCOPE = "keys.single_scope."
_ENGAGED = ("draft.opened", "draft.clicked", "draft.replied", "draft.bounced")
_MOST_ENGAGED = 2
# How many drafts with a snippet that seems cut are read; and how many different ones, at least one
# in so many, make their length a limit.
_MOST_CUT = 2
_FEWEST_CUT = 3
_USUAL = 10
_MOST_WITHOUT_DOSSIER = 8
_TRIES = 3


@dataclass
class Singles:
    """Resources of the dataset read singly, each once."""

    dataset: Dataset
    _known: dict[tuple[str, str], Exchange] = field(default_factory=dict)

    def read(self, operation: str, id_: str) -> Exchange:
        """The resource of that id, as its operation reads it. Raises NotJudged where it is not served."""
        if (operation, id_) not in self._known:
            at_hand = self.dataset.parameters(operation)["id"] == id_
            caller = self.dataset.caller
            self._known[operation, id_] = (
                self.dataset.served(operation) if at_hand else served(caller, operation, id=id_)
            )
        return self._known[operation, id_]


@pytest.fixture(scope="module")
def singles(dataset: Dataset) -> Singles:
    """Resources read singly."""
    return Singles(dataset)


@requirement("OP-1")
@pytest.mark.parametrize("operation", OPERATIONS)
def test_served(operation: str, dataset: Dataset) -> None:
    """A full key is answered 200 with the JSON that the operation's schema asks for."""
    try:
        answer = dataset.served(operation)
    except NotJudged as failure:
        raise Violation(str(failure), *failure.exchanges) from None
    fault = fault_of(answer)
    expect(not fault, f"{answer.line()}: {fault}", answer)


@requirement("OP-1", whole_run=True)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_second_opinion(operation: str, client: Client) -> None:
    """A second validator, which finds operation, status and media type in the document itself, says the same of one answer."""
    answers = cases(
        client, lambda e: e.request.operation == operation and e.request.method == "GET" and e.status == 200
    )
    shortest = min(answers, key=lambda answer: (not _tells_something(answer), len(answer.body)))
    fault = second_opinion(shortest)
    expect(not fault, f"openapi-core: {fault}", shortest)


@requirement("OP-2", needs=())
def test_me_reports_the_key(primary: Caller, dataset: Dataset) -> None:
    """Two keys of one organization see the same organization, each its own key, and see so again."""
    first = dataset.served("getMe")
    own = {caller.keys[0].secret == Opening("getMe", {}, first).secret: caller for caller in primary.each()}
    if len(own) < 2:
        not_tested("needs two keys in organizations.primary.api_keys")
    second, again = _who_asks(own[False], first), _who_asks(own[True], first)
    expect(_organization(first) == _organization(second), "two organizations for two keys of one", first, second)
    expect(_key(first) != _key(second), "one apiKey for two keys", first, second)
    expect(_key(first) == _key(again), "two apiKeys for one key", first, again)


@requirement("OP-2", needs=("organizations.secondary",))
def test_me_reports_the_organization(dataset: Dataset, neighbour: Dataset) -> None:
    """Keys of two organizations see two keys and two organizations."""
    ours, theirs = dataset.served("getMe"), neighbour.served("getMe")
    expect(_organization(ours) != _organization(theirs), "one organization for keys of two", ours, theirs)
    expect(_key(ours) != _key(theirs), "one apiKey for keys of two organizations", ours, theirs)


@requirement("OP-2", needs=())
@pytest.mark.parametrize("name", ["primary", "secondary"])
def test_me_reports_what_the_organization_is_known_as(name: str, client: Client, target: Target) -> None:
    """`/me` reports the id and the name that the target's description gives an organization."""
    organization = target.organizations.primary if name == "primary" else target.organizations.secondary
    wanted = {"id": organization.id, "name": organization.name}
    given = {what: value for what, value in wanted.items() if value is not None and organization.api_keys}
    if not given:
        return
    me = served(client.caller(f"organizations.{name}.api_keys", organization.api_keys), "getMe")
    for what, value in given.items():
        told = member(me, "organization", what)
        expect(str(told) == value, f"/me reports the organization's {what} as {told!r}, it is {value!r}", me)


@requirement("OP-2", needs=(), whole_run=True)
def test_me_reports_whichever_key_asks(client: Client) -> None:
    """No two keys of the run see one `apiKey`, and none one of scopes that it does not hold."""
    asked: dict[Any, Exchange] = {}
    for answer in cases(client, _me_of_known_key):
        first = asked.setdefault(_key(answer), answer)
        expect(_secret(first) == _secret(answer), "one apiKey for two keys", first, answer)
        held = _held_alone(_label(answer))
        if held is not None:
            shown = member(answer, "apiKey", "scopes")
            others = (set(shown) & set(spec.contract().scopes)) - held
            expect(
                not others, f"a key with {', '.join(held) or 'no scope'} is told that it holds {sorted(others)}", answer
            )
            expect(shown or not held, f"a key with {', '.join(held)} is told that it holds none", answer)


def read_both_ways(dataset: Dataset) -> list[Known]:
    """Resources in each of their states, and from all over their lists, awkward ones among them."""
    found = [known for known in in_each_state(dataset) if known.operation in READ_BOTH_WAYS]
    for operation in READ_BOTH_WAYS:
        with suppress(NotTested):
            walk = dataset.walk(collection_of(operation) or "")
            awkward = telling(walk.items, _AWKWARD, stratified(walk.items, _AWKWARD, dataset.seed))
            found += [Known(operation, listed["id"], "awkward") for listed in awkward]
    return list({(known.operation, known.id): known for known in found}.values())


@requirement("OP-3")
@over(read_both_ways, Cut(quick=9, paced=12, standard=60))
def test_single_agrees_with_list(case: Known, dataset: Dataset, singles: Singles) -> None:
    """A resource of a list is the same read singly."""
    walk = dataset.walk(collection_of(case.operation) or "")
    single = singles.read(case.operation, case.id)
    pages = {item["id"]: (item, page) for page in walk.pages for item in items(page)}
    listed, page = pages[case.id]
    if disagreement(listed, resource(single)):
        _still_disagree(dataset.caller, case.id, page, case.operation)


@requirement("OP-4")
def test_draft_has_its_body(dataset: Dataset, singles: Singles, run_effort: Effort) -> None:
    """A single draft's body is whole: never shorter than the snippet of it, and longer where that was cut."""
    _whole_draft(dataset)
    cut = _cut_snippets(dataset.drafts)
    no_longer = []
    for draft in _some_drafts(dataset, run_effort) + cut[:_MOST_CUT]:
        single = singles.read("getDraft", draft["id"])
        more = _letters(_body(single)) - _letters(str(draft.get("snippet") or ""))
        expect(more >= 0, "the body is shorter than its snippet", single)
        no_longer += [single] if more == 0 and draft in cut[:_MOST_CUT] else []
    # A text may happen to end where others are cut; hardly every one.
    expect(len(no_longer) < _MOST_CUT, "the body ends where its snippet was cut, in each of several drafts", *no_longer)
    if not any(_body(singles.read("getDraft", draft["id"])) for draft in _some_drafts(dataset, run_effort)):
        not_tested("none of the drafts looked at has a body")


@requirement("OP-4")
def test_draft_has_its_timeline(dataset: Dataset, singles: Singles, run_effort: Effort) -> None:
    """What a single draft shows of its engagement is oldest first; of several that the feed tells of, some draft shows any."""
    _whole_draft(dataset)
    reported = _engaged(dataset)[:_MOST_ENGAGED]
    others = [draft["id"] for draft in _some_drafts(dataset, run_effort) if draft["id"] not in reported]
    drafts = [singles.read("getDraft", id_) for id_ in (*reported, *others)]
    for draft in drafts:
        times = [moment(entry.get("occurredAt")) for entry in _engagement(draft)]
        in_order = all(a <= b for a, b in pairwise(times) if a and b)
        expect(in_order, "the engagement is not in order, oldest first", draft)
    if any(map(_engagement, drafts)):
        return
    # The feed need not agree with a draft's engagement; but a timeline that is empty on every draft is none.
    message = f"not one of {len(drafts)} drafts shows engagement, though the feed tells of some"
    expect(not reported, message, *drafts[: len(reported)])
    not_tested(f"none of the {len(drafts)} drafts looked at has engagement")


@requirement("OP-5")
def test_dossier_is_the_contacts_own(dataset: Dataset) -> None:
    """A dossier names the contact that it was asked for, and others that there are name their own."""
    _names(dataset.served("getContactResearch"), dataset.researched())
    for contact in _perhaps_without_dossier(dataset):
        answer = dataset.asked("getContactResearch", id=contact["id"])
        if unusable(answer) is None:
            _names(answer, contact["id"])


@requirement("OP-5")
def test_no_dossier(dataset: Dataset) -> None:
    """A contact without a cached dossier has none to be served: 404."""
    dataset.served("getContactResearch")
    for contact in _perhaps_without_dossier(dataset):
        answer = refused(dataset.asked("getContactResearch", id=contact["id"]), 200, 404)
        if answer.status == 404:
            return
        fault = unusable(answer)
        expect(not fault, f"{answer.line()}, a contact without a dossier: {fault}", answer)
        _names(answer, contact["id"])
        told = answer.json.get("summary") or answer.json.get("sections")
        expect(told, "a dossier of nothing, where 404 is the answer", answer)
    not_tested(f"every contact looked at ({_MOST_WITHOUT_DOSSIER} at the most) has a dossier")


@requirement("OP-10")
@pytest.mark.parametrize("operation", SINGLE)
def test_unknown_id(operation: str, dataset: Dataset, seed: int) -> None:
    """What a known id is served, a well-formed id that nobody has is not: 404."""
    dataset.served(operation)
    known = dataset.walk(collection_of(operation) or "")
    for attempt in range(_TRIES):
        answer = dataset.asked(operation, id=unknown_id(dataset, operation, seed, attempt))
        # Of a list too long to be walked to its end not all ids are known: perhaps this one exists.
        if known.complete or unusable(answer):
            refused(answer, 404)
            return
    not_tested(f"{_TRIES} made-up ids were served, of a list that was not walked to its end")


def _who_asks(caller: Caller, known: Exchange) -> Exchange:
    """What a key is told at `/me`, in another answer than the one known: the preflight asked that already, as a rule."""
    told = (e for e in caller.client.exchanges if e is not known and _me_of_known_key(e))
    return next((e for e in told if e.request.credential in caller.keys), None) or served(caller, "getMe")


def _still_disagree(caller: Caller, id_: str, page: Exchange, operation: str) -> None:
    # The resource may have changed between the two readings, or count them: only what differs again, and stays as it is
    # when it is read twice in the same way, counts.
    before = served(caller, operation, id=id_)
    again = sound(caller.send("GET", page.request.target, operation=page.request.operation))
    single = served(caller, operation, id=id_)
    listed: Resource = next((item for item in items(again) if item["id"] == id_), {})
    difference = disagreement(steady(resource(single), resource(before)), listed)
    expect(not difference, f"{id_} read singly and in its list: {difference}", single, again)


def _names(dossier: Exchange, contact: str) -> None:
    named = as_id(dossier.json.get("contactId"))
    if named is None:
        raise NotJudged("the dossier does not say whose it is", dossier)
    expect(named == contact, f"the dossier of {contact} is of {named}", dossier)


def _perhaps_without_dossier(dataset: Dataset) -> list[Resource]:
    found = stratified(dataset.contacts, _MOST_WITHOUT_DOSSIER, dataset.seed + 1)
    return [contact for contact in found if contact["id"] != dataset.researched()]


def _whole_draft(dataset: Dataset) -> None:
    draft = dataset.served("getDraft")
    missing = [name for name in ("body", "engagement") if name not in draft.json]
    expect(not missing, f"the draft has no {' and no '.join(missing)}", draft)


def _body(draft: Exchange) -> str:
    return str(draft.json.get("body") or "")


def _engagement(draft: Exchange) -> list[Resource]:
    shown = draft.json.get("engagement")
    return [entry for entry in shown if isinstance(entry, dict)] if isinstance(shown, list) else []


def _cut_snippets(drafts: list[Resource]) -> list[Resource]:
    """The drafts whose snippet seems to be cut: it ends in an ellipsis, or is as long as many different ones are at the most."""
    snippets = {text for draft in drafts if isinstance(text := draft.get("snippet"), str)}
    longest = max(map(len, snippets), default=0)
    at_the_most = [text for text in snippets if len(text) == longest]
    usual = len(at_the_most) >= max(_FEWEST_CUT, len(snippets) / _USUAL)
    cut = {text for text in snippets if text.endswith(("…", "..."))} | set(at_the_most if usual else ())
    return [draft for draft in drafts if draft.get("snippet") in cut]


def _some_drafts(dataset: Dataset, run_effort: Effort) -> list[Resource]:
    most = _SOME_DRAFTS.most(run_effort) or _ALL_DRAFTS
    each_status = with_each_value(dataset.drafts, "status", Random(dataset.seed))  # noqa: S311 — nothing to keep secret
    return telling(dataset.drafts, most, [*each_status.values(), *stratified(dataset.drafts, most, dataset.seed)])


def _engaged(dataset: Dataset) -> list[str]:
    known = set(dataset.walk("listDrafts").ids)
    told = Counter(_subject(event) for event in dataset.events if event.get("eventType") in _ENGAGED)
    return [id_ for id_, _ in told.most_common() if id_ and id_ in known]


def _subject(event: Resource) -> str | None:
    about = event.get("resource")
    return as_id(about.get("id")) if isinstance(about, dict) else None


def _tells_something(answer: Exchange) -> bool:
    return isinstance(answer.json, dict) and answer.json.get("data") != []


def _me_of_known_key(exchange: Exchange) -> bool:
    named = exchange.request.operation == "getMe" and exchange.request.credential is not None
    told = named and unusable(exchange) is None and as_id(member(exchange, "apiKey", "id"))
    return bool(told) and isinstance(member(exchange, "apiKey", "scopes"), list)


def _label(exchange: Exchange) -> str:
    return exchange.request.credential.label if exchange.request.credential else ""


def _secret(exchange: Exchange) -> str:
    return exchange.request.credential.secret if exchange.request.credential else ""


def _held_alone(label: str) -> set[str] | None:
    """The scopes of a key that the target's description says to hold one alone, or none; None for other keys."""
    if label.startswith("keys.no_scope["):
        return set()
    member, _, _ = label.partition("[")
    return {member.removeprefix(_SINGLE_SCOPE)} if member.startswith(_SINGLE_SCOPE) else None


def _organization(me: Exchange) -> Any:
    return _told(me, "organization")


def _key(me: Exchange) -> Any:
    return _told(me, "apiKey")


def _told(me: Exchange, part: str) -> str:
    found = as_id(member(me, part, "id"))
    if found is None:
        raise NotJudged(f"/me does not name the {part} by its id", me)
    return found


def _letters(text: str) -> int:
    # White space and markup may differ between a text and its snippet; letters and digits may not.
    return sum(character.isalnum() for character in text)
