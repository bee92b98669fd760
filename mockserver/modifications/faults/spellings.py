"""Queries that mean another thing in another spelling, though RFC 3986 makes the spellings equal."""

from __future__ import annotations

import re

from starlette.types import Scope

from mockserver.api.parameters import ParameterRules, Parameters
from mockserver.api.pipeline import Pipeline
from mockserver.modifications.registry import fault


def _respell(pipeline: Pipeline, pattern: bytes, replacement: bytes) -> None:
    """Replace a pattern in the query as it was sent, before it is decoded."""
    inner = pipeline.read_parameters

    def read(rules: ParameterRules, scope: Scope) -> Parameters:
        return inner(rules, {**scope, "query_string": re.sub(pattern, replacement, scope["query_string"])})

    pipeline.read_parameters = read


@fault("FILTER-7")
def encoded_commas_alone(pipeline: Pipeline) -> None:
    """Several types are parted only at `%2C`: of types with plain commas between them, the first counts."""
    _respell(pipeline, rb",[^&]*", b"")


@fault("FILTER-7")
def plain_commas_alone(pipeline: Pipeline) -> None:
    """Several types are parted before they are decoded: with `%2C` between them they are one type, which no event has."""
    _respell(pipeline, rb"(?i)%2c", b"_")


@fault("FILTER-3", "FILTER-7")
def escapes_of_capitals_alone(pipeline: Pipeline) -> None:
    """A value with a hexadecimal digit in lower case, such as `%c3`, is searched for as it is, undecoded."""
    _respell(pipeline, rb"%(?=[a-f]|.[a-f])", b"%25")
