"""The environment and other plugins of a run: either they work, or one line names what cannot be used."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

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


def test_the_installed_package_is_run_by_its_name_from_anywhere(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pytest", "--pyargs", "conformance", "-p", "no:cacheprovider", "-q"]
    environment = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
    done = subprocess.run(
        [*command, "--base-url", "http://127.0.0.1:9", "--api-key", KEY],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 3, done.stdout + done.stderr
    assert "connection refused by http://127.0.0.1:9" in done.stdout


def test_from_another_folder_checks_are_named_by_their_files_and_nothing_warns(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "conformance", "--only", "AUTH-1", "--depth", "quick", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\ntest_authentication.py ." in done.stdout
    assert "warning" not in done.stdout
