"""One contract's whole way, from application to the log, by mouse in a real browser on the real server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from printserver.cli.demo.paper import play_paper
from printserver.cli.demo.reading import page_codes
from tests.browser.conftest import PATIENCE_MS, Visit, bring_into_view, keep_picture
from tests.browser.reading_rules import broken_rules
from tests.running_server import RunningServer
from tests.world_building import PAGES, contract

TITLE = "供货合同 2026-88"


def _apply(clerk: Page, folder: Path) -> str:
    """The request's path."""
    document = folder / "contract.pdf"
    document.write_bytes(contract("Supply contract."))
    clerk.get_by_role("link", name="新建用印申请").first.click()
    clerk.set_input_files("#document", document)
    clerk.get_by_role("button", name="提交", exact=True).click()
    clerk.wait_for_url(re.compile("draft="))
    expect(clerk.locator("#paper img")).to_have_js_property("complete", True)
    _drag_the_seal(clerk)
    clerk.fill("#title", TITLE)
    clerk.fill("#copies", "2")
    clerk.fill("#own-reference", "OA-88")
    expect(clerk.locator("#place-findings")).to_contain_text("盖章位置可以使用", timeout=PATIENCE_MS)
    keep_picture(clerk, "new-request")
    assert broken_rules(clerk) == []
    _look_on_a_phone(clerk)
    clerk.get_by_role("button", name="提交申请").click()
    clerk.wait_for_url(re.compile(r"/requests/[0-9a-f-]{36}"))
    expect(clerk.locator("#live .state")).to_contain_text("待审批", timeout=PATIENCE_MS)
    return clerk.url.partition("?")[0]


def _drag_the_seal(clerk: Page) -> None:
    """To the middle of the page; then a step to the left by keyboard."""
    outline = clerk.locator(".seal-outline")
    bring_into_view(outline)
    paper, seal = clerk.locator("#paper").bounding_box(), outline.bounding_box()
    assert paper is not None
    assert seal is not None
    across = paper["x"] + paper["width"] / 2 - seal["x"] - seal["width"] / 2
    _pull(clerk, outline, across, paper["y"] + paper["height"] / 2 - seal["y"] - seal["height"] / 2)
    assert abs(float(clerk.input_value("[name=place_x]")) - 105) < 1
    before = float(clerk.input_value("[name=place_x]"))
    clerk.keyboard.press("ArrowLeft")
    assert abs(float(clerk.input_value("[name=place_x]")) - (before - 1)) < 0.11
    assert abs(float(clerk.input_value("[name=place_y]")) - 148.5) < 1


def _drag_words_and_edge(clerk: Page) -> None:
    """The seal at words is moved away from them; that of the edge along it, and off it by a clear pull alone."""
    paper = clerk.locator("#paper").bounding_box()
    assert paper is not None
    millimetre = paper["width"] / 210
    word = clerk.locator(".seal-outline:not(.seal-slice)").last
    _pull(clerk, word, 10 * millimetre, -20 * millimetre)
    assert abs(float(clerk.locator("[name=place_x]").last.input_value()) - 10) < 1
    assert abs(float(clerk.locator("[name=place_y]").last.input_value()) + 80) < 1
    clerk.keyboard.press("Shift+ArrowDown")
    assert abs(float(clerk.locator("[name=place_y]").last.input_value()) + 70) < 1
    along, inset = (
        clerk.locator("[data-kind=straddle] [name=place_y]"),
        clerk.locator("[data-kind=straddle] [name=place_x]"),
    )
    slice_ = clerk.locator(".seal-slice")
    _pull(clerk, slice_, -2 * millimetre, 30 * millimetre)
    assert (abs(float(along.input_value()) - 178.5) < 1, float(inset.input_value())) == (True, 0)
    _pull(clerk, slice_, -8 * millimetre, 0)
    assert abs(float(inset.input_value()) - 8) < 1
    clerk.keyboard.press("ArrowRight")
    assert abs(float(inset.input_value()) - 7) < 1


def _pull(clerk: Page, handle: Locator, dx: float, dy: float) -> None:
    """By so many pixels."""
    bring_into_view(handle)
    box = handle.bounding_box()
    assert box is not None
    clerk.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    clerk.mouse.down()
    clerk.mouse.move(box["x"] + box["width"] / 2 + dx, box["y"] + box["height"] / 2 + dy, steps=6)
    clerk.mouse.up()


def _look_on_a_phone(clerk: Page) -> None:
    """With every kind of place, each dragged; nothing is wider than the screen, and no rule of reading is broken."""
    desktop = clerk.viewport_size
    clerk.set_viewport_size({"width": 360, "height": 740})
    places = clerk.locator("[data-place]")
    clerk.get_by_role("button", name="骑缝章").click()
    expect(places).to_have_count(2)
    clerk.get_by_role("button", name="按关键字").click()
    expect(places).to_have_count(3)
    clerk.locator("[name=place_word]").last.fill("contract")
    clerk.locator("[name=place_which]").last.fill("last")
    with clerk.expect_response("**/requests/forms"):
        clerk.locator("[name=place_y]").last.fill("-60")
    _lose_nothing(clerk)
    expect(clerk.locator(".seal-slice")).to_have_count(1, timeout=PATIENCE_MS)
    expect(clerk.locator(".seal-outline:not(.seal-slice)")).to_have_count(2, timeout=PATIENCE_MS)
    _drag_words_and_edge(clerk)
    assert clerk.evaluate("document.documentElement.scrollWidth") <= 360
    keep_picture(clerk, "new-request-phone")
    assert broken_rules(clerk) == []
    for left in (2, 1):
        clerk.get_by_role("button", name=f"删除位置 {left + 1}").click()
        expect(places).to_have_count(left)
    assert desktop is not None
    clerk.set_viewport_size(desktop)


def _lose_nothing(clerk: Page) -> None:
    """A reload, the other language and the way back show what was typed."""
    typed = ("[name=place_word]", "contract"), ("[name=place_y]", "-60"), ("#title", TITLE)

    def shown(language: str) -> None:
        expect(clerk.locator("html")).to_have_attribute("lang", language)
        for field, value in typed:
            expect(clerk.locator(field).last).to_have_value(value)

    clerk.reload()
    shown("zh-CN")
    for name, language in (("English", "en"), ("中文", "zh-CN")):
        clerk.get_by_role("button", name=name).click()
        shown(language)
    clerk.go_back()
    shown("en")
    clerk.go_forward()
    shown("zh-CN")


def _look_at_all_pages(person: Page) -> None:
    pictures = person.locator(".pages img")
    expect(pictures).to_have_count(PAGES)
    for number in range(PAGES):
        bring_into_view(pictures.nth(number))
        expect(pictures.nth(number)).to_have_js_property("complete", True)
        assert pictures.nth(number).evaluate("picture => picture.naturalWidth") > 0


def _decide(person: Page, button: str, then: str) -> None:
    person.locator("a[href='/approvals']").last.click()
    person.get_by_role("link", name=TITLE).click()
    _look_at_all_pages(person)
    person.get_by_role("button", name=button).click()
    expect(person.locator("[role=status]").first).to_contain_text(then)


def _release(clerk: Page, request: str, server: RunningServer) -> list[Path]:
    """What arrived at the printer."""
    before = set(server.printer.received())
    clerk.goto(request)
    expect(clerk.get_by_role("button", name="全部放行打印")).to_be_visible(timeout=PATIENCE_MS)
    clerk.get_by_role("button", name="全部放行打印").click()
    printed = clerk.locator("#live td .badge", has_text="已打印")
    with _copies_told(server, request):
        expect(printed).to_have_count(2, timeout=PATIENCE_MS)
    assert broken_rules(clerk) == []
    return [path for path in server.printer.received() if path not in before]


@contextmanager
def _copies_told(server: RunningServer, request: str) -> Iterator[None]:
    """A failure tells beside what the page showed what the server says of the copies."""
    try:
        yield
    except AssertionError as failure:
        copies = server.person("clerk").get(f"/print-requests/{request.rpartition('/')[2]}")["copy_list"]
        failure.add_note("\n".join(f"the server says: {copy}" for copy in copies))
        raise


def _hand_in(archivist: Page, scan: Path) -> None:
    archivist.get_by_role("link", name="回收扫描", exact=True).click()
    archivist.set_input_files("#scan", scan)
    archivist.get_by_role("button", name="提交", exact=True).click()
    archivist.wait_for_url(re.compile(r"/returns/[0-9a-f-]{36}"))
    expect(archivist.locator("#live .state")).to_contain_text("已读取", timeout=PATIENCE_MS)
    expect(archivist.locator("#live .tile .badge", has_text="已归位")).to_have_count(2 * PAGES)
    assert broken_rules(archivist) == []
    keep_picture(archivist, "return")


def _find_in_archive(archivist: Page, serial: str) -> None:
    """A serial leads straight to its record."""
    archivist.get_by_role("link", name="档案", exact=True).click()
    archivist.fill("#query", serial)
    archivist.get_by_role("button", name="查找").click()
    expect(archivist.get_by_role("heading", level=1)).to_have_text(TITLE)
    with archivist.expect_download() as download:
        archivist.get_by_role("link", name="已签发的 PDF").click()
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF-")
    assert broken_rules(archivist) == []


def test_the_whole_job_is_done_by_mouse(sign_in: Visit, visit: Visit, server: RunningServer, tmp_path: Path):
    clerk = sign_in("clerk")
    request = _apply(clerk, tmp_path)

    approver = sign_in("approver", width=360)
    _decide(approver, "批准", "您已批准该申请")
    keep_picture(approver, "approver-phone")
    assert broken_rules(approver) == []
    custodian = sign_in("custodian")
    _decide(custodian, "确认用印", "您已确认用印")

    printed = _release(clerk, request, server)
    keep_picture(clerk, "request-printed")
    assert len(printed) == 2

    recipient = visit(width=360, javascript=False)
    (code, *_) = page_codes(printed[0])
    recipient.goto(code)
    assert recipient.locator("main").get_attribute("data-verdict") == "genuine"
    expect(recipient.locator("h1")).to_have_text("真实有效")
    expect(recipient.locator("dl")).to_contain_text(TITLE)
    expect(recipient.locator("dl")).to_contain_text(re.compile("第 [12] 份 共 2 份"))
    serial = recipient.locator("dd.serial").inner_text()
    keep_picture(recipient, "verify-phone")

    scan = play_paper(printed, tmp_path / "scan.pdf", seed=7, dpi=200).path
    archivist = sign_in("archivist")
    _hand_in(archivist, scan)
    _find_in_archive(archivist, serial)

    auditor = sign_in("auditor", language="en-US")
    auditor.get_by_role("link", name="Log", exact=True).click()
    auditor.select_option("#event", "CopyArchived")
    auditor.get_by_role("button", name="Search").click()
    auditor.get_by_role("link", name="copy archived").first.click()
    expect(auditor.locator("#proof + p")).to_contain_text("Checked just now")
    assert broken_rules(auditor) == []
