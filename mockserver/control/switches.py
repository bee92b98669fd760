"""Faults, variants and hardships: the catalogue, and those that are switched on, with their conditions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields

from mockserver.control.bodies import NewSwitch
from mockserver.control.call import Call, Handler, bad_input, conflict, missing
from mockserver.modifications import faults, hardships, variants
from mockserver.modifications.active import Switch
from mockserver.modifications.condition import Condition, condition_of
from mockserver.modifications.registry import Kind, Modification
from mockserver.modifications.requested import known

MOST_SWITCHES = 100

KINDS: Sequence[Kind] = ("fault", "variant", "hardship")


def _catalogue(_call: Call) -> Mapping[str, object]:
    breaking, bending = faults.all_faults().values(), variants.all_variants().values()
    every = [*breaking, *bending, *map(hardships.describe, hardships.names())]
    return {"data": [_described(modification) for modification in every if modification.on_state is None]}


def _described(modification: Modification) -> Mapping[str, object]:
    return {
        "name": modification.name,
        "kind": modification.kind,
        "description": " ".join(modification.description.split()),
        "breaks": modification.breaks,
        "appliesTo": modification.applies_to,
        "parameters": [asdict(parameter) for parameter in modification.parameters],
    }


def all_shown(call: Call) -> list[Mapping[str, object]]:
    """The switches of the world as JSON."""
    call.world.switches.recount()
    return [_shown(switch) for switch in call.world.switches]


def on(call: Call) -> Mapping[str, object]:
    """Switch on what the body names, and return it as JSON. Raises Refusal."""
    body = call.read(NewSwitch)
    if len(call.world.switches) >= MOST_SWITCHES:
        raise conflict(f"{MOST_SWITCHES} are switched on already: switch one off first.")
    named: dict[Kind, str] = {kind: name for kind in KINDS if (name := getattr(body, kind)) is not None}
    if len(named) != 1:
        raise bad_input("Name one of fault, variant and hardship.")
    ((kind, name),) = named.items()
    condition = asked_condition(call, body)
    try:
        return _shown(call.world.switch_on(_modification(kind, name, body.parameters).when(condition)))
    except ValueError as error:
        raise bad_input(f"{error}.") from error


def asked_condition(call: Call, body: NewSwitch) -> Condition:
    """The condition in the body of a switch. Raises Refusal for an invalid condition, and for an unknown key."""
    if body.key is not None and call.state.keys.get(body.key) is None:
        raise bad_input("key: no key has this id.")
    members = {member.name: getattr(body, member.name) for member in fields(Condition)}
    try:
        return condition_of({name: value for name, value in members.items() if value is not None})
    except ValueError as error:
        raise bad_input(f"{error}.") from error


def _modification(kind: Kind, name: str, parameters: Mapping[str, object]) -> Modification:
    if kind != "hardship" and parameters:
        raise bad_input(f"parameters: a {kind} has none.")
    try:
        modification = known(kind, name).given(parameters)
    except ValueError as error:
        raise bad_input(f"{kind}: {error}.") from error
    if modification.on_state is not None:
        raise bad_input(f"{kind}: it changes the data that a mock starts with: start one with --{kind} {name}.")
    return modification


def off(call: Call) -> None:
    """Switch off what the path names. Raises Refusal if it is not on."""
    if not call.world.switch_off(call.path["id"]):
        raise missing("switch")


def all_off(call: Call) -> None:
    """Switch everything off but holds."""
    for switch in call.world.switches:
        call.world.switch_off(switch.id)


def _shown(switch: Switch) -> Mapping[str, object]:
    return {
        "id": switch.id,
        "name": switch.modification.name,
        "kind": switch.modification.kind,
        "parameters": switch.modification.values,
        "condition": asdict(switch.condition),
        "left": switch.left,
    }


HANDLERS: Mapping[str, Handler] = {"getCatalogue": _catalogue}
