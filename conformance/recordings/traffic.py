"""Selects the entries of an archive that belong to the API, and converts each to an exchange of the gate."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import httpx

import spec
from conformance.oracles.exchanges import API, Part, odd_path
from conformance.recordings.archive import Archive, ArchiveEntry, ArchiveError, Pair
from conformance.recordings.bodies import body
from conformance.recordings.redactions import is_secret
from conformance.target.client import credentials
from conformance.target.exchange import Credential, Exchange, Request

# Other methods, such as OPTIONS, are not judged (reading of OP-6).
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_KEY = re.compile(r"obk_[a-z]+_[A-Za-z0-9]{5,}")
# Headers that every request has, and that do not count in the length of a head.
_ORDINARY = frozenset({"host", "user-agent", "accept", "authorization"})
# The whole answer is searched for each of these secrets.
_MOST_KEYS = 20
_REDIRECTS = (301, 302, 303, 307, 308)
# Chromium marks its own internal redirects with this header, such as those for HSTS.
_BY_THE_BROWSER = "Non-Authoritative-Reason"
_PORTS = {"http": ":80", "https": ":443"}


@dataclass(frozen=True)
class Address:
    """An entry's URL: its origin (`https://api.example`), its path, and its query with the question mark."""

    origin: str
    path: str
    query: str


@dataclass(frozen=True)
class Kept:
    """An entry of the API. `base` is the part of its address before `/api/v1`, `target` the rest."""

    index: int
    entry: ArchiveEntry
    base: str
    target: str


@dataclass(frozen=True)
class Recording:
    """The API's entries of an archive, the number of skipped ones for each reason, and the base URLs.

    `shows_keys` says whether any entry of the API shows a credential: browsers remove it from all entries.
    """

    name: str
    entries: int
    kept: Sequence[Kept]
    skipped: Mapping[str, int]
    bases: Sequence[str]
    shows_keys: bool


@dataclass(frozen=True)
class Recorded:
    """An entry as an exchange.

    `lacks` says why a part of the answer cannot be judged; `shows_key` is False if the request's key is hidden.
    """

    index: int
    exchange: Exchange
    lacks: Mapping[Part, str]
    shows_key: bool


def recording(archive: Archive, base_url: str | None = None) -> Recording:
    """Select the entries of the API: those at `base_url`, or at each base URL with a request for one of the nine operations.

    Raises ArchiveError for an invalid base URL, and for an entry of the API that is none of HAR 1.2.
    """
    addresses = [_address(url) for url in archive.urls]
    bases = {_given(base_url)} if base_url else {base for address in addresses if (base := _base_of(address))}
    skipped: Counter[str] = Counter()
    kept = []
    for index, address in enumerate(addresses):
        base, target = _parted(address)
        if base not in bases:
            skipped["not of the API"] += 1
            continue
        entry = archive.entry(index)
        if reason := _not_judged(entry):
            skipped[reason] += 1
        else:
            kept.append(Kept(index, entry, base, target))
    shows_keys = any(_authorization(one.entry.request.headers) for one in kept)
    own = sorted({one.base for one in kept})
    return Recording(archive.file.name, len(addresses), tuple(kept), skipped, own, shows_keys)


def recorded(kept: Kept, shows_keys: bool) -> Recorded:
    """An entry as an exchange. A credential that is hidden counts as one whose text is not known."""
    entry = kept.entry
    secret = next(filter(is_secret, credentials(_pairs(entry.request.headers))), "")
    hidden = not secret and (not shows_keys or bool(_authorization(entry.request.headers)))
    whole, no_body = body(entry.response)
    exchange = Exchange(
        number=kept.index,
        request=_request(kept, secret, hidden),
        url=kept.base + kept.target,
        status=entry.response.status,
        headers=_headers(entry),
        body=whole,
        sent=0.0,
        answered=entry.took,
        at=entry.began,
        carried=_carried(entry),
    )
    lacks: dict[Part, str] = {"body": no_body} if no_body else {}
    if not entry.response.headers:
        lacks |= dict.fromkeys(("headers", "body"), "the answer's headers were not recorded")
    return Recorded(kept.index, exchange, lacks, shows_key=not hidden)


def operation_of(path: str) -> str | None:
    """The operation whose path that is; None for any other, and for one that front ends may rewrite."""
    if odd_path(path):
        return None
    return spec.operation_of(path)


def _address(url: str) -> Address | None:
    try:
        parts = urlsplit(url)
        host, port = parts.netloc.rpartition("@")[2].lower(), parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not host:
        return None
    if port is not None:
        host = host.removesuffix(_PORTS[parts.scheme])
    query = f"?{parts.query}" if parts.query else ""
    return Address(f"{parts.scheme}://{host}", parts.path, query)


def _given(base_url: str) -> str:
    address = _address(base_url)
    if address is None or address.query:
        raise ArchiveError("--base-url: give an address such as https://api.example")
    return address.origin + address.path.rstrip("/").removesuffix(API)


def _base_of(address: Address | None) -> str | None:
    base, target = _parted(address)
    return base if operation_of(target.partition("?")[0]) else None


def _parted(address: Address | None) -> tuple[str, str]:
    """The part of an address before `/api/v1`, and the rest; both empty if the address does not contain it."""
    place = f"{address.path}/".find(f"{API}/") if address else -1
    if address is None or place < 0 or odd_path(f"{address.path[:place]}/"):
        return "", ""
    return address.origin + address.path[:place], address.path[place:] + address.query


def _not_judged(entry: ArchiveEntry) -> str:
    """The reason why an entry of the API cannot be judged; empty if it can."""
    response = entry.response
    if entry.from_cache or response.worker in ("cache-storage", "http-cache"):
        return "answered from the browser's cache"
    if entry.made_by_browser or response.worker == "fallback-code" or response.header(_BY_THE_BROWSER) is not None:
        return "answered by the browser itself"
    if entry.request.method not in _METHODS:
        return "of a method that the contract does not mention"
    if _led_to_https(entry):
        return "led from http to https"
    return "" if 200 <= response.status <= 599 else "without an answer"


def _led_to_https(entry: ArchiveEntry) -> bool:
    """Whether an answer only redirects to https on the same host, which a server in front of the API does."""
    asked = _address(entry.request.url)
    leads = _address(entry.response.header("Location") or "") if entry.response.status in _REDIRECTS else None
    if asked is None or leads is None:
        return False
    schemes = [urlsplit(one.origin).scheme for one in (asked, leads)]
    hosts = [urlsplit(one.origin).hostname for one in (asked, leads)]
    return schemes == ["http", "https"] and hosts[0] == hosts[1]


def _request(kept: Kept, secret: str, hidden: bool) -> Request:
    request = kept.entry.request
    return Request(
        method=request.method,
        target=kept.target,
        headers=tuple(pair for pair in _pairs(request.headers) if pair[0].lower() not in _ORDINARY),
        credential=Credential(secret, "recorded") if secret or hidden else None,
        operation=operation_of(kept.target.partition("?")[0]),
    )


def _pairs(headers: Sequence[Pair]) -> list[tuple[str, str]]:
    """Headers without the pseudo-headers of HTTP/2 (`:authority`), which some tools record as headers."""
    return [(header.name, header.value) for header in headers if not header.name.startswith(":")]


def _authorization(headers: Sequence[Pair]) -> bool:
    return any(header.name.lower() == "authorization" for header in headers)


def _headers(entry: ArchiveEntry) -> httpx.Headers:
    pairs = _pairs(entry.response.headers)
    declared = entry.response.content.mime_type
    if declared and declared != "x-unknown" and not any(name.lower() == "content-type" for name, _ in pairs):
        pairs.append(("Content-Type", declared))
    return httpx.Headers([(_bytes(name), _bytes(value)) for name, value in pairs])


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")


def _carried(entry: ArchiveEntry) -> tuple[str, ...]:
    """The first keys anywhere in a request."""
    places = (entry.request.url, *(header.value for header in entry.request.headers))
    found = dict.fromkeys(key for place in places for key in _KEY.findall(unquote(place)) if is_secret(key))
    return tuple(found)[:_MOST_KEYS]
