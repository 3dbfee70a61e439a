"""One says, another confirms: two natural persons, whatever accounts and deputies they have; and one at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy.dialects import postgresql, sqlite

from printserver.approvals.rules import PersonCountsOnce
from printserver.archive.retention_models import RetentionTurn
from printserver.foundation.errors import Forbidden, Malformed
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, branch_path
from printserver.organisations.permissions import Permission
from printserver.organisations.service_accounts import is_program

LONGEST_REASON: Final = 500


class RetentionReasonMissing(Malformed):
    """What concerns the time that records are kept says why, in at most 500 characters."""

    code = "retention-reason-missing"


@dataclass(frozen=True)
class Word:
    """`acts_for`: whose place the person takes as a deputy; None by a right of the own."""

    person_id: UUID
    acts_for: UUID | None = None

    @property
    def persons(self) -> frozenset[UUID]:
        """Everybody whom this word uses up."""
        return frozenset(one for one in (self.person_id, self.acts_for) if one is not None)


def take_turn(work: Work, organisation_id: UUID) -> None:
    """Until the transaction ends nobody else decides on holds, changes and disposals of this organisation.

    Call it before anything is read: what was committed before is seen, and nothing happens in between.
    """
    insert = sqlite.insert if work.session.get_bind().dialect.name == "sqlite" else postgresql.insert
    work.session.execute(
        insert(RetentionTurn)
        .values(organisation_id=organisation_id, taken_at=work.now())
        .on_conflict_do_update(index_elements=["organisation_id"], set_={"taken_at": work.now()})
    )


def first_word(work: Work, actor: Actor, branch_id: UUID) -> Word:
    """For whoever asks.   Raises: Forbidden."""
    return _word(work, actor, Permission.MANAGE_RETENTION, branch_id, frozenset())


def second_word(work: Work, actor: Actor, branch_id: UUID, first: Word) -> Word:
    """For whoever confirms what `first` asked for.   Raises: Forbidden, PersonCountsOnce."""
    word = _word(work, actor, Permission.CONFIRM_RETENTION, branch_id, first.persons)
    if word.persons & first.persons:
        raise PersonCountsOnce("you have asked for this yourself; another person must confirm it")
    return word


def stated(reason: str) -> str:
    """Raises: RetentionReasonMissing."""
    text = reason.strip()
    if not 1 <= len(text) <= LONGEST_REASON:
        raise RetentionReasonMissing(f"say why, in at most {LONGEST_REASON} characters")
    return text


def _word(work: Work, actor: Actor, permission: Permission, branch_id: UUID, used: frozenset[UUID]) -> Word:
    path = branch_path(work, branch_id)
    if not actor.may(permission, path):
        raise Forbidden(f"your roles do not include: {permission}")
    if is_program(work, actor.id):
        raise Forbidden("a program decides on nothing that takes two persons")
    covering = [grant for grant in actor.grants if permission in grant.permissions and path.startswith(grant.path)]
    if any(grant.acts_for is None for grant in covering):
        return Word(actor.person_id)
    principals = sorted(
        (grant.acts_for for grant in covering if grant.acts_for is not None), key=lambda one: one in used
    )
    return Word(actor.person_id, principals[0])
