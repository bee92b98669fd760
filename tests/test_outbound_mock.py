"""The fixture `outbound_mock`, as a project uses it that tests a client of its own: in a pytest of its own, in another folder."""

from __future__ import annotations

import http.client

import pytest

from tests.support.client_suites import ACME, RECEIVER, Run
from tests.support.project import ROOT

pytest_plugins = ["pytester"]

DOCUMENTATION = ROOT / "docs" / "test-suites.md"


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    for name in ("PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER", "PYTEST_PLUGINS"):
        monkeypatch.delenv(name, raising=False)
    return Run(pytester)


def test_a_test_gets_a_mock_a_key_and_an_organization(run: Run) -> None:
    result = run("""
def test_me(outbound_mock):
    assert get(outbound_mock, "/api/v1/me").status == 200
    (request,) = outbound_mock.requests(operation="getMe")
    assert request["status"] == 200
    assert outbound_mock.organization_id in str(outbound_mock.control("GET", "/_mock/organizations"))
""")
    result.assert_outcomes(passed=1)


def test_each_test_has_a_world_of_its_own_in_one_mock(run: Run) -> None:
    result = run("""
seen = []


@pytest.mark.parametrize("number", [1, 2])
def test_world(outbound_mock, outbound_mock_address, number):
    seen.append((outbound_mock_address, outbound_mock.key))
    get(outbound_mock, "/api/v1/me")
    assert len(outbound_mock.requests()) == 1


def test_both():
    (address, key), (other_address, other_key) = seen
    assert address == other_address
    assert key != other_key
""")
    result.assert_outcomes(passed=3)


def test_time_faults_and_hardships_are_in_the_test_s_hands(run: Run) -> None:
    result = run("""
@pytest.mark.outbound_mock(grade=False)
def test_all(outbound_mock):
    while (refused := get(outbound_mock, "/api/v1/me")).status == 200:
        pass
    outbound_mock.advance(float(refused.headers["retry-after"]))
    assert get(outbound_mock, "/api/v1/me").status == 200
    outbound_mock.advance(60)
    switch = outbound_mock.hardship("server-errors", probability=1, when={"operation": "getMe"})
    assert get(outbound_mock, "/api/v1/me").status >= 500
    outbound_mock.switch_off(switch)
    outbound_mock.fault("default-of-49", operation="listContacts", requests=1)
    get(outbound_mock, "/api/v1/contacts")
    assert outbound_mock.requests(operation="listContacts")[0]["switches"] == ["default-of-49"]
""")
    result.assert_outcomes(passed=1)


def test_events_are_delivered(run: Run) -> None:
    result = run("""
import http.server
import threading


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *args):
        pass


def test_event(outbound_mock):
    server = http.server.HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    assert outbound_mock.webhook(f"http://127.0.0.1:{server.server_port}/hook").startswith("whsec_")
    event = outbound_mock.emit("contact.qualified")
    (delivery,) = outbound_mock.assert_delivered("contact.qualified", times=1)
    assert delivery["eventId"] == event["id"]
    with pytest.raises(AssertionError, match="was delivered once, expected 0 times"):
        outbound_mock.assert_delivered("contact.qualified", times=0)
    server.shutdown()
""")
    result.assert_outcomes(passed=1)


def test_a_failed_assertion_shows_what_was_requested(run: Run) -> None:
    result = run("""
def test_contacts(outbound_mock):
    get(outbound_mock, "/api/v1/me")
    get(outbound_mock, "/api/v1/contacts?limit=50")
    outbound_mock.assert_requested("GET", "/api/v1/contacts")
    outbound_mock.assert_requested("GET", "/api/v1/contacts?limit=50", times=1)
    outbound_mock.assert_requested("GET", "/api/v1/lists", times=0)
    outbound_mock.assert_requested("GET", "/api/v1/contacts", times=2)
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*GET /api/v1/contacts was requested once, expected 2 times.",
            "*The mock saw:",
            "*    1  GET /api/v1/me → 200",
            "*>   2  GET /api/v1/contacts?limit=50 → 200",
        ]
    )


class TestGrade:
    WRONG = """
{marker}
def test_wrong(outbound_mock):
    get(outbound_mock, "/api/v1/me")
    get(outbound_mock, "/api/v1/contacts?limit=500")
"""

    def test_a_broken_must_fails_the_test_with_the_requests_that_show_it(self, run: Run) -> None:
        result = run(self.WRONG.format(marker=""))
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(
            ["*WALK-5  *", "*request 2 (GET /api/v1/contacts?limit=500)*", ">   2  GET *→ 400*"]
        )
        result.stdout.no_fnmatch_line("*outbound_mock/*.py*")

    def test_a_marker_turns_it_off(self, run: Run) -> None:
        result = run(self.WRONG.format(marker="@pytest.mark.outbound_mock(grade=False)"))
        result.assert_outcomes(passed=1)

    def test_a_marker_of_a_module_can_be_overruled(self, run: Run) -> None:
        module = "\npytestmark = pytest.mark.outbound_mock(grade=False)\n"
        result = run(module + self.WRONG.format(marker="@pytest.mark.outbound_mock(grade=True)"))
        result.assert_outcomes(failed=1)

    def test_a_test_that_fails_tells_its_own_reason(self, run: Run) -> None:
        result = run(self.WRONG.format(marker="") + "    raise ValueError('its own')\n")
        result.stdout.fnmatch_lines(["*ValueError: its own*"])
        result.stdout.no_fnmatch_line("*WALK-5*")

    def test_no_key_is_shown(self, run: Run) -> None:
        result = run("""
def test_leak(outbound_mock):
    print("the key ends with", outbound_mock.key[-12:])
    get(outbound_mock, f"/api/v1/me?token={outbound_mock.key}")
""")
        result.assert_outcomes(failed=1)
        told = result.stdout.str()
        ending = told.partition("the key ends with ")[2][:12]
        assert "KEY-1" in told
        assert told.count(ending) == 1


def assert_no_traceback(result: pytest.RunResult) -> None:
    for words in ("Traceback", "During handling", "direct cause", "outbound_mock.py:", "http.client"):
        result.stdout.no_fnmatch_line(f"*{words}*")


class TestOptions:
    ORGANIZATIONS = """
def test_three(outbound_mock):
    assert len(outbound_mock.control("GET", "/_mock/organizations")["data"]) == 3
"""

    def test_they_come_from_the_command_line(self, run: Run) -> None:
        run(self.ORGANIZATIONS, "--outbound-mock-options=--organizations 3").assert_outcomes(passed=1)

    def test_they_come_from_the_ini_file(self, run: Run) -> None:
        run.pytester.makeini("[pytest]\noutbound_mock_options = --organizations 3\n")
        run(self.ORGANIZATIONS).assert_outcomes(passed=1)

    def test_a_marker_has_those_of_the_world(self, run: Run) -> None:
        run("""
@pytest.mark.outbound_mock(contacts=3, organizations=1)
def test_world(outbound_mock):
    (only,) = outbound_mock.control("GET", "/_mock/organizations")["data"]
    assert only["id"] == outbound_mock.organization_id
""").assert_outcomes(passed=1)

    @pytest.mark.parametrize("options", ["--nonsense", "--contacts many", "'"])
    def test_wrong_ones_are_told_in_one_line(self, run: Run, options: str) -> None:
        result = run("\ndef test_any(outbound_mock):\n    pass\n", f"--outbound-mock-options={options}")
        result.assert_outcomes(errors=1)
        result.stdout.fnmatch_lines(["outbound_mock cannot be started: *"])
        assert_no_traceback(result)

    def test_tls_is_refused_with_the_remedy(self, run: Run) -> None:
        result = run("\ndef test_any(outbound_mock):\n    pass\n", "--outbound-mock-options=--tls authority.pem")
        result.assert_outcomes(errors=1)
        result.stdout.fnmatch_lines(["outbound_mock cannot be started: the fixture speaks http; leave out --tls*"])

    def test_a_marker_without_names_is_told(self, run: Run) -> None:
        result = run("\n@pytest.mark.outbound_mock(3)\ndef test_any(outbound_mock):\n    pass\n")
        result.assert_outcomes(errors=1)
        result.stdout.fnmatch_lines(["the marker outbound_mock takes named arguments alone, such as contacts=3"])

    def test_a_wrong_one_of_a_world_is_told_in_one_line(self, run: Run) -> None:
        result = run("\n@pytest.mark.outbound_mock(colour=1)\ndef test_any(outbound_mock):\n    pass\n")
        result.assert_outcomes(errors=1)
        result.stdout.fnmatch_lines(["outbound_mock: POST /_mock/worlds: *colour*"])
        assert_no_traceback(result)

    @pytest.mark.parametrize("grade", ["'no'", "0", "None"])
    def test_a_grade_that_is_neither_true_nor_false_is_told(self, run: Run, grade: str) -> None:
        result = run(f"\n@pytest.mark.outbound_mock(grade={grade})\ndef test_any(outbound_mock):\n    pass\n")
        result.assert_outcomes(errors=1)
        result.stdout.fnmatch_lines([f"the marker outbound_mock: grade is True or False, not {grade}"])

    def test_a_wrong_call_in_a_test_shows_that_line_and_none_of_the_fixture(self, run: Run) -> None:
        result = run("\ndef test_any(outbound_mock):\n    outbound_mock.fault('nonsense')\n")
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(["*outbound_mock.fault('nonsense')", "E *OutboundMockError: POST *nonsense*"])
        result.stdout.no_fnmatch_line("*_call(*")


def test_packages_of_the_same_names_and_variables_of_the_mock_do_no_harm(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("spec", "mockserver", "conformance", "connexion"):
        run.pytester.mkpydir(name).joinpath("mine.py").write_text("MINE = True\n", "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(run.pytester.path))
    monkeypatch.setenv("OUTBOUND_MOCK_CONTACTS", "many")
    run.anew("""
import mockserver.mine
import spec.mine


def test_me(outbound_mock):
    assert get(outbound_mock, "/api/v1/me").status == 200
    assert spec.mine.MINE and mockserver.mine.MINE
""").assert_outcomes(passed=1)


def test_nothing_is_started_for_tests_that_do_not_use_it(run: Run) -> None:
    result = run("\ndef test_any():\n    pass\n", "--outbound-mock-options=--nonsense")
    result.assert_outcomes(passed=1)


def test_each_worker_has_a_mock_of_its_own(run: Run) -> None:
    result = run.anew(
        """
@pytest.mark.parametrize("number", range(4))
def test_world(outbound_mock, number):
    get(outbound_mock, "/api/v1/me")
    outbound_mock.assert_requested("GET", "/api/v1/me", times=1)
""",
        "-n2",
    )
    result.assert_outcomes(passed=4)


def test_the_example_of_the_documentation_works(run: Run) -> None:
    example = DOCUMENTATION.read_text("utf-8").partition("```python\n")[2].partition("```")[0]
    run.pytester.makepyfile(acme=ACME)
    run.pytester.makeconftest(RECEIVER)
    run(example).assert_outcomes(passed=4)


def test_its_process_ends_with_the_session(run: Run) -> None:
    result = run.anew(
        """
def test_address(outbound_mock_address):
    print("at", outbound_mock_address, "end")
""",
        "-s",
    )
    address = result.stdout.str().partition("at http://")[2].partition(" end")[0]
    with pytest.raises(ConnectionRefusedError):
        http.client.HTTPConnection(address, timeout=5).request("GET", "/")
