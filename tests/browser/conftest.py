"""A real browser against a real server; whatever it complains about fails the test."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, sync_playwright

from printserver.organisations.permissions import Role
from tests.http.live_server import LiveServer
from tests.running_server import BrowserSession, RunningServer, server, shared_server
from tests.world_building import Office

__all__ = ["server", "shared_server"]

CHROMIUM: Final = "/usr/bin/chromium"
FLAGS: Final = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
PICTURES: Final = Path(__file__).parents[2] / "var" / "browser"
PATIENCE_MS: Final = 120_000
SESSION_SECONDS: Final = 200.0
"""Before what was shown at the sign-in has to be shown again."""

Visit = Callable[..., Page]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Not longer than its module: while Playwright runs, no other event loop can run in this thread."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser, server: RunningServer) -> Iterator[Visit]:
    """Opens a page in a fresh profile: `visit(width=360, javascript=False, language="en-US")`.

    Console messages, script errors and breaches of the content security policy fail the test at its end.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_page(*, width: int = 1280, javascript: bool = True, language: str = "zh-CN") -> Page:
        options: dict[str, Any] = {"viewport": {"width": width, "height": 780}, "locale": language}
        options["reduced_motion"] = "reduce"  # else axe measures colours in the middle of a transition
        context = chromium.new_context(**options, java_script_enabled=javascript, base_url=server.url)
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: _said(complaints, page, message.text))
        page.on("pageerror", lambda error: _said(complaints, page, str(error)))
        page.on("requestfailed", lambda request: _failed(complaints, request))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def _said(complaints: list[str], page: Page, text: str) -> None:
    """That a form was refused is an answer of ours."""
    if not text.endswith(("(Unprocessable Entity)", "(Conflict)")):
        complaints.append(f"{page.url}: {text}")


def _failed(complaints: list[str], request: Any) -> None:
    """A page that is left takes its unfinished requests with it; a download is no page."""
    if request.failure != "net::ERR_ABORTED":
        complaints.append(f"{request.url} failed: {request.failure}")


@pytest.fixture
def sign_in(visit: Visit, server: RunningServer) -> Visit:
    """A page whose visitor is signed in: `sign_in("clerk")`.

    Whoever signed in a moment ago goes on with that session, unless `anew`: an address that signs in again and again is
    told to wait.
    """

    def signed_in(login: str, *, anew: bool = False, **options: Any) -> Page:
        page = visit(**options)
        session = server.sessions.get(login)
        if session is not None and not anew and time.monotonic() - session.since < SESSION_SECONDS:
            page.context.add_cookies([session.cookie])
            page.goto("/")
            return page
        page.goto("/")
        page.fill("#login", login)
        page.fill("#password", server.passwords[login])
        page.click("main button")
        page.wait_for_url("**/")
        if not anew:
            server.sessions[login] = BrowserSession(_session_cookie(page.context), time.monotonic())
        return page

    return signed_in


def enter(context: BrowserContext, server: LiveServer, role: Role, office: Office | None = None) -> None:
    """Sign somebody of a world in, without typing."""
    name, _, secret = server.cookie(server.session(role, office))["Cookie"].partition("=")
    context.add_cookies([{"name": name, "value": secret, "url": server.url}])


def _session_cookie(context: BrowserContext) -> Any:
    """Not the one by which the device is known."""
    (cookie,) = [cookie for cookie in context.cookies() if cookie["name"] == "printserver"]
    return cookie


def bring_into_view(element: Locator) -> None:
    """At once: Playwright's own scrolling waits for the element to rest, and a page that follows may replace it."""
    element.evaluate("element => element.scrollIntoView({block: 'center', behavior: 'instant'})")


def keep_picture(page: Page, name: str) -> None:
    """For people to look at: `var/browser/<name>.png`."""
    keep_bytes(page.screenshot(full_page=True), name)


def keep_bytes(png: bytes, name: str) -> None:
    """A PNG file that was made elsewhere, beside the others."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    (PICTURES / f"{name}.png").write_bytes(png)
