"""Forks runs of Locust off a process that has loaded it: `python -m tests.support.locust_server SOCKET`.

It forks a run for each connection, until its standard input ends. A request is a line of JSON with the words, the folder and
the environment, and carries the descriptors of the run's standard output and error. The first word is a module with a `main`, or
`-c` and the second one is code. The answers are the run's process id, and later its exit code as `subprocess.Popen` has it, a
line each. A run performs the mock's commands without a process.

Locust has gevent replace what blocks. This process waits without gevent, so that nothing of gevent's is under way at a fork.
"""

from __future__ import annotations

import _socket
import array
import gc
import importlib
import inspect
import json
import os
import sys
from contextlib import suppress

import gevent
from gevent.monkey import get_original

from loadtests.report.html import page
from loadtests.scenarios import scenarios
from spec import commands

LONGEST_REQUEST = 1_000_000
# Locust's command line, what our locustfile imports, and what a run imports late.
_LOADED = (
    "locust.main",
    "loadtests.options",
    "loadtests.runner.master",
    "loadtests.runner.worker",
    "conformance.target.preflight",
    "gevent.resolver.thread",
)
# It is imported late as well: it imports what gevent replaces.
_MOCK_COMMANDS = "tests.support.mock_commands"
_WAITING = 16


def run_or_serve(address: str) -> None:
    """Serve, and return in each fork that is to be a run, with its arguments, environment and output in place."""
    for name in _LOADED:
        importlib.import_module(name)
    page()
    scenarios()
    inspect.stack()  # which Locust does at the end of a run: it has to find the source of all modules, once
    commands.run = importlib.import_module(_MOCK_COMMANDS).run_here
    fork, waitpid, select = (get_original(*name) for name in (("os", "fork"), ("os", "waitpid"), ("select", "select")))
    listener = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    listener.bind(address)
    listener.listen(_WAITING)
    gc.collect()
    gc.freeze()
    os.write(1, b"ready\n")
    while 0 not in select([0, listener], [], [])[0]:
        connection = _socket.socket(fileno=listener._accept()[0])  # type: ignore[attr-defined]  # typeshed lacks it
        if fork():
            connection.close()
            with suppress(ChildProcessError):
                while waitpid(-1, os.WNOHANG)[0]:
                    pass
            continue
        listener.close()
        run = gevent.fork()
        if not run:
            _begin(connection)
            return
        connection.sendall(b"%d\n" % run)
        connection.sendall(b"%d\n" % os.waitstatus_to_exitcode(waitpid(run, 0)[1]))
        os._exit(0)
    os._exit(0)


def _begin(connection: _socket.socket) -> None:
    """Make this process what a request asks for."""
    request, descriptors = b"", array.array("i")
    while not request.endswith(b"\n"):
        part, carried, _, _ = connection.recvmsg(LONGEST_REQUEST, _socket.CMSG_SPACE(2 * descriptors.itemsize))
        request += part
        for _, _, content in carried:
            descriptors.frombytes(content)
    connection.close()
    wanted = json.loads(request)
    os.setsid()
    os.chdir(wanted["folder"])
    os.environ.clear()
    os.environ.update(wanted["environment"])
    sys.argv = wanted["words"]
    for own, descriptor in enumerate((os.open(os.devnull, os.O_RDONLY), *descriptors)):
        os.dup2(descriptor, own)
        os.close(descriptor)


if __name__ == "__main__":
    run_or_serve(sys.argv[1])
    if sys.argv[0] == "-c":
        exec(sys.argv.pop(1))
    else:
        importlib.import_module(sys.argv[0]).main()
