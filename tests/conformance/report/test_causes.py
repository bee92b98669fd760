"""The usual cause that a report names fits what was seen; where nothing fits, none is named."""

from __future__ import annotations

import pytest

import spec
from conformance.report.causes import _CAUSES, usual_cause, usual_causes
from tests.support.gate import run_gate

# What the gate said of mocks with one fault each, and a part of the cause that is true of that fault.
SEEN = (
    ("AUTH-1", "GET getMe: GET /api/v1/me → 200, expected 401 (116 of 116 cases)", "does not cover every request"),
    (
        "AUTH-1",
        "GET getMe: GET /api/v1/me → 302, expected 401; as if from within GET getMe: GET /api/v1/me → 302",
        "log-in",
    ),
    ("AUTH-1", "with If-None-Match GET getMe: GET /api/v1/me → 304 without a valid key", "a validator is compared"),
    (
        "AUTH-1",
        "GET listContacts limit=many: GET /api/v1/contacts?limit=many → 400, expected 401",
        "parameters are checked",
    ),
    ("AUTH-2", "in the other case GET getMe: GET /api/v1/me → 200, expected 401", "without regard to case"),
    ("AUTH-2", "scheme Basic GET getMe: GET /api/v1/me → 200, expected 401", "the scheme is not checked"),
    ("AUTH-2", "never minted GET getMe: GET /api/v1/me → 200, expected 401", "not whether it was minted"),
    ("AUTH-2", "never minted GET getMe: GET /api/v1/me → 403, expected 401", "a missing right"),
    ("AUTH-3", "GET getMe: GET /api/v1/me → 403, expected 401", "a missing right"),
    ("SCOPE-1", "GET listContacts no scope: GET /api/v1/contacts → 200, expected 403", "a key without scopes"),
    ("SCOPE-1", "GET listContacts lists.read: GET /api/v1/contacts → 404, expected 403", "as if it were not there"),
    ("OP-1", "GET /api/v1/me → 203: expected 200", "another status"),
    ("OP-1", "GET /api/v1/drafts/drf_1 → 404: expected 200", ""),
    ("OP-1", "GET /api/v1/contacts → 200: the page has no array `data`", "envelope"),
    ("OP-2", "/me reports one apiKey to two keys", "first key"),
    ("OP-3", "getList (archived): lst_1 is in its list, but a request for it is answered 404", "leaves out"),
    ("OP-3", "con_1 read singly and in its list: updatedAt is 1 and 2", "a replica or a cache"),
    ("OP-5", "the dossier of con_1 is of con_2", "something else than the contact"),
    (
        "OP-6",
        "DELETE getContact: GET /api/v1/contacts/1 → 404 after DELETE /api/v1/contacts/1 → 405",
        "is performed before",
    ),
    ("OP-10", "getContact with a character more: 1x, which is 1 with a character more, is answered with 1", "in part"),
    ("OP-10", "GET /api/v1/contacts/con_1 → 400, expected 404", "malformed"),
    ("PAGE-2", "listContacts: a page without limit holds 51 items (4 of 4 cases)", "one off"),
    ("PAGE-2", "listContacts: a page without limit holds 20 items (4 of 4 cases)", "default page size"),
    ("PAGE-5", "listContacts 0: /api/v1/contacts?limit=0 gives a page of 1000", "below 1 or above 200"),
    ("PAGE-6", "its own nextCursor is refused: GET /api/v1/contacts?limit=200&cursor=e30 → 400", "decoded in another"),
    (
        "PAGE-6",
        "listContacts, walked from /api/v1/contacts?limit=200, shows ['1'] more than once (5 such items)",
        "a page begins",
    ),
    (
        "PAGE-6",
        "listContacts, walked from /api/v1/contacts?limit=200, shows ['1'] more than once (200 such items)",
        "leads back",
    ),
    ("PAGE-6", "the walk from /api/v1/contacts?limit=199 never shows ['1'] (2 such items)", "the cursor skips items"),
    ("PAGE-7", "the walk from /api/v1/contacts?limit=35 never shows ['1'] (7 such items)", "follows from PAGE-6"),
    (
        "PAGE-7",
        "listContacts, walked from /api/v1/contacts?limit=35, shows ['1'] more than once",
        "follows from PAGE-6",
    ),
    ("PAGE-7", "the walk from /api/v1/contacts?limit=111 shows 1 where another walk shows 2", "a unique member"),
    ("PAGE-8", "nextCursor is an empty string, not null or absent", "an empty text"),
    (
        "PAGE-10",
        "/api/v1/contacts?limit=15&listId=1&cursor=e30 shows ['1'], which the filter excludes",
        "first page only",
    ),
    ("PAGE-10", "/api/v1/contacts?limit=15&listId=1 shows ['1'], which the filter excludes", "not applied at all"),
    (
        "PAGE-10",
        "/api/v1/contacts?limit=5&listId=1 lacks ['1'], which the filter lets through (2 of 26 items)",
        "(PAGE-6)",
    ),
    ("FILTER-1", "/api/v1/contacts?listId=1 lacks ['1'], which the filter lets through (29 of 29 items)", ""),
    ("FILTER-3", "/api/v1/contacts?q=dvt matches nothing and shows 50 items", "q is ignored"),
    ("FILTER-4", "includeArchived=1 hides lists that are shown without it: ['1']", "only the archived"),
    ("FILTER-9", "listEvents eventType without its end: /api/v1/events?eventType=draft.sen shows ['1']", "in part"),
    ("TENANT-1", "GET /api/v1/contacts?listId=1&limit=200 → 200 shows the contact 1", "follows from TENANT-3"),
    ("TENANT-1", "GET /api/v1/events?limit=200 → 200 shows the contact 1 of the other organization", "a join"),
    ("TENANT-5", "GET /api/v1/contacts?organizationId=org_1 → 200 shows the contact 1", "if the request names one"),
    (
        "TENANT-5",
        "GET /api/v1/contacts/con_1/: GET /api/v1/contacts/con_1/ → 200 shows the contact con_1",
        "another spelling",
    ),
    ("TENANT-5", "GET /api/v1/contacts/con_1 → 200 shows it, without the trick too: follows from TENANT-2", ""),
    ("TENANT-7", "/api/v1/contacts?limit=11 shows both organizations the same", "(TENANT-1)"),
    ("TENANT-7", "getMe: another organization's validator answers 304", "a validator"),
    ("ERROR-1", "the error is application/json, not application/problem+json", "ordinary JSON"),
    ("ERROR-3", "the problem's status is '404', HTTP's is 404", "as a text"),
    (
        "ERROR-5",
        "GET http://x/api/v1/me: the connection was closed without an answer, while the target answers others",
        "gives up",
    ),
    ("ERROR-6", "the answer repeats the API key that was presented", "repeats a header"),
    ("RATE-1", "X-RateLimit-Limit is missing (728 of 728 answers)", ""),
    ("RATE-1", "X-RateLimit-Limit is missing (371 of 701 answers)", "only some answers"),
    (
        "RATE-2",
        "a rested key was refused after 59 requests, 0.1 s after its first, where 120 are to be served",
        "one off",
    ),
    ("RATE-3", "121 requests of one key were served within 0.1 s", "one off"),
    ("RATE-3", "121 requests of one key were served within 12.2 s", "fixed windows"),
    ("RATE-4", "136 requests of one key were served within 0.2 s", "not every request is counted"),
    ("RATE-4", "165 requests of one key were served within 30.7 s", "refills too fast"),
    ("RATE-6", "Retry-After is 29869: 29869 s, more than 60", "in milliseconds"),
    ("HOOK-2", "it is not HMAC-SHA256: the body alone is signed (6 of 6 deliveries)", ""),
    ("HOOK-6", "delivery 1 to troubled, which met an answer of 500: it was not tried again", "given up"),
    ("HOOK-6", "delivery 1 to troubled, which met no answer: it was tried again under another id", "makes the event"),
    ("OP-9", "listContacts does not declare q", ""),
)


@pytest.mark.parametrize(("requirement", "seen", "cause"), SEEN)
def test_the_cause_fits_what_was_seen(requirement: str, seen: str, cause: str) -> None:
    told = usual_cause(requirement, seen)
    assert cause in told
    assert bool(cause) == bool(told)


def test_causes_are_one_line_and_of_requirements_that_there_are() -> None:
    assert set(_CAUSES) <= {requirement.id for requirement in spec.requirements()}
    assert all(0 < len(cause) <= 110 for id_ in _CAUSES for cause in usual_causes(id_))


def test_items_that_are_lost_at_a_pages_end_are_not_told_as_a_fault_of_the_order() -> None:
    run = run_gate("--mock-options", "--fault cursor-skips-ties", "--only", "PAGE-7")
    assert "usual cause: follows from PAGE-6: items are lost or repeated" in " ".join(run.output.split())
