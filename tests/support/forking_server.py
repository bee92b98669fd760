"""A server with a child process: `python -m tests.support.forking_server PORT FILE` writes both process ids into the file."""

from __future__ import annotations

import os
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


if __name__ == "__main__":
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    with HTTPServer(("127.0.0.1", int(sys.argv[1])), _Handler) as server:
        Path(sys.argv[2]).write_text(f"{os.getpid()} {child.pid}", "utf-8")
        server.serve_forever()
