"""The usual cause of each broken requirement, in one line: a first place to look, no verdict.

Where several mistakes break one requirement, the cause is chosen by what was seen. Each entry is a pattern that is searched for
in the reason of the failure, and its cause. The first one that is found counts. An empty pattern fits every reason.
An empty cause says that the reason tells everything.
"""

from __future__ import annotations

import re

_IN_PART = r"without its end|a character more|a wildcard"
_ONE_TOO_MANY = r"\b(61|121) requests of one key were served within [0-4]\."

_CAUSES: dict[str, dict[str, str]] = {
    "AUTH-1": {
        "→ 304": "a validator is compared, or a cache answers, before the key is looked at",
        "→ 3": "the log-in that people get on web pages covers the API too",
        "→ 403": "a missing key is treated as a missing right",
        "→ 400": "parameters are checked before the key",
        "as if from within": "the server trusts X-Forwarded-For, and asks callers from within for no key",
        "another address": "the key check reads the address from a header, and the router reads the path",
        "a letter encoded": "the key check compares the path as it was sent, and the router decodes it first",
        "in a trailer": "trailers are read as headers",
        "": "the key check does not cover every request, or a default stands in for a missing key",
    },
    "AUTH-2": {
        "→ 304": "a validator is compared, or a cache answers, before the key is looked at",
        "→ 403": "a key that is not valid is treated as a missing right",
        "→ 400": "parameters are checked before the key is looked up",
        "never minted": "the server checks that there is a key, or its form, and not whether it was minted",
        "[Ss]cheme|no scheme": "the scheme is not checked, or others than Bearer are accepted",
        r"\bempty\b": "the look-up is skipped if no key follows the scheme",
        "": "keys are compared in part, by a pattern or without regard to case, and not whole",
    },
    "AUTH-3": {
        "→ 304": "a validator or a date is compared before the key is looked up",
        "→ 403": "a key that is not valid is treated as a missing right",
        "→ 400": "parameters are checked before the key is looked up",
        "": "the look-up does not check whether the key is revoked or expired, or it caches an old answer",
    },
    "AUTH-4": {"": "by default, the framework also takes the key from the query string, a cookie or another header"},
    "AUTH-6": {"": "the resource is loaded, or its validator set, before the key is looked at"},
    "SCOPE-1": {
        "(?:GET|HEAD) [a-zA-Z]+ no scope: ": "a key without scopes is taken for one that may do everything",
        "→ 20": "no scope check covers this request, one scope counts for another, or rows are hidden instead",
        "→ 401": "a missing scope is treated as a missing key",
        "→ 404": "what a key may not see is answered as if it were not there",
        "→ 400": "parameters are checked before the scope",
    },
    "SCOPE-3": {"": "/me requires a scope"},
    "SCOPE-4": {
        "→ 401": "a missing scope is treated as a missing key (SCOPE-1)",
        "": "the resource is loaded before the scope is looked at, or a missing scope is always answered 404",
    },
    "OP-1": {
        "while the target answers others": "the handler crashes without an answer, or waits for what never comes",
        "application/json, got": "the content type is left to a default, or changed on the way",
        "byte order mark": "the framework writes UTF-8 with a byte order mark",
        "→ 20[1-9]: expected 200": "the handler, or a proxy on the way, sets another status for success",
        "no JSON object|no array `data`": "a list is served without its envelope, or with another one",
        '"id" is a required': "nothing was found, and an empty object is served (OP-10), or the id is named otherwise",
        "is a required": "the serializer leaves out a member, or names it otherwise",
        "→ [345]": "",
        "": "the serializer writes a type or a form that differs from the document's",
    },
    "OP-2": {
        "one apiKey": "/me reports the organization's first key, not the one that was presented",
        "two organizations to two keys": "/me makes the organization from the key, not from the key's owner",
        "to keys of two|to both organizations": "the organization is taken from a default, a cache or the connection",
    },
    "OP-3": {
        "answered 404": "the look-up by id leaves out what the list shows, for example archived lists",
        "updatedAt is": "one of the two comes from a replica or a cache that lags, or each reading changes updatedAt",
        "": "the list and the single resource have different serializers or queries",
    },
    "OP-5": {
        "is of": "the dossier is looked up or cached by something else than the contact",
        "empty dossier": "a missing dossier answers 200 with nothing in it",
    },
    "OP-6": {
        "made a difference| after ": "the write is performed before it is refused, or though it is refused",
        "→ 20": "the framework's default routes take writes, or the router does not look at the method",
    },
    "OP-10": {
        "→ 5|status is 5": "a look-up that finds nothing leads to an exception",
        "→ 400": "an id that is not found is treated as one that is malformed",
        "→ 20|status is 20": "a look-up that finds nothing leads to a 200, with nothing in it or with something else",
        _IN_PART: "ids are compared in part or by a pattern, and not whole",
    },
    "PAGE-2": {
        "holds (49|51) items": "the default is one off: an item is fetched to see whether more follow, or `<` stands for `<=`",
        "": "the framework's default page size is used",
    },
    "PAGE-4": {
        "a page of 201": "the maximum is compared wrongly, or an item that was fetched to see whether more follow is served",
        "": "the maximum of limit is not enforced, or not for values such as 0, -1 and 1e9",
    },
    "PAGE-5": {
        "→ 5": "limit is converted, divided by or passed on without a check",
        "gives a page": "a limit below 1 or above 200 is taken as it is, or for none",
    },
    "PAGE-6": {
        "nextCursor is refused": "cursors are encoded in one way and decoded in another",
        r"limit=(\d+)\S*, shows [^;]* more than once \(\1 such": "the last page's cursor leads back to the first page (PAGE-8)",
        "more than once": "a page begins with the last item of the one before, or with others of the same time",
        "never shows|another walk does not": "the cursor skips items (of one time, or at the border), or the walk ends early",
    },
    "PAGE-7": {
        "where another walk shows": "the sort order does not end in a unique member, or some limits are read in another order",
        "never shows|more than once|another walk does not": "follows from PAGE-6: items are lost or repeated where pages join",
    },
    "PAGE-8": {
        "empty string": "where no item follows, nextCursor is an empty text, which is not turned into null",
        "no end": "nextCursor is set without a check whether more items follow",
    },
    "PAGE-9": {"": "what a cursor holds is decoded or used without a check"},
    "PAGE-10": {
        "nextCursor is refused": "cursors are encoded in one way and decoded in another (PAGE-6)",
        r"cursor=\S* shows [^;]*the filter excludes": "the filter is applied to the first page only",
        "the filter excludes": "the filter is not applied at all (FILTER)",
        r"\((\d+) of \1 items?\)": "the filter finds nothing (FILTER)",
        "more than once": "follows from PAGE-6: items are repeated where pages join",
        "lacks": "items are lost where pages join (PAGE-6), or a filtered walk ends early",
    },
    "PAGE-11": {"": "pages are cut by an offset, and not from the last item of the previous page"},
    "PAGE-12": {"": "the server stores what a cursor stands for, and moves on or forgets it at its use"},
    "FILTER-1": {
        "the filter excludes": "the filter is not applied",
        r"\((\d+) of \1 items?\)": "",
        "lacks": "only one of a contact's lists is compared, or a join drops rows",
        "more than once": "the join repeats rows",
    },
    "FILTER-3": {
        "matches nothing and shows": "q is ignored, always or if it finds nothing",
        r"\((\d+) of \1 cases\)": "",
        "lacks": "the search covers only some fields or beginnings, or converts the case of ASCII letters alone",
    },
    "FILTER-4": {
        "→ 4": "includeArchived is read as a word, such as true",
        "hides lists": "includeArchived=1 shows only the archived lists",
        "does not show": "includeArchived is not read",
        "the filter excludes": "archived lists are not left out by default",
    },
    "FILTER-7": {
        "→ 4": "several types are checked as if they were one",
        "the filter excludes": "the filter is not applied, or it compares only a part of the type",
        r"eventType=[\w.]+ lacks": "",
        "lacks": "several types are compared as one string, or only one of them counts",
    },
    "FILTER-8": {"": "beside another filter, one is dropped, or the two are joined by OR"},
    "FILTER-9": {
        "matches nothing and shows": "the filter is not applied, or not if its value matches nothing",
        _IN_PART: "values are compared in part or by a pattern, and not whole",
    },
    "TENANT-1": {
        "shown to both": "a query lacks the condition on the organization, or requests share a cache or a connection's state",
        r"[?&](listId|contactId)=\S+ → \d+ shows": "follows from TENANT-3: a filter's value is looked up in all organizations",
        "shows the": "a join, or a look-up by an id or an address, lacks the condition on the organization",
    },
    "TENANT-2": {"": "the resource is loaded by its id alone, and its organization is compared later or never"},
    "TENANT-3": {"": "the filter's value is looked up without the organization"},
    "TENANT-4": {
        "altered": "a cursor that cannot be read begins a walk that lacks the condition on the organization",
        "": "the server trusts the organization in the cursor",
    },
    "TENANT-5": {
        "follows from": "",
        "a key of theirs in": "a key is looked for in several places, and one in another place than the header for it wins",
        "organizationId=|in headers and cookies": "the organization is taken from the request if the request names one",
        r"listId=": "of several values only one is checked to be one's own, and another one is served",
        "": "a path in another spelling leads to a look-up without the organization",
    },
    "TENANT-6": {
        "": "the organization, or an answer, is kept in a global, a connection or a cache that requests share"
    },
    "TENANT-7": {
        "304": "a validator is compared before the organization, or made of what organizations have in common",
        "": "a cache is keyed by the URL alone, or a query lacks the condition on the organization (TENANT-1)",
    },
    "ERROR-1": {
        "the error is application/json": "problems are served as ordinary JSON, always or to clients that accept it",
        "": "an error of the framework, or of a server in front of it, is not turned into a problem",
    },
    "ERROR-3": {
        "status is None": "the body is an object of another library, which has no status",
        "status is '": "the status is written as a text",
        "": "the problem's status and the answer's are set in two places",
    },
    "ERROR-5": {
        "connection was closed|no answer within": "a server in front, or the API's own, gives up on long or odd input",
        "→ 503|status is 503": "a limiter, or a server in front, refuses with 503",
        "": "a conversion or the database gets unchecked input",
    },
    "ERROR-6": {
        "repeats the API key": "an error's text repeats a header or the address of the request",
        "": "the framework's debug mode is on, or an exception's text is used for detail",
    },
    "RATE-1": {
        r"is missing \((\d+) of \1 answers\)": "",
        "is missing": "the headers are set on only some answers",
        "Reset is": "Reset is in milliseconds, or a date",
    },
    "RATE-2": {
        "refused after 59 requests": "the limit is one off: `<` stands for `<=`",
        "": "the limiter counts other requests than this key's, or its burst is below the per-minute limit",
    },
    "RATE-3": {
        _ONE_TOO_MANY: "the limit is one off: `<=` stands for `<`",
        "": "nothing or not every request is counted, processes count apart, or fixed windows meet at a border",
    },
    "RATE-4": {
        _ONE_TOO_MANY: "the limit is one off: `<=` stands for `<`",
        r"within [0-4]\.": "nothing or not every request is counted, or processes count apart",
        "": "only bursts are limited, the allowance refills too fast, or fixed windows meet at a border",
    },
    "RATE-6": {
        "more than": "Retry-After is a constant, or in milliseconds",
        "": "Retry-After is a constant, or rounded down, or not the whole wait",
    },
    "RATE-7": {"": "the limiter is keyed by address or organization, not by key"},
    "RATE-8": {"": "refused requests are counted too"},
    "HOOK-2": {"serialised anew": "the body is serialized anew after it was signed"},
    "HOOK-3": {
        "in milliseconds": "the timestamp is the clock's milliseconds",
        "": "the timestamp is the time of the event, or the sender's clock is wrong",
    },
    "HOOK-4": {"": "endpoints are looked up by the event's type alone"},
    "HOOK-5": {
        "the feed has it as": "deliveries and the feed name types in two ways",
        "": "the event is delivered before it is stored, or under another id, or it is never stored",
    },
    "HOOK-6": {
        "not tried again": "a failed delivery is given up",
        "first one's timestamp": "a retry sends the first attempt's headers again",
        "under another id": "a retry makes the event anew, and its id with it",
    },
    "HOOK-7": {"": "several endpoints, such as those of one organization, share one secret"},
}


def usual_cause(requirement: str, seen: str) -> str:
    """The usual cause of a broken requirement for which this was `seen`, the reason of the failure; empty if none is known."""
    causes = _CAUSES.get(requirement, {})
    return next((cause for pattern, cause in causes.items() if re.search(pattern, seen)), "")


def usual_causes(requirement: str) -> list[str]:
    """All usual causes of a requirement."""
    return list(filter(None, _CAUSES.get(requirement, {}).values()))
