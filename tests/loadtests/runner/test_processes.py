"""One process or several, on Locust's own command line or ours: the same keys, the same requests, the same verdict."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.support.free_ports import free_port
from tests.support.load_runs import Outcome, locust, outbound_load, outbound_load_anew
from tests.support.warm_load import locust_begun, outbound_load_begun
from tests.support.warm_mocks import WarmMock

_LAUNCH = "loadtests.runner.launch"
_LOCUST = ("-f", "loadtests/locustfile.py", "--headless", "--only-summary", "--loglevel=WARNING")


@pytest.fixture(scope="module")
def healthy() -> Iterator[WarmMock]:
    with WarmMock("--contacts 20") as started:
        yield started


def _judged(done: Outcome) -> object:
    report = done.report
    counted = {key["key"]: key["sent"] for key in report["keys"]}
    return done.code, report["verdict"], report["rateReading"], done.found, counted


@pytest.mark.parametrize("scenario", ["burst", "neighbours"])
def test_three_workers_come_to_the_verdict_of_one_process(scenario: str, healthy: WarmMock, tmp_path: Path) -> None:
    words = (scenario, f"--target={healthy.description}", "--minutes=1")
    alone = outbound_load(*words, folder=tmp_path / "alone")
    together = outbound_load(*words, "--processes=3", folder=tmp_path / "together")
    assert alone.report["verdict"] == "held", alone.out
    assert _judged(together) == _judged(alone), together.out + together.err
    assert together.report["notes"]["generator"].startswith("3 process")


def test_three_workers_see_a_fault_as_one_process_does(tmp_path: Path) -> None:
    with WarmMock("--contacts 20 --fault fixed-windows") as faulty:
        words = ("border", f"--target={faulty.description}")
        alone = outbound_load(*words, folder=tmp_path / "alone")
        together = outbound_load(*words, "--processes=3", folder=tmp_path / "together")
    assert alone.code == together.code == 1
    assert alone.found == together.found


@pytest.mark.parametrize("path", ["loadtests", "loadtests/locustfile.py"])
def test_locust_runs_the_folder_and_the_file(path: str, healthy: WarmMock, tmp_path: Path) -> None:
    words = ("-f", path, *_LOCUST[2:], "--scenario=burst", f"--target={healthy.description}")
    done = outbound_load_anew(*words, module="locust", folder=tmp_path)
    assert done.code == 0, done.err
    assert "verdict: held" in done.out
    assert "Traceback" not in done.err


def _worker(port: int, target: Path, *words: str) -> Outcome:
    return outbound_load("--worker", f"--master-port={port}", f"--target={target}", *words)


def test_a_master_conducts_workers_that_were_started_elsewhere(healthy: WarmMock, tmp_path: Path) -> None:
    port = free_port()
    other = tmp_path / "other.toml"
    other.write_text(re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:1", healthy.description.read_text("utf-8")), "utf-8")
    with ThreadPoolExecutor(2) as pool:
        workers = [pool.submit(_worker, port, target) for target in (healthy.description, other)]
        words = ("burst", f"--target={healthy.description}", "--master", f"--master-port={port}", "--expect-workers=2")
        done = outbound_load(*words, folder=tmp_path)
        assert done.code == 0, done.out + done.err
        assert done.report["notes"]["generator"].startswith("2 process")
        assert [worker.result().code for worker in workers] == [0, 0]
        told = ", as the master says, and not to http://127.0.0.1:1\n"
        assert [told in worker.result().err for worker in workers] == [False, True]


def test_a_worker_with_other_keys_cannot_do_its_share(healthy: WarmMock, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text(healthy.description.read_text("utf-8").replace("spare = [", "# spare = ["), "utf-8")
    port = free_port()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(_worker, port, other)
        words = ("burst", f"--target={healthy.description}", "--master", f"--master-port={port}")
        done = outbound_load(*words, folder=tmp_path)
        assert done.code == 3
        assert "differ from the master's" in done.report["reason"]


_LATE = """
import gevent
from locust import events


@events.init.add_listener
def _(**_):
    gevent.sleep(1.5)


from loadtests.locustfile import *
"""


@pytest.mark.parametrize(("spare", "code"), [("spare = [", 0), ("# spare = [", 3)])
def test_a_worker_that_the_master_starts_before_it_is_set_up_does_its_share_with_its_own_options(
    spare: str, code: int, healthy: WarmMock, tmp_path: Path
) -> None:
    (tmp_path / "late.py").write_text(_LATE, "utf-8")
    own = tmp_path / "own.toml"
    own.write_text(healthy.description.read_text("utf-8").replace("spare = [", spare), "utf-8")
    port = free_port()
    worker = ("-f", str(tmp_path / "late.py"), "--worker", f"--master-port={port}", f"--target={own}")
    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(locust, "locust.main", *worker)
        words = ("burst", f"--target={healthy.description}", "--master", f"--master-port={port}")
        done = outbound_load(*words, folder=tmp_path)
        assert done.code == code, done.out + late.result().err
        assert "Traceback" not in late.result().err


def test_a_worker_that_comes_during_a_run_waits_for_the_next_one(healthy: WarmMock, tmp_path: Path) -> None:
    """Locust would share the users out anew, and end those that are at work."""
    port = free_port()
    words = ("crowd", f"--target={healthy.description}", "--minutes=0.1", "--master", f"--master-port={port}")
    with ThreadPoolExecutor(2) as pool:
        workers = [pool.submit(_worker, port, healthy.description)]
        with outbound_load_begun(*words, folder=tmp_path) as master:
            master.error("crowd: ")
            workers.append(pool.submit(_worker, port, healthy.description))
            done = master.ended()
        assert "generator: 1 process" in done.stdout
        assert (done.returncode, [worker.result().code for worker in workers]) == (0, [0, 0]), done.stdout


_LATE_WORKER = """
from types import SimpleNamespace
from unittest.mock import MagicMock

from locust.runners import STATE_INIT, MasterRunner, WorkerNode, WorkerNodes

from loadtests.locustfile import KeyHolder
from loadtests.runner.master import Master

runner = MagicMock(spec=MasterRunner, clients=WorkerNodes(), state=STATE_INIT)
environment = SimpleNamespace(runner=runner, events=MagicMock(), host=None, process_exit_code=None)
master = Master(environment, None)
master._coordinator = SimpleNamespace(setup=SimpleNamespace(keys=range(5)))
runner.clients["b"] = WorkerNode("b")
users = master.users()
dispatcher = environment.dispatcher_class([runner.clients["b"]], [KeyHolder])
dispatcher.new_dispatch(users, users)
runner.clients["a"] = WorkerNode("a")
dispatcher.add_worker(runner.clients["a"])
print(users, list(dispatcher), master.members())
"""


def test_a_worker_that_comes_while_a_run_begins_waits_for_the_next_one() -> None:
    done = locust("-c", _LATE_WORKER)
    assert done.out == "5 [{'b': {'KeyHolder': 5}}] ['b']\n"


_OLDER_MASTER = """
from types import SimpleNamespace
from unittest.mock import MagicMock

from loadtests.runner import worker

worker.own_options = MagicMock()
environment = MagicMock()
worker.Worker(environment)
take = environment.runner.register_message.call_args_list[0].args[1]
for older in ({}, {"version": "0.0.1"}):
    take(SimpleNamespace(data={"share": 0, "of": 1, "fingerprint": "same", **older}))
for call in environment.runner.send_message.call_args_list:
    print(call.args[1]["trouble"])
"""


def test_a_worker_of_another_version_than_its_master_cannot_do_its_share() -> None:
    done = locust("-c", _OLDER_MASTER)
    told = f"a worker cannot do its share: it is of version {version('outbound-conformance')}, and the master of "
    assert done.out.splitlines() == [f"{told}an older one", f"{told}0.0.1"]


_LAST_MESSAGE = """
import sys
from unittest.mock import MagicMock

from locust.rpc import zmqrpc
from locust.rpc.protocol import Message

from loadtests.runner import worker

worker.own_options = MagicMock()
environment = MagicMock()
environment.runner.client = client = zmqrpc.Client("127.0.0.1", int(sys.argv[1]), "worker")
worker.Worker(environment)
client.send(Message("quit", None, "worker"))
client.close()
client.socket.context.term()
"""


def test_a_worker_whose_master_has_died_does_not_wait_for_it_for_ever() -> None:
    assert locust("-c", _LAST_MESSAGE, str(free_port())).code == 0


_SOON = 30.0
"""Seconds in which Locust itself does not notice that a master has died."""

_IMPATIENT = """
from locust import runners
from loadtests.runner import worker

runners.MASTER_HEARTBEAT_TIMEOUT = worker.MASTER_HEARTBEAT_TIMEOUT = 3

from loadtests.locustfile import *
"""


def _killed_master(*words: str) -> CompletedProcess[str]:
    """A master that is killed while its run is under way. Its output is open for as long as a process that it forked lives."""
    with locust_begun(_LAUNCH, *_LOCUST, "--scenario=steady", "--real-time", "--rested", *words) as master:
        while not (line := master.err.readline()).startswith("steady: "):
            assert line
        os.kill(master.pid, signal.SIGKILL)
        return master.ended(_SOON)


def test_forked_workers_end_soon_after_a_parent_that_was_killed(healthy: WarmMock) -> None:
    port = free_port()
    own = (f"--master-bind-port={port}", f"--master-port={port}")
    killed = _killed_master(f"--target={healthy.description}", "--processes=2", *own)
    assert "Traceback" not in killed.stderr


def test_a_worker_whose_master_was_killed_has_not_done_its_work(healthy: WarmMock, tmp_path: Path) -> None:
    (tmp_path / "impatient.py").write_text(_IMPATIENT, "utf-8")
    port = free_port()
    words = ("-f", str(tmp_path / "impatient.py"), "--worker", f"--master-port={port}")
    with ThreadPoolExecutor(1) as pool:
        worker = pool.submit(locust, _LAUNCH, *words, f"--target={healthy.description}")
        _killed_master(f"--target={healthy.description}", "--master", f"--master-bind-port={port}")
        assert worker.result().code == 3
        assert "Didn't get heartbeat from master" in worker.result().err
