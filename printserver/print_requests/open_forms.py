"""Forms of applications as they stand in people's browsers, so that a reload or the back button shows them again.

They are no drafts: nobody saved them, no list shows them, and they are forgotten after a week.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from printserver.foundation.unit_of_work import Database, Work
from printserver.organisations.access import Actor, require
from printserver.organisations.permissions import Permission
from printserver.print_requests.drafts import LARGEST_FIELDS, DraftMalformed, SavedDraftNotFound
from printserver.print_requests.models import OpenForm

KEPT: Final = timedelta(days=7)
MOST_FORMS: Final = 50
"""Of one person; the oldest gives way."""


@dataclass(frozen=True)
class FormFacts:
    """`problem`: why it was refused when it was sent last, as JSON; None for one that was not."""

    typed: Mapping[str, Any]
    problem: Mapping[str, Any] | None
    saved_at: datetime


def keep_form(
    work: Work, actor: Actor, form_id: UUID, typed: Mapping[str, Any], problem: Mapping[str, Any] | None = None
) -> None:
    """form_id: chosen when the form was first shown.   Raises: Forbidden, DraftMalformed, SavedDraftNotFound."""
    require(actor, Permission.CREATE_REQUEST)
    if len(str(typed)) > LARGEST_FIELDS:
        raise DraftMalformed("this is more than a form holds")
    now = {"typed": dict(typed), "problem": None if problem is None else dict(problem), "saved_at": work.now()}
    own = update(OpenForm).where(OpenForm.id == form_id, OpenForm.person_id == actor.id).values(**now)
    if work.session.scalar(own.returning(OpenForm.id)) is not None:
        return
    row = OpenForm(id=form_id, organisation_id=actor.organisation_id, person_id=actor.id, **now)
    try:
        with work.session.begin_nested():
            work.session.add(row)
    except IntegrityError:  # somebody else's, or the same form sent twice in the same moment
        if work.session.scalar(own.returning(OpenForm.id)) is None:
            raise SavedDraftNotFound("there is no such form") from None
    _make_room(work, actor)


def kept_form(work: Work, actor: Actor, form_id: UUID) -> FormFacts | None:
    """None for one that was never sent, was forgotten, or is somebody else's."""
    row = work.session.scalar(select(OpenForm).where(OpenForm.id == form_id, OpenForm.person_id == actor.id))
    return None if row is None else FormFacts(row.typed, row.problem, row.saved_at)


def forget_old_forms(database: Database) -> int:
    """Those that nobody has touched for a week; answers how many."""
    with database.work() as work:
        old = delete(OpenForm).where(OpenForm.saved_at < work.now() - KEPT).returning(OpenForm.id)
        gone = work.session.scalars(old).all()
    return len(gone)


def _make_room(work: Work, actor: Actor) -> None:
    newest = select(OpenForm.id).where(OpenForm.person_id == actor.id).order_by(OpenForm.saved_at.desc())
    older = work.session.scalars(newest.offset(MOST_FORMS)).all()
    work.session.execute(delete(OpenForm).where(OpenForm.id.in_(older)))
