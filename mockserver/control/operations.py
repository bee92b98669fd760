"""The operations of the control API, made from its document. Finds a request's operation, and validates query and body."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property

from starlette.routing import compile_path

from mockserver.api.parameters import ParameterRules, compile_rules, read_parameters
from mockserver.api.problems import Refused
from mockserver.control.body import Check, compiled
from mockserver.control.call import Handler, Refusal, bad_input
from mockserver.control.document import LONGEST_BODY, body_schema, document, operations, self_contained, success
from mockserver.control.handlers import HANDLERS
from spec import OpenApi, parameter
from spec.misspelled import meant

_SAFE = ("GET", "HEAD")

_PERFORMED_ONCE = ("releaseHeld",)
"""Calls that only the called process performs, even if several share their state: their effect is in the shared state."""


@dataclass(frozen=True)
class Operation:
    """One operation of the document. `status` is that of its success, `longest` the most bytes of its body."""

    id: str
    is_change: bool
    status: int
    longest: int
    rules: ParameterRules
    handle: Handler
    described: OpenApi

    @cached_property
    def check(self) -> Check:
        """The validation of a body. Compiled at the first use, because a schema takes half a megabyte."""
        schema = body_schema(self.described)
        return compiled(None if schema is None else self_contained(schema, document()))

    def read_query(self, query: bytes) -> Mapping[str, object]:
        """The query's parameters by name, with the default limit. Raises Refusal for an unknown or a wrong one."""
        for pair in query.split(b"&"):
            name = pair.partition(b"=")[0].decode("latin-1")
            if name and name not in self.rules.query:
                raise bad_input(f"This call has no such query parameter{meant(name, self.rules.query)}.")
        try:
            read = read_parameters(self.rules, {"query_string": query, "path_params": {}})
        except Refused as refused:
            errors = "; ".join(f"{error.parameter} {error.detail}" for error in refused.problem.errors)
            raise bad_input(f"{errors}.") from None
        return {"limit": read.limit, "cursor": read.cursor, **read.filters}


def find(method: str, path: str) -> tuple[Operation, Mapping[str, str]]:
    """The operation that a request means, and the parameters in its path. Raises Refusal (404, 405)."""
    for pattern, by_method in _paths():
        fit = pattern.match(path)
        if fit is None:
            continue
        if method not in by_method:
            allowed = ", ".join(sorted(by_method))
            raise Refusal(405, "Method not allowed", f"This path allows {allowed}.", ((b"allow", allowed.encode()),))
        return by_method[method], fit.groupdict()
    known = {template for _, template in operations(document())}
    hint = meant(path, known, "/_mock/openapi.json has all")
    raise Refusal(404, "Not found", f"The control API has no such path{hint}.")


@cache
def by_id() -> Mapping[str, Operation]:
    """All operations by their ids. Raises KeyError for one without a handler."""
    return {
        described["operationId"]: Operation(
            id=described["operationId"],
            is_change=method not in _SAFE and described["operationId"] not in _PERFORMED_ONCE,
            status=success(described),
            longest=described.get("x-longest-body", LONGEST_BODY),
            rules=compile_rules(parameter(document(), raw) for raw in described.get("parameters", ())),
            handle=HANDLERS[described["operationId"]],
            described=described,
        )
        for (method, _), described in operations(document()).items()
    }


@cache
def _paths() -> list[tuple[re.Pattern[str], dict[str, Operation]]]:
    found: dict[str, dict[str, Operation]] = {}
    for (method, path), described in operations(document()).items():
        found.setdefault(path, {})[method] = by_id()[described["operationId"]]
    return [(compile_path(path)[0], by_method) for path, by_method in found.items()]
