"""What stands beside a request: its other parties, attachments, and the people it is copied to."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.print_requests.application import Attachment
from printserver.print_requests.models import RequestAttachment, RequestParty, RequestReader, WetSeal
from printserver.print_requests.parties import Party, PartyKind


def parties_of(work: Work, request_id: UUID) -> tuple[Party, ...]:
    rows = work.session.scalars(
        select(RequestParty).where(RequestParty.request_id == request_id).order_by(RequestParty.position)
    )
    return tuple(Party(PartyKind(row.kind), row.name, row.number, row.consents, row.accepts_print) for row in rows)


def attachments_of(work: Work, request_id: UUID) -> tuple[Attachment, ...]:
    rows = work.session.scalars(
        select(RequestAttachment).where(RequestAttachment.request_id == request_id).order_by(RequestAttachment.position)
    )
    return tuple(Attachment(row.filename, row.original_sha256, row.safe_sha256, row.pages) for row in rows)


def readers_of(work: Work, request_id: UUID) -> tuple[UUID, ...]:
    """The people it is copied to."""
    return tuple(work.session.scalars(select(RequestReader.person_id).where(RequestReader.request_id == request_id)))


def wet_seals_of(work: Work, request_id: UUID) -> tuple[WetSeal, ...]:
    """The custodians' records of what was sealed by hand so far, in their order."""
    return tuple(work.session.scalars(select(WetSeal).where(WetSeal.request_id == request_id).order_by(WetSeal.id)))


def keep_company(
    work: Work,
    request_id: UUID,
    parties: tuple[Party, ...],
    attachments: tuple[Attachment, ...],
    readers: tuple[UUID, ...],
) -> None:
    """Of a new request."""
    for at, party in enumerate(parties, 1):
        work.session.add(RequestParty(id=new_id(), request_id=request_id, position=at, **vars(party)))
    for at, attachment in enumerate(attachments, 1):
        work.session.add(RequestAttachment(id=new_id(), request_id=request_id, position=at, **vars(attachment)))
    for person_id in sorted(set(readers)):
        work.session.add(RequestReader(request_id=request_id, person_id=person_id))
    work.session.flush()
