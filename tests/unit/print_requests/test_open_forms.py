"""A form is shown again to its person alone, gives way to newer ones, and is forgotten after a week."""

from __future__ import annotations

from uuid import UUID

import pytest

from printserver.foundation.errors import Forbidden
from printserver.foundation.ids import new_id
from printserver.organisations.permissions import Role
from printserver.print_requests import open_forms
from printserver.print_requests.drafts import (
    LARGEST_FIELDS,
    DraftMalformed,
    KeptDocument,
    KeptFile,
    SavedDraftNotFound,
    discard_draft,
    save_draft,
)
from tests.world import World
from tests.world_building import Office

DAY = 86_400


def keep(world: World, form_id: UUID, title: str, office: Office | None = None, role: Role = Role.CLERK) -> None:
    with world.database.work() as work:
        open_forms.keep_form(work, world.actor(work, role, office), form_id, {"title": title}, {"code": "refused"})


def titles(world: World, *forms: UUID, office: Office | None = None) -> list[str]:
    with world.database.reading() as work:
        found = [open_forms.kept_form(work, world.actor(work, Role.CLERK, office), each) for each in forms]
    return [each.typed["title"] for each in found if each is not None]


def test_a_form_is_shown_as_it_was_kept_last_and_to_its_person_alone(world: World):
    form = new_id()
    keep(world, form, "a lease")
    keep(world, form, "a longer lease")
    assert titles(world, form) == ["a longer lease"]
    assert titles(world, form, office=world.home.south) == []
    with pytest.raises(SavedDraftNotFound):
        keep(world, form, "theirs", world.home.south)
    with pytest.raises(Forbidden):
        keep(world, new_id(), "nobody's", role=Role.AUDITOR)
    with pytest.raises(DraftMalformed):
        keep(world, form, "x" * LARGEST_FIELDS)
    assert titles(world, form) == ["a longer lease"]


def test_the_oldest_form_gives_way_and_all_are_forgotten_after_a_week(world: World):
    forms = [new_id() for _ in range(open_forms.MOST_FORMS + 1)]
    for at, form in enumerate(forms):
        keep(world, form, str(at))
        world.clock.advance(1)
    others = new_id()
    keep(world, others, "theirs", world.home.south)
    assert titles(world, *forms) == [str(at) for at in range(1, len(forms))]
    world.clock.advance(6 * DAY)
    keep(world, forms[-1], "touched")
    world.clock.advance(2 * DAY)
    assert open_forms.forget_old_forms(world.database) == open_forms.MOST_FORMS
    assert titles(world, *forms) == ["touched"]


def test_with_a_draft_go_the_forms_in_which_it_stands_and_no_others(any_world: World):
    kept = KeptDocument(KeptFile("contract.pdf", "ab" * 32, "cd" * 32, ((210_000, 297_000),)))
    with any_world.database.work() as work:
        clerk = any_world.actor(work, Role.CLERK)
        draft_id, first, other = save_draft(work, clerk, kept, {"title": "mine"}), new_id(), new_id()
        for form_id, saved in ((first, str(draft_id)), (draft_id, ""), (other, "")):
            open_forms.keep_form(work, clerk, form_id, {"title": "mine", "saved": saved})
    with any_world.database.work() as work:
        discard_draft(work, clerk, draft_id)
    assert titles(any_world, first, draft_id) == []
    assert titles(any_world, other) == ["mine"]
