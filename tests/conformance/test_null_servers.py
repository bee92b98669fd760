"""A server that gives every request the same answer passes no check, and the exit code says why."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.gate import GateRun, run_gate
from tests.support.null_servers import NULL_SERVERS, serving

NOT_JUDGED, USAGE, BROKEN = 3, 4, 1
EXIT_CODES = {
    "not_found_to_everything": NOT_JUDGED,
    "unauthorized_to_everything": USAGE,
    "forbidden_to_everything": NOT_JUDGED,
    "too_many_requests_to_everything": NOT_JUDGED,
    "server_error_to_everything": NOT_JUDGED,
    "empty_object_to_everything": BROKEN,
    "empty_page_to_everything": BROKEN,
    "empty_array_to_everything": BROKEN,
    "created_to_everything": BROKEN,
    "no_content_to_everything": BROKEN,
    "redirect_to_everything": NOT_JUDGED,
    "hang_up_on_everything": NOT_JUDGED,
}
DESCRIPTION = """
[organizations.primary]
api_keys = ["obk_live_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1", "obk_live_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa2"]
[organizations.secondary]
api_keys = ["obk_live_bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb1"]
[keys]
no_scope = "obk_live_ccccccccccccccccccccccccccccccc1"
revoked = "obk_live_ccccccccccccccccccccccccccccccc2"
expired = "obk_live_ccccccccccccccccccccccccccccccc3"
spare = ["obk_live_ddddddddddddddddddddddddddddddd1", "obk_live_ddddddddddddddddddddddddddddddd2",
         "obk_live_ddddddddddddddddddddddddddddddd3", "obk_live_ddddddddddddddddddddddddddddddd4"]
[keys.single_scope]
"contacts.read" = "obk_live_ccccccccccccccccccccccccccccccc4"
"lists.read" = "obk_live_ccccccccccccccccccccccccccccccc5"
"drafts.read" = "obk_live_ccccccccccccccccccccccccccccccc6"
"events.read" = "obk_live_ccccccccccccccccccccccccccccccc7"
[hooks]
advance_clock = "true {seconds}"
add_contact = "true"
[webhooks]
register = "echo a-signing-secret {url}"
register_secondary = "echo another-signing-secret {url}"
trigger = "true"
trigger_secondary = "true"
"""


@pytest.fixture
def description(tmp_path: Path) -> Path:
    """A target description that offers everything, so that no check has an excuse."""
    path = tmp_path / "target.toml"
    path.write_text(DESCRIPTION, "utf-8")
    return path


@pytest.mark.parametrize("name", NULL_SERVERS)
def test_the_exit_code_says_what_it_was(name: str, description: Path) -> None:
    with serving(NULL_SERVERS[name]) as base_url:
        run = run_gate("--base-url", base_url, "--target", str(description), "--only", "AUTH,OP")
    assert run.exit_code == EXIT_CODES[name], run.output
    assert run.ids("passed") == set()
    assert "Traceback" not in run.output


def test_no_requirement_passes_even_when_every_check_is_run(description: Path) -> None:
    def judged(name: str) -> GateRun:
        with serving(NULL_SERVERS[name]) as base_url:
            return run_gate("--base-url", base_url, "--target", str(description), "--no-preflight", "--depth", "quick")

    # Each waits for deliveries that never come, so they wait at the same time.
    with ThreadPoolExecutor(len(NULL_SERVERS)) as pool:
        runs = dict(zip(NULL_SERVERS, pool.map(judged, NULL_SERVERS), strict=True))
    for name, run in runs.items():
        assert run.report["requirements"], f"{name}: {run.output}"
        assert run.ids("passed") == set(), name
        assert run.exit_code in (BROKEN, NOT_JUDGED), name
        assert "itself broke" not in run.output, f"{name}: {run.output}"
