"""Query and path parameters, checked by rules compiled once from the document's schemas.

Connexion's own validator accepts `1_0`, `٣` and repeated parameters, and builds its validators again for every request.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes

from starlette.types import Scope

from mockserver.api.problems import ParameterError, Refused, invalid_parameter
from spec import OpenApi, Parameter

_DIGITS = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_MOST_KNOWN = 512
_LONGEST_KNOWN = 256
"""Bytes of the longest query string whose parameters are kept. Clients send the same query strings again and again."""

Parse = Callable[[str], object]
"""A parameter's value in its type. Raises ValueError with a message that does not repeat the value."""

Values = dict[str, Any]
"""Parameters by name, each in the type of its rule."""


@dataclass(frozen=True, slots=True)
class ParameterRules:
    """What an operation's parameters must be: one rule for each documented name.

    `known` are the parameters of the latest query strings that were accepted. Rules that are made by `replace` have their own.
    """

    query: Mapping[str, Parse]
    path: Mapping[str, Parse]
    default_limit: int
    known: dict[bytes, Parameters] = field(init=False, repr=False, compare=False, default_factory=dict)


class Parameters(NamedTuple):
    """A request's parameters. `filters` are all query parameters but limit and cursor, those that were given."""

    limit: int
    cursor: str | None
    filters: Mapping[str, str]
    path: Mapping[str, str]


def compile_rules(parameters: Iterable[Parameter]) -> ParameterRules:
    """The rules for parameters. Raises NotImplementedError for a kind of parameter that the API does not have."""
    rules: dict[str, dict[str, Parse]] = {"query": {}, "path": {}}
    default_limit = 0
    for parameter in parameters:
        name, schema = parameter.name, parameter.schema
        if parameter.location not in rules or (parameter.location == "query" and parameter.required):
            raise NotImplementedError(f"parameter {name}: neither optional in the query nor in the path")
        rules[parameter.location][name] = _compile(name, schema)
        if name == "limit":
            default_limit = schema["default"]
    return ParameterRules(rules["query"], rules["path"], default_limit)


def read_parameters(rules: ParameterRules, scope: Scope) -> Parameters:
    """The request's parameters; undocumented ones are ignored. Raises Refused, naming every one that is wrong."""
    query, path = scope["query_string"], scope["path_params"]
    if path or len(query) > _LONGEST_KNOWN:
        return _read(rules, query, path)
    found = rules.known.get(query)
    if found is None:
        found = _read(rules, query, path)
        if len(rules.known) >= _MOST_KNOWN:
            rules.known.clear()
        rules.known[query] = found
    return found


def _read(rules: ParameterRules, query_string: bytes, path_params: Mapping[str, str]) -> Parameters:
    errors: list[ParameterError] = []
    query: Values = {}
    if query_string:
        _read_query(rules.query, query_string, query, errors)
    path: Values = {}
    for name, value in path_params.items():
        _read_value(rules.path[name], name, value, path, errors)
    if errors:
        raise Refused(invalid_parameter(errors))
    return Parameters(query.pop("limit", rules.default_limit), query.pop("cursor", None), query, path)


def _read_query(rules: Mapping[str, Parse], query: bytes, values: Values, errors: list[ParameterError]) -> None:
    seen = set()
    for pair in query.split(b"&"):
        raw_name, _, raw_value = pair.partition(b"=")
        name = _decode(raw_name)
        if name is None or name not in rules:
            continue
        value = _decode(raw_value)
        if name in seen:
            errors.append(ParameterError(name, "must not be repeated"))
        elif value is None:
            errors.append(ParameterError(name, "must be UTF-8, percent-encoded"))
        else:
            _read_value(rules[name], name, value, values, errors)
        seen.add(name)


def _read_value(parse: Parse, name: str, value: str, values: Values, errors: list[ParameterError]) -> None:
    try:
        values[name] = parse(value)
    except ValueError as error:
        errors.append(ParameterError(name, str(error)))


def _decode(text: bytes) -> str | None:
    """Decoded `application/x-www-form-urlencoded` text; None if it is not UTF-8."""
    if b"+" in text:
        text = text.replace(b"+", b" ")
    if b"%" in text:
        text = unquote_to_bytes(text)
    try:
        return text.decode()
    except UnicodeDecodeError:
        return None


def _compile(name: str, schema: OpenApi) -> Parse:
    kind = schema.get("type")
    if kind == "integer":
        return _integer(schema["minimum"], schema["maximum"])
    if kind == "string":
        return _string(schema)
    raise NotImplementedError(f"parameter {name}: schemas of type {kind!r} are not compiled")


def _integer(minimum: int, maximum: int) -> Parse:
    wrong = f"must be a whole number from {minimum} to {maximum}"

    def parse(text: str) -> int:
        if not _DIGITS.fullmatch(text) or not minimum <= int(text) <= maximum:
            raise ValueError(wrong)
        return int(text)

    return parse


def _string(schema: OpenApi) -> Parse:
    shortest, longest = schema.get("minLength", 0), schema.get("maxLength")
    pattern = re.compile(schema["pattern"]) if "pattern" in schema else None
    choices: Sequence[str] | None = schema.get("enum")

    def parse(text: str) -> str:
        if len(text) < shortest:
            raise ValueError(f"must be at least {shortest} characters long")
        if longest is not None and len(text) > longest:
            raise ValueError(f"must be at most {longest} characters long")
        if choices is not None and text not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        if pattern is not None and not pattern.search(text):
            raise ValueError(f"must match {pattern.pattern}")
        return text

    return parse
