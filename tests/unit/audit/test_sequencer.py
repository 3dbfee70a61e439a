"""Sequencing under rollbacks, crashes, rivals and clocks; on both databases."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.pool import QueuePool

from printserver.audit.heads import HeadSignatureInvalid, head_verifier
from printserver.audit.log import By, append
from printserver.audit.merkle import Tree
from printserver.audit.models import AuditHead, AuditLeaf
from printserver.audit.sequencer import (
    ClockSetBack,
    LogRewritten,
    LogRolledBack,
    Sequencer,
    WitnessFellBehind,
    renew_witness,
)
from printserver.audit.witness import Witness, WitnessBroken
from tests.databases import DatabaseKit, clock_of
from tests.unit.audit.made_logs import KEY_ID, VERIFY, MadeLog, SealSuspended, sign


def file_of(log: MadeLog) -> Path:
    return Path(log.database.engines.writing.url.database or "")


def refuses_to_start(log: MadeLog, error: type[Exception]) -> None:
    """A refusal leaves database and witness as they were, and signs nothing."""
    before = log.counts(), log.witness_path.read_bytes()

    def never(_message: bytes) -> bytes:
        raise AssertionError("something was signed")

    sequencer = log.new_sequencer(never)
    with pytest.raises(error):
        sequencer.check_against_witness()
    with pytest.raises(error):
        sequencer.run_once()
    assert (log.counts(), log.witness_path.read_bytes()) == before


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
    assert log.counts() == (1, 1, 1)


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
        assert log.counts() == (5, 2, 1)
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
    assert log.counts() == (1, 0, 0)
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
    assert log.counts() == (4, 3, 1)


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
    assert log.counts() == (2, 1, 1)
    clock_of(log.database).advance(3_603)
    assert log.sequencer.run_once().size == 2


def test_one_sequencer_object_refuses_a_witness_of_another_log(log: MadeLog, tmp_path: Path):
    log.grow(1)
    other = Sequencer(log.database, Witness(tmp_path / "other"), sign, KEY_ID, verify_head=VERIFY)
    other.check_against_witness()
    log.grow(1, 1)
    with pytest.raises(WitnessFellBehind):
        other.run_once()
