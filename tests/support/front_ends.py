"""Real reverse proxies (nginx, Apache, HAProxy) in front of an API: ordinary configurations, everything in one folder."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.free_ports import free_port

_STARTING, _STOPPING = 60.0, 10.0
_SYSTEM = "/usr/sbin:/usr/local/sbin:/usr/bin"
"""Folders in which distributions keep servers; an ordinary user's PATH may not have them."""

_NGINX = """\
daemon off;
master_process off;
error_log {folder}/error.log;
pid {folder}/nginx.pid;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://{upstream};
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
        }}
    }}
}}
"""

_APACHE = """\
ServerRoot {folder}
ServerName 127.0.0.1
Listen 127.0.0.1:{port}
DefaultRuntimeDir {folder}
PidFile {folder}/apache.pid
ErrorLog {folder}/error.log
Mutex sem
User nobody
Group nogroup
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so
LoadModule proxy_http_module /usr/lib/apache2/modules/mod_proxy_http.so
ProxyPreserveHost On
ProxyPass / http://{upstream}/
ProxyPassReverse / http://{upstream}/
"""

_HAPROXY = """\
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
    option forwardfor
frontend clients
    bind 127.0.0.1:{port}
    default_backend api
backend api
    server api {upstream}
"""


@dataclass(frozen=True)
class FrontEnd:
    """A reverse proxy: its program, its Debian package, its configuration, and how it is run in the foreground with one."""

    program: str
    package: str
    configuration: str
    arguments: Callable[[Path], list[str]]


FRONT_ENDS = {
    "nginx": FrontEnd(
        "nginx", "nginx-light", _NGINX, lambda file: ["-e", "stderr", "-p", str(file.parent), "-c", str(file)]
    ),
    "Apache": FrontEnd("apache2", "apache2", _APACHE, lambda file: ["-f", str(file), "-DFOREGROUND"]),
    "HAProxy": FrontEnd("haproxy", "haproxy", _HAPROXY, lambda file: ["-db", "-f", str(file)]),
}


@contextmanager
def behind(name: str, upstream: str, folder: Path) -> Iterator[str]:
    """Run a front end before `upstream` (HOST:PORT); yields its base URL. Skips the test if the program is not installed."""
    front_end = FRONT_ENDS[name]
    program = shutil.which(front_end.program) or shutil.which(front_end.program, path=_SYSTEM)
    if program is None:
        pytest.skip(f"{front_end.program} is not installed (Debian: {front_end.package})")
    port = free_port()
    file, log = folder / "front-end.conf", folder / "front-end.log"
    file.write_text(front_end.configuration.format(folder=folder, port=port, upstream=upstream), "utf-8")
    with log.open("wb") as output:
        process = subprocess.Popen([program, *front_end.arguments(file)], stdout=output, stderr=output)
    try:
        _wait_for(port, process, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        try:
            process.wait(_STOPPING)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _STARTING
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1.0).close()
        except OSError:
            running = process.poll() is None and time.monotonic() < until
            assert running, f"the front end does not come up: {log.read_text('utf-8', 'replace')}"
            time.sleep(0.02)
        else:
            return
