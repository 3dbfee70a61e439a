"""What each class of documents says of its signed papers: read, and changed by whoever describes classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import select

from printserver.approvals.classes import class_facts
from printserver.approvals.models import ClassReturnPolicy
from printserver.approvals.return_policy import USUAL_POLICY, ReturnPolicy
from printserver.audit.log import Event, append
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, require
from printserver.organisations.permissions import Permission


@dataclass(frozen=True, kw_only=True)
class ReturnPolicyChanged(Event):
    """For copies that are printed from now on, and for what is handed in from now on."""

    subject: ClassVar[str] = "document-class"
    code: str
    before: dict[str, Any]
    after: dict[str, Any]


def return_policy(work: Work, organisation_id: UUID, code: str) -> ReturnPolicy:
    """Without regard to anybody's rights; the usual one for a class of which nothing was said."""
    row = _row(work, organisation_id, code)
    return USUAL_POLICY if row is None else ReturnPolicy.from_json(row.policy)


def set_return_policy(work: Work, actor: Actor, code: str, policy: ReturnPolicy) -> None:
    """Raises: Forbidden, ClassNotFound."""
    require(actor, Permission.MANAGE_DOCUMENTS)
    class_facts(work, actor.organisation_id, code)
    row = _row(work, actor.organisation_id, code)
    before = USUAL_POLICY.to_json() if row is None else dict(row.policy)
    if row is None:
        row = ClassReturnPolicy(id=new_id(), organisation_id=actor.organisation_id, class_code=code, policy={})
        work.session.add(row)
    row.policy, row.changed_at = policy.to_json(), work.now()
    work.session.flush()
    append(work, actor.by, ReturnPolicyChanged(id=row.id, code=code, before=before, after=policy.to_json()))


def _row(work: Work, organisation_id: UUID, code: str) -> ClassReturnPolicy | None:
    return work.session.scalar(
        select(ClassReturnPolicy).where(
            ClassReturnPolicy.organisation_id == organisation_id, ClassReturnPolicy.class_code == code
        )
    )
