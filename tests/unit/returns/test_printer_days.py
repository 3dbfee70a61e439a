"""What the books say of a printer's day beside its counter, and the alarms about it, on both databases."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from printserver.audit.models import AuditEntry
from printserver.audit.queries import AuditSearch, find_entries
from printserver.foundation.errors import NotFound, TransitionRefused
from printserver.foundation.ids import new_id
from printserver.organisations.permissions import Role
from printserver.print_requests.models import Copy
from printserver.print_requests.service import ReasonMissing
from printserver.print_requests.sides import Sides
from printserver.print_requests.states import CopyState
from printserver.printing.count_alarms import AlarmFacts, count_alarms
from printserver.printing.models import CountAlarm, CounterReading
from printserver.printing.reconciliation import Finding
from printserver.returns.models import Return, ReturnPage
from printserver.returns.paper_counts import PaperCounts
from printserver.returns.printer_days import (
    LONGEST_DAYS,
    DaysMalformed,
    PrinterDay,
    check_counts,
    close_alarm,
    reconciliation,
)
from printserver.returns.states import PageState, ReturnState
from tests.counted_printer import DAY, HOUR, MINUTE, NOON, CountedPrinter
from tests.databases import DatabaseKit
from tests.paper_books import Books, add_in_order
from tests.sealed_store import sealed_store

ZONE = ZoneInfo("Asia/Shanghai")
TODAY = date(2026, 11, 22)
ADMINISTRATOR = Role.PRINTER_ADMINISTRATOR


@pytest.fixture
def printer(any_books: Books) -> CountedPrinter:
    made = CountedPrinter(any_books)
    made.clock.moment = NOON
    return made


def shown(printer: CountedPrinter, first: date = TODAY, last: date = TODAY, **options: Any) -> list[PrinterDay]:
    with printer.books.database.reading() as work:
        actor = printer.books.actor(Role.AUDITOR)
        return list(reconciliation(work, actor, ZONE, first, last, **options))


def alarms(printer: CountedPrinter, role: Role = ADMINISTRATOR, **options: Any) -> tuple[AlarmFacts, ...]:
    with printer.books.database.reading() as work:
        return count_alarms(work, printer.books.actor(role), **options)


def closed(printer: CountedPrinter, alarm: AlarmFacts, reason: str = "a test page of the technician") -> AlarmFacts:
    with printer.books.database.work() as work:
        return close_alarm(work, printer.books.actor(ADMINISTRATOR), alarm.id, reason=reason)


def surplus_of(printer: CountedPrinter, sheets: int) -> AlarmFacts:
    printer.read(NOON - DAY, 100)
    printer.read(NOON, 100 + sheets)
    assert check_counts(printer.books.database, ZONE) == 1
    (alarm,) = alarms(printer)
    return alarm


def test_a_day_shows_what_was_authorised_sent_reported_counted_and_scanned_back(printer: CountedPrinter):
    first = printer.sent(NOON - 3 * HOUR, pages=3, reported=3)
    printer.sent(NOON - 2 * HOUR, pages=5, sides=Sides.TWO_SIDED_LONG_EDGE, reported=5)
    printer.sent(NOON - HOUR, pages=2, state=CopyState.DESTROYED)
    scanned(printer.books, first.id, pages=2)
    printer.read(NOON - DAY, 1_000, 500)
    printer.read(NOON, 1_009, 507)
    (day,) = shown(printer)
    figures = day.figures
    assert figures.finding is Finding.OPEN
    assert (figures.window_from, figures.window_to) == (NOON - DAY, NOON)
    assert (figures.authorised_copies, figures.authorised_impressions) == (3, 10)
    assert (figures.sent_copies, figures.sent_impressions, figures.sent_sheets) == (3, 10, 8)
    assert figures.reported_impressions == 8
    assert (figures.expected_impressions_least, figures.expected_impressions_most) == (8, 11)
    assert (figures.expected_sheets_least, figures.expected_sheets_most) == (6, 8)
    assert (figures.counted_impressions, figures.counted_sheets) == (9, 7)
    assert figures.scanned_back_pages == 2
    assert day.papers == PaperCounts(ended_copies=1, kept_copies=2)
    printer.clock.moment = NOON + 2 * DAY
    printer.read(NOON + DAY, 1_009, 507)
    assert [each.figures.finding for each in shown(printer)] == [Finding.AGREED]


def scanned(books: Books, copy_id: Any, *, pages: int) -> None:
    """Pages of the copy that came home, and one that nobody has looked at yet."""
    own = {"organisation_id": books.organisation_id, "branch_id": books.branch}
    with books.database.work() as work:
        batch = Return(
            id=copy_id, handed_in_by=books.person, filename="s.pdf", scan_sha256="a" * 64, scan_kind="pdf",
            state=ReturnState.READ, created_at=work.now(), **own,
        )  # fmt: skip
        rows = [
            ReturnPage(
                id=new_id(), return_id=batch.id, position=number, copy_id=copy_id, page=number, findings={},
                state=PageState.MATCHED if number <= pages else PageState.DOUBTFUL, **own,
            )
            for number in range(1, pages + 2)
        ]  # fmt: skip
        add_in_order(work, batch, *rows)


def test_copies_that_never_went_to_the_printer_are_in_no_day(printer: CountedPrinter):
    for state in CopyState:
        copy = printer.books.copy(state=state)
        if state in (CopyState.ISSUED, CopyState.RELEASED, CopyState.VOID):
            set_columns(printer, copy.id, printed_at=None, sent_at=None, released_at=NOON - HOUR)
        elif state in (CopyState.RENDERED, CopyState.AUTHORISED, CopyState.WASTED):
            set_columns(printer, copy.id, printed_at=None)
        else:
            set_columns(printer, copy.id, printed_at=None, sent_at=NOON - HOUR)
    (day,) = shown(printer)
    went = {CopyState.SENT, CopyState.PRINTED, CopyState.OUTCOME_UNKNOWN, CopyState.DESTROYED, CopyState.MISSING}
    assert day.figures.sent_copies == len(went | {CopyState.REPLACED})
    assert day.figures.finding is Finding.NO_COUNTER


def set_columns(printer: CountedPrinter, copy_id: Any, **columns: Any) -> None:
    with printer.books.database.work() as work:
        work.session.execute(update(Copy).where(Copy.id == copy_id).values(**columns))


def test_a_copy_without_a_redeemed_authorisation_is_sent_and_not_authorised_and_so_a_surplus(printer: CountedPrinter):
    printer.read(NOON - DAY, 100)
    printer.sent(NOON - HOUR, pages=2, authorised=False)
    printer.read(NOON, 102)
    (day,) = shown(printer)
    assert (day.figures.authorised_copies, day.figures.sent_copies) == (0, 1)
    assert (day.figures.finding, day.figures.difference_impressions) == (Finding.SURPLUS, 2)


def test_days_without_copies_and_readings_are_left_out_and_the_newest_comes_first(printer: CountedPrinter):
    printer.sent(NOON - 3 * DAY)
    printer.sent(NOON - HOUR)
    listed = shown(printer, TODAY - timedelta(days=9), TODAY + timedelta(days=5))
    assert [each.day for each in listed] == [TODAY, TODAY - timedelta(days=3)]


@pytest.mark.parametrize(("first", "last"), [(1, 0), (0, LONGEST_DAYS)])
def test_only_so_many_days_are_looked_at_at_once(printer: CountedPrinter, first: int, last: int):
    with pytest.raises(DaysMalformed):
        shown(printer, TODAY + timedelta(days=first), TODAY + timedelta(days=last))


def test_a_printer_out_of_reach_is_not_found_and_not_listed(printer: CountedPrinter):
    books = printer.books
    surplus_of(printer, 1)
    elsewhere = books.actor(Role.AUDITOR, ADMINISTRATOR, branch=books.other)
    with books.database.reading() as work:
        assert reconciliation(work, elsewhere, ZONE, TODAY, TODAY) == ()
        assert count_alarms(work, elsewhere) == ()
        with pytest.raises(NotFound):
            reconciliation(work, elsewhere, ZONE, TODAY, TODAY, printer_id=books.printer)
    (alarm,) = alarms(printer)
    with pytest.raises(NotFound), books.database.work() as work:
        close_alarm(work, elsewhere, alarm.id, reason="mine")
    assert alarms(printer, open_only=True) == (alarm,)


def test_a_long_wait_for_paper_is_judged_from_before_it(printer: CountedPrinter):
    printer.read(NOON - 20 * DAY, 100)
    waiting = printer.sent(NOON - 19 * DAY, pages=4, state=CopyState.SENT)
    for back in range(18, -1, -1):
        printer.read(NOON - back * DAY, 100)
    assert check_counts(printer.books.database, ZONE) == 0
    printer.read(NOON + MINUTE, 105)
    printer.clock.moment = NOON + MINUTE
    assert check_counts(printer.books.database, ZONE) == 1
    (alarm,) = alarms(printer)
    assert (alarm.day, alarm.figures["difference_impressions"]) == (TODAY, 1)
    printer.printed(waiting, NOON + MINUTE)


def test_a_sheet_printed_outside_opens_one_alarm_with_its_figures_in_the_log(printer: CountedPrinter):
    printer.sent(NOON - HOUR, pages=3)
    alarm = surplus_of(printer, 4)
    assert alarm.figures["finding"] == "surplus"
    assert alarm.figures["difference_impressions"] == 1
    assert alarm.closed_at is None
    assert check_counts(printer.books.database, ZONE) == 0
    assert alarms(printer) == (alarm,)
    with printer.books.database.reading() as work:
        (entry,) = find_entries(work, AuditSearch(event="CountAlarmOpened")).entries
    assert entry.organisation_id == printer.books.organisation_id
    assert entry.subject_id == printer.books.printer
    assert (entry.facts["finding"], entry.facts["difference_impressions"], entry.facts["again"]) == (
        "surplus",
        1,
        False,
    )


def test_an_open_alarm_shows_the_newest_figures_and_stays_open_when_the_difference_is_gone(printer: CountedPrinter):
    surplus_of(printer, 2)
    printer.clock.advance(600)
    printer.read(NOON + 5 * MINUTE, 105)
    assert check_counts(printer.books.database, ZONE) == 1
    assert alarms(printer)[0].figures["difference_impressions"] == 5
    printer.sent(NOON - HOUR, pages=5)
    assert check_counts(printer.books.database, ZONE) == 1
    (alarm,) = alarms(printer, open_only=True)
    assert (alarm.figures["finding"], alarm.figures["difference_impressions"]) == ("open", 0)
    assert printer.books.entries().count("CountAlarmOpened") == 1


def test_a_person_closes_an_alarm_once_with_a_reason(printer: CountedPrinter):
    alarm = surplus_of(printer, 2)
    before = printer.books.entries()
    for empty in ("", "  \n"):
        with pytest.raises(ReasonMissing):
            closed(printer, alarm, empty)
    assert printer.books.entries() == before
    done = closed(printer, alarm, " a test page ")
    assert (done.closed_at, done.closed_by, done.reason) == (NOON, "王小明", "a test page")
    assert printer.books.entries() == [*before, "CountAlarmClosed"]
    with pytest.raises(TransitionRefused):
        closed(printer, alarm)
    assert printer.books.entries() == [*before, "CountAlarmClosed"]
    assert alarms(printer, open_only=True) == ()


def test_a_closed_alarm_is_opened_anew_when_the_day_gets_worse_and_only_then(printer: CountedPrinter):
    closed(printer, surplus_of(printer, 2))
    printer.clock.advance(600)
    printer.read(NOON + 5 * MINUTE, 102)
    assert check_counts(printer.books.database, ZONE) == 0
    printer.read(NOON + 6 * MINUTE, 103)
    assert check_counts(printer.books.database, ZONE) == 1
    (alarm,) = alarms(printer, open_only=True)
    assert (alarm.figures["difference_impressions"], alarm.closed_by, alarm.reason) == (3, "", "")
    with printer.books.database.reading() as work:
        opened = find_entries(work, AuditSearch(event="CountAlarmOpened")).entries
    assert [entry.facts["again"] for entry in opened] == [True, False]
    closed(printer, alarm)
    for pages in (1, 2):  # explained in part, then as a whole
        printer.sent(NOON - pages * HOUR, pages=pages)
        assert check_counts(printer.books.database, ZONE) == 0
    printer.sent(NOON - 4 * HOUR, pages=1)
    assert check_counts(printer.books.database, ZONE) == 1
    assert alarms(printer, open_only=True)[0].figures["finding"] == "short"


def test_a_short_count_is_told_when_the_counter_had_its_time(printer: CountedPrinter):
    printer.read(NOON - DAY, 100)
    printer.sent(NOON - HOUR, pages=3)
    printer.read(NOON - HOUR + 5 * MINUTE, 102)
    assert check_counts(printer.books.database, ZONE) == 0
    printer.read(NOON, 102)
    assert check_counts(printer.books.database, ZONE) == 1
    (alarm,) = alarms(printer)
    assert (alarm.figures["finding"], alarm.figures["difference_impressions"]) == ("short", -1)


def test_a_counter_that_stands_still_after_a_copy_is_kept_so_that_days_can_end_and_be_called_short(
    printer: CountedPrinter,
):
    """Whoever watches printers keeps a reading when the counter moves: right after the copy, and then none."""
    printer.read(NOON - DAY, 100)
    copy = printer.sent(NOON - HOUR, pages=3)
    over = NOON - HOUR + MINUTE
    printer.read(over + timedelta(seconds=5), 102)
    for minutes, readings in ((0.5, 2), (2, 3), (3, 3), (11, 4), (12, 4)):
        printer.clock.moment = over + minutes * MINUTE
        printer.says(printer.clock.moment, 102)
        check_counts(printer.books.database, ZONE)
        with printer.books.database.reading() as work:
            assert work.session.query(CounterReading).count() == readings, minutes
        assert len(alarms(printer)) == (1 if minutes >= 11 else 0)
    assert alarms(printer)[0].figures["finding"] == "short"
    assert copy.pages == 3


def test_an_exchanged_counter_is_told_and_agreeing_days_are_not(printer: CountedPrinter):
    printer.read(NOON - 2 * DAY, 900)
    printer.read(NOON - DAY, 20)
    printer.read(NOON, 20)
    assert check_counts(printer.books.database, ZONE) == 1
    (alarm,) = alarms(printer)
    assert (alarm.day, alarm.figures["finding"]) == (TODAY - timedelta(days=1), "counter-went-back")
    assert alarm.figures["counted_impressions"] is None


def test_what_is_settled_a_week_later_is_still_looked_at_and_older_days_rest(printer: CountedPrinter):
    for back, count in ((8, 100), (7, 103), (0, 103)):
        printer.read(NOON - back * DAY, count)
    copy = printer.sent(NOON - 7 * DAY - HOUR, pages=3, state=CopyState.OUTCOME_UNKNOWN)
    assert check_counts(printer.books.database, ZONE) == 0
    set_columns(printer, copy.id, pages=2)
    assert check_counts(printer.books.database, ZONE) == 1
    with printer.books.database.work() as work:
        work.session.query(CountAlarm).delete()
    printer.clock.advance(86_400)
    assert check_counts(printer.books.database, ZONE) == 0


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_many_workers_open_an_alarm_once(database_kit: DatabaseKit, kind: str, issuer: Any, tmp_path: Any):
    url = database_kit.url(kind)
    printer = CountedPrinter(Books(database_kit.open(url), sealed_store(tmp_path), issuer).open())
    printer.clock.moment = NOON
    printer.read(NOON - DAY, 100)
    printer.read(NOON, 101)
    workers = [database_kit.open(url, printer.clock) for _ in range(6)]
    everybody = threading.Barrier(len(workers))
    problems: list[BaseException] = []

    def work_at_once(database: Any) -> None:
        try:
            everybody.wait(20)
            for _ in range(3):
                check_counts(database, ZONE)
        except BaseException as problem:  # noqa: BLE001 - told to the test itself
            problems.append(problem)

    threads = [threading.Thread(target=work_at_once, args=(each,)) for each in workers]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    assert problems == []
    assert len(alarms(printer)) == 1
    assert printer.books.entries().count("CountAlarmOpened") == 1


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_many_persons_close_an_alarm_once(database_kit: DatabaseKit, kind: str, issuer: Any, tmp_path: Any):
    url = database_kit.url(kind)
    printer = CountedPrinter(Books(database_kit.open(url), sealed_store(tmp_path), issuer).open())
    printer.clock.moment = NOON
    alarm = surplus_of(printer, 1)
    everybody, refused = threading.Barrier(4), []

    def close() -> None:
        everybody.wait(20)
        try:
            closed(printer, alarm)
        except TransitionRefused as problem:
            refused.append(problem)

    threads = [threading.Thread(target=close) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    assert len(refused) == 3
    assert printer.books.entries().count("CountAlarmClosed") == 1


def test_nothing_is_written_when_there_is_nothing_to_say(printer: CountedPrinter):
    printer.read(NOON - DAY, 100)
    printer.sent(NOON - HOUR, pages=3)
    printer.read(NOON, 103)
    assert check_counts(printer.books.database, ZONE) == 0
    with printer.books.database.reading() as work:
        assert work.session.query(CountAlarm).count() == 0
        assert work.session.query(AuditEntry).count() == 0
