"""Drafts and kept values are one person's, and no more than a person looks after."""

from __future__ import annotations

import pytest
from sqlalchemy import insert

from printserver.foundation.errors import Forbidden
from printserver.foundation.ids import new_id
from printserver.organisations.permissions import Role
from printserver.print_requests.drafts import (
    LARGEST_FIELDS,
    LONGEST_NAME,
    MOST_DRAFTS,
    MOST_TEMPLATES,
    DraftMalformed,
    KeptDocument,
    KeptFile,
    SavedDraftNotFound,
    TemplateNotFound,
    TooManyKept,
    confirm_findings,
    discard_draft,
    discard_template,
    draft_facts,
    drafts,
    save_draft,
    save_template,
    template_facts,
    templates,
)
from printserver.print_requests.models import RequestDraft, RequestTemplate
from tests.world import World

KEPT = KeptDocument(KeptFile("contract.pdf", "ab" * 32, "cd" * 32, ((210_000, 297_000),)))


def test_a_draft_is_read_changed_and_discarded_by_whoever_saved_it_alone(world: World):
    with world.database.work() as work:
        clerk, other = world.actor(work, Role.CLERK), world.actor(work, Role.CLERK, world.home.south)
        draft_id = save_draft(work, clerk, KEPT, {"title": "mine"})
    before = world.row_counts()
    with world.database.work() as work:
        assert drafts(work, other) == ()
        with pytest.raises(SavedDraftNotFound):
            draft_facts(work, other, draft_id)
        with pytest.raises(SavedDraftNotFound):
            save_draft(work, other, KEPT, {"title": "theirs"}, draft_id=draft_id)
        with pytest.raises(SavedDraftNotFound):
            confirm_findings(work, other, draft_id, [])
        with pytest.raises(SavedDraftNotFound):
            discard_draft(work, other, draft_id)
        assert draft_facts(work, clerk, draft_id).title == "mine"
    assert world.row_counts() == before
    with world.database.work() as work:
        discard_draft(work, clerk, draft_id)
    assert world.events()[-2:] == ["DraftSaved", "DraftDiscarded"]


def test_kept_values_are_one_persons_and_a_name_takes_them_anew(world: World):
    with world.database.work() as work:
        clerk, other = world.actor(work, Role.CLERK), world.actor(work, Role.CLERK, world.home.south)
        template_id = save_template(work, clerk, "  a  lease ", {"title": "lease"})
        assert save_template(work, clerk, "a lease", {"title": "rent"}) == template_id
        assert [(each.name, each.fields) for each in templates(work, clerk)] == [("a lease", {"title": "rent"})]
        assert templates(work, other) == ()
        with pytest.raises(TemplateNotFound):
            template_facts(work, other, template_id)
        with pytest.raises(TemplateNotFound):
            discard_template(work, other, template_id)
        assert template_facts(work, clerk, template_id).name == "a lease"


def test_what_no_form_holds_is_kept_under_no_name(world: World):
    before = world.row_counts()
    with world.database.work() as work:
        clerk, auditor = world.actor(work, Role.CLERK), world.actor(work, Role.AUDITOR)
        for name, fields in (
            (" ", {}),
            ("x" * (LONGEST_NAME + 1), {}),
            ("a\x07bell", {}),
            ("a lease", {"title": "x" * LARGEST_FIELDS}),
        ):
            with pytest.raises(DraftMalformed):
                save_template(work, clerk, name, fields)
        with pytest.raises(DraftMalformed):
            save_draft(work, clerk, KEPT, {"title": "x" * LARGEST_FIELDS})
        with pytest.raises(Forbidden):
            save_template(work, auditor, "a lease", {})
        with pytest.raises(Forbidden):
            save_draft(work, auditor, KEPT, {})
    assert world.row_counts() == before


def test_nobody_keeps_more_than_there_is_room_for(world: World):
    with world.database.work() as work:
        clerk, now = world.actor(work, Role.CLERK), work.now()
        own = {"organisation_id": clerk.organisation_id, "person_id": clerk.id, "fields": {}, "created_at": now}
        draft = {**own, "title": "", "document": KEPT.to_json(), "saved_at": now}
        work.session.execute(insert(RequestDraft), [{**draft, "id": new_id()} for _ in range(MOST_DRAFTS)])
        values = [{**own, "id": new_id(), "name": f"values {each}"} for each in range(MOST_TEMPLATES)]
        work.session.execute(insert(RequestTemplate), values)
    before = world.row_counts()
    with world.database.work() as work:
        with pytest.raises(TooManyKept):
            save_draft(work, clerk, KEPT, {})
        with pytest.raises(TooManyKept):
            save_template(work, clerk, "one more", {})
        save_template(work, clerk, "values 1", {"title": "anew"})
        save_draft(work, world.actor(work, Role.CLERK, world.home.south), KEPT, {})
        work.session.rollback()
    assert world.row_counts() == before
