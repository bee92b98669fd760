"""OP-4, OP-5: what a single draft and a dossier must contain."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from conformance.cases.dataset import Dataset
from conformance.cases.filters import text_of
from conformance.cases.resource_states import perhaps_without_dossier, with_each_value
from conformance.cases.sampling import chooser, stratified
from conformance.cases.tables import Cut, Effort
from conformance.checks import (
    NotJudged,
    expect,
    not_tested,
    refused,
    requirement,
)
from conformance.oracles.consistency import Resource, moment, telling
from conformance.oracles.usable import as_id, unusable
from conformance.target.exchange import Exchange

_SOME_DRAFTS = Cut(quick=3, paced=4, standard=12)
_ALL_DRAFTS = 40
_ENGAGED = ("draft.opened", "draft.clicked", "draft.replied", "draft.bounced")
_MOST_ENGAGED = 2
# How many drafts with a snippet that seems cut are read; and how many different snippets must have the greatest length, and
# what share of all, for that length to count as a limit.
_MOST_CUT = 2
_FEWEST_CUT = 3
_USUAL = 10
# Contacts beyond the usual ones that are asked for a dossier until one has none.
_FURTHER = 16


@requirement("OP-4")
def test_draft_has_its_body(dataset: Dataset, run_effort: Effort) -> None:
    """A single draft's body is whole: never shorter than its snippet, and longer if the snippet was cut."""
    _whole_draft(dataset)
    cut = _cut_snippets(dataset.drafts)
    no_longer = []
    for draft in _some_drafts(dataset, run_effort) + cut[:_MOST_CUT]:
        single = _is_whole(dataset.single("getDraft", draft["id"]))
        more = _letters(_body(single)) - _letters(text_of(draft, "snippet"))
        expect(more >= 0, "the body is shorter than its snippet", single)
        no_longer += [single] if more == 0 and draft in cut[:_MOST_CUT] else []
    # One text may end by chance where others are cut, but not every one.
    expect(len(no_longer) < _MOST_CUT, "the body ends where its snippet was cut, in each of several drafts", *no_longer)
    if not any(_body(dataset.single("getDraft", draft["id"])) for draft in _some_drafts(dataset, run_effort)):
        not_tested("none of the drafts looked at has a body")


@requirement("OP-4")
def test_draft_has_its_timeline(dataset: Dataset, run_effort: Effort) -> None:
    """A single draft's engagement is oldest first, and not empty on every draft for which the feed has events."""
    _whole_draft(dataset)
    reported = _engaged(dataset)[:_MOST_ENGAGED]
    others = [draft["id"] for draft in _some_drafts(dataset, run_effort) if draft["id"] not in reported]
    drafts = [_is_whole(dataset.single("getDraft", id_)) for id_ in (*reported, *others)]
    for draft in drafts:
        times = [moment(entry.get("occurredAt")) for entry in _engagement(draft)]
        in_order = all(a <= b for a, b in pairwise(times) if a and b)
        expect(in_order, "the engagement is not in order, oldest first", draft)
    if any(map(_engagement, drafts)):
        return
    # The feed need not agree with a draft's engagement, but a timeline that is empty on every draft breaks the requirement.
    message = f"not one of {len(drafts)} drafts shows engagement, though the feed tells of some"
    expect(not reported, message, *drafts[: len(reported)])
    not_tested(f"none of the {len(drafts)} drafts looked at has engagement")


@requirement("OP-5")
def test_dossier_is_the_contacts_own(dataset: Dataset) -> None:
    """A dossier names the contact that it was requested for, and not another contact."""
    _names(dataset.served("getContactResearch"), dataset.researched())
    for contact in perhaps_without_dossier(dataset):
        answer = dataset.asked("getContactResearch", id=contact["id"])
        if unusable(answer) is None:
            _names(answer, contact["id"])


@requirement("OP-5")
def test_no_dossier(dataset: Dataset) -> None:
    """The dossier of a contact without a cached one is answered 404."""
    dataset.served("getContactResearch")
    looked_at = perhaps_without_dossier(dataset, _FURTHER)
    for contact in looked_at:
        answer = refused(dataset.asked("getContactResearch", id=contact["id"]), 200, 404)
        if answer.status == 404:
            return
        fault = unusable(answer)
        expect(not fault, f"{answer.line()}, a contact without a dossier: {fault}", answer)
        _names(answer, contact["id"])
        told = answer.json.get("summary") or answer.json.get("sections")
        expect(told, "an empty dossier, where 404 is expected", answer)
    not_tested(f"every contact looked at ({len(looked_at)}) has a dossier")


def _names(dossier: Exchange, contact: str) -> None:
    named = as_id(dossier.json.get("contactId"))
    if named is None:
        raise NotJudged("the dossier does not name its contact", dossier)
    expect(named == contact, f"the dossier of {contact} is of {named}", dossier)


def _whole_draft(dataset: Dataset) -> None:
    _is_whole(dataset.served("getDraft"))


def _is_whole(draft: Exchange) -> Exchange:
    missing = [name for name in ("body", "engagement") if name not in draft.json]
    expect(not missing, f"the draft has no {' and no '.join(missing)}", draft)
    return draft


def _body(draft: Exchange) -> str:
    return str(draft.json.get("body") or "")


def _engagement(draft: Exchange) -> list[Resource]:
    shown = draft.json.get("engagement")
    return [entry for entry in shown if isinstance(entry, dict)] if isinstance(shown, list) else []


def _cut_snippets(drafts: list[Resource]) -> list[Resource]:
    """The drafts whose snippet seems to be cut: it ends in an ellipsis, or has the greatest length, as many others do."""
    snippets = {text_of(draft, "snippet") for draft in drafts}
    longest = max(map(len, snippets), default=0)
    at_the_most = [text for text in snippets if len(text) == longest]
    usual = len(at_the_most) >= max(_FEWEST_CUT, len(snippets) / _USUAL)
    cut = {text for text in snippets if text.endswith(("…", "..."))} | set(at_the_most if usual else ())
    return [draft for draft in drafts if text_of(draft, "snippet") in cut]


def _some_drafts(dataset: Dataset, run_effort: Effort) -> list[Resource]:
    most = _SOME_DRAFTS.most(run_effort) or _ALL_DRAFTS
    each_status = with_each_value(dataset.drafts, "status", chooser(dataset.seed))
    return telling(dataset.drafts, most, [*each_status.values(), *stratified(dataset.drafts, most, dataset.seed)])


def _engaged(dataset: Dataset) -> list[str]:
    known = set(dataset.walk("listDrafts").ids)
    told = Counter(_subject(event) for event in dataset.events if event.get("eventType") in _ENGAGED)
    return [id_ for id_, _ in told.most_common() if id_ and id_ in known]


def _subject(event: Resource) -> str | None:
    about = event.get("resource")
    return as_id(about.get("id")) if isinstance(about, dict) else None


def _letters(text: str) -> int:
    # A text and its snippet may differ in white space and markup, but not in letters and digits.
    return sum(character.isalnum() for character in text)
