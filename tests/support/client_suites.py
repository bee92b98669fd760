"""Test suites of clients: their files, and how to run them in a pytest of their own."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import pytest

from tests.support.warm_suites import run_pytest

_WITHIN = 120.0

CLIENT = """
import http.client
from urllib.parse import urlsplit

import pytest


def get(mock, path, key=None):
    connection = http.client.HTTPConnection(urlsplit(mock.url).netloc, timeout=20)
    connection.request("GET", path, headers={"Authorization": f"Bearer {key or mock.key}"})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer
"""

ACME = """
import json
import urllib.error
import urllib.request


class Outbound:
    def __init__(self, url, key, sleep):
        self.url, self.key, self.sleep = url, key, sleep

    def me(self):
        return self.get("/api/v1/me")

    def contacts(self):
        page = self.get("/api/v1/contacts?limit=100")
        yield from page["data"]
        while page["nextCursor"]:
            page = self.get(f"/api/v1/contacts?limit=100&cursor={page['nextCursor']}")
            yield from page["data"]

    def get(self, target):
        request = urllib.request.Request(self.url + target, headers={"Authorization": f"Bearer {self.key}"})
        try:
            return json.load(urllib.request.urlopen(request))
        except urllib.error.HTTPError as error:
            self.sleep(float(error.headers["Retry-After"]))
            return self.get(target)
"""

RECEIVER = """
import http.server
import threading

import pytest


class Server(http.server.HTTPServer):
    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/hook"


class Accepting(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(204)
        self.end_headers()


@pytest.fixture
def receiver():
    with Server(("127.0.0.1", 0), Accepting) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()
"""


class Run:
    """Runs tests that use the fixture, as a project does that has the kit installed."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester

    def __call__(self, tests: str, *options: str) -> pytest.RunResult:
        """Run them in forks of a process that has loaded pytest and the mock."""
        return run_pytest(self.pytester.path, *self._words(tests, options), within=_WITHIN)

    def anew(self, tests: str, *options: str) -> pytest.RunResult:
        """Run them in an interpreter of their own, which starts the mock in another."""
        return self.pytester.run(sys.executable, "-m", "pytest", *self._words(tests, options), timeout=_WITHIN)

    def _words(self, tests: str, options: Sequence[str]) -> list[str]:
        self.pytester.makepyfile(test_client=CLIENT + tests)
        return ["-p", "no:cacheprovider", "-p", "no:schemathesis", *options]
