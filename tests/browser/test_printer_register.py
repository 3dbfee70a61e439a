"""A printer is enrolled and looked after from a phone, by tapping, with and without scripts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from printserver.organisations.permissions import Role
from printserver.printing.register import shown_fingerprint
from printserver.printing.status import record_answer
from tests.browser.conftest import Visit, keep_picture
from tests.browser.reading_rules import broken_rules
from tests.databases import sqlite_template
from tests.http.live_server import LiveServer, live_server
from tests.printers import SwitchedOn, switched_on
from tests.world import World, world, world_template

__all__ = ["sqlite_template", "world", "world_template"]

PHONE = 360


@pytest.fixture
def server(world: World) -> Iterator[LiveServer]:
    """Not the whole product: these pages need no HSM and no spooler."""
    with live_server(world) as running:
        yield running


@pytest.fixture(scope="module")
def printer() -> Iterator[SwitchedOn]:
    with switched_on() as running:
        yield running


def _signed_in(visit: Visit, server: LiveServer, *, javascript: bool, language: str) -> Page:
    page = visit(width=PHONE, javascript=javascript, language=language)
    name, _, secret = server.cookie(server.session(Role.PRINTER_ADMINISTRATOR))["Cookie"].partition("=")
    page.context.add_cookies([{"name": name, "value": secret, "url": server.url}])
    page.goto("/printers")
    return page


@pytest.mark.parametrize("javascript", [True, False])
def test_a_printer_is_enrolled_from_a_phone_after_its_fingerprint_was_compared(
    visit: Visit, server: LiveServer, printer: SwitchedOn, javascript: bool
):
    page = _signed_in(visit, server, javascript=javascript, language="zh-CN")
    assert broken_rules(page, scripts=javascript) == []
    page.get_by_role("link", name="登记打印机").click()
    page.fill("#uri", printer.printer.uri)
    page.fill("#name", "彩色二号")
    page.fill("#location", "二楼门口")
    assert broken_rules(page, scripts=javascript) == []
    page.get_by_role("button", name="取得证书").click()
    expect(page.locator("main")).to_contain_text(shown_fingerprint(printer.pin.sha256))
    assert broken_rules(page, scripts=javascript) == []
    keep_picture(page, "printer-enrolment")
    page.get_by_label("我已与打印机自身面板核对").check()
    page.get_by_role("button", name="登记此打印机").click()
    expect(page.locator("h1")).to_contain_text("彩色二号")
    expect(page.locator("main")).to_contain_text("Example Printer")
    assert broken_rules(page, scripts=javascript) == []
    page.fill("#impressions", "4711")
    page.get_by_role("button", name="登记读数").click()
    expect(page.locator("main table")).to_contain_text("4711")
    page.fill("#pause-reason", "换墨粉")
    page.get_by_role("button", name="暂停").click()
    expect(page.locator("#live")).to_contain_text("换墨粉")
    keep_picture(page, "printer")


def test_what_is_wrong_with_a_printer_is_said_in_words_in_both_languages(
    visit: Visit, server: LiveServer, printer: SwitchedOn
):
    world = server.world
    printer.printer.control(reason="media-empty-error")
    try:
        printer.print()
        answer = printer.wait_for_reason("media-empty")
    finally:
        printer.printer.control()
    with world.database.work() as work:
        record_answer(work, world.home.north.printer_id, answer)
    for language, words in (("zh-CN", "缺纸"), ("en-US", "out of paper")):
        page = _signed_in(visit, server, javascript=True, language=language)
        expect(page.locator("#live")).to_contain_text(words)
        assert broken_rules(page) == []
        page.locator("#live h2 a").first.click()
        expect(page.locator("#live")).to_contain_text(words)
        assert broken_rules(page) == []
