"""Web lists, holds, approves and gives back, the worker disposes and sweeps, each as its own role of PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import psycopg

from printserver.archive.disposal import approve_disposal, propose_disposal
from printserver.archive.disposal_running import dispose
from printserver.archive.giving_back import give_back, let_go
from printserver.archive.holds import ask_to_lift, hold_record, lift_hold
from printserver.archive.object_names import named_objects
from printserver.archive.retention_changes import change_retention, confirm_change
from printserver.archive.retention_models import DisposalRun
from printserver.archive.states import RunState
from printserver.archive.sweeping import GRACE, SweepTools, sweep
from printserver.migrations.upgrade import upgrade
from printserver.organisations.access import Grant
from printserver.organisations.permissions import Role
from printserver.storage.setting_aside import AsideObjects
from tests.databases import clock_of
from tests.paper_books import Issuer, issuer, open_books
from tests.postgresql_server import PostgresqlServer
from tests.unit.archive.retention_scene import LONG_AGO, Scene
from tests.unit.deploy.test_people_as_processes import ROLES_FILE, WEB, WORKER, opened

__all__ = ["issuer"]


def test_what_two_persons_approve_in_the_web_process_the_worker_erases(
    postgresql: PostgresqlServer, issuer: Issuer, tmp_path: Path
):
    name = postgresql.create_database()
    upgrade(postgresql.url(name))
    with psycopg.connect(postgresql.url(name).replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(ROLES_FILE.read_bytes())
    with opened(postgresql.url(name)) as database:
        scene = Scene(open_books(database, issuer, tmp_path))
        record_id, other = scene.archived(), scene.archived(code="30-years")
        with opened(postgresql.url(name, WEB)) as served, served.work() as work:
            hold = hold_record(work, scene.first, other, matter="7", reason="the court")
            ask_to_lift(work, scene.first, scene.attestor, hold, scene.load_key_list, reason="settled")
            lift_hold(work, scene.second, scene.attestor, hold)
            asked = change_retention(work, scene.first, other, "10-years", LONG_AGO, reason="wrong class")
            confirm_change(work, scene.second, asked.id)
            branch = scene.books.branch
            run_id = propose_disposal(work, scene.first, scene.attestor, branch, reason="over", leave_out=[other])
            digest = work.session.get_one(DisposalRun, run_id).list_sha256
            approve_disposal(work, scene.second, scene.attestor, run_id, list_sha256=digest)
        with opened(postgresql.url(name, WORKER)) as worker:
            dispose(scene.tools(worker), run_id)
            with worker.reading() as work:
                named = named_objects(work)
        assert scene.record(other).issued_sha256 in named
        left_over = scene.put("left over by a crash")
        aside = AsideObjects(scene.books.objects._contents, scene.books.objects.vaults.store)
        with opened(postgresql.url(name, WORKER)) as worker, opened(postgresql.url(name, WEB)) as served:
            archivist = replace(scene.first, grants=(Grant(Role.ARCHIVIST, "/"),))
            (round_before,) = sweep(SweepTools(worker, aside), however_many=True)
            give_back(SweepTools(served, aside), archivist, left_over, reason="a backup names it")
            with served.work() as work:
                let_go(work, archivist, left_over)
            clock_of(worker).advance((2 * GRACE).total_seconds())
            (round_after,) = sweep(SweepTools(worker, aside), however_many=True)
        assert left_over in round_before.set_aside
        assert set(round_after.erase) == set(round_before.set_aside) - {left_over}
        with database.reading() as work:
            assert work.session.get_one(DisposalRun, run_id).state == RunState.DONE
        assert scene.record(record_id).title == ""
        assert scene.record(other).title != ""
    postgresql.drop_database(name)
