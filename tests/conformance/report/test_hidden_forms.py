"""No report shows a secret, in whatever form the target sends it."""

from __future__ import annotations

import base64
import html
import json
import time
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.report.folder import _printable
from conformance.report.text import pretty
from conformance.target.redaction import Redactor

KEY = "obk_live_0123456789abcdefghijABCDEFGH1a2b"
SECRET = "whsec_a/b+c=d?e&f-0123456789"

FORMS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "escaped by JSON": lambda text: "".join(f"\\u{ord(c):04X}" for c in text),
    "escaped in parts": lambda text: text.replace("_", "\\u005f").replace("/", "\\/"),
    "escaped twice": lambda text: json.dumps("".join(f"\\u{ord(c):04x}" for c in text))[1:-1],
    "percent-encoded": lambda text: quote(text.replace("_", "\0"), safe="").replace("%00", "%5F"),
    "percent-encoded twice": lambda text: quote("".join(f"%{ord(c):02x}" for c in text)),
    "escaped by HTML": lambda text: "".join(f"&#{ord(c)};" for c in text),
    "in hexadecimal HTML": lambda text: "".join(f"&#x{ord(c):x};" for c in text),
    "in base64": lambda text: base64.b64encode(text.encode()).decode(),
    "in base64 with a user": lambda text: base64.b64encode(f"me:{text}".encode()).decode(),
    "in base64 for URLs": lambda text: base64.urlsafe_b64encode(f"m:{text}!".encode()).decode(),
    "over lines": lambda text: "\n  ".join([text[:11], text[11:20], text[20:]]),
    "over lines in JSON": lambda text: "\\n".join([text[:11], text[11:]]),
}


def knowing() -> Redactor:
    redactor = Redactor()
    redactor.learn([KEY, SECRET])
    return redactor


def undone(text: str) -> str:
    """The text with all escapes and base64 decoded, without spaces: a reader could find a secret in it."""
    for _ in range(3):
        text = html.unescape(text)
        text = "".join(chr(int(part[:4], 16)) + part[4:] if i else part for i, part in enumerate(text.split("\\u")))
    return "".join(text.replace("\\n", "").replace("\\/", "/").split())


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("secret", [KEY, SECRET])
def test_a_secret_is_hidden_in_every_form(secret: str, form: str) -> None:
    told = FORMS[form](secret)
    hidden = knowing().text(f"before {told} after")
    assert told not in hidden
    assert hidden.startswith("before ")
    assert hidden.endswith(" after")
    assert secret[10:-4] not in undone(hidden)


@given(
    st.lists(st.tuples(st.text(max_size=30), st.sampled_from([KEY, SECRET]), st.sampled_from(list(FORMS))), max_size=4),
    st.booleans(),
)
def test_no_answer_shows_a_secret_however_it_is_told(parts: list[tuple[str, str, str]], as_json: bool) -> None:
    told = [f"{text}{FORMS[form](secret)}" for text, secret, form in parts]
    body = json.dumps({"data": told}) if as_json else " ".join(told)
    shown = pretty(knowing().text(body), 10_000)
    for _, secret, form in parts:
        assert FORMS[form](secret) not in shown
        assert secret not in shown


def test_a_secret_that_is_learnt_later_is_hidden_in_what_was_shown_before() -> None:
    redactor = knowing()
    text = '{"a": {"token": "a-token-of-the-target"}}'
    assert redactor.text(text) == text
    redactor.learn(["a-token-of-the-target"])
    assert "a-token-of-the-target" not in redactor.text(text)


def test_a_secret_with_braces_is_hidden() -> None:
    redactor = knowing()
    redactor.learn(["{a}token}with{braces"])
    assert "token}with" not in redactor.text('[{"a": 1}, {"token": "{a}token}with{braces"}]')


def test_a_secret_beside_what_was_seen_before_is_hidden() -> None:
    redactor = knowing()
    redactor.text('[{"a": 1}, {"b": 2}]')
    assert KEY not in redactor.text(f'[{{"a": 1}}, {{"b": 2}}, {{"key": "{KEY}"}}]')


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=200))
def test_what_holds_no_secret_stays_as_it_is(text: str) -> None:
    assert knowing().text(text) == text


def test_a_large_document_is_read_in_time() -> None:
    redactor = knowing()
    document = json.dumps([{"n": i, "text": "Zoë \\u00eb %20 obk_live_…1a2b"} for i in range(20_000)]) + FORMS[
        "escaped in parts"
    ](KEY)
    began = time.process_time()
    assert KEY[10:] not in redactor.text(document)
    assert time.process_time() - began < 5


@pytest.mark.parametrize("character", ["\x85", "\x9b", "\u2028", "\u202e", "\x7f", "\ud800", "\U000e0001"])
def test_report_json_holds_nothing_that_does_not_print(character: str) -> None:
    document = json.dumps({"reason": f"a{character}ü"}, ensure_ascii=False)
    printable = _printable(document)
    assert printable.isprintable()
    assert json.loads(printable) == json.loads(document)
    assert "ü" in printable


@pytest.mark.parametrize("length", range(6, len(KEY)))
def test_no_end_of_a_key_is_left_where_its_beginning_was_presented_too(length: int) -> None:
    redactor = Redactor()
    redactor.learn([KEY[:length], KEY])
    assert redactor.text(f"api_key={KEY}&x") == "api_key=obk_live_…1a2b&x"
