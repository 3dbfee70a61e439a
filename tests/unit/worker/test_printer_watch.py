"""Printers are asked without end; what they say is there to be seen, and their page counts are kept."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text, update

from printserver.organisations.permissions import Role
from printserver.printing.ipp_answer import PrinterAnswer, Supply
from printserver.printing.models import Printer
from printserver.printing.queries import printer_facts
from printserver.printing.status import (
    ReadingRefused,
    StatusFacts,
    counter_readings,
    record_answer,
    record_counters,
    record_panel_reading,
    record_problem,
    statuses,
)
from printserver.worker.printer_watch import PrinterWatch, watch_printers
from tests.cups_rig import contract_pdf, wait_for
from tests.printers import SwitchedOn, switched_on, talkative_printer
from tests.world import World

SHANGHAI = ZoneInfo("Asia/Shanghai")
ANSWER = PrinterAnswer(
    state="idle",
    reasons=("toner-low-warning",),
    supplies=(Supply("Black", 9),),
    impressions=100,
    sheets=60,
    up_seconds=5,
)


@pytest.fixture(scope="module")
def printer() -> Iterator[SwitchedOn]:
    with switched_on() as running:
        yield running


@dataclass(frozen=True)
class Watched:
    """The home's north printer is `printer`; the other printers are retired."""

    world: World
    watch: PrinterWatch

    def round(self) -> None:
        """Ask all that are due, and write what they say."""
        self.watch.ask_those_due()
        while self.watch.write_what_came(wait_seconds=0.3) == 0 and any(
            turn.asking for turn in self.watch._turns.values()
        ):
            pass

    @property
    def status(self) -> StatusFacts | None:
        printer_id = self.world.home.north.printer_id
        with self.world.database.reading() as work:
            return statuses(work, [printer_id]).get(printer_id)

    def readings(self) -> list[int]:
        """The oldest first."""
        with self.world.database.reading() as work:
            return [each.impressions for each in counter_readings(work, self.world.home.north.printer_id)][::-1]


def watched(world: World, uri: str, certificate_sha256: str) -> Watched:
    with world.database.work() as work:
        own = Printer.id == world.home.north.printer_id
        work.session.execute(update(Printer).where(~own).values(retired_at=work.now()))
        columns = {"uri": uri, "certificate_sha256": certificate_sha256, "counter": "ipp"}
        work.session.execute(update(Printer).where(own).values(**columns))
    return Watched(world, PrinterWatch(world.database, SHANGHAI, every_seconds=0.01))


def test_a_printer_is_asked_how_it_is_and_at_first_what_it_can_do(world: World, printer: SwitchedOn):
    seen = watched(world, printer.printer.uri, printer.pin.sha256)
    seen.round()
    assert seen.status is not None
    assert (seen.status.state, seen.status.problem, seen.status.reasons) == ("idle", "", ())
    assert seen.status.impressions == printer.printer.counters().impressions
    assert {"name": "Black Ink", "level": 75} in seen.status.supplies
    with world.database.reading() as work:
        facts = printer_facts(work, world.home.north.printer_id)
    assert (facts.model, facts.two_sided) == ("Example Printer", True)
    assert facts.capabilities_at is not None
    assert seen.readings() == [seen.status.impressions]


def test_an_empty_tray_is_seen(world: World, printer: SwitchedOn):
    seen = watched(world, printer.printer.uri, printer.pin.sha256)
    printer.printer.control(reason="media-empty-error")
    try:
        printer.print(contract_pdf(1))

        def empty() -> bool | None:
            time.sleep(0.1)
            seen.round()
            return (seen.status is not None and "media-empty" in " ".join(seen.status.reasons)) or None

        wait_for(empty)
    finally:
        printer.printer.control()
        printer.wait_for_rest()


def test_a_sheet_that_went_round_the_server_moves_the_counter_that_is_kept(world: World, printer: SwitchedOn):
    seen = watched(world, printer.printer.uri, printer.pin.sha256)
    seen.round()
    before = printer.printer.counters().impressions
    assert seen.readings() == [before]
    printer.print(contract_pdf(2))
    printer.wait_for_rest(before + 2)
    time.sleep(0.1)  # it is asked each hundredth of a second
    seen.round()
    assert seen.readings()[-1] == before + 2


def test_another_certificate_is_a_problem_and_what_was_said_before_stays(world: World, printer: SwitchedOn):
    seen = watched(world, printer.printer.uri, printer.pin.sha256)
    seen.round()
    said = seen.status
    assert said is not None
    world.clock.advance(5)
    again = watched(world, printer.printer.uri, "0" * 64)
    again.round()
    assert again.status == replace(said, problem="printer-certificate-changed", asked_at=world.clock.now())


def test_a_printer_that_is_off_or_talks_nonsense_has_a_problem_and_is_asked_more_rarely(world: World, tmp_path: Path):
    with talkative_printer(tmp_path / "talker") as talker:
        talker.answer(b"nonsense")
        seen = watched(world, talker.uri, talker.pin.sha256)
        seen.round()
        assert seen.status is not None
        assert seen.status.problem == "printer-answer-refused"
        sha256 = talker.pin.sha256
    seen = watched(world, talker.uri, sha256)
    seen.round()
    time.sleep(0.02)
    seen.round()
    assert seen.status is not None
    assert seen.status.problem == "printer-unreachable"
    (turn,) = seen.watch._turns.values()
    assert turn.pause >= 0.02
    assert seen.readings() == []


def test_two_watchers_on_the_same_books_do_not_disturb_each_other(printer: SwitchedOn, any_world: World):
    seen = watched(any_world, printer.printer.uri, printer.pin.sha256)
    stop = threading.Event()
    threads = [watch_printers(any_world.database, SHANGHAI, stop) for _ in range(2)]
    wait_for(lambda: seen.status)
    stop.set()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()


def test_a_watch_goes_on_when_it_may_write_again(printer: SwitchedOn, any_world: World):
    """As while an administrator grants rights anew, or another version migrates."""
    seen = watched(any_world, printer.printer.uri, printer.pin.sha256)

    def rename(before: str, after: str) -> None:
        with any_world.database.work() as work:
            work.session.execute(text(f"ALTER TABLE {before} RENAME TO {after}"))

    rename("printer_status", "put_aside")
    stop = threading.Event()
    thread = threading.Thread(target=seen.watch.run, args=(stop,))
    thread.start()
    time.sleep(1)  # it has asked, and could not write
    rename("put_aside", "printer_status")
    wait_for(lambda: seen.status)
    stop.set()
    thread.join(30)
    assert not thread.is_alive()


def test_the_status_is_written_only_when_it_says_something_new_or_is_half_a_minute_old(any_world: World):
    world, printer_id = any_world, any_world.home.north.printer_id
    seen = Watched(world, PrinterWatch(world.database, SHANGHAI))

    def record(answer: PrinterAnswer) -> StatusFacts:
        with world.database.work() as work:
            record_answer(work, printer_id, answer)
        assert seen.status is not None
        return seen.status

    first = record(ANSWER)
    world.clock.advance(5)
    assert record(replace(ANSWER, up_seconds=10)) == first
    world.clock.advance(26)
    assert record(ANSWER).asked_at == world.clock.now()
    world.clock.advance(5)
    assert record(replace(ANSWER, state="stopped")).state == "stopped"
    with world.database.work() as work:
        record_problem(work, printer_id, "printer-unreachable")
    assert seen.status is not None
    assert (seen.status.state, seen.status.problem) == ("stopped", "printer-unreachable")


def test_the_counter_is_kept_at_the_days_first_look_and_when_it_has_moved(world: World):
    """22 November, 17:00 in Shanghai; a new day begins there at 16:00 UTC."""
    assert world.clock.now().astimezone(UTC).hour == 9
    for minutes, impressions, idle, kept in (
        (0, 100, True, True),
        (1, 100, True, False),
        (0, 101, False, False),
        (0, 101, True, True),
        (4, 105, False, False),
        (1, 106, False, True),
        (300, 106, False, False),
        (150, 106, False, True),
    ):
        world.clock.advance(60 * minutes)
        with world.database.work() as work:
            answer = replace(ANSWER, impressions=impressions)
            printer_id = world.home.north.printer_id
            assert record_counters(work, printer_id, answer, idle=idle, zone=SHANGHAI) is kept, (minutes, impressions)


def test_a_person_reads_a_panel_and_a_counter_never_goes_back(world: World):
    def read(impressions: int, sheets: int | None = None, **ago: int) -> None:
        with world.database.work() as work:
            record_panel_reading(
                work,
                world.actor(work, Role.PRINTER_ADMINISTRATOR),
                world.home.north.printer_id,
                impressions=impressions,
                sheets=sheets,
                taken_at=work.now() - timedelta(**ago) if ago else None,
            )

    read(1000, hours=2)
    read(1001, 700, hours=1)
    before = world.row_counts()
    wrongs: tuple[tuple[int, int | None, dict[str, int]], ...] = (
        (1000, None, {}),
        (1002, 600, {}),
        (1002, None, {"hours": 3}),
        (1002, None, {"hours": -1}),
        (2**31, None, {}),
    )
    for wrong in wrongs:
        with pytest.raises(ReadingRefused):
            read(wrong[0], wrong[1], **wrong[2])
    assert world.row_counts() == before
