"""Activity: a sales team that works one step on demand, or steps at a rate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mockserver.control.bodies import Choice, NewActivity
from mockserver.control.call import Ask, Call, Handler, chosen

if TYPE_CHECKING:
    from mockserver.worlds.world import World


def start_usual(world: World, ask: Ask) -> None:
    """Start the sales team if the mock was started with --activity."""
    rate = world.settings.activity
    if rate:
        _let_work(world, ask, rate, next(iter(world.state.tenants)))


def _let_work(world: World, ask: Ask, rate: float, organization: str) -> None:
    """Let a sales team do `rate` steps a minute. Each step is a call, which all processes that share the state perform."""

    async def step() -> None:
        await ask(world, "POST", "/_mock/activity/steps", {"organization": organization})

    world.activity.start(rate, organization, step)


def _get(call: Call) -> Mapping[str, object]:
    return _shown(call)


def _start(call: Call) -> Mapping[str, object]:
    body = call.read(NewActivity)
    _let_work(call.world, call.ask, body.rate, chosen(call, body.organization).organization.id)
    return _shown(call)


def _stop(call: Call) -> None:
    call.world.activity.stop()


def _step(call: Call) -> Mapping[str, object]:
    organization = chosen(call, call.read(Choice).organization).organization.id
    return {"data": call.world.activity.step(call.state, organization, call.now)}


def _shown(call: Call) -> Mapping[str, object]:
    activity = call.world.activity
    return {"rate": activity.rate, "organization": activity.organization, "steps": activity.steps}


HANDLERS: Mapping[str, Handler] = {
    "getActivity": _get,
    "startActivity": _start,
    "stopActivity": _stop,
    "stepActivity": _step,
}
