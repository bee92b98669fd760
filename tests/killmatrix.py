"""Proof that the gate can tell right from wrong: every fault is caught, every legal variation passes.

`python -m tests.killmatrix` judges the mock once for each of its faults and variants, on all cores, and prints the matrix.
It ends with 1 where a fault is not caught by the requirement that it breaks, or where a variant raises an alarm.
"""

from __future__ import annotations

import gc
import importlib
import json
import multiprocessing
import os
import shlex
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

from mockserver.cli import command
from mockserver.faults import all_faults
from mockserver.variants import all_variants
from spec import requirements
from tests.gate import ROOT, GateRun

_GATE = [str(ROOT / "conformance"), "-q", "-p", "no:cacheprovider", "--assert=plain", "--rootdir", str(ROOT)]
_PRELOADED = (
    "_hypothesis_pytestplugin",
    "conformance.verdict",
    "httpx",
    "jinja2",
    "mockserver.app",
    "mockserver.serving",
    "mockserver.target",
    "openapi_core",
    "openapi_spec_validator",
    "schemathesis.pytest.plugin",
    "schemathesis.specs.openapi.schemas",
    "xdist.plugin",
)
_SLOW = ("RATE", "HOOK")
_START_WITHIN = 30


@dataclass(frozen=True)
class Trial:
    """A mock to judge: with a fault that breaks requirements, or with a legal variation that breaks no must.

    `options` are the mock's; `expected` are the ids of which a fault must break at least the first, and the only
    ones, all shoulds, that a variation may break.
    """

    kind: str
    name: str
    options: str
    expected: tuple[str, ...]


@dataclass(frozen=True)
class Result:
    """How the gate judged a trial: its exit code, the requirements that fell, the seconds it took."""

    trial: Trial
    exit_code: int
    fell: frozenset[str]
    broken_musts: frozenset[str]
    seconds: float
    output: str

    @property
    def right(self) -> bool:
        """Whether the gate told right from wrong."""
        if self.trial.kind == "variant":
            return self.exit_code == 0 and self.fell <= set(self.trial.expected)
        return (
            self.trial.expected[0] in self.fell
            and self.exit_code in (0, 1)
            and bool(self.broken_musts) == self.exit_code
        )


def trials() -> list[Trial]:
    """Every fault and every variant of the mock."""
    faults = [Trial("fault", name, f"--fault {name}", fault.breaks) for name, fault in all_faults().items()]
    variants = [Trial("variant", name, f"--variant {name}", variant.bends) for name, variant in all_variants().items()]
    return faults + variants


def judge(trial: Trial) -> Result:
    """Run the gate, in this process, on a mock with the trial's fault or variation; the terminal sees none of it."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="outbound-") as name:
        folder = Path(name)
        with (folder / "output").open("w+b") as output:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
            exit_code = _judge_whole(trial, folder) if _is_slow(trial) else _judge_answers(trial, folder)
        written = folder / "report.json"
        report = json.loads(written.read_text("utf-8")) if written.exists() else {}
        run = GateRun(exit_code, (folder / "output").read_text("utf-8", "replace"), report)
    return Result(
        trial,
        run.exit_code,
        frozenset(run.ids("failed")),
        frozenset(run.broken_musts()),
        time.monotonic() - started,
        run.output,
    )


def _judge_whole(trial: Trial, folder: Path) -> int:
    """The whole gate, on the mock that it starts itself."""
    return int(pytest.main([*_GATE, "--report", str(folder), "--mock-options", trial.options]))


def _judge_answers(trial: Trial, folder: Path) -> int:
    """The gate but for the slow families, of pace and of deliveries, on a mock forked off this process.

    A fault of what a request is answered leaves those families as they are.
    """
    families = dict.fromkeys(requirement.family for requirement in requirements())
    chosen = ",".join(family for family in families if family not in _SLOW)
    with _forked_mock(trial.options, folder / "target.toml") as target:
        return int(pytest.main([*_GATE, "--report", str(folder), "--target", str(target), "--only", chosen]))


def _is_slow(trial: Trial) -> bool:
    return trial.kind == "variant" or any(id_.startswith(_SLOW) for id_ in trial.expected)


@contextmanager
def _forked_mock(options: str, target: Path) -> Iterator[Path]:
    process = multiprocessing.get_context("fork").Process(target=_serve, args=(options, target))
    multiprocessing.current_process()._config["daemon"] = False  # type: ignore[attr-defined] # a pool's worker may not fork else
    process.start()
    try:
        for _ in range(_START_WITHIN * 100):
            if target.exists() or not process.is_alive():
                break
            time.sleep(0.01)
        yield target
    finally:
        process.terminate()
        process.join()


def _serve(options: str, target: Path) -> None:
    command(["--port", "0", "--quiet", "--write-target", str(target), *shlex.split(options)], standalone_mode=False)


def judge_all(chosen: Sequence[Trial], jobs: int) -> Iterator[Result]:
    """Judge several trials at a time, each in a process of its own; results come as they are ready.

    The processes are forked off this one, in which all that a run imports is imported already: that halves the time.
    """
    for module in _PRELOADED:
        importlib.import_module(module)
    os.environ.pop("OUTBOUND_API_KEY", None)
    gc.freeze()
    with multiprocessing.get_context("fork").Pool(jobs, maxtasksperchild=1) as pool:
        yield from pool.imap_unordered(judge, chosen)


def line(result: Result) -> str:
    """A result as a row of the matrix (Markdown)."""
    trial = result.trial
    hit = [id_ for id_ in trial.expected if id_ in result.fell]
    others = sorted(result.fell - set(trial.expected))
    mark = "✓" if result.right else "✗"
    return f"| {mark} | {trial.kind} | `{trial.name}` | {', '.join(hit) or '–'} | {', '.join(others) or '–'} |"


def summary(results: Iterable[Result]) -> str:
    """The matrix in one line."""
    kinds = {"fault": [0, 0], "variant": [0, 0]}
    for result in results:
        kinds[result.trial.kind][0] += result.right
        kinds[result.trial.kind][1] += 1
    (caught, faults), (passed, variants) = kinds["fault"], kinds["variant"]
    return f"{caught} of {faults} faults caught by the requirement they break, {passed} of {variants} legal variations pass"


@click.command()
@click.option("--jobs", type=click.IntRange(1), default=os.cpu_count() or 1, show_default=True, help="Runs at a time.")
@click.option("--only", multiple=True, metavar="NAME", help="This fault or variant alone (repeatable).")
@click.option(
    "--write", type=click.Path(dir_okay=False, path_type=Path), help="Write the matrix to this file (Markdown)."
)
@click.option("--verbose", is_flag=True, help="Show the gate's output where it was wrong.")
def main(jobs: int, only: tuple[str, ...], write: Path | None, verbose: bool) -> None:
    """Judge the mock with each of its faults and variants, and print what fell."""
    known = {trial.name: trial for trial in trials()}
    unknown = sorted(set(only) - set(known))
    if unknown:
        raise click.UsageError(f"no such fault or variant: {', '.join(unknown)}")
    chosen = [known[name] for name in only] or list(known.values())
    started, results = time.monotonic(), []
    for result in judge_all(chosen, jobs):
        results.append(result)
        click.echo(f"{len(results):3}/{len(chosen)} {result.seconds:5.1f} s  {line(result)}")
        if verbose and not result.right:
            click.echo(result.output)
    order = {name: index for index, name in enumerate(known)}
    results.sort(key=lambda result: order[result.trial.name])
    if write:
        head = "| | kind | name | the requirement it breaks | other requirements that fell |\n| --- | --- | --- | --- | --- |"
        write.write_text(
            "\n".join(["# The kill matrix", "", summary(results) + ".", "", head, *map(line, results), ""]), "utf-8"
        )
    click.echo(f"{summary(results)} ({time.monotonic() - started:.0f} s)")
    if not all(result.right for result in results):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
