"""On pages: a time is changed, a record is held, a list is proposed by one person and approved by another."""

from __future__ import annotations

import json
from datetime import date
from uuid import UUID

from sqlalchemy import select, update

from printserver.archive.disposal_running import dispose
from printserver.archive.models import ArchiveRecord
from printserver.archive.retention_models import DisposalRun, LegalHold, RetentionChange
from printserver.organisations.permissions import Role
from printserver.print_requests.models import PrintRequest
from printserver.worker.disposal import disposal_tools
from tests.http.api_client import ApiClient, wish_at
from tests.http.page_visitor import Visitor, shown_again, went_to
from tests.world import World

T = "/retention"
RECORD = f"{T}/records"


def due_record(world: World) -> UUID:
    record_id = world.archived()
    values = {"retention_class": "10-years", "contract_end": date(2010, 3, 1), "searchable_state": "made"}
    with world.database.work() as work:
        work.session.execute(update(ArchiveRecord).where(ArchiveRecord.id == record_id).values(**values))
    return record_id


def newest(world: World, column) -> UUID:
    with world.database.reading() as work:
        found = work.session.scalar(select(column).order_by(column.desc()))
    assert found is not None
    return found


def test_a_list_is_proposed_by_one_archivist_approved_by_another_and_carried_out(api: ApiClient, world: World):
    record_id = due_record(world)
    first, second = Visitor.of(api, Role.ARCHIVIST), Visitor.of(api, Role.ARCHIVIST, world.home.head)
    assert str(record_id) in first.page(f"{T}/disposals/new")
    proposed = went_to(
        first.send(f"{T}/disposals", branch=str(world.home.north.branch_id), listed=str(record_id), reason="over")
    )
    run_id = newest(world, DisposalRun.id)
    assert str(run_id) in proposed
    with world.database.reading() as work:
        digest = work.session.get_one(DisposalRun, run_id).list_sha256
    address = f"{T}/disposals/{run_id}"
    assert "Supply contract" in second.page(address)
    assert 'href="/retention"><strong>1</strong>' in second.page("/")
    assert 'href="/retention"><strong>' not in first.page("/"), "who asked is no second person"
    shown_again(first.send(f"{address}/approvals", list_sha256=digest), 409)
    shown_again(second.send(f"{address}/approvals", list_sha256="0" * 64), 409)
    went_to(second.send(f"{address}/approvals", list_sha256=digest))
    dispose(disposal_tools(world.adapters), run_id)
    shown = second.page(address)
    assert "erased" in shown
    assert "Supply contract" not in shown
    kept = second.page(f"/archive/{record_id}")
    assert ("was disposed of" in kept, "/issued.pdf" in kept, "/image" in kept) == (True, False, False)
    certificate = api.fetch(f"{T}/disposals/{run_id}/certificate", Role.AUDITOR)
    assert certificate.json()["list_sha256"] == digest
    assert api.fetch(f"/archive/{record_id}/issued.pdf", Role.ARCHIVIST).status_code == 404
    assert "disposed of" in first.page(f"{RECORD}/{record_id}")
    assert first.look(f"/archive/{record_id}").status_code == 200


def test_a_record_is_held_confirmed_and_lifted_on_pages(api: ApiClient, world: World):
    record_id = due_record(world)
    first, second = Visitor.of(api, Role.ARCHIVIST), Visitor.of(api, Role.ARCHIVIST, world.home.head)
    shorter = {"retention_class": "5-years", "contract_end": "2010-03-01", "reason": "wrong class"}
    went_to(first.send(f"{RECORD}/{record_id}/changes", **shorter))
    confirming = f"{T}/changes/{newest(world, RetentionChange.id)}/confirmations"
    shown_again(first.send(f"{RECORD}/{record_id}/holds", matter="", reason="the court"), 422)
    went_to(first.send(f"{RECORD}/{record_id}/holds", matter="(2026) 沪01民初7号", reason="the court"))
    hold = f"{T}/holds/{newest(world, LegalHold.id)}"
    assert "沪01民初7号" in first.page(T)
    waiting = second.page(T)
    assert (confirming in waiting, "once the hold is lifted" in waiting) == (False, True)
    shown_again(first.send(f"{hold}/confirmations"), 409)
    went_to(second.send(f"{hold}/confirmations"))
    went_to(first.send(f"{hold}/lift-requests", reason="settled"))
    shown_again(first.send(f"{hold}/liftings"), 409)
    assert "held" in first.page(f"{RECORD}/{record_id}")
    went_to(second.send(f"{hold}/liftings"))
    assert "lifted" in second.page(hold)
    assert confirming in second.page(T)


def test_a_hold_that_an_earlier_release_lifted_is_explained_and_lifted_on_pages(api: ApiClient, world: World):
    record_id = due_record(world)
    first, second = Visitor.of(api, Role.ARCHIVIST), Visitor.of(api, Role.ARCHIVIST, world.home.head)
    went_to(first.send(f"{RECORD}/{record_id}/holds", matter="case 9", reason="the court"))
    hold = f"{T}/holds/{newest(world, LegalHold.id)}"
    with world.database.work() as work:
        work.session.execute(update(LegalHold).values(state="lifted"))
    page = first.page(f"{RECORD}/{record_id}")
    assert f'href="{hold}">Have it lifted' in page
    assert "without signed words" in page
    assert "签名" in Visitor.of(api, Role.ARCHIVIST, language="zh").page(hold)
    assert [each["unproved"] for each in api.fetch(f"{T}/holds", Role.ARCHIVIST).json()] == [True]
    assert str(record_id) not in first.page(f"{T}/disposals/new")
    went_to(first.send(f"{hold}/lift-requests", reason="settled long ago"))
    went_to(second.send(f"{hold}/liftings"))
    assert "without signed words" not in first.page(f"{RECORD}/{record_id}")
    assert str(record_id) in first.page(f"{T}/disposals/new")


def test_blanks_are_nothing_to_search_for_so_that_the_branch_itself_is_held(api: ApiClient, world: World):
    said = {"matter": "case 9", "reason": "the court", "text": "  ", "party": " "}
    assert api.submit(f"{T}/holds", Role.ARCHIVIST, json=said).status_code == 201
    assert [each["scope"] for each in api.fetch(f"{T}/holds", Role.ARCHIVIST).json()] == ["branch"]


def test_a_refused_form_keeps_what_was_typed_and_what_was_unticked(api: ApiClient, world: World):
    record_id, archivist = due_record(world), Visitor.of(api, Role.ARCHIVIST)
    again = shown_again(archivist.send(f"{RECORD}/{record_id}/changes", contract_end="2011-12-31", reason=" "), 422)
    assert 'value="2011-12-31"' in again
    assert 'value="case 7/26"' in shown_again(archivist.send(f"{RECORD}/{record_id}/holds", matter="case 7/26"), 422)
    branch = str(world.home.north.branch_id)
    asked = archivist.send(f"{T}/holds", branch=branch, text="loom", party="Weaver", matter="case 7/26")
    again = shown_again(asked, 422)
    assert ('value="loom"' in again, 'value="Weaver"' in again, 'value="case 7/26"' in again) == (True, True, True)
    again = shown_again(archivist.send(f"{T}/disposals", branch=branch, reason="over"), 422)
    assert (f'value="{record_id}"' in again, "checked" in again, 'value="over"' in again) == (True, False, True)
    with world.database.reading() as work:
        assert work.session.scalars(select(LegalHold.id).union(select(DisposalRun.id))).all() == []


def test_a_shorter_time_waits_on_the_overview_for_the_second_person(api: ApiClient, world: World):
    record_id = due_record(world)
    first, second = Visitor.of(api, Role.ARCHIVIST), Visitor.of(api, Role.ARCHIVIST, world.home.head)
    said = {"retention_class": "5-years", "contract_end": "2010-03-01", "reason": "wrong class"}
    shown_again(first.send(f"{RECORD}/{record_id}/changes", **{**said, "contract_end": "some day"}), 422)
    went_to(first.send(f"{RECORD}/{record_id}/changes", **said))
    change = f"{T}/changes/{newest(world, RetentionChange.id)}"
    assert f"{change}/confirmations" in second.page(T)
    assert f"{change}/confirmations" not in first.page(T)
    shown_again(first.send(f"{change}/confirmations"), 409)
    went_to(second.send(f"{change}/confirmations"))
    assert "5 years" in first.page(f"{RECORD}/{record_id}")
    assert "5 年" in Visitor.of(api, Role.ARCHIVIST, language="zh").page(f"{RECORD}/{record_id}")


def test_an_application_names_the_contracts_end(api: ApiClient, world: World):
    wish = {**wish_at(world.home.north), "contract_end": "2031-12-31"}
    made = api.apply("one", application=json.dumps(wish))
    assert made.status_code == 201, made.text
    with world.database.reading() as work:
        assert work.session.scalar(select(PrintRequest.contract_end)) == date(2031, 12, 31)
