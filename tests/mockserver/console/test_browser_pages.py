"""The console's pages in a browser: on a narrow screen, without scripts, with hostile data, and while things happen."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from mockserver.app import Mock
from tests.support.console_browser import PATIENCE, Console, minted
from tests.support.console_client import CONTACTS, ME, PAGES


def test_hostile_data_does_not_run(console: Console) -> None:
    attack = "<img src=x onerror=alert(1)><script>alert(2)</script>\"'\u202e\x00" + "w" * 3_000
    tenant = console.mock.state.tenants[console.organization]
    now = console.mock.state.clock.now()
    contact = tenant.add_contact(now, firstName=attack, companyName=attack, email=attack)
    secret = next(key.secret for key in console.mock.state.keys if key.kind == "primary")
    console.ask(f"{CONTACTS}?q=<script>alert(3)</script>&limit=0", secret)
    for path in ("/data/contacts", f"/data/contacts/{contact['id']}", "/requests", ""):
        console.visit(path)
        console.page.set_viewport_size({"width": 390, "height": 800})
        assert console.page.evaluate("document.documentElement.scrollWidth") <= 390, path
        assert "alert" in console.page.content() or not path
        console.page.set_viewport_size({"width": 1280, "height": 900})
    console.visit(f"/data/contacts/{contact['id']}")
    console.page.get_by_role("button", name="Save the JSON").click()
    expect(console.page.get_by_role("status").first).to_contain_text("Saved")
    tenant.contacts.remove(contact["id"])


def test_the_log_shows_a_refusal_and_its_reason_as_it_happens(console: Console) -> None:
    page = console.page
    console.visit("/requests")
    secret = next(
        key.secret for key in console.mock.state.keys if key.kind == "single_scope" and "lists.read" in key.scopes
    )
    assert console.ask(f"{CONTACTS}?live=1", secret).status_code == 403
    first = page.locator(".log .entry").first
    expect(first).to_contain_text("insufficient-scope")
    expect(first).to_contain_text("contacts.read")
    expect(page.locator("[data-log-said]")).to_contain_text("403")
    page.get_by_role("button", name="Live").click()
    console.ask(ME, secret)
    expect(page.get_by_role("button", name="Paused")).to_be_visible()
    first.get_by_role("link").click()
    expect(page.get_by_role("heading", name="Request", exact=True)).to_be_visible()
    assert secret not in page.content()


def test_a_hardship_is_switched_on_for_the_next_request(console: Console) -> None:
    page = console.page
    console.visit("/hardships")
    page.get_by_role("link", name="server-errors", exact=True).click()
    page.get_by_label("probability").fill("1")
    form = page.get_by_role("region", name="server-errors")
    form.get_by_label("Next requests").fill("1")
    form.get_by_role("button", name="Switch on").click()
    secret = next(key.secret for key in console.mock.state.keys if key.kind == "spare")
    assert console.ask(ME, secret).status_code >= 500
    assert console.ask(ME, secret).status_code == 200
    page.get_by_role("button", name="Switch off", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("off")


def test_the_form_of_a_key_covers_no_other_key_on_a_narrow_screen(console: Console) -> None:
    console.page.set_viewport_size({"width": 390, "height": 800})
    console.visit("/api-keys")
    first, second = (console.page.locator(".key").nth(number) for number in range(2))
    first.locator("summary", has_text="Change").click()
    form, other = first.get_by_label("Burst window").bounding_box(), second.bounding_box()
    assert form is not None
    assert other is not None
    assert form["y"] + form["height"] <= other["y"]


def test_every_page_fits_a_narrow_screen_and_keeps_to_itself(console: Console) -> None:
    secret = next(key.secret for key in console.mock.state.keys if key.kind == "spare")
    console.ask(f"{CONTACTS}?cursor={'x' * 500}", secret)
    number = list(console.mock.world.request_log)[-1].number
    console.page.set_viewport_size({"width": 390, "height": 800})
    for path in (*PAGES, f"/requests/{number}"):
        console.visit(path)
        console.page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        assert console.page.evaluate("document.documentElement.scrollWidth") <= 390, path
        unnamed = console.page.locator("input:not([type=hidden]), select, textarea").evaluate_all(
            "fields => fields.filter((field) => !field.labels.length && !field.ariaLabel).map((field) => field.name)"
        )
        assert unnamed == [], path


def test_shortcuts_are_listed(console: Console) -> None:
    console.visit()
    console.page.keyboard.press("?")
    expect(console.page.get_by_role("dialog")).to_contain_text("Webhooks")
    console.page.keyboard.press("Escape")
    expect(console.page.get_by_role("dialog")).to_be_hidden()


def test_pages_work_without_scripts(browser: Browser, running: tuple[Mock, str]) -> None:
    context = browser.new_context(java_script_enabled=False)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(f"{running[1]}/admin/api-keys")
    secret = minted(page, "Without scripts")
    page.reload()
    assert secret not in page.content()
    assert running[0].state.keys.find(secret.encode())
    context.close()
