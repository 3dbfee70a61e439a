"""Pages on a phone, without scripts, in both languages, for eyes and for readers aloud."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit, keep_picture
from tests.browser.reading_rules import broken_rules
from tests.running_server import RunningServer

PAGES = {
    "clerk": ("/", "/requests", "/requests/new", "/copies", "/printers", "/returns", "/tokens"),
    "approver": ("/", "/approvals"),
    "archivist": ("/returns", "/returns/doubtful", "/archive"),
    "auditor": ("/audit", "/reconciliation"),
}


@pytest.mark.parametrize(("width", "language"), [(360, "zh-CN"), (1280, "en-US")])
def test_pages_can_be_seen_heard_and_typed(sign_in: Visit, width: int, language: str):
    for login, paths in PAGES.items():
        page = sign_in(login, width=width, language=language)
        for path in paths:
            page.goto(path)
            assert broken_rules(page) == []
            keep_picture(page, f"{login}-{path.strip('/').replace('/', '-') or 'home'}-{width}")


@pytest.mark.parametrize(
    ("language", "heading"), [("zh-CN", "查无此件：并非本处签发"), ("en-US", "Unknown: not issued here")]
)
def test_a_stranger_without_scripts_gets_a_verdict_in_their_language(visit: Visit, language: str, heading: str):
    page = visit(width=360, javascript=False, language=language)
    page.goto("/q/" + "7" * 321)
    expect(page.locator("h1")).to_have_text(heading)
    assert page.locator("main").get_attribute("data-verdict") == "unknown"
    sign = page.locator(".verdict").bounding_box()
    assert sign is not None
    assert sign["y"] + sign["height"] < 780
    assert page.context.cookies() == []
    keep_picture(page, f"verify-unknown-{language}")


def test_the_public_pages_keep_the_rules_for_reading(visit: Visit):
    for language in ("zh-CN", "en-US"):
        page = visit(width=360, language=language)
        for path in ("/verify", "/q/1", "/sign-in"):
            page.goto(path)
            assert broken_rules(page) == []
        page.goto("/verify")
        page.locator("footer a").first.click()
        expect(page.locator("html")).to_have_attribute("lang", "en" if language == "zh-CN" else "zh-CN")


def test_a_typing_error_in_a_serial_is_told_beside_the_field_without_scripts(visit: Visit):
    page = visit(javascript=False)
    page.goto("/verify")
    page.fill("#typed", "7ZQ4-0HXR")
    page.locator("main button").click()
    expect(page.locator("#typed-problem")).to_be_visible()
    assert page.input_value("#typed") == "7ZQ4-0HXR"


def test_who_signs_out_is_out(sign_in: Visit, server: RunningServer):
    page = sign_in("clerk", anew=True, language="en-US")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(re.compile("/sign-in"))
    page.goto("/requests")
    assert page.url == f"{server.url}/sign-in?next=%2Frequests"
