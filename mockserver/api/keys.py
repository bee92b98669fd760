"""API keys: who may ask, for which organization, with which scopes (documentation, "Authentication")."""

from __future__ import annotations

import hashlib
import string
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from spec import RateLimits, contract

PREFIX = "obk_live_"
DAY = 86_400.0
KINDS = ("primary", "secondary")

_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
SECRET_LENGTH = 32
_SPARE_KEYS = 6


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key of one organization. Times are unix seconds; `kind` is the member of a target's description it serves."""

    id: str
    name: str
    kind: str
    organization_id: str
    scopes: tuple[str, ...]
    secret: str = field(repr=False)
    created_at: float = 0.0
    expires_at: float | None = None
    revoked_at: float | None = None
    limits: RateLimits | None = None
    """The key's own rate limits; None if it has those of the contract."""

    def __hash__(self) -> int:
        return hash(self.secret)

    @property
    def prefix(self) -> str:
        """The part of the secret that may be shown."""
        return self.secret[: len(PREFIX) + 4]

    def is_valid_at(self, now: float) -> bool:
        """Whether the key is neither revoked nor expired at `now`, in unix seconds."""
        return (self.revoked_at is None or now < self.revoked_at) and (self.expires_at is None or now < self.expires_at)


class KeyRing:
    """The keys, which can only be found by their whole secret.

    They are looked up by digest, so that the time of a look-up does not show how much of a guessed secret is right.
    """

    def __init__(self, keys: Iterable[ApiKey]) -> None:
        self._by_digest = {_digest(key.secret.encode()): key for key in keys}

    def __iter__(self) -> Iterator[ApiKey]:
        return iter(tuple(self._by_digest.values()))

    def put(self, key: ApiKey) -> None:
        """Add a key. It replaces the one with the same secret."""
        self._by_digest[_digest(key.secret.encode())] = key

    def remove(self, key: ApiKey) -> None:
        """Remove a key. Raises KeyError if it is not on the ring."""
        del self._by_digest[_digest(key.secret.encode())]

    def get(self, key_id: str) -> ApiKey | None:
        """The key of that id, valid or not."""
        return next((key for key in self if key.id == key_id), None)

    def full_at(self, now: float) -> ApiKey | None:
        """The first key that holds every scope and is valid at `now`, in unix seconds; None if there is none."""
        scopes = set(contract().scopes)
        return next((key for key in self if scopes.issubset(key.scopes) and key.is_valid_at(now)), None)

    def for_world(self, world: str) -> KeyRing:
        """The same keys with other ids and secrets, derived from a world's id. No other world accepts them."""
        return KeyRing(
            replace(
                key,
                id=f"key_{base62(f'{world}/{key.id}', 16)}",
                secret=PREFIX + base62(f"{world}/{key.secret}", SECRET_LENGTH),
            )
            for key in self
        )

    def find(self, secret: bytes) -> ApiKey | None:
        """The key of that secret, valid or not."""
        return self._by_digest.get(_digest(secret))


def mint(organization_ids: Sequence[str], seed: int, now: float) -> list[ApiKey]:
    """The keys that a mock starts with: every kind for the first organization, two full ones for each other.

    The same seed gives the same secrets for any names of the organizations. `now` is in unix seconds.
    """
    scopes = contract().scopes
    keys: list[ApiKey] = []
    for number, organization_id in enumerate(organization_ids):
        minter = _Minter(organization_id, f"{seed}/{number}", now)
        kind = KINDS[number] if number < len(KINDS) else f"organization {number + 1}"
        keys += [minter.key(kind, name, scopes) for name in ("Production", "Staging")]
        if number == 0:
            keys += _special_keys(minter)
    return keys


def _special_keys(minter: _Minter) -> list[ApiKey]:
    scopes = contract().scopes
    a_day_ago = minter.now - DAY
    return [
        *(minter.key("single_scope", f"Only {scope}", (scope,)) for scope in scopes),
        minter.key("no_scope", "No scope", ()),
        replace(minter.key("revoked", "Revoked", scopes), revoked_at=a_day_ago),
        replace(minter.key("expired", "Expired", scopes), expires_at=a_day_ago),
        *(minter.key("spare", f"Spare {number}", scopes) for number in range(1, _SPARE_KEYS + 1)),
    ]


@dataclass(frozen=True, slots=True)
class _Minter:
    organization_id: str
    label: str
    now: float

    def key(self, kind: str, name: str, scopes: tuple[str, ...]) -> ApiKey:
        label = f"{self.label}/{kind}/{name}"
        return ApiKey(
            id=f"key_{base62(f'{label}/id', 16)}",
            name=name,
            kind=kind,
            organization_id=self.organization_id,
            scopes=scopes,
            secret=PREFIX + base62(label, SECRET_LENGTH),
            created_at=self.now - 30 * DAY,
        )


def base62(label: str, length: int) -> str:
    """`length` letters and digits that are derived from a label, and do not reveal it."""
    number = int.from_bytes(hashlib.sha512(label.encode()).digest())
    digits = []
    for _ in range(length):
        number, digit = divmod(number, 62)
        digits.append(_BASE62[digit])
    return "".join(digits)


@lru_cache(maxsize=1_024)
def _digest(secret: bytes) -> bytes:
    """The digest of a secret. A look-up in the cache reveals nothing either: its place is a keyed hash of the whole secret."""
    return hashlib.sha256(secret).digest()
