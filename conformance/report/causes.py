"""The usual cause of each broken requirement, in one line: a first place to look, no verdict."""

from __future__ import annotations

_CAUSES = {
    "AUTH-1": "the middleware that asks for a key does not cover every route",
    "AUTH-2": "only a part of the key is compared, or the scheme is not checked",
    "AUTH-3": "the look-up does not check whether the key is revoked or expired, or it caches an old answer",
    "AUTH-4": "by default, the framework also takes the key from the query string, a cookie or another header",
    "AUTH-6": "the resource is loaded, or its validator set, before the key is looked at",
    "SCOPE-1": "one route has no scope check, or the scopes are compared by prefix",
    "SCOPE-3": "/me requires a scope",
    "SCOPE-4": "the resource is loaded before the scope is looked at",
    "OP-1": "the serializer uses a type or a name that differs from the document's",
    "OP-2": "the organization is taken from a default or a cache, not from the key",
    "OP-3": "the list and the single resource have different serializers",
    "OP-5": "a missing dossier answers 200 with nothing in it",
    "OP-6": "the framework's default routes allow writes",
    "OP-10": "a look-up that finds nothing leads to a 200 with null, or to an exception",
    "PAGE-2": "the framework's default page size is used",
    "PAGE-4": "the maximum of limit is not enforced",
    "PAGE-5": "limit is passed to the database without a check",
    "PAGE-6": "the cursor compares the time alone: items that share it are lost or repeated",
    "PAGE-7": "the sort order does not end in a unique member, so items with equal times come in any order",
    "PAGE-8": "nextCursor is made from the last item, without a check whether more items follow",
    "PAGE-9": "the error handling does not cover the decoding of the cursor",
    "PAGE-10": "the filter is applied to the first page only, or after the page was cut",
    "PAGE-11": "pages are cut by an offset, and not from the last item of the previous page",
    "PAGE-12": "the cursor names a position that the server stores and moves on at each use",
    "FILTER-1": "the filter is not applied, or its join repeats rows",
    "FILTER-3": "the search covers only some of the fields, or converts the case of ASCII letters alone",
    "FILTER-4": "includeArchived is read as text, so any value is true, or it shows only the archived lists",
    "FILTER-7": "several types are compared as one string",
    "FILTER-8": "a second filter replaces the first, or they are joined by OR",
    "FILTER-9": "a value that matches nothing is treated as if there were no filter",
    "TENANT-1": "one query lacks the condition on the organization",
    "TENANT-2": "the resource is loaded by its id alone, and its organization is compared later or never",
    "TENANT-3": "the filter's value is looked up without the organization",
    "TENANT-4": "the server trusts the organization in the cursor",
    "TENANT-5": "the organization is taken from the request if the request names one",
    "TENANT-6": "the organization is kept in a global or a connection that requests share",
    "TENANT-7": "the validator is looked at before the organization, or a cache is keyed by the URL alone",
    "ERROR-1": "an error of the framework, or of a server in front of it, is not turned into a problem",
    "ERROR-3": "the problem's status and the answer's are set in two places",
    "ERROR-5": "a conversion or the database gets unchecked input",
    "ERROR-6": "the framework's debug mode is on, or an exception's text is used for detail",
    "RATE-1": "the headers are set on only some answers, or Reset is in milliseconds",
    "RATE-2": "the limiter counts other requests than this key's, or its burst is below the per-minute limit",
    "RATE-3": "each process counts on its own, or fixed windows let two bursts pass at a border",
    "RATE-4": "the window starts anew with each refusal, or the bucket refills too fast",
    "RATE-6": "Retry-After is a constant, or rounded down",
    "RATE-7": "the limiter is keyed by address or organization, not by key",
    "RATE-8": "refused requests are counted too",
    "HOOK-2": "the body is serialized anew after it was signed",
    "HOOK-3": "the timestamp is in milliseconds, or it is the time of the event",
    "HOOK-4": "endpoints are looked up by the event's type alone",
    "HOOK-5": "the event is delivered before it is stored, or under another id",
    "HOOK-6": "a retry sends the first attempt's headers again",
    "HOOK-7": "all endpoints share one secret",
}


def usual_cause(requirement: str) -> str:
    """The usual cause of a broken requirement; empty if none is known."""
    return _CAUSES.get(requirement, "")


def named() -> frozenset[str]:
    """The requirements with a known usual cause."""
    return frozenset(_CAUSES)
