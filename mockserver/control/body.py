"""The body of a call: read within bounds, and validated as a JSON object by a schema of the document."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import jsonschema_rs
from jsonschema_rs import ValidationError, ValidationErrorKind

from mockserver.api.body import whole_body
from mockserver.control.call import Refusal, bad_input
from spec.misspelled import meant_member

if TYPE_CHECKING:
    from starlette.types import Receive, Scope

    from spec import OpenApi

Check = Callable[[object], Mapping[str, object]]
"""Validates a JSON value, and returns it as an object. Raises Refusal."""

Branch = Sequence[ValidationError]
"""The errors of a value under one of the alternatives of a schema."""

_ALTERNATIVES = (
    ValidationErrorKind.AnyOf,
    ValidationErrorKind.OneOfNotValid,
    ValidationErrorKind.OneOfMultipleValid,
)
_SHOWN = 60
_DEEPEST = 32
_MOST_DIGITS = 18


async def read_body(scope: Scope, receive: Receive, longest: int) -> bytes:
    """The request's body. Raises Refusal if it has more than `longest` bytes, or is of another type than JSON."""
    body = await whole_body(receive, longest)
    if body is None:
        raise Refusal(413, "Content too large", f"The body must not be longer than {longest} bytes.")
    if body and not _is_json(dict(scope["headers"]).get(b"content-type")):
        raise Refusal(415, "Unsupported media type", "Send the body as application/json (curl: --json).")
    return body


def _is_json(content_type: bytes | None) -> bool:
    if content_type is None:
        return True
    media_type = content_type.partition(b";")[0].strip().lower()
    return media_type == b"application/json" or (
        media_type.startswith(b"application/") and media_type.endswith(b"+json")
    )


def parse(body: bytes) -> object:
    """The JSON value of a body; an empty object for no body. Raises Refusal for JSON that readers understand differently."""
    try:
        value = json.loads(
            body.decode() or "{}", object_pairs_hook=_object, parse_int=_integer, parse_constant=_no_number
        )
        if b"\\u" in body:
            json.dumps(value, ensure_ascii=False).encode()
    except _Repeated as repeated:
        raise bad_input(f"The member {_short(repeated.args[0])} is there twice.") from None
    except UnicodeError:
        raise bad_input("The body must be UTF-8, without lone surrogates.") from None
    except json.JSONDecodeError as error:
        raise bad_input(f"The body must be JSON: the error is in line {error.lineno}, column {error.colno}.") from None
    except RecursionError:
        raise bad_input("The body must not be nested without end.") from None
    _check_depth(value)
    return value


def _check_depth(value: object) -> None:
    """Raise Refusal for JSON that is nested deeper than any resource of the API."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(_DEEPEST):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return
    raise bad_input(f"The body must not be nested deeper than {_DEEPEST} levels.")


class _Repeated(Exception):
    pass


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        times = Counter(name for name, _ in pairs)
        raise _Repeated(next(name for name, count in times.items() if count > 1))
    return found


def _integer(digits: str) -> int:
    """A whole number. Raises Refusal for one that many JSON readers round."""
    if len(digits) > _MOST_DIGITS:
        raise bad_input(f"A whole number may have at most {_MOST_DIGITS} digits.")
    return int(digits)


def _no_number(name: str) -> None:
    raise bad_input(f"The body must be JSON, which has no {name}.")


def compiled(schema: OpenApi | None) -> Check:
    """A function that checks bodies by a self-contained schema. Without a schema it accepts an empty object only."""
    if schema is None:
        return _nothing
    known = dict(schema)
    validator = jsonschema_rs.validator_for(known)

    def check(value: object) -> Mapping[str, object]:
        if not isinstance(value, dict):
            raise bad_input("The body must be a JSON object.")
        try:
            error = _decisive(validator.iter_errors(value))
        except (RecursionError, ValueError):
            raise bad_input("The body must not be nested without end.") from None
        if error is not None:
            raise bad_input(_told(error, known))
        return value

    return check


def _nothing(value: object) -> Mapping[str, object]:
    if value != {}:
        raise bad_input("This call takes no body.")
    return {}


def _decisive(errors: Iterable[ValidationError]) -> ValidationError | None:
    """The error to tell: a wrong version; without one, an unknown member, which may cause the others; otherwise the first."""
    return min(errors, key=_rank, default=None)


def _rank(error: ValidationError) -> int:
    if list(error.instance_path) == ["version"]:
        return 0
    return 1 if isinstance(error.kind, ValidationErrorKind.AdditionalProperties) else 2


def _told(error: ValidationError, schema: Mapping[str, Any]) -> str:
    """The error in one line, without values, because a body may hold secrets. `schema` is the whole one."""
    error = _meant(error)
    where = ".".join(map(str, error.instance_path))
    kind = error.kind
    tell = _REASONS.get(kind.name)
    if isinstance(kind, _ALTERNATIVES):
        reason = _told_of_forms(kind.context)
    elif isinstance(kind, ValidationErrorKind.AdditionalProperties):
        reason = _told_of_unknown(kind.unexpected[0], error, schema)
    else:
        reason = tell(kind) if tell else "is not what the document asks for"
    return f"{_short(where) if where else 'The body'} {reason}."


def _told_of_unknown(name: str, error: ValidationError, schema: Any) -> str:
    for step in error.schema_path[:-1]:
        schema = schema[step]
    given: Any = error.instance
    missing = (member for member in schema.get("required", ()) if member not in given)
    return f"has the unknown member {_short(name)}{meant_member(name, schema.get('properties', ()), missing)}"


def _meant(error: ValidationError) -> ValidationError:
    """The error under the branch of a oneOf or anyOf that the value most likely means; the given error if that is not clear."""
    kind = error.kind
    if not isinstance(kind, _ALTERNATIVES):
        return error
    tried = _without(_without(kind.context, "type", error), "required", error)
    return _meant(_decisive(tried[0]) or error) if len(tried) == 1 else error


def _without(branches: Sequence[Branch], kind: str, error: ValidationError) -> Sequence[Branch]:
    """The branches without those that reject the whole value for this kind of reason. A single branch is kept."""
    if len(branches) < 2:
        return branches
    whole = list(error.instance_path)
    return [
        branch
        for branch in branches
        if not any(inner.kind.name == kind and list(inner.instance_path) == whole for inner in branch)
    ]


def _told_of_forms(branches: Sequence[Branch]) -> str:
    mixed = sorted({name for branch in branches if not _members(branch) for name in _unexpected(branch)})
    if len(mixed) > 1:
        return f"has members that do not go together: {', '.join(map(_short, mixed))}"
    choices = list(filter(None, map(_members, branches)))
    everywhere = set(_unexpected(branches[0])).intersection(*map(_unexpected, branches))
    unknown = next((name for name in _unexpected(branches[0]) if name in everywhere), None)
    if unknown is not None and choices:
        return f"has the unknown member {_short(unknown)}{meant_member(unknown, choices, ())}"
    return f"must be one of the forms that the document has{': ' + ', '.join(choices) if choices else ''}"


def _unexpected(branch: Branch) -> Sequence[str]:
    kinds = (error.kind for error in branch)
    return [
        name for kind in kinds if isinstance(kind, ValidationErrorKind.AdditionalProperties) for name in kind.unexpected
    ]


def _members(branch: Branch) -> str:
    return " ".join(kind.property for error in branch if isinstance(kind := error.kind, ValidationErrorKind.Required))


_REASONS: Mapping[str, Callable[[Any], str]] = {
    "type": lambda kind: f"must be of type {' or '.join(kind.types)}",
    "required": lambda kind: f"lacks the member {kind.property}",
    "enum": lambda kind: f"must be one of {', '.join(map(str, kind.options))}",
    "const": lambda kind: f"must be {json.dumps(kind.expected_value)}",
    "minimum": lambda kind: f"must be at least {kind.limit}",
    "maximum": lambda kind: f"must be at most {kind.limit}",
    "minLength": lambda kind: f"must be at least {kind.limit} characters long",
    "maxLength": lambda kind: f"must be at most {kind.limit} characters long",
    "minItems": lambda kind: f"must have at least {kind.limit} items",
    "maxItems": lambda kind: f"must have at most {kind.limit} items",
    "maxProperties": lambda kind: f"must have at most {kind.limit} members",
    "uniqueItems": lambda _kind: "must not hold anything twice",
    "pattern": lambda kind: f"must match {kind.pattern}",
}


def _short(text: str) -> str:
    plain = text.encode("unicode_escape").decode()
    return plain if len(plain) <= _SHOWN else f"{plain[:_SHOWN]}…"
