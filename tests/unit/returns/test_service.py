"""Scans are handed in once, and what the machine could not match is settled by an archivist, correctably."""

from __future__ import annotations

import json
import threading
from hashlib import sha256
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import func, select

from printserver.audit.models import AuditEntry
from printserver.foundation.errors import Forbidden, NotFound, PrintServerError
from printserver.foundation.ids import new_id
from printserver.foundation.job_queue import RecordedJobs
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Role
from printserver.print_requests.queries import CopyFacts
from printserver.returns.intake import ScanIncomplete, ScanTypeUnknown
from printserver.returns.models import Return, ReturnPage
from printserver.returns.pipeline import fail_return
from printserver.returns.service import AlreadyHandedIn, hand_in
from printserver.returns.settling import discard_page, settle_page
from printserver.returns.states import PageState, Reason, ReturnState
from tests.paper_books import Books
from tests.paper_drawings import png_of

SCAN = png_of(np.full((60, 40), 255, np.uint8))


def give(books: Books, data: bytes = SCAN, filename: str = "scan.png", branch: UUID | None = None) -> UUID:
    actor = books.actor(Role.CLERK, branch=branch)
    return hand_in(books.database, books.objects, actor, filename=filename, data=data)


def doubtful(books: Books, reason: Reason = Reason.UNREADABLE, branch: UUID | None = None) -> UUID:
    """A doubtful page in a return of its own."""
    at, return_id, page_id = branch or books.branch, new_id(), new_id()
    common = {"organisation_id": books.organisation_id, "branch_id": at}
    with books.database.work() as work:
        work.session.add(
            Return(
                id=return_id,
                handed_in_by=books.person,
                filename="scan.png",
                scan_sha256=f"{return_id.hex:0>64}",
                scan_kind="image/png",
                state=ReturnState.READ,
                pages=1,
                created_at=work.now(),
                **common,
            )
        )
        work.session.flush()
        work.session.add(
            ReturnPage(
                id=page_id,
                return_id=return_id,
                position=1,
                state=PageState.DOUBTFUL,
                reason=reason,
                image_sha256="7" * 64,
                findings={},
                **common,
            )
        )
    return page_id


def settle(books: Books, page_id: UUID, copy: CopyFacts, page: int = 1, *, actor: Actor | None = None) -> None:
    with books.database.work() as work:
        settle_page(
            work, actor or books.actor(Role.ARCHIVIST), page_id, serial=str(copy.serial), page=page, reason="I saw it"
        )


def discard(books: Books, page_id: UUID) -> None:
    with books.database.work() as work:
        discard_page(work, books.actor(Role.ARCHIVIST), page_id, reason="a second scan")


def page_as_it_is(books: Books, page_id: UUID) -> tuple[object, ...]:
    with books.database.reading() as work:
        row = work.session.get_one(ReturnPage, page_id)
        return row.state, row.reason, row.copy_id, row.page, row.settled_by, row.verdict


def how_many(books: Books, what: type[Return] | type[ReturnPage]) -> int:
    with books.database.reading() as work:
        return work.session.scalar(select(func.count()).select_from(what)) or 0


def facts(books: Books, event: str) -> list[dict[str, object]]:
    with books.database.reading() as work:
        rows = work.session.scalars(select(AuditEntry).where(AuditEntry.event == event).order_by(AuditEntry.id))
        return [json.loads(row.body)["facts"] for row in rows]


def test_a_scan_is_stored_untouched_recorded_and_queued_for_reading(any_books: Books):
    return_id = give(any_books, filename="../../etc/合同\n.png")
    with any_books.database.reading() as work:
        row = work.session.get_one(Return, return_id)
        assert (row.state, row.filename, row.scan_kind) == ("received", "../../etc/合同.png", "image/png")
        assert any_books.objects.get(row.scan_sha256, any_books.organisation_id) == SCAN
        assert "合同" not in work.session.scalars(select(AuditEntry.body)).one(), "the log keeps no names of files"
    assert any_books.entries() == ["ReturnHandedIn"]
    jobs = any_books.database.jobs
    assert isinstance(jobs, RecordedJobs)
    assert [(job.workflow, job.id, job.arguments) for job in jobs.jobs] == [
        ("process-return", f"process-return-{return_id}", (str(return_id),))
    ]


@pytest.mark.parametrize(
    ("data", "refusal"), [(b"MZ...", ScanTypeUnknown), (SCAN[:-20], ScanIncomplete), (b"", ScanTypeUnknown)]
)
def test_a_file_that_the_gate_refuses_leaves_nothing_behind(
    books: Books, tmp_path, data: bytes, refusal: type[PrintServerError]
):
    with pytest.raises(refusal):
        give(books, data)
    assert how_many(books, Return) == 0
    assert books.entries() == []
    assert [path for path in (tmp_path / "objects").rglob("*") if path.is_file()] == []


def test_without_the_right_at_ones_own_branch_nothing_is_taken_in(books: Books, tmp_path):
    for actor in (books.actor(Role.APPROVER), books.actor()):
        with pytest.raises(Forbidden):
            hand_in(books.database, books.objects, actor, filename="scan.png", data=SCAN)
    assert how_many(books, Return) == 0
    assert not any((tmp_path / "objects").iterdir())


def test_the_same_bytes_are_refused_and_the_earlier_return_is_named(any_books: Books):
    first = give(any_books)
    with pytest.raises(AlreadyHandedIn) as refused:
        give(any_books, filename="again.png")
    assert refused.value.return_id == first
    assert how_many(any_books, Return) == 1
    assert any_books.entries() == ["ReturnHandedIn"]


def test_bytes_that_were_erased_do_not_come_back_by_being_handed_in_again(books: Books):
    give(books)
    digest = sha256(SCAN).hexdigest()
    books.objects.erase(digest, books.organisation_id)
    with pytest.raises(AlreadyHandedIn):
        give(books)
    with pytest.raises(NotFound):
        books.objects.get(digest, books.organisation_id)


def test_another_branch_and_a_second_try_after_a_failure_may_hand_in_the_same_bytes(books: Books):
    first = give(books)
    assert give(books, branch=books.other) != first
    fail_return(books.database, first, "the disk was full")
    assert give(books) != first


def test_of_two_who_hand_in_the_same_bytes_at_once_one_is_refused(any_books: Books):
    made: list[UUID] = []
    refused: list[AlreadyHandedIn] = []

    def try_it() -> None:
        try:
            made.append(give(any_books))
        except AlreadyHandedIn as refusal:
            refused.append(refusal)

    threads = [threading.Thread(target=try_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert [refusal.return_id for refusal in refused] == made * 3
    assert how_many(any_books, Return) == 1
