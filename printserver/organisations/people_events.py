"""What happens to branches, people and their rights; each change with what was before and what is after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from printserver.audit.log import Event


@dataclass(frozen=True, kw_only=True)
class BranchRenamed(Event):
    subject: ClassVar[str] = "branch"
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class BranchMoved(Event):
    """Paths: of this branch; all below it moved along."""

    subject: ClassVar[str] = "branch"
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class BranchClosed(Event):
    subject: ClassVar[str] = "branch"
    name: str


@dataclass(frozen=True, kw_only=True)
class BranchReopened(Event):
    subject: ClassVar[str] = "branch"
    name: str


@dataclass(frozen=True, kw_only=True)
class BranchFrozen(Event):
    """With all below it."""

    subject: ClassVar[str] = "branch"
    reason: str


@dataclass(frozen=True, kw_only=True)
class BranchUnfrozen(Event):
    subject: ClassVar[str] = "branch"


@dataclass(frozen=True, kw_only=True)
class OrganisationFrozen(Event):
    subject: ClassVar[str] = "organisation"
    reason: str


@dataclass(frozen=True, kw_only=True)
class OrganisationUnfrozen(Event):
    subject: ClassVar[str] = "organisation"


@dataclass(frozen=True, kw_only=True)
class PersonChanged(Event):
    """Each as `field: value` of what changed."""

    subject: ClassVar[str] = "user"
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class PersonMoved(Event):
    subject: ClassVar[str] = "user"
    before: UUID
    after: UUID


@dataclass(frozen=True, kw_only=True)
class PersonFrozen(Event):
    subject: ClassVar[str] = "user"
    reason: str


@dataclass(frozen=True, kw_only=True)
class PersonUnfrozen(Event):
    subject: ClassVar[str] = "user"
    reason: str


@dataclass(frozen=True, kw_only=True)
class PersonLeft(Event):
    """What is to be handed on: own requests under way, seals in custody, and requests that waited for a decision."""

    subject: ClassVar[str] = "user"
    reason: str
    requests: tuple[UUID, ...] = ()
    seals: tuple[UUID, ...] = ()
    decisions: tuple[UUID, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AccountsJoined(Event):
    """The account belongs to the person of another account from now on."""

    subject: ClassVar[str] = "user"
    person_id: UUID


@dataclass(frozen=True, kw_only=True)
class AccessEnded(Event):
    """Sessions and tokens of the account are over."""

    subject: ClassVar[str] = "user"
    sessions: int
    tokens: int


@dataclass(frozen=True, kw_only=True)
class RightsChanged(Event):
    """All rights of the account before and after, each as `role @ branch [from – until]`."""

    subject: ClassVar[str] = "user"
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class CustomRoleChanged(Event):
    """Permissions before and after; none before for a new role, none after for a retired one."""

    subject: ClassVar[str] = "custom-role"
    code: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class DelegationMade(Event):
    """`id`: the principal."""

    subject: ClassVar[str] = "user"
    deputy_id: UUID
    role: str
    valid_from: datetime
    valid_until: datetime
    reason: str


@dataclass(frozen=True, kw_only=True)
class DelegationEnded(Event):
    """`id`: the principal."""

    subject: ClassVar[str] = "user"
    deputy_id: UUID
    role: str


@dataclass(frozen=True, kw_only=True)
class StaffImported(Event):
    subject: ClassVar[str] = "organisation"
    plan_sha256: str
    made: int
    changed: int
    frozen: int


@dataclass(frozen=True, kw_only=True)
class RightsReviewOpened(Event):
    subject: ClassVar[str] = "rights-review"
    period: str
    lines: int
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class RightConfirmed(Event):
    """`id`: the review."""

    subject: ClassVar[str] = "rights-review"
    line_id: UUID
    user_id: UUID
    right: str


@dataclass(frozen=True, kw_only=True)
class RightObjected(Event):
    """`id`: the review."""

    subject: ClassVar[str] = "rights-review"
    line_id: UUID
    user_id: UUID
    right: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class RightsReviewSignedOff(Event):
    subject: ClassVar[str] = "rights-review"
    period: str
    confirmed: int
    objected: int
