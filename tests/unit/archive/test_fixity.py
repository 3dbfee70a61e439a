"""Every object of the archive is read again and hashed: damage is told by its kind, once; an outage is none."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from printserver.archive.disposal_running import dispose
from printserver.archive.fixity import FixityRules, FixityTools, check_oldest
from printserver.archive.fixity_models import FixityCheck
from printserver.archive.fixity_queries import damaged_records, fixity_figures
from printserver.archive.records import ArchivedPage, CompleteCopy, archive_copy
from printserver.audit.log import By
from printserver.foundation.errors import Forbidden
from printserver.foundation.ids import new_id
from printserver.organisations.permissions import Role
from printserver.storage.blobs import StoreUnavailable
from printserver.storage.objects import Objects
from tests.databases import clock_of
from tests.paper_books import Books
from tests.passed_on_objects import PassedOnObjects
from tests.sealed_store import content_file
from tests.unit.archive.retention_scene import Scene
from tests.unit.archive.test_disposal_running import approved

RULES = FixityRules(every_days=30, most=100, seconds=60)
DAY = 86_400.0


class StoreAway(PassedOnObjects):
    """A store that does not answer from a certain digest on."""

    def __init__(self, store: Objects, away: set[str]) -> None:
        super().__init__(store)
        self.away = away

    def get(self, digest: str, owner: UUID) -> bytes:
        if digest in self.away:
            raise StoreUnavailable("the object store does not answer")
        return super().get(digest, owner)


def archived(books: Books, scan: bytes = b"\xff\xd8\xff scan") -> tuple[UUID, dict[str, str]]:
    """A record and the digests of its objects."""
    copy, owner = books.copy(), books.organisation_id
    kept = {
        "issued": books.objects.put(b"%PDF-1.7 " + copy.id.bytes, owner),
        "scan": books.objects.put(scan + copy.id.bytes, owner),
        "page 1": books.objects.put(b"\xff\xd8\xff page" + copy.id.bytes, owner),
    }
    with books.database.work() as work:
        record = archive_copy(
            work,
            By(process="test"),
            CompleteCopy(
                organisation_id=owner,
                branch_id=copy.branch_id,
                request_id=copy.request_id,
                copy_id=copy.id,
                serial=copy.serial,
                number=copy.number,
                copies=copy.copies,
                title=copy.title,
                own_reference=copy.own_reference,
                issued_sha256=kept["issued"],
                pages_expected=1,
                pages=(ArchivedPage(1, kept["page 1"], kept["scan"], 1, "same", new_id()),),
            ),
        )
    return record, kept


def tools(books: Books, objects: Objects | None = None) -> FixityTools:
    return FixityTools(books.database, objects or books.objects)


FileOf = Callable[[Books, str], Path]


@pytest.fixture
def file_of(tmp_path: Path) -> FileOf:
    """The ciphertext of an object as it lies on the disk."""
    return lambda books, digest: content_file(tmp_path / "objects", books.organisation_id, digest)


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def results(books: Books) -> dict[UUID, tuple[str, dict[str, str]]]:
    with books.database.reading() as work:
        rows = work.session.scalars(select(FixityCheck)).all()
        return {row.record_id: (row.result, {each["what"]: each["result"] for each in row.problems}) for row in rows}


def later(books: Books, days: float) -> None:
    clock_of(books.database).advance(days * DAY)


def test_whole_records_are_read_whole_and_the_log_says_nothing(any_books: Books):
    records = {archived(any_books)[0] for _ in range(3)}
    before = any_books.entries()
    done = check_oldest(tools(any_books), RULES)
    assert (done.records, done.objects, done.damaged, done.store_away) == (3, 9, [], False)
    assert done.bytes > 0
    assert results(any_books) == {record: ("intact", {}) for record in records}
    assert any_books.entries() == before


def test_a_flipped_bit_a_removed_file_and_swapped_files_are_told_apart(any_books: Books, file_of: FileOf):
    (flipped, first), (removed, second), (swapped, third), (whole, _) = (archived(any_books) for _ in range(4))
    flip(file_of(any_books, first["scan"]))
    file_of(any_books, second["issued"]).unlink()
    one, other = file_of(any_books, third["issued"]), file_of(any_books, third["scan"])
    content = one.read_bytes(), other.read_bytes()
    one.write_bytes(content[1])
    other.write_bytes(content[0])
    check_oldest(tools(any_books), RULES)
    assert results(any_books) == {
        flipped: ("damaged", {"scan": "changed"}),
        removed: ("damaged", {"issued": "missing"}),
        swapped: ("damaged", {"issued": "changed", "scan": "changed"}),
        whole: ("intact", {}),
    }
    assert any_books.entries().count("ArchiveDamageFound") == 3


def test_a_change_of_the_same_size_is_found(books: Books, file_of: FileOf):
    record, kept = archived(books)
    file = file_of(books, kept["page 1"])
    file.write_bytes(bytes(len(file.read_bytes())))
    check_oldest(tools(books), RULES)
    assert results(books)[record] == ("damaged", {"page 1": "changed"})


def test_what_is_there_but_cannot_be_read_is_called_that(books: Books, file_of: FileOf):
    record, kept = archived(books)
    file = file_of(books, kept["issued"])
    file.unlink()
    file.mkdir()
    check_oldest(tools(books), RULES)
    result, problems = results(books)[record]
    assert (result, set(problems)) == ("damaged", {"issued"})
    assert problems["issued"] in ("unreadable", "missing")


def test_a_store_that_is_away_is_no_damage_and_the_round_goes_on_later(books: Books):
    records = [archived(books) for _ in range(3)]
    before = books.entries()
    away = StoreAway(books.objects, {records[1][1]["issued"]})
    done = check_oldest(tools(books, away), RULES)
    assert (done.records, done.store_away, done.damaged) == (1, True, [])
    assert set(results(books)) == {records[0][0]}
    assert books.entries() == before
    away.away.clear()
    assert check_oldest(tools(books, away), RULES).records == 2
    assert {result for result, _ in results(books).values()} == {"intact"}


def test_a_round_is_bounded_and_takes_what_was_checked_longest_ago_first(books: Books):
    records = [archived(books)[0] for _ in range(4)]
    assert check_oldest(tools(books), replace(RULES, most=3)).records == 3
    assert set(results(books)) == set(records[:3])
    later(books, 1)
    assert check_oldest(tools(books), replace(RULES, most=3)).records == 1
    assert check_oldest(tools(books), RULES).records == 0
    assert check_oldest(tools(books), replace(RULES, seconds=0)).records == 0
    later(books, 29.5)
    assert check_oldest(tools(books), RULES).records == 3
    assert check_oldest(tools(books), replace(RULES, every_days=0)).records == 0
    later(books, 1)
    assert check_oldest(tools(books), replace(RULES, every_days=0, most=1), everything=True).records == 4


def test_damage_is_said_once_looked_at_again_each_day_and_its_mending_is_said_too(books: Books, file_of: FileOf):
    record, kept = archived(books)
    file = file_of(books, kept["scan"])
    good = file.read_bytes()
    flip(file)
    for _ in range(3):
        check_oldest(tools(books), RULES)
        later(books, 1.1)
    assert books.entries().count("ArchiveDamageFound") == 1
    with books.database.reading() as work:
        (found,) = damaged_records(work, books.actor(Role.AUDITOR))
    assert (found.id, [each.result for each in found.problems]) == (record, ["changed"])
    assert found.damaged_since < found.checked_at
    file.write_bytes(good)
    check_oldest(tools(books), RULES)
    assert results(books)[record] == ("intact", {})
    assert books.entries().count("ArchiveDamageMended") == 1


def test_what_belongs_to_a_copy_besides_is_read_too(books: Books):
    record, _ = archived(books)
    with_manifest = replace(tools(books), named_beside=lambda work, copy_id: {"a" * 64: "manifest"})
    check_oldest(with_manifest, RULES)
    assert results(books)[record] == ("damaged", {"manifest": "missing"})


def test_the_figures_are_those_of_the_readers_branches(books: Books, file_of: FileOf):
    _, kept = archived(books)
    archived(books)
    os.truncate(file_of(books, kept["issued"]), 3)
    check_oldest(tools(books), RULES)
    archived(books)
    with books.database.reading() as work:
        figures = fixity_figures(work, books.actor(Role.ARCHIVIST))
        elsewhere = fixity_figures(work, books.actor(Role.ARCHIVIST, branch=books.other))
        with pytest.raises(Forbidden):
            fixity_figures(work, books.actor(Role.CLERK))
        with pytest.raises(Forbidden):
            damaged_records(work, books.actor(Role.CLERK))
        assert damaged_records(work, books.actor(Role.ARCHIVIST, branch=books.other)) == ()
    assert (figures.records, figures.never, figures.intact, figures.damaged, figures.objects) == (3, 1, 1, 1, 6)
    assert figures.oldest == figures.newest == books.database.clock.now()
    assert (elsewhere.records, elsewhere.damaged, elsewhere.oldest) == (0, 0, None)


class DisposesMeanwhile(PassedOnObjects):
    """A store before which a disposal is faster."""

    def __init__(self, store: Objects, dispose: Callable[[], None]) -> None:
        super().__init__(store)
        self.dispose = dispose

    def get(self, digest: str, owner: UUID) -> bytes:
        self.dispose()
        return super().get(digest, owner)


def test_what_is_disposed_of_while_it_is_read_again_is_no_damage(books: Books):
    scene = Scene(books)
    scene.archived()
    run_id = approved(scene)
    store = DisposesMeanwhile(scene.books.objects, lambda: dispose(scene.tools(), run_id))
    found = check_oldest(FixityTools(scene.database, store), FixityRules(30, 100, 60))
    assert (found.records, found.damaged) == (0, [])
    assert "ArchiveDamageFound" not in scene.books.entries()
