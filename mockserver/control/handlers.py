"""The handlers of the control API's operations, by their ids in the document."""

from __future__ import annotations

from collections.abc import Mapping

from mockserver.control import (
    activity,
    clock,
    data,
    deliveries,
    grade,
    health,
    held,
    keys,
    organizations,
    requests,
    signatures,
    state,
    switches,
    webhooks,
    worlds,
)
from mockserver.control.call import Handler

HANDLERS: Mapping[str, Handler] = {
    **activity.HANDLERS,
    **clock.HANDLERS,
    **data.HANDLERS,
    **deliveries.HANDLERS,
    **grade.HANDLERS,
    **health.HANDLERS,
    **keys.HANDLERS,
    **organizations.HANDLERS,
    **requests.HANDLERS,
    **signatures.HANDLERS,
    **state.HANDLERS,
    **switches.HANDLERS,
    **held.HANDLERS,
    **webhooks.HANDLERS,
    **worlds.HANDLERS,
}
