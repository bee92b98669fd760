"""Options of the command line beyond numbers and names: lists to read, a state to begin with, a line for each request."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from mockserver import cli
from mockserver.cli import command
from mockserver.modifications import faults, hardships, variants
from mockserver.modifications.condition import Condition, choices
from mockserver.server.options import load
from mockserver.server.request_lines import Logged
from tests.support.mock_client import FULL, Client, new_mock, path_of

LISTS = {
    "--list-faults": list(faults.names()),
    "--list-variants": list(variants.names()),
    "--list-hardships": list(hardships.names()),
}


@pytest.mark.parametrize(("option", "names"), LISTS.items(), ids=LISTS)
def test_what_there_is_is_listed_a_line_each(option: str, names: list[str]) -> None:
    result = CliRunner().invoke(command, [option])
    listed = result.output.partition("\n\n")[0]
    lines = [line for line in listed.splitlines() if not line.startswith(" ")]
    assert result.exit_code == 0
    assert [line.split()[0] for line in lines] == names
    assert all(len(line.split()) > 3 for line in lines)


@pytest.mark.parametrize("option", LISTS)
def test_every_condition_is_listed_with_its_values(option: str) -> None:
    conditions = CliRunner().invoke(command, [option]).output.partition("\n\n")[2]
    assert [line.split("=")[0] for line in conditions.splitlines() if line.startswith("  @")] == [
        f"  @{member.name}" for member in fields(Condition)
    ]
    words = set(re.split(r"[\s,]+", conditions))
    assert {value for member in fields(Condition) for value in choices(member.name)} <= words


def test_what_takes_no_condition_says_so() -> None:
    lines = CliRunner().invoke(command, ["--list-faults"]).output.partition("\n\n")[0].splitlines()
    for line in lines:
        fault = faults.named(line.split()[0])
        try:
            fault.when(Condition(method="HEAD"))
            taken = True
        except ValueError:
            taken = False
        assert line.endswith("no @condition]") != taken


@pytest.mark.parametrize(
    ("said", "file"),
    [("true", cli.AUTHORITY), ("1", cli.AUTHORITY), ("ca.pem", "ca.pem"), ("false", None), ("0", None), ("", None)],
)
def test_a_yes_in_the_environment_is_an_option_without_its_value(
    said: str, file: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTBOUND_MOCK_TLS", said)
    taken = command.make_context("outbound-mock", []).params["tls"]
    assert taken == (file and Path(file))


class TestLoad:
    def test_a_state_that_was_exported_is_what_it_begins_with(self, tmp_path: Path) -> None:
        before = new_mock(seed=7, contacts=3)
        file = tmp_path / "state.json"
        file.write_bytes(Client(before).get("/_mock/state").body)
        mock = new_mock()
        load(mock, file)
        (key,) = [key for key in before.state.keys if key.kind == "primary"][:1]
        path = path_of("listContacts")
        assert Client(mock, key).get(path).body == Client(before, key).get(path).body

    @pytest.mark.parametrize(
        ("text", "words"), [("{", "no JSON"), ("[]", "object"), ('{"organizations":[]}', "lacks the member")]
    )
    def test_what_is_no_state_is_one_line(self, tmp_path: Path, text: str, words: str) -> None:
        file = tmp_path / "state.json"
        file.write_text(text)
        with pytest.raises(click.ClickException, match=words) as raised:
            load(new_mock(), file)
        assert str(file) in raised.value.message
        assert "\n" not in raised.value.message

    def test_a_shared_state_is_not_loaded_from_a_file(self, tmp_path: Path) -> None:
        file = tmp_path / "state.json"
        file.write_text("{}")
        result = CliRunner().invoke(command, ["--load", str(file), "--state", "redis://127.0.0.1:1/0"])
        assert result.exit_code != 0
        assert "--load" in result.output


class TestLog:
    def test_a_request_is_a_line_with_its_key_and_the_reason_of_its_refusal(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        client = Client(Logged(new_mock()), FULL)  # type: ignore[arg-type] # it has all methods of a mock
        client.get(f"{path_of('listContacts')}?limit=1000")
        client.get("/_mock/health")
        first, second = capsys.readouterr().err.splitlines()
        assert re.search(r"\b400 +[0-9.]+ ms GET /api/v1/contacts\?limit=1000 ", click.unstyle(first))
        assert f"[{FULL.name}]" in first
        assert "limit" in first.rpartition("]")[2]
        assert re.search(r"\b200 +[0-9.]+ ms GET /_mock/health$", click.unstyle(second))

    def test_it_shows_no_key_and_nothing_that_a_terminal_would_obey(self, capsys: pytest.CaptureFixture[str]) -> None:
        client = Client(Logged(new_mock()))  # type: ignore[arg-type]
        for target in (
            f"/api/v1/me?api_key={FULL.secret}",
            f"/{FULL.secret}",
            f"/?%6Fbk_live_{FULL.secret[9:]}",
            f"/obk%5flive%5F{FULL.secret[9:]}",
            "/\x1b[2J\x9b",
        ):
            client.get(target)
        written = capsys.readouterr().err
        assert FULL.secret[9:] not in written
        assert not re.search(r"[\x9b]|\x1b\[2J", written)
        assert json.dumps(written).count("\\n") == 5
