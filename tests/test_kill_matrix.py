"""A defect a family, subtle ones among them, is caught by the requirement that it breaks; what differs and is right passes.

`python -m tests.killmatrix` tries every fault and every variant; these are the ones that each change is tried on.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import spec
from mockserver.faults import all_faults
from mockserver.variants import all_variants
from tests.gate import run_gate

FAULTS = (
    "keys-by-beginning",
    "contacts-scope-reads-lists",
    "single-contact-stale",
    "refused-delete-deletes",
    "cursor-skips-ties",
    "default-of-49",
    "filter-lost-on-page-two",
    "first-event-type-only",
    "status-as-string",
    "invalid-key-repeated",
    "foreign-drafts-shown",
    "cache-by-url",
    "fifty-nine-a-minute",
    "signed-anew",
)
VARIANTS = ("oldest-first", "limits-clamped", "last-cursor-absent", "writes-not-implemented", "gzip-answers")


def families(requirement: str) -> str:
    """The families that a fault of what a request is answered can touch; pace and deliveries only where it is about them."""
    slow = {"RATE", "HOOK"} - {requirement.partition("-")[0]}
    return ",".join(dict.fromkeys(row.family for row in spec.requirements() if row.family not in slow))


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_caught_by_the_requirement_that_it_breaks(name: str, tmp_path: Path) -> None:
    aimed, *_ = all_faults()[name].breaks
    run = run_gate(tmp_path, "--mock-options", f"--fault {name}", "--only", families(aimed))
    assert aimed in run.ids("failed"), run.output
    assert run.exit_code == bool(run.broken_musts()), run.output


@pytest.mark.parametrize("name", VARIANTS)
def test_a_legal_variation_passes(name: str, tmp_path: Path) -> None:
    run = run_gate(tmp_path, "--mock-options", f"--variant {name}")
    assert run.exit_code == 0, run.output
    assert run.ids("failed") <= set(all_variants()[name].bends), run.output
