"""The usual cause of each broken requirement, in one line: a first place to look, no verdict."""

from __future__ import annotations

_CAUSES = {
    "AUTH-1": "one route is outside of the middleware that asks for a key",
    "AUTH-2": "the key is looked up by a part of it, or the scheme is not looked at",
    "AUTH-3": "the look-up finds the key and does not ask whether it is revoked or expired, or caches the answer",
    "AUTH-4": "a framework's default takes the key from the query string, a cookie or another header too",
    "AUTH-6": "the resource is loaded, or its validator set, before the key is looked at",
    "SCOPE-1": "one route has no scope check, or the scopes are compared by prefix",
    "SCOPE-3": "/me asks for a scope",
    "SCOPE-4": "the resource is loaded before the scope is looked at",
    "OP-1": "a type or name of the serializer differs from the document's",
    "OP-2": "the organization is taken from a default or a cache, not from the key",
    "OP-3": "list and single resource have two serializers",
    "OP-5": "a missing dossier answers 200 with nothing in it",
    "OP-6": "the framework's default routes allow writes",
    "OP-10": "a look-up that finds nothing answers 200 with null, or raises",
    "PAGE-2": "the framework's default page size is in force",
    "PAGE-4": "the maximum of limit is not enforced",
    "PAGE-5": "limit is handed to the database as it came",
    "PAGE-6": "the cursor compares the time alone: items that share it are lost or repeated",
    "PAGE-7": "the order has no unique last member, so that ties fall as they come",
    "PAGE-8": "nextCursor is made from the last item without a look whether more follows",
    "PAGE-9": "the cursor is decoded outside of the error handling",
    "PAGE-10": "the filter is applied to the first page alone, or after the page was cut",
    "PAGE-11": "pages are cut by offset, not from where the last one ended",
    "PAGE-12": "the cursor is a position of the server's that moves on as it is used",
    "FILTER-1": "the filter is not applied, or joined so that rows are repeated",
    "FILTER-3": "the search looks at some of the fields alone, or minds the case",
    "FILTER-4": "includeArchived is read as text, so that any value is true, or it shows the archived ones alone",
    "FILTER-7": "several types are compared as one string",
    "FILTER-8": "a second filter replaces the first, or they are joined by OR",
    "FILTER-9": "a value that matches nothing is taken for no filter",
    "TENANT-1": "one query lacks the condition on the organization",
    "TENANT-2": "the resource is loaded by its id alone, and the organization compared afterwards, if at all",
    "TENANT-3": "the filter's value is looked up without the organization",
    "TENANT-4": "the cursor is trusted to carry the organization",
    "TENANT-5": "the organization is taken from the request where it names one",
    "TENANT-6": "the organization is kept in a global or a connection that requests share",
    "TENANT-7": "the validator is looked at before the organization, or a cache is keyed by the URL alone",
    "ERROR-1": "an error of the framework's own, or of a server in front, is not turned into a problem",
    "ERROR-3": "the problem's status is set apart from the answer's",
    "ERROR-5": "input reaches a conversion or the database unchecked",
    "ERROR-6": "the framework's debug mode is on, or an exception's text is used for detail",
    "RATE-1": "the headers are set on some answers alone, or Reset is in milliseconds",
    "RATE-2": "the limiter counts more than requests of this key, or its burst is smaller than a minute's worth",
    "RATE-3": "each process counts for itself, or two windows meet at a border",
    "RATE-4": "the window starts anew with each refusal, or the bucket refills too fast",
    "RATE-6": "Retry-After is a constant, or rounded down",
    "RATE-7": "the limiter is keyed by address or organization, not by key",
    "RATE-8": "refused requests are counted too",
    "HOOK-2": "the body is serialized anew after it was signed",
    "HOOK-3": "the timestamp is in milliseconds, or that of the event",
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
