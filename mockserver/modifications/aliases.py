"""Earlier names of faults that `--fault` still accepts. Each is now another fault with a condition."""

from __future__ import annotations

from collections.abc import Mapping

ALIASES: Mapping[str, str] = {
    "anonymous-may-list-contacts": "anonymous-served@operation=listContacts",
    "anonymous-may-read-research": "anonymous-served@operation=getContactResearch",
    "archived-lists-of-everybody": "pages-of-everybody@operation=listLists,parameter=includeArchived",
    "drafts-of-everybody-by-status": "pages-of-everybody@operation=listDrafts,parameter=status",
    "events-of-everybody": "pages-of-everybody@operation=listEvents",
    "expired-accepted": "expired-key-served",
    "expired-keys-read-lists": "expired-key-served@operation=listLists",
    "foreign-contacts-shown": "foreign-resources-shown@operation=getContact",
    "foreign-drafts-shown": "foreign-resources-shown@operation=getDraft",
    "foreign-lists-shown": "foreign-resources-shown@operation=getList",
    "foreign-research-shown": "foreign-resources-shown@operation=getContactResearch",
    "limit-zero-crashes-for-lists": "limit-zero-crashes@operation=listLists",
    "misses-not-counted": "failures-not-counted",
    "organization-parameter-honoured-for-drafts": "organization-parameter-honoured@operation=listDrafts",
    "organization-parameter-honoured-for-lists": "organization-parameter-honoured@operation=listLists",
    "posted-drafts-accepted": "writes-accepted@operation=listDrafts,method=POST",
    "posted-events-accepted": "writes-accepted@operation=listEvents,method=POST",
    "posted-lists-accepted": "writes-accepted@operation=listLists,method=POST",
    "research-needs-no-scope": "no-scope-needed@operation=getContactResearch",
    "research-on-demand": "writes-accepted@operation=getContactResearch,method=POST",
    "revoked-accepted": "revoked-key-served",
    "revoked-keys-read-research": "revoked-key-served@operation=getContactResearch",
    "revoked-may-ask-who-they-are": "revoked-key-served@operation=getMe",
    "search-of-everybody": "pages-of-everybody@operation=listContacts,parameter=q",
    "single-draft-needs-no-scope": "no-scope-needed@operation=getDraft",
    "unknown-draft-status-ignored": "unknown-value-ignored@parameter=status",
    "unknown-keys-read-events": "unknown-key-served@operation=listEvents",
}
