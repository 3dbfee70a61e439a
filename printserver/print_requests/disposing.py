"""What print requests keep of copies, for disposal.

A copy's own rendition, issued PDF and seals' signatures go with it. The request's document, attachments and manifest,
and the renditions of copies that became void, go with the last copy that was valid. An electronic original is no paper
and has no archive record: as long as it is valid, its request stays.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, cast, exists, or_, select, update
from sqlalchemy.orm import aliased

from printserver.archive.disposal_holdings import disposed_copies
from printserver.documents.disposing import forget_document, named_by_documents, objects_of_document
from printserver.foundation.unit_of_work import Work
from printserver.print_requests.models import (
    Copy,
    CopyNotice,
    CopySeal,
    PrintRequest,
    RequestAttachment,
    RequestBatchRow,
    RequestDraft,
    RequestParty,
)
from printserver.print_requests.paper_models import DueExtension, HandOver, OwedReturn
from printserver.print_requests.states import INVALID, CopyState

WORTHLESS = (*INVALID, CopyState.WASTED)
"""Copies in these states keep nothing of their request."""


class RequestHoldings:
    """See `printserver.archive.disposal_ports.Holdings`."""

    def objects_of(self, work: Work, copy_id: UUID) -> set[str]:
        request = _finished(work, copy_id)
        copies = [copy_id] if request is None else _copies(work, request.id)
        found = set(_of_copies(work, copies))
        if request is not None:
            found |= objects_of_document(work, request.document_id)
            found |= set(_of_attachments(work, RequestAttachment.request_id == request.id))
            found |= {request.manifest_sha256} if request.manifest_sha256 else set()
        return found

    def still_named(self, work: Work, organisation_id: UUID, digests: Collection[str]) -> set[str]:
        living = PrintRequest.id.not_in(finished_requests())
        documents = select(PrintRequest.document_id).where(~living, ~_of_another_request())
        manifests = work.session.scalars(
            select(PrintRequest.manifest_sha256).where(
                PrintRequest.organisation_id == organisation_id, PrintRequest.manifest_sha256.in_(digests), living
            )
        )
        found = named_by_documents(work, organisation_id, digests, gone=documents)
        found |= {digest for digest in manifests if digest}
        found |= set(
            _of_attachments(
                work,
                or_(RequestAttachment.original_sha256.in_(digests), RequestAttachment.safe_sha256.in_(digests)),
                RequestAttachment.request_id.not_in(finished_requests()),
            )
        )
        found |= _by_living_copies(work, organisation_id, digests) | _by_drafts(work, organisation_id, digests)
        return found & set(digests)

    def forget(self, work: Work, copy_id: UUID) -> None:
        request = _finished(work, copy_id)
        copies = [copy_id] if request is None else _copies(work, request.id)
        session = work.session
        session.execute(update(CopyNotice).where(CopyNotice.copy_id.in_(copies)).values(holder="", note=""))
        session.execute(
            update(HandOver)
            .where(HandOver.copy_id.in_(copies))
            .values(holder="", receiver="", courier_number="", note="", reason="")
        )
        session.execute(update(DueExtension).where(DueExtension.copy_id.in_(copies)).values(reason=""))
        written_off = OwedReturn.written_off_reason.is_not(None)
        session.execute(
            update(OwedReturn).where(OwedReturn.copy_id.in_(copies), written_off).values(written_off_reason="")
        )
        if request is not None:
            _forget_request(work, request)


def _forget_request(work: Work, request: PrintRequest) -> None:
    request.title = request.purpose = request.own_reference = ""
    request.reference_key, request.amount_minor, request.amount_currency = None, None, ""
    session = work.session
    session.execute(update(RequestParty).where(RequestParty.request_id == request.id).values(name="", number=""))
    session.execute(update(RequestAttachment).where(RequestAttachment.request_id == request.id).values(filename=""))
    rows = update(RequestBatchRow).where(RequestBatchRow.request_id == request.id)
    session.execute(rows.values({"reference": "", "title": "", "values": {}}))
    if work.session.scalar(select(PrintRequest.id).where(PrintRequest.id == request.id, ~_of_another_request())):
        forget_document(work, request.document_id)
    session.flush()


def request_of(copy_id: UUID) -> Select[UUID]:
    return select(Copy.request_id).where(Copy.id == copy_id)


def finished_requests(of_copy: UUID | None = None) -> Select[UUID]:
    """Requests of which a copy is gone, and every other one is gone or worth nothing.   of_copy: this one's alone."""
    other = aliased(Copy)
    valid = exists().where(
        other.request_id == Copy.request_id, other.state.not_in(WORTHLESS), other.id.not_in(disposed_copies())
    )
    return select(Copy.request_id).where(Copy.id.in_(disposed_copies(of_copy)), ~valid.correlate(Copy))


def _finished(work: Work, copy_id: UUID) -> PrintRequest | None:
    """The copy's request, when nothing of it is left with this copy."""
    return work.session.scalar(select(PrintRequest).where(PrintRequest.id.in_(finished_requests(copy_id))))


def _of_another_request() -> ColumnElement[bool]:
    """Whether a request that is not finished has the same document."""
    other = aliased(PrintRequest)
    return (
        exists()
        .where(
            other.document_id == PrintRequest.document_id,
            other.id != PrintRequest.id,
            other.id.not_in(finished_requests()),
        )
        .correlate(PrintRequest)
    )


def _copies(work: Work, request_id: UUID) -> list[UUID]:
    return list(work.session.scalars(select(Copy.id).where(Copy.request_id == request_id)))


def _of_copies(work: Work, copy_ids: Collection[UUID]) -> Iterator[str]:
    session = work.session
    for rendition, issued in session.execute(
        select(Copy.rendition_sha256, Copy.issued_sha256).where(Copy.id.in_(copy_ids))
    ):
        yield rendition
        if issued:
            yield issued
    yield from session.scalars(select(CopySeal.signature_sha256).where(CopySeal.copy_id.in_(copy_ids)))
    proofs = select(HandOver.proof_sha256).where(HandOver.copy_id.in_(copy_ids))
    yield from (proof for proof in session.scalars(proofs) if proof)


def _by_living_copies(work: Work, organisation_id: UUID, digests: Collection[str]) -> set[str]:
    """Copies that are not gone, but for worthless ones of a request that is finished."""
    living = Copy.id.not_in(disposed_copies()) & Copy.request_id.not_in(finished_requests())
    own = (Copy.organisation_id == organisation_id, living)
    session = work.session
    rows = session.execute(
        select(Copy.rendition_sha256, Copy.issued_sha256).where(
            or_(Copy.rendition_sha256.in_(digests), Copy.issued_sha256.in_(digests)), *own
        )
    )
    found = {digest for row in rows for digest in row if digest}
    found |= set(
        session.scalars(
            select(CopySeal.signature_sha256)
            .join(Copy, Copy.id == CopySeal.copy_id)
            .where(CopySeal.signature_sha256.in_(digests), *own)
        )
    )
    proofs = session.scalars(
        select(HandOver.proof_sha256)
        .join(Copy, Copy.id == HandOver.copy_id)
        .where(HandOver.proof_sha256.in_(digests), *own)
    )
    return found | {proof for proof in proofs if proof}


def _by_drafts(work: Work, organisation_id: UUID, digests: Collection[str]) -> set[str]:
    """Drafts are few, and forgotten after a while."""
    drafts = select(cast(RequestDraft.document, Text)).where(RequestDraft.organisation_id == organisation_id)
    texts = [text for text in work.session.scalars(drafts) if text]
    return {digest for digest in digests if any(digest in text for text in texts)}


def _of_attachments(work: Work, *conditions: ColumnElement[bool]) -> Iterator[str]:
    named = select(RequestAttachment.original_sha256, RequestAttachment.safe_sha256).where(*conditions)
    for row in work.session.execute(named):
        yield from row
