"""The spooler against a real cupsd with a real queue; what it refuses, it refuses to root too."""

from __future__ import annotations

import shlex
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from uuid import UUID, uuid4

import cups
import pytest

from printserver.printing.cups import CupsSpooler, _create_held
from printserver.printing.cups_connection import connected
from printserver.printing.job_file import JOB_FILE_TYPE
from printserver.printing.outcome import Outcome
from printserver.printing.ports import (
    JobNotFound,
    JobState,
    PrinterState,
    QueueNotFound,
    Spooler,
    SpoolerRefused,
    SpoolerUnavailable,
)
from printserver.printing.private_cupsd import CupsCommandFailed
from tests.breaking_socket import BreakingSocket
from tests.cups_rig import (
    QUEUE,
    STARTED_AS_ROOT,
    THIS_USER,
    CupsRig,
    contract_pdf,
    running_cups,
    wait_for,
)


@pytest.fixture(scope="module")
def shared_rig():
    with running_cups() as rig:
        yield rig


@pytest.fixture
def rig(shared_rig):
    """The module's rig, with the engine at its usual pace and only this test's documents."""
    shared_rig.printer.control()
    yield shared_rig
    shared_rig.printer.control()


def at_cupsd(rig: CupsRig) -> AbstractContextManager[cups.Connection]:
    return connected(rig.cups.socket, missing=JobNotFound("not there"))


def test_the_port_is_fulfilled(rig: CupsRig):
    spooler: Spooler = rig.spooler
    assert spooler.queue_exists(QUEUE)
    assert not spooler.queue_exists("elsewhere")


def test_a_copy_arrives_byte_for_byte_and_once_and_leaves_no_bytes_in_the_spool(rig: CupsRig):
    before, copy, pdf = rig.printer.received(), uuid4(), contract_pdf(3, mark="封")
    rig.print(copy, pdf)
    outcome, report = rig.settled(copy, 3)
    assert outcome is Outcome.PRINTED
    assert report.job_state is JobState.COMPLETED
    assert [path.read_bytes() for path in rig.printer.received()[len(before) :]] == [pdf]
    spool = rig.cups.root / "spool"
    assert [path.name for path in spool.rglob("*") if path.name.startswith("d")] == []
    assert list((spool / "tmp").iterdir()) == []


def test_an_unexpected_number_of_sides_is_unknown(rig: CupsRig):
    copy = uuid4()
    rig.print(copy, contract_pdf(2))
    outcome, report = rig.settled(copy, 3)
    assert outcome is Outcome.OUTCOME_UNKNOWN
    assert report.fence is not None
    assert report.fence.impressions == 2


def test_a_held_copy_stays_held_and_holding_it_again_is_the_same_job(rig: CupsRig):
    before, copy, pdf = rig.printer.received(), uuid4(), contract_pdf()
    first = rig.hold(copy, pdf)
    assert rig.hold(copy, pdf) == first
    report = rig.report(copy)
    assert (report.job_id, report.job_state, report.fence) == (first, JobState.PENDING_HELD, None)
    rig.spooler.release(first)
    assert rig.settled(copy, 2)[0] is Outcome.PRINTED
    assert rig.hold(copy, pdf) == first
    assert len(rig.printer.received()) == len(before) + 1


@pytest.mark.parametrize("sides", ["one-sided", "two-sided-long-edge"])
def test_a_copy_is_asked_for_once_in_colour_on_a4_unscaled_and_on_the_sides_that_were_approved(rig: CupsRig, sides):
    copy, pdf = uuid4(), contract_pdf()
    job_id = rig.spooler.hold(QUEUE, copy, rig.seal(copy, pdf), sides=sides)
    rig.spooler.release(job_id)
    assert rig.settled(copy, 2)[0] is Outcome.PRINTED
    log = [line for line in rig.cups.error_log.read_text("utf-8", "replace").splitlines() if f"[Job {job_id}]" in line]
    options = next(line for line in log if "argv[5]=" in line)
    for option in ("media=A4", "print-color-mode=color", "print-scaling=none", f"sides={sides}"):
        assert f" {option} " in options
    assert any('argv[4]="1"' in line for line in log)
    told = "\n".join(log)
    assert f"sides keyword {sides}" in told
    assert "document-format mimeMediaType application/pdf" in told


def test_releasing_twice_is_no_failure_and_prints_once(rig: CupsRig):
    before, copy = rig.printer.received(), uuid4()
    job_id = rig.print(copy, contract_pdf())
    rig.spooler.release(job_id)
    assert rig.settled(copy, 2)[0] is Outcome.PRINTED
    rig.spooler.release(job_id)
    assert len(rig.printer.received()) == len(before) + 1


def test_a_cancelled_held_copy_printed_nothing(rig: CupsRig):
    before, copy = rig.printer.received(), uuid4()
    job_id = rig.hold(copy, contract_pdf())
    rig.spooler.cancel(job_id)
    rig.spooler.cancel(job_id)
    outcome, report = rig.settled(copy, 2)
    assert (outcome, report.job_state, report.fence) == (Outcome.NOT_STARTED, JobState.CANCELED, None)
    assert rig.printer.received() == before


def test_two_jobs_of_one_copy_print_it_once(rig: CupsRig):
    before, copy, pdf = rig.printer.received(), uuid4(), contract_pdf()
    spooler = rig.spooler
    job_file = rig.seal(copy, pdf)
    jobs = [spooler._hand_over(QUEUE, copy, job_file, "one-sided") for _ in range(2)]
    for job_id in jobs:
        spooler.release(job_id)
    wait_for(lambda: ((fence := spooler.fence_record(copy)) and fence.refused and fence.ended == 0) or None)
    assert len(rig.printer.received()) == len(before) + 1


def test_a_document_that_never_arrived_whole_is_handed_over_anew(rig: CupsRig):
    copy, pdf = uuid4(), contract_pdf()
    with at_cupsd(rig) as connection:
        abandoned = _create_held(connection, QUEUE, copy, "one-sided")
    assert rig.spooler.report(copy) is None
    job_id = rig.hold(copy, pdf)
    assert job_id != abandoned
    assert rig.report(copy).job_id == job_id
    rig.spooler.cancel(job_id)


def test_what_is_not_there_is_said_to_be_not_there(rig: CupsRig):
    assert rig.spooler.report(uuid4()) is None
    with pytest.raises(QueueNotFound):
        rig.spooler.hold("elsewhere", uuid4(), contract_pdf())
    for action in (rig.spooler.release, rig.spooler.cancel):
        with pytest.raises(JobNotFound):
            action(999_999)


@pytest.mark.parametrize(
    "kind", ["application/pdf", "text/plain", "application/vnd.cups-raw", "application/octet-stream"]
)
def test_anything_but_a_job_file_is_refused_and_not_printed(rig: CupsRig, kind):
    before, copy = rig.printer.received(), uuid4()
    spooler = rig.spooler
    with at_cupsd(rig) as connection:
        job_id = _create_held(connection, QUEUE, copy, "one-sided")
        connection.startDocument(QUEUE, job_id, "hello", kind, 1)
        connection.writeRequestData(b"hello", 5)
        with pytest.raises(cups.IPPError):
            connection.finishDocument(QUEUE)
    spooler.release(job_id)
    assert wait_for(lambda: job if (job := spooler._job(job_id)).state.is_final else None).state is JobState.ABORTED
    assert spooler.report(copy) is None
    assert rig.printer.received() == before


def test_nobody_may_read_or_change_the_configuration_through_cupsd(rig: CupsRig, tmp_path):
    configuration = rig.cups.root / "conf" / "cupsd.conf"
    before = configuration.read_bytes()
    connection = cups.Connection(host=str(rig.cups.socket), port=0)
    stolen = tmp_path / "cupsd.conf"
    with pytest.raises(cups.HTTPError):
        connection.putFile("/admin/conf/cupsd.conf", filename=str(rig.cups.root / "etc" / "client.conf"))
    with pytest.raises(cups.HTTPError):
        connection.getFile("/admin/conf/cupsd.conf", filename=str(stolen))
    assert configuration.read_bytes() == before
    assert not stolen.exists() or stolen.read_bytes() == b""


@pytest.mark.parametrize("pages_done", ["held", "printed"])
def test_restarting_changing_moving_and_reading_back_are_refused_to_everybody(rig: CupsRig, pages_done, tmp_path):
    copy, pdf = uuid4(), contract_pdf()
    job_id = rig.hold(copy, pdf)
    if pages_done == "printed":
        rig.spooler.release(job_id)
        rig.settled(copy, 2)
    before, told = rig.printer.received(), rig.report(copy)
    connection = cups.Connection(host=str(rig.cups.socket), port=0)
    attempts = [
        lambda: connection.restartJob(job_id),
        lambda: connection.setJobHoldUntil(job_id, "no-hold"),
        lambda: connection.getDocument(f"ipp://localhost/printers/{QUEUE}", job_id, 1),
        lambda: connection.moveJob(job_id=job_id, job_printer_uri=f"ipp://localhost/printers/{QUEUE}"),
        lambda: connection.authenticateJob(job_id),
    ]
    for attempt in attempts:
        with pytest.raises((cups.IPPError, cups.HTTPError)):
            attempt()
    assert rig.report(copy) == told
    assert rig.printer.received() == before


def test_only_the_named_system_user_may_print_and_root_may_not():
    with running_cups(printing_user="nobody") as other:
        with pytest.raises(SpoolerRefused):
            other.hold(uuid4(), contract_pdf())
        assert other.spooler._jobs_from(1, "not-completed") == {}
        assert other.printer.received() == []
        if STARTED_AS_ROOT:
            # Not for want of a right: what it hands in is no job file, and so is for no printer.
            refused = print_as("nobody", other, said_name="nobody")
            assert b"document-format" in refused.stderr
            assert print_as("lp", other, said_name="nobody").stderr != refused.stderr
        assert other.printer.received() == []


def test_the_name_that_a_client_gives_itself_counts_for_nothing(rig: CupsRig):
    before, jobs = rig.printer.received(), rig.spooler._jobs_from(1, "not-completed")
    if STARTED_AS_ROOT:
        for said_name in (THIS_USER, "nobody"):
            assert print_as("nobody", rig, said_name=said_name).returncode != 0
    with at_cupsd(rig) as connection:
        cups.setUser("nobody" if THIS_USER != "nobody" else "root")
        with pytest.raises(cups.IPPError):
            _create_held(connection, QUEUE, uuid4(), "one-sided")
    assert rig.spooler._jobs_from(1, "not-completed") == jobs
    assert rig.printer.received() == before


def print_as(user: str, rig: CupsRig, *, said_name: str) -> subprocess.CompletedProcess[bytes]:
    """Print as another system user with CUPS's own client."""
    pdf = rig.root / "contract.pdf"
    pdf.write_bytes(contract_pdf())
    pdf.chmod(0o644)
    as_user = ["setpriv", f"--reuid={user}", "--regid=65534", "--clear-groups", "--"]
    command = [*as_user, "lp", "-h", str(rig.cups.socket), "-U", said_name, "-d", QUEUE, str(pdf)]
    return subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=60, check=False)


def test_a_cupsd_that_is_off_is_unavailable(rig: CupsRig, tmp_path):
    nobody_there = CupsSpooler(tmp_path / "cups.sock", tmp_path)
    for call in (
        lambda: nobody_there.hold(QUEUE, uuid4(), contract_pdf()),
        lambda: nobody_there.release(1),
        lambda: nobody_there.report(uuid4()),
        lambda: nobody_there.cancel(1),
        lambda: nobody_there.printer_status(QUEUE),
        lambda: nobody_there.queue_exists(QUEUE),
    ):
        with pytest.raises(SpoolerUnavailable):
            call()


def test_a_paused_queue_says_so_and_stays_paused_when_it_is_enrolled_again(rig: CupsRig):
    rig.cups.pause_queue(QUEUE)
    try:
        assert rig.spooler.printer_status(QUEUE).state is PrinterState.STOPPED
        rig.pin_printer()
        assert rig.spooler.printer_status(QUEUE).state is PrinterState.STOPPED
    finally:
        rig.cups.resume_queue(QUEUE)
    status = rig.spooler.printer_status(QUEUE)
    assert (status.state, status.accepting) == (PrinterState.IDLE, True)


def test_a_job_is_found_among_more_jobs_than_one_answer_holds(rig: CupsRig):
    copies = [uuid4() for _ in range(3)]
    jobs = [rig.hold(copy, contract_pdf()) for copy in copies]
    spooler = rig.spooler
    assert [job.job_id for job in spooler._jobs_of(copies[-1])] == [jobs[-1]]
    first_page = spooler._jobs_from(1, "not-completed")
    assert len(first_page) >= 3
    assert list(spooler._jobs_from(jobs[-1], "not-completed")) == [jobs[-1]]
    for job_id in jobs:
        spooler.cancel(job_id)


def test_a_document_that_broke_off_is_never_taken_for_handed_over(rig: CupsRig, tmp_path):
    before, copy, pdf = rig.printer.received(), uuid4(), contract_pdf()
    with BreakingSocket(tmp_path / "s", rig.cups.socket) as between:
        spooler = CupsSpooler(tmp_path / "s", rig.cups.fence_directory)
        with pytest.raises(SpoolerUnavailable):
            spooler.hold(QUEUE, copy, rig.seal(copy, pdf))
        assert between.broken
        assert rig.spooler.report(copy) is None
        job_id = spooler.hold(QUEUE, copy, rig.seal(copy, pdf))
    rig.spooler.release(job_id)
    assert rig.settled(copy, 2)[0] is Outcome.PRINTED
    assert [path.read_bytes() for path in rig.printer.received()[len(before) :]] == [pdf]


def test_pycups_word_that_a_document_arrived_is_not_taken_for_it(rig: CupsRig):
    """Of a cupsd that was killed before it answered, libcups 2.4 repeats the last success."""
    copy, octets = uuid4(), contract_pdf(40)
    with at_cupsd(rig) as connection:
        job_id = _create_held(connection, QUEUE, copy, "one-sided")
        connection.startDocument(QUEUE, job_id, "copy", JOB_FILE_TYPE, 1)
        connection.writeRequestData(octets, len(octets))
        rig.cupsd.stop(signal.SIGKILL)
        said = connection.finishDocument(QUEUE)
    rig.start_cupsd()
    assert said == cups.IPP_OK
    with pytest.raises(SpoolerUnavailable):
        rig.spooler._require_document(job_id)
    assert rig.spooler.report(copy) is None
    rig.spooler.cancel(job_id)


def test_many_threads_may_share_one_spooler(rig: CupsRig):
    spooler, pdf = rig.spooler, contract_pdf()

    def hold_look_and_cancel(copy: UUID) -> JobState | None:
        job_id = spooler.hold(QUEUE, copy, rig.seal(copy, pdf))
        spooler.cancel(job_id)
        report = spooler.report(copy)
        return None if report is None else report.job_state

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(hold_look_and_cancel, [uuid4() for _ in range(24)])) == {JobState.CANCELED}


def test_whom_the_policy_refuses_is_asked_for_no_password_at_the_terminal(rig: CupsRig):
    program = """if True:
        import cups, pathlib, sys
        from printserver.printing.cups_connection import connected
        from printserver.printing.ports import JobNotFound
        with connected(pathlib.Path(sys.argv[1]), missing=JobNotFound("")) as connection:
            cups.setUser("no-such-user")
            connection.disablePrinter(sys.argv[2])
    """
    command = shlex.join([sys.executable, "-c", program, str(rig.cups.socket), QUEUE])
    at_a_terminal = ["script", "--quiet", "--return", "--command", command, "/dev/null"]
    ended = subprocess.run(at_a_terminal, stdin=subprocess.PIPE, capture_output=True, timeout=30, check=False)
    assert ended.returncode != 0
    assert b"SpoolerRefused" in ended.stdout


def test_a_queue_that_was_left_half_made_is_finished_by_making_it_again(rig: CupsRig):
    name = "front_desk-2"
    with at_cupsd(rig) as connection:
        connection.addPrinter(name, device="printserver-fence://localhost/")
    try:
        assert not rig.spooler.printer_status(name).accepting
        rig.cups.add_queue(name, rig.printer.uri, rig.printer.certificate_pem)
        status = rig.spooler.printer_status(name)
        assert (status.state, status.accepting) == (PrinterState.IDLE, True)
        copy = uuid4()
        pdf = contract_pdf()
        rig.spooler.release(rig.spooler.hold(name, copy, rig.seal(copy, pdf, queue=name)))
        assert rig.settled(copy, 2)[0] is Outcome.PRINTED
    finally:
        with at_cupsd(rig) as connection:
            connection.deletePrinter(name)


def test_what_cannot_be_done_to_a_queue_is_a_command_that_failed(rig: CupsRig):
    for change in (rig.cups.pause_queue, rig.cups.resume_queue):
        with pytest.raises(CupsCommandFailed):
            change("elsewhere")


def test_every_user_must_say_who_it_is_before_jobs_are_told(rig: CupsRig):
    with at_cupsd(rig) as connection:
        cups.setUser("no-such-user")
        for look in (connection.getJobs, lambda: connection.getJobAttributes(1)):
            with pytest.raises(cups.IPPError):
                look()
