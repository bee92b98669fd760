"""The environment and other plugins of a run: either they work, or one line names what cannot be used."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.project import ROOT
from tests.support.warm_programs import outbound_conformance
from tests.support.warm_suites import run_pytest
from tests.support.watched_gate import finish, gate

KEY = "obk_live_0123456789abcdefghijABCDEFGHIJ01"
USAGE = 4
_THIEF = ("-p", "tests.support.option_thief")


@pytest.mark.parametrize(
    ("address", "environment", "says"),
    [
        (
            "http://staging.example",
            {"all_proxy": "socks5://10.0.0.1:1080"},
            "all_proxy: socks5:// proxies are not supported",
        ),
        ("https://staging.example", {"SSL_CERT_FILE": "/no/such.pem"}, "SSL_CERT_FILE=/no/such.pem: "),
        (f"http://{'a' * 64}.example", {}, "base_url: a part of the host name has more than 63 characters"),
    ],
)
def test_an_environment_that_cannot_be_used_is_named_in_a_line(
    address: str, environment: dict[str, str], says: str
) -> None:
    with gate("--base-url", address, "--api-key", KEY, **environment) as process:
        code, output = finish(process)
    assert code == USAGE, output
    assert says in output
    assert "Traceback" not in output
    assert len(output.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("options", "stolen", "says"),
    [
        (_THIEF, "--report", "another plugin has the option --report already: leave that plugin out with -p no:NAME"),
        ((*_THIEF, "--forked"), "--forked", "run it without --forked"),
        (("--dist", "load"), "--unused", "run it without -n, --dist and --tx"),
    ],
)
def test_a_plugin_that_does_not_go_with_the_gate_is_named_in_a_line(
    options: tuple[str, ...], stolen: str, says: str
) -> None:
    with gate(*options, STOLEN_OPTION=stolen) as process:
        code, output = finish(process)
    assert code == USAGE, output
    assert says in output
    assert "Traceback" not in output


def test_the_gate_has_its_address_without_pytest_base_url_too() -> None:
    options = ("-p", "no:base_url", "--base-url", "http://127.0.0.1:9", "--api-key", KEY)
    with gate(*options) as process:
        code, output = finish(process)
    assert code == 3, output
    assert "connection refused by http://127.0.0.1:9" in output


def _run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_the_installed_package_is_run_by_its_name_from_anywhere(tmp_path: Path) -> None:
    options = ("-p", "no:cacheprovider", "-q", "--base-url", "http://127.0.0.1:9", "--api-key", KEY)
    done = _run(tmp_path, "pytest", "--pyargs", "conformance", *options)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "connection refused by http://127.0.0.1:9" in done.stdout


def test_from_another_folder_checks_are_named_by_their_files_and_nothing_warns_or_is_left(tmp_path: Path) -> None:
    done = _run(tmp_path, "conformance", "--only", "TENANT-6", "--depth", "quick")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\ntest_shared_state.py ." in done.stdout
    assert "warning" not in done.stdout
    assert [*tmp_path.iterdir()] == []


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Another project: its tests have other names, need a plugin that is not there, and a conftest that cannot be loaded here."""
    (tmp_path / "pytest.ini").write_text("[pytest]\npython_files = *_spec.py\naddopts = --cov=api\n", "utf-8")
    (tmp_path / "conftest.py").write_text("raise RuntimeError('loaded')\n", "utf-8")
    (tmp_path / "reports").mkdir()
    return tmp_path


def test_in_another_project_its_settings_and_its_conftest_do_not_change_the_run(project: Path, mock: Path) -> None:
    asked = ("--target", str(mock), "--only", "SCOPE-3", "--report", "reports")
    done = outbound_conformance(*asked, folder=project, within=300.0)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (project / "reports" / "report.json").is_file()
    assert "configfile" not in done.stdout
    assert not (project / ".pytest_cache").exists()


def test_pytest_itself_loads_no_conftest_above_the_report(project: Path, mock: Path) -> None:
    command = (str(ROOT / "conformance"), "-p", "no:cacheprovider", "--rootdir", str(ROOT))
    asked = ("--target", str(mock), "--only", "SCOPE-3", "--report", "reports")
    done = run_pytest(project, *command, *asked, within=300.0)
    assert done.ret == 0, str(done.stdout) + str(done.stderr)


@pytest.mark.parametrize("setting", ["python_files = *_spec.py", "python_functions = spec_* should"])
def test_settings_by_which_pytest_sees_no_check_are_named_in_a_line(setting: str, tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text(f"[pytest]\n{setting}\n", "utf-8")
    done = run_pytest(tmp_path, "--pyargs", "conformance", "-p", "no:cacheprovider", within=300.0)
    name, errors = setting.partition(" ")[0], str(done.stderr)
    assert done.ret == USAGE, str(done.stdout) + errors
    assert f"the pytest setting {name} of {tmp_path / 'pytest.ini'} leaves out the gate's checks" in errors
    assert "Traceback" not in errors


def test_a_package_of_the_same_name_on_the_projects_path_is_not_taken_for_ours(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = .\naddopts = --import-mode=importlib\n", "utf-8")
    (tmp_path / "spec").mkdir()
    (tmp_path / "spec" / "__init__.py").touch()
    options = ("-c", str(tmp_path / "pytest.ini"), "--list", "--only", "AUTH-1")
    command = [sys.executable, "-P", "-m", "pytest", "--pyargs", "conformance", "-p", "no:cacheprovider", *options]
    environment = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
