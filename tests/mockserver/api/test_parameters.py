"""Parameters of a repeated query string are read only once, and stay the same."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mockserver.api.parameters import ParameterRules, Parameters, compile_rules, read_parameters
from mockserver.api.problems import Refused
from spec import Parameter


@pytest.fixture
def rules() -> ParameterRules:
    limit = {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}
    return compile_rules(
        [
            Parameter("limit", "query", False, limit),
            Parameter("q", "query", False, {"type": "string"}),
            Parameter("id", "path", True, {"type": "string"}),
        ]
    )


def read(rules: ParameterRules, query: bytes, **path: str) -> Parameters:
    return read_parameters(rules, {"query_string": query, "path_params": path})


def test_a_query_string_that_comes_again_is_read_once(rules: ParameterRules) -> None:
    assert read(rules, b"limit=5&q=ann") == Parameters(5, None, {"q": "ann"}, {})
    assert read(rules, b"limit=5&q=ann") is read(rules, b"limit=5&q=ann")


def test_a_refused_query_string_is_refused_again(rules: ParameterRules) -> None:
    for _ in range(2):
        with pytest.raises(Refused):
            read(rules, b"limit=201")


def test_changed_rules_read_anew(rules: ParameterRules) -> None:
    assert read(rules, b"").limit == 50
    assert read(replace(rules, default_limit=7), b"").limit == 7


def test_an_id_in_the_path_is_read_at_every_request(rules: ParameterRules) -> None:
    assert [read(rules, b"", id=each).path["id"] for each in ("con_1", "con_2")] == ["con_1", "con_2"]


def test_what_is_kept_is_bounded(rules: ParameterRules) -> None:
    for number in range(2_000):
        read(rules, b"q=%d" % number)
    read(rules, b"q=" + b"x" * 1_000)
    assert sum(map(len, rules.known)) < 100_000
