"""What the server's books say in the end: the copies by its interface, and the evidence that it holds of each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import select

from printserver.bootstrap import build
from printserver.foundation.database import open_engines
from printserver.foundation.job_queue import RecordedJobs
from printserver.organisations.queries import organisations
from printserver.print_requests.models import Copy
from printserver.printing.models import PrintTicket
from printserver.settings import Settings
from tests.faults.printing.verdict import BookedCopy


def booked_copies(settings: Settings, shown: Iterable[Any]) -> list[BookedCopy]:
    """shown: copies as the interface shows them."""
    records = _records(settings)
    return [
        BookedCopy(copy["id"], copy["state"], copy["pages"], copy["issued_sha256"], records.get(UUID(copy["id"]), ()))
        for copy in shown
    ]


def issued_documents(settings: Settings, copies: Iterable[BookedCopy]) -> dict[str, bytes]:
    """By their digests."""
    return stored_objects(settings, [copy.issued_sha256 for copy in copies if copy.issued_sha256])


def stored_objects(settings: Settings, digests: Iterable[str]) -> dict[str, bytes]:
    """Of the one organisation of a server that is running."""
    adapters = build(settings, jobs=RecordedJobs())
    try:
        with adapters.database.reading() as work:
            (company,) = organisations(work)
        return {digest: adapters.objects.get(digest, company.id) for digest in digests}
    finally:
        adapters.database.engines.dispose()


def _records(settings: Settings) -> dict[UUID, tuple[str, ...]]:
    """Of each copy, the lines that the backend of its last job wrote down."""
    engines = open_engines(settings.database)
    try:
        with engines.reading.connect() as connection:
            jobs = connection.execute(select(Copy.id, Copy.job_uuid).where(Copy.job_uuid.is_not(None))).all()
            rows = connection.execute(select(PrintTicket.job_uuid, PrintTicket.record)).all()
    finally:
        engines.dispose()
    tickets = {row.job_uuid: row.record for row in rows}
    return {copy: lines for copy, job in jobs if job and (lines := _lines(settings, job, tickets.get(job, "")))}


def _lines(settings: Settings, job: UUID, delivered: str) -> tuple[str, ...]:
    """What was delivered, or what still lies beside the backend when that says more."""
    own = settings.fence_directory / str(job)
    kept = own.read_text(encoding="ascii") if own.exists() else ""
    return tuple(max(delivered, kept, key=len).splitlines())
