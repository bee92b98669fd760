"""What README and docs tell people to type works as it stands. CI runs the README's set-up commands from the README itself."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from spec.target import load
from tests.support import patient_http
from tests.support.mock_process import running
from tests.support.project import ROOT

PAGES = {path.name: path.read_text("utf-8") for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))}
TEXT = "\n".join(PAGES.values())

OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
CONTROL = "/_mock/"
KEY = re.compile(r"obk_live_[A-Za-z0-9]+")


@pytest.fixture(scope="module")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The mock as the README starts it, but on a free port, so that tests can run side by side."""
    with running(tmp_path_factory.mktemp("mock"), "--contacts", "120") as started:
        yield started.url


def curl_lines() -> list[str]:
    return [line.removeprefix("$ ") for line in dict.fromkeys(TEXT.splitlines()) if line.startswith("$ curl")]


def test_there_are_curl_lines() -> None:
    assert curl_lines()


@pytest.mark.parametrize("line", [line for line in curl_lines() if CONTROL in line])
def test_a_line_of_the_control_api_is_served(line: str, mock: str) -> None:
    words = shlex.split(line)
    body = words[words.index("--json") + 1] if "--json" in words else None
    method = "POST" if body or "-X" in words else "GET"
    url = words[-1].replace("http://127.0.0.1:8080", mock)
    answer = patient_http.request(
        method, url, content=body, headers={"content-type": "application/json"} if body else None
    )
    assert answer.is_success, answer.text
    # What it switched on, or holds, is not for the lines that come after it.
    patient_http.delete(f"{mock}/_mock/switches")


@pytest.mark.parametrize("line", [line for line in curl_lines() if CONTROL not in line and "https://" not in line])
def test_a_curl_line_is_served(line: str, mock: str) -> None:
    url, key = re.search(r"http://127\.0\.0\.1:8080[^\s\"]*", line), KEY.search(line)
    assert url
    assert key
    answer = patient_http.get(
        url[0].replace("http://127.0.0.1:8080", mock), headers={"Authorization": f"Bearer {key[0]}"}
    )
    assert answer.status_code == 200, answer.text


def test_the_options_that_the_pages_name_exist() -> None:
    commands = (
        ["pytest", "conformance"],
        ["mockserver"],
        ["mockserver", "grade"],
        ["mockserver", "logs"],
        ["mockserver", "trigger"],
        ["tests.killmatrix"],
        ["benchmarks"],
        ["benchmarks.judges"],
        ["benchmarks.logs"],
        ["loadtests"],
        ["locust", "-f", "loadtests/locustfile.py"],
    )
    # Of pip, uvx, pipx, Docker, curl, openapi-generator, Gradle and node.
    # And Locust prints its help before it has read the locustfile that adds --scenario.
    known = {"--no-deps", "--no-build-isolation", "--rm", "--cacert", "--additional-properties", "--scenario"}
    known |= {"--wait", "--rerun", "--test", "--from", "--spec"}
    known |= {"--strct"}  # docs/situations.md mistypes it on purpose
    for command in commands:
        shown = subprocess.run(
            [sys.executable, "-m", *command, "--help"], cwd=ROOT, capture_output=True, text=True, check=True
        )
        known.update(OPTION.findall(shown.stdout))
    typed = re.sub(r"```text\n.*?```", "", TEXT, flags=re.DOTALL)
    assert set(OPTION.findall(typed)) <= known


def test_the_help_shows_the_gates_options_under_the_named_heading() -> None:
    (heading,) = re.findall(r'`--help` shows all options under "(.+?)"', " ".join(PAGES["gate.md"].split()))
    command = [sys.executable, "-m", "pytest", "conformance", "--help"]
    shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert f"\n{heading} (" in shown


def test_the_described_target_is_a_valid_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    text = PAGES["gate.md"].partition("```toml\n")[2].partition("```")[0]
    for name in re.findall(r"env:(\w+)", text):
        monkeypatch.setenv(name, f"obk_live_{name}")
    path = tmp_path / "target.toml"
    path.write_text(text, "utf-8")
    target = load(path, base_url="https://staging.example")
    assert target.offers("organizations.secondary")
    assert target.offers("hooks.advance_clock")


def test_every_link_leads_to_a_file() -> None:
    folders = {name: ROOT if name == "README.md" else ROOT / "docs" for name in PAGES}
    links = [(name, link) for name, text in PAGES.items() for link in re.findall(r"\]\(([^)#:]+)\)", text)]
    assert links
    assert [(name, link) for name, link in links if not (folders[name] / link).exists()] == []
