"""Bytes that no row names go after a grace, and nothing that any row names, whenever it was named, does."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import JSON, LargeBinary, text

from printserver.archive.giving_back import (
    SweepFacts,
    UnnamedFacts,
    UnnamedNotFound,
    give_back,
    let_go,
    sweep_facts,
)
from printserver.archive.object_names import TablesUnknown, naming_columns
from printserver.archive.sweeping import GRACE, SweepRefused, SweepTools, plan_sweep, sweep, sweep_if_due
from printserver.archive.two_persons import RetentionReasonMissing
from printserver.foundation.database import Base
from printserver.foundation.errors import Forbidden, NotFound
from printserver.foundation.ids import new_id
from printserver.migrations.upgrade import load_models
from printserver.organisations.access import Actor, Grant, branch_path
from printserver.organisations.permissions import Role
from printserver.print_requests.models import RequestDraft
from printserver.storage.setting_aside import AsideObjects, StoreNames
from tests.databases import clock_of
from tests.paper_books import Books
from tests.unit.archive.retention_scene import Scene
from tests.unit.storage.test_sealed_objects import DyingBlobs, Killed

LEFT_OVER = b"a package that was made twice"
NAMES_NO_OBJECT = {
    "audit_entry",
    "audit_head",
    "audit_leaf",
    "api_token",
    "idempotency_record",
    "print_ticket",
    "release_code",
    "unnamed_object",
    "web_session",
}


@dataclass
class Swept:
    scene: Scene

    @property
    def owner(self) -> UUID:
        return self.scene.books.organisation_id

    @property
    def tools(self) -> SweepTools:
        return self.dying()

    @property
    def archivist(self) -> Actor:
        return self.of(Role.ARCHIVIST)

    def of(self, role: Role) -> Actor:
        """With the role at the whole organisation."""
        books = self.scene.books
        with self.scene.database.reading() as work:
            paths = [branch_path(work, each) for each in (books.branch, books.other)]
        return replace(books.actor(role), grants=tuple(Grant(role, path) for path in paths))

    def dying(self, *deaths: str) -> SweepTools:
        objects, killed, writes = self.scene.books.objects, list(deaths), list[str]()
        contents, keys = (DyingBlobs(each, killed, writes) for each in (objects._contents, objects.vaults.store))
        return SweepTools(self.scene.database, AsideObjects(contents, keys))

    def later(self, time: timedelta = GRACE + timedelta(minutes=1)) -> None:
        clock_of(self.scene.database).advance(time.total_seconds())

    def get(self, digest: str) -> bytes:
        return self.scene.books.objects.get(digest, self.owner)

    def name(self, digest: str) -> None:
        """In a draft: in JSON of a row, as rooms do."""
        with self.scene.database.work() as work:
            work.session.add(
                RequestDraft(
                    id=new_id(),
                    organisation_id=self.owner,
                    person_id=self.scene.books.person,
                    title="",
                    document={"safe_sha256": digest},
                    fields={},
                    created_at=work.now(),
                    saved_at=work.now(),
                )
            )


@pytest.fixture
def swept(books: Books) -> Swept:
    """With a whole archived record, and bytes that no row names."""
    scene = Scene(books)
    scene.archived()
    return Swept(scene)


def everything(swept: Swept) -> dict[str, bytes]:
    return {digest: swept.get(digest) for digest in swept.scene.objects()}


def test_what_no_row_names_is_set_aside_and_erased_after_the_grace_and_the_log_says_so(swept: Swept):
    before = everything(swept)
    left_over = swept.scene.put(LEFT_OVER.decode())
    (plan,) = sweep(swept.tools)
    assert (plan.set_aside, plan.erase) == ((left_over,), ())
    assert swept.get(left_over) == LEFT_OVER
    swept.later(GRACE - timedelta(minutes=1))
    (plan,) = sweep(swept.tools)
    assert (plan.set_aside, plan.erase, plan.waiting) == ((), (), 1)
    assert swept.get(left_over) == LEFT_OVER
    swept.later(timedelta(minutes=2))
    (plan,) = sweep(swept.tools)
    assert plan.erase == (left_over,)
    with pytest.raises(NotFound):
        swept.get(left_over)
    assert everything(swept) == before
    assert swept.scene.books.entries()[-2:] == ["UnnamedErased", "StoreSwept"]


def test_a_preview_changes_nothing(swept: Swept):
    left_over = swept.scene.put(LEFT_OVER.decode())
    rows, stored = swept.scene.row_counts(), swept.scene.objects()
    (plan,) = plan_sweep(swept.tools)
    assert plan.set_aside == (left_over,)
    assert (swept.scene.row_counts(), swept.scene.objects()) == (rows, stored)


def test_what_is_named_while_it_lies_aside_is_given_back_however_late(swept: Swept):
    left_over = swept.scene.put(LEFT_OVER.decode())
    sweep(swept.tools)
    swept.name(left_over)
    swept.later()
    (plan,) = sweep(swept.tools)
    assert (plan.give_back, plan.erase) == ((left_over,), ())
    swept.later()
    sweep(swept.tools)
    assert swept.get(left_over) == LEFT_OVER
    assert left_over in swept.scene.objects()


def test_bytes_that_are_stored_again_and_named_just_before_the_end_stay(swept: Swept):
    left_over = swept.scene.put(LEFT_OVER.decode())
    sweep(swept.tools)
    swept.later()
    assert swept.scene.put(LEFT_OVER.decode()) == left_over
    planned = plan_sweep(swept.tools)
    swept.name(left_over)
    sweep(swept.tools)
    assert planned[0].erase == ()
    assert swept.get(left_over) == LEFT_OVER


@pytest.mark.parametrize("death", ["before 0", *(f"after {write}" for write in range(6))])
def test_killed_at_any_write_the_next_rounds_end_it_and_nothing_named_is_hurt(swept: Swept, death: str):
    before = everything(swept)
    going, staying = swept.scene.put("going"), swept.scene.put("staying")
    sweep(swept.tools)
    swept.name(staying)
    swept.later()
    new = swept.scene.put("left over just now")
    with contextlib.suppress(Killed):
        sweep(swept.dying(death))
    assert swept.get(staying) == b"staying"
    assert swept.get(new) == b"left over just now"
    for _ in range(4):
        sweep(swept.tools)
        swept.later()
    sweep(swept.tools)
    for digest in (going, new):
        with pytest.raises(NotFound):
            swept.get(digest)
    assert everything(swept) == {**before, staying: b"staying"}


def test_what_a_disposal_erased_is_not_asked_about_again(swept: Swept):
    erased = next(iter(swept.scene.objects()))
    swept.scene.books.objects.erase(erased, swept.owner)
    (plan,) = sweep(swept.tools)
    assert (plan.set_aside, plan.erase) == ((), ())


def test_a_round_that_would_take_far_too_much_touches_nothing(swept: Swept, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("printserver.archive.sweeping.FEW", 2)
    orphans = [swept.scene.put(f"of a newer database {number}") for number in range(3)]
    entries = swept.scene.books.entries()
    with pytest.raises(SweepRefused):
        sweep(swept.tools)
    assert swept.scene.objects() > set(orphans)
    assert swept.scene.books.entries() == entries
    assert sweep_if_due(swept.tools, 7) == 0
    (plan,) = sweep(swept.tools, however_many=True)
    assert set(plan.set_aside) == set(orphans)


def test_a_table_of_another_release_stops_the_round(swept: Swept):
    swept.scene.put(LEFT_OVER.decode())
    stored = swept.scene.objects()
    with swept.scene.database.work() as work:
        work.session.execute(text("CREATE TABLE of_tomorrow (scan_sha256 TEXT)"))
    with pytest.raises(TablesUnknown):
        sweep(swept.tools)
    assert swept.scene.objects() == stored


def test_rounds_are_as_far_apart_as_the_settings_say(swept: Swept):
    left_over = swept.scene.put(LEFT_OVER.decode())
    assert sweep_if_due(swept.tools, 7) == 0
    swept.later()
    assert sweep_if_due(swept.tools, 0) == 0
    assert left_over in swept.scene.objects()
    assert sweep_if_due(swept.tools, 7) == 1
    assert sweep_if_due(swept.tools, 7) == 0
    swept.later()
    assert sweep_if_due(swept.tools, 7) == 1
    with pytest.raises(NotFound):
        swept.get(left_over)


def facts(swept: Swept, every_days: int = 7) -> SweepFacts:
    with swept.scene.database.reading() as work:
        return sweep_facts(work, swept.archivist, every_days)


def test_people_see_what_lies_aside_since_when_and_when_it_goes(swept: Swept):
    assert (facts(swept).last_round, facts(swept).objects) == (None, ())
    left_over = swept.scene.put(LEFT_OVER.decode())
    at = swept.scene.database.clock.now()
    sweep(swept.tools)
    found = facts(swept)
    assert found.objects == (UnnamedFacts(left_over, at, at + GRACE),)
    assert (found.unnamed, found.last_round, found.next_round) == (1, at, at + timedelta(days=7))
    assert facts(swept, 0).next_round is None
    swept.later()
    sweep(swept.tools)
    assert (facts(swept).objects, facts(swept).unnamed) == ((), 0)


def test_what_a_person_gives_back_stays_until_somebody_lets_it_go(swept: Swept):
    left_over, other = swept.scene.put(LEFT_OVER.decode()), swept.scene.put("of no use")
    sweep(swept.tools)
    give_back(swept.tools, swept.archivist, left_over, reason="the backup of May names it")
    assert [each.sha256 for each in facts(swept).objects] == [other]
    ((kept),) = facts(swept).given_back
    assert (kept.sha256, kept.reason, kept.given_back_by) == (
        left_over,
        "the backup of May names it",
        swept.archivist.id,
    )
    assert left_over in swept.scene.objects()
    for _ in range(3):
        swept.later()
        sweep(swept.tools)
    assert swept.get(left_over) == LEFT_OVER
    with swept.scene.database.work() as work:
        let_go(work, swept.archivist, left_over)
    for _ in range(2):
        sweep(swept.tools)
        swept.later()
    sweep(swept.tools)
    with pytest.raises(NotFound):
        swept.get(left_over)
    said = [each for each in swept.scene.books.entries() if each.startswith("Unnamed")]
    assert said == ["UnnamedGivenBack", "UnnamedErased", "UnnamedLetGo", "UnnamedErased"]


def test_what_is_given_back_while_a_round_is_about_to_erase_it_stays(swept: Swept):
    """Whoever takes the row away decides; the round has read all names before."""
    left_over = swept.scene.put(LEFT_OVER.decode())
    sweep(swept.tools)
    swept.later(timedelta(days=4))
    young = swept.scene.put("set aside later")
    sweep(swept.tools)
    swept.later(timedelta(days=4))

    @dataclass(frozen=True)
    class Between:
        """The store, with a person who is faster than the round: after its names were read, before it erases."""

        store: AsideObjects

        def names(self, owner: UUID) -> StoreNames:
            return self.store.names(owner)

        def give_back(self, digest: str, owner: UUID) -> None:
            self.store.give_back(digest, owner)
            if digest == named:
                for each in (left_over, young):
                    give_back(swept.tools, swept.archivist, each, reason="just in time")

        def end(self, digest: str, owner: UUID) -> None:
            self.store.end(digest, owner)

        def set_aside(self, digest: str, owner: UUID, at: datetime) -> None:
            self.store.set_aside(digest, owner, at)

    named = swept.scene.put("named meanwhile")
    store = swept.tools.store
    store.set_aside(named, swept.owner, swept.scene.database.clock.now())
    swept.name(named)
    (done,) = sweep(SweepTools(swept.scene.database, Between(store)))  # type: ignore[arg-type]  # it passes all on
    assert done.erase == ()
    assert (facts(swept).unnamed, facts(swept).objects, len(facts(swept).given_back)) == (0, (), 2)
    for _ in range(2):
        swept.later()
        sweep(swept.tools)
    kept = [swept.get(digest) for digest in (left_over, young, named)]
    assert kept == [LEFT_OVER, b"set aside later", b"named meanwhile"]
    assert "UnnamedErased" not in swept.scene.books.entries()


def test_what_an_earlier_release_set_aside_is_shown_before_it_is_erased(swept: Swept):
    left_over = swept.scene.put(LEFT_OVER.decode())
    swept.tools.store.set_aside(left_over, swept.owner, swept.scene.database.clock.now())
    swept.later()
    (plan,) = sweep(swept.tools)
    assert (plan.erase, plan.waiting) == ((), 1)
    assert [each.sha256 for each in facts(swept).objects] == [left_over]
    (plan,) = sweep(swept.tools)
    assert plan.erase == (left_over,)


def test_only_those_of_the_whole_organisation_see_the_list_and_give_back(swept: Swept):
    left_over = swept.scene.put(LEFT_OVER.decode())
    sweep(swept.tools)
    books = swept.scene.books
    stored, entries = swept.scene.objects(), books.entries()
    below, auditor, clerk = books.actor(Role.ARCHIVIST), swept.of(Role.AUDITOR), books.actor(Role.CLERK)
    with swept.scene.database.reading() as work:
        found = sweep_facts(work, below, 7)
        assert (found.unnamed, found.listed, found.objects) == (1, False, ())
        assert sweep_facts(work, auditor, 7).listed
        with pytest.raises(Forbidden):
            sweep_facts(work, clerk, 7)
    for actor, kind in ((below, UnnamedNotFound), (auditor, Forbidden), (clerk, Forbidden)):
        with pytest.raises(kind):
            give_back(swept.tools, actor, left_over, reason="mine")
        with pytest.raises(kind), swept.scene.database.work() as work:
            let_go(work, actor, left_over)
    with pytest.raises(RetentionReasonMissing):
        give_back(swept.tools, swept.archivist, left_over, reason=" ")
    with pytest.raises(UnnamedNotFound):
        give_back(swept.tools, swept.archivist, "0" * 64, reason="it was there")
    assert (swept.scene.objects(), books.entries()) == (stored, entries)
    assert facts(swept).unnamed == 1


def test_every_column_of_every_room_that_can_hold_a_digest_is_looked_at():
    load_models()
    looked_at = {str(column) for column in naming_columns()}
    unseen = {
        str(column)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if table.name not in NAMES_NO_OBJECT
        and (isinstance(column.type, JSON) or ("sha256" in column.name or "digest" in column.name))
    } - looked_at
    assert unseen == {"identity_proof.number_digest"}, "of a person's number, which was never an object"


def test_no_column_of_bytes_holds_a_digest_where_nobody_would_look():
    load_models()
    raw = {
        str(column)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, LargeBinary) and ("sha256" in column.name or "digest" in column.name)
    }
    assert raw == set()
