"""Proof that the gate can tell right from wrong: every fault is caught, every legal variation passes.

`python -m tests.killmatrix` judges the mock once for each of its faults and variants, on all cores, and prints the matrix.
It ends with 1 where a fault is not caught by the requirement that it breaks, or where a variant raises an alarm.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path

import click

from benchmarks.command_line import INTERRUPTED
from tests.killmatrix.trials import Result, Trial, judge_all, trials

_COLUMNS = ("", "kind", "name", "the requirement it breaks", "others that fell", "seconds")


def row(result: Result) -> str:
    """A result as a row of the matrix (Markdown)."""
    trial = result.trial
    aimed = trial.expected[0] if trial.kind == "fault" else None
    others = sorted(result.fell - {aimed}, key=_in_order)
    mark = "✓" if result.right else "✗"
    return _row(mark, trial.kind, f"`{trial.name}`", aimed or "none", ", ".join(others) or "–", f"{result.seconds:.1f}")


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _in_order(id_: str) -> tuple[str, int]:
    family, _, number = id_.partition("-")
    return family, int(number)


def summary(results: Iterable[Result], seconds: float) -> str:
    """The matrix in one line."""
    kinds = {"fault": [0, 0], "variant": [0, 0]}
    for result in results:
        kinds[result.trial.kind][0] += result.right
        kinds[result.trial.kind][1] += 1
    (caught, faults), (passed, variants) = kinds["fault"], kinds["variant"]
    return (
        f"{caught} of {faults} faults caught by the requirement that they break, "
        f"{passed} of {variants} legal variations passed, {seconds // 60:.0f} min {seconds % 60:.0f} s"
    )


def document(results: Sequence[Result], seconds: float) -> str:
    """The whole matrix (Markdown), in the order of the catalogues."""
    order = {trial.name: index for index, trial in enumerate(trials())}
    head = (_row(*_COLUMNS), _row(*["---"] * len(_COLUMNS)))
    rows = map(row, sorted(results, key=lambda result: order[result.trial.name]))
    return "\n".join(["# The kill matrix", "", f"{summary(results, seconds)}.", "", *head, *rows, ""])


def _show(result: Result, number: int, count: int, *, verbose: bool) -> None:
    click.echo(f"{number:3}/{count} {row(result)}")
    if not result.right:
        click.echo(f"        {result.explanation}")
        if verbose:
            click.echo(result.output)


def _sum_up(results: Sequence[Result], seconds: float, write: Path | None) -> None:
    if write:
        write.write_text(document(results, seconds), "utf-8")
    click.echo(f"{sum(result.cpu for result in results) / len(results):.1f} s of processor time a run")
    click.echo(summary(results, seconds))


def _chosen(names: Sequence[str]) -> list[Trial]:
    known = {trial.name: trial for trial in trials()}
    for name in names:
        if name not in known:
            alike = get_close_matches(name, known, n=3, cutoff=0.4)
            hint = f"did you mean {' or '.join(alike)}?" if alike else f"there are {len(known)} of them"
            raise click.UsageError(f"{name!r} is no fault or variant; {hint}")
    return [known[name] for name in dict.fromkeys(names)] or list(known.values())


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "--jobs", type=click.IntRange(1), default=3 * (os.cpu_count() or 1), show_default=True, help="Runs at a time."
)
@click.option(
    "--write", type=click.Path(dir_okay=False, path_type=Path), help="Write the matrix to this file (Markdown)."
)
@click.option("--verbose", is_flag=True, help="Show the gate's output where it was wrong.")
def main(names: tuple[str, ...], jobs: int, write: Path | None, verbose: bool) -> None:
    """Judge the mock with each of its faults and variants, or with those of these names, and print what fell."""
    chosen, results, started = _chosen(names), list[Result](), time.monotonic()
    interrupted = False
    try:
        for result in judge_all(chosen, jobs):
            results.append(result)
            _show(result, len(results), len(chosen), verbose=verbose)
    except KeyboardInterrupt:
        interrupted = True
        click.echo(f"interrupted after {len(results)} of {len(chosen)}", err=True)
    seconds = time.monotonic() - started
    if results:
        _sum_up(results, seconds, write)
    sys.exit(INTERRUPTED if interrupted else not all(result.right for result in results))
