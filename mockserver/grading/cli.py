"""`outbound-mock grade`: the command line."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NoReturn

import click

from mockserver.server import interrupts
from mockserver.server.options import modifications, option
from spec.surroundings import discard_output

if TYPE_CHECKING:
    from mockserver.grading.records import Run
    from mockserver.grading.session import GradeProgress
    from mockserver.grading.verdict import Grade

ALL, NONE = "all", "none"


@click.command(
    name="grade",
    context_settings={"auto_envvar_prefix": "OUTBOUND_MOCK", "show_default": True},
)
@option("--trial", "trials", metavar="NAME", multiple=True, help="Run this trial beside the plain run (repeatable).")
@option(
    "--trials",
    "which",
    type=click.Choice([ALL, NONE]),
    default=ALL,
    help="All trials for which the plain run has requests, or none.",
)
@option("--receiver", metavar="URL", help="Deliver events to the command, which listens there, and grade its answers.")
@option("--strict", is_flag=True, help="Also fail the grade if a requirement of level 'should' is broken.")
@option(
    "--report",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write grade.html, grade.json, junit.xml, summary.md and requests.har there.",
)
@option("--timeout", default=600.0, type=click.FloatRange(0.1), metavar="SECONDS", help="The longest time of a run.")
@option(
    "--har",
    "archive",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Grade recorded traffic, an HTTP Archive, instead of a command.",
)
@option("--list", "listing", is_flag=True, help="Show rules and trials, and run nothing.")
@option("--port", default=0, type=click.IntRange(0, 65_535), help="Port of the mock; 0 picks a free one.")
@option("--seed", default=1, help="Seed of all data and keys.")
@option("--contacts", default=330, type=click.IntRange(0, 100_000), help="Contacts of each organization.")
@option("--organizations", default=2, type=click.IntRange(1, 1_000), help="Organizations.")
@option("--rate-reading", default="burst", type=click.Choice(["burst", "strict"]), help="How the rate limits are read.")
@option("--no-rate-limit", is_flag=True, help="Limit no key.")
@option(
    "--hardship",
    "hardships",
    metavar="NAME[:PARAMETER=VALUE,…]",
    multiple=True,
    help="Make this trouble for the command in every run (repeatable): ordinary-day for CI.",
)
@click.argument("arguments", metavar="COMMAND ARG…", nargs=-1, type=click.UNPROCESSED)
def command(
    *,
    trials: Sequence[str],
    which: str,
    receiver: str | None,
    strict: bool,
    report: Path | None,
    timeout: float,
    archive: Path | None,
    listing: bool,
    port: int,
    seed: int,
    contacts: int,
    organizations: int,
    rate_reading: Literal["burst", "strict"],
    no_rate_limit: bool,
    hardships: Sequence[str],
    arguments: Sequence[str],
) -> None:
    """Run a command against a fresh mock, and grade what it asks: `outbound-mock grade -- npm test`.

    The command gets these variables: OUTBOUND_BASE_URL, OUTBOUND_API_KEY, OUTBOUND_ORGANIZATION_ID, OUTBOUND_WEBHOOK_SECRET.
    There is one plain run, and one run for each trial; with --receiver one run, until all deliveries were sent. Exit codes: 0 no
    requirement of level 'must' is broken, 1 one is broken (with --strict: or one of level 'should'), 3 nothing could be graded,
    4 wrong use.
    """
    if listing:
        _echo(_listed())
        return
    _check_folder(report)
    if archive:
        if arguments or trials or receiver:
            raise click.UsageError(
                "--har grades a recording, and runs nothing: leave out command, --trial and --receiver"
            )
        _finish(_recording(archive, strict), report)
    if not arguments or not arguments[0]:
        raise click.UsageError(
            "name the command that is to be graded after two dashes: outbound-mock grade -- npm test"
        )
    changes = modifications("hardship", hardships)
    from mockserver.app import Settings
    from mockserver.grading.session import Order, grade

    order = Order(
        command=tuple(arguments),
        settings=Settings(seed, organizations, contacts, rate_reading, not no_rate_limit, changes),
        trials=_chosen(trials, which),
        timeout=timeout,
        strict=strict,
        port=port,
        receiver=_checked(receiver),
    )
    # SIGTERM ends a grade as Ctrl-C does: the command is ended with its children, and the grade so far is reported.
    interrupts.end_at_once(signal.SIGTERM)
    try:
        result = grade(order, _progress())
    except OSError as error:
        raise click.UsageError(f"cannot listen on port {port}: {error.strerror}") from error
    _finish(result, report)


def _recording(archive: Path, strict: bool) -> Grade:
    from mockserver.grading.archived import NoArchive
    from mockserver.grading.har import recorded_run
    from mockserver.grading.verdict import recording_graded

    try:
        return recording_graded(str(archive), recorded_run(archive), strict=strict)
    except NoArchive as error:
        raise click.UsageError(str(error)) from None


def _finish(grade: Grade, folder: Path | None) -> NoReturn:
    from mockserver.grading import report
    from mockserver.grading.report import terminal

    _echo(terminal.text(grade))
    if folder:
        try:
            report.write(grade, folder)
        except OSError as error:
            raise click.UsageError(f"cannot write {error.filename}: {error.strerror}") from error
        click.echo(f"report: {folder / 'grade.html'}", err=True)
    sys.exit(grade.exit_code)


def _chosen(names: Sequence[str], which: str) -> Sequence[str] | None:
    """The names of the trials to run; None to run those for which the plain run has requests. Raises BadParameter."""
    from mockserver.grading.trials import TRIALS
    from spec.misspelled import meant

    for name in names:
        if name not in TRIALS:
            told = f"{name!r} is no trial{meant(name, TRIALS, '--list shows them all')}"
            raise click.BadParameter(told, param_hint="--trial")
    if names:
        return tuple(dict.fromkeys(names))
    return () if which == NONE else None


def _checked(url: str | None) -> str | None:
    """The URL of a receiver. Raises BadParameter if it is none, or if another program listens there.

    Then the command cannot use the port, and that other program would be graded. To grade a receiver that runs already, the user
    sets OUTBOUND_WEBHOOK_SECRET to its secret.
    """
    from mockserver.grading.receiver import accepts, is_url

    if url is None:
        return None
    if not is_url(url):
        raise click.BadParameter(f"{url!r} is no http(s) URL", param_hint="--receiver")
    if accepts(url) and not os.environ.get("OUTBOUND_WEBHOOK_SECRET"):
        told = f"something listens at {url} already: end it, or, to grade it, set OUTBOUND_WEBHOOK_SECRET to its secret"
        raise click.BadParameter(told, param_hint="--receiver")
    return url


def _check_folder(folder: Path | None) -> None:
    """Raise BadParameter, before any run, if reports cannot be written to a folder."""
    if folder is None:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".outbound-grade"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise click.BadParameter(f"cannot write to {folder}: {error.strerror}", param_hint="--report") from error


def _progress() -> GradeProgress:
    from mockserver.grading.report.words import run_ending
    from mockserver.grading.session import GradeProgress

    def begins(trial: str, number: int, of: int) -> None:
        total = f" of {of}" if of > 1 else ""
        click.echo(click.style(f"── run {number}{total}: {trial}", bold=True), err=True, color=_colour())

    def ended(run: Run) -> None:
        click.echo(click.style(f"   {run_ending(run)}", dim=True), err=True, color=_colour())

    def remarks(words: str) -> None:
        click.echo(f"   {words}", err=True)

    return GradeProgress(begins, ended, remarks, interrupts.raise_again)


def _listed() -> str:
    from mockserver.grading.trials import TRIALS
    from spec.client_requirements import client_requirements

    rules = [
        f"  {rule.id:<8}{rule.level:<8}{rule.title}\n{'':18}allowed: {rule.allows}" for rule in client_requirements()
    ]
    trials = [f"  {trial.name:<22}{trial.description}" for trial in TRIALS.values()]
    return "\n".join([click.style("rules", bold=True), *rules, "", click.style("trials", bold=True), *trials])


def _echo(text: str) -> None:
    """Write to standard output. If the reader has closed it, the grade still ends with its exit code."""
    try:
        click.echo(text, color=_colour())
        sys.stdout.flush()
    except BrokenPipeError:
        discard_output()


def _colour() -> bool | None:
    return False if os.environ.get("NO_COLOR") else None
