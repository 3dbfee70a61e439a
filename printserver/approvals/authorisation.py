"""Authorisations: one use for one copy. That it is used once is decided by one conditional statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from printserver.approvals.events import AuthorisationGranted, AuthorisationRedeemed, AuthorisationRefused
from printserver.approvals.models import Authorisation
from printserver.audit.log import By, append
from printserver.foundation.errors import NotFound, PrintServerError, Refused
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work


class AuthorisationSpent(Refused):
    code = "authorisation-spent"


@dataclass(frozen=True)
class AuthorisationFacts:
    id: UUID
    request_id: UUID
    organisation_id: UUID
    copy_id: UUID
    manifest_sha256: str
    content_sha256: str
    expires_at: datetime
    redeemed_at: datetime | None


def grant(
    work: Work,
    by: By,
    *,
    request_id: UUID,
    organisation_id: UUID,
    copy_id: UUID,
    manifest_sha256: str,
    content_sha256: str,
    expires_at: datetime,
) -> UUID:
    """content_sha256: digest of the copy's rendition as it was approved."""
    authorisation = Authorisation(
        id=new_id(),
        request_id=request_id,
        organisation_id=organisation_id,
        copy_id=copy_id,
        manifest_sha256=manifest_sha256,
        content_sha256=content_sha256,
        created_at=work.now(),
        expires_at=expires_at,
    )
    work.session.add(authorisation)
    work.session.flush()
    append(
        work,
        by,
        AuthorisationGranted(
            id=authorisation.id, copy_id=copy_id, manifest_sha256=manifest_sha256, content_sha256=content_sha256
        ),
    )
    return authorisation.id


def authorisation_facts(work: Work, authorisation_id: UUID) -> AuthorisationFacts:
    """Raises: NotFound."""
    row = work.session.get(Authorisation, authorisation_id)
    if row is None:
        raise NotFound("there is no such authorisation")
    return _facts(row)


def authorisations_of(work: Work, request_id: UUID) -> tuple[AuthorisationFacts, ...]:
    rows = work.session.scalars(
        select(Authorisation).where(Authorisation.request_id == request_id).order_by(Authorisation.id)
    )
    return tuple(_facts(row) for row in rows)


def redeemed_copies(work: Work, copy_ids: set[UUID]) -> tuple[UUID, ...]:
    """Those whose authorisation was used. Reads no times: a row with one that Python does not have stops nobody."""
    columns = select(Authorisation.copy_id).where(
        Authorisation.copy_id.in_(copy_ids), Authorisation.redeemed_at.is_not(None)
    )
    return tuple(work.session.scalars(columns))


def redeem(work: Work, by: By, authorisation: AuthorisationFacts) -> None:
    """Use it up. The caller commits this before it asks the HSM for anything.

    Raises: AuthorisationSpent when it was used, has expired or is not what the caller read.
    """
    spent = work.session.scalar(
        update(Authorisation)
        .where(
            Authorisation.id == authorisation.id,
            Authorisation.content_sha256 == authorisation.content_sha256,
            Authorisation.manifest_sha256 == authorisation.manifest_sha256,
            Authorisation.expires_at > work.now(),
            Authorisation.redeemed_at.is_(None),
        )
        .values(redeemed_at=work.now())
        .returning(Authorisation.id)
    )
    if spent is None:
        raise AuthorisationSpent("this authorisation was used already or has expired")
    append(
        work,
        by.within(authorisation.organisation_id),
        AuthorisationRedeemed(id=authorisation.id, copy_id=authorisation.copy_id),
    )


def record_refusal(work: Work, by: By, authorisation_id: UUID, problem: PrintServerError) -> None:
    """Note that the signer refused."""
    columns = select(Authorisation.organisation_id).where(Authorisation.id == authorisation_id)
    append(
        work,
        by.within(work.session.scalar(columns)),
        AuthorisationRefused(id=authorisation_id, code=problem.code, reason=str(problem)),
    )


def _facts(row: Authorisation) -> AuthorisationFacts:
    return AuthorisationFacts(
        row.id,
        row.request_id,
        row.organisation_id,
        row.copy_id,
        row.manifest_sha256,
        row.content_sha256,
        row.expires_at,
        row.redeemed_at,
    )
