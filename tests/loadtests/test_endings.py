"""How a run ends that is ended from outside: 130 at any moment, nothing left behind, and no traceback."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from loadtests.runner.interrupts import blocked
from tests.support.free_ports import free_port
from tests.support.interrupts import heed_interrupts
from tests.support.load_runs import locust, outbound_load
from tests.support.null_servers import Answer, serving
from tests.support.warm_load import locust_begun, outbound_load_begun
from tests.support.warm_mocks import WarmMock

_LAUNCH = "loadtests.runner.launch"
_WITHIN = 60.0
_KEY = "obk_live_" + "x" * 32


@pytest.fixture(scope="module")
def target() -> Iterator[WarmMock]:
    with WarmMock("--contacts 20") as started:
        yield started


@contextmanager
def _running(*words: str, folder: Path | None = None) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, **({"TMPDIR": str(folder)} if folder else {})}
    running = subprocess.Popen(
        [sys.executable, "-m", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        preexec_fn=heed_interrupts,
        start_new_session=True,
    )
    try:
        yield running
    finally:
        # Its workers, too: they hold its output open.
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            running.communicate(timeout=5)


def _ended(running: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = running.communicate(timeout=_WITHIN)
    assert "Traceback" not in err, err
    return running.returncode, out, err


def _wait_for_folder(folder: Path) -> None:
    until = time.monotonic() + _WITHIN
    while not list(folder.iterdir()):
        assert time.monotonic() < until
        time.sleep(0.0005)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_while_the_mock_starts_leaves_no_mock_and_no_folder(number: signal.Signals, tmp_path: Path) -> None:
    with _running("loadtests", "burst", folder=tmp_path) as running:
        _wait_for_folder(tmp_path)
        running.send_signal(number)
        assert _ended(running)[0] == 130
    assert list(tmp_path.iterdir()) == []
    mocks = subprocess.run(["pgrep", "-f", str(tmp_path)], capture_output=True, text=True, check=False)
    assert mocks.stdout == ""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_while_the_program_is_loaded_ends_it_without_a_word(name: str) -> None:
    lines = (
        "import os, signal, time",
        "from loadtests.runner.interrupts import end_at_once",
        "end_at_once()",
        f"os.kill(os.getpid(), signal.{name})",
        "time.sleep(60)",
    )
    ended = subprocess.run([sys.executable, "-c", "\n".join(lines)], capture_output=True, check=False, timeout=_WITHIN)
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, b"", b"")


def test_a_signal_while_the_interpreter_of_locust_starts_ends_it_as_an_interrupt() -> None:
    lines = "from loadtests.runner.interrupts import end_at_once; import time; end_at_once(); time.sleep(60)"
    with blocked():
        started = subprocess.Popen([sys.executable, "-c", lines])
    started.send_signal(signal.SIGINT)
    assert started.wait(_WITHIN) == 130


_ORPHAN = """
import os, sys
import gevent
from loadtests.runner.interrupts import end_with_parent

ready, told = os.pipe()
if sys.argv[1] == "forked later":
    end_with_parent()
if gevent.fork():
    os.read(ready, 1)
    os._exit(0)
if sys.argv[1] == "its own":
    end_with_parent(os.getppid())
os.write(told, b"!")
gevent.sleep(20)
print("it has outlived its parent")
"""


@pytest.mark.parametrize("which", ["forked later", "its own"])
def test_a_process_ends_with_its_parent(which: str) -> None:
    ended = subprocess.run([sys.executable, "-c", _ORPHAN, which], capture_output=True, check=True, timeout=_WITHIN)
    assert (ended.stdout, ended.stderr) == (b"", b"")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_master_that_waits_for_workers_ends_at_once(number: signal.Signals, target: WarmMock, tmp_path: Path) -> None:
    words = ("burst", f"--target={target.description}", "--master", f"--master-port={free_port()}")
    with outbound_load_begun(*words, folder=tmp_path) as running:
        running.error("waiting for workers, 1, at port ")
        done = running.ended_by(number)
    assert done.returncode == 130
    assert "Traceback" not in done.stderr
    assert "verdict: not judged" in done.stdout


def test_locust_ends_with_the_program_that_started_it(target: WarmMock) -> None:
    words = ("burst", f"--target={target.description}", "--master", f"--master-port={free_port()}")
    with _running("loadtests", *words) as running:
        assert running.stderr is not None
        running.stderr.readline()
        running.kill()
        _, out, _ = _ended(running)
    assert "verdict" not in out


def test_an_interrupt_of_the_whole_group_ends_all_processes_of_a_run(target: WarmMock) -> None:
    words = ("steady", f"--target={target.description}", "--real-time", "--rested", "--processes=2")
    own = ("--headless", "--only-summary", "--loglevel=WARNING", f"--master-bind-port={free_port()}")
    run = (_LAUNCH, "-f", "loadtests/locustfile.py", f"--scenario={words[0]}", *words[1:], *own)
    with locust_begun(*run, f"--master-port={own[-1].rpartition('=')[2]}") as running:
        # The first line of progress comes while requests are sent.
        assert running.err.readline().startswith("steady: ")
        os.killpg(running.pid, signal.SIGINT)
        done = running.ended()
    assert done.returncode == 130
    assert "ended early: interrupted" in done.stdout
    assert "Bad response code" not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("processes", [(), ("--processes=2",)])
def test_an_interrupt_after_the_verdict_leaves_the_exit_code(
    target: WarmMock, tmp_path: Path, processes: tuple[str, ...]
) -> None:
    interrupted = tmp_path / "interrupted.py"
    # As the interpreter ends, gevent sleeps once more: on a slow machine a signal may come then.
    interrupted.write_text(
        "import gevent, os, signal\n"
        "from loadtests.locustfile import *\n"
        "sleep = gevent.sleep\n"
        "def late_sleep(*_):\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    sleep(0.2)\n"
        "@events.quit.add_listener\n"
        "def _(**_): gevent.sleep = late_sleep\n",
        "utf-8",
    )
    port = free_port()
    ports = (f"--master-bind-port={port}", f"--master-port={port}") if processes else ()
    words = ("-f", str(interrupted), "--headless", "--only-summary", "--scenario=burst", "--loglevel=WARNING")
    done = locust(_LAUNCH, *words, f"--target={target.description}", *processes, *ports)
    assert (done.code, done.err.count("Traceback")) == (0, 0), done.err
    assert "verdict: held" in done.out


@pytest.mark.parametrize("scenario", ["burst", "crowd"])
def test_a_web_site_that_answers_everything_holds_nothing(scenario: str) -> None:
    with serving(Answer(200, {"Content-Type": "text/html"}, b"<html>Welcome</html>")) as address:
        done = outbound_load(scenario, f"--base-url={address}", f"--api-key={_KEY}", "--minutes=0.1", "--rested")
    assert done.code == 3
    assert "HTML page" in done.err
    assert "verdict: held" not in done.out


def test_a_server_that_answers_an_empty_object_holds_nothing() -> None:
    with serving(Answer(200, {"Content-Type": "application/json"}, b"{}")) as address:
        done = outbound_load("burst", f"--base-url={address}", f"--api-key={_KEY}", "--rested")
    assert done.code == 3
    assert "GET /api/v1/me answers 200, but not with what the API answers" in done.err


def test_a_run_that_fails_in_a_way_that_nobody_thought_of_ends_all_the_same(target: WarmMock, tmp_path: Path) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text(
        "from loadtests.runner import master\n"
        "def conclude(*_): raise RuntimeError('a defect')\n"
        "master.conclude = conclude\n"
        "from loadtests.locustfile import *\n",
        "utf-8",
    )
    words = ("-f", str(broken), "--headless", "--only-summary", "--scenario=burst", f"--target={target.description}")
    done = locust(_LAUNCH, *words)
    assert done.code == 3
    assert "outbound-load: the run could not be judged: RuntimeError('a defect')" in done.err


@pytest.mark.parametrize(("words", "option"), [(("burst", "--master"), "--master-port"), (("--web",), "--web-port")])
def test_a_port_in_use_is_told_in_a_line(words: tuple[str, ...], option: str, target: WarmMock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = outbound_load(*words, f"--target={target.description}", f"{option}={port}")
    assert done.code == 4
    assert f"outbound-load: {option} {port}: Address already in use\n" in done.err
    assert "Traceback" not in done.err


_LOCUST = ("--headless", "--scenario=burst", "--loglevel=CRITICAL")


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("--master", "--master-bind-port={port}"), 3, "outbound-load: Locust failed: RPCError"),
        (("--master", "--expect-workers-max-wait=1", "--master-bind-port=0"), 3, "waiting for workers"),
        (("--no-such-option",), 4, "unrecognized arguments"),
        (("NoSuchUser",), 3, ""),
    ],
)
def test_an_error_of_locust_is_no_verdict(words: tuple[str, ...], code: int, told: str, target: WarmMock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        own = [word.format(port=taken.getsockname()[1]) for word in (*words, f"--target={target.description}")]
        done = locust(_LAUNCH, "-f", "loadtests/locustfile.py", *_LOCUST, *own)
    assert (done.code, told in done.err, "Traceback" in done.err) == (code, True, False), done.err


def test_a_port_in_use_is_told_in_a_line_by_locusts_own_command(target: WarmMock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        words = (f"--target={target.description}", "--master", f"--master-bind-port={taken.getsockname()[1]}")
        done = locust("locust.main", "-f", "loadtests", *_LOCUST, *words)
    assert (done.code, done.err.count("\n")) == (3, 1), done.err
    assert done.err.startswith('outbound-load: Locust failed: RPCError("Socket bind failure: Address already in use')


def test_a_verdict_that_nobody_reads_keeps_its_exit_code(target: WarmMock, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "out")
    with outbound_load_begun("burst", f"--target={target.description}", folder=tmp_path) as running:
        with (tmp_path / "out").open() as read:
            assert read.readline().startswith("burst on ")
        (tmp_path / "out").unlink()
        done = running.ended()
    assert done.returncode == 0
    assert "the verdict could not be printed: Broken pipe" in done.stderr
    assert "Traceback" not in done.stderr
