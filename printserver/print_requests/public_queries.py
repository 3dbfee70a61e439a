"""What verification asks of a copy's request, for strangers: without regard to rights, and without anybody's name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from printserver.foundation.serials import CopySerial
from printserver.foundation.unit_of_work import Work
from printserver.print_requests.company import parties_of
from printserver.print_requests.models import Copy, CopyNotice, PrintRequest
from printserver.print_requests.money import Money
from printserver.print_requests.notices import NoticeKind
from printserver.print_requests.particulars import amount_of
from printserver.print_requests.parties import Party


@dataclass(frozen=True)
class Told:
    """Holders of an invalid copy were told so: how many, and when the last of them was."""

    kind: NoticeKind
    holders: int
    delivered_at: datetime


@dataclass(frozen=True)
class SaidOfRequest:
    """`manifest_sha256`: of the object that approvals bind to; None before there is one."""

    class_code: str
    amount: Money | None
    parties: tuple[Party, ...]
    manifest_sha256: str | None
    contract_end: date | None


def said_of_request(work: Work, request_id: UUID) -> SaidOfRequest:
    request = work.session.get_one(PrintRequest, request_id)
    parties = parties_of(work, request_id)
    return SaidOfRequest(request.class_code, amount_of(request), parties, request.manifest_sha256, request.contract_end)


def issued_in_place_of(work: Work, copy_id: UUID) -> tuple[CopySerial, ...]:
    """Serials of the copies that were issued in this one's place; none before they are."""
    later = select(PrintRequest.id).where(PrintRequest.replaces_copy_id == copy_id)
    rows = work.session.scalars(
        select(Copy.serial).where(Copy.request_id.in_(later), Copy.issued_at.is_not(None)).order_by(Copy.number)
    )
    return tuple(CopySerial(serial) for serial in rows)


def told_of(work: Work, copy_id: UUID) -> tuple[Told, ...]:
    """The latest first; not whom, nor how."""
    last = func.max(CopyNotice.delivered_at)
    rows: Any = work.session.execute(
        select(CopyNotice.kind, func.count(), last)
        .where(CopyNotice.copy_id == copy_id)
        .group_by(CopyNotice.kind)
        .order_by(last.desc())
    )
    return tuple(Told(NoticeKind(kind), holders, at) for kind, holders, at in rows)
