"""Faults and hardships: what there is, and what is switched on, for which requests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from mockserver.api.pipeline import Modification
from mockserver.control.call import Call, Handler, bad_input, conflict, missing
from mockserver.modifications import faults, hardships
from mockserver.modifications.active import Condition, Switch
from mockserver.modifications.catalogue import AppliesTo
from spec import contract

MOST_SWITCHES = 100


def _catalogue(_call: Call) -> Mapping[str, Any]:
    return {"data": [*_faults(), *_hardships()]}


def _faults() -> Iterator[Mapping[str, Any]]:
    for name, fault in faults.all_faults().items():
        description = " ".join((fault.__doc__ or "").split())
        yield {
            "name": name,
            "kind": "fault",
            "description": description,
            "breaks": fault.breaks,
            "appliesTo": faults.applies_to(name),
            "parameters": [],
        }


def _hardships() -> Iterator[Mapping[str, Any]]:
    for hardship in map(hardships.describe, hardships.names()):
        yield {
            "name": hardship.name,
            "kind": "hardship",
            "description": " ".join(hardship.description.split()),
            "breaks": hardship.breaks,
            "appliesTo": hardship.applies_to,
            "parameters": [asdict(parameter) for parameter in hardship.parameters],
        }


def _list(call: Call) -> Mapping[str, Any]:
    return {"data": [_shown(switch) for switch in call.world.switches]}


def _on(call: Call) -> Mapping[str, Any]:
    body = call.body
    if len(call.world.switches) >= MOST_SWITCHES:
        raise conflict(f"{MOST_SWITCHES} are switched on already: switch one off first.")
    if ("fault" in body) == ("hardship" in body):
        raise bad_input("Name one of fault and hardship.")
    if "key" in body and call.parts.keys.get(body["key"]) is None:
        raise bad_input("key: no key has this id.")
    if "operation" in body and body["operation"] not in contract().operations:
        raise bad_input(f"operation: there are {', '.join(contract().operations)}.")
    modification = _hardship(body) if "hardship" in body else _fault(body)
    if _applies_to(body) == "deliveries" and body.keys() & {"key", "operation", "requests"}:
        raise bad_input("key, operation, requests: this changes deliveries, of which all are meant.")
    condition = Condition(body.get("key"), body.get("operation"), body.get("requests"))
    return _shown(call.world.switch_on(body.get("fault") or body["hardship"], modification, condition))


def _applies_to(body: Mapping[str, Any]) -> AppliesTo:
    """What a fault or hardship that there is changes."""
    return faults.applies_to(body["fault"]) if "fault" in body else hardships.describe(body["hardship"]).applies_to


def _fault(body: Mapping[str, Any]) -> Modification:
    if body.get("parameters"):
        raise bad_input("parameters: a fault has none.")
    try:
        return faults.named(body["fault"])
    except KeyError:
        raise bad_input("fault: there is none of that name; GET /_mock/catalogue lists them.") from None


def _hardship(body: Mapping[str, Any]) -> Modification:
    try:
        return hardships.made(body["hardship"], body.get("parameters", {}))
    except ValueError as error:
        raise bad_input(f"hardship: {error}.") from error


def _off(call: Call) -> None:
    if not call.world.switch_off(call.path["id"]):
        raise missing("switch")


def _all_off(call: Call) -> None:
    for switch in call.world.switches:
        call.world.switch_off(switch.id)


def _shown(switch: Switch) -> Mapping[str, Any]:
    is_fault = switch.name in faults.names()
    return {
        "id": switch.id,
        "name": switch.name,
        "kind": "fault" if is_fault else "hardship",
        "parameters": {} if is_fault else asdict(switch.modification),  # type: ignore[call-overload]
        "condition": asdict(switch.condition),
        "left": switch.left,
    }


HANDLERS: Mapping[str, Handler] = {
    "getCatalogue": _catalogue,
    "listSwitches": _list,
    "switchOn": _on,
    "switchOff": _off,
    "switchAllOff": _all_off,
}
