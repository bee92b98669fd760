"""Certificates for a mock over TLS, made with `openssl` under a new authority: good ones, and ones that clients must refuse.

An authority's key is deleted after it has signed, so nothing else can be signed by it later.
"""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, get_args

Kind = Literal["good", "wrong-host", "expired", "unknown-authority"]
KINDS: Sequence[Kind] = get_args(Kind)
"""The kinds of a server's certificate, as a client that trusts the authority sees them."""

TRUSTED_BY = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
"""The environment variables that tell ordinary clients which file has the authorities to trust."""

_WITHIN = 60.0
_DAYS = 365
_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
_AUTHORITY = """
[req]
distinguished_name = name
prompt = no
[name]
CN = Authority of outbound-mock
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
_HERE = ("localhost", "127.0.0.1", "::1")


class NoCertificates(Exception):
    """Certificates cannot be made; the message says why, in one line."""


@dataclass(frozen=True)
class Certificate:
    """A server's certificate and its key, as files."""

    certificate: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        """A TLS context with the certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


@dataclass(frozen=True)
class Certificates:
    """Certificates of servers, by their kinds, and that of the authority which clients are told to trust."""

    authority: Path
    servers: Mapping[Kind, Certificate]

    def trusted(self) -> Mapping[str, str]:
        """The environment in which ordinary clients trust the authority."""
        return dict.fromkeys(TRUSTED_BY, str(self.authority))


@dataclass(frozen=True)
class Identity:
    """A server's TLS context, and the certificate of the authority that its clients must trust, as PEM."""

    context: ssl.SSLContext
    authority: str


def identity(kind: Kind, host: str) -> Identity:
    """A new identity for a server that listens on `host`. Leaves no file. Raises NoCertificates."""
    with TemporaryDirectory(prefix="outbound-mock-") as folder:
        made = make(Path(folder), (kind,), host)
        return Identity(made.servers[kind].context(), made.authority.read_text("ascii"))


def make(folder: Path, kinds: Sequence[Kind] = KINDS, host: str = "") -> Certificates:
    """Make certificates in a folder, for this machine's names and addresses and for `host`. Raises NoCertificates."""
    if shutil.which("openssl") is None:
        raise NoCertificates("openssl is not installed")
    names = dict.fromkeys((*_HERE, socket.gethostname(), host))
    here = ",".join(_alternative(name) for name in names if name)
    authority, other = (_authority(folder, name) for name in ("authority", "other-authority"))
    signed: Mapping[Kind, tuple[Certificate, str, int]] = {
        "good": (authority, here, _DAYS),
        "wrong-host": (authority, "DNS:elsewhere.example", _DAYS),
        "expired": (authority, here, -1),
        "unknown-authority": (other, here, _DAYS),
    }
    servers = {kind: _server(folder, kind, *signed[kind]) for kind in kinds}
    for signer in (authority, other):
        signer.key.unlink()
    return Certificates(authority.certificate, servers)


def _alternative(name: str) -> str:
    """A name or an address in the form of a subjectAltName."""
    try:
        return f"IP:{ip_address(name)}"
    except ValueError:
        return f"DNS:{name}"


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
        subprocess.run(command, capture_output=True, timeout=_WITHIN, check=True, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        raise NoCertificates(f"openssl {arguments[0]} took more than {_WITHIN:.0f} s") from None
    except (OSError, subprocess.CalledProcessError) as error:
        raise NoCertificates(f"openssl {arguments[0]} failed: {str(error)[:200]}") from None
