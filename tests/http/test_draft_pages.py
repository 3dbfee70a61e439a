"""Drafts and kept values on pages: each person's own, opened, discarded, and never another's."""

from __future__ import annotations

import pytest

from printserver.organisations.permissions import Role
from printserver.print_requests import drafts
from tests.http.api_client import ApiClient
from tests.http.page_visitor import Visitor, went_to
from tests.http.request_things import kept_document
from tests.world import World

LIST = "/requests/drafts"


@pytest.fixture
def clerk(api: ApiClient) -> Visitor:
    return Visitor.of(api, Role.CLERK)


def saved(world: World, title: str = "a lease") -> str:
    with world.database.work() as work:
        draft = drafts.save_draft(work, world.actor(work, Role.CLERK), kept_document(world), {"title": title})
    return str(draft)


def kept(world: World, name: str = "leases") -> str:
    with world.database.work() as work:
        return str(drafts.save_template(work, world.actor(work, Role.CLERK), name, {"title": "a kept title"}))


@pytest.mark.parametrize(("language", "none"), [("en", "There are none."), ("zh", "暂无。")])
def test_a_list_with_nothing_says_so(api: ApiClient, language: str, none: str):
    assert Visitor.of(api, Role.CLERK, language=language).page(LIST).count(none) == 2


def test_a_draft_is_listed_opened_with_what_was_typed_and_discarded_once(clerk: Visitor, world: World):
    draft = saved(world)
    page = clerk.page(LIST)
    assert f'href="/requests/new?saved={draft}">a lease' in page
    assert "contract.pdf" in page
    assert 'value="a lease"' in clerk.page(f"/requests/new?saved={draft}")
    assert went_to(clerk.send(f"{LIST}/{draft}/discardings")).startswith(LIST)
    assert draft not in clerk.page(LIST)
    assert clerk.send(f"{LIST}/{draft}/discardings").status_code == 404
    assert clerk.look(f"/requests/new?saved={draft}").status_code == 404


def test_a_draft_without_a_title_can_be_opened_too(clerk: Visitor, world: World):
    draft = saved(world, "")
    assert f'href="/requests/new?saved={draft}">without a title' in clerk.page(LIST)


def test_kept_values_fill_the_form_and_are_discarded(clerk: Visitor, world: World):
    template = kept(world)
    assert f'href="/requests/new?template={template}">leases' in clerk.page(LIST)
    assert clerk.look(f"/requests/new?template={template}").status_code == 200
    assert went_to(clerk.send(f"/requests/templates/{template}/discardings")).startswith(LIST)
    assert clerk.send(f"/requests/templates/{template}/discardings").status_code == 404


@pytest.mark.parametrize("office", ["south", "foreign"])
def test_nobody_sees_or_discards_what_another_began(api: ApiClient, world: World, office: str):
    draft, template = saved(world), kept(world)
    place = world.home.south if office == "south" else world.foreign.north
    other = Visitor.of(api, Role.CLERK, place)
    before = world.row_counts()
    page = other.page(LIST)
    assert draft not in page
    assert template not in page
    assert other.look(f"/requests/new?saved={draft}").status_code == 404
    assert "a kept title" not in other.page(f"/requests/new?template={template}")
    for path in (f"{LIST}/{draft}/discardings", f"/requests/templates/{template}/discardings"):
        assert other.send(path).status_code == 404
    after = world.row_counts()
    assert {name: count for name, count in after.items() if name not in ("audit_entry", "session")} == {
        name: count for name, count in before.items() if name not in ("audit_entry", "session")
    }


def test_words_of_a_draft_are_shown_as_words(clerk: Visitor, world: World):
    saved(world, "<script>alert(1)</script>")
    answer = clerk.look(LIST)
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;alert" in answer.text
