"""Certificates that only a test trusts."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path


def certificate_of(name: str, folder: Path) -> Path:
    """A self-signed certificate of a host name, in a file; its key is beside it, as `.key`."""
    file = folder / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}"]
    command += ["-addext", f"subjectAltName=DNS:{name}", "-keyout", str(file.with_suffix(".key")), "-out", str(file)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return file


def server_context(certificate: Path) -> ssl.SSLContext:
    """The TLS context of a server that presents it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    return context
