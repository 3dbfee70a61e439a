"""Batches: a table is looked at first, rows are made once whatever is killed, a number used before is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from printserver.documents.handing_in import HandInRules
from printserver.documents.template_store import built_in_templates
from printserver.foundation.errors import NotFound
from printserver.foundation.ids import new_id
from printserver.organisations.permissions import Role
from printserver.print_requests import batches, drafts
from printserver.print_requests.amounts_said import read_amount
from printserver.print_requests.batch_running import BatchTools, end_batch, make_row, waiting_rows
from printserver.print_requests.batch_table import BatchTableUnreadable, heading_of, read_table
from printserver.print_requests.models import PrintRequest, RequestBatch, RequestDraft
from tests.world import World

CERTIFICATE = built_in_templates()["certificate"]
HEADING = "reference,编号,heading,为谁证明,statement,issuer.name,day,facts.1.name,facts.1.value"
ROWS = "{0},ZM-{0},在职证明,林晓彤,兹证明其在职。,示例公司,2026-11-22,职务,经理"


def table(*references: str) -> bytes:
    return "\r\n".join([HEADING, *(ROWS.format(each) for each in references)]).encode("gb18030")


def tools(world: World) -> BatchTools:
    return BatchTools(world.database, world.adapters.objects, HandInRules(), world.adapters.load_key_list, 100, 30)


def kept(world: World, *references: str, **more: Any) -> UUID:
    lines = read_table(table(*references), CERTIFICATE.description, read_amount)
    new = batches.NewBatch("rows.csv", CERTIFICATE, "zh", lines, more.pop("fields", {}), **more)
    with world.database.work() as work:
        return batches.keep_batch(work, world.actor(work, Role.CLERK), new)


def started(world: World, batch_id: UUID) -> None:
    with world.database.work() as work:
        batches.start_batch(work, world.actor(work, Role.CLERK), batch_id)


def facts(world: World, batch_id: UUID) -> batches.BatchFacts:
    with world.database.reading() as work:
        return batches.batch_facts(work, world.actor(work, Role.CLERK), batch_id)


def test_a_table_in_gb18030_is_read_by_names_and_labels():
    (line,) = read_table(table("R-1"), CERTIFICATE.description, read_amount)
    assert (line.number, line.reference, line.wrong) == (2, "R-1", frozenset())
    assert line.values["subject"]["name"] == "林晓彤"
    assert line.values["facts"] == [{"name": "职务", "value": "经理"}]


def test_every_wrong_row_is_named_with_its_fields():
    text = table("R-1", "", "R-1").decode("gb18030").replace("2026-11-22", "no day", 1)
    first, second, third = read_table(text.encode(), CERTIFICATE.description, read_amount)
    assert first.wrong == {"day"}
    assert second.wrong == {"reference"}
    assert third.wrong == {"reference"}, "it stands twice"


def test_a_wrong_cell_of_a_table_is_named_as_its_column_is_headed():
    heading = HEADING + ",facts.3.name,facts.3.value"
    rows = [heading, ROWS.format("R-1") + ",," + "x" * 300]
    (line,) = read_table("\r\n".join(rows).encode(), CERTIFICATE.description, read_amount)
    assert line.wrong == {"facts.3.name", "facts.3.value"}


def test_a_day_as_a_spreadsheet_writes_it_is_read():
    text = table("R-1").decode("gb18030").replace("2026-11-22", "2026/11/2")
    (line,) = read_table(text.encode(), CERTIFICATE.description, read_amount)
    assert (line.values["day"], line.wrong) == ("2026-11-02", frozenset())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"reference\n",
        b"heading\nx\n",
        b"reference,nonsense\n1,2\n",
        b"reference,day,day\n1,2,3\n",
        b'reference\n"a\n',
    ],
)
def test_what_is_no_table_of_this_template_is_refused(data: bytes):
    with pytest.raises(BatchTableUnreadable):
        read_table(data, CERTIFICATE.description, read_amount)


def test_the_empty_table_of_every_template_is_understood():
    for template in built_in_templates().values():
        heading = ",".join(heading_of(template.description))
        (line,) = read_table(f"{heading}\nR-1\n".encode(), template.description, read_amount)
        assert "reference" not in line.wrong


def test_nothing_of_a_table_with_a_wrong_row_is_kept(world: World):
    before = world.row_counts()
    lines = [
        replace(line, wrong=frozenset({"day"}))
        for line in read_table(table("R-1"), CERTIFICATE.description, read_amount)
    ]
    new = batches.NewBatch("rows.csv", CERTIFICATE, "zh", tuple(lines), {})
    with pytest.raises(batches.BatchWrong), world.database.work() as work:
        batches.keep_batch(work, world.actor(work, Role.CLERK), new)
    assert world.row_counts() == before


def test_each_row_becomes_one_draft_even_when_it_is_made_twice(world: World):
    batch_id, used = kept(world, "R-1", "R-2"), tools(world)
    started(world, batch_id)
    assert world.jobs.jobs[-1].arguments == (str(batch_id),)
    for number in [*waiting_rows(world.database, batch_id), 2]:
        assert make_row(used, batch_id, number)
    end_batch(world.database, batch_id)
    assert (facts(world, batch_id).state, facts(world, batch_id).settled) == (batches.BatchState.DONE, 2)
    with world.database.reading() as work:
        drafts = work.session.query(RequestDraft).all()
        assert sorted(draft.fields["own_reference"] for draft in drafts) == ["R-1", "R-2"]
        assert drafts[0].document["document"]["findings"]["made_from"]["template"] == "certificate"


def test_a_number_used_before_is_refused_and_a_stopped_batch_goes_on(world: World):
    first, second = kept(world, "R-1", "R-2"), kept(world, "R-1")
    started(world, first)
    with pytest.raises(batches.BatchStateRefused):
        started(world, second)
    with pytest.raises(batches.BatchWrong) as refused:
        kept(world, "R-2", "R-3")
    assert [line.wrong for line in refused.value.lines] == [{"reference-taken"}]
    with world.database.work() as work:
        batches.stop_batch(work, world.actor(work, Role.CLERK), first)
    assert not make_row(tools(world), first, 2)
    assert facts(world, first).settled == 0
    started(world, first)
    assert make_row(tools(world), first, 2)
    assert facts(world, first).settled == 1


def test_what_nobody_goes_on_with_for_ninety_days_is_forgotten_but_not_what_was_made_of_it(world: World):
    kept(world, "R-1")
    ended = kept(world, "R-2")
    started(world, ended)
    assert make_row(tools(world), ended, 2)
    world.clock.advance(10 * 86_400)
    end_batch(world.database, ended)
    world.clock.advance(drafts.KEPT.total_seconds() - 86_400)
    assert batches.forget_old_batches(world.database) == 1
    with world.database.reading() as work:
        assert work.session.scalars(select(RequestBatch.id)).all() == [ended]
    world.clock.advance(2 * 86_400)
    assert batches.forget_old_batches(world.database) == 1
    assert world.row_counts()["request_batch_row"] == 0
    assert world.row_counts()["request_draft"] == 1


def test_only_batches_that_wait_are_too_many(world: World):
    batch_id = kept(world, "R-1")
    with world.database.work() as work:
        one = work.session.get_one(RequestBatch, batch_id)
        columns = {column.name: getattr(one, column.name) for column in RequestBatch.__table__.columns}
        more = ({**columns, "id": new_id(), "state": batches.BatchState.DONE} for _ in range(batches.MOST_BATCHES))
        work.session.add_all(RequestBatch(**each) for each in more)
    kept(world, "R-2")
    with world.database.work() as work:
        work.session.execute(update(RequestBatch).values(state=batches.BatchState.WAITING))
    with pytest.raises(batches.TooManyBatches):
        kept(world, "R-3")


def test_a_row_that_cannot_be_handed_in_fails_alone_and_says_why(world: World):
    office = world.home.north
    fields = {
        "seal_id": str(office.seal_id),
        "printer_id": str(office.printer_id),
        "copies": 1,
        "places": [{"page": 1, "x_um": 100_000, "y_um": 200_000}],
    }
    batch_id, used = kept(world, "R-1", "R-2", fields=fields, hand_in=True), tools(world)
    started(world, batch_id)
    assert make_row(used, batch_id, 2)
    world.set_printer(retired_at=world.clock.now())
    assert make_row(used, batch_id, 3)
    with world.database.reading() as work:
        good, bad = batches.batch_rows(work, world.actor(work, Role.CLERK), batch_id)
        request = work.session.query(PrintRequest).one()
    assert (good.state, good.request_id, request.own_reference) == ("made", request.id, "R-1")
    assert bad.state == "failed"
    assert bad.problem
    with pytest.raises(NotFound), world.database.reading() as work:
        batches.batch_facts(work, world.actor(work, Role.APPROVER), batch_id)
