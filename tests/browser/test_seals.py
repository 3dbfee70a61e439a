"""A seal is drawn while somebody types; its pages can be read on a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from printserver.http_edge.live import LiveLimits
from printserver.organisations.permissions import Role
from tests.browser.conftest import Visit, enter, keep_picture
from tests.browser.reading_rules import broken_rules
from tests.databases import sqlite_template
from tests.http.live_server import LiveServer, live_server
from tests.http.seal_things import SealThings, seals_at
from tests.world import World, world, world_template

__all__ = ["sqlite_template", "world", "world_template"]

PHONE = 360


@pytest.fixture
def things(world: World) -> SealThings:
    return seals_at(world)


@pytest.fixture
def server(world: World, things: SealThings) -> Iterator[LiveServer]:
    """Not the whole product: these pages need no HSM and no printer."""
    with live_server(world, LiveLimits()) as running:
        yield running


@pytest.fixture
def look(visit: Visit, server: LiveServer) -> Callable[..., Page]:
    def opened(role: Role, path: str, **options: Any) -> Page:
        page = visit(**options)
        enter(page.context, server, role)
        page.goto(f"{server.url}{path}")
        return page

    return opened


def test_the_seal_is_drawn_while_somebody_types(look: Callable[..., Page]):
    page = look(Role.CLERK, "/seals/new")
    expect(page.locator("#drawn svg")).to_have_count(0)
    page.get_by_label("印章上的名称").type("北京诚印科技有限公司", delay=20)
    expect(page.locator("#drawn svg")).to_have_count(1)
    page.get_by_label("类型", exact=True).select_option("invoice")
    expect(page.get_by_label("宽（毫米）")).to_have_value("40")
    expect(page.get_by_label("高（毫米）")).to_have_value("30")
    page.get_by_label("备案编号或税号").fill("91110108MA01ABCD2X")
    # Ring, ten characters of the name, eighteen of the number, five of 发票专用章.
    expect(page.locator("#drawn svg path")).to_have_count(1 + 10 + 18 + 5)
    keep_picture(page, "seal-application")
    page.get_by_label("印章上的名称").fill("北京🦄公司")
    expect(page.locator("#drawn")).to_contain_text("🦄")
    assert broken_rules(page) == []


def test_without_scripts_a_button_draws_it(look: Callable[..., Page]):
    page = look(Role.CLERK, "/seals/new", javascript=False)
    page.get_by_label("印章上的名称").fill("北京诚印科技有限公司")
    page.get_by_role("button", name="重新绘制").click()
    expect(page.locator("#drawn svg")).to_have_count(1)
    expect(page.get_by_label("印章上的名称")).to_have_value("北京诚印科技有限公司")


def test_the_pages_about_seals_can_be_read_on_a_phone(look: Callable[..., Page], world: World, things: SealThings):
    north = f"/seals/{world.home.north.seal_id}"
    application, physical = f"/seals/{things.application}", f"/physical-seals/{things.physical}"
    for role, path, name in (
        (Role.CUSTODIAN, north, "seal-custodian"),
        (Role.SEAL_ADMINISTRATOR, "/seals", "seals"),
        (Role.SEAL_ADMINISTRATOR, f"{north}/uses", "seal-uses"),
        (Role.SEAL_ADMINISTRATOR, physical, "physical-seal"),
        (Role.SEAL_ADMINISTRATOR, "/seals/imports/new", "seal-import"),
        (Role.KEY_OFFICER, application, "seal-officer"),
        (Role.CLERK, "/seals/new", "seal-new"),
    ):
        page = look(role, path, width=PHONE)
        for each in page.locator("details").all():
            each.evaluate("details => details.open = true")
        keep_picture(page, name)
        assert broken_rules(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
