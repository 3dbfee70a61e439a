"""Apply for a seal: what it shall show, who shall keep it, for how long. Officers decide; nothing is made before."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from printserver.audit.log import append
from printserver.foundation.errors import NotFound
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, branch_path
from printserver.organisations.identity_proof_policy import require_proved_company
from printserver.organisations.permissions import Permission
from printserver.rendering.seal_artwork import SealDesign, draw_seal
from printserver.rendering.seal_artwork_types import STYLES, SealType, of_person
from printserver.seals import steps
from printserver.seals.custody import require_keepers
from printserver.seals.errors import SealApplicationMalformed, SealNotFound, SealReasonMissing
from printserver.seals.events import SealAppliedFor, SealStepTaken
from printserver.seals.models import Seal, SealArtwork
from printserver.seals.queries import SealFacts, readable_seal
from printserver.seals.states import SealAction, SealState, next_state
from printserver.storage.objects import Objects

MAY_APPLY: Final = (Permission.CREATE_REQUEST, Permission.CONFIRM_SEAL_USE, Permission.MANAGE_SEALS)
LONGEST_TEXT: Final = 500
LONGEST_VALIDITY: Final = timedelta(days=3_660)
UM_PER_MM: Final = 1_000
DRAWN, IMAGE, FILED = "drawn", "image", "filed"


@dataclass(frozen=True)
class Artwork:
    """What the seal shows, stored already.   source: drawn, image or filed."""

    sha256: str
    source: str
    design: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class SealApplication:
    """custodians: persons, the first one first; of a personal seal nobody but `owner_id`.   width_mm, height_mm: whole.

    name: as engraved.   inner, star: of a drawn seal; None for what its type usually has.
    classes: of documents, empty for all.   replaces_id: the seal that this one renews.
    """

    branch_id: UUID
    type: SealType
    name: str
    valid_from: datetime
    valid_until: datetime
    registration_number: str = ""
    inner: str | None = None
    star: bool | None = None
    width_mm: int | None = None
    height_mm: int | None = None
    custodians: tuple[UUID, ...] = ()
    owner_id: UUID | None = None
    classes: tuple[str, ...] = ()
    evidence: str = "attested"
    uses_limit: int | None = None
    purpose: str = ""
    replaces_id: UUID | None = None

    @property
    def size_um(self) -> tuple[int, int]:
        style = STYLES[self.type]
        return (self.width_mm or style.width_mm) * UM_PER_MM, (self.height_mm or style.height_mm) * UM_PER_MM

    @property
    def keepers(self) -> tuple[UUID, ...]:
        return (self.owner_id,) if self.owner_id is not None else tuple(dict.fromkeys(self.custodians))

    def design(self) -> SealDesign:
        """Raises: GlyphMissing, SealTextRefused."""
        style = STYLES[self.type]
        inner = style.inner if self.inner is None else self.inner
        star = style.star if self.star is None else self.star
        return SealDesign(self.type, self.name, self.registration_number, inner, *self.size_um, star=star)


def draw_artwork(objects: Objects, application: SealApplication, owner: UUID) -> Artwork:
    """Outside any transaction.   Raises: GlyphMissing, SealTextRefused."""
    design = application.design()
    shown = {"inner": design.inner, "star": design.star}
    return Artwork(objects.put(draw_seal(design), owner), DRAWN, shown)


def registered_artwork(work: Work, actor: Actor, artwork_id: UUID, application: SealApplication) -> Artwork:
    """A picture that the same person handed in before.   Raises: NotFound, SealApplicationMalformed."""
    row = work.session.get(SealArtwork, artwork_id)
    if row is None or row.person_id != actor.id:
        raise NotFound("there is no such picture of a seal")
    if (row.width_um, row.height_um) != application.size_um:
        raise SealApplicationMalformed("the picture was cleaned for another size; hand it in for this one")
    return Artwork(row.artwork_sha256, IMAGE)


def require_reach(work: Work, actor: Actor, branch_id: UUID) -> None:
    """Before anything is drawn or stored.   Raises: NotFound for a branch for which `actor` may not apply."""
    path = branch_path(work, branch_id)
    if not any(actor.may(permission, path) for permission in MAY_APPLY):
        raise NotFound("there is no such branch")


def apply_for_seal(work: Work, actor: Actor, application: SealApplication, artwork: Artwork) -> UUID:
    """Raises: NotFound for a branch out of reach, SealApplicationMalformed, SealCustodianRefused, SealNotFound,
    IdentityNotProved."""
    require_reach(work, actor, application.branch_id)
    check_application(work, application)
    require_keepers(work, actor.organisation_id, application.branch_id, application.keepers)
    if application.owner_id is None:
        require_proved_company(work, actor.organisation_id, application.branch_id)
    if application.replaces_id is not None:
        _require_renewable(work, actor, application.replaces_id)
    width_um, height_um = application.size_um
    seal = Seal(
        id=new_id(),
        organisation_id=actor.organisation_id,
        branch_id=application.branch_id,
        custodian_id=application.keepers[0],
        code_id=secrets.token_hex(6),
        name=application.name.strip(),
        type=application.type,
        state=SealState.APPLIED,
        width_um=width_um,
        height_um=height_um,
        object_sha256="",
        valid_from=application.valid_from,
        valid_until=application.valid_until,
        created_at=work.now(),
        registration_number=application.registration_number,
        origin="internal",
        artwork_source=artwork.source,
        artwork_sha256=artwork.sha256,
        design=None if artwork.design is None else dict(artwork.design),
        purpose=application.purpose.strip(),
        applicant_id=actor.person_id,
        owner_id=application.owner_id,
        replaces_id=application.replaces_id,
        classes=list(application.classes),
        evidence=application.evidence,
        uses=0,
        uses_limit=application.uses_limit,
    )
    work.session.add(seal)
    work.session.flush()
    steps.set_custodians(work, seal.id, application.keepers)
    _record_application(work, actor, seal, application.keepers)
    return seal.id


def refuse_application(work: Work, actor: Actor, seal_id: UUID, *, reason: str) -> None:
    """One who keeps the seals of the branch, or an officer.   Raises: SealNotFound, TransitionRefused,
    SealReasonMissing."""
    seal = readable_seal(work, actor, seal_id)
    if not steps.may_propose(work, actor, seal):
        raise SealNotFound("there is no such seal")
    _end(work, actor, seal, SealAction.REFUSE, reason)


def withdraw_application(work: Work, actor: Actor, seal_id: UUID, *, reason: str) -> None:
    """Whoever applied.   Raises: SealNotFound, TransitionRefused, SealReasonMissing."""
    seal = readable_seal(work, actor, seal_id)
    if seal.applicant_id != actor.person_id:
        raise SealNotFound("there is no such seal")
    _end(work, actor, seal, SealAction.WITHDRAW, reason)


def check_application(work: Work, application: SealApplication) -> None:
    """What does not depend on who applies.   Raises: SealApplicationMalformed."""
    if of_person(application.type) != (application.owner_id is not None):
        raise SealApplicationMalformed("a personal seal has an owner, and no other seal has one")
    if not work.now() < application.valid_until or application.valid_from >= application.valid_until:
        raise SealApplicationMalformed("a seal is valid for some time to come")
    if application.valid_until - application.valid_from > LONGEST_VALIDITY:
        raise SealApplicationMalformed("a seal is valid for at most ten years")
    if application.evidence not in ("attested", "passkey"):
        raise SealApplicationMalformed("approvals are attested or signed by passkey")
    if application.uses_limit is not None and not 1 <= application.uses_limit < 1 << 31:
        raise SealApplicationMalformed("a limit of uses is a positive number")
    if len(application.purpose) > LONGEST_TEXT or not 1 <= len(application.name.strip()) <= 100:
        raise SealApplicationMalformed("a seal has a name, and a purpose of at most 500 characters")


def _require_renewable(work: Work, actor: Actor, seal_id: UUID) -> None:
    former = readable_seal(work, actor, seal_id)
    next_state(former.state, SealAction.RENEW)


def _record_application(work: Work, actor: Actor, seal: Seal, keepers: tuple[UUID, ...]) -> None:
    append(
        work,
        actor.by,
        SealAppliedFor(
            id=seal.id,
            name=seal.name,
            type=seal.type,
            registration_number=seal.registration_number,
            artwork_sha256=seal.artwork_sha256 or "",
            width_um=seal.width_um,
            height_um=seal.height_um,
            custodians=keepers,
            owner_id=seal.owner_id,
            replaces_id=seal.replaces_id,
            origin=seal.origin,
        ),
    )


def _end(work: Work, actor: Actor, seal: SealFacts, action: SealAction, reason: str) -> None:
    after = next_state(seal.state, action)
    if not reason.strip():
        raise SealReasonMissing("say why; it goes into the log")
    steps.move_row(work, seal.id, seal.state, after)
    steps.drop(work, actor.by, seal.id, f"the application was {after}")
    steps.record(work, seal.id, steps.Done(action, seal.state, after, reason, actor.id))
    append(work, actor.by, SealStepTaken(id=seal.id, action=action, before=seal.state, after=after, reason=reason))
