"""A code made at the desk is typed on a phone at the printer, by mouse in a real browser on the real server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from printserver.cli.demo.client import Person
from tests.browser.conftest import PATIENCE_MS, Visit, keep_picture
from tests.browser.reading_rules import broken_rules
from tests.running_server import RunningServer
from tests.world_building import contract

TITLE = "放行码合同 2026-99"
PHONE = 390


def change_printer(server: RunningServer, printer_id: str, **values: Any) -> None:
    login = "printers"
    wish = {"login": login, "password": server.passwords[login], "name": "test", "days": 1}
    token = httpx.post(f"{server.url}/api/v1/tokens", json=wish, timeout=60).json()["token"]
    answer = httpx.patch(
        f"{server.url}/api/v1/printers/{printer_id}",
        json=values,
        headers={"Authorization": f"Bearer {token}"},
        timeout=60,
    )
    assert answer.is_success, answer.text


@pytest.fixture
def printer_that_asks_for_a_code(server: RunningServer) -> Iterator[str]:
    printer_id = str(server.person("clerk").get("/printers")[0]["id"])
    change_printer(server, printer_id, release_rule="code")
    yield printer_id
    change_printer(server, printer_id, release_rule="person")


def issued_request(server: RunningServer, printer_id: str) -> str:
    """Two copies, approved and signed."""
    clerk = server.person("clerk")
    wish = {
        "seal_id": clerk.get("/seals")[0]["id"],
        "printer_id": printer_id,
        "copies": 2,
        "title": TITLE,
        "places": [{"page": 2, "x_um": 105_000, "y_um": 150_000}],
    }
    request = str(clerk.submit(wish, contract("Release by code."), "contract.pdf")["id"])
    decided(clerk, server.person("approver"), request, "pending-approval", "approvals")
    decided(clerk, server.person("custodian"), request, "pending-custody", "seal-use-confirmations")
    clerk.wait(f"/print-requests/{request}", lambda each: each["state"] == "issued")
    return request


def decided(clerk: Person, person: Person, request: str, state: str, what: str) -> None:
    found = clerk.wait(f"/print-requests/{request}", lambda each: each["state"] != "rendering")
    assert found["state"] == state
    person.post(f"/print-requests/{request}/{what}", {"manifest_sha256": found["manifest_sha256"]})


def test_copies_are_released_on_a_phone_by_the_code_from_the_desk(
    sign_in: Visit, server: RunningServer, printer_that_asks_for_a_code: str
):
    request = issued_request(server, printer_that_asks_for_a_code)
    before = len(server.printer.received())
    desk = sign_in("clerk")
    desk.goto(f"/requests/{request}")
    desk.get_by_role("button", name="生成放行码").click()
    code = desk.locator("#release-code").inner_text()
    assert re.fullmatch(r"\d{4} \d{4}", code)
    assert broken_rules(desk) == []

    phone = sign_in("operator", width=PHONE)
    phone.get_by_role("link", name="放行", exact=True).click()
    phone.locator(".release-printers a").first.click()
    waiting = phone.locator("section.card", has_text=TITLE)
    expect(waiting).to_contain_text("共 2 份，尚有 2 份待放行")
    expect(waiting).to_contain_text("王小明")
    assert broken_rules(phone) == []
    keep_picture(phone, "release-phone")
    phone.fill("#code", code)
    phone.get_by_role("button", name="凭码放行").click()
    expect(phone.locator("[role=status]").first).to_contain_text("已放行")
    expect(waiting.locator(".badge", has_text="已打印")).to_have_count(2, timeout=PATIENCE_MS)
    expect(waiting).to_contain_text("共 2 份，尚有 0 份待放行")
    assert broken_rules(phone) == []
    keep_picture(phone, "release-phone-printed")
    assert len(server.printer.received()) == before + 2
