"""The target's own OpenAPI document and what it declares for the nine operations."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import unquote, urlsplit

import spec
from conformance.oracles.schemas import NO_CHARACTER, Validator, compiled, mismatch
from conformance.target.client import Caller
from conformance.target.exchange import Exchange

PATH = "/api-docs/openapi.json"
_VERSION = "3.1."
_DEEPEST = 20
_LONGEST = 300
_NOT_MODIFIED = 304
# The path of an address (RFC 3986 appendix B), which is found even if the host cannot be read.
_PATH_OF_URL = re.compile(r"(?:[^:/?#]+:)?(?://[^/?#]*)?([^?#]*)")
# Members whose values are data, not parts of the description.
_DATA = ("example", "value", "default", "enum", "const")

Json = dict[str, Any]


class UnreadableDocument(Exception):
    """The served document is no OpenAPI 3.1 document; the message is one line."""


@dataclass(frozen=True)
class DeclaredResponse:
    """A response that the document declares: schemas by media type. A schema of None accepts everything."""

    content: Mapping[str, Json | None]


@dataclass(frozen=True)
class PublishedOperation:
    """One of the nine operations as the target's document describes it."""

    path: str
    parameters: frozenset[tuple[str, str]]
    answers: Mapping[str, DeclaredResponse]
    schemes: frozenset[str]

    def answer(self, status: int) -> DeclaredResponse | None:
        """The response that is declared for a status: by its number, its class (`4XX`), or the default. None if there is none."""
        by_class = f"{status // 100}XX"
        return next((self.answers[key] for key in (str(status), by_class, "default") if key in self.answers), None)


@dataclass(frozen=True)
class PublishedDocument:
    """A document, and the path under which the target is served (`base_path`, empty for most targets)."""

    document: Json
    base_path: str = ""
    _validators: dict[str, Validator] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def operations(self) -> dict[str, PublishedOperation]:
        """The nine operations, by the contract's ids; one that is not in the document is missing."""
        found = dict(self._found())
        wanted = {_shape(operation.path): operation.id for operation in spec.contract().operations.values()}
        return {wanted[shape]: operation for shape, operation in found.items() if shape in wanted}

    @property
    def bearer_schemes(self) -> frozenset[str]:
        """The names of the security schemes that are HTTP bearer tokens."""
        schemes = self.resolved(self.resolved(self.document.get("components")).get("securitySchemes"))
        kinds = {name: self.resolved(scheme) for name, scheme in schemes.items()}
        return frozenset(
            name
            for name, kind in kinds.items()
            if kind.get("type") == "http" and str(kind.get("scheme", "")).lower() == "bearer"
        )

    def resolved(self, value: Any) -> Json:
        """An object of the document, its reference followed; an empty one for anything else."""
        for _ in range(_DEEPEST):
            if not isinstance(value, dict):
                return {}
            if not isinstance(value.get("$ref"), str):
                return value
            value = self.at(value["$ref"])
        return {}

    def at(self, reference: str) -> Any:
        """The value that a reference within the document points to; None if it points nowhere, or outside of the document."""
        value: Any = self.document if reference.startswith("#") else None
        for step in reference.lstrip("#").split("/")[1:]:
            step = unquote(step).replace("~1", "/").replace("~0", "~")
            value = value.get(step) if isinstance(value, dict) else _member(value, step)
        return value

    def as_contract(self) -> Json:
        """The document with the nine operations under the contract's paths, to judge answers by (`--schema published`).

        Each 200 has to be at least an object or a page with string ids. Raises UnreadableDocument if an operation is
        missing, or has no usable schema.
        """
        paths: Json = dict(self.resolved(self.document.get("paths")))
        for operation in spec.contract().operations.values():
            published = self.operations.get(operation.id)
            served = published.answer(200) if published else None
            if served is None:
                raise UnreadableDocument(f"the target's document declares no 200 for {operation.path}")
            schema = {"allOf": [_least(operation), served.content.get("application/json") or {}]}
            try:
                self._validator(schema)
            except ValueError as error:
                raise UnreadableDocument(f"the schema for 200 of {operation.path} cannot be used: {error}") from None
            answer = {"description": "OK", "content": {"application/json": {"schema": schema}}}
            paths[operation.path] = {"get": {"operationId": operation.id, "responses": {"200": answer}}}
        return {**self.document, "paths": paths}

    def disagreement(self, exchange: Exchange) -> str | None:
        """How an answer to one of the nine operations differs from its declaration, in one line; None if it does not."""
        operation = self.operations[exchange.request.operation or ""]
        declared = operation.answer(exchange.status)
        if exchange.status == _NOT_MODIFIED and declared is None:
            return None  # any server may answer so to a validator of its own (RFC 9110 13.1.2)
        if declared is None:
            return f"{operation.path} has no {exchange.status}"
        own = exchange.media_type
        described = next(
            (kind for kind in (own, f"{own.partition('/')[0]}/*", "*/*") if kind in declared.content), None
        )
        if declared.content and described is None:
            return f"{operation.path} has no {own or 'answer without a content type'} for {exchange.status}"
        schema = declared.content[described] if described else None
        if not isinstance(schema, dict) or exchange.document is None:
            return None
        try:
            validator = self._validator(schema)
        except ValueError as error:
            return f"{operation.path}: the schema for {exchange.status} cannot be used: {error}"
        return mismatch(validator, exchange.document)

    def _validator(self, schema: Json) -> Validator:
        """A schema of the document, compiled only once. Raises ValueError for an invalid one."""
        text = json.dumps(schema, sort_keys=True)
        if text not in self._validators:
            self._validators[text] = compiled(schema, self.document)
        return self._validators[text]

    def _found(self) -> Iterator[tuple[str, PublishedOperation]]:
        for template, raw in self.resolved(self.document.get("paths")).items():
            item = self.resolved(raw)
            get = self.resolved(item.get("get"))
            if get:
                servers = get.get("servers") or item.get("servers") or self.document.get("servers") or [{"url": "/"}]
                for prefix in self._prefixes(servers):
                    yield _shape(prefix + template), self._operation(template, item, get)

    def _prefixes(self, servers: Any) -> Iterator[str]:
        for server in servers if isinstance(servers, list) else []:
            server = self.resolved(server)
            url = str(server.get("url", ""))
            for name, variable in self.resolved(server.get("variables")).items():
                url = url.replace(f"{{{name}}}", str(self.resolved(variable).get("default", "")))
            found = _PATH_OF_URL.match(url)
            yield (found[1] if found else "").rstrip("/").removeprefix(self.base_path)

    def _operation(self, path: str, item: Json, get: Json) -> PublishedOperation:
        parameters = [self.resolved(raw) for part in (item, get) for raw in _list(part.get("parameters"))]
        security = _list(get.get("security", self.document.get("security")))
        answers = {str(status): self._answer(raw) for status, raw in self.resolved(get.get("responses")).items()}
        return PublishedOperation(
            path,
            frozenset((str(raw.get("in")), str(raw.get("name"))) for raw in parameters),
            answers,
            frozenset(name for wanted in security for name in self.resolved(wanted)),
        )

    def _answer(self, raw: Any) -> DeclaredResponse:
        content = self.resolved(self.resolved(raw).get("content"))
        return DeclaredResponse(
            {
                media_type.partition(";")[0].strip().lower(): self.resolved(described).get("schema")
                for media_type, described in content.items()
            }
        )


def ask(caller: Caller) -> Exchange:
    """The answer at the address of the document: requested without a key, and with one if a key is required."""
    answer = caller.client.anonymous.send("GET", PATH)
    return answer if answer.status == 200 else caller.send("GET", PATH)


def read(exchange: Exchange) -> PublishedDocument:
    """The document that an answer holds. Raises UnreadableDocument if it is no OpenAPI 3.1 document."""
    if exchange.status != 200:
        raise UnreadableDocument(f"{exchange.line()}, expected 200")
    if not isinstance(exchange.json, dict):
        raise UnreadableDocument("what is served is no JSON object")
    version = exchange.json.get("openapi")
    if not isinstance(version, str) or not version.startswith(_VERSION):
        raise UnreadableDocument(f"openapi is {version!r}, not {_VERSION}x")
    base_url = exchange.url.removesuffix(exchange.request.target)
    return PublishedDocument(exchange.json, urlsplit(base_url).path.rstrip("/"))


def invalidity(document: PublishedDocument) -> str | None:
    """The first error of a document against OpenAPI 3.1, in one line; None if it is valid."""
    # It takes a quarter of the gate's start, which every wrong option would wait for.
    from openapi_spec_validator import OpenAPIV31SpecValidator

    for reference in references(document.document):
        if document.at(reference) is None:
            return f"a reference leads nowhere: {reference}"
    try:
        error = next(iter(OpenAPIV31SpecValidator(document.document).iter_errors()), None)
    except RecursionError:
        return "references lead in a circle"
    except UnicodeEncodeError:
        return NO_CHARACTER
    if error is None:
        return None
    place = "/".join(map(str, getattr(error, "path", ())))
    # Some of the validator's messages contain the whole document after the first line.
    return f"{place or 'the document'}: {str(getattr(error, 'message', error)).splitlines()[0]}"[:_LONGEST]


def references(value: Any) -> Iterator[str]:
    """Every reference in a part of a document, except in examples of data."""
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for name, inner in value.items():
            if name not in _DATA:
                yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def _least(operation: spec.Operation) -> Json:
    resource: Json = {"type": "object"}
    identified = {**resource, "required": ["id"], "properties": {"id": {"type": "string", "minLength": 1}}}
    if operation.is_list:
        return {**resource, "required": ["data"], "properties": {"data": {"type": "array", "items": identified}}}
    return identified if operation.path.endswith("}") else resource


def _member(value: Any, step: str) -> Any:
    return {str(index): inner for index, inner in enumerate(value)}.get(step) if isinstance(value, list) else None


def _shape(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
