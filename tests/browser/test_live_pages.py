"""Open pages follow by themselves what others do, and take nothing away from whoever is typing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from printserver.http_edge.live import LiveLimits
from printserver.organisations.permissions import Role
from printserver.organisations.sessions import end_session, person_of_session
from printserver.print_requests import copy_service
from printserver.print_requests.models import Copy
from printserver.printing.models import PrinterStatus
from printserver.printing.outcome import Outcome
from printserver.printing.service import set_paused
from printserver.returns.signing_records import SigningView, records_of_copy
from tests.browser.conftest import Visit, enter, keep_picture
from tests.browser.reading_rules import broken_rules
from tests.cups_rig import wait_for
from tests.databases import sqlite_template
from tests.http.live_server import LiveServer, live_server
from tests.world import World, world, world_template

__all__ = ["sqlite_template", "world", "world_template"]

PATIENCE_MS: Final = 60_000
HINT: Final = ".live-hint"
STATE: Final = "#live td .badge, #live p.state .badge"
VOID: Final = re.compile("^已?作废$")


@pytest.fixture
def server(world: World) -> Iterator[LiveServer]:
    """Not the whole product: these pages need no HSM and no printer."""
    with live_server(world, LiveLimits()) as running:
        yield running


@pytest.fixture
def look(visit: Visit, server: LiveServer):
    """Opens a page of somebody who is signed in: `look(Role.CLERK, "/copies")`, and waits until it listens."""

    def opened(role: Role, path: str, **options: Any) -> Page:
        page = visit(**options)
        enter(page.context, server, role)
        before = server.streams.open_streams
        page.goto(path)
        if options.get("javascript", True):
            _wait(page, lambda: server.streams.open_streams > before)
        return page

    return opened


def _wait(page: Page, condition: Any) -> None:
    for _ in range(PATIENCE_MS // 50):
        if condition():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it did not happen")


def _void(world: World, copy_id: UUID) -> None:
    with world.database.work() as work:
        actor = world.actor(work, Role.PRINTER_ADMINISTRATOR)
        copy_service.void_copy(work, actor, copy_id, reason="torn")


def test_what_somebody_else_does_is_seen_on_every_open_page_without_reload(look: Any, world: World):
    copy = world.copies(world.issued(copies=2))[0]
    pages = [look(Role.CLERK, path) for path in (f"/copies/{copy.id}", f"/requests/{copy.request_id}", "/copies")]
    for page in pages:
        page.evaluate("window.sameDocument = true")
        expect(page.locator(STATE, has_text=VOID)).to_have_count(0)
    _void(world, copy.id)
    for page in pages:
        expect(page.locator(STATE, has_text=VOID)).to_have_count(1, timeout=PATIENCE_MS)
        assert page.evaluate("window.sameDocument")


def test_what_changes_while_the_page_is_asked_for_is_seen_too(look: Any, world: World):
    first, second = world.copies(world.issued(copies=2))
    page = look(Role.CLERK, f"/requests/{first.request_id}")
    page.add_init_script(_COUNT_WHAT_IS_HEARD)
    page.reload()
    _wait(page, lambda: "listening" in page.evaluate("window.heard"))
    answers = _Overtaken(page, lambda: _void(world, second.id))
    page.route(page.url, answers)
    _void(world, first.id)
    expect(page.locator(STATE, has_text=VOID)).to_have_count(2, timeout=PATIENCE_MS)
    assert answers.overtaken


@dataclass
class _Overtaken:
    """The server's first answer with one void copy arrives when the page has already heard of what changed after it."""

    page: Page
    change: Callable[[], None]
    overtaken: bool = False

    def __call__(self, route: Route) -> None:
        answer = route.fetch()
        if not self.overtaken and re.search(r"badge[^>]*>\s*已?作废\s*<", answer.text()):
            self.overtaken = True
            before = self._heard()
            self.change()
            _wait(self.page, lambda: self._heard() > before)
        route.fulfill(response=answer)

    def _heard(self) -> int:
        return int(self.page.evaluate("window.heard.length"))


_COUNT_WHAT_IS_HEARD: Final = """window.heard = [];
window.EventSource = class extends EventSource {
  addEventListener(name, listener) {
    super.addEventListener(name, (event) => (listener(event), window.heard.push(name)));
  }
}"""


def test_a_page_that_could_not_be_given_out_is_asked_for_again(chromium: Browser, world: World, server: LiveServer):
    """In a window of its own, because the refusal is complained about in its console."""
    copy = world.copies(world.issued())[0]
    with chromium.new_context(base_url=server.url) as context:
        enter(context, server, Role.CLERK)
        page = context.new_page()
        page.goto(f"/copies/{copy.id}?lang=zh")
        _wait(page, lambda: server.streams.open_streams == 1)
        with page.expect_response(lambda answer: answer.status == 429):
            page.route(page.url, lambda route: route.fulfill(status=429), times=1)
            _void(world, copy.id)
        expect(page.locator(STATE, has_text=VOID)).to_have_count(1, timeout=PATIENCE_MS)


def test_the_phone_of_one_person_shows_what_another_does_in_her_browser(look: Any, world: World):
    request_id = world.issued()
    phone, desk = look(Role.CLERK, "/", width=360), look(Role.CLERK, f"/requests/{request_id}")
    waits = phone.locator("#live-waits")
    expect(waits).to_contain_text("1")
    desk.get_by_role("button", name="全部放行打印").click()
    expect(waits).to_contain_text("没有等待我处理", timeout=PATIENCE_MS)
    assert broken_rules(phone) == []
    keep_picture(phone, "live-home-phone")


def test_a_printer_that_runs_out_of_paper_and_is_paused_is_seen_so(look: Any, world: World):
    page, printer_id = look(Role.CLERK, "/printers", width=360), world.home.north.printer_id
    with world.database.work() as work:
        work.session.add(PrinterStatus(printer_id=printer_id, reasons=["media-empty-error"], asked_at=work.now()))
    expect(page.locator("#live")).to_contain_text("请装入纸张", timeout=PATIENCE_MS)
    with world.database.work() as work:
        set_paused(work, world.actor(work, Role.PRINTER_ADMINISTRATOR), printer_id, paused=True, reason="toner")
    expect(page.locator("#live .badge", has_text="已暂停")).to_have_count(1, timeout=PATIENCE_MS)
    assert broken_rules(page) == []
    keep_picture(page, "live-printers-phone")


def test_typed_text_stays_and_the_person_is_told(look: Any, world: World):
    copy = world.copies(world.printed(outcome=Outcome.OUTCOME_UNKNOWN))[0]
    page = look(Role.PRINTER_ADMINISTRATOR, f"/copies/{copy.id}")
    page.fill("#settle-reason", "托盘里没有纸")
    page.locator("h1").click()
    with world.database.work() as work:
        actor = world.actor(work, Role.PRINTER_ADMINISTRATOR)
        copy_service.settle_copy(work, actor, copy.id, settlement="seen", reason="it lies here")
    expect(page.locator(STATE, has_text="已打印")).to_have_count(1, timeout=PATIENCE_MS)
    expect(page.locator(HINT)).to_contain_text("此处内容已有变化", timeout=PATIENCE_MS)
    assert page.input_value("#settle-reason") == "托盘里没有纸"
    assert broken_rules(page) == []
    page.locator(f"{HINT} a").click()
    expect(page.locator("#settle-reason")).to_have_count(0)


def test_a_field_that_is_being_typed_into_keeps_the_cursor(look: Any, world: World):
    copy = world.copies(world.issued())[0]
    page = look(Role.PRINTER_ADMINISTRATOR, f"/copies/{copy.id}")
    page.locator("#void-reason").focus()
    _void(world, copy.id)
    expect(page.locator(HINT)).to_have_count(1, timeout=PATIENCE_MS)
    page.keyboard.type("x")
    assert page.input_value("#void-reason") == "x"
    page.keyboard.press("Backspace")
    page.locator("h1").click()
    page.evaluate("document.activeElement.blur()")
    expect(page.locator("#void-reason")).to_have_count(0, timeout=PATIENCE_MS)
    expect(page.locator(HINT)).to_have_count(0)


def test_nothing_moves_from_under_a_finger(look: Any, world: World):
    copy = world.copies(world.issued())[0]
    page = look(Role.CLERK, f"/copies/{copy.id}")
    badge = page.locator(STATE).first.bounding_box()
    assert badge is not None
    page.mouse.move(badge["x"], badge["y"])
    page.mouse.down()
    with page.expect_response(lambda answer: answer.url == page.url):
        _void(world, copy.id)
    page.wait_for_timeout(300)
    expect(page.locator(STATE, has_text=VOID)).to_have_count(0)
    page.mouse.up()
    expect(page.locator(STATE, has_text=VOID)).to_have_count(1, timeout=PATIENCE_MS)


def test_boxes_that_are_ticked_stay_ticked(look: Any, world: World):
    first, second, third = world.copies(world.issued(copies=3))
    page = look(Role.CLERK, f"/requests/{first.request_id}")
    page.locator(f"input[value='{second.id}']").check()
    page.evaluate("document.querySelector('#live details').open = true")
    _void(world, first.id)
    expect(page.locator(STATE, has_text=VOID)).to_have_count(1, timeout=PATIENCE_MS)
    assert page.locator(f"input[value='{second.id}']").is_checked()
    assert not page.locator(f"input[value='{third.id}']").is_checked()
    assert page.evaluate("document.activeElement.value") == str(second.id)
    assert page.evaluate("document.querySelector('#live details').open")


def test_without_scripts_the_page_is_the_same_and_listens_to_nothing(look: Any, world: World, server: LiveServer):
    copy = world.copies(world.issued())[0]
    page = look(Role.CLERK, f"/copies/{copy.id}", javascript=False)
    expect(page.locator("#live .badge")).to_have_count(1)
    assert server.streams.open_streams == 0


def test_a_page_that_is_not_looked_at_does_not_listen_and_catches_up_later(look: Any, world: World, server: LiveServer):
    copy = world.copies(world.issued())[0]
    page = look(Role.CLERK, f"/copies/{copy.id}")
    page.evaluate(_SEEN, "hidden")
    _wait(page, lambda: server.streams.open_streams == 0)
    _void(world, copy.id)
    page.evaluate(_SEEN, "visible")
    expect(page.locator(STATE, has_text=VOID)).to_have_count(1, timeout=PATIENCE_MS)


_SEEN: Final = """(state) => {
  Object.defineProperty(document, "hidden", {configurable: true, get: () => state === "hidden"});
  document.dispatchEvent(new Event("visibilitychange"));
}"""


def test_without_the_stream_the_page_asks_from_time_to_time(chromium: Browser, world: World):
    """In a window of its own, because the refused stream is complained about in its console."""
    copy = world.copies(world.issued())[0]
    with live_server(world, LiveLimits(streams=0)) as server, chromium.new_context(base_url=server.url) as context:
        enter(context, server, Role.CLERK)
        page = context.new_page()
        page.goto(f"/copies/{copy.id}?lang=zh")
        _void(world, copy.id)
        expect(page.locator(STATE, has_text=VOID)).to_have_count(1, timeout=PATIENCE_MS)


def test_who_is_signed_out_elsewhere_is_told_and_asks_no_more(look: Any, world: World, server: LiveServer):
    copy = world.copies(world.issued())[0]
    page = look(Role.CLERK, f"/copies/{copy.id}")
    secret = page.context.cookies()[0]["value"]
    with world.database.work() as work:
        end_session(work, person_of_session(work, world.secrets, secret))
    _void(world, copy.id)
    expect(page.locator(HINT).first).to_be_visible(timeout=PATIENCE_MS)
    _wait(page, lambda: server.streams.open_streams == 0)


def test_the_sides_that_have_come_out_are_counted(look: Any, world: World):
    copy = world.copies(world.released())[0]
    world.sent(copy.printer_id)
    page = look(Role.CLERK, f"/requests/{copy.request_id}", width=360)
    for sides in (1, 2):
        with world.database.work() as work:
            work.session.get_one(Copy, copy.id).impressions_reported = sides
        expect(page.locator("#live")).to_contain_text(f"已打印 {sides} / 2 页", timeout=PATIENCE_MS)
    keep_picture(page, "live-request-phone")


def test_a_phone_opens_the_page_without_a_network_keeps_a_signing_sealed_and_sends_it_once(
    visit: Visit, server: LiveServer
):
    world = server.world
    (copy,) = world.copies(world.printed())
    page = visit(width=360)
    enter(page.context, server, Role.CLERK)
    page.clock.set_fixed_time(world.clock.now())
    page.goto("/signing-records")
    expect(page.locator("[data-capture-ready]")).to_be_visible(timeout=PATIENCE_MS)
    assert broken_rules(page) == []
    page.context.set_offline(True)
    page.reload()
    expect(page.locator("nav")).to_have_count(0)
    assert broken_rules(page) == []
    keep_picture(page, "signing-opened-offline")
    page.locator("#signer-1").fill("李雷")
    page.locator("#check-1").select_option("identity-card")
    page.locator("#number-1").fill("123X")
    page.locator("#place").fill("Shanghai")
    page.locator("form[data-capture] button").click()
    expect(page.locator("[data-capture-queue] [data-count]")).to_have_text("1")
    assert _signings(world, copy.id) == []
    kept = page.evaluate(_WHAT_IS_KEPT)
    assert str(copy.id) in kept
    assert not [each for each in ("李雷", "Shanghai", "123X", "csrf", "Wang Fang") if each in kept]
    keep_picture(page, "signing-kept-on-a-phone")
    page.reload()
    expect(page.locator("[data-capture-queue] li")).to_have_count(1)
    page.context.set_offline(False)
    expect(page.locator("[data-capture-queue] li")).to_have_count(0, timeout=PATIENCE_MS)
    page.reload()
    (record,) = _signings(world, copy.id)
    assert record.signers[0].number_end == "123X"
    assert record.captured_at == world.clock.now()


def test_a_refused_signing_stays_on_the_phone_with_words_that_are_understood_and_signing_out_clears_the_page(
    visit: Visit, server: LiveServer
):
    """First something between phone and server answers for it, which neither loses the record nor holds up the next."""
    copy, other = server.world.copies(server.world.printed(copies=2))
    page = visit(width=360)
    enter(page.context, server, Role.CLERK)
    page.clock.set_fixed_time(server.world.clock.now())
    page.goto("/signing-records")
    expect(page.locator("[data-capture-ready]")).to_be_visible(timeout=PATIENCE_MS)
    _void(server.world, copy.id)
    page.evaluate(_GUEST_PAGE)
    page.locator("#place").fill("上海")
    for each in (copy, other):
        page.locator("#copy").select_option(str(each.id))
        page.locator("#signer-1").fill("李雷")
        page.locator("#check-1").select_option("none")
        page.locator("form[data-capture] button").click()
        expect(page.locator("[data-problem]").first).to_contain_text("不是本服务器", timeout=PATIENCE_MS)
    wait_for(lambda: _signings(server.world, other.id) or None)
    expect(page.locator("[data-capture-queue] li")).to_have_count(1, timeout=PATIENCE_MS)
    assert (len(_signings(server.world, other.id)), _signings(server.world, copy.id)) == (1, [])
    page.evaluate("(window.strange = 'nothing', dispatchEvent(new Event('online')))")
    expect(page.locator("[data-problem]")).to_contain_text("当前状态", timeout=PATIENCE_MS)
    page.locator("header form button").click()
    expect(page.locator("[data-unsent]")).to_contain_text("1", timeout=PATIENCE_MS)
    assert page.evaluate("caches.match('/signing-records/offline').then(Boolean)") is False


_GUEST_PAGE: Final = """void (network => (window.fetch = async (address, { body, ...options } = {}) => {
  const id = body?.get?.("capture_id");
  window.strange ??= id;
  return id && id === window.strange ? new Response("<h1>Welcome</h1>") : network(address, { body, ...options });
}))(fetch)"""
_WHAT_IS_KEPT: Final = """async () => {
  const asked = indexedDB.open("signings");
  await new Promise((done) => (asked.onsuccess = done));
  const all = asked.result.transaction("kept").objectStore("kept").getAll();
  await new Promise((done) => (all.onsuccess = done));
  asked.result.close();
  const page = await (await caches.match("/signing-records/offline")).text();
  return JSON.stringify([all.result, {...localStorage}]) + page;
}"""


def test_doubtful_pages_are_decided_one_after_the_other_by_keyboard_and_the_last_one_is_corrected(
    visit: Visit, server: LiveServer
):
    world = server.world
    first, second = (world.doubtful_page(seed=each)[1] for each in range(2))
    page = visit(width=360)
    enter(page.context, server, Role.ARCHIVIST)
    page.goto("/returns/doubtful")
    page.keyboard.press("n")
    page.wait_for_url(f"**/return-pages/{first}")
    expect(page.locator("main")).to_contain_text("2 页待人工处理")
    assert broken_rules(page) == []
    page.keyboard.press("d")
    page.wait_for_url(f"**/return-pages/{second}?decided={first}**")
    keep_picture(page, "doubtful-next")
    page.keyboard.press("d")
    page.wait_for_url(f"**/returns/doubtful?decided={second}**")
    page.keyboard.press("u")
    page.wait_for_url(f"**/return-pages/{second}")
    expect(page.locator("#history + ol li")).to_have_count(2)
    expect(page.locator("#settle")).to_be_visible()


def _signings(world: World, copy_id: UUID) -> list[SigningView]:
    with world.database.reading() as work:
        return list(records_of_copy(work, copy_id))


@pytest.mark.parametrize("role", [Role.CLERK, Role.ARCHIVIST])
def test_papers_are_read_at_the_width_of_a_phone(visit: Visit, server: LiveServer, role: Role):
    world = server.world
    request_id = world.printed(copies=2)
    copy_id = world.copies(request_id)[0].id
    page = visit(width=360)
    enter(page.context, server, role)
    for path in ("/owed-returns", f"/copies/{copy_id}/paper", f"/requests/{request_id}/hand-overs", "/holders?text=x"):
        page.goto(path)
        assert broken_rules(page) == [], path
