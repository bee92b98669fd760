"""The examples and recipes work as they stand, in the languages that are installed."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.project import ROOT
from tests.support.warm_mocks import running

_WITHIN = 240.0
_RECIPES = (ROOT / "docs" / "recipes.md").read_text("utf-8")
_JAVA = """
public class Recipe {
    public static void main(String[] arguments) throws Exception {
        var world = new MockWorld();
        world.switchOn("{\\"hardship\\": \\"small-pages\\"}");
        world.advance(2.5);
        var request = java.net.http.HttpRequest.newBuilder(java.net.URI.create(world.baseUrl + "/api/v1/me"))
            .header("Authorization", "Bearer " + world.apiKey).build();
        var text = java.net.http.HttpResponse.BodyHandlers.ofString();
        System.out.println(java.net.http.HttpClient.newHttpClient().send(request, text).statusCode());
    }
}
"""
_GO = """
func TestRecipe(t *testing.T) {
	world := newWorld(t)
	if err := world.SwitchOn(`{"hardship": "small-pages"}`); err != nil {
		t.Fatal(err)
	}
	if err := world.Advance(2500 * time.Millisecond); err != nil {
		t.Fatal(err)
	}
	request, _ := http.NewRequest("GET", world.BaseURL+"/api/v1/me", nil)
	request.Header.Set("Authorization", "Bearer "+world.APIKey)
	answer, err := http.DefaultClient.Do(request)
	if err != nil || answer.StatusCode != 200 {
		t.Fatal(err, answer)
	}
}
"""


@pytest.fixture
def mock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A mock that the recipes find by their environment."""
    with running(tmp_path) as started:
        monkeypatch.setenv("OUTBOUND_MOCK_URL", started.url)
        yield started.url


def installed(program: str) -> str:
    """Where a program is. Skips the test if it is nowhere."""
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"there is no {program} on this machine")
    return found


def recipe(language: str) -> str:
    """The code of a language in docs/recipes.md."""
    return str(re.findall(rf"^```{language}\n(.*?)^```$", _RECIPES, re.DOTALL | re.MULTILINE)[0])


def output(command: list[str], folder: Path, **environment: str) -> str:
    """What a command printed. It has to end well."""
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=_WITHIN,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_node_example_passes_its_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    node = installed("node")
    monkeypatch.delenv("OUTBOUND_MOCK_URL", raising=False)
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    told = output([node, "--test", "--test-reporter=tap"], ROOT / "examples" / "node", PATH=path)
    assert int(re.findall(r"^# pass (\d+)", told, re.MULTILINE)[0]) >= 6


def test_the_node_example_uses_a_mock_that_runs(mock: str) -> None:
    node = installed("node")
    # Without outbound-mock on the path, it cannot have started one.
    path = str(Path(node).parent)
    output([node, "--test"], ROOT / "examples" / "node", PATH=path, OUTBOUND_MOCK_URL=mock)


@pytest.mark.usefixtures("mock")
def test_the_java_recipe_makes_a_world_and_steers_it(tmp_path: Path) -> None:
    java, _ = installed("java"), installed("javac")
    # A single file is run by its first class.
    imports, _, code = recipe("java").partition("/**")
    (tmp_path / "Recipe.java").write_text(f"{imports}{_JAVA}/**{code}", "utf-8")
    assert output([java, "Recipe.java"], tmp_path) == "200\n"


@pytest.mark.usefixtures("mock")
def test_the_go_recipe_makes_a_world_and_steers_it(tmp_path: Path) -> None:
    go = installed("go")
    (tmp_path / "go.mod").write_text("module outbound\n\ngo 1.19\n", "utf-8")
    (tmp_path / "recipe_test.go").write_text(recipe("go") + _GO, "utf-8")
    assert "ok" in output([go, "test", "-count=1", "./..."], tmp_path, GOFLAGS="-mod=mod")


@pytest.mark.parametrize("options", ["--control-token a-token-of-yours", "--tls {folder}/authority.pem"])
def test_the_health_check_of_the_container_passes(options: str, tmp_path: Path) -> None:
    with running(tmp_path, *options.format(folder=tmp_path).split()) as mock:
        assert health(tmp_path, mock.url.rpartition(":")[2]) == 0
    assert health(tmp_path, mock.url.rpartition(":")[2]) == 1


def health(folder: Path, port: str) -> int:
    """The exit code of the health check that the Dockerfile gives to the image of the mock."""
    written = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", "")
    check = json.loads(written.partition("HEALTHCHECK")[2].partition("CMD")[2].partition("\n")[0])
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    environment = {**os.environ, "PATH": path, "OUTBOUND_MOCK_PORT": port}
    return subprocess.run(check, cwd=folder, env=environment, timeout=_WITHIN, check=False).returncode


def test_the_table_of_contents_for_language_models_is_up_to_date() -> None:
    made = output([sys.executable, ".ci/llms.py"], ROOT)
    assert (ROOT / "llms.txt").read_text("utf-8") == made, "run: python .ci/llms.py > llms.txt"
