"""Certificates for the trials over TLS, made with `openssl`, under an authority of the grade's own."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_WITHIN = 60.0
_DAYS = 2
_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
_AUTHORITY = """
[req]
distinguished_name = name
prompt = no
[name]
CN = Authority of outbound-mock grade
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
"""
_SERVER = """
subjectAltName = {names}
basicConstraints = CA:FALSE
keyUsage = digitalSignature
extendedKeyUsage = serverAuth
authorityKeyIdentifier = keyid
subjectKeyIdentifier = hash
"""
_HERE = "DNS:localhost,IP:127.0.0.1"


class NoCertificates(Exception):
    """Certificates cannot be made; the message says why, in one line."""


@dataclass(frozen=True)
class Certificate:
    """A server's certificate and its key, as files."""

    certificate: Path
    key: Path


@dataclass(frozen=True)
class Certificates:
    """The certificates of a grade, by the names of the runs that they are for, and the authority that clients are told of."""

    authority: Path
    servers: Mapping[str, Certificate]

    def trusted(self) -> Mapping[str, str]:
        """The environment in which ordinary clients trust the authority."""
        return dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"), str(self.authority))


def make(folder: Path) -> Certificates:
    """Make all certificates in a folder. Raises NoCertificates."""
    if shutil.which("openssl") is None:
        raise NoCertificates("openssl is not installed")
    authority, other = _authority(folder, "authority"), _authority(folder, "other-authority")
    return Certificates(
        authority.certificate,
        {
            "well-certified": _server(folder, "well-certified", authority, _HERE, _DAYS),
            "wrong-host": _server(folder, "wrong-host", authority, "DNS:elsewhere.example", _DAYS),
            "expired-certificate": _server(folder, "expired-certificate", authority, _HERE, -1),
            "unknown-authority": _server(folder, "unknown-authority", other, _HERE, _DAYS),
        },
    )


def _authority(folder: Path, name: str) -> Certificate:
    made = Certificate(folder / f"{name}.pem", folder / f"{name}.key")
    settings = folder / f"{name}.cnf"
    settings.write_text(_AUTHORITY, "utf-8")
    _openssl(
        *("req", "-x509", *_NEW_KEY, "-keyout", str(made.key), "-out", str(made.certificate)),
        *("-days", str(_DAYS), "-config", str(settings), "-extensions", "authority"),
    )
    return made


def _server(folder: Path, name: str, authority: Certificate, names: str, days: int) -> Certificate:
    made = Certificate(folder / f"{name}.pem", folder / f"{name}.key")
    request, extensions = folder / f"{name}.csr", folder / f"{name}.ext"
    extensions.write_text(_SERVER.format(names=names), "utf-8")
    _openssl("req", *_NEW_KEY, "-keyout", str(made.key), "-out", str(request), "-subj", "/CN=outbound-mock")
    _openssl(
        *("x509", "-req", "-in", str(request), "-CA", str(authority.certificate), "-CAkey", str(authority.key)),
        *("-CAcreateserial", "-days", str(days), "-extfile", str(extensions), "-out", str(made.certificate)),
    )
    return made


def _openssl(*arguments: str) -> None:
    command = ["openssl", *arguments]
    try:
        subprocess.run(command, capture_output=True, timeout=_WITHIN, check=True, stdin=subprocess.DEVNULL)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise NoCertificates(f"openssl {arguments[0]} took more than {_WITHIN:.0f} s") from None
    except (OSError, subprocess.CalledProcessError) as error:
        raise NoCertificates(f"openssl {arguments[0]} failed: {str(error)[:200]}") from None
