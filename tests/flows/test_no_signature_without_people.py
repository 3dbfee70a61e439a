"""THREATS 5, 7: whatever is set by SQL in whatever table, a request without its people's words is never signed.

A counter stands around every signature that the token makes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest
from sqlalchemy import Boolean, Column, Integer, String, Table, Uuid, func, select, update
from sqlalchemy.exc import SQLAlchemyError

from printserver.approvals.models import Approval, Authorisation
from printserver.foundation.database import Base
from printserver.foundation.errors import PrintServerError
from printserver.organisations.permissions import Role
from printserver.print_requests import flows
from printserver.print_requests.states import RequestState
from tests.flows.refusing import by_sql
from tests.flows.test_forged_evidence import granted_by_sql
from tests.signing_world import SigningWorld

BESIDE: Final = {"audit_entry", "audit_node", "audit_head", "audit_leaf"}
"""The log says what happened; nothing is signed by it, and its own tests change each of its rows."""
TABLES: Final = [table for table in Base.metadata.sorted_tables if table.name not in BESIDE]
STATES: Final = ("active", "approved", "authorised", "registered", "custodian")


def values_for(column: Column[Any], present: list[Any], people: list[UUID]) -> list[Any]:
    """What somebody would try: another row's value, a person, a better state, a later day, nothing."""
    kind, others = column.type, [value for value in present if value is not None][:2]
    match kind:
        case Boolean():
            return [True, False]
        case Integer():
            return [0, 1, 10**6]
        case Uuid():
            return [*others, *people]
        case String():
            return [*others, *STATES]
        case _ if others and isinstance(others[0], datetime):
            return [others[0] + timedelta(days=3650), others[0] - timedelta(days=3650)]
        case _:
            return others
    return others


class Attempts:
    """A world whose request lacks somebody's word, with an authorisation that nobody gave."""

    def __init__(self, signed: SigningWorld, request_id: UUID) -> None:
        self.signed = signed
        self.authorisation_id = granted_by_sql(signed, request_id)
        home = signed.world.home.north
        self.people = [home.staff[role].id for role in (Role.APPROVER, Role.CUSTODIAN)]
        self.file = Path(str(signed.database.engines.writing.url.database))
        self.kept = self.file.with_suffix(".kept")
        self.made = 0
        _copy_database(self.file, self.kept)

    def try_with(self, change: Callable[[], None]) -> None:
        """After the change the signer refuses, says so once, and uses no key; then everything is as before."""
        signatures, journal = self.signed.hsm.signatures, self.signed.journal.head
        try:
            change()
        except SQLAlchemyError:
            self._restore()
            return
        with pytest.raises(PrintServerError):
            self.signed.issuing.issue(self.authorisation_id)
        assert (self.signed.hsm.signatures, self.signed.journal.head) == (signatures, journal)
        assert self.signed.events().count("AuthorisationRefused") == 1
        self.made += 1
        self._restore()

    def _restore(self) -> None:
        _copy_database(self.kept, self.file)


def _copy_database(source: Path, target: Path) -> None:
    """With whatever still stands in its write-ahead log."""
    with closing(sqlite3.connect(source)) as read, closing(sqlite3.connect(target)) as written:
        read.backup(written)


@pytest.mark.parametrize("lacking", ["approver", "custodian"])
@pytest.mark.parametrize("table", TABLES, ids=[table.name for table in TABLES])
def test_no_column_of_any_table_set_by_sql_takes_the_place_of_a_persons_word(
    sqlite_signing_world: SigningWorld, table: Table, lacking: str
):
    world = sqlite_signing_world.world
    attempts = Attempts(sqlite_signing_world, world.pending() if lacking == "approver" else world.in_custody())
    for column in table.columns:
        with world.database.reading() as work:
            present = list(work.session.scalars(select(column).limit(5)))
        for value in values_for(column, present, attempts.people) if present else []:
            attempts.try_with(partial(by_sql, sqlite_signing_world, update(table).values({column: value})))


def test_the_attempts_reach_rows_and_would_be_noticed(sqlite_signing_world: SigningWorld):
    """With the missing word given by its own person, the very authorisation that was forged is signed."""
    world = sqlite_signing_world.world
    request_id = world.in_custody()
    with world.database.work() as work:
        keeper = world.actor(work, Role.CUSTODIAN)
        digest = world.manifest_sha256(request_id)
        flows.confirm_seal_use(work, keeper, world.adapters.attestor, request_id, manifest_sha256=digest)
    (authorisation,) = sqlite_signing_world.authorisations(request_id)
    before = sqlite_signing_world.hsm.signatures
    sqlite_signing_world.issuing.issue(authorisation.id)
    assert sqlite_signing_world.hsm.signatures > before


@pytest.mark.parametrize("copied", ["another request's words", "the approver's words for the custodian"])
def test_words_copied_from_elsewhere_are_about_something_else(sqlite_signing_world: SigningWorld, copied: str):
    world = sqlite_signing_world.world
    done, open_ = world.authorised(), world.in_custody()
    with world.database.reading() as work:
        rows = {row.step: row for row in work.session.scalars(select(Approval).where(Approval.request_id == done))}
    custody = next(step for step in rows if step.startswith("custody:"))
    source = rows[custody] if copied.startswith("another") else rows["approval"]
    attempts = Attempts(sqlite_signing_world, open_)

    def copy() -> None:
        values = {
            "id": UUID(int=7),
            "request_id": open_,
            "person_id": rows[custody].person_id,
            "step": custody,
            "decision": "approved",
            "reason": "",
            "manifest_sha256": world.manifest_sha256(open_),
            "evidence": source.evidence,
            "decided_at": source.decided_at,
        }
        by_sql(sqlite_signing_world, Approval.__table__.insert().values(values))  # type: ignore[attr-defined]

    attempts.try_with(copy)
    assert attempts.made == 1


@pytest.mark.parametrize("state", sorted(set(RequestState) - {RequestState.APPROVED}))
def test_a_request_set_to_whatever_state_has_nothing_to_sign(sqlite_signing_world: SigningWorld, state: RequestState):
    """The worker's job asks the signer for the authorisations there are; without people there are none."""
    world = sqlite_signing_world.world
    request_id = world.pending()
    before = sqlite_signing_world.hsm.signatures
    by_sql(sqlite_signing_world, update(Base.metadata.tables["print_request"]).values(state=state))
    with world.database.reading() as work:
        granted = work.session.scalar(
            select(func.count()).select_from(Authorisation).where(Authorisation.request_id == request_id)
        )
    assert (granted, sqlite_signing_world.hsm.signatures) == (0, before)
