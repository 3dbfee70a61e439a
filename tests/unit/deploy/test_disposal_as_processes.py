"""Web lists, holds and approves, the worker disposes, each as its own role of PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import psycopg

from printserver.archive.disposal import approve_disposal, propose_disposal
from printserver.archive.disposal_running import dispose
from printserver.archive.holds import ask_to_lift, hold_record, lift_hold
from printserver.archive.object_names import named_objects
from printserver.archive.retention_changes import change_retention, confirm_change
from printserver.archive.retention_models import DisposalRun
from printserver.archive.states import RunState
from printserver.migrations.upgrade import upgrade
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
        with database.reading() as work:
            assert work.session.get_one(DisposalRun, run_id).state == RunState.DONE
        assert scene.record(record_id).title == ""
        assert scene.record(other).title != ""
    postgresql.drop_database(name)
