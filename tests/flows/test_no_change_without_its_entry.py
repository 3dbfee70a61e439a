"""What people do and the log's entry of it are one transaction: neither is ever there without the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Final
from uuid import UUID

import pytest
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import IntegrityError

from printserver.archive.holds import hold_record
from printserver.archive.retention_changes import change_retention
from printserver.archive.saved_searches import save_search
from printserver.archive.searching import view_record
from printserver.foundation.database import Base
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Role
from printserver.print_requests.copy_service import void_copy
from printserver.print_requests.hand_over_rules import HolderKind, Means, NewHandOver
from printserver.print_requests.hand_overs import hand_over
from printserver.print_requests.owed_block import grant_exception
from printserver.print_requests.process_sheet import take_process_sheet
from printserver.print_requests.service import withdraw_request
from printserver.rendering.seal_artwork_types import SealType
from printserver.returns.service import hand_in
from printserver.returns.settling import attach_page, discard_page
from printserver.returns.signing_records import record_signing
from printserver.returns.signing_rules import IdentityCheck, NewSigning, Signer
from printserver.seals.applications import Artwork, SealApplication, apply_for_seal
from printserver.seals.imports import keep_import
from printserver.seals.service import suspend_seal
from tests.world import World
from tests.world_building import scanned_page

Act = Callable[[], object]


class OutOfOrder(Exception):
    """Of a database that does not commit."""


@dataclass
class Room:
    """What acts of one room are about, made when it is needed."""

    world: World

    @cached_property
    def request_id(self) -> UUID:
        """Its one copy is printed."""
        return self.world.printed()

    @cached_property
    def copy_id(self) -> UUID:
        (copy,) = self.world.copies(self.request_id)
        return copy.id

    @cached_property
    def record_id(self) -> UUID:
        return self.world.archived()

    @cached_property
    def page_id(self) -> UUID:
        """Of a doubtful page."""
        return self.world.doubtful_page()[1]

    def by(self, role: Role, body: Callable[[Work, Actor], object]) -> Act:
        def act() -> None:
            with self.world.database.work() as work:
                body(work, self.world.actor(work, role))

        return act


def returns(room: Room) -> Iterator[tuple[str, Act]]:
    world, page_id, copy_id, request_id = room.world, room.page_id, room.copy_id, room.request_id
    with world.database.reading() as work:
        archivist = world.actor(work, Role.ARCHIVIST)
    scan = scanned_page(5)
    yield (
        "ReturnHandedIn",
        lambda: hand_in(world.database, world.adapters.objects, archivist, filename="scan.jpg", data=scan),
    )
    yield (
        "PageAttached",
        room.by(
            Role.ARCHIVIST,
            lambda work, actor: attach_page(work, actor, page_id, request_id=request_id, reason="I know the paper"),
        ),
    )
    yield (
        "PageDiscarded",
        room.by(Role.ARCHIVIST, lambda work, actor: discard_page(work, actor, page_id, reason="an advert")),
    )
    said = NewSigning(new_id(), copy_id, (Signer("李雷", IdentityCheck.PASSPORT),), "Shanghai", world.clock.now())
    yield "SigningRecorded", room.by(Role.CLERK, lambda work, actor: record_signing(work, actor, said))


def archive(room: Room) -> Iterator[tuple[str, Act]]:
    record_id, today = room.record_id, room.world.clock.now().date()
    case = {"matter": "a trial", "reason": "the court asked for it"}
    yield (
        "ArchiveRecordViewed",
        room.by(Role.ARCHIVIST, lambda work, actor: view_record(work, actor, record_id, by_page=True)),
    )
    yield "HoldSet", room.by(Role.ARCHIVIST, lambda work, actor: hold_record(work, actor, record_id, **case))
    yield (
        "RetentionChanged",
        room.by(
            Role.ARCHIVIST,
            lambda work, actor: change_retention(work, actor, record_id, "permanent", today, reason="a patent"),
        ),
    )
    yield "SearchSaved", room.by(Role.ARCHIVIST, lambda work, actor: save_search(work, actor, "mine", {"title": "x"}))


def print_requests(room: Room) -> Iterator[tuple[str, Act]]:
    world, copy_id, pending = room.world, room.copy_id, room.world.pending()
    now, north = world.clock.now(), world.home.north.branch_id
    to_them = NewHandOver(HolderKind.PARTY, "Far East Ltd.", Means.SIGNATURE, now, receiver="Mr Li")
    yield "CopyHandedOver", room.by(Role.CLERK, lambda work, actor: hand_over(work, actor, [copy_id], to_them))
    yield (
        "CopyMoved",
        room.by(
            Role.PRINTER_ADMINISTRATOR, lambda work, actor: void_copy(work, actor, copy_id, reason="the wrong annex")
        ),
    )
    yield "ProcessSheetTaken", room.by(Role.CLERK, lambda work, actor: take_process_sheet(work, actor, pending))
    yield "RequestMoved", room.by(Role.CLERK, lambda work, actor: withdraw_request(work, actor, pending))
    until, late = now + timedelta(days=7), "the courier is late"
    yield (
        "BlockExceptionGranted",
        room.by(
            Role.ARCHIVIST,
            lambda work, actor: grant_exception(work, actor, north, reason=late, valid_until=until, most_uses=2),
        ),
    )


def seals(room: Room) -> Iterator[tuple[str, Act]]:
    world = room.world
    now, north = world.clock.now(), world.home.north
    wanted = SealApplication(
        branch_id=north.branch_id,
        type=SealType.CONTRACT,
        name="示例北方分公司",
        valid_from=now,
        valid_until=now + timedelta(days=1_000),
        custodians=(world.person(Role.CUSTODIAN).id,),
    )
    drawn = Artwork("ab" * 32, "drawn")
    yield "SealAppliedFor", room.by(Role.CLERK, lambda work, actor: apply_for_seal(work, actor, wanted, drawn))
    yield (
        "SealImportLookedAt",
        room.by(Role.SEAL_ADMINISTRATOR, lambda work, actor: keep_import(work, actor, "seals.zip", b"a file", ())),
    )
    attestor, lost = world.adapters.attestor, "it cannot be found"
    yield (
        "SealSuspended",
        room.by(Role.CUSTODIAN, lambda work, actor: suspend_seal(work, actor, attestor, north.seal_id, reason=lost)),
    )


ROOMS: Final[Mapping[str, Callable[[Room], Iterator[tuple[str, Act]]]]] = {
    each.__name__: each for each in (returns, archive, print_requests, seals)
}
"""Each: events, and the acts that say them in the log."""


def everything(world: World) -> dict[str, list[str]]:
    """Every row of every table."""
    with world.database.reading() as work:
        return {
            table.name: sorted(map(repr, work.session.execute(table.select()))) for table in Base.metadata.sorted_tables
        }


@contextmanager
def a_log_that_takes_no_entry(world: World) -> Iterator[None]:
    engine = world.database.engines.writing
    with engine.begin() as connection:
        refusal = "BEGIN SELECT RAISE(ABORT, 'no entry is taken'); END"
        connection.execute(text(f"CREATE TRIGGER no_entry BEFORE INSERT ON audit_entry {refusal}"))
    yield
    with engine.begin() as connection:
        connection.execute(text("DROP TRIGGER no_entry"))


@contextmanager
def a_database_that_does_not_commit(world: World) -> Iterator[None]:
    def fail(_connection: Connection) -> None:
        raise OutOfOrder

    engine = world.database.engines.writing
    event.listen(engine, "commit", fail)
    yield
    event.remove(engine, "commit", fail)


@pytest.mark.parametrize("name", ROOMS)
def test_neither_a_change_nor_its_entry_is_there_without_the_other(world: World, name: str):
    for entry, act in ROOMS[name](Room(world)):
        before, events = everything(world), world.events()
        with a_log_that_takes_no_entry(world), pytest.raises(IntegrityError, match="no entry is taken"):
            act()
        assert everything(world) == before, entry
        with a_database_that_does_not_commit(world), pytest.raises(OutOfOrder):
            act()
        assert everything(world) == before, entry
        act()
        assert world.events()[len(events) :].count(entry) == 1
