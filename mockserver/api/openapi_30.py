"""An OpenAPI 3.1 document as the 3.0 document that Connexion reads.

Connexion 3 supports only OpenAPI 3.0, so it gets this view, which is made when the mock starts. Parts that 3.0 expresses in
another way are translated; parts that it cannot express raise an error, and are never dropped silently.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from spec import OpenApi

Json = dict[str, Any]
"""An object of the 3.0 document."""

# The kinds of the members of each kind of object: `[]` is a list, `{}` a map.
_MEMBERS: Mapping[str, Mapping[str, str]] = {
    "document": {"info": "info", "paths": "{}path", "components": "components"},
    "info": {"license": "license"},
    "license": {},
    "components": {
        "schemas": "{}schema",
        "responses": "{}response",
        "parameters": "{}parameter",
        "requestBodies": "{}content",
        "headers": "{}parameter",
        "securitySchemes": "{}security",
        "callbacks": "{}{}path",
    },
    "path": {"parameters": "[]parameter"}
    | dict.fromkeys(("get", "put", "post", "delete", "options", "head", "patch", "trace"), "operation"),
    "operation": {
        "parameters": "[]parameter",
        "requestBody": "content",
        "responses": "{}response",
        "callbacks": "{}{}path",
    },
    "parameter": {"schema": "schema", "content": "{}media"},
    "response": {"headers": "{}parameter", "content": "{}media"},
    "content": {"content": "{}media"},
    "media": {"schema": "schema", "encoding": "{}encoding"},
    "encoding": {"headers": "{}parameter"},
    "security": {},
    "schema": {
        "properties": "{}schema",
        "items": "schema",
        "additionalProperties": "schema",
        "allOf": "[]schema",
        "anyOf": "[]schema",
        "oneOf": "[]schema",
        "not": "schema",
    },
}

# Members of 3.1 that say nothing about which requests are valid.
_DROPPED: Mapping[str, frozenset[str]] = {
    "document": frozenset({"webhooks", "jsonSchemaDialect"}),
    "info": frozenset({"summary"}),
    "license": frozenset({"identifier"}),
    "schema": frozenset({"$comment", "contentEncoding", "contentMediaType"}),
}

_REFUSED: Mapping[str, frozenset[str]] = {"components": frozenset({"pathItems"})}

_SAME_IN_BOTH = {
    "title",
    "description",
    "default",
    "multipleOf",
    "maximum",
    "minimum",
    "maxLength",
    "minLength",
    "pattern",
}
_SAME_IN_BOTH |= {"maxItems", "minItems", "uniqueItems", "maxProperties", "minProperties", "required", "enum", "format"}
_SAME_IN_BOTH |= {"readOnly", "writeOnly", "deprecated", "discriminator", "xml", "externalDocs", "example"}
_NULL: Json = {"type": "string", "nullable": True, "enum": [None]}


Rewrite = Callable[[Json, object, str], None]
"""Puts a keyword of 3.1 into a schema of 3.0: (schema, value of the keyword, JSON pointer to it)."""


class ViewError(ValueError):
    """Something in the 3.1 document that OpenAPI 3.0 cannot say. `pointer` is its JSON pointer (RFC 6901)."""

    def __init__(self, pointer: str, reason: str) -> None:
        super().__init__(f"{pointer or '/'}: {reason}")
        self.pointer = pointer


def to_openapi_30(document: OpenApi) -> Json:
    """The OpenAPI 3.0 view of a 3.1 document, sharing no mutable part with it.

    Raises ViewError for what 3.0 cannot express. Scopes of a bearer scheme are kept, though 3.0 gives them no meaning:
    Connexion hands them to the security check.
    """
    if not str(document.get("openapi", "")).startswith("3.1."):
        raise ViewError("/openapi", "is not an OpenAPI 3.1 document")
    view = _members("document", document, "")
    view["openapi"] = "3.0.3"
    view.setdefault("paths", {})
    return view


def _walk(kind: str, value: object, pointer: str) -> object:
    if kind.startswith("[]") and isinstance(value, list):
        return [_walk(kind[2:], item, f"{pointer}/{index}") for index, item in enumerate(value)]
    if kind == "schema" and isinstance(value, bool):
        return _always_or_never(value, pointer)
    if kind.startswith("[]") or not isinstance(value, Mapping):
        raise ViewError(pointer, "has another type than OpenAPI asks for")
    if kind.startswith("{}"):
        return {name: _walk(kind[2:], item, f"{pointer}/{_escape(name)}") for name, item in value.items()}
    if kind == "schema":
        return _schema(value, pointer)
    if "$ref" in value:
        return {"$ref": _reference(value["$ref"], f"{pointer}/$ref")}
    if kind == "security" and value.get("type") == "mutualTLS":
        raise ViewError(f"{pointer}/type", "OpenAPI 3.0 has no mutualTLS")
    return _members(kind, value, pointer)


def _members(kind: str, value: OpenApi, pointer: str) -> Json:
    kept = {}
    for name, item in value.items():
        here = f"{pointer}/{_escape(name)}"
        if name in _REFUSED.get(kind, ()):
            raise ViewError(here, f"OpenAPI 3.0 has no {name}")
        if name in _DROPPED.get(kind, ()):
            continue
        leads_to = _MEMBERS[kind].get(name)
        kept[name] = _walk(leads_to, item, here) if leads_to else _copy(item)
    return kept


def _always_or_never(schema: bool, pointer: str) -> bool | Json:
    if pointer.endswith("/additionalProperties"):
        return schema
    return {} if schema else {"not": {}}


def _schema(schema: OpenApi, pointer: str) -> Json:
    result = _members("schema", {name: schema[name] for name in schema if name not in _REWRITES}, pointer)
    unknown = [n for n in result if n not in _SAME_IN_BOTH and n not in _MEMBERS["schema"] and not n.startswith("x-")]
    if unknown:
        raise ViewError(f"{pointer}/{_escape(unknown[0])}", "OpenAPI 3.0 schemas have no such keyword")
    for name, rewrite in _REWRITES.items():
        if name in schema:
            rewrite(result, schema[name], f"{pointer}/{name}")
    return result


def _rewrite_type(result: Json, value: object, pointer: str) -> None:
    types = value if isinstance(value, list) else [value]
    plain = [name for name in types if name != "null"]
    if not plain:
        _also(result, dict(_NULL))
    elif len(plain) == 1:
        result |= _items(plain[0]) | result | _of_type(plain[0], pointer, nullable="null" in types)
    else:
        choices = [_of_type(name, pointer, nullable=False) | _items(name) for name in plain]
        _also(result, {"anyOf": choices + [dict(_NULL)] * ("null" in types)})


def _rewrite_const(result: Json, value: object, pointer: str) -> None:
    if value not in result.get("enum", [value]):
        raise ViewError(pointer, "contradicts the enum beside it")
    result["enum"] = [_copy(value)]


def _rewrite_bound(bound: str, exclusive: str, tighter: Callable[[float, float], float]) -> Rewrite:
    def rewrite(result: Json, value: object, pointer: str) -> None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ViewError(pointer, "is a number in OpenAPI 3.1")
        if bound not in result or tighter(value, result[bound]) == value:
            result |= {bound: value, exclusive: True}

    return rewrite


def _rewrite_examples(result: Json, value: object, _pointer: str) -> None:
    if isinstance(value, list) and value:
        result.setdefault("example", _copy(value[0]))


def _rewrite_ref(result: Json, value: object, pointer: str) -> None:
    reference = {"$ref": _reference(str(value), pointer)}
    if result:
        _also(result, reference)
    else:
        result |= reference


# In this order: a reference comes last, because it may only stand alone in 3.0.
_REWRITES: Mapping[str, Rewrite] = {
    "type": _rewrite_type,
    "const": _rewrite_const,
    "exclusiveMinimum": _rewrite_bound("minimum", "exclusiveMinimum", max),
    "exclusiveMaximum": _rewrite_bound("maximum", "exclusiveMaximum", min),
    "examples": _rewrite_examples,
    "$ref": _rewrite_ref,
}


def _of_type(name: object, pointer: str, *, nullable: bool) -> Json:
    if name not in ("string", "number", "integer", "boolean", "array", "object"):
        raise ViewError(pointer, f"{name!r} is no type")
    return {"type": name, "nullable": True} if nullable else {"type": name}


def _items(name: object) -> Json:
    return {"items": {}} if name == "array" else {}


def _also(result: Json, schema: Json) -> None:
    result["allOf"] = [*result.get("allOf", ()), schema]


def _reference(reference: str, pointer: str) -> str:
    if not reference.startswith("#/"):
        raise ViewError(pointer, "leads out of the document")
    return reference


def _escape(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _copy(value: object) -> object:
    if isinstance(value, Mapping):
        return {name: _copy(item) for name, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value
