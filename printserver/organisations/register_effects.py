"""What follows here when the signer has taken a statement about people into its register: the row, for pages and lists.

They run once for each statement, in the transaction that notes it as registered.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from printserver.audit.log import By
from printserver.foundation.errors import Refused
from printserver.foundation.unit_of_work import Work
from printserver.organisations.delegations import NewDelegation, end_delegations_between, write_delegation
from printserver.organisations.holdings import accounts_of
from printserver.organisations.models import Branch, User
from printserver.organisations.people import freeze_person, unfreeze_person
from printserver.organisations.roles import bind, end_rights, rights_of

NO_REASON: Final = "by the signer's register"


class SeatWithoutPlace(Refused):
    """The person has left or the branch has moved or closed since the officers signed."""

    code = "seat-without-place"


def apply_seat(work: Work, by: By, body: Mapping[str, Any], statement_id: UUID | None = None) -> None:
    """The person's first account holds the role.

    body: person_id, role, path, from, until, as in the statement `seat`.
    Raises: SeatWithoutPlace, RolesIncompatible, DatesWrong; then only the register has the seat.
    """
    person_id, role, path = UUID(body["person_id"]), str(body["role"]), str(body["path"])
    organisation_id = work.session.scalar(
        select(User.organisation_id).where(User.id == person_id, User.left_at.is_(None))
    )
    place = select(Branch.id).where(Branch.path == path, Branch.closed_at.is_(None))
    branch_id = work.session.scalar(place.where(Branch.organisation_id == organisation_id))
    if branch_id is None:
        raise SeatWithoutPlace("the person has left, or there is no such branch any more")
    since, until = _moment(body.get("from")), _moment(body.get("until"))
    bind(work, by, person_id, role, branch_id, since=since, until=until, statement_id=statement_id)


def apply_unseat(work: Work, by: By, body: Mapping[str, Any]) -> None:
    """body: person_id, role, path."""
    accounts = accounts_of(work, UUID(body["person_id"]))
    seats = [right for right in rights_of(work, *accounts) if (right.role, right.path) == (body["role"], body["path"])]
    end_rights(work, by, [right.id for right in seats])


def apply_bar(work: Work, by: By, body: Mapping[str, Any]) -> None:
    """body: person_id, reason."""
    freeze_person(work, by, UUID(body["person_id"]), reason=str(body.get("reason") or NO_REASON))


def apply_unbar(work: Work, by: By, body: Mapping[str, Any]) -> None:
    """body: person_id. Two officers have let the person in again."""
    unfreeze_person(work, by, UUID(body["person_id"]), reason=NO_REASON)


def apply_delegation(work: Work, by: By, body: Mapping[str, Any], statement_id: UUID | None = None) -> None:
    """body: principal, deputy, role, from, until.   Raises: DeputyUnfit, RolesIncompatible."""
    principal_id = UUID(body["principal"])
    new = NewDelegation(
        UUID(body["deputy"]),
        str(body["role"]),
        datetime.fromisoformat(body["from"]),
        datetime.fromisoformat(body["until"]),
    )
    write_delegation(work, by, principal_id, new, statement_id=statement_id)


def apply_delegation_end(work: Work, by: By, body: Mapping[str, Any]) -> None:
    """body: principal, deputy, role."""
    end_delegations_between(work, by, UUID(body["principal"]), UUID(body["deputy"]), str(body["role"]))


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
