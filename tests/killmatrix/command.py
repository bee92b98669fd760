"""Proof that the gate can tell right from wrong: every fault is caught, every legal variation passes.

`python -m tests.killmatrix` judges the mock once for each of its faults and variants, and for a fixed sample of faults
under conditions, on all cores, and prints the matrix; `--all` judges it for all mutants. The exit code is 1 if the
requirement that a fault breaks does not catch it, or if a variant raises an alarm. `uncaught.toml` lists the mutants
that are known not to be caught. If one of these is caught, the exit code is 1 too.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import click

from benchmarks.command_line import INTERRUPTED
from spec.misspelled import meant
from tests.killmatrix.mutants import mutant, plain, sample, whole
from tests.killmatrix.trials import Result, Trial, judge_all
from tests.killmatrix.uncaught import FILE, known

_COLUMNS = ("", "kind", "name", "the requirement it breaks", "others that fell", "seconds")


def is_right(result: Result) -> bool:
    """Whether a trial ended as it should. A mutant that is known not to be caught should stay uncaught."""
    entry = known(result.trial.name)
    if entry is None:
        return result.right
    return result.ended and (entry.sometimes or not result.right)


def explanation(result: Result) -> str:
    """What happened instead, in one line."""
    if known(result.trial.name) and result.right:
        return f"caught, though {FILE.name} says that it is not: take it from that list"
    return result.explanation


def row(result: Result) -> str:
    """A result as a row of the matrix (Markdown)."""
    trial = result.trial
    aimed = "+".join(group[0] for group in trial.must_fall) if trial.kind == "fault" else ""
    others = sorted(result.fell - set(aimed.split("+")), key=_in_order)
    mark = "✗" if not is_right(result) else "–" if known(trial.name) else "✓"
    return _row(mark, trial.kind, f"`{trial.name}`", aimed or "none", ", ".join(others) or "–", f"{result.seconds:.1f}")


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _in_order(id_: str) -> tuple[str, int]:
    family, _, number = id_.partition("-")
    return family, int(number)


def summary(results: Iterable[Result], seconds: float) -> str:
    """The matrix in one line, without the mutants that are known not to be caught."""
    kinds = {"fault": [0, 0], "variant": [0, 0]}
    for result in results:
        if not known(result.trial.name):
            kinds[result.trial.kind][0] += result.right
            kinds[result.trial.kind][1] += 1
    (caught, faults), (passed, variants) = kinds["fault"], kinds["variant"]
    return (
        f"{caught} of {faults} faults caught by the requirement that they break, "
        f"{passed} of {variants} legal variations passed, {seconds // 60:.0f} min {seconds % 60:.0f} s"
    )


def document(results: Sequence[Result], seconds: float) -> str:
    """The whole matrix (Markdown), in the order of the catalogues, and why some mutants are not caught."""
    order = {trial.name: index for index, trial in enumerate(plain())}
    head = (_row(*_COLUMNS), _row(*["---"] * len(_COLUMNS)))
    rows = map(row, sorted(results, key=lambda result: (order.get(result.trial.name, len(order)), result.trial.name)))
    listed = [_row(f"`{each.trial.name}`", entry.reason) for each in results if (entry := known(each.trial.name))]
    uncaught = (
        ["", "## Known not to be caught", "", _row("mutant", "why"), _row("---", "---"), *listed] if listed else []
    )
    return "\n".join(["# The kill matrix", "", f"{summary(results, seconds)}.", "", *head, *rows, *uncaught, ""])


def _show(result: Result, number: int, count: int, *, verbose: bool) -> None:
    click.echo(f"{number:{len(str(count))}}/{count} {row(result)}")
    if not is_right(result):
        click.echo(f"        {explanation(result)}")
        if verbose:
            click.echo(result.output)


def _sum_up(results: Sequence[Result], seconds: float, write: Path | None) -> None:
    if write:
        write.write_text(document(results, seconds), "utf-8")
    click.echo(f"{sum(result.cpu for result in results) / len(results):.1f} s of processor time a run")
    listed = sum(known(result.trial.name) is not None for result in results)
    if listed:
        click.echo(f"{listed} more are known not to be caught ({FILE.name})")
    click.echo(summary(results, seconds))


def _chosen(names: Sequence[str], *, everything: bool, shard: tuple[int, int]) -> list[Trial]:
    if names:
        return [replace(_named(name), focused=False) for name in dict.fromkeys(names)]
    part, parts = shard
    return (whole() if everything else sample())[part - 1 :: parts]


def _named(name: str) -> Trial:
    known_names = {trial.name: trial for trial in plain()}
    if name in known_names:
        return known_names[name]
    if "@" in name or "+" in name:
        try:
            return mutant(name)
        except ValueError as error:
            raise click.UsageError(str(error)) from error
    hint = meant(name, known_names, f"there are {len(known_names)} of them")
    raise click.UsageError(f"{name!r} is no fault or variant{hint}")


def _shard(_context: click.Context, _parameter: click.Parameter, value: str) -> tuple[int, int]:
    part, slash, parts = value.partition("/")
    if not (slash and part.isdecimal() and parts.isdecimal() and 1 <= int(part) <= int(parts)):
        raise click.BadParameter(f"{value!r} must be i/n, as 1/4")
    return int(part), int(parts)


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "--jobs", type=click.IntRange(1), default=3 * (os.cpu_count() or 1), show_default=True, help="Runs at a time."
)
@click.option(
    "--write", type=click.Path(dir_okay=False, path_type=Path), help="Write the matrix to this file (Markdown)."
)
@click.option(
    "--all", "everything", is_flag=True, help="Judge it with every fault under all its conditions, and with pairs."
)
@click.option("--shard", callback=_shard, default="1/1", metavar="I/N", help="Judge the i-th of n parts of the trials.")
@click.option("--verbose", is_flag=True, help="Show the gate's output where it was wrong.")
def main(
    names: tuple[str, ...], jobs: int, write: Path | None, everything: bool, shard: tuple[int, int], verbose: bool
) -> None:
    """Judge the mock with its faults, variants and a sample of conditions, or with NAME…, and print the results.

    A NAME may have a condition, as in `revoked-key-served@operation=getMe`. A `+` joins several names into one mutant.
    """
    started = time.monotonic()
    chosen, results = _chosen(names, everything=everything, shard=shard), list[Result]()
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
    sys.exit(INTERRUPTED if interrupted else not all(map(is_right, results)))
