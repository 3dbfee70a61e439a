"""Of a copy whose record was disposed of nothing more is written down, read again or kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from printserver.archive.disposal_running import dispose
from printserver.archive.holds import RecordDisposed, hold_record
from printserver.archive.models import ArchiveRecord
from printserver.archive.retention_changes import change_retention
from printserver.archive.searchable import ask_for_old
from printserver.archive.searching import make_searchable_again
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.organisations.permissions import Role
from printserver.print_requests.hand_over_rules import HolderKind, Means, NewHandOver
from printserver.print_requests.hand_overs import hand_over
from printserver.returns.models import ReturnPage
from printserver.returns.settling import keep_version
from printserver.returns.signing_records import Decision, correct_signing, decide_signing, record_signing
from printserver.returns.signing_rules import IdentityCheck, NewSigning, Signer
from tests.paper_books import Books
from tests.unit.archive.retention_scene import LONG_AGO, Scene
from tests.unit.archive.test_disposal_running import CANARY, approved, everything_written


@pytest.fixture
def scene(books: Books) -> Scene:
    return Scene(books)


def test_of_a_copy_that_is_gone_nobody_writes_down_any_more_who_signed_or_holds_it_nor_that_it_is_kept(
    scene: Scene,
):
    clerk, now = scene.books.actor(Role.CLERK), scene.database.clock.now()
    record_id = scene.archived()
    copy_id = scene.record(record_id).copy_id
    signing = NewSigning(new_id(), copy_id, (Signer(CANARY, IdentityCheck.NONE),), CANARY, now)
    with scene.database.work() as work:
        known = record_signing(work, clerk, signing)
    serial = scene.record(record_id).serial
    dispose(scene.tools(), approved(scene))
    return_id, _ = scene.returned(doubtful=1)
    with scene.database.work() as work:
        late_page = work.session.scalars(select(ReturnPage.id).where(ReturnPage.return_id == return_id)).one()
        work.session.execute(update(ArchiveRecord).values(searchable_state="none"))
    assert ask_for_old(scene.database) == 0
    before = scene.row_counts()
    handed = NewHandOver(HolderKind.PARTY, CANARY, Means.SIGNATURE, now, receiver=CANARY)
    writings: list[Callable[[Work], object]] = [
        lambda work: record_signing(work, clerk, replace(signing, capture_id=new_id())),
        lambda work: correct_signing(work, clerk, known.record_id, signing, reason=CANARY),
        lambda work: decide_signing(
            work, scene.second, known.record_id, revision=1, decision=Decision.REFUSED, remark=CANARY
        ),
        lambda work: hand_over(work, clerk, [copy_id], handed),
        lambda work: keep_version(work, scene.first, late_page, serial=serial, page=1, reason=CANARY),
        lambda work: make_searchable_again(work, scene.first, record_id),
        lambda work: hold_record(work, scene.first, record_id, matter=CANARY, reason=CANARY),
        lambda work: change_retention(work, scene.first, record_id, "permanent", LONG_AGO, reason=CANARY),
    ]
    for write in writings:
        with pytest.raises(RecordDisposed), scene.database.work() as work:
            write(work)
    assert scene.row_counts() == before
    assert CANARY not in everything_written(scene)
