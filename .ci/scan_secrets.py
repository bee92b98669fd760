"""Looks for secrets in the files that git knows, or in those named: `python .ci/scan_secrets.py [FILE]…`.

It ends with 1 if there is one. Keys and signing secrets of the kit's own form count, too, unless they are visibly made up or are
ones that the mock makes from seed 1.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
FORMS = {
    "an API key": r"\bobk_[a-z]+_[A-Za-z0-9]{20,}",
    "a signing secret": r"\bwhsec_[A-Za-z0-9+/=]{16,}",
    "a private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----",
    "a token of GitHub": r"\bgh[oprsu]_[A-Za-z0-9]{30,}|\bgithub_pat_\w{30,}",
    "a token of GitLab": r"\bglpat-[\w-]{20,}",
    "a token of PyPI": r"\bpypi-[\w-]{60,}",
    "a token of npm": r"\bnpm_[A-Za-z0-9]{36}\b",
    "a key of AWS": r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
    "a token of Slack": r"\bxox[abeoprs]-[\w-]{10,}",
    # Shorter ones stand in examples: redis://user:password@host.
    "a password in a URL": r"\b[a-z][a-z0-9+.-]*://[^\s/:@\"'{}<>$]+:[^\s/:@\"'{}<>$]{13,}@",
}
_FORM = re.compile("|".join(f"(?P<form{number}>{form})" for number, form in enumerate(FORMS.values())))
_MADE_UP = re.compile(r"0123456789|abcdefgh|(.)\1{7}", re.IGNORECASE)
_OF_THE_MOCK = {"obk_live_TQl6jS8PGr7vPQOCtDmHhw6SNQHxwwke", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}
_SHOWN = 12


def findings(text: str) -> Iterator[tuple[int, str, str]]:
    """The line, the kind and the beginning of each secret in a text."""
    for found in _FORM.finditer(text):
        secret = found[0]
        if _MADE_UP.search(secret) or secret in _OF_THE_MOCK:
            continue
        kind = list(FORMS)[int(str(found.lastgroup).removeprefix("form"))]
        yield text.count("\n", 0, found.start()) + 1, kind, f"{secret[:_SHOWN]}…"


def main(names: list[str]) -> int:
    """Look through the files; 1 if a secret is in one of them."""
    if not names:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607 - git of the PATH
        names = [name for name in listed.stdout.split("\0") if name]
    count = 0
    for name in names:
        path = ROOT / name
        text = path.read_text("utf-8", "replace") if path.is_file() else ""
        for line, kind, begins in findings(text):
            print(f"{name}:{line}: {kind}: {begins}")
            count += 1
    print(f"secrets: {count or 'none'} in {len(names)} files")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
