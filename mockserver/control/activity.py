"""What goes on by itself: a sales team at work, step by step on demand or at a rate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.control.call import Call, Handler, chosen


def _get(call: Call) -> Mapping[str, Any]:
    return _shown(call)


def _start(call: Call) -> Mapping[str, Any]:
    organization = chosen(call).organization.id
    call.mock.start_activity(call.world, call.body["rate"], organization)
    return _shown(call)


def _stop(call: Call) -> None:
    call.world.activity.stop()


def _step(call: Call) -> Mapping[str, Any]:
    organization = chosen(call).organization.id
    return {"data": call.world.activity.step(call.parts, organization, call.now)}


def _shown(call: Call) -> Mapping[str, Any]:
    activity = call.world.activity
    return {"rate": activity.rate, "organization": activity.organization, "steps": activity.steps}


HANDLERS: Mapping[str, Handler] = {
    "getActivity": _get,
    "startActivity": _start,
    "stopActivity": _stop,
    "stepActivity": _step,
}
