"""The keys that the probes of the rate limit use, and how many requests they send with them."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.checks import NotTested
from conformance.rate_limits.measured import SPARE_ROLES
from conformance.rate_limits.traffic_patterns import BYSTANDER, FOREIGN, SCOPED, STRANGER, WITNESS
from conformance.target.exchange import Credential
from spec.target import RateLimit, Target

# A higher limit is not tried, because it would take thousands of requests.
_LARGEST = 1000
# However small a limit is: a spent key is tried on every kind of request, and asks once a second for a minute.
_AT_LEAST = 60


def keys_for(target: Target) -> dict[str, Credential]:
    """The key of each role: the spare keys, or the last of several primary keys if there are none.

    Raises NotTested if no key may be used up, or if the limit is too large.
    """
    if max(target.rate_limit.per_minute, target.rate_limit.burst) > _LARGEST:
        raise NotTested(f"the limits are above {_LARGEST} requests: too many to send for a verdict")
    primary = _named("organizations.primary.api_keys", target.organizations.primary.api_keys)
    secondary = _named("organizations.secondary.api_keys", target.organizations.secondary.api_keys)
    spare = spare_keys(target)
    if not spare and len(primary) < 2:
        raise NotTested("needs keys.spare (four are best) or a second primary key in the target's description")
    roles = dict(zip(SPARE_ROLES, spare or primary[-1:], strict=False))
    if WITNESS not in roles:
        roles[BYSTANDER] = primary[0]
    if secondary:
        roles[STRANGER] = secondary[-1]
    return roles


def keys_of_others(target: Target) -> dict[str, Credential]:
    """The key of each role of `OTHERS` for which there is one."""
    scoped = [Credential(secret, f"keys.single_scope.{scope}") for scope, secret in target.keys.single_scope.items()]
    foreign = _named("organizations.secondary.api_keys", target.organizations.secondary.api_keys)
    return dict(zip((*SCOPED[: len(scoped)], FOREIGN), [*scoped, *foreign], strict=False))


def spare_keys(target: Target) -> list[Credential]:
    """The usable spare keys: each once, without those that other checks use."""
    organizations = target.organizations
    used = {*organizations.primary.api_keys, *organizations.secondary.api_keys}
    by_secret = {key.secret: key for key in _named("keys.spare", target.keys.spare) if key.secret not in used}
    return list(by_secret.values())


def most_requests(limit: RateLimit) -> int:
    """The most requests with one key until its pattern ends, of a target that keeps its limit and answers within 0.3 s."""
    return 2 * limit.burst + max(limit.per_minute, _AT_LEAST)


def _named(label: str, secrets: Sequence[str]) -> list[Credential]:
    return [Credential(secret, f"{label}[{index}]") for index, secret in enumerate(secrets)]
