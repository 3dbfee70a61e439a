"""Which copies a printer's counter must answer for, and what is known of their paper."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from printserver.approvals.models import Authorisation
from printserver.foundation.ids import new_id
from printserver.print_requests.models import Copy
from printserver.print_requests.prints import PrintedCopy, prints_at
from printserver.print_requests.queries import CopyFacts
from printserver.print_requests.sides import Sides
from printserver.print_requests.states import CopyState
from printserver.printing.models import PrintTicket
from printserver.printing.ports import TicketState
from printserver.printing.reconciliation import Fate
from tests.counted_printer import DAY, HOUR, MINUTE, NOON, CountedPrinter
from tests.paper_books import Books

S = CopyState


@pytest.fixture
def printer(any_books: Books) -> CountedPrinter:
    return CountedPrinter(any_books)


def found(printer: CountedPrinter, since_hours: float = 24) -> list[PrintedCopy]:
    with printer.books.database.reading() as work:
        return list(prints_at(work, printer.books.printer, NOON - since_hours * HOUR))


def ended(printer: CountedPrinter, copy: CopyFacts, minutes: float) -> None:
    """The ticket of the copy's job ended so long after noon."""
    job_uuid = new_id()
    with printer.books.database.work() as work:
        work.session.execute(update(Copy).where(Copy.id == copy.id).values(job_uuid=job_uuid))
        work.session.add(
            PrintTicket(
                id=new_id(), copy_id=copy.id, job_uuid=job_uuid, printer_id=printer.books.printer,
                secret_sha256="a" * 64, state=TicketState.ENDED, attempt=None,
                hand_over=str(job_uuid), made_at=NOON, ended_at=NOON + minutes * MINUTE,
            )
        )  # fmt: skip


@pytest.mark.parametrize(
    ("state", "fate"),
    [
        (S.PRINTED, Fate.PRINTED),
        (S.VOID, Fate.PRINTED),
        (S.SENT, Fate.ON_ITS_WAY),
        (S.OUTCOME_UNKNOWN, Fate.DOUBTFUL),
        (S.DESTROYED, Fate.DOUBTFUL),
        (S.MISSING, Fate.DOUBTFUL),
        (S.REPLACED, Fate.DOUBTFUL),
    ],
)
def test_a_copy_that_went_to_the_printer_is_known_by_what_became_of_it(
    printer: CountedPrinter, state: CopyState, fate: Fate
):
    copy = printer.sent(NOON, pages=3, state=state, sides=Sides.TWO_SIDED_LONG_EDGE, reported=2)
    (one,) = found(printer)
    assert (one.copy_id, one.reported, one.print.fate) == (copy.id, 2, fate)
    assert (one.print.pages, one.print.two_sided, one.print.authorised) == (3, True, True)
    assert one.print.began == NOON
    assert one.print.over == (None if state is S.SENT else NOON + MINUTE)


@pytest.mark.parametrize("state", [S.RENDERED, S.AUTHORISED, S.ISSUED, S.RELEASED, S.WASTED])
def test_a_copy_that_has_not_gone_to_a_printer_is_none_of_its_business(printer: CountedPrinter, state: CopyState):
    printer.sent(NOON, state=state)
    assert found(printer) == []


def test_the_end_of_the_job_counts_and_not_the_later_word_of_a_person(printer: CountedPrinter):
    copy = printer.sent(NOON)
    ended(printer, copy, 2)
    with printer.books.database.work() as work:
        work.session.execute(
            update(Copy).where(Copy.id == copy.id).values(printed_at=NOON + DAY, settled_at=NOON + DAY)
        )
    (one,) = found(printer)
    assert one.print.over == NOON + 2 * MINUTE


def test_a_copy_that_a_person_gave_up_waiting_for_may_come_out_until_it_is_settled(printer: CountedPrinter):
    copy = printer.sent(NOON - 30 * DAY, state=S.OUTCOME_UNKNOWN)
    with printer.books.database.work() as work:
        work.session.execute(update(Copy).where(Copy.id == copy.id).values(settled_at=None))
    (one,) = found(printer)
    assert (one.print.fate, one.print.over) == (Fate.DOUBTFUL, None)


def test_what_was_over_long_ago_is_left_out_and_what_is_still_on_its_way_is_not(printer: CountedPrinter):
    printer.sent(NOON - 3 * DAY)
    waiting = printer.sent(NOON - 9 * DAY, state=S.SENT)
    assert [each.copy_id for each in found(printer)] == [waiting.id]
    assert len(found(printer, since_hours=24 * 4)) == 2


def test_an_authorisation_that_was_not_used_up_authorises_nothing(printer: CountedPrinter):
    printer.sent(NOON)
    with printer.books.database.work() as work:
        work.session.execute(update(Authorisation).values(redeemed_at=None))
    assert [each.print.authorised for each in found(printer)] == [False]


def test_copies_come_in_the_order_in_which_they_went(printer: CountedPrinter):
    later, earlier = printer.sent(NOON), printer.sent(NOON - timedelta(hours=1))
    assert [each.copy_id for each in found(printer)] == [earlier.id, later.id]
