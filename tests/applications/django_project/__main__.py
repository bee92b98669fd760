"""Serves the application: `python -m tests.applications.django_project PORT`. Its database is a file in a folder of its own."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from pathlib import Path

import django
from django.core.management import call_command
from django.core.servers.basehttp import run
from django.core.wsgi import get_wsgi_application


def main(port: int) -> None:
    """Fill a new database, and serve it on that port of 127.0.0.1 until the process is ended."""
    signal.signal(signal.SIGTERM, _leave)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["APPLICATION_DATABASE"] = str(Path(folder) / "application.sqlite3")
        os.environ["DJANGO_SETTINGS_MODULE"] = "tests.applications.django_project.settings"
        django.setup()
        call_command("migrate", run_syncdb=True, verbosity=0)
        from tests.applications.django_project import fill

        fill.everything()
        run("127.0.0.1", port, get_wsgi_application(), threading=True)


def _leave(_number: int, _frame: object) -> None:
    sys.exit()


if __name__ == "__main__":
    main(int(sys.argv[1]))
