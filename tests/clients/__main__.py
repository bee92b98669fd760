"""Run one of the clients: `python -m tests.clients NAME`. A name that there is not: one line, exit code 2."""

from __future__ import annotations

import os
import sys

from tests.clients import right, wrong, wrong_in_trouble
from tests.clients.catalogue import Client, named

CLIENTS: dict[str, Client] = {**right.CLIENTS, **wrong.CLIENTS, **wrong_in_trouble.CLIENTS}

if __name__ == "__main__":
    named(CLIENTS, sys.argv[1:2])(os.environ)
