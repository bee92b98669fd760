"""A person at the console, without a browser: keeps cookies, sends forms with their token, and follows redirects."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from html import unescape
from urllib.parse import urlencode, urljoin

from mockserver.app import Mock
from spec import contract
from tests.support.mock_client import Client, Response

HOST = "127.0.0.1:8080"
Fields = Mapping[str, str | list[str]]
_LINK = re.compile(r'(href|src|action|data-live|data-log|data-meters)="([^"]*)"')
FORM = "application/x-www-form-urlencoded"
PAGES = (
    "",
    "/api-keys",
    "/integrations/webhooks",
    "/integrations/webhooks/debugger",
    "/requests",
    "/grade",
    "/data/contacts",
    "/data/lists",
    "/data/drafts",
    "/data/events",
    "/data/contacts/new",
    "/clock",
    "/hardships",
    "/hardships?pick=latency",
)
ME = contract().operations["getMe"].path
CONTACTS = contract().operations["listContacts"].path


@dataclass
class Visitor:
    """Visits the console of `mock`. `base` is the address of a world, empty for the first."""

    mock: Mock
    base: str = ""
    peer: str = "127.0.0.1"
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str = "", /, **headers: str) -> Response:
        """A page below `/admin`."""
        return self.send("GET", f"{self.base}/admin{path}", b"", **headers)

    def post(self, path: str, /, fields: Fields | None = None, **headers: str) -> Response:
        """Send a form with the token that pages carry; the answer to it, which may be a redirect."""
        body = urlencode({"token": self.token, **(fields or {})}, doseq=True).encode()
        headers = {"origin": f"http://{HOST}", "sec_fetch_site": "same-origin", "content_type": FORM, **headers}
        return self.send("POST", f"{self.base}/admin{path}", body, **headers)

    def do(self, path: str, /, fields: Fields | None = None) -> Response:
        """Send a form and look at the page that it leads to."""
        answer = self.post(path, fields)
        assert answer.status == 303, (answer.status, text(answer))
        return self.send("GET", answer.headers["location"], b"")

    @property
    def token(self) -> str:
        """The token of the forms."""
        return form_token(self.get("/clock"))

    def log_in(self, control_token: str) -> Response:
        """Send the form that asks for the control token."""
        return self.post("/login", {"token": form_token(self.get("/login")), "control_token": control_token})

    def send(self, method: str, target: str, body: bytes, **headers: str) -> Response:
        """Ask with the cookies at hand, and keep those of the answer."""
        cookie = (
            {"cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())} if self.cookies else {}
        )
        answer = Client(self.mock, peer=self.peer).ask(method, target, body, **{"host": HOST, **cookie, **headers})
        kept = re.match(r'([^=]+)="?([^;"]*)', answer.headers.get("set-cookie", ""))
        if kept:
            self.cookies[kept[1]] = kept[2]
        return _resolved(answer, target)


def _resolved(answer: Response, target: str) -> Response:
    """The answer with its links and its Location as paths from the root, as a browser that asked for `target` reads them."""
    headers = dict(answer.headers)
    if "location" in headers:
        headers["location"] = urljoin(target, headers["location"])
    if not headers.get("content-type", "").startswith("text/html"):
        return replace(answer, headers=headers)
    body = _LINK.sub(lambda link: f'{link[1]}="{urljoin(target, unescape(link[2]))}"', answer.body.decode())
    return replace(answer, headers=headers, body=body.encode())


def text(answer: Response) -> str:
    """What a page says, without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", answer.body.decode())).split())


def form_token(answer: Response) -> str:
    """The token that a page's forms carry; empty if it has none."""
    found = re.search(r'name="token" value="([^"]+)"', answer.body.decode())
    return found[1] if found else ""


def shown_secret(answer: Response) -> str:
    """The secret of a key or an endpoint, which a page shows once."""
    (found,) = re.findall(r'<code id="secret">([^<]+)</code>', answer.body.decode())
    return str(found)
