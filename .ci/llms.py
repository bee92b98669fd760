"""Makes `llms.txt`, the table of contents that language models read, from the Markdown: `python .ci/llms.py` prints it.

    python .ci/llms.py > llms.txt

Each page has a line: its title, where it is, and its first sentence. A page that the list below does not name ends the program.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
SECTIONS = {
    "Judge an implementation": ("gate", "first-run", "situations", "ci", "load-tests"),
    "Write a client": ("mock", "test-suites", "recipes", "hardships", "grading", "retry-libraries", "generators"),
    "Carry on this project": ("architecture", "speed", "licences"),
}
OF_THE_ROOT = ("CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")
CONTRACT = (
    ("The API as OpenAPI 3.1", "spec/openapi.json", "the nine operations, their schemas and the webhook"),
    ("The requirements of a server", "spec/requirements.toml", "each with its level, basis and reading"),
    ("The requirements of a client", "spec/client-requirements.toml", "each with its level and basis"),
)


def opening(path: Path) -> tuple[str, str]:
    """The title of a page, and the first sentence below it as plain text."""
    text = path.read_text("utf-8")
    title = re.search(r"^# (.+)$", text, re.MULTILINE)
    if title is None:
        sys.exit(f"llms.py: {path.name} has no title")
    paragraphs = re.sub(r"^```.*?^```$", "", text[title.end() :], flags=re.DOTALL | re.MULTILINE).split("\n\n")
    prose = next(block for block in paragraphs if block.strip() and block.strip()[0] not in "#`|<-")
    flat = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", " ".join(prose.split()))
    return title[1], re.split(r"(?<=[a-z)`*]\.) ", flat)[0]


def line(path: Path) -> str:
    """The line of a page."""
    title, said = opening(path)
    return f"- [{title}]({path.relative_to(ROOT)}): {said}"


def llms() -> str:
    """The whole file."""
    named = {name for names in SECTIONS.values() for name in names}
    there = {path.stem for path in (ROOT / "docs").glob("*.md")}
    if named != there:
        sys.exit(f"llms.py: SECTIONS and docs differ in {', '.join(sorted(named ^ there))}")
    title, said = opening(ROOT / "README.md")
    lines = [f"# {title}", "", f"> {said}", "", "## The contract", ""]
    lines += [f"- [{name}]({path}): {what}" for name, path, what in CONTRACT]
    for section, names in SECTIONS.items():
        lines += ["", f"## {section}", "", *(line(ROOT / "docs" / f"{name}.md") for name in names)]
    lines += ["", "## Optional", "", *(line(ROOT / name) for name in OF_THE_ROOT)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(llms())
