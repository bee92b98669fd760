"""A target's description is read whole, or refused in one line that names the member, before any request."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from spec.target import Target, TargetError, load

KEY = "obk_live_0123456789abcdefghijABCDEFGHIJ01"
WHOLE = f"""
base_url = "https://staging.example/outbound/"
[organizations.primary]
api_keys = ["{KEY}", "env:OUTBOUND_KEY_A2"]
id = "org_1"
name = "Acme"
[organizations.secondary]
api_keys = ["obk_live_b"]
[keys]
single_scope = {{ "contacts.read" = "obk_live_c" }}
no_scope = "obk_live_d"
spare = ["obk_live_e", "obk_live_f"]
[rate_limit]
reading = "strict"
[webhooks]
register = "register {{url}}"
public_url = "https://tunnel.example/hook"
feed_within = 60
[hooks]
add_contact = "add"
"""


def described(folder: Path, text: str) -> Path:
    path = folder / "target.toml"
    path.write_text(text, "utf-8")
    return path


def test_every_table_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTBOUND_KEY_A2", "obk_live_a2")
    target = load(described(tmp_path, WHOLE))
    assert target.base_url == "https://staging.example/outbound"
    assert target.organizations.primary.api_keys == (KEY, "obk_live_a2")
    assert (target.organizations.primary.id, target.organizations.primary.name) == ("org_1", "Acme")
    assert (target.webhooks.public_url, target.webhooks.feed_within) == ("https://tunnel.example/hook", 60)
    assert target.rate_limit.reading == "strict"
    assert target.rate_limit.per_minute == 60
    assert set(target.secrets()) == {KEY, *(f"obk_live_{name}" for name in ("a2", "b", "c", "d", "e", "f"))}


def test_an_address_and_a_key_are_enough() -> None:
    target = load(None, base_url="http://127.0.0.1:8080", api_key=KEY)
    assert target.organizations.primary.api_keys == (KEY,)
    assert not target.offers("organizations.secondary")


def test_a_key_is_read_from_the_environment_as_in_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTBOUND_KEY_A2", KEY)
    target = load(None, base_url="http://127.0.0.1:8080", api_key="env:OUTBOUND_KEY_A2")
    assert target.organizations.primary.api_keys == (KEY,)
    with pytest.raises(TargetError, match="the API key: the environment variable NO_SUCH_VARIABLE is not set"):
        load(None, base_url="http://127.0.0.1:8080", api_key="env:NO_SUCH_VARIABLE")
    with pytest.raises(TargetError, match="env: is followed by no name"):
        load(None, base_url="http://127.0.0.1:8080", api_key="env:")


def test_options_win_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTBOUND_KEY_A2", "obk_live_a2")
    target = load(described(tmp_path, WHOLE), base_url="http://127.0.0.1:1", api_key="obk_live_a2")
    assert target.base_url == "http://127.0.0.1:1"
    assert target.organizations.primary.api_keys == ("obk_live_a2", KEY)


def test_what_a_target_offers_is_what_its_description_holds() -> None:
    target = load(None, base_url="http://127.0.0.1", api_key=KEY)
    assert target.offers("organizations.primary")
    assert not target.offers("keys.revoked")
    assert not target.offers("webhooks.register|webhooks.deliveries")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("nonsense = 1", "nonsense"),
        ("[organizations.tertiary]\napi_keys = []", "organizations"),
        ("[keys]\nsper = []", "sper"),
        ('[rate_limit]\nreading = "both"', "rate_limit.reading"),
        ("[rate_limit]\nper_minute = 0", "rate_limit.per_minute"),
        ('[rate_limit]\nburst = "120"', "rate_limit.burst"),
        ('[organizations.primary]\napi_keys = ["env:NO_SUCH_VARIABLE"]', "organizations.primary.api_keys[0]"),
        ('[organizations.primary]\napi_keys = "one"', "organizations.primary.api_keys"),
        ('[organizations.primary]\napi_keys = ["schlüssel"]', "Authorization header"),
        ('[organizations.primary]\napi_keys = ["k"]\n[keys.single_scope]\n"contacts.write" = "x"', "contacts.write"),
        ("base_url = ", "not a TOML document"),
        ('base_url = "ftp://example"', "base_url"),
        ('base_url = "http://example?x=1"', "base_url: the address of an API has no query"),
        ('base_url = "127.0.0.1:8080"', "did you mean http://127.0.0.1:8080?"),
        ('base_url = "http://exa mple"', "base_url"),
        ('base_url = "http://example/\\n"', "base_url"),
        ('base_url = "http://example/\\u009b31m"', "not an http or https address: 'http://example/\\x9b31m'"),
        ('base_url = "http://example:99999"', "Port out of range"),
        (f'base_url = "http://{"a" * 64}.example"', "base_url: a part of the host name has more than 63"),
        (
            '[organizations.primary]\napi_keys = ["k"]\n[webhooks]\npublic_url = "ftp://tunnel.example"',
            "webhooks.public_url",
        ),
        ("[webhooks]\nfeed_within = 0", "webhooks.feed_within"),
        ('base_url = "http://[::1"', "base_url"),
        ('base_url = "http://user:word@example"', "base_url"),
        ('base_url = "http://example"', "organizations.primary.api_keys"),
        ('[organizations.primary]\napi_keys = ["k"]', "base_url"),
    ],
)
def test_a_bad_description_is_one_line_that_names_the_member(tmp_path: Path, text: str, named: str) -> None:
    if "base_url" not in text and named != "base_url":
        text = f'base_url = "http://127.0.0.1"\n{text}'
    with pytest.raises(TargetError) as refusal:
        load(described(tmp_path, text))
    assert named in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ('base_ulr = "http://127.0.0.1"', "`base_ulr`; did you mean base_url?"),
        ('[organization.primary]\napi_keys = ["k"]', "`organization`; did you mean organizations?"),
        (
            '[organizations.primary]\napi_key = ["k"]',
            "organizations.primary: Object contains unknown field `api_key`; did",
        ),
        ('[hooks]\nadvance-clock = "x"', "; did you mean advance_clock?"),
        (
            '[organizations.primary]\napi_keys = ["k"]\n[keys.single_scope]\n"contact.read" = "x"',
            "no such scope: contact.read; did you mean contacts.read?",
        ),
    ],
)
def test_a_misspelled_member_is_answered_with_the_one_most_like_it(tmp_path: Path, text: str, hint: str) -> None:
    with pytest.raises(TargetError, match=re.escape(hint)):
        load(described(tmp_path, text), base_url="http://127.0.0.1")


@pytest.mark.parametrize("name", ["unheard_of", '"a.b"', '"` - at `$.keys`"', "x"])
def test_a_member_that_is_like_none_is_told_with_all_that_there_are(tmp_path: Path, name: str) -> None:
    with pytest.raises(TargetError, match="unknown field") as refusal:
        load(described(tmp_path, f"[hooks]\n{name} = 1"), base_url="http://127.0.0.1")
    assert str(refusal.value).endswith("; there are add_contact, advance_clock")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", r"target\.toml: base_url: missing"),
        ('base_url = "http://127.0.0.1"', r"target\.toml: organizations\.primary\."),
    ],
)
def test_a_file_that_lacks_what_every_run_needs_is_named_with_what_to_do(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(TargetError, match=rf"^/.*{told}.*add it there, or give --.*outbound-conformance init writes"):
        load(described(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[hooks]\nadvance_clock = "advance {secs}"', "hooks.advance_clock: the command 'advance' has no {seconds}, "),
        ('[webhooks]\nregister = "register {uri}"', "webhooks.register: the command 'register' has no {url}, "),
        ('[webhooks]\nregister_secondary = "x"', "webhooks.register_secondary: the command 'x' has no {url}, "),
        ('[webhooks]\ntrigger = "make \'one"', "webhooks.trigger: the command 'make' could not be run: No closing"),
        ('[hooks]\nadd_contact = "  "', "hooks.add_contact: the command is empty"),
    ],
)
def test_a_command_that_cannot_do_its_work_is_told(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(TargetError) as refusal:
        load(described(tmp_path, text), base_url="http://127.0.0.1", api_key=KEY)
    assert str(refusal.value).startswith(told)


def test_a_command_with_braces_of_its_own_is_a_command(tmp_path: Path) -> None:
    text = "[hooks]\nadd_contact = \"sh -c 'echo ${HOME} | awk {print}'\""
    assert load(described(tmp_path, text), base_url="http://127.0.0.1", api_key=KEY).commands().keys() == {
        "hooks.add_contact"
    }


@pytest.mark.parametrize("fixed", ['public_url = "https://tunnel.example/hook"', 'listen = "127.0.0.1:9000"'])
def test_a_command_need_not_be_told_an_address_that_is_always_the_same(fixed: str, tmp_path: Path) -> None:
    text = f'[webhooks]\nregister = "printenv SECRET"\n{fixed}'
    assert load(described(tmp_path, text), base_url="http://127.0.0.1", api_key=KEY).webhooks.register


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match=r"nowhere\.toml: No such file"):
        load(tmp_path / "nowhere.toml")


def test_the_defaults_are_the_documentation_s() -> None:
    assert (Target().rate_limit.per_minute, Target().rate_limit.burst, Target().rate_limit.burst_window) == (
        60,
        120,
        30,
    )
