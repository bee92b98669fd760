"""Webhook endpoints: the URLs for an organization's events, and the secrets that sign them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from mockserver.tenants.ids import identifier, stream

ROTATION = 86_400.0
"""Seconds for which a replaced secret still signs, together with the new one."""

SECRET_PREFIX = "whsec_"  # noqa: S105 - the prefix of every secret, none itself

_LONGEST_URL = 2_000


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One organization's endpoint. Times are unix seconds; `replaced` is the secret before `secret`, until `replaced_until`."""

    id: str
    organization_id: str
    url: str
    secret: str = field(repr=False)
    created_at: float
    enabled: bool = True
    replaced: str | None = field(default=None, repr=False)
    replaced_until: float = 0.0
    former: tuple[str, ...] = field(default=(), repr=False)
    """All secrets that were replaced, the oldest first."""

    @property
    def all_secrets(self) -> tuple[str, ...]:
        """The secrets that have signed deliveries to this endpoint."""
        return (*self.former, self.secret)

    def secrets_at(self, now: float) -> tuple[str, ...]:
        """The secrets that sign a delivery at `now` (unix seconds), the newest first."""
        return (self.secret, self.replaced) if self.replaced and now < self.replaced_until else (self.secret,)


class Endpoints:
    """All endpoints of a mock, in the order in which they were added."""

    def __init__(self) -> None:
        self._by_id: dict[str, Endpoint] = {}
        self._made = 0

    def __iter__(self) -> Iterator[Endpoint]:
        return iter(tuple(self._by_id.values()))

    def get(self, endpoint_id: str) -> Endpoint | None:
        """The endpoint of that id."""
        return self._by_id.get(endpoint_id)

    def next_number(self) -> int:
        """A number that was not used yet for an endpoint or a secret of this mock."""
        self._made += 1
        return self._made

    def count_from(self, number: int) -> None:
        """From now on make ids and secrets from numbers above this one."""
        self._made = number

    def add(self, organization_id: str, url: str, secret: str, now: float) -> Endpoint:
        """Register an endpoint. `now` is in unix seconds. Raises ValueError for a URL that nothing can be sent to."""
        check(url)
        endpoint_id = identifier("whk", stream(organization_id, "endpoint", self.next_number()))
        return self._keep(Endpoint(endpoint_id, organization_id, url, secret, now))

    def rotate(self, endpoint_id: str, secret: str, now: float) -> Endpoint:
        """Replace an endpoint's secret; the old one signs too for `ROTATION`. Raises KeyError for an unknown id."""
        endpoint = self._by_id[endpoint_id]
        former = endpoint.all_secrets
        until = now + ROTATION
        return self._keep(
            replace(endpoint, secret=secret, replaced=endpoint.secret, replaced_until=until, former=former)
        )

    def enable(self, endpoint_id: str, enabled: bool) -> Endpoint:
        """Switch an endpoint on or off. Raises KeyError for an unknown id."""
        return self._keep(replace(self._by_id[endpoint_id], enabled=enabled))

    def remove(self, endpoint_id: str) -> bool:
        """Remove an endpoint; returns False if there was none with that id."""
        return self._by_id.pop(endpoint_id, None) is not None

    def put(self, endpoint: Endpoint) -> Endpoint:
        """Add an endpoint that was made elsewhere. It replaces the one with the same id."""
        return self._keep(endpoint)

    def _keep(self, endpoint: Endpoint) -> Endpoint:
        self._by_id[endpoint.id] = endpoint
        return endpoint


def mint_secret(organization_id: str, number: int) -> str:
    """A signing secret: the same for the same organization and number, so that a mock's seed fixes it."""
    return SECRET_PREFIX + stream(organization_id, "signing secret", number).randbytes(20).hex()


def check(url: str) -> None:
    """Raise ValueError, in one line, unless events can be sent to the URL: absolute http or https, without credentials."""
    if len(url) > _LONGEST_URL or not (url.isascii() and url.isprintable()) or " " in url:
        raise ValueError(f"the URL must be at most {_LONGEST_URL} printable ASCII characters without spaces")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or parts.port == 0:
        raise ValueError("the URL must be http:// or https:// with a host, and without credentials")
