"""The bodies of calls, as types. The document says what they may hold, and has checked it before one is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import UNSET, Struct, UnsetType, field

from mockserver.webhooks.delivery import Form
from mockserver.worlds.worlds import TIME_TO_LIVE


class Body(Struct, frozen=True, kw_only=True, rename="camel"):
    """What all bodies are: JSON's member `rateReading` is `rate_reading` here."""


class Choice(Body, frozen=True, kw_only=True):
    """Whose data is meant: the id of an organization, None for the first."""

    organization: str | None = None


class LimitsBody(Body, frozen=True, kw_only=True):
    """A key's own rate limits. The window is in seconds."""

    per_minute: int
    burst: int
    burst_window: int


class NewKey(Choice, frozen=True, kw_only=True):
    """A key to be minted. `expires_in` is in seconds, None for never."""

    name: str
    scopes: list[str]
    expires_in: float | None = None
    limits: LimitsBody | None = None


class KeyChanges(Body, frozen=True, kw_only=True):
    """What of a key is to be changed: the members that are set."""

    name: str | UnsetType = UNSET
    scopes: list[str] | UnsetType = UNSET
    expires_in: float | UnsetType | None = UNSET
    limits: LimitsBody | UnsetType | None = UNSET


class NewOrganization(Body, frozen=True, kw_only=True):
    """An organization to be added. `contacts` is how many are made up for it."""

    name: str
    contacts: int = 0


class NewActivity(Choice, frozen=True, kw_only=True):
    """A sales team that is to work. `rate` is in steps a minute."""

    rate: float


class NewEvent(Choice, frozen=True, kw_only=True):
    """An event that is to happen."""

    event_type: str | None = None
    data: Mapping[str, object] | None = None
    resource_id: str | None = None


class NewEndpoint(Choice, frozen=True, kw_only=True):
    """A webhook endpoint to be registered."""

    url: str


class EndpointChanges(Body, frozen=True, kw_only=True):
    """Whether an endpoint gets deliveries."""

    enabled: bool


class Redelivery(Body, frozen=True, kw_only=True):
    """How a delivery is to be sent once more: JSON's member `as`, which is no name in Python."""

    form: Form = field(default="sent", name="as")


class SignatureQuestion(Body, frozen=True, kw_only=True):
    """A signature to be explained, and what it is said to sign."""

    secret: str
    body: str
    signature: str
    timestamp: str | None = None
    encoding: Literal["text", "base64"] = "text"


class ClockChange(Body, frozen=True, kw_only=True):
    """One thing to do with the clock. `advance` is in seconds, `set` in unix seconds or RFC 3339."""

    advance: float | UnsetType = UNSET
    set: float | str | UnsetType = UNSET
    freeze: bool = False
    resume: bool = False


class NewSwitch(Body, frozen=True, kw_only=True):
    """What is to be switched on, and the members of the condition under which it is."""

    fault: str | None = None
    variant: str | None = None
    hardship: str | None = None
    hold: bool = False
    parameters: Mapping[str, object] = {}
    key: str | None = None
    operation: str | None = None
    collection: str | None = None
    method: str | None = None
    state: str | None = None
    parameter: str | None = None
    position: str | None = None
    shape: str | None = None
    every: int | None = None
    requests: int | None = None


class Reset(Body, frozen=True, kw_only=True):
    """What data is to be made up from, and how much. `contacts` are those of each organization."""

    seed: int | UnsetType = UNSET
    organizations: int | UnsetType = UNSET
    contacts: int | UnsetType = UNSET

    @property
    def is_given(self) -> bool:
        """Whether anything of it was said."""
        return any(member is not UNSET for member in (self.seed, self.organizations, self.contacts))


class ClockState(Body, frozen=True, kw_only=True):
    """A clock that was exported, in unix seconds."""

    now: float
    frozen: bool


class KeyState(Body, frozen=True, kw_only=True):
    """A key that was exported, or made by hand. Times are RFC 3339."""

    organization: str
    name: str
    scopes: list[str]
    secret: str
    id: str | None = None
    kind: str | None = None
    created_at: str | None = None
    expires_at: str | None = None
    revoked_at: str | None = None
    limits: LimitsBody | None = None


class EndpointState(Body, frozen=True, kw_only=True):
    """A webhook endpoint that was exported, or made by hand."""

    organization: str
    url: str
    signing_secret: str
    id: str | None = None
    enabled: bool = True
    created_at: str | None = None


class StateBody(Body, frozen=True, kw_only=True):
    """A state to be loaded. `made` is how many keys and organizations had been made in its world."""

    clock: ClockState
    organizations: list[Mapping[str, object]]
    keys: list[KeyState]
    webhooks: list[EndpointState]
    made: int = 0


class NewWorld(Reset, frozen=True, kw_only=True):
    """What a world is to be made of."""

    rate_reading: Literal["burst", "strict"] | None = None
    variants: list[str] = []
    hardships: list[str] = []
    time_to_live: float = TIME_TO_LIVE
    address: Literal["port", "prefix"] = "port"
