"""Sequencing under rollbacks, crashes, rivals and clocks; on both databases."""

# ruff: noqa: S608 -- the statements are put together from this file's own words

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.pool import QueuePool

from printserver.audit.heads import HeadSignatureInvalid, head_verifier
from printserver.audit.log import By, append
from printserver.audit.merkle import Tree
from printserver.audit.models import AuditEntry, AuditHead, AuditLeaf
from printserver.audit.sequencer import (
    ClockSetBack,
    LogRewritten,
    LogRolledBack,
    Sequencer,
    WitnessFellBehind,
    renew_witness,
)
from printserver.audit.witness import Witness, WitnessBroken
from printserver.foundation.clock import SystemClock
from printserver.foundation.database import open_engines
from printserver.foundation.job_queue import RecordedJobs
from printserver.foundation.unit_of_work import Database
from tests.databases import BOTH, DatabaseKit, clock_of
from tests.unit.audit.made_logs import KEY_ID, VERIFY, MadeLog, SealSuspended, sign

KILLS = 24


def counts(log: MadeLog) -> tuple[int, int, int]:
    """Entries, leaves, heads."""
    with log.database.reading() as work:
        tables = (AuditEntry, AuditLeaf, AuditHead)
        numbers = [work.session.scalar(select(func.count()).select_from(table)) for table in tables]
    return numbers[0] or 0, numbers[1] or 0, numbers[2] or 0


def file_of(log: MadeLog) -> Path:
    return Path(log.database.engines.writing.url.database or "")


def refuses_to_start(log: MadeLog, error: type[Exception]) -> None:
    """A refusal leaves database and witness as they were, and signs nothing."""
    before = counts(log), log.witness_path.read_bytes()

    def never(_message: bytes) -> bytes:
        raise AssertionError("something was signed")

    sequencer = log.new_sequencer(never)
    with pytest.raises(error):
        sequencer.check_against_witness()
    with pytest.raises(error):
        sequencer.run_once()
    assert (counts(log), log.witness_path.read_bytes()) == before


def test_entries_get_places_in_order_of_their_ids_under_a_verified_head(log: MadeLog):
    ids = log.record(3) + log.record(2)
    head = log.sequencer.run_once()
    assert head is not None
    VERIFY(head)
    with log.database.reading() as work:
        leaves = work.session.scalars(select(AuditLeaf).order_by(AuditLeaf.position)).all()
    assert [leaf.position for leaf in leaves] == [0, 1, 2, 3, 4]
    assert [leaf.entry_id for leaf in leaves] == sorted(ids)
    assert head.root == Tree(leaf.leaf_hash for leaf in leaves).root()
    assert log.heads() == [head]
    assert log.line(0).leaves == tuple(leaf.leaf_hash for leaf in leaves)


def test_nothing_to_do_signs_nothing(log: MadeLog):
    assert log.sequencer.run_once() is None
    log.grow(1)
    assert log.sequencer.run_once() is None
    assert counts(log) == (1, 1, 1)


def test_a_backlog_is_taken_in_batches_without_losing_any(log: MadeLog):
    log.record(10)
    sequencer = log.new_sequencer(batch=4)
    sizes = [head.size for head in iter(sequencer.run_once, None)]
    assert sizes == [4, 8, 10]
    log.record(4)
    assert sequencer.run_once().size == 14
    assert sequencer.run_once() is None
    assert log.check().findings == ()


def test_an_entry_committed_late_with_a_smaller_id_comes_next(database_kit: DatabaseKit, tmp_path: Path):
    log = MadeLog(database_kit.make("postgresql"), tmp_path / "witness.jsonl")
    with log.database.work() as work:
        late = append(work, By(), SealSuspended(reason="late")).id
        work.session.flush()
        early = log.record()[0]
        assert log.sequencer.run_once().size == 1
    assert late < early
    assert log.sequencer.run_once().size == 2
    assert log.check().findings == ()


def test_an_outage_of_the_key_loses_no_entry(log: MadeLog):
    def dead(_message: bytes) -> bytes:
        raise ConnectionError("the token is gone")

    signing: Callable[[bytes], bytes] = sign
    sequencer = log.new_sequencer(lambda message: signing(message))
    log.record(2)
    assert sequencer.run_once().size == 2
    signing = dead
    log.record(3)
    for _ in range(2):
        with pytest.raises(ConnectionError):
            sequencer.run_once()
        assert counts(log) == (5, 2, 1)
    signing = sign
    assert sequencer.run_once().size == 5
    assert log.check().findings == ()


def test_the_key_is_asked_outside_any_transaction(log: MadeLog):
    in_use: list[int] = []

    def watching(message: bytes) -> bytes:
        pools = [log.database.engines.writing.pool, log.database.engines.reading.pool]
        in_use.extend(pool.checkedout() for pool in pools if isinstance(pool, QueuePool))
        return sign(message)

    log.record()
    log.new_sequencer(watching).run_once()
    assert in_use == [0, 0]


def test_a_signature_by_another_key_is_never_stored(log: MadeLog):
    log.record()
    sequencer = log.new_sequencer(lambda message: sign(message + b"!"))
    with pytest.raises(HeadSignatureInvalid):
        sequencer.run_once()
    assert counts(log) == (1, 0, 0)
    assert not log.witness_path.exists()


def test_an_old_snapshot_of_the_database_is_refused(sqlite_log: MadeLog, tmp_path: Path, database_kit: DatabaseKit):
    file = file_of(sqlite_log)
    sqlite_log.grow(2, 3)
    sqlite_log.database.engines.dispose()
    shutil.copyfile(file, tmp_path / "snapshot")
    sqlite_log.grow(1)
    sqlite_log.database.engines.dispose()
    for leftover in file.parent.glob(f"{file.name}-*"):
        leftover.unlink()
    shutil.copyfile(tmp_path / "snapshot", file)
    restored = MadeLog(database_kit.open(f"sqlite:///{file}"), sqlite_log.witness_path)
    refuses_to_start(restored, LogRolledBack)
    assert "tail-cut 5" in restored.problems()


def test_a_snapshot_that_went_on_differently_is_refused(sqlite_log: MadeLog, tmp_path: Path, database_kit: DatabaseKit):
    file = file_of(sqlite_log)
    sqlite_log.grow(2)
    sqlite_log.database.engines.dispose()
    shutil.copyfile(file, tmp_path / "fork")
    shutil.copyfile(sqlite_log.witness_path, tmp_path / "fork.jsonl")
    sqlite_log.grow(1)
    fork = MadeLog(database_kit.open(f"sqlite:///{tmp_path}/fork"), tmp_path / "fork.jsonl")
    fork.grow(1)
    refuses_to_start(MadeLog(fork.database, sqlite_log.witness_path), LogRewritten)
    fork.grow(1)
    refuses_to_start(MadeLog(fork.database, sqlite_log.witness_path), LogRewritten)


def test_a_log_that_shrinks_while_the_sequencer_runs_is_refused(log: MadeLog):
    log.grow(2, 2)
    log.disarm()
    log.execute("DELETE FROM audit_head WHERE size = 4", "DELETE FROM audit_leaf WHERE position > 1")
    refuses_to_start(log, LogRolledBack)
    log.witness_path.write_bytes(log.line(0).to_bytes())
    with pytest.raises(LogRolledBack):
        log.sequencer.run_once()


def test_rewritten_leaves_are_refused(log: MadeLog):
    log.grow(2, 2)
    log.disarm()
    log.execute("UPDATE audit_leaf SET leaf_hash = :hash WHERE position = 0", hash=bytes(32))
    refuses_to_start(log, LogRewritten)


def test_leaves_that_no_head_covers_are_refused(log: MadeLog):
    log.grow(2)
    entry_id = log.record(2)[0]
    with log.database.work() as work:
        work.session.add(AuditLeaf(position=2, entry_id=entry_id, leaf_hash=bytes(32)))
    with pytest.raises(LogRewritten):
        log.sequencer.run_once()
    assert counts(log) == (4, 3, 1)


def test_a_head_that_a_crash_kept_from_the_witness_is_written_there(log: MadeLog):
    log.grow(2, 3)
    whole = log.witness_path.read_bytes()
    log.witness_path.write_bytes(log.line(0).to_bytes())
    log.new_sequencer().check_against_witness()
    assert log.witness_path.read_bytes() == whole


def test_the_very_first_head_is_written_to_a_missing_witness(log: MadeLog):
    log.grow(2)
    whole = log.witness_path.read_bytes()
    log.witness_path.unlink()
    log.new_sequencer().check_against_witness()
    assert log.witness_path.read_bytes() == whole


def test_a_forged_head_never_reaches_the_witness(log: MadeLog):
    log.grow(2)
    before = log.witness_path.read_bytes()
    entry_id, root = log.record()[0], Tree([*log.line(0).leaves, bytes(32)]).root()
    with log.database.work() as work:
        work.session.add(AuditLeaf(position=2, entry_id=entry_id, leaf_hash=bytes(32)))
        work.session.add(AuditHead(size=3, root=root, at=work.now(), key_id=KEY_ID, signature=bytes(64)))
    with pytest.raises(HeadSignatureInvalid):
        log.new_sequencer().check_against_witness()
    assert log.witness_path.read_bytes() == before


def test_a_witness_that_lacks_two_heads_is_refused_and_can_be_renewed_on_purpose(log: MadeLog):
    log.grow(2, 3, 1)
    whole = log.witness_path.read_bytes()
    log.witness_path.write_bytes(log.line(0).to_bytes())
    refuses_to_start(log, WitnessFellBehind)
    with pytest.raises(WitnessBroken):
        renew_witness(log.database, log.witness, VERIFY)
    log.witness_path.unlink()
    with pytest.raises(HeadSignatureInvalid):
        renew_witness(log.database, log.witness, head_verifier({}))
    assert renew_witness(log.database, log.witness, VERIFY) == 3
    assert log.witness_path.read_bytes() == whole
    log.new_sequencer().check_against_witness()


def test_a_lost_witness_is_not_renewed_from_rewritten_leaves(log: MadeLog):
    log.grow(2, 3)
    log.disarm()
    log.execute("UPDATE audit_leaf SET leaf_hash = :hash WHERE position = 4", hash=bytes(32))
    log.witness_path.unlink()
    with pytest.raises(LogRewritten):
        renew_witness(log.database, log.witness, VERIFY)


def test_a_clock_set_back_signs_nothing_until_it_is_right_again(log: MadeLog):
    log.grow(1)
    log.record()
    clock_of(log.database).advance(-3)
    assert log.sequencer.run_once() is None
    clock_of(log.database).advance(-3_600)
    with pytest.raises(ClockSetBack):
        log.sequencer.run_once()
    assert counts(log) == (2, 1, 1)
    clock_of(log.database).advance(3_603)
    assert log.sequencer.run_once().size == 2


@pytest.mark.parametrize("kind", BOTH)
def test_rival_sequencers_build_one_tree_without_a_gap(database_kit: DatabaseKit, tmp_path: Path, kind: str):
    url = database_kit.url(kind)
    log = MadeLog(database_kit.open(url), tmp_path / "witness.jsonl")
    finished, failures = threading.Event(), []

    def sequence(own: MadeLog) -> None:
        sequencer = own.new_sequencer(batch=3)
        try:
            while not finished.is_set():
                sequencer.run_once()
        except Exception as problem:  # noqa: BLE001 -- the test's own thread reports it
            failures.append(problem)

    rivals = [
        threading.Thread(target=sequence, args=(MadeLog(database_kit.open(url), log.witness_path),)) for _ in range(3)
    ]
    for thread in rivals:
        thread.start()
    for _ in range(40):
        log.record(2)
    deadline = time.monotonic() + 60
    while counts(log)[1] < 80 and time.monotonic() < deadline and not failures:
        time.sleep(0.02)
    finished.set()
    for thread in rivals:
        thread.join()
    assert failures == []
    assert log.sequencer.run_once() is None
    report = log.check()
    report.raise_if_bad()
    assert (report.entries, report.unsequenced, report.witnessed) == (80, 0, report.heads)


@pytest.mark.parametrize("kind", BOTH)
def test_a_sequencer_killed_at_any_moment_loses_nothing(database_kit: DatabaseKit, tmp_path: Path, kind: str):
    url = database_kit.url(kind)
    witness, journal = tmp_path / "witness.jsonl", tmp_path / "committed"
    rng = random.Random(20261122)
    for _ in range(KILLS):
        started, starting = os.pipe()
        child = os.fork()
        if child == 0:
            _sequence_until_killed(url, witness, journal, starting)
        os.close(starting)
        assert os.read(started, 1) == b"!"
        os.close(started)
        time.sleep(rng.uniform(0, 0.06))
        os.kill(child, signal.SIGKILL)
        assert os.WIFSIGNALED(os.waitpid(child, 0)[1])
    log = MadeLog(database_kit.open(url), witness)
    clock_of(log.database).moment = SystemClock().now()
    log.new_sequencer().check_against_witness()
    sequencer = log.new_sequencer()
    while sequencer.run_once():
        pass
    report = log.check()
    report.raise_if_bad()
    committed = set(journal.read_text().splitlines())
    with log.database.reading() as work:
        placed = {str(entry_id) for entry_id in work.session.scalars(select(AuditLeaf.entry_id))}
    assert len(committed) >= KILLS
    assert committed <= placed
    assert (report.entries, report.unsequenced) == (len(placed), 0)
    assert report.heads == report.witnessed > KILLS


def _sequence_until_killed(url: str, witness: Path, journal: Path, starting: int) -> None:
    """In a child process: record, note what was committed, sequence, again and again; `!` after the first round."""
    try:
        log = MadeLog(Database(open_engines(url), RecordedJobs(), SystemClock()), witness)
        with journal.open("a") as file:
            while True:
                for entry_id in log.record(2):
                    file.write(f"{entry_id}\n")
                file.flush()
                log.sequencer.run_once()
                os.write(starting, b"!")
    finally:
        os._exit(1)


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("step", ["before signing", "after signing", "after the commit"])
def test_a_sequencer_killed_at_a_given_step_goes_on_cleanly(
    database_kit: DatabaseKit, tmp_path: Path, kind: str, step: str
):
    url = database_kit.url(kind)
    log = MadeLog(database_kit.open(url), tmp_path / "witness.jsonl")
    log.grow(2)
    log.record(3)
    log.database.engines.dispose()
    child = os.fork()
    if child == 0:
        _die_at(step, MadeLog(Database(open_engines(url), RecordedJobs(), log.database.clock), log.witness_path))
    assert os.WIFSIGNALED(os.waitpid(child, 0)[1])
    after_commit = step == "after the commit"
    assert counts(log) == ((5, 5, 2) if after_commit else (5, 2, 1))
    assert len(log.heads()) == 1
    log.new_sequencer().check_against_witness()
    head = log.new_sequencer().run_once()
    assert (head is None) == after_commit
    assert [known.size for known in log.heads()] == [2, 5]
    assert log.check().findings == ()


def _die_at(step: str, log: MadeLog) -> None:
    def die(*_arguments: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def sign_or_die(message: bytes) -> bytes:
        if step == "before signing":
            die()
        signature = sign(message)
        if step == "after signing":
            die()
        return signature

    with contextlib.suppress(Exception):
        if step == "after the commit":
            event.listen(Session, "after_commit", die)
        log.new_sequencer(sign_or_die).run_once()
    os._exit(1)


@pytest.mark.parametrize("table", ["audit_entry", "audit_leaf", "audit_head"])
@pytest.mark.parametrize("verb", ["UPDATE", "DELETE", "REPLACE", "UPSERT", "TRUNCATE"])
def test_the_database_itself_refuses_changes_to_the_log(log: MadeLog, table: str, verb: str):
    log.grow(2)
    before = counts(log), log.check()
    column = {"audit_entry": "event", "audit_leaf": "leaf_hash", "audit_head": "key_id"}[table]
    key = {"audit_entry": "id", "audit_leaf": "position", "audit_head": "size"}[table]
    replacing = f"INSERT INTO {table} SELECT * FROM {table} WHERE true ON CONFLICT ({key}) DO UPDATE SET {column} = '1'"
    statement = {
        "UPDATE": f"UPDATE {table} SET {column} = {column}",
        "DELETE": f"DELETE FROM {table}",
        "REPLACE": f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}" if log.on_sqlite else replacing,
        "UPSERT": replacing,
        "TRUNCATE": f"DELETE FROM {table} WHERE true" if log.on_sqlite else f"TRUNCATE {table} CASCADE",
    }[verb]
    with pytest.raises(DBAPIError, match="append-only"):
        log.execute(statement)
    assert (counts(log), log.check()) == before


def test_one_sequencer_object_refuses_a_witness_of_another_log(log: MadeLog, tmp_path: Path):
    log.grow(1)
    other = Sequencer(log.database, Witness(tmp_path / "other"), sign, KEY_ID, verify_head=VERIFY)
    other.check_against_witness()
    log.grow(1, 1)
    with pytest.raises(WitnessFellBehind):
        other.run_once()
