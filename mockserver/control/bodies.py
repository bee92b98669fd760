"""The bodies of calls, as types. They are validated by the document before they are converted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import UNSET, Struct, UnsetType, field

from mockserver.webhooks.delivery import Form
from mockserver.worlds.worlds import TIME_TO_LIVE


class Body(Struct, frozen=True, kw_only=True, rename="camel"):
    """The base of all bodies: the member `rateReading` of JSON is `rate_reading` here."""


class Choice(Body, frozen=True, kw_only=True):
    """The organization of a call: its id, None for the first."""

    organization: str | None = None


class Limits(Body, frozen=True, kw_only=True):
    """A key's own rate limits. The window is in seconds."""

    per_minute: int
    burst: int
    burst_window: int


class NewKey(Choice, frozen=True, kw_only=True):
    """A key to create. `expires_in` is in seconds, None for never."""

    name: str
    scopes: list[str]
    expires_in: float | None = None
    limits: Limits | None = None


class KeyChanges(Body, frozen=True, kw_only=True):
    """The changes of a key: the members that are set."""

    name: str | UnsetType = UNSET
    scopes: list[str] | UnsetType = UNSET
    expires_in: float | UnsetType | None = UNSET
    limits: Limits | UnsetType | None = UNSET


class NewOrganization(Body, frozen=True, kw_only=True):
    """An organization to add. `contacts` is how many contacts are made up for it."""

    name: str
    contacts: int = 0


class NewActivity(Choice, frozen=True, kw_only=True):
    """A sales team to start. `rate` is in steps a minute."""

    rate: float


class NewEvent(Choice, frozen=True, kw_only=True):
    """An event to trigger. A type that the documentation does not name happens if `undocumented` is true."""

    event_type: str | None = None
    undocumented: bool = False
    data: Mapping[str, object] | None = None
    resource_id: str | None = None


class NewEndpoint(Choice, frozen=True, kw_only=True):
    """A webhook endpoint to register."""

    url: str


class EndpointChanges(Body, frozen=True, kw_only=True):
    """Whether an endpoint gets deliveries."""

    enabled: bool


class Redelivery(Body, frozen=True, kw_only=True):
    """How to send a delivery again. The member of JSON is `as`, which is no valid name in Python."""

    form: Form = field(default="sent", name="as")


class SignatureQuestion(Body, frozen=True, kw_only=True):
    """A signature to explain, and what it should sign."""

    secret: str
    body: str
    signature: str
    timestamp: str | None = None
    encoding: Literal["text", "base64"] = "text"


class ClockChange(Body, frozen=True, kw_only=True):
    """One change of the clock. `advance` is in seconds, `set` in unix seconds or RFC 3339."""

    advance: float | UnsetType = UNSET
    set: float | str | UnsetType = UNSET
    freeze: bool = False
    resume: bool = False


class NewSwitch(Body, frozen=True, kw_only=True):
    """A modification to switch on, and the members of its condition."""

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
    """The seed and the size of new data. `contacts` is the number for each organization."""

    seed: int | UnsetType = UNSET
    organizations: int | UnsetType = UNSET
    contacts: int | UnsetType = UNSET

    @property
    def is_given(self) -> bool:
        """Whether any member was given."""
        return any(member is not UNSET for member in (self.seed, self.organizations, self.contacts))


class ClockState(Body, frozen=True, kw_only=True):
    """An exported clock, in unix seconds."""

    now: float
    frozen: bool


class KeyState(Body, frozen=True, kw_only=True):
    """A key that was exported or written by hand. Times are RFC 3339."""

    organization: str
    name: str
    scopes: list[str]
    secret: str
    id: str | None = None
    kind: str | None = None
    created_at: str | None = None
    expires_at: str | None = None
    revoked_at: str | None = None
    limits: Limits | None = None


class EndpointState(Body, frozen=True, kw_only=True):
    """A webhook endpoint that was exported or written by hand."""

    organization: str
    url: str
    signing_secret: str
    id: str | None = None
    enabled: bool = True
    created_at: str | None = None


class State(Body, frozen=True, kw_only=True):
    """A state to load. `made` is the number of keys and organizations that were added in its world."""

    clock: ClockState
    organizations: list[Mapping[str, object]]
    keys: list[KeyState]
    webhooks: list[EndpointState]
    made: int = 0


class NewWorld(Reset, frozen=True, kw_only=True):
    """The settings of a new world."""

    rate_reading: Literal["burst", "strict"] | None = None
    variants: list[str] = []
    hardships: list[str] = []
    time_to_live: float = TIME_TO_LIVE
    address: Literal["port", "prefix"] = "port"
