"""Sequencers that are killed, and rivals at the same log; on both databases."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from printserver.audit.models import AuditLeaf
from printserver.foundation.clock import SystemClock
from printserver.foundation.database import open_engines
from printserver.foundation.job_queue import RecordedJobs
from printserver.foundation.unit_of_work import Database
from tests.databases import BOTH, DatabaseKit, clock_of
from tests.unit.audit.made_logs import MadeLog, sign

KILLS = 24


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
    while log.counts()[1] < 80 and time.monotonic() < deadline and not failures:
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
    assert log.counts() == ((5, 5, 2) if after_commit else (5, 2, 1))
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
