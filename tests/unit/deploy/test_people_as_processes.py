"""What web and worker do with people's rows, each as its own role of PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

import psycopg
import pytest

from printserver.approvals import people_changes
from printserver.approvals.people_changes import NewRight
from printserver.audit.log import By
from printserver.foundation.clock import as_text
from printserver.foundation.database import open_engines
from printserver.foundation.job_queue import RecordedJobs
from printserver.foundation.unit_of_work import Database
from printserver.migrations.upgrade import upgrade
from printserver.organisations.branches import close_branch, create_branch
from printserver.organisations.people import Handover, NewPerson, create_person
from printserver.organisations.register_effects import (
    apply_bar,
    apply_delegation,
    apply_delegation_end,
    apply_seat,
    apply_unbar,
    apply_unseat,
)
from printserver.organisations.rights_review import Verdict, decide_line, open_review, review_lines
from printserver.organisations.roles import create_custom_role, retire_custom_role
from printserver.print_requests.seal_rights import all_rights
from tests.databases import FakeClock
from tests.people_scene import SECRETS, Company, Word, found
from tests.postgresql_server import PostgresqlServer
from tests.world_building import cheap_passwords

ROLES_FILE: Final = Path(__file__).parents[3] / "deploy" / "database_roles.sql"
WEB, WORKER = "printserver_web", "printserver_worker"
BY: Final = By(process="register")


@contextmanager
def opened(url: str) -> Iterator[Database]:
    engines = open_engines(url)
    try:
        yield Database(engines, RecordedJobs(), FakeClock())
    finally:
        engines.dispose()


@pytest.fixture(scope="module")
def served(postgresql: PostgresqlServer) -> Iterator[tuple[PostgresqlServer, str, Company]]:
    name = postgresql.create_database()
    upgrade(postgresql.url(name))
    with psycopg.connect(postgresql.url(name).replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(ROLES_FILE.read_bytes())
    with opened(postgresql.url(name)) as database:
        company = found(database)
    yield postgresql, name, company
    postgresql.drop_database(name)


def test_the_worker_lets_rows_follow_the_register(served: tuple[PostgresqlServer, str, Company]):
    server, name, made = served
    with opened(server.url(name, WORKER)) as database:
        company = replace(made, database=database)
        person, path = str(company.people["nobody"]), company.path("south")
        now = database.clock.now()
        seat = {"person_id": person, "role": "approver", "path": path, "from": as_text(now)}
        lent = {"principal": person, "deputy": str(company.people["seals"]), "role": "approver"}
        dates = {"from": as_text(now), "until": as_text(now + timedelta(days=3))}
        by = BY.within(company.organisation_id)
        with database.work() as work:
            apply_seat(work, by, seat)
        with database.work() as work:
            apply_delegation(work, by, {**lent, "deputy": str(company.people["approver"]), **dates})
            apply_delegation_end(work, by, {**lent, "deputy": str(company.people["approver"])})
            apply_bar(work, by, {"person_id": person, "reason": "why"})
            apply_unbar(work, by, {"person_id": person})
            apply_unseat(work, by, {"person_id": person, "role": "approver", "path": path})


def test_the_web_process_administers_people(served: tuple[PostgresqlServer, str, Company]):
    server, name, made = served
    with opened(server.url(name, WEB)) as database, cheap_passwords():
        company = replace(made, database=database)
        with database.work() as work:
            actor = company.actor(work)
            branch = create_branch(work, actor, parent_id=company.branches["south"], name="counter")
            person = create_person(work, actor, NewPerson(branch, "9", "n", "free"), secrets=SECRETS).id
            create = {"code": "front-desk", "name_zh": "前台", "name_en": "front desk"}
            role = create_custom_role(work, actor, permissions=["read-returns"], **create)
            people_changes.grant_right(work, actor, Word(), person, NewRight("front-desk", branch))
            people_changes.grant_right(work, actor, Word(), person, NewRight("approver", branch))
            retire_custom_role(work, actor, role)
            people_changes.freeze_person(work, actor, Word(), person, reason="why")
            people_changes.unfreeze_person(work, actor, Word(), person, reason="why")
            north = company.branches["north"]
            people_changes.move_person(work, actor, Word(), person, branch_id=north, reason="why")
            people_changes.leave(work, actor, Word(), person, reason="why", handover=Handover())
            close_branch(work, actor, branch)
            people_changes.move_branch(work, actor, Word(), north, parent_id=company.branches["south"], reason="merged")
        with database.work() as work:
            reviewer = company.actor(work, "seals")
            review = open_review(work, reviewer, period="2026", days=9, lines=all_rights(work, reviewer))
            work.session.flush()
            line = next(each for each in review_lines(work, reviewer, review) if each.user_id != reviewer.id)
            decide_line(work, reviewer, review, line.id, verdict=Verdict.CONFIRMED)
