"""The documentation page for authors of clients."""

from __future__ import annotations

import re

from mockserver.grading.cli import command
from spec.client_requirements import client_requirements
from tests.support.project import ROOT

PAGE = (ROOT / "docs" / "grading.md").read_text("utf-8")


def test_every_requirement_is_explained_and_no_other() -> None:
    rows = re.findall(r"^\| ([A-Z]+-R?[0-9]+) \|", PAGE, re.MULTILINE)
    assert rows == [requirement.id for requirement in client_requirements()]


def test_every_option_that_it_names_is_one() -> None:
    known = {name for parameter in command.params for name in parameter.opts}
    assert set(re.findall(r"(?<![\w-])--[a-z]+", PAGE)) <= known
