"""The contract of the Outbound API as data: the OpenAPI document and the requirement ledger, loaded with types.

Everything that mock, judge and load tests must agree on (scopes, page sizes, rate limits, problem kinds, requirement ids) is
written only in `openapi.json` and `requirements.toml`, and read here.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from os.path import commonpath
from typing import Any, Literal

Level = Literal["must", "should"]

OpenApi = Mapping[str, Any]
"""An OpenAPI document, or an object in it: an operation, a parameter, a schema. It is not changed."""

REST = 120.0
"""Seconds without a request after which a key counts as rested, and within which a limit resets (RATE-1, RATE-2)."""

LONGEST_RETRY_AFTER = 60.0
"""The most seconds that Retry-After may ask for (RATE-6). A date is rounded, so it may ask for one more."""

LIST_OPERATIONS = ("listContacts", "listLists", "listDrafts", "listEvents")

ITEM_OPERATIONS = {"getContact": "listContacts", "getList": "listLists", "getDraft": "listDrafts"}
"""The operations that read one item of a list, with the operation of the list."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of an operation. `location` is OpenAPI's `in`: `query` or `path`."""

    name: str
    location: str
    required: bool
    schema: OpenApi = field(hash=False)


@dataclass(frozen=True, slots=True)
class Operation:
    """One of the nine operations. `scope` is None where any valid key will do (documentation, "Endpoints")."""

    id: str
    path: str
    scope: str | None
    parameters: tuple[Parameter, ...]

    @property
    def is_list(self) -> bool:
        """Whether the operation answers cursor pages."""
        return self.id in LIST_OPERATIONS

    @property
    def path_parameters(self) -> tuple[str, ...]:
        """Names of the parameters in the path, in the document's order."""
        return tuple(p.name for p in self.parameters if p.location == "path")

    @property
    def filters(self) -> tuple[str, ...]:
        """Names of the query parameters that narrow a list (all but `limit` and `cursor`)."""
        return tuple(p.name for p in self.parameters if p.location == "query" and p.name not in ("limit", "cursor"))


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """A kind of error: its slug, its URI under the documented base, its HTTP status and its title (RFC 9457)."""

    slug: str
    type: str
    status: int
    title: str


@dataclass(frozen=True, slots=True)
class RateLimits:
    """Requests per minute, and requests per burst window (seconds), of one API key (documentation, "Rate limits")."""

    per_minute: int
    burst: int
    burst_window: int


@dataclass(frozen=True, slots=True)
class PageSize:
    """Items on a page: the number without `limit`, and the most (documentation, "Pagination")."""

    default: int
    maximum: int

    def asked(self, limit: str) -> int | None:
        """The number of items that a request's `limit` asks for; None if it is no number from 1 to the maximum."""
        short = limit.isascii() and limit.isdigit() and len(limit) <= len(str(self.maximum))
        return int(limit) if short and 1 <= int(limit) <= self.maximum else None


@dataclass(frozen=True, slots=True)
class Contract:
    """The OpenAPI 3.1 document and what is read from it."""

    document: OpenApi = field(hash=False, repr=False)
    operations: Mapping[str, Operation] = field(hash=False)
    base_path: str
    scopes: tuple[str, ...]
    problem_base: str
    problems: Mapping[str, ProblemKind] = field(hash=False)
    rate_limits: RateLimits
    page_size: PageSize

    def schema(self, name: str) -> OpenApi:
        """The component schema of that name, its references unresolved. Raises KeyError."""
        found: OpenApi = self.document["components"]["schemas"][name]
        return found


@dataclass(frozen=True, slots=True)
class Requirement:
    """A row of the requirement ledger.

    `basis` is the sentence of the documentation, the RFC or the reading that its checks rest on. `needs` are the members of a
    target's description without which it cannot be tested (`organizations.secondary`, `keys.revoked`, …); `reading` is
    how an ambiguous point of the documentation is read.
    """

    id: str
    level: Level
    title: str
    section: str
    basis: str
    needs: tuple[str, ...] = ()
    reading: str | None = None

    @property
    def family(self) -> str:
        """The part of the id before the dash: AUTH, SCOPE, OP, PAGE, FILTER, TENANT, ERROR, RATE, HOOK."""
        return self.id.partition("-")[0]


@cache
def contract() -> Contract:
    """The contract, read once. Raises KeyError where the document lacks a member that the readers rely on."""
    document = json.loads(files(__name__).joinpath("openapi.json").read_text("utf-8"))
    components = document["components"]
    limit = components["parameters"]["Limit"]["schema"]
    limits = document["x-rate-limits"]
    kinds = document["x-problem-types"]
    return Contract(
        document=document,
        operations={operation.id: operation for operation in _operations(document)},
        base_path=commonpath(document["paths"]),
        scopes=tuple(components["securitySchemes"]["bearerAuth"]["x-scopes"]),
        problem_base=kinds["base"],
        problems={
            kind["slug"]: ProblemKind(kind["slug"], kinds["base"] + kind["slug"], kind["status"], kind["title"])
            for kind in kinds["kinds"]
        },
        rate_limits=RateLimits(limits["perMinute"], limits["burst"], limits["burstWindow"]),
        page_size=PageSize(limit["default"], limit["maximum"]),
    )


def operation_of(path: str) -> str | None:
    """The id of the operation whose path template a path fits, None if it fits none."""
    return next((operation_id for operation_id, template in _templates() if template.fullmatch(path)), None)


@cache
def _templates() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(
        (operation.id, re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(operation.path))))
        for operation in contract().operations.values()
    )


@cache
def requirements() -> tuple[Requirement, ...]:
    """The requirement ledger, in its order, read once. Raises TypeError for a row with an unknown or missing member."""
    rows = tomllib.loads(files(__name__).joinpath("requirements.toml").read_text("utf-8"))["requirement"]
    return tuple(Requirement(**{**row, "needs": tuple(row.get("needs", ()))}) for row in rows)


def _operations(document: OpenApi) -> list[Operation]:
    return [
        Operation(
            id=item["get"]["operationId"],
            path=path,
            scope=_scope(item["get"]),
            parameters=tuple(
                parameter(document, raw) for raw in (*item.get("parameters", ()), *item["get"].get("parameters", ()))
            ),
        )
        for path, item in document["paths"].items()
    ]


def _scope(operation: OpenApi) -> str | None:
    scopes: list[str] = operation["security"][0]["bearerAuth"]
    return scopes[0] if scopes else None


def parameter(document: OpenApi, raw: OpenApi) -> Parameter:
    """A parameter object of a document, which may be a reference to one of its components."""
    if "$ref" in raw:
        raw = document["components"]["parameters"][raw["$ref"].rpartition("/")[2]]
    return Parameter(raw["name"], raw["in"], raw.get("required", False), raw["schema"])
