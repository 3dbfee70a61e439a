"""Crashes, pauses, power cuts and impostors between the spooler and the printer: a copy comes out at most once."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest

from printserver.printing.outcome import Outcome
from printserver.printing.ports import JobState, PrinterState, TicketState
from printserver.printing.private_cupsd import install_fence_backend
from tests.cups_rig import QUEUE, CupsRig, backends, contract_pdf, running_cups, wait_for
from tests.faults.stubborn_printer import BadAnswer, StubbornPrinter

PAGES = 4
CUPS_CANCEL = 5  # backend(7)
SLOW = 0.4  # seconds a page: the whole copy takes longer than any fault needs


@pytest.fixture
def rig():
    with running_cups() as rig:
        yield rig


def start_slow_copy(rig: CupsRig, *, until_printing: bool = True) -> UUID:
    """A copy of `PAGES` whose first page is under way."""
    rig.printer.control(seconds_per_page=SLOW)
    copy = uuid4()
    rig.print(copy, contract_pdf(PAGES))
    if until_printing:
        wait_for(lambda: rig.printer.received() or None)
    return copy


def claim_lines(rig: CupsRig, copy: UUID) -> list[str]:
    return (rig.cups.fence_directory / str(copy)).read_text(encoding="ascii").splitlines()


def wait_for_refusals(rig: CupsRig, copy: UUID, count: int) -> None:
    def refused_and_held_again() -> bool | None:
        report = rig.report(copy)
        assert report.fence is not None
        return (report.fence.refused == count and report.job_state is JobState.PENDING_HELD) or None

    wait_for(refused_and_held_again)


def test_a_cupsd_killed_while_printing_does_not_print_again_and_the_backend_sees_its_copy_to_the_end(rig: CupsRig):
    copy = start_slow_copy(rig)
    rig.cupsd.stop(signal.SIGKILL)
    rig.start_cupsd()
    outcome, report = rig.settled(copy, PAGES)
    assert outcome is Outcome.PRINTED
    assert report.job_state is JobState.PENDING_HELD
    assert report.fence is not None
    assert (report.fence.refused, report.fence.impressions) == (1, PAGES)
    assert len(rig.printer.received()) == 1
    assert "printserver-outcome-unknown" in rig.spooler.printer_status(QUEUE).reasons


def test_the_next_copy_prints_after_a_refused_one_and_clears_the_printers_reason(rig: CupsRig):
    first = start_slow_copy(rig)
    rig.cupsd.stop(signal.SIGKILL)
    rig.start_cupsd()
    rig.settled(first, PAGES)
    rig.printer.control()
    second = uuid4()
    rig.print(second, contract_pdf(1))
    assert rig.settled(second, 1)[0] is Outcome.PRINTED
    assert rig.spooler.printer_status(QUEUE).reasons == ()
    assert len(rig.printer.received()) == 2


def test_a_fence_killed_while_printing_takes_the_stock_backend_with_it_and_keeps_its_claim(rig: CupsRig):
    copy = start_slow_copy(rig)
    fence = int(claim_lines(rig, copy)[0].rpartition("=")[2])
    os.kill(fence, signal.SIGKILL)
    wait_for(lambda: not backends(rig) or None)
    rig.cups.resume_queue(QUEUE)
    outcome, report = rig.settled(copy, PAGES)
    assert outcome is Outcome.OUTCOME_UNKNOWN
    assert report.fence is not None
    assert report.fence.ended is None
    assert len(rig.printer.received()) == 1


def test_everything_killed_at_once_prints_at_most_once(rig: CupsRig):
    copy = start_slow_copy(rig)
    rig.cupsd.stop(signal.SIGKILL)
    for process in backends(rig):
        os.kill(process, signal.SIGKILL)
    wait_for(lambda: not backends(rig) or None)
    rig.start_cupsd()
    assert rig.settled(copy, PAGES)[0] is Outcome.OUTCOME_UNKNOWN
    assert len(rig.printer.received()) == 1


def test_a_cupsd_stopped_in_an_orderly_way_while_printing_does_not_print_again(rig: CupsRig):
    copy = start_slow_copy(rig)
    rig.cupsd.stop()
    rig.start_cupsd()
    rig.cups.resume_queue(QUEUE)
    assert rig.settled(copy, PAGES)[0] is Outcome.OUTCOME_UNKNOWN
    time.sleep(1)
    assert len(rig.printer.received()) == 1


def test_the_same_bytes_are_not_printed_again_under_another_job(rig: CupsRig):
    first, second, pdf = uuid4(), uuid4(), contract_pdf(1)
    rig.print(first, pdf)
    assert rig.settled(first, 1)[0] is Outcome.PRINTED
    rig.print(second, pdf)
    outcome, report = rig.settled(second, 1)
    assert (outcome, report.job_state) == (Outcome.OUTCOME_UNKNOWN, JobState.PENDING_HELD)
    rig.spooler.release(report.job_id)
    wait_for_refusals(rig, second, 1)
    assert len(rig.printer.received()) == 1
    assert rig.judged(first, rig.report(first), 1) is Outcome.PRINTED


def test_bytes_that_never_reached_the_printer_may_be_printed_under_another_job(rig: CupsRig):
    rig.engine.stop(signal.SIGKILL)
    pdf, first, second = contract_pdf(1), uuid4(), uuid4()
    rig.print(first, pdf)
    wait_for(lambda: ((fence := rig.spooler.fence_record(first)) and fence.running) or None)
    os.kill(int(claim_lines(rig, first)[0].rpartition("=")[2]), signal.SIGKILL)
    wait_for(lambda: not backends(rig) or None)
    rig.start_printer()
    rig.cups.resume_queue(QUEUE)
    assert rig.settled(first, 1)[0] is Outcome.NOT_STARTED
    rig.print(second, pdf)
    assert rig.settled(second, 1)[0] is Outcome.PRINTED
    assert len(rig.printer.received()) == 1


def test_a_queue_disabled_and_enabled_while_printing_does_not_print_again(rig: CupsRig):
    copy = start_slow_copy(rig)
    rig.cups.pause_queue(QUEUE)
    wait_for(lambda: not backends(rig) or None)
    rig.cups.resume_queue(QUEUE)
    outcome, _ = rig.settled(copy, PAGES)
    time.sleep(1)
    assert outcome is Outcome.OUTCOME_UNKNOWN
    assert len(rig.printer.received()) == 1


def test_a_held_copy_that_was_refused_is_refused_as_often_as_somebody_releases_it(rig: CupsRig):
    copy = start_slow_copy(rig)
    rig.cupsd.stop(signal.SIGKILL)
    rig.start_cupsd()
    _, report = rig.settled(copy, PAGES)
    for refusals in (2, 3):
        rig.spooler.release(report.job_id)
        wait_for_refusals(rig, copy, refusals)
    assert rig.judged(copy, rig.report(copy), PAGES) is Outcome.PRINTED
    assert len(rig.printer.received()) == 1


@contextlib.contextmanager
def impostor(rig: CupsRig) -> Iterator[None]:
    """Another printer, with a certificate of its own, answers in the place of the pinned one."""
    keys = {path: path.read_bytes() for path in (rig.printer.root / "keys").iterdir()}
    rig.engine.stop(signal.SIGKILL)
    rig.printer.renew_certificate()
    rig.start_printer()
    yield
    rig.engine.stop(signal.SIGKILL)
    for path, octets in keys.items():
        path.write_bytes(octets)
    rig.start_printer()


def meet_impostor(rig: CupsRig, pdf: bytes) -> UUID:
    """A copy that reached the impostor, and of which the impostor got nothing."""
    copy = uuid4()
    rig.print(copy, pdf)
    wait_for(lambda: rig.spooler.printer_status(QUEUE).state is PrinterState.STOPPED or None)
    assert "cups-pki-invalid" in rig.spooler.printer_status(QUEUE).reasons
    assert rig.spooler.fence_record(copy) is None
    assert rig.desk.of_job(str(copy)).state is TicketState.OPEN
    assert rig.judged(copy, rig.report(copy), PAGES) is Outcome.WAITING
    assert rig.printer.received() == []
    assert list((rig.printer.root / "spool").iterdir()) == []
    return copy


def test_an_impostor_with_another_certificate_gets_no_byte_and_the_true_printer_then_prints_once(rig: CupsRig):
    pdf = contract_pdf(PAGES)
    with impostor(rig):
        copy = meet_impostor(rig, pdf)
    rig.cups.resume_queue(QUEUE)
    assert rig.settled(copy, PAGES)[0] is Outcome.PRINTED
    assert [path.read_bytes() for path in rig.printer.received()] == [pdf]


def test_a_ticket_for_the_old_certificate_is_not_redeemed_with_a_new_one(rig: CupsRig):
    pdf, second = contract_pdf(PAGES), uuid4()
    with impostor(rig):
        first = meet_impostor(rig, pdf)
        rig.pin_printer()
        rig.cups.resume_queue(QUEUE)
        assert rig.settled(first, PAGES)[0] is Outcome.NOT_STARTED
        wait_for(lambda: "printserver-ticket-refused" in rig.spooler.printer_status(QUEUE).reasons or None)
        assert rig.printer.received() == []
        rig.print(second, pdf)
        assert rig.settled(second, PAGES)[0] is Outcome.PRINTED
        assert rig.spooler.printer_status(QUEUE).reasons == ()
        assert len(rig.printer.received()) == 1


def test_a_queue_whose_pin_was_removed_sends_nothing(rig: CupsRig):
    for pin in (rig.cups.root / "pins" / QUEUE).rglob("*.crt"):
        pin.unlink()
    copy = uuid4()
    rig.print(copy, contract_pdf())
    wait_for(lambda: rig.spooler.printer_status(QUEUE).state is PrinterState.STOPPED or None)
    assert "printserver-certificate-not-pinned" in rig.spooler.printer_status(QUEUE).reasons
    assert rig.spooler.fence_record(copy) is None
    assert rig.printer.received() == []


def test_a_printer_that_is_off_is_waited_for_and_then_prints_once(rig: CupsRig):
    rig.engine.stop(signal.SIGKILL)
    copy = start_slow_copy(rig, until_printing=False)
    wait_for(lambda: ((fence := rig.spooler.fence_record(copy)) and fence.running) or None)
    assert rig.judged(copy, rig.report(copy), PAGES) is Outcome.WAITING
    rig.start_printer()
    assert rig.settled(copy, PAGES, within=60)[0] is Outcome.PRINTED
    assert len(rig.printer.received()) == 1


def test_a_copy_cancelled_while_the_printer_is_off_gives_its_claim_back(rig: CupsRig):
    rig.engine.stop(signal.SIGKILL)
    copy = start_slow_copy(rig, until_printing=False)
    wait_for(lambda: ((fence := rig.spooler.fence_record(copy)) and fence.running) or None)
    rig.spooler.cancel(rig.report(copy).job_id)
    outcome, report = rig.settled(copy, PAGES)
    assert (outcome, report.job_state, report.fence) == (Outcome.NOT_STARTED, JobState.CANCELED, None)
    rig.start_printer()
    assert rig.printer.received() == []


def test_a_printer_switched_off_and_on_in_the_middle_leaves_the_outcome_unknown(rig: CupsRig):
    copy = start_slow_copy(rig)
    rig.engine.stop(signal.SIGKILL)
    rig.start_printer()
    outcome, report = rig.settled(copy, PAGES, within=60)
    assert outcome is Outcome.OUTCOME_UNKNOWN
    assert report.fence is not None
    assert report.fence.printer_state is not JobState.COMPLETED
    assert len(rig.printer.received()) == 1


def test_a_copy_cancelled_while_printing_is_unknown_and_cancelled_at_the_printer(rig: CupsRig):
    copy = start_slow_copy(rig)
    rig.spooler.cancel(rig.report(copy).job_id)
    outcome, report = rig.settled(copy, PAGES)
    assert (outcome, report.job_state) == (Outcome.OUTCOME_UNKNOWN, JobState.CANCELED)
    assert len(rig.printer.received()) == 1


@pytest.mark.parametrize("reason", ["media-empty-error", "media-jam-error"])
def test_a_printer_without_paper_is_waited_for_and_goes_on(rig: CupsRig, reason):
    rig.printer.control(reason=reason)
    copy = uuid4()
    rig.print(copy, contract_pdf(2))
    wait_for(
        lambda: any(reason.rpartition("-")[0] in seen for seen in rig.spooler.printer_status(QUEUE).reasons) or None
    )
    assert rig.judged(copy, rig.report(copy), 2) is Outcome.WAITING
    rig.printer.control()
    assert rig.settled(copy, 2)[0] is Outcome.PRINTED


@pytest.mark.parametrize("answer", list(BadAnswer))
def test_a_printer_that_took_the_document_and_then_says_no_is_not_sent_it_again(rig: CupsRig, answer):
    rig.engine.stop(signal.SIGKILL)
    with StubbornPrinter(rig.printer, answer) as printer:
        copy, pdf = uuid4(), contract_pdf()
        rig.print(copy, pdf)
        outcome, report = rig.settled(copy, 2, within=60)
        time.sleep(1)
        assert printer.documents == [pdf]
    assert outcome is Outcome.OUTCOME_UNKNOWN
    assert report.fence is not None
    assert report.fence.submitting


def test_a_printer_that_gives_up_in_the_middle_leaves_the_outcome_unknown(rig: CupsRig):
    rig.printer.control(crash_on_page=2)
    copy = uuid4()
    rig.print(copy, contract_pdf(3))
    outcome, report = rig.settled(copy, 3)
    assert outcome is Outcome.OUTCOME_UNKNOWN
    assert report.fence is not None
    assert report.fence.submitting
    time.sleep(1)
    assert len(rig.printer.received()) == 1


def test_the_backend_tells_cups_of_itself_and_refuses_a_job_that_names_no_copy(tmp_path):
    backend = install_fence_backend(tmp_path / "bin")
    told = subprocess.run([str(backend)], capture_output=True, text=True, check=True)
    assert told.stdout.startswith("network printserver-fence ")
    environment = {"DEVICE_URI": "printserver-fence://localhost/ipp/print", "PRINTER": QUEUE}
    for options in ("", "media=A4", "job-uuid=urn:uuid:../../etc/passwd", f"x-job-uuid=urn:uuid:{uuid4()}"):
        arguments = [str(backend), "1", "worker", "title", "1", options, str(tmp_path / "none.pdf")]
        assert subprocess.run(arguments, env=environment, capture_output=True, check=False).returncode == CUPS_CANCEL
    assert [path.name for path in tmp_path.iterdir()] == ["bin"]
