"""Whatever a database administrator does to the log is found and named (the guards are dropped first)."""

# ruff: noqa: S608 -- the statements are put together from this file's own words

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import pytest

from printserver.audit.check import check_log
from printserver.audit.findings import LogNotProven
from printserver.audit.heads import TreeHead, head_bytes, head_verifier
from printserver.audit.merkle import Frontier, Tree, leaf_hash
from printserver.audit.models import AuditHead, AuditLeaf
from printserver.audit.pending import PendingEntries
from printserver.audit.sequencer import newest_head
from printserver.audit.witness import WitnessLine
from printserver.foundation.ids import new_id
from tests.databases import BOTH, DatabaseKit, clock_of
from tests.unit.audit.made_logs import KEY_ID, VERIFY, DisarmedLog, MadeLog, sign

SIZES = (1, 3, 2, 4)
COUNT = sum(SIZES)
ENTRY_COLUMNS = ("id", "at", "organisation_id", "person_id", "event", "subject", "subject_id", "body")
LEAF_COLUMNS = ("position", "entry_id", "leaf_hash")
HEAD_COLUMNS = ("size", "root", "at", "key_id", "signature")


@pytest.fixture(scope="module", params=BOTH)
def whole(
    request: pytest.FixtureRequest, module_database_kit: DatabaseKit, tmp_path_factory: pytest.TempPathFactory
) -> MadeLog:
    """Ten entries under four heads, all witnessed, and one entry that waits for its place."""
    log = MadeLog(module_database_kit.make(request.param), tmp_path_factory.mktemp("whole") / "witness.jsonl")
    log.grow(*SIZES)
    log.record()
    assert log.check().findings == ()
    return log


@pytest.fixture
def grown(whole: MadeLog) -> Iterator[DisarmedLog]:
    """The whole log, without its guards and until the test's end."""
    with whole.disarmed() as log:
        yield log


@pytest.fixture
def unwitnessed(whole: MadeLog, tmp_path: Path) -> Iterator[DisarmedLog]:
    """The same, but a crash kept the newest head from the witness."""
    shorter = MadeLog(whole.database, tmp_path / "witness.jsonl")
    shorter.witness_path.write_bytes(b"".join(line.to_bytes() for line in whole.lines()[:-1]))
    assert shorter.check().findings == ()
    with shorter.disarmed() as log:
        yield log


def entry_at(log: DisarmedLog, position: int) -> object:
    """The entry's id as the column holds it."""
    return log.scalar("SELECT entry_id FROM audit_leaf WHERE position = :p", p=position)


def other_value(log: MadeLog, column: str) -> object:
    sqlite = log.on_sqlite
    if column in ("leaf_hash", "root", "signature"):
        return bytes(32)
    if column == "position" or column == "size":
        return 77
    if column.endswith("id") and column != "key_id":
        return new_id().hex if sqlite else new_id()
    if column == "at":
        return "2020-01-01 00:00:00.000000" if sqlite else clock_of(log.database).now() - timedelta(days=900)
    return "other"


def mutate(log: DisarmedLog, table: str, column: str, where: str, **values: object) -> None:
    value = other_value(log, column)
    log.execute(f"UPDATE {table} SET {column} = :value WHERE {where}", value=value, **values)


def test_an_untouched_log_is_proven_and_counted(log: MadeLog):
    log.grow(*SIZES)
    log.record(2)
    report = log.check()
    report.raise_if_bad()
    assert (report.entries, report.heads, report.witnessed, report.unsequenced) == (COUNT, 4, 4, 2)


def test_an_empty_log_is_proven_with_nothing_in_it(log: MadeLog):
    report = log.check()
    report.raise_if_bad()
    assert (report.entries, report.heads, report.witnessed) == (0, 0, 0)


@pytest.mark.parametrize("position", [0, 3, COUNT - 1])
@pytest.mark.parametrize("column", ENTRY_COLUMNS)
def test_a_changed_column_of_an_entry_is_found_and_named(grown: DisarmedLog, column: str, position: int):
    mutate(grown, "audit_entry", column, "id = :id", id=entry_at(grown, position))
    expected = "entry-changed" if column == "body" else "column-disagrees"
    assert f"{expected} {position}" in grown.problems()
    with pytest.raises(LogNotProven):
        grown.check().raise_if_bad()


@pytest.mark.parametrize("column", ENTRY_COLUMNS)
def test_a_changed_column_of_an_unwitnessed_entry_is_found(unwitnessed: DisarmedLog, column: str):
    mutate(unwitnessed, "audit_entry", column, "id = :id", id=entry_at(unwitnessed, COUNT - 1))
    expected = "entry-changed" if column == "body" else "column-disagrees"
    assert f"{expected} {COUNT - 1}" in unwitnessed.problems()


@pytest.mark.parametrize("column", LEAF_COLUMNS)
@pytest.mark.parametrize("position", range(COUNT))
def test_a_changed_column_of_a_leaf_is_found_and_named(grown: DisarmedLog, column: str, position: int):
    mutate(grown, "audit_leaf", column, "position = :p", p=position)
    problems = grown.problems()
    if column == "position":
        assert {"entry-reordered 77", f"position-gap {position}"} <= problems
    else:
        assert f"leaf-changed {position}" in problems


@pytest.mark.parametrize("column", HEAD_COLUMNS)
@pytest.mark.parametrize("size", [1, 4, 6, 10])
def test_a_changed_column_of_a_head_is_found_and_named(grown: DisarmedLog, column: str, size: int):
    mutate(grown, "audit_head", column, "size = :size", size=size)
    assert f"head-{'removed' if column == 'size' else 'changed'} {size}" in grown.problems()


@pytest.mark.parametrize("column", HEAD_COLUMNS)
def test_a_changed_column_of_an_unwitnessed_head_is_found_and_named(unwitnessed: DisarmedLog, column: str):
    mutate(unwitnessed, "audit_head", column, "size = 10")
    assert f"head-signature-wrong {77 if column == 'size' else 10}" in unwitnessed.problems()


@pytest.mark.parametrize("position", range(COUNT))
def test_a_deleted_entry_is_found_and_named(grown: DisarmedLog, position: int):
    grown.execute("DELETE FROM audit_entry WHERE id = :id", id=entry_at(grown, position))
    findings = grown.check().findings
    assert [(finding.problem, finding.position) for finding in findings] == [("entry-removed", position)]
    assert findings[0].entry_id is not None


@pytest.mark.parametrize("position", range(COUNT))
def test_an_entry_deleted_with_its_leaf_is_found_and_named(grown: DisarmedLog, position: int):
    entry_id = entry_at(grown, position)
    grown.execute("DELETE FROM audit_leaf WHERE position = :p", p=position)
    grown.execute("DELETE FROM audit_entry WHERE id = :id", id=entry_id)
    wanted = "tail-cut" if position == COUNT - 1 else "entry-removed"
    assert f"{wanted} {position}" in grown.problems()


@pytest.mark.parametrize("position", range(COUNT))
def test_a_deleted_leaf_is_found_and_its_entry_named(grown: DisarmedLog, position: int):
    entry_id = entry_at(grown, position)
    grown.execute("DELETE FROM audit_leaf WHERE position = :p", p=position)
    named = [finding for finding in grown.check().findings if finding.problem == "leaf-changed"]
    assert [finding.position for finding in named] == [position]
    assert str(entry_id).replace("-", "") == named[0].entry_id.hex


@pytest.mark.parametrize("position", range(COUNT - 1))
def test_a_removal_that_is_closed_up_is_found_and_only_the_removed_place_is_named(grown: DisarmedLog, position: int):
    entry_id = entry_at(grown, position)
    grown.execute("DELETE FROM audit_leaf WHERE position = :p", p=position)
    grown.execute("DELETE FROM audit_entry WHERE id = :id", id=entry_id)
    for later in range(position + 1, COUNT):
        grown.execute("UPDATE audit_leaf SET position = position - 1 WHERE position = :p", p=later)
    about_entries = [
        (finding.problem, finding.position)
        for finding in grown.check().findings
        if not finding.problem.value.startswith("head")
    ]
    assert about_entries == [("entry-removed", position)]


@pytest.mark.parametrize("first", range(COUNT))
@pytest.mark.parametrize("apart", [1, 4])
def test_swapped_entries_are_found_and_both_named(grown: DisarmedLog, first: int, apart: int):
    second = (first + apart) % COUNT
    one, two = entry_at(grown, first), entry_at(grown, second)
    swap = "UPDATE audit_leaf SET entry_id = :id WHERE position = :p"
    grown.execute(swap, id=new_id().hex if isinstance(one, str) else new_id(), p=first)
    grown.execute(swap, id=one, p=second)
    grown.execute(swap, id=two, p=first)
    assert {f"entry-reordered {first}", f"entry-reordered {second}"} <= grown.problems()


def test_swapped_positions_are_found_and_both_named(grown: DisarmedLog):
    for old, new in ((2, 70), (7, 2), (70, 7)):
        grown.execute("UPDATE audit_leaf SET position = :new WHERE position = :old", old=old, new=new)
    assert {"entry-reordered 2", "entry-reordered 7"} <= grown.problems()


@pytest.mark.parametrize("position", range(COUNT))
def test_an_entry_rewritten_with_its_leaf_is_found_by_the_witness(grown: DisarmedLog, position: int):
    entry_id = entry_at(grown, position)
    grown.execute("UPDATE audit_entry SET body = replace(body, 'lost', 'kept') WHERE id = :id", id=entry_id)
    rewrite_leaf(grown, position)
    findings = grown.check().findings
    assert [(finding.problem, finding.position) for finding in findings] == [("entry-changed", position)]
    assert findings[0].event == "SealSuspended"


def test_a_rewritten_leaf_of_an_unwitnessed_head_contradicts_the_signed_root(unwitnessed: DisarmedLog):
    entry_id = entry_at(unwitnessed, COUNT - 1)
    unwitnessed.execute("UPDATE audit_entry SET body = replace(body, 'lost', 'kept') WHERE id = :id", id=entry_id)
    rewrite_leaf(unwitnessed, COUNT - 1)
    assert "head-root-wrong 10" in unwitnessed.problems()


@pytest.mark.parametrize("position", range(COUNT))
def test_a_consistently_rewritten_database_is_found_down_to_the_entry(grown: DisarmedLog, position: int):
    entry_id = entry_at(grown, position)
    grown.execute("UPDATE audit_entry SET body = replace(body, 'lost', 'kept') WHERE id = :id", id=entry_id)
    rewrite_leaf(grown, position)
    rewrite_heads(grown)
    problems = grown.problems()
    assert f"entry-changed {position}" in problems
    assert [name for name in problems if name.startswith("entry-changed ")] == [f"entry-changed {position}"]
    assert "head-signature-wrong 10" in problems


@pytest.mark.parametrize("position", [0, 5, COUNT])
def test_an_entry_put_into_the_sequence_is_found_and_named(grown: DisarmedLog, position: int):
    for later in reversed(range(position, COUNT)):
        grown.execute("UPDATE audit_leaf SET position = position + 1 WHERE position = :p", p=later)
    waiting = "FROM audit_entry WHERE id NOT IN (SELECT entry_id FROM audit_leaf)"
    grown.execute(
        "INSERT INTO audit_leaf (position, entry_id, leaf_hash) VALUES (:p, :id, :hash)",
        p=position,
        id=grown.scalar(f"SELECT id {waiting}"),
        hash=leaf_hash(grown.scalar(f"SELECT body {waiting}").encode()),
    )
    about_entries = [
        (finding.problem, finding.position)
        for finding in grown.check().findings
        if finding.problem.value.startswith("entry")
    ]
    assert about_entries == [("entry-inserted", position)]


@pytest.mark.parametrize("kept", range(COUNT))
def test_a_cut_tail_is_found_and_named(grown: DisarmedLog, kept: int):
    keys = [entry_at(grown, position) for position in range(kept, COUNT)]
    grown.execute("DELETE FROM audit_head WHERE size > :kept", kept=kept)
    grown.execute("DELETE FROM audit_leaf WHERE position >= :kept", kept=kept)
    for entry_id in keys:
        grown.execute("DELETE FROM audit_entry WHERE id = :id", id=entry_id)
    problems = grown.problems()
    assert {f"tail-cut {kept}", "head-removed 10"} <= problems
    assert "entry-removed" not in problems


def test_a_tail_that_only_lost_its_places_is_found_and_each_entry_named(grown: DisarmedLog):
    grown.execute("DELETE FROM audit_head WHERE size > 6")
    grown.execute("DELETE FROM audit_leaf WHERE position >= 6")
    named = [finding.position for finding in grown.check().findings if finding.problem == "leaf-changed"]
    assert set(named) == {6, 7, 8, 9}


@pytest.mark.parametrize("size", [1, 4, 6, 10])
def test_a_deleted_head_is_found_and_named(grown: DisarmedLog, size: int):
    grown.execute("DELETE FROM audit_head WHERE size = :size", size=size)
    assert f"head-removed {size}" in grown.problems()


@pytest.mark.parametrize("size", [2, 5, 11, 2_000_000_000])
def test_a_forged_head_is_found_and_named(grown: DisarmedLog, size: int):
    grown.execute(
        "INSERT INTO audit_head (size, root, at, key_id, signature) "
        "SELECT :size, root, at, key_id, signature FROM audit_head WHERE size = 10",
        size=size,
    )
    assert f"head-signature-wrong {size}" in grown.problems()


def test_a_wiped_database_is_found(grown: DisarmedLog):
    for table in ("audit_head", "audit_leaf", "audit_entry"):
        grown.execute(f"DELETE FROM {table}")
    assert {"tail-cut 0", "head-removed 1", "head-removed 10"} <= grown.problems()


def test_an_entry_that_waits_too_long_is_found_and_named(log: MadeLog):
    entry_id = log.record()[0]
    clock_of(log.database).advance(299)
    assert log.check().findings == ()
    clock_of(log.database).advance(2)
    assert [(finding.problem, finding.entry_id) for finding in log.check().findings] == [
        ("entry-unsequenced", entry_id)
    ]


@pytest.mark.parametrize("line", range(len(SIZES)))
@pytest.mark.parametrize("old", [b'"root":"', b'"signature":"', b'"leaves":["', b'"size":'])
def test_a_changed_witness_is_found_and_the_database_still_proven(log: MadeLog, line: int, old: bytes):
    log.grow(*SIZES)
    lines = log.witness_path.read_bytes().splitlines(keepends=True)
    at = lines[line].index(old) + len(old)
    lines[line] = lines[line][:at] + (b"1" if lines[line][at : at + 1] != b"1" else b"2") + lines[line][at + 1 :]
    log.witness_path.write_bytes(b"".join(lines))
    findings = log.check().findings
    assert [(finding.problem, finding.position) for finding in findings] == [("witness-broken", line + 1)]


@pytest.mark.parametrize("line", range(len(SIZES) - 1))
def test_a_line_removed_from_the_witness_leaves_the_database_proven(log: MadeLog, line: int):
    log.grow(*SIZES)
    lines = log.witness_path.read_bytes().splitlines(keepends=True)
    del lines[line]
    log.witness_path.write_bytes(b"".join(lines))
    assert log.problems() == {"head-unwitnessed", f"head-unwitnessed {sum(SIZES[: line + 1])}"}


def test_a_lost_witness_is_found(log: MadeLog):
    log.grow(*SIZES)
    log.witness_path.unlink()
    assert {"head-unwitnessed 1", "head-unwitnessed 4", "head-unwitnessed 6"} <= log.problems()


def test_a_head_older_than_the_one_before_it_is_found(log: MadeLog):
    log.grow(1)
    with log.database.reading() as work:
        first = newest_head(work)
    entry_id = log.record()[0]
    with log.database.reading() as work:
        pending = PendingEntries().find(work, 10)
    root, at = Tree([log.line(0).leaves[0], pending[0].hash]).root(), first.at - timedelta(seconds=1)
    head = TreeHead(2, root, at, KEY_ID, sign(head_bytes(2, root, at, KEY_ID)))
    with log.database.work() as work:
        work.session.add(AuditLeaf(position=1, entry_id=entry_id, leaf_hash=pending[0].hash))
        work.session.add(AuditHead(**asdict(head)))
    log.witness.append(WitnessLine(head, (pending[0].hash,)))
    assert [(finding.problem, finding.position) for finding in log.check().findings] == [("head-time-wrong", 2)]


def test_columns_that_hold_what_no_column_should_are_named_all_the_same(sqlite_log: MadeLog):
    sqlite_log.grow(*SIZES)
    with sqlite_log.disarmed() as log:
        wounds = ("body = CAST(x'ff00' AS TEXT)", "at = 'never'", "person_id = x'ff'", "event = ''", "subject_id = 7")
        for position, wound in enumerate(wounds):
            statement = f"UPDATE audit_entry SET {wound} WHERE id = :id"
            log.execute(statement, id=entry_at(log, position))
        log.execute("UPDATE audit_leaf SET leaf_hash = 'text', entry_id = 'no id' WHERE position = 8")
        log.execute("UPDATE audit_head SET at = 'never', root = 5 WHERE size = 6")
        problems = log.problems()
        assert {"entry-changed 0", "leaf-changed 8", "head-signature-wrong 6"} <= problems
        assert {f"column-disagrees {position}" for position in range(1, len(wounds))} <= problems


def test_a_finding_reads_as_one_line(grown: DisarmedLog):
    mutate(grown, "audit_entry", "event", "id = :id", id=entry_at(grown, 3))
    assert str(grown.check().findings[0]).startswith("column-disagrees 3 (other ")


def test_a_check_without_trusted_keys_proves_nothing(log: MadeLog):
    log.grow(2)
    with log.database.reading() as work:
        report = check_log(work, log.witness, head_verifier({}))
    assert {finding.problem for finding in report.findings} >= {"witness-broken", "head-signature-wrong"}
    with log.database.reading() as work:
        check_log(work, log.witness, VERIFY).raise_if_bad()


def rewrite_leaf(log: DisarmedLog, position: int) -> None:
    body = log.scalar("SELECT body FROM audit_entry WHERE id = :id", id=entry_at(log, position))
    hashed = leaf_hash(body.encode())
    log.execute("UPDATE audit_leaf SET leaf_hash = :hash WHERE position = :p", hash=hashed, p=position)


def rewrite_heads(log: DisarmedLog) -> None:
    """Give every head the root of the rewritten leaves; only its signature cannot be made."""
    tree = Frontier()
    for position in range(COUNT):
        tree.append(log.scalar("SELECT leaf_hash FROM audit_leaf WHERE position = :p", p=position))
        log.execute("UPDATE audit_head SET root = :root WHERE size = :size", root=tree.root(), size=tree.size)
