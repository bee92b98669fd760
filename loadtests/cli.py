"""`outbound-load`: the command line. It checks the options, starts a mock if no target is named, and runs Locust."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import click
from click.core import ParameterSource
from click.shell_completion import shell_complete

from conformance.outcome import EXIT_NOT_JUDGED, EXIT_USAGE
from conformance.report.text import for_terminal, visible
from conformance.target.embedded import EmbeddedMock, EmbeddedMockError, EmbeddedServer
from conformance.target.redaction import Redactor
from conformance.target.signals import signals_held_back
from conformance.target.started import free_port
from loadtests.report.output import say, say_first
from loadtests.runner import launch, null_server
from loadtests.runner.interrupts import ENDING, INTERRUPTED, blocked
from loadtests.runner.ports import NoMasterError, check_port, wait_for_master
from loadtests.scenarios import scenarios
from loadtests.scenarios.generator import SCENARIO as GENERATOR
from loadtests.setup import API_KEY, READINGS, Options, UsageError, estimate, prepare

_LOCUSTFILE = Path(__file__).with_name("locustfile.py")
_DEFAULT = Options()
_ALL_KEYS = "--write-keys {folder}/keys.txt"

_OF_A_WORKER = {"target", "api_key", "keys", "mock_options", "worker", "master_host", "master_port"}
"""The options that count on a worker's own command line."""


def main() -> None:
    """Run the command line. What a user gets wrong is one line on standard error and exit code 4, never a traceback."""
    for number in ENDING:
        signal.signal(number, _interrupt)
    try:
        sys.exit(command(prog_name="outbound-load", standalone_mode=False))
    except click.ClickException as error:
        _complain(error.format_message())
    except (UsageError, EmbeddedMockError) as error:
        _complain(str(error))
    except NoMasterError as error:
        _complain(str(error), EXIT_NOT_JUDGED)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(INTERRUPTED)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    # Only once: all that remains is to end the mock, which has a time limit of its own.
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _complain(reason: str, code: int = EXIT_USAGE) -> NoReturn:
    # A key may stand where it does not belong: in an address, in place of a file.
    told = visible(Redactor().text(reason), keep="\n")
    say(for_terminal(f"outbound-load: {told}", sys.stderr), sys.stderr)
    sys.exit(code)


def _completion(context: click.Context, _parameter: click.Parameter, shell: str | None) -> None:
    """Print the script that a shell evaluates. It has click complete the options, through an environment variable."""
    if shell:
        context.exit(shell_complete(command, {}, "outbound-load", "_OUTBOUND_LOAD_COMPLETE", f"{shell}_source"))


def _list(context: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted:
        for scenario in scenarios().values():
            columns = shutil.get_terminal_size().columns
            say_first(click.wrap_text(scenario.claim, columns, f"{scenario.name:<11} ", " " * 12))
        context.exit()


@click.command(context_settings={"show_default": True, "max_content_width": 110})
@click.argument("scenario", required=False, metavar="SCENARIO", type=click.Choice(list(scenarios())))
@click.option(
    "--list", is_flag=True, is_eager=True, expose_value=False, callback=_list, help="List scenarios and claims."
)
@click.option("--target", type=click.Path(dir_okay=False), help="The target's description, the gate's target.toml.")
@click.option(
    "--api-key", help="A key of the target, better as env:NAME or in OUTBOUND_API_KEY: others see command lines."
)
@click.option("--base-url", help="The target's address; wins over the description's.")
@click.option("--keys", type=click.Path(dir_okay=False), help="Further API keys: a key and its organization a line.")
@click.option("--allow-host", "allow_hosts", metavar="HOST", multiple=True, help="Send load to HOST, not this machine.")
@click.option("--mock-options", default="", help="Without a target: options of the mock that is started.")
@click.option("--minutes", default=0.0, type=click.FloatRange(0), help="Minutes the scenario lasts; 0: its own length.")
@click.option("--rate-reading", type=click.Choice(READINGS), help="The reading of the limits that binds the target.")
@click.option("--real-time", is_flag=True, help="Wait in real time, even if the target has a test clock.")
@click.option("--rested", is_flag=True, help="The keys were not used for two minutes: begin at once.")
@click.option("--strict", is_flag=True, help="A broken should breaks the verdict as well.")
@click.option("--crowd-rate", default=0.0, type=click.FloatRange(0), help="Requests a second a crowd asks for; 0: all.")
@click.option("--crowd-p99", default=_DEFAULT.crowd_p99, help="Seconds of latency (p99) that break a crowd.")
@click.option("--crowd-errors", default=_DEFAULT.crowd_errors, help="Share of errors that breaks a crowd.")
@click.option("--report", metavar="DIR", type=click.Path(file_okay=False), help="Write load.json and load.html.")
@click.option("--processes", type=click.IntRange(1), help="Processes that send, beside one that coordinates them.")
@click.option("--master", is_flag=True, help="Coordinate workers that are started elsewhere.")
@click.option("--worker", is_flag=True, help="Send the requests that a master plans.")
@click.option("--master-host", default="127.0.0.1", help="Where a worker finds its master.")
@click.option("--master-port", default=5557, type=click.IntRange(1, 65_535), help="Port of the master.")
@click.option("--expect-workers", default=1, type=click.IntRange(1), help="Workers that a master waits for.")
@click.option("--web", is_flag=True, help="Begin from Locust's web page, on 127.0.0.1.")
@click.option("--web-port", default=8089, type=click.IntRange(1, 65_535), help="Port of the web page.")
@click.option("--dry-run", is_flag=True, help="Say how many requests, with which keys, how long; send nothing.")
@click.option("--measure", is_flag=True, help="Measure the generator itself, on a server that does nothing.")
@click.option(
    "--completion",
    type=click.Choice(["bash", "zsh", "fish"]),
    is_eager=True,
    expose_value=False,
    callback=_completion,
    help="Print the script that completes this command's options in a shell.",
)
@click.version_option(package_name="outbound-conformance", message="%(prog)s %(version)s")
def command(
    *,
    scenario: str | None,
    api_key: str | None,
    mock_options: str,
    processes: int | None,
    master: bool,
    worker: bool,
    master_host: str,
    master_port: int,
    expect_workers: int,
    web: bool,
    web_port: int,
    dry_run: bool,
    measure: bool,
    **told: Any,
) -> int:
    """Load tests of the Outbound API that end in a verdict: 0 held, 1 broken, 3 could not be judged, 4 usage, 130 interrupted.

    Without --target and --base-url the project's own mock is started and tried. OUTBOUND_API_KEY is a key of the target.
    """
    _refuse_empty({**told, "api_key": api_key, "master_host": master_host})
    _check(scenario, alternatives=(bool(processes), master, worker), web=web, worker=worker, measure=measure)
    if api_key:
        os.environ[API_KEY] = api_key
    options = _options(told, scenario)
    with ExitStack() as stack:
        options = _with_target(stack, options, mock_options, measure=measure)
        if dry_run:
            say_first("\n".join(estimate(prepare(options))))
            return 0
        if not (worker or web):
            prepare(options)
        words = [*_words(options), *(["--measure"] if measure else []), *_place(web, web_port, worker)]
        if processes:
            words += ["--processes", str(processes), *_own_port()]
        elif master:
            check_port("--master-port", "", master_port)
            words += ["--master", f"--master-bind-port={master_port}", f"--expect-workers={expect_workers}"]
        elif worker:
            _tell_unused()
            wait_for_master(master_host, master_port)
            words += ["--worker", f"--master-host={master_host}", f"--master-port={master_port}"]
        return _run(words)


def _check(scenario: str | None, *, alternatives: Sequence[bool], web: bool, worker: bool, measure: bool) -> None:
    if sum(alternatives) > 1:
        raise click.UsageError("--processes, --master and --worker exclude one another")
    if web and worker:
        raise click.UsageError("--web belongs to the master: leave it out with --worker")
    if not (scenario or web or worker or measure):
        raise click.UsageError(f"name a scenario: {', '.join(scenarios())}")


def _tell_unused() -> None:
    """Say which options a worker was given that only its master's command line decides."""
    context = click.get_current_context()
    unused = [
        option.opts[0]
        for option in command.params
        if option.name not in _OF_A_WORKER
        and context.get_parameter_source(option.name or "") is ParameterSource.COMMANDLINE
    ]
    if unused:
        say(f"outbound-load: a worker does what its master says: not used: {', '.join(unused)}", sys.stderr)


def _refuse_empty(told: Mapping[str, object]) -> None:
    """Raise UsageError for an empty value, as an unset variable gives: it is not the same as no option."""
    for option in command.params:
        value = told.get(option.name or "")
        if value == "" or (isinstance(value, tuple) and "" in value):
            raise click.UsageError(f"{option.opts[0]}: its value is missing")


def _options(told: dict[str, Any], scenario: str | None) -> Options:
    given = {name: value for name, value in told.items() if value is not None}
    return replace(_DEFAULT, scenario=scenario or _DEFAULT.scenario, **given)


def _with_target(stack: ExitStack, options: Options, mock_options: str, *, measure: bool) -> Options:
    """The options with a target: the one that was named, or else the embedded mock (to `measure`: the null server)."""
    if measure:
        server = stack.enter_context(EmbeddedServer(null_server.__name__))
        return replace(options, scenario=GENERATOR.name, target=str(server.description), base_url=None)
    if options.target or options.base_url:
        if mock_options:
            raise click.UsageError("--mock-options are for the mock that is started where no target is named")
        return options
    many = not scenarios()[options.scenario].limited
    server = stack.enter_context(EmbeddedMock(f"{_ALL_KEYS} {mock_options}" if many else mock_options))
    keys = options.keys or (str(server.folder / "keys.txt") if many else None)
    # The environment's key is of some other target.
    os.environ.pop(API_KEY, None)
    return replace(options, target=str(server.description), keys=keys, rested=True)


def _place(web: bool, web_port: int, worker: bool) -> list[str]:
    """How a run is started and watched: on Locust's web page, in this terminal, or elsewhere."""
    if web:
        return ["--web-host=127.0.0.1", f"--web-port={web_port}"]
    return ["--loglevel=WARNING", *([] if worker else ["--headless", "--only-summary"])]


def _own_port() -> list[str]:
    """A free port for a master and its processes, so that several runs can go on side by side."""
    port = str(free_port())
    return ["--master-bind-host", "127.0.0.1", "--master-bind-port", port, "--master-port", port]


def _words(options: Options) -> list[str]:
    """The options as Locust's command line takes them."""
    words: list[str] = []
    for name, value in (
        ("--scenario", options.scenario if options.scenario != GENERATOR.name else None),
        ("--host", options.base_url),
        ("--target", options.target),
        ("--keys", options.keys),
        ("--minutes", options.minutes),
        ("--rate-reading", options.rate_reading),
        ("--crowd-rate", options.crowd_rate),
        ("--crowd-p99", options.crowd_p99),
        ("--crowd-errors", options.crowd_errors),
        ("--report", options.report),
        *(("--allow-host", host) for host in options.allow_hosts),
    ):
        words += [f"{name}={value}"] if value else []
    switches = (("--real-time", options.real_time), ("--rested", options.rested), ("--strict", options.strict))
    return [*words, *(name for name, on in switches if on)]


def _run(words: Sequence[str]) -> int:
    """Run Locust in a process of its own, because gevent must be imported first. All signals are passed on to it."""
    handed_on: list[int] = []

    def hand_on(number: int, _frame: FrameType | None) -> None:
        handed_on.append(number)
        process.send_signal(number)

    with signals_held_back():
        process = _started(["-f", str(_LOCUSTFILE), *words])
        for number in ENDING:
            signal.signal(number, hand_on)
    code = process.wait()
    if handed_on and code < 0:
        return INTERRUPTED
    if code < 0:
        say(f"outbound-load: the generator was ended by signal {-code}: out of memory?", sys.stderr)
        return EXIT_NOT_JUDGED
    return code


def _started(words: Sequence[str]) -> subprocess.Popen[bytes]:
    """The process of Locust. Until it deals with signals, none reaches it: an interpreter that starts would end with 1."""
    arguments = [sys.executable, "-P", "-m", launch.__name__, *words]
    with blocked():
        return subprocess.Popen(arguments, stdin=subprocess.DEVNULL, start_new_session=True)
