"""The pages of document classes: what is said of one, its flow step by step, and the proposal that waits."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import update

from printserver.approvals.classes import ClassDescription, class_facts, describe_class
from printserver.approvals.models import DocumentClass
from printserver.organisations.permissions import Role
from tests.http.api_client import ApiClient
from tests.http.page_visitor import Visitor, first, shown_again, went_to
from tests.world import World

GENERAL = "/document-classes/general"
STEP = {
    "name": "",
    "name_zh": "部门审批",
    "name_en": "Department",
    "quorum": "1",
    "role": "approver",
    "scope": "branch",
}
WORDS = {"name_zh": "一般合同", "name_en": "General contract", "retention": "30-years"}


@pytest.fixture
def manager(api: ApiClient, world: World) -> Visitor:
    return Visitor.of(api, Role.DOCUMENT_ADMINISTRATOR, world.home.head)


def facts(world: World, code: str = "general") -> Any:
    with world.database.reading() as work:
        return class_facts(work, world.home.id, code)


def test_what_is_said_of_a_class_is_kept_with_what_it_suggests(manager: Visitor, world: World):
    printer = str(world.home.head.printer_id)
    place = {"place_kind": "page", "place_page": "2", "place_x": "150", "place_y": "22,5"}
    answer = manager.send(GENERAL, **WORDS, seal_types=["contract", "company"], printer_id=printer, **place)
    assert went_to(answer).startswith(GENERAL)
    said = facts(world).description
    assert set(said.seal_types) == {"contract", "company"}
    assert said.hints == {"printer_id": printer, "place": {"page": 2, "x_um": 150_000, "y_um": 22_500}}
    page = manager.page(GENERAL)
    assert re.search(r'value="contract" checked>', page)
    assert not re.search(r'value="finance" checked>', page)
    assert f'<option value="{printer}" selected>' in page
    assert '<option value="30-years" selected>30 years</option>' in page
    for name, value in (("place-page", "2"), ("place-x", "150"), ("place-y", "22.5")):
        assert re.search(rf'id="{name}"[^>]* value="{value}"', page), name


def test_saving_a_class_as_it_stands_forgets_nothing(manager: Visitor, world: World):
    """Also a suggestion that only the API can make, and a type of seal and a time of keeping from before."""
    hints = {"place": {"straddle": "left", "pages": "2-4", "inset_um": 3_000, "group": 3}}
    with world.database.work() as work:
        actor = world.actor(work, Role.DOCUMENT_ADMINISTRATOR, world.home.head)
        describe_class(
            work, actor, ClassDescription("general", "甲", "A", "10-years", ("company", "old-seal"), hints=hints)
        )
        old = update(DocumentClass).where(DocumentClass.organisation_id == world.home.id)
        work.session.execute(old.values(retention="12 years"))
    before = facts(world).description
    form = first(r'(?s)<form method="post" action="/document-classes/general">(.*?)</form>', manager.page(GENERAL))
    fields: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = first(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if 'type="checkbox"' not in tag or " checked" in tag:
            fields.setdefault(name, []).append(value[1] if value else "")
    for name, options in re.findall(r'(?s)<select[^>]*name="([^"]+)">(.*?)</select>', form):
        chosen = re.search(r'<option(?: value="([^"]*)")? selected>([^<]*)', options)
        fields[name] = "" if chosen is None else chosen[1] if chosen[1] is not None else chosen[2]
    fields.pop("csrf_token")
    went_to(manager.send(GENERAL, **fields))
    assert facts(world).description == before


def test_a_place_that_cannot_be_is_shown_again_as_it_was_typed(manager: Visitor, world: World):
    before = facts(world).description
    page = shown_again(manager.send(GENERAL, **WORDS, place_kind="page", place_page="two", place_x="1"), 422)
    assert 'value="two"' in page
    assert facts(world).description == before


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_proposed_flow_waits_on_its_page_with_its_difference_and_a_link(api: ApiClient, world: World, language: str):
    manager = Visitor.of(api, Role.DOCUMENT_ADMINISTRATOR, world.home.head, language=language)
    went_to(manager.send(f"{GENERAL}/flows", **STEP, sealing="electronic", reason="new people"))
    page = manager.page(GENERAL)
    name, told = ("部门审批", "新增") if language == "zh" else ("Department", "new")
    assert name in page
    assert told in first(r'(?s)<section class="card border-warning.*?</section>', page)
    address = first(r'href="(/statements/[0-9a-f-]{36})"', page)
    assert name in manager.page(address)
    other = Visitor.of(api, Role.DOCUMENT_ADMINISTRATOR, world.home.head, language=language)
    assert "card border-warning" in other.page(GENERAL)
    again = {**STEP, "name_en": "Board", "name_zh": "董事会", "sealing": "electronic"}
    shown_again(manager.send(f"{GENERAL}/flows", **again), 409)
    assert facts(world).flow.version == 1


def test_a_flow_nobody_could_complete_says_where_in_the_readers_words(api: ApiClient, world: World):
    manager = Visitor.of(api, Role.DOCUMENT_ADMINISTRATOR, world.home.head, language="zh")
    before = world.row_counts()
    page = shown_again(manager.send(f"{GENERAL}/flows", **{**STEP, "quorum": "9"}, sealing="electronic"), 409)
    assert "步骤“部门审批”无人可办理" in page
    assert "nobody is left" not in page
    assert world.row_counts() == before
    preview = {**STEP, "quorum": "9", "action": "preview", "case_branch": str(world.home.north.branch_id)}
    shown = shown_again(manager.send(f"{GENERAL}/flow-previews", **preview), 200)
    assert "步骤“部门审批”无人可办理" in shown
    assert "nobody is left" not in shown


def test_steps_are_added_moved_and_removed_without_scripts_and_nothing_typed_is_lost(manager: Visitor, world: World):
    approver = str(world.person(Role.APPROVER).id)
    two = {name: [value, f"{value}2" if name.startswith("name") else value] for name, value in STEP.items()}
    typed = {**two, "person": [f"1:{approver}"], "seal": ["1:contract", "0:company"], "reason": "because"}
    before = world.row_counts()
    page = shown_again(manager.send(f"{GENERAL}/flow-previews", **typed, action="up-1"), 200)
    names = re.findall(r'name="name_en" value="([^"]*)"', page)
    assert names == ["Department2", "Department"]
    assert f'<option value="0:{approver}" selected>' in page
    assert re.findall(r'value="(\d:[a-z-]+)" checked', page) == ["0:contract", "1:company"]
    page = shown_again(manager.send(f"{GENERAL}/flow-previews", **typed, action="remove-0"), 200)
    assert re.findall(r'name="name_en" value="([^"]*)"', page) == ["Department2"]
    page = shown_again(manager.send(f"{GENERAL}/flow-previews", **typed, action="add"), 200)
    assert len(re.findall(r'name="name_en" value="([^"]*)"', page)) == 3
    assert "because" in page
    assert world.row_counts() == before


def test_a_step_is_called_in_both_languages_or_the_field_is_marked(manager: Visitor, world: World):
    before = world.row_counts()
    page = shown_again(manager.send(f"{GENERAL}/flows", **{**STEP, "name_en": ""}, sealing="electronic"), 422)
    assert re.search(r'aria-invalid="true" id="name-en-0"', page)
    assert 'value="部门审批"' in page
    assert world.row_counts() == before


def test_only_who_manages_documents_opens_the_editor(api: ApiClient, world: World):
    clerk = Visitor.of(api, Role.CLERK)
    assert clerk.look(GENERAL).status_code == 403
    assert clerk.send(f"{GENERAL}/flows", **STEP).status_code == 403
