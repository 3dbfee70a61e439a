"""Real passkeys: Chromium's virtual authenticator, on a screen of a phone's width, on a server of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, expect

from printserver.cli.demo.client import Person
from tests.browser.conftest import PATIENCE_MS, bring_into_view, chromium, keep_picture
from tests.browser.reading_rules import broken_rules
from tests.running_server import RunningServer, running_server
from tests.world_building import PAGES, contract

__all__ = ["chromium"]

WIDTH: Final = 360
AUTHENTICATOR: Final = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
EXPECTED: Final = ("(Forbidden)", "(Unauthorized)", "(Unprocessable Entity)")
"""That a form was refused, or asks who it is, is an answer of ours."""


@dataclass(frozen=True)
class Device:
    """A phone or computer with its authenticator."""

    page: Page
    wire: CDPSession
    authenticator: str

    def credentials(self) -> list[dict[str, Any]]:
        answer = self.wire.send("WebAuthn.getCredentials", {"authenticatorId": self.authenticator})
        return list(answer["credentials"])

    def verify_nobody(self) -> None:
        """From now on the device does not recognise its owner."""
        self.wire.send("WebAuthn.setUserVerified", {"authenticatorId": self.authenticator, "isUserVerified": False})


@pytest.fixture(scope="module")
def own_server() -> Iterator[RunningServer]:
    with running_server() as server:
        yield server


@pytest.fixture
def device(chromium: Browser, own_server: RunningServer) -> Iterator[Callable[[], Device]]:
    """Makes a device that comes by the name for which browsers keep passkeys."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def heard(text: str) -> None:
        if not any(known in text for known in EXPECTED):
            complaints.append(text)

    def make() -> Device:
        context = chromium.new_context(
            viewport={"width": WIDTH, "height": 780}, locale="en-US", base_url=by_name(own_server)
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: heard(message.text))
        page.on("pageerror", lambda error: heard(str(error)))
        wire = context.new_cdp_session(page)
        wire.send("WebAuthn.enable")
        made = wire.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        return Device(page, wire, made["authenticatorId"])

    yield make
    for context in contexts:
        context.close()
    assert complaints == []


def by_name(server: RunningServer) -> str:
    return server.url.replace("127.0.0.1", "localhost")


def sign_in(page: Page, server: RunningServer, login: str) -> None:
    """The first step."""
    page.goto("/sign-in")
    page.fill("#login", login)
    page.fill("#password", server.passwords[login])
    page.get_by_role("button", name="Sign in", exact=True).click()


def add_passkey(page: Page, name: str) -> None:
    page.goto("/passkeys")
    page.get_by_label("What you call it").fill(name)
    page.get_by_role("button", name="Add a passkey of this device").click()
    expect(page.get_by_label("Name", exact=True).last).to_have_value(name)


def vouch_as_officers(device: Callable[[], Device], server: RunningServer) -> None:
    for login in ("officer", "second-officer"):
        page = device().page
        sign_in(page, server, login)
        page.goto("/statements?state=proposed")
        page.locator("main a[href^='/statements/']").first.click()
        page.get_by_role("button", name="Sign this statement").click()
        expect(page.locator(".alert-success")).to_be_visible()


def submitted(server: RunningServer) -> str:
    """A request that waits for its approval."""
    clerk = server.person("clerk")
    (seal, *_), (printer, *_) = clerk.get("/seals"), clerk.get("/printers")
    application = {
        "seal_id": seal["id"],
        "printer_id": printer["id"],
        "copies": 1,
        "title": "Supply contract 2026-90",
        "places": [{"page": PAGES, "x_um": 120_000, "y_um": 200_000}],
    }
    made = clerk.submit(application, contract("passkeys"), "contract.pdf")
    wait_for(clerk, made["id"], "pending-approval")
    return str(made["id"])


def wait_for(person: Person, request_id: str, state: str) -> dict[str, Any]:
    return dict(person.wait(f"/print-requests/{request_id}", lambda found: found["state"] == state))


def test_an_approver_registers_signs_in_and_approves_by_passkey_and_the_signer_believes_it(
    device: Callable[[], Device], own_server: RunningServer
):
    phone = device()
    page = phone.page
    sign_in(page, own_server, "approver")
    add_passkey(page, "my phone")
    (credential,) = phone.credentials()
    assert (credential["isResidentCredential"], credential["rpId"]) == (True, "localhost")
    assert page.locator("#recovery ~ ul li").count() == 10
    expect(page.get_by_text("waits for two officers", exact=True)).to_be_visible()
    assert broken_rules(page) == []
    keep_picture(page, "passkeys-360")
    vouch_as_officers(device, own_server)

    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/")
    expect(page.get_by_role("link", name="Approvals")).to_be_visible()
    vouched = page.get_by_text("vouched for", exact=True)
    for _attempt in range(240):  # until the signer has taken the statement up
        page.goto("/passkeys")
        if vouched.count():
            break
        page.wait_for_timeout(500)
    expect(vouched).to_be_visible()

    request_id = submitted(own_server)
    page.goto(f"/requests/{request_id}")
    button = page.get_by_role("button", name="Approve with my passkey")
    bring_into_view(button)
    keep_picture(page, "approve-by-passkey-360")
    assert broken_rules(page) == []
    button.click()
    expect(page.locator("[role=status]").first).to_contain_text("You have approved the request.")
    custodian = own_server.person("custodian")
    digest = custodian.get(f"/print-requests/{request_id}")["manifest_sha256"]
    custodian.post(f"/print-requests/{request_id}/seal-use-confirmations", {"manifest_sha256": digest})
    found = wait_for(own_server.person("clerk"), request_id, "issued")
    assert [one["kind"] for one in found["decisions"]] == ["passkey", "attested"]


def test_a_passkey_is_the_second_factor_and_steps_up(device: Callable[[], Device], own_server: RunningServer):
    phone, laptop = device(), device()
    sign_in(phone.page, own_server, "archivist")
    add_passkey(phone.page, "phone")
    code = phone.page.locator("#recovery ~ ul li").first.inner_text()

    sign_in(laptop.page, own_server, "archivist")
    laptop.page.get_by_label("The code that your app shows now, or a recovery code").fill(code)
    laptop.page.get_by_role("button", name="Sign in", exact=True).click()
    laptop.page.wait_for_url("**/")
    add_passkey(laptop.page, "laptop")

    # Another factor was enrolled elsewhere: this session shows its own again before it does what asks for one.
    phone.page.goto("/passkeys")
    phone.page.get_by_role("row").filter(has=phone.page.locator("[value=laptop]")).get_by_role(
        "button", name="Remove"
    ).click()
    expect(phone.page.get_by_role("heading", name="Is it you?")).to_be_visible()
    keep_picture(phone.page, "step-up-by-passkey-360")
    assert broken_rules(phone.page) == []
    phone.page.get_by_role("button", name="Show my passkey").click()
    expect(phone.page.get_by_text("The passkey is removed.")).to_be_visible()
    expect(phone.page.locator("[value=laptop]")).to_have_count(0)

    phone.page.get_by_role("button", name="Sign out").click()
    sign_in(phone.page, own_server, "archivist")
    phone.page.get_by_role("button", name="Show my passkey").click()
    phone.page.wait_for_url("**/")

    laptop.page.goto("/sign-in")
    laptop.page.get_by_role("button", name="Sign in with a passkey").click()
    expect(laptop.page.locator(".alert-danger").first).to_be_visible()
    assert "/sign-in" in laptop.page.url


def test_a_device_that_does_not_recognise_its_owner_opens_nothing(
    device: Callable[[], Device], own_server: RunningServer
):
    phone = device()
    sign_in(phone.page, own_server, "auditor")
    add_passkey(phone.page, "phone")
    phone.page.get_by_role("button", name="Sign out").click()
    phone.verify_nobody()
    phone.page.get_by_role("button", name="Sign in with a passkey").click()
    expect(phone.page.locator("[data-passkey-problem]")).to_have_text(re.compile("gave no answer"))
    phone.page.goto("/")
    assert "/sign-in" in phone.page.url


def test_who_comes_by_a_number_is_led_to_the_name(device: Callable[[], Device], own_server: RunningServer):
    page = device().page
    page.goto(f"{own_server.url}/sign-in")
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_have_count(0)
    page.fill("#login", "documents")
    page.fill("#password", own_server.passwords["documents"])
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.goto(f"{own_server.url}/passkeys")
    expect(page.get_by_role("link", name=f"{by_name(own_server)}/passkeys")).to_be_visible()
