"""The catalogue of what a client must survive: made by name, described, shown by the documentation, and judged by the gate."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import Any

import pytest

import spec
from mockserver.api.pipeline import Pipeline
from mockserver.api.steps import default_pipeline
from mockserver.modifications import faults, hardships, variants
from mockserver.modifications.parameters import read
from mockserver.modifications.registry import Modification
from mockserver.modifications.requested import requested
from tests.support.gate import run_gate
from tests.support.mock_client import new_mock
from tests.support.project import ROOT

SMALL = new_mock(contacts=5)

NAMES = tuple(hardships.names())

LEVELS = {requirement.id: requirement.level for requirement in spec.requirements()}


def untouched(pipeline: Pipeline) -> dict[str, Any]:
    """Everything that a modification may replace, unchanged."""
    steps = pipeline.deliveries
    of_deliveries = {f"deliveries.{member.name}": getattr(steps, member.name) for member in fields(steps)}
    members = {member.name: getattr(pipeline, member.name) for member in fields(pipeline)}
    kept = {name: value[:] if isinstance(value, list) else value for name, value in members.items()}
    return {**of_deliveries, **kept, "deliveries": steps}


def replaced(modification: Modification) -> set[str]:
    """The steps of the pipeline, those of a delivery among them, that a modification replaces."""
    pipeline = default_pipeline(SMALL.state)
    before = untouched(pipeline)
    modification.change_pipeline(pipeline)
    return {name for name, value in untouched(pipeline).items() if value is not before[name] and value != before[name]}


class TestCatalogue:
    @pytest.mark.parametrize("name", NAMES)
    def test_each_is_described_and_made_with_its_defaults_as_given(self, name: str) -> None:
        told = hardships.describe(name)
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", name)
        assert told.name == name
        assert told.description.endswith(".")
        assert set(told.breaks) <= set(LEVELS)
        assert len({parameter.name for parameter in told.parameters}) == len(told.parameters)
        assert all(parameter.description.endswith(".") for parameter in told.parameters)
        assert all(re.fullmatch("[a-z]+", parameter.name) for parameter in told.parameters)
        defaults = {parameter.name: parameter.default for parameter in told.parameters}
        assert hardships.made(name) == hardships.made(name, defaults)
        assert hardships.made(name) == hardships.made(name, {key: str(value) for key, value in defaults.items()})

    def test_no_hardship_is_named_like_a_fault_or_a_variant(self) -> None:
        assert not set(NAMES) & {*faults.names(), *variants.names()}

    @pytest.mark.parametrize("name", NAMES)
    def test_what_applies_to_deliveries_replaces_their_steps_alone(self, name: str) -> None:
        changed = replaced(hardships.made(name))
        assert changed
        applies_to = "deliveries" if all(part.startswith("deliveries.") for part in changed) else "requests"
        assert hardships.describe(name).applies_to == applies_to

    @pytest.mark.parametrize("name", faults.names())
    def test_what_applies_to_deliveries_is_known_of_faults_too(self, name: str) -> None:
        changed = replaced(faults.named(name))
        applies_to = "deliveries" if changed and all(part.startswith("deliveries.") for part in changed) else "requests"
        assert faults.named(name).applies_to == applies_to

    @pytest.mark.parametrize(
        ("name", "parameters", "words"),
        [
            ("latenc", {}, "did you mean latency"),
            ("zzz", {}, "outbound-mock --list-hardships lists them"),
            ("latency", {"second": 1}, "'second' is no parameter; did you mean seconds?"),
            ("latency", {"zzz": 1}, "there are distribution, seconds"),
            ("unknown-members", {"seed": 1}, "none"),
            ("latency", {"seconds": "x"}, "seconds must be a number"),
            ("latency", {"seconds": float("nan")}, "seconds must be a number"),
            ("latency", {"seconds": 10**400}, "seconds must be a number"),
            ("latency", {"seconds": -1}, "at least 0 and at most 60"),
            ("latency", {"seconds": [1]}, "must be a number"),
            ("latency", {"distribution": "odd"}, "fixed, uniform"),
            ("latency", {"distribution": "unifrm"}, "distribution: no such value; did you mean uniform"),
            ("latency", {"distribution": None}, "fixed, uniform"),
            ("slow-bodies", {"pieces": 2.5}, "whole number"),
            ("slow-bodies", {"pieces": True}, "whole number"),
            ("outages", {"announced": "perhaps"}, "true or false"),
        ],
    )
    def test_a_mistake_is_one_line(self, name: str, parameters: dict[str, Any], words: str) -> None:
        with pytest.raises(ValueError, match=words) as error:
            hardships.made(name, parameters)
        assert "\n" not in str(error.value)

    def test_values_are_read_as_json_and_as_text_have_them(self) -> None:
        known = {parameter.name: parameter for parameter in hardships.describe("server-errors").parameters}
        assert [read(known["probability"], value) for value in (1, 0.5, "0.5")] == [1.0, 0.5, 0.5]
        assert [read(known["wait"], value) for value in (3, 3.0, "3")] == [3, 3, 3]
        assert [read(known["status"], value) for value in (503, "503")] == ["503", "503"]

    def test_the_command_line_has_them_with_parameters(self) -> None:
        assert requested("hardship", "latency") == hardships.made("latency")
        assert requested("hardship", "latency:seconds=2,seed=7") == hardships.made("latency", {"seconds": 2, "seed": 7})
        for text in ("latency:", "latency:seconds", "latency:seconds=", "latency:=2", "latency:seconds=1,"):
            with pytest.raises(ValueError, match="must be NAME:parameter"):
                requested("hardship", text)


def documented_row(name: str) -> str:
    """How the documentation shows a hardship."""
    told = hardships.describe(name)
    parameters = ", ".join(
        f"{parameter.name}={parameter.default}" for parameter in told.parameters if parameter.name != "seed"
    )
    breaks = ", ".join(told.breaks)
    return f"| `{name}` | {told.description.partition(chr(10))[0]} | {f'`{parameters}`' if parameters else ''} | {breaks} |"


def test_the_documentation_shows_them_all_as_they_are() -> None:
    section = (ROOT / "docs" / "hardships.md").read_text("utf-8").partition("## The table")[2]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    assert rows == [documented_row(name) for name in NAMES]


class TestGate:
    """The gate's verdict on a mock with hardships: first all that keep the contract, then one that breaks it."""

    KEEPERS = (
        "latency:seconds=0.001",
        "slow-bodies:seconds=0.002",
        "small-pages",
        "unknown-members",
        "unknown-enum-values",
        "duplicate-deliveries",
        "lost-acknowledgements",
        "reordered-deliveries",
        "late-deliveries:seconds=1",
        "reformatted-deliveries",
    )

    def test_it_tries_all_that_break_no_must(self) -> None:
        keepers = {name for name in NAMES if not musts(hardships.describe(name).breaks)}
        assert keepers == {text.partition(":")[0] for text in self.KEEPERS}

    def test_it_finds_no_must_broken(self) -> None:
        options = " ".join(["--contacts 250", *(f"--hardship {text}" for text in self.KEEPERS)])
        run = run_gate("--mock-options", options, "--depth", "quick")
        assert (run.exit_code, run.verdict) == (0, "conformant"), run.output[-3_000:]
        assert run.ids("failed") <= {id_ for name in NAMES for id_ in hardships.describe(name).breaks}

    def test_it_judges_walks_whose_pages_are_all_short(self) -> None:
        options = "--hardship small-pages:probability=1,smallest=0.1"
        run = run_gate("--only", "PAGE-10", "--mock-options", options)
        assert (run.exit_code, run.verdict) == (0, "conformant"), run.output[-3_000:]

    def test_it_shows_what_breaks_the_contract(self) -> None:
        hardship = "tampered-deliveries:probability=1,part=signature"
        run = run_gate("--mock-options", f"--hardship {hardship}", suite="conformance/test_webhooks.py")
        assert run.exit_code == 1, run.output[-3_000:]
        assert run.broken_musts() == {"HOOK-2"}


def musts(requirements: tuple[str, ...]) -> list[str]:
    return [id_ for id_ in requirements if LEVELS[id_] == "must"]
