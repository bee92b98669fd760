"""Options of the command line beyond numbers and names: lists to read, a state to begin with, a line for each request."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from mockserver.cli import command
from mockserver.modifications import faults, hardships, variants
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
    lines = [line for line in result.output.splitlines() if not line.startswith(" ")]
    assert result.exit_code == 0
    assert [line.split()[0] for line in lines] == names
    assert all(len(line.split()) > 3 for line in lines)


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
        assert result.exit_code == 2
        assert "--load" in result.output


class TestLog:
    def test_a_request_is_a_line_with_its_key_and_the_reason_of_its_refusal(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        client = Client(Logged(new_mock()), FULL)  # type: ignore[arg-type] # it does all that a mock does
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
            "/\x1b[2J\x9b",
        ):
            client.get(target)
        written = capsys.readouterr().err
        assert FULL.secret[9:] not in written
        assert not re.search(r"[\x9b]|\x1b\[2J", written)
        assert json.dumps(written).count("\\n") == 4
