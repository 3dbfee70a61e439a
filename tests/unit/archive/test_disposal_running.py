"""A disposal erases what is on the approved list and nothing else, whenever it is killed, whoever holds meanwhile."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from threading import Barrier, Thread
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import LargeBinary, Text, cast, select, update

from printserver.archive.access import issued_pdf
from printserver.archive.disposal import approve_disposal, list_of_run, propose_disposal
from printserver.archive.disposal_holdings import KEPT_OF_PAGES
from printserver.archive.disposal_running import DisposalListForged, dispose
from printserver.archive.holds import RecordDisposed, hold_branch, hold_record
from printserver.archive.models import ArchiveParty
from printserver.archive.retention_changes import change_retention, confirm_change
from printserver.archive.retention_models import DisposalItem, DisposalRun, DisposedRecord
from printserver.archive.search_index import remember, tokens_of_text
from printserver.archive.states import ItemState, RunState
from printserver.foundation.database import Base
from printserver.foundation.errors import NotFound
from printserver.foundation.unit_of_work import Database, Work
from printserver.print_requests.models import PrintRequest
from printserver.print_requests.states import CopyState
from printserver.returns.batches import batch
from printserver.returns.models import Return, ReturnPage
from printserver.returns.queries import return_detail
from printserver.returns.states import PageState, ReturnState
from printserver.storage.objects import Objects
from tests.paper_books import Books
from tests.unit.archive.retention_scene import LONG_AGO, Scene

CANARY = "鸳鸯蝴蝶有限公司"


@pytest.fixture
def scene(books: Books) -> Scene:
    return Scene(books)


def approved(scene: Scene) -> UUID:
    with scene.database.work() as work:
        run_id = propose_disposal(work, scene.first, scene.attestor, scene.books.branch, reason="their time is over")
        digest = work.session.get_one(DisposalRun, run_id).list_sha256
        approve_disposal(work, scene.second, scene.attestor, run_id, list_sha256=digest)
    return run_id


def items(scene: Scene, run_id: UUID) -> dict[UUID, tuple[str, str]]:
    with scene.database.reading() as work:
        rows = work.session.scalars(select(DisposalItem).where(DisposalItem.run_id == run_id))
        return {row.record_id: (row.state, row.why) for row in rows}


def everything_written(scene: Scene) -> str:
    """All text of all rows but the log's, which is written once."""
    with scene.database.reading() as work:
        tables = [each for each in Base.metadata.sorted_tables if not each.name.startswith("audit")]
        columns = [
            cast(column, Text) for each in tables for column in each.columns if not isinstance(column.type, LargeBinary)
        ]
        return "\n".join(str(value) for column in columns for value in work.session.scalars(select(column)))


def test_after_a_disposal_nobody_reads_the_bytes_and_no_row_holds_the_words(scene: Scene):
    record_id = scene.archived(title=CANARY, own_reference=CANARY)
    with scene.database.work() as work:
        remember(work, record_id, tokens_of_text(bytes(32), CANARY))
        work.session.add(ArchiveParty(record_id=record_id, position=9, name=CANARY, number=CANARY))
    assert CANARY in everything_written(scene)
    before = scene.record(record_id)
    run_id = approved(scene)
    dispose(scene.tools(), run_id)
    assert items(scene, run_id) == {record_id: (ItemState.DISPOSED, "")}
    assert CANARY not in everything_written(scene)
    assert not {"archive_text", "archive_word"} & {name for name, rows in scene.row_counts().items() if rows}
    after = scene.record(record_id)
    for digest in {before.issued_sha256, before.searchable_sha256, before.pages[0]["scan_sha256"]}:
        with pytest.raises(NotFound):
            scene.books.objects.get(digest, scene.books.organisation_id)
    with pytest.raises(NotFound):
        issued_pdf(scene.database, scene.books.objects, scene.first, record_id)
    assert (after.number, after.serial, after.issued_sha256) == (before.number, before.serial, before.issued_sha256)
    assert (after.contract_end, after.created_at) == (before.contract_end, before.created_at)
    assert after.pages == [{name: page[name] for name in KEPT_OF_PAGES} for page in before.pages]


def test_the_certificate_names_list_words_and_erased_bytes_and_stands_in_the_log(scene: Scene):
    record_id = scene.archived()
    before = scene.record(record_id).issued_sha256
    run_id = approved(scene)
    dispose(scene.tools(), run_id)
    with scene.database.reading() as work:
        run = work.session.get_one(DisposalRun, run_id)
    assert run.state == RunState.DONE
    body = scene.books.objects.get(run.certificate_sha256 or "", scene.books.organisation_id)
    said = json.loads(body)
    assert sha256(json.dumps(said["list"], separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode()
                  ).hexdigest() == said["list_sha256"] == run.list_sha256  # fmt: skip
    assert [word["evidence"] for word in said["words"]] == [run.asked_evidence, run.approved_evidence]
    assert before in said["outcomes"][0]["erased"]
    assert scene.books.entries()[-3:] == ["RecordMarked", "RecordDisposed", "DisposalCompleted"]


def test_what_was_held_or_said_anew_after_the_approval_stays_whole(scene: Scene):
    held, below, longer, going = (scene.archived() for _ in range(4))
    run_id = approved(scene)
    with scene.database.work() as work:
        hold_record(work, scene.first, held, matter="7", reason="the court")
        change_retention(work, scene.first, longer, "permanent", LONG_AGO, reason="a precedent")
        change_retention(work, scene.first, below, "standard", LONG_AGO, reason="the same time by another word")
    kept = [scene.record(each) for each in (held, below, longer)]
    dispose(scene.tools(), run_id)
    assert items(scene, run_id) == {
        held: (ItemState.KEPT, "held"),
        below: (ItemState.KEPT, "changed"),
        longer: (ItemState.KEPT, "permanent"),
        going: (ItemState.DISPOSED, ""),
    }
    for record in kept:
        for digest in (record.issued_sha256, record.searchable_sha256, record.pages[0]["scan_sha256"]):
            assert scene.books.objects.get(digest or "", scene.books.organisation_id)
        assert scene.record(record.id).title == record.title


def test_a_branchs_hold_after_the_approval_keeps_all_and_its_list_ends_with_nothing_gone(scene: Scene):
    record_id, stored = scene.archived(), scene.objects()
    run_id = approved(scene)
    with scene.database.work() as work:
        hold_branch(work, scene.first, scene.books.branch, matter="7", reason="the court")
    dispose(scene.tools(), run_id)
    assert items(scene, run_id) == {record_id: (ItemState.KEPT, "held")}
    assert stored < scene.objects()


def test_a_scan_goes_with_the_last_copy_of_which_it_holds_a_page(scene: Scene):
    one, other = (scene.issued(copy) for copy in scene.books.copies(2))
    _, scan = scene.returned(one, other)
    first, second = scene.archive(one, scan=scan), scene.archive(other, code="permanent", scan=scan)
    dispose(scene.tools(), approved(scene))
    assert scan in scene.objects()
    assert scene.record(first).title == ""
    assert scene.record(second).title != ""
    with scene.database.work() as work:
        asked = change_retention(work, scene.first, second, "10-years", LONG_AGO, reason="as the other copy")
        work.session.flush()
    with scene.database.work() as work:
        confirm_change(work, scene.second, asked.id)
    dispose(scene.tools(), approved(scene))
    assert scan not in scene.objects()


def test_of_a_disposed_copy_a_return_shows_no_picture_any_more(scene: Scene):
    one, other = (scene.issued(copy) for copy in scene.books.copies(2))
    return_id, scan = scene.returned(one, other)
    scene.archive(one, scan=scan)
    scene.archive(other, code="permanent", scan=scan)
    dispose(scene.tools(), approved(scene))
    with scene.database.reading() as work:
        shown = batch(work, scene.first, return_id)
        assert [(group.copy.id == one.id, group.disposed) for group in shown.groups] == [(True, True), (False, False)]
        assert [tile.has_picture for tile in shown.tiles] == [False, True]
        assert [page.has_picture for page in return_detail(work, scene.first, return_id).pages] == [False, True]


def test_a_scan_that_failed_once_and_was_handed_in_again_goes_all_the_same(scene: Scene):
    copy = scene.issued(scene.books.copy())
    return_id, scan = scene.returned(copy)
    failed_id, other = scene.returned()
    with scene.database.work() as work:
        tries = update(Return).where(Return.id == failed_id)
        work.session.execute(tries.values(state=ReturnState.FAILED, scan_sha256=scan, failure="the store was away"))
    scene.archive(copy, scan=scan)
    dispose(scene.tools(), approved(scene))
    assert {scan, other} & scene.objects() == {other}
    with scene.database.reading() as work:
        assert set(work.session.scalars(select(Return.filename))) == {""}
        assert work.session.get_one(Return, return_id).scan_sha256 == scan


def test_a_scan_that_failed_and_waits_to_be_handed_in_again_stays(scene: Scene):
    copy = scene.issued(scene.books.copy())
    _, scan = scene.returned(copy)
    failed_id, _ = scene.returned()
    elsewhere = {"state": ReturnState.FAILED, "scan_sha256": scan, "branch_id": scene.books.other}
    with scene.database.work() as work:
        work.session.execute(update(Return).where(Return.id == failed_id).values(**elsewhere))
    scene.archive(copy, scan=scan)
    dispose(scene.tools(), approved(scene))
    assert scan in scene.objects()


def test_a_scan_with_a_page_that_waits_for_a_person_stays(scene: Scene):
    copy = scene.issued(scene.books.copy())
    return_id, scan = scene.returned(copy, doubtful=1)
    scene.archive(copy, scan=scan)
    dispose(scene.tools(), approved(scene))
    assert scan in scene.objects()
    assert sha256(f"picture {return_id} 1".encode()).hexdigest() not in scene.objects()
    assert sha256(f"cut out {return_id} 1".encode()).hexdigest() not in scene.objects()
    assert sha256(f"picture {return_id} 2".encode()).hexdigest() in scene.objects()


@pytest.mark.parametrize(
    ("state", "stays"), [(CopyState.VOID, False), (CopyState.WASTED, False), (CopyState.PRINTED, True)]
)
def test_a_requests_words_go_with_its_last_valid_copy(scene: Scene, state: CopyState, stays: bool):
    one, other = (scene.issued(copy) for copy in scene.books.copies(2, title=CANARY))
    scene.books.set_state(other, state)
    _, scan = scene.returned(one)
    scene.archive(one, scan=scan)
    dispose(scene.tools(), approved(scene))
    with scene.database.reading() as work:
        title = work.session.scalar(select(PrintRequest.title).where(PrintRequest.id == one.request_id))
    assert title == (CANARY if stays else "")
    assert (sha256(f"drawn {other.id}".encode()).hexdigest() in scene.objects()) is stays
    assert sha256(f"drawn {one.id}".encode()).hexdigest() not in scene.objects()


@pytest.mark.parametrize("state", [PageState.SHEET, PageState.ATTACHED, PageState.VERSION])
@pytest.mark.parametrize("elsewhere", [False, True])
def test_with_a_copy_go_its_process_sheet_further_versions_and_pages_without_a_code(
    scene: Scene, state: PageState, elsewhere: bool
):
    copy = scene.issued(scene.books.copy())
    return_id, scan = scene.returned(copy, doubtful=0 if elsewhere else 1)
    other_id, other_scan = scene.returned(doubtful=1) if elsewhere else (return_id, scan)
    of_copy = state is PageState.VERSION
    named = {"copy_id": copy.id if of_copy else None, "request_id": None if of_copy else copy.request_id}
    with scene.database.work() as work:
        added = (ReturnPage.return_id == other_id, ReturnPage.state == PageState.DOUBTFUL)
        work.session.execute(update(ReturnPage).where(*added).values(state=state, **named))
        found = work.session.scalars(select(ReturnPage.image_sha256).where(ReturnPage.return_id == other_id))
        pictures = {digest for digest in found if digest}
    record_id = scene.archive(copy, scan=scan)
    run_id = approved(scene)
    dispose(scene.tools(), run_id)
    assert items(scene, run_id) == {record_id: (ItemState.DISPOSED, "")}
    sheet_alone = elsewhere and state is PageState.SHEET
    assert ({scan, other_scan} | pictures) & scene.objects() == ({other_scan} | pictures if sheet_alone else set())


def test_pages_without_a_code_stay_while_another_copy_of_their_request_does(scene: Scene):
    one, other = (scene.issued(each) for each in scene.books.copies(2))
    _, scan = scene.returned(one)
    return_id, attached = scene.returned(doubtful=1)
    with scene.database.work() as work:
        pages = update(ReturnPage).where(ReturnPage.return_id == return_id)
        work.session.execute(pages.values(state=PageState.ATTACHED, request_id=one.request_id))
    scene.archive(one, scan=scan)
    dispose(scene.tools(), approved(scene))
    assert scan not in scene.objects()
    assert {attached, other.issued_sha256} <= scene.objects()


def test_what_another_copy_names_too_stays(scene: Scene):
    scene.archived()
    other = scene.issued(scene.books.copy())
    dispose(scene.tools(), approved(scene))
    assert {other.issued_sha256, other.rendition_sha256} <= scene.objects()


def test_rows_that_are_not_the_signed_list_dispose_of_nothing(scene: Scene):
    record_id, stored = scene.archived(), scene.objects()
    run_id, other = approved(scene), scene.archived(code="permanent")
    with scene.database.work() as work:
        work.session.execute(update(DisposalItem).values(record_id=other))
    with pytest.raises(DisposalListForged):
        dispose(scene.tools(), run_id)
    assert stored <= scene.objects()
    assert scene.record(record_id).title == scene.record(other).title != ""


@pytest.mark.parametrize("signed", ["neither", "the other list", "one person twice", "each in the other's place"])
def test_a_list_that_the_database_alone_says_was_approved_disposes_of_nothing(scene: Scene, signed: str):
    record_id, stored, run_id = scene.archived(), scene.objects(), approved(scene)
    with scene.database.work() as work:
        run = work.session.get_one(DisposalRun, run_id)
        if signed == "neither":
            run.asked_evidence = run.approved_evidence = ""
        elif signed == "one person twice":
            run.approved_evidence, run.settled_by = run.asked_evidence, run.asked_by
        elif signed == "each in the other's place":
            run.asked_by, run.settled_by = run.settled_by or run.asked_by, run.asked_by
        else:
            run.reason = "as somebody else would have it"
            run.list_sha256 = list_of_run(work, run).digest()
    with pytest.raises(DisposalListForged):
        dispose(scene.tools(), run_id)
    assert items(scene, run_id) == {record_id: (ItemState.LISTED, "")}
    assert stored <= scene.objects()


class Killed(Exception):
    pass


@dataclass
class Fuse:
    """Burns down step by step; then the process is gone."""

    left: int
    burnt: int = 0

    def step(self) -> None:
        self.burnt += 1
        self.left -= 1
        if self.left < 0:
            raise Killed


@dataclass(frozen=True)
class FusedDatabase(Database):
    fuse: Fuse = field(default_factory=lambda: Fuse(0))

    @contextmanager
    def work(self) -> Iterator[Work]:
        self.fuse.step()
        with super().work() as work:
            yield work
            self.fuse.step()
        self.fuse.step()


@dataclass
class FusedObjects:
    """Dies before and after each change of the store."""

    inner: Objects
    fuse: Fuse

    def __getattr__(self, name: str) -> Any:
        def called(*given: Any) -> Any:
            self.fuse.step()
            done = getattr(self.inner, name)(*given)
            self.fuse.step()
            return done

        return called


def test_killed_at_any_step_a_disposal_is_finished_by_the_next_start_and_takes_nothing_else(scene: Scene):
    going, stays = [scene.archived(), scene.archived()], scene.archived(code="permanent")
    needed = {scene.record(stays).issued_sha256, scene.record(stays).searchable_sha256}
    run_id, kills = approved(scene), 0
    while True:
        fuse = Fuse(kills)
        database = FusedDatabase(scene.database.engines, scene.database.jobs, scene.database.clock, fuse)
        tools = scene.tools(database, FusedObjects(scene.books.objects, fuse))
        try:
            dispose(tools, run_id)
        except Killed:
            kills += 1
            assert needed <= scene.objects()
            continue
        break
    assert kills > 5
    assert {state for state, _ in items(scene, run_id).values()} == {ItemState.DISPOSED}
    assert set(items(scene, run_id)) == set(going)
    events = scene.books.entries()
    assert [events.count(name) for name in ("RecordMarked", "RecordDisposed", "DisposalCompleted")] == [2, 2, 1]
    left = len(scene.objects())
    dispose(scene.tools(), run_id)
    assert (len(scene.objects()), scene.books.entries()) == (left, events)


def test_a_hold_and_a_disposal_at_once_have_one_winner(any_books: Books):
    """Whoever comes first wins, and the other one knows: a record is never both held and gone."""
    scene = Scene(any_books)
    records = [scene.archived() for _ in range(6)]
    run_id, start, held = approved(scene), Barrier(2), set()

    def hold_all() -> None:
        start.wait()
        for record_id in reversed(records):
            try:
                with scene.database.work() as work:
                    hold_record(work, scene.first, record_id, matter="7", reason="the court")
            except RecordDisposed:
                continue
            held.add(record_id)

    holder = Thread(target=hold_all)
    holder.start()
    start.wait()
    dispose(scene.tools(), run_id)
    holder.join()
    with scene.database.reading() as work:
        gone = set(work.session.scalars(select(DisposedRecord.record_id)))
    assert held.isdisjoint(gone)
    assert held | gone == set(records)
    for record_id in held:
        assert scene.record(record_id).title
