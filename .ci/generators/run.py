"""Has code generators make clients of `spec/openapi.json`, type-checks them, and lets each walk a mock that is full of surprises.

Prints a table; ends with 1 if a generator warned, a check failed, a client saw less than all contacts, or its 429 had no type.
`.ci/try-generators` installs what this wants and runs it.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
DOCUMENT = HERE.parents[1] / "spec" / "openapi.json"
GENERATED = HERE / "generated"
PYTHON = HERE / ".venv" / "bin"
NODE = HERE / "node_modules" / ".bin"

KNOWN_STATUSES = frozenset({"unqualified", "pending", "qualified", "disqualified"})
# What openapi-generator says of every document of OpenAPI 3.1, and of every body with named examples.
HARMLESS = ("OpenAPI 3.1 support is still in beta", "Failed to get the schema name: null", "Ignoring complex example")
Walked = dict[str, Any]
"""What a client saw: how many contacts, their statuses, and the problem of its 429."""

Program = tuple[Sequence[str], Mapping[str, str]]
"""How a client is run: its command, and what it wants in its environment."""

TRIALS = ("small-pages", "unknown-members", "unknown-enum-values", "sparse-data")
"""The trials of the grade that generated code decides about; who uses it decides about the others."""

_PATIENCE = 120
_START_WITHIN = 30.0


class Trouble(Exception):
    """A generator, its code, or a client of it did not do what it must. The message says what."""


@dataclass(frozen=True)
class Generator:
    """A generator: the command that it is run with, and the client that is made of its code.

    `client` is a file in `clients`; None if no compiler of the language is asked for. The code must not hold `never`.
    """

    name: str
    command: str
    client: str | None = None
    never: str = ""
    graded: bool = False
    """Whether the client is also graded, by `outbound-mock grade`: one for each language."""


JAR = f"openapi-generator-cli generate --input-spec {DOCUMENT} --generator-name"
GENERATORS = (
    Generator(
        "openapi-python-client",
        f"openapi-python-client generate --path {DOCUMENT} --meta none --output-path generated/python/outbound_attrs",
        "openapi-python-client.py",
        graded=True,
    ),
    Generator(
        "datamodel-code-generator",
        f"datamodel-codegen --input {DOCUMENT} --input-file-type openapi --output generated/python/outbound_models.py"
        " --output-model-type pydantic_v2.BaseModel --use-annotated --formatters builtin",
        "datamodel-code-generator.py",
    ),
    Generator(
        "openapi-generator, python",
        f"{JAR} python --output generated/python --package-name outbound_pydantic",
        "openapi-generator-python.py",
    ),
    Generator(
        "openapi-generator, typescript-fetch",
        f"{JAR} typescript-fetch --output generated/typescript-fetch",
        "typescript-fetch.ts",
    ),
    Generator(
        "openapi-typescript, openapi-fetch",
        f"openapi-typescript {DOCUMENT} --output generated/openapi-typescript/api.ts",
        "openapi-typescript.ts",
        graded=True,
    ),
    Generator("hey-api", f"openapi-ts --input {DOCUMENT} --output generated/hey-api --logs generated", "hey-api.ts"),
    Generator("orval", "orval --config orval.config.cjs", "orval.ts"),
    # The decoders of these refuse unknown members, unless an object says that it may have them.
    Generator(
        "openapi-generator, go",
        f"{JAR} go --output generated/go",
        "openapi-generator-go.go",
        never="decoder.DisallowUnknownFields",
    ),
    Generator("openapi-generator, java", f"{JAR} java --output generated/java", never="is not defined in the"),
)


def main() -> None:
    """Try all generators, or those whose names hold the first argument."""
    wanted = [each for each in GENERATORS if not sys.argv[1:] or sys.argv[1] in each.name]
    shutil.rmtree(GENERATED, ignore_errors=True)
    failed = False
    print(f"{'generator':<36} {'s':>5}  {'generated':<10} {'types':<6} {'contacts':>8}  {'grade':<6} {'429':<20}")
    with mock() as running:
        for generator in wanted:
            began = time.monotonic()
            try:
                seen = tried(generator, *running)
            except Trouble as trouble:
                failed, seen = True, f"FAILED: {trouble}"
            print(f"{generator.name:<36} {time.monotonic() - began:>5.1f}  {seen}", flush=True)
    sys.exit(1 if failed else 0)


def tried(generator: Generator, url: str, contacts: int) -> str:
    """What the table says of a generator. Raises Trouble."""
    generate(generator)
    if generator.client is None or (generator.client.endswith(".go") and not shutil.which("go")):
        return f"{'clean':<10} {'-':<6} {'-':>8}  {'-':<6} -"
    client = HERE / "clients" / generator.client
    command, settings = {".py": python_client, ".ts": node_client, ".go": go_client}[client.suffix](client)
    walked: Walked = json.loads(run(command, "its client failed", **settings, **access(url)).strip().splitlines()[-1])
    problem = walked.get("problem") or {}
    if walked["contacts"] != contacts:
        raise Trouble(f"it saw {walked['contacts']} of {contacts} contacts")
    if not set(walked["statuses"]) - KNOWN_STATUSES:
        raise Trouble("it saw no status that the document does not know: nothing was proven")
    if problem.get("status") != 429 or not problem["type"].endswith("/rate-limit-exceeded"):
        raise Trouble(f"its 429 was {problem}")
    if generator.graded:
        grade(command, settings)
    grade_told = "clean" if generator.graded else "-"
    return f"{'clean':<10} {'clean':<6} {walked['contacts']:>8}  {grade_told:<6} {problem['title']}"


def generate(generator: Generator) -> None:
    """Make the code. Raises Trouble for a warning, and for code that refuses unknown members."""
    said = run(shlex.split(generator.command), "it cannot be generated")
    warnings = [line for line in said.splitlines() if "warn" in line.lower() and not any(it in line for it in HARMLESS)]
    if warnings:
        raise Trouble(f"{len(warnings)} warnings, the first: {warnings[0].strip()}")
    if generator.never:
        closed = [file.name for file in GENERATED.rglob("*") if file.is_file() and generator.never in text(file)]
        if closed:
            raise Trouble(f"{len(closed)} files refuse members that they do not know, such as {closed[0]}")


def text(file: Path) -> str:
    """What a generated file says; what is not text in it is left out."""
    return file.read_text("utf-8", "ignore")


def python_client(client: Path) -> Program:
    """Check the types of a client in Python: how it is run."""
    path = os.pathsep.join(map(str, (GENERATED / "python", HERE / "clients")))
    run(["mypy", "--config-file=", "--cache-dir=generated/mypy", str(client)], "its types are wrong", MYPYPATH=path)
    return [str(PYTHON / "python"), str(client)], {"PYTHONPATH": path}


def node_client(client: Path) -> Program:
    """Check the types of a client in TypeScript and bundle it: how it is run."""
    strict = shlex.split("--noEmit --strict --skipLibCheck --target es2022 --module esnext --moduleResolution bundler")
    run(["tsc", *strict, str(client)], "its types are wrong")
    bundle = GENERATED / client.with_suffix(".mjs").name
    bundling = ("--bundle", "--platform=node", "--format=esm", "--log-level=warning", f"--outfile={bundle}")
    run(["esbuild", str(client), *bundling], "it cannot be bundled")
    return ["node", str(bundle)], {}


def go_client(client: Path) -> Program:
    """Check the types of a client in Go and build it: how it is run."""
    module, program = GENERATED / "go", GENERATED / "go-client"
    (module / "walk").mkdir()
    shutil.copy(client, module / "walk" / "main.go")
    # The generated module names a newer Go than the code needs, and its tests a package that is not there.
    for words in (("vet", ".", "./walk"), ("build", "-o", str(program), "./walk")):
        run(["go", *words], "its types are wrong", folder=module, GOTOOLCHAIN="local")
    return [str(program)], {}


def grade(command: Sequence[str], settings: Mapping[str, str]) -> None:
    """Have the mock grade a client that walks, in the trials that its generator decides about. Raises Trouble."""
    trials = [word for trial in TRIALS for word in ("--trial", trial)]
    ours = [sys.executable, "-P", "-m", "mockserver", "grade", "--strict", *trials, "--", "env"]
    walking = [f"{name}={value}" for name, value in {**settings, "WALK_ALONE": "1"}.items()]
    run([*ours, *walking, *command], "its grade is not clean")


def access(url: str) -> Mapping[str, str]:
    """A fresh key of the mock's first organization, as a client is told of it."""
    asked = json.dumps({"name": "generator", "scopes": ["contacts.read"]}).encode()
    request = urllib.request.Request(f"{url}/_mock/keys", asked, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=_START_WITHIN) as answer:
        minted = json.load(answer)
    return {"OUTBOUND_BASE_URL": url, "OUTBOUND_API_KEY": minted["secret"]}


def run(command: Sequence[str], failure: str, *, folder: Path = HERE, **environment: str) -> str:
    """What a command printed that was run in a folder. Raises Trouble with the last lines of it if it fails."""
    programs = os.pathsep.join((str(PYTHON), str(NODE), os.environ["PATH"]))
    settings = {**os.environ, "PATH": programs, "NO_COLOR": "1", **environment}
    done = subprocess.run(
        command,
        cwd=folder,
        env=settings,
        check=False,
        timeout=_PATIENCE,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if done.returncode:
        raise Trouble(f"{failure}\n{done.stdout[-2000:]}")
    return done.stdout


@contextmanager
def mock() -> Iterator[tuple[str, int]]:
    """A mock whose answers have unknown members and values: its address, and how many contacts its first organization has."""
    hardships = ("--hardship", "unknown-members", "--hardship", "unknown-enum-values")
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "target.toml"
        command = [
            sys.executable,
            "-P",
            "-m",
            "mockserver",
            "--port",
            "0",
            "--quiet",
            "--write-target",
            str(target),
            *hardships,
        ]
        process = subprocess.Popen(command, cwd=folder)
        try:
            until = time.monotonic() + _START_WITHIN
            while not target.exists():
                if process.poll() is not None or time.monotonic() > until:
                    raise SystemExit("the mock did not start")
                time.sleep(0.05)
            url = tomllib.loads(target.read_text("utf-8"))["base_url"]
            with urllib.request.urlopen(f"{url}/_mock/health", timeout=_START_WITHIN) as answer:
                health = json.load(answer)
            yield url, health["organizations"][0]["contacts"]
        finally:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    main()
