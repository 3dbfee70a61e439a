"""Freeze and unfreeze a branch with all below it, or the whole organisation, with the statements for the signer.

Freezing is one word, works at once in the rows, and is stated besides, so that the signer signs nothing for that place
either. Unfreezing is a statement of two officers from above, and the rows follow it.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from printserver.approvals.flows import Attestor
from printserver.approvals.people_changes import Outcome
from printserver.approvals.statement_queries import statements
from printserver.approvals.statement_states import StatementState
from printserver.approvals.statements import propose
from printserver.audit.log import By
from printserver.foundation.errors import Refused
from printserver.foundation.unit_of_work import Work
from printserver.organisations import freezing
from printserver.organisations.access import Actor
from printserver.organisations.branches import BranchNotFound, branch_for
from printserver.organisations.people import required_reason
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import covers_organisation
from printserver.organisations.roles import WholeOrganisationNeeded
from printserver.signing.signatories import office_covers
from printserver.signing.statements import StatementKind

WHO_MAY: Final = (Permission.CONFIRM_STATEMENTS, Permission.MANAGE_PEOPLE)


class PlaceIsTheTop(Refused):
    """The branch above all others is the organisation itself."""

    code = "place-is-the-top"


def freeze_place(work: Work, actor: Actor, attestor: Attestor, branch_id: UUID | None, *, reason: str) -> Outcome:
    """At once.   branch_id: None for the whole organisation.

    Raises: BranchNotFound, WholeOrganisationNeeded, PlaceIsTheTop, NobodyToUnfreeze, ReasonNeeded.
    """
    path = _path(work, actor, branch_id)
    said = required_reason(reason)
    if freezing.is_frozen_itself(work, actor.organisation_id, branch_id):
        return Outcome(done=True)
    freezing.require_somebody_to_unfreeze(work, actor.organisation_id, path)
    body = {"path": path, "reason": said}
    made = propose(work, actor, attestor, StatementKind.FREEZE, body, reason=said)
    freezing.freeze_place(work, actor.by, actor.organisation_id, branch_id, reason=said)
    return Outcome(done=True, statements=(made,))


def unfreeze_place(work: Work, actor: Actor, attestor: Attestor, branch_id: UUID | None, *, reason: str) -> Outcome:
    """Once two officers have signed; asking again answers the statement that waits.

    Raises: BranchNotFound, WholeOrganisationNeeded, ReasonNeeded.
    """
    path = _path(work, actor, branch_id)
    said = required_reason(reason)
    if not freezing.is_frozen_itself(work, actor.organisation_id, branch_id):
        return Outcome(done=True)
    waiting = tuple(
        each.id
        for each in statements(work, actor, state=StatementState.PROPOSED, kind=StatementKind.UNFREEZE)
        if each.body["path"] == path
    )
    if waiting:
        return Outcome(done=False, statements=waiting)
    made = propose(work, actor, attestor, StatementKind.UNFREEZE, {"path": path}, reason=said)
    return Outcome(done=False, statements=(made,))


def apply_freeze(work: Work, by: By, organisation_id: UUID, path: str | None, reason: str) -> None:
    """The signer's register holds it: rows that say otherwise follow."""
    freezing.freeze_place(work, by, organisation_id, _branch_of(path), reason=reason)


def apply_unfreeze(work: Work, by: By, organisation_id: UUID, path: str | None) -> None:
    freezing.unfreeze_place(work, by, organisation_id, _branch_of(path))


def _branch_of(path: str | None) -> UUID | None:
    return None if path is None else UUID(path.rstrip("/").rpartition("/")[2])


def _path(work: Work, actor: Actor, branch_id: UUID | None) -> str | None:
    """Of a branch that `actor` may freeze; None for the whole organisation."""
    if branch_id is None:
        if not any(covers_organisation(work, actor, each) for each in WHO_MAY):
            raise WholeOrganisationNeeded("the whole organisation is frozen by who has this right at all of it")
        return None
    for permission in WHO_MAY:
        try:
            branch = branch_for(work, actor, branch_id, permission)
        except BranchNotFound:
            continue
        if office_covers(branch.path, ""):
            raise PlaceIsTheTop("this is the whole organisation; freeze that")
        return branch.path
    raise BranchNotFound("there is no such branch")
