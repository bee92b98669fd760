"""The servers that are measured: the mock, and other tools to mock or write such an API. All serve the same page.

A peer is installed by npm or pip, at a pinned version, into a cache folder, and given the mock's own answers to serve.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from benchmarks.measuring import CannotMeasure
from spec import contract

OURS = "outbound-mock"
ME = contract().operations["getMe"].path
CONTACTS = contract().operations["listContacts"].path
PAGE = f"{CONTACTS}?limit={contract().page_size.default}"

SERVERS = Path(str(files("benchmarks"))) / "servers"
_INSTALLING = 600.0


@dataclass(frozen=True)
class Workshop:
    """Where peers are installed (`cache`), and where their configuration and answers are written (`folder`)."""

    cache: Path
    folder: Path

    @property
    def me(self) -> Path:
        """The answer of `/api/v1/me`."""
        return self.folder / "me.json"

    @property
    def page(self) -> Path:
        """The page of contacts."""
        return self.folder / "page.json"

    @property
    def document(self) -> Path:
        """The OpenAPI document, with these two answers as its examples."""
        return self.folder / "openapi.json"

    @property
    def modules(self) -> Path:
        """Where npm puts packages."""
        return self.cache / "npm" / "node_modules"

    @property
    def python(self) -> Path:
        """The interpreter of the environment that pip installs into."""
        return self.cache / "venv" / "bin" / "python"


@dataclass(frozen=True)
class Peer:
    """A server to measure. `command` gets the port; `installed` raises CannotMeasure if it cannot be installed."""

    name: str
    command: Callable[[Workshop, int], Sequence[str]]
    installed: Callable[[Workshop], None] = lambda _: None


def serve_answers(workshop: Workshop, me: bytes, page: bytes) -> None:
    """Write the answers that all peers serve."""
    workshop.me.write_bytes(me)
    workshop.page.write_bytes(page)
    document = json.loads(json.dumps(contract().document))
    for path, body in ((ME, me), (CONTACTS, page)):
        response = document["paths"][path]["get"]["responses"]["200"]
        response["content"]["application/json"] = {
            "schema": response["content"]["application/json"]["schema"],
            "example": json.loads(body),
        }
    workshop.document.write_text(json.dumps(document), "utf-8")


def npm_packages(workshop: Workshop) -> None:
    """Let npm install its peers, at the versions of the lock file. Raises CannotMeasure."""
    if shutil.which("npm") is None:
        raise CannotMeasure("there is no npm on this machine")
    folder = workshop.modules.parent
    folder.mkdir(parents=True, exist_ok=True)
    lock = SERVERS / "package-lock.json"
    done = folder / "installed.json"
    if done.exists() and done.read_bytes() == lock.read_bytes():
        return
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(SERVERS / name, folder / name)
    install(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], folder)
    shutil.copyfile(lock, done)


def _python_packages(workshop: Workshop) -> None:
    """Let pip install the packages of the hand-written servers. Raises CannotMeasure."""
    wanted = SERVERS / "requirements.txt"
    folder = workshop.python.parent.parent
    done = folder / "installed.txt"
    if done.exists() and done.read_bytes() == wanted.read_bytes():
        return
    venv.create(folder, clear=True, with_pip=True)
    install([str(workshop.python), "-m", "pip", "install", "-q", "-r", str(wanted)], folder)
    shutil.copyfile(wanted, done)


def install(command: Sequence[str], folder: Path) -> None:
    """Run npm or pip in a folder. Raises CannotMeasure with the end of its output."""
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=_INSTALLING)
    except (subprocess.SubprocessError, OSError) as error:
        said = " ".join((getattr(error, "stderr", "") or str(error)).split())[-200:]
        raise CannotMeasure(f"it cannot be installed: {said}") from error


def _with_java(workshop: Workshop) -> None:
    npm_packages(workshop)
    if shutil.which("java") is None:
        raise CannotMeasure("there is no java on this machine (apt install default-jre-headless)")


def _mock(_workshop: Workshop, port: int) -> Sequence[str]:
    return [sys.executable, str(SERVERS / "limited_mock.py"), "--port", str(port), "--quiet"]


def _prism(workshop: Workshop, port: int) -> Sequence[str]:
    tool = workshop.modules / ".bin" / "prism"
    options = ["--host", "127.0.0.1", "--cors", "false", "--verboseLevel", "silent"]
    return [str(tool), "mock", str(workshop.document), "--port", str(port), *options]


def _openapi_backend(workshop: Workshop, port: int) -> Sequence[str]:
    # Node looks for modules beside the script, so the script is copied there.
    server = workshop.modules.parent / "openapi_backend.js"
    shutil.copyfile(SERVERS / server.name, server)
    return ["node", str(server), str(workshop.folder), str(port)]


def _wiremock(workshop: Workshop, port: int) -> Sequence[str]:
    root = workshop.folder / "wiremock"
    for name in ("mappings", "__files"):
        (root / name).mkdir(parents=True, exist_ok=True)
    for path, answer in ((ME, workshop.me), (CONTACTS, workshop.page)):
        shutil.copyfile(answer, root / "__files" / answer.name)
        mapping = {
            "request": {"method": "GET", "urlPath": path},
            "response": {
                "status": 200,
                "bodyFileName": answer.name,
                "headers": {"Content-Type": "application/json"},
            },
        }
        (root / "mappings" / answer.name).write_text(json.dumps(mapping), "utf-8")
    (jar,) = (workshop.modules / "wiremock" / "build").glob("*.jar")
    options = ["--bind-address", "127.0.0.1", "--no-request-request_log", "--disable-banner", "--root-dir", str(root)]
    return ["java", "-jar", str(jar), "--port", str(port), *options]


def _mockoon(workshop: Workshop, port: int) -> Sequence[str]:
    routes = [_mockoon_route(ME, workshop.me), _mockoon_route(CONTACTS, workshop.page)]
    environment = {
        "uuid": "environment",
        "name": "The same page",
        "lastMigration": 33,
        "endpointPrefix": "",
        "latency": 0,
        "port": port,
        "hostname": "127.0.0.1",
        "folders": [],
        "routes": routes,
        "rootChildren": [{"type": "route", "uuid": route["uuid"]} for route in routes],
        "proxyMode": False,
        "proxyHost": "",
        "cors": False,
        "headers": [],
        "data": [],
        "callbacks": [],
    }
    written = workshop.folder / "mockoon.json"
    written.write_text(json.dumps(environment), "utf-8")
    tool = workshop.modules / ".bin" / "mockoon-cli"
    options = ["--repair", "--disable-log-to-file", "--disable-admin-api", "--hostname", "127.0.0.1"]
    return [str(tool), "start", "--data", str(written), "--port", str(port), *options]


def _mockoon_route(path: str, answer: Path) -> dict[str, Any]:
    response = {
        "uuid": f"answer of {path}",
        "body": answer.read_text("utf-8"),
        "latency": 0,
        "statusCode": 200,
        "headers": [{"key": "Content-Type", "value": "application/json"}],
        "bodyType": "INLINE",
        "rules": [],
        "rulesOperator": "OR",
        "disableTemplating": True,
        "fallbackTo404": False,
        "default": True,
        "callbacks": [],
    }
    return {
        "uuid": path,
        "type": "http",
        "method": "get",
        "endpoint": path.removeprefix("/"),
        "responses": [response],
        "responseMode": None,
    }


def _by_hand(module: str) -> Callable[[Workshop, int], Sequence[str]]:
    options = ["--host", "127.0.0.1", "--no-access-log", "--log-level", "critical", "--app-dir", str(SERVERS)]
    return lambda workshop, port: [
        *(str(workshop.python), "-m", "uvicorn", f"{module}:app", "--port", str(port)),
        *options,
    ]


PEERS = (
    Peer(OURS, _mock),
    Peer("openapi-backend", _openapi_backend, npm_packages),
    Peer("WireMock", _wiremock, _with_java),
    Peer("FastAPI", _by_hand("fastapi_server"), _python_packages),
    Peer("Starlette", _by_hand("starlette_server"), _python_packages),
    Peer("Prism", _prism, npm_packages),
    Peer("Mockoon", _mockoon, npm_packages),
)


def cache_folder() -> Path:
    """The default folder for installed peers: below XDG_CACHE_HOME, or ~/.cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "outbound-benchmark"
