"""The ticket desk away, replies lost, spool files copied and run again: no octet without leave, and none twice."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from printserver.printing.cups import CupsSpooler
from printserver.printing.job_file import MAGIC
from printserver.printing.outcome import Outcome
from printserver.printing.ports import JobReport, JobState, TicketState
from printserver.printing.redemption import HttpsListener
from printserver.printing.system_user import command_prefix
from tests.cups_rig import (
    QUEUE,
    SPOOLER_USER,
    CupsRig,
    Running,
    backends,
    contract_pdf,
    desk_socket,
    running_cups,
    wait_for,
)
from tests.faults.ticket_proxy import TicketProxy
from tests.tls_identity import identity

PAGES = 2
SLOW = 0.5  # seconds a page


@pytest.fixture
def rig() -> Iterator[CupsRig]:
    with running_cups() as rig:
        yield rig


def start(rig: CupsRig, pages: int = PAGES) -> UUID:
    copy = uuid4()
    rig.print(copy, contract_pdf(pages))
    return copy


def record_of(rig: CupsRig, copy: UUID) -> str:
    path = rig.cups.fence_directory / str(copy)
    return path.read_text("ascii") if path.exists() else ""


def fence_of(rig: CupsRig, copy: UUID) -> int:
    """The process that claimed the copy."""
    line = wait_for(lambda: record_of(rig, copy).partition("\n")[0] or None)
    return int(line.rpartition("=")[2])


def marks(rig: CupsRig) -> list[str]:
    return [path.name for path in rig.cups.fence_directory.glob("undelivered-*")]


def finished(rig: CupsRig, copy: UUID) -> JobReport:
    return wait_for(lambda: report if (report := rig.report(copy)).job_state.is_final else None)


def wait_for_reason(rig: CupsRig, reason: str) -> None:
    wait_for(lambda: reason in rig.spooler.printer_status(QUEUE).reasons or None)


@pytest.mark.parametrize("call", ["/claim", "/commit", "/record", "/give-back"])
def test_a_reply_of_the_desk_that_is_lost_changes_nothing(call):
    with running_cups(open_desk=False) as rig:
        real = rig.root / "real.sock"
        with rig.serving(real), TicketProxy(desk_socket(rig.root), real, {call: 3}) as proxy:
            if call == "/give-back":
                rig.engine.stop(signal.SIGKILL)
                copy = start(rig)
                fence_of(rig, copy)
                wait_for(lambda: rig.desk.of_job(str(copy)).state is TicketState.CLAIMED or None)
                rig.spooler.cancel(rig.report(copy).job_id)
                assert rig.settled(copy, PAGES)[0] is Outcome.NOT_STARTED
                wait_for(lambda: rig.desk.of_job(str(copy)).state is TicketState.OPEN or None)
                wait_for(lambda: not record_of(rig, copy) or None)
            else:
                copy = start(rig)
                assert rig.settled(copy, PAGES)[0] is Outcome.PRINTED
                assert rig.desk.of_job(str(copy)).state is TicketState.ENDED
                assert len(rig.printer.received()) == 1
            assert proxy.lost[call] == 3
            wait_for(lambda: not marks(rig) or None)


def test_while_the_desk_is_away_nothing_is_sent_and_then_the_copy_prints_once(rig: CupsRig):
    rig.desk.away = True
    copy = start(rig)
    wait_for_reason(rig, "printserver-desk-unreachable")
    assert rig.judged(copy, rig.report(copy), PAGES) is Outcome.WAITING
    assert len(backends(rig)) == 1  # the fence alone
    assert rig.printer.received() == []
    rig.desk.away = False
    assert rig.settled(copy, PAGES)[0] is Outcome.PRINTED
    assert rig.spooler.printer_status(QUEUE).reasons == ()
    assert len(rig.printer.received()) == 1


def test_a_copy_cancelled_while_the_desk_is_away_is_known_not_to_have_started(rig: CupsRig):
    rig.desk.away = True
    copy = start(rig)
    wait_for_reason(rig, "printserver-desk-unreachable")
    rig.spooler.cancel(rig.report(copy).job_id)
    outcome, report = rig.settled(copy, PAGES)
    assert (outcome, report.job_state) == (Outcome.NOT_STARTED, JobState.CANCELED)
    rig.desk.away = False
    following = start(rig)
    assert rig.settled(following, PAGES)[0] is Outcome.PRINTED
    assert len(rig.printer.received()) == 1


def test_a_desk_that_goes_away_at_the_commit_lets_no_octet_through_until_it_is_back(rig: CupsRig):
    rig.desk.away_for = {"start"}
    copy = start(rig)
    wait_for(lambda: rig.desk.asked["start"] > 5 or None)
    assert "submitting" not in record_of(rig, copy)
    assert rig.printer.received() == []
    rig.desk.away_for = set()
    assert rig.settled(copy, PAGES)[0] is Outcome.PRINTED
    assert len(rig.printer.received()) == 1


def test_a_desk_that_stays_away_at_the_commit_ends_the_printers_job_and_the_copy_begins_anew(rig: CupsRig):
    rig.desk.away_for = {"start"}
    copy = start(rig)
    wait_for(lambda: rig.desk.asked["claim"] > 1 or None, within=40)
    assert rig.printer.received() == []
    rig.desk.away_for = set()
    outcome, report = rig.settled(copy, PAGES)
    assert outcome is Outcome.PRINTED
    assert report.fence is not None
    assert report.fence.printer_job == 2
    assert len(rig.printer.received()) == 1


def test_a_ticket_withdrawn_before_the_commit_prints_nothing(rig: CupsRig):
    rig.desk.away_for = {"start"}
    copy = start(rig)
    wait_for(lambda: rig.desk.asked["start"] > 2 or None)
    rig.desk.of_job(str(copy)).state = TicketState.WITHDRAWN
    rig.desk.away_for = set()
    outcome, report = rig.settled(copy, PAGES)
    assert (outcome, report.job_state) == (Outcome.NOT_STARTED, JobState.PENDING_HELD)
    assert "printserver-ticket-refused" in rig.spooler.printer_status(QUEUE).reasons
    assert rig.printer.received() == []


def test_a_busy_printer_is_waited_for(rig: CupsRig):
    other = rig.desk.make(str(uuid4()), QUEUE, "0" * 64, "local")
    rig.desk.entries[other].state = TicketState.COMMITTED
    copy = start(rig)
    wait_for(lambda: rig.desk.asked["claim"] > 5 or None)
    assert rig.judged(copy, rig.report(copy), PAGES) is Outcome.WAITING
    assert rig.printer.received() == []
    rig.desk.entries[other].state = TicketState.ENDED
    assert rig.settled(copy, PAGES)[0] is Outcome.PRINTED


@pytest.mark.parametrize("stage", ["claim", "start", "record"])
def test_a_fence_killed_at_any_stage_prints_at_most_once_and_its_record_arrives_with_the_next(rig: CupsRig, stage):
    rig.desk.away_for = {stage}
    copy = start(rig)
    wait_for(lambda: rig.desk.asked[stage] or None)
    os.kill(fence_of(rig, copy), signal.SIGKILL)
    wait_for(lambda: not backends(rig) or None)
    printed = 1 if stage == "record" else 0
    outcome, _ = rig.settled(copy, PAGES)
    assert outcome is (Outcome.OUTCOME_UNKNOWN if printed else Outcome.NOT_STARTED)
    # Says CUPS in the end, of a backend that was killed.
    wait_for(lambda: rig.report(copy).job_state is JobState.COMPLETED or None)
    assert marks(rig) == [f"undelivered-{copy}"]

    rig.desk.away_for = set()
    rig.cups.resume_queue(QUEUE)
    following = start(rig)
    assert rig.settled(following, PAGES)[0] is Outcome.PRINTED
    wait_for(lambda: not marks(rig) or None)
    assert record_of(rig, copy).endswith("ended rc=-9\n")
    if stage != "claim":
        assert rig.desk.of_job(str(copy)).record == record_of(rig, copy)
    assert len(rig.printer.received()) == printed + 1


def test_a_spool_file_copied_to_another_machine_prints_nothing_more(rig: CupsRig):
    copy, pdf = uuid4(), contract_pdf(PAGES)
    job_file = rig.seal(copy, pdf)
    elsewhere = replace(rig.cups, root=rig.root / "2")
    elsewhere.build()
    for key in (rig.cups.root / "keys").iterdir():
        shutil.copy2(key, elsewhere.root / "keys" / key.name)
        shutil.chown(elsewhere.root / "keys" / key.name, key.stat().st_uid, key.stat().st_gid)
    other_cupsd = Running(elsewhere.command(), elsewhere.environment(), rig.root / "other.out")
    other_cupsd.start()
    try:
        elsewhere.wait_until_ready()
        elsewhere.add_queue(QUEUE, rig.printer.uri, rig.printer.certificate_pem)
        print_file(rig.spooler, copy, job_file)
        assert rig.settled(copy, PAGES)[0] is Outcome.PRINTED
        job_id = print_file(elsewhere.spooler(), copy, job_file)
        wait_for(lambda: "printserver-ticket-refused" in elsewhere.spooler().printer_status(QUEUE).reasons or None)
        assert elsewhere.spooler().report(copy).job_id == job_id
    finally:
        other_cupsd.stop()
    assert [path.read_bytes() for path in rig.printer.received()] == [pdf]


def print_file(spooler: CupsSpooler, job_uuid: UUID, job_file: bytes) -> int:
    job_id = spooler.hold(QUEUE, job_uuid, job_file)
    spooler.release(job_id)
    return job_id


def test_a_job_file_run_again_after_the_claims_of_the_machine_were_deleted_prints_nothing(rig: CupsRig):
    copy, pdf = uuid4(), contract_pdf(PAGES)
    job_file = rig.seal(copy, pdf)
    print_file(rig.spooler, copy, job_file)
    assert rig.settled(copy, PAGES)[0] is Outcome.PRINTED
    for claim in rig.cups.fence_directory.iterdir():
        claim.unlink()
    rig.spooler.release(rig.spooler._hand_over(QUEUE, copy, job_file, "one-sided"))
    wait_for_reason(rig, "printserver-ticket-refused")
    assert len(rig.printer.received()) == 1


def test_what_is_no_job_file_of_this_job_and_machine_is_cancelled_and_asks_for_nothing(rig: CupsRig):
    good = rig.seal(uuid4(), contract_pdf())
    foreign = good[:60] + bytes([good[60] ^ 1]) + good[61:]
    for job_file in (good, foreign, MAGIC, MAGIC + b"\0" * 200, b"%PDF-1.7\n"):
        copy = uuid4()
        print_file(rig.spooler, copy, job_file)
        report = finished(rig, copy)
        assert report.job_state in (JobState.CANCELED, JobState.ABORTED)
        assert report.fence is None
    assert not rig.desk.asked
    assert rig.printer.received() == []


def test_a_document_that_is_not_the_one_its_header_names_is_cancelled_and_given_back(rig: CupsRig):
    copy = uuid4()
    job_file = rig.seal(copy, contract_pdf())
    print_file(rig.spooler, copy, job_file[:-1] + bytes([job_file[-1] ^ 1]))
    report = finished(rig, copy)
    assert (report.job_state, report.fence) == (JobState.CANCELED, None)
    assert rig.desk.of_job(str(copy)).state is TicketState.OPEN
    assert rig.printer.received() == []


def test_the_document_in_the_clear_is_in_no_file_and_no_argument_while_it_is_held_and_printed(rig: CupsRig):
    canary, copy = f"canary-{uuid4()}", uuid4()
    pdf = contract_pdf(PAGES, mark=canary)
    assert canary.encode() in pdf
    rig.printer.control(seconds_per_page=SLOW)
    job_id = rig.hold(copy, pdf)
    ticket = rig.desk.of_job(str(copy)).ticket
    assert found(rig, canary) == found(rig, ticket) == []
    rig.spooler.release(job_id)
    wait_for(lambda: rig.printer.received() or None)
    assert found(rig, canary) == []
    assert [path.name for path in found(rig, ticket)] == [f"undelivered-{copy}"]
    assert (rig.cups.fence_directory / f"undelivered-{copy}").stat().st_mode & 0o077 == 0
    assert rig.settled(copy, PAGES)[0] is Outcome.PRINTED
    assert found(rig, canary) == found(rig, ticket) == []
    assert [path.name for path in (rig.cups.root / "spool").rglob("d*")] == []


def found(rig: CupsRig, text: str) -> list[Path]:
    """Where it stands: below cupsd's folder, or in the arguments or environment of a process."""
    of_processes = [path for name in ("cmdline", "environ") for path in Path("/proc").glob(f"[0-9]*/{name}")]
    return [path for path in [*rig.cups.root.rglob("*"), *of_processes] if text.encode() in octets_of(path)]


def octets_of(path: Path) -> bytes:
    try:
        return path.read_bytes() if path.is_file() and not path.is_fifo() else b""
    except OSError:
        return b""


@pytest.mark.parametrize("pinned", ["server", "stranger"])
def test_a_branch_redeems_over_tls_at_the_server_that_it_knows_and_at_no_other(rig: CupsRig, pinned):
    folder = rig.root / "branch"
    for needed in (folder, folder / "fence"):
        needed.mkdir()
        needed.chmod(0o777)
    made = {name: identity(folder, name) for name in ("server", "branch", "stranger")}
    made["branch"][1].chmod(0o644)
    listener = HttpsListener("127.0.0.1", 0, *made["server"], rig.desk, {made["branch"][0].read_text(): "local"})
    copy, pdf = uuid4(), contract_pdf(PAGES)
    job_file = folder / "job"
    job_file.write_bytes(rig.seal(copy, pdf))
    listener.start()
    try:
        assert listener.wait_until_serving(10)
        environment = {
            **fence_environment(rig, folder),
            "PRINTSERVER_DESK": f"https://127.0.0.1:{listener.port}",
            "PRINTSERVER_DESK_CERT": str(made[pinned][0]),
            "PRINTSERVER_BRANCH_CERT": str(made["branch"][0]),
            "PRINTSERVER_BRANCH_KEY": str(made["branch"][1]),
        }
        arguments = ["1", "worker", str(copy), "1", f"job-uuid=urn:uuid:{copy} media=iso_a4_210x297mm", str(job_file)]
        command = [*command_prefix(SPOOLER_USER), str(rig.cups.root / "bin/backend/printserver-fence"), *arguments]
        with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr is not None
            if pinned == "stranger":
                assert any("+printserver-desk-unreachable" in line for line in process.stderr)
                process.terminate()
            told = process.stderr.read()
        assert process.returncode == 0, told
    finally:
        listener.close()
    printed = [path.read_bytes() for path in rig.printer.received()]
    if pinned == "server":
        assert printed == [pdf]
        assert rig.desk.of_job(str(copy)).state is TicketState.ENDED
    else:
        assert printed == []
        assert not rig.desk.asked


def fence_environment(rig: CupsRig, folder: Path) -> dict[str, str]:
    """What cupsd would give the backend, for one that the test starts itself."""
    return {
        "PATH": "/usr/bin:/bin",
        "PRINTER": QUEUE,
        "DEVICE_URI": f"printserver-fence://localhost:{rig.printer.port}/ipp/print",
        "CONTENT_TYPE": "application/vnd.printserver-job",
        "CUPS_SERVERBIN": str(rig.cups.root / "bin"),
        "CUPS_SERVERROOT": str(rig.cups.root / "etc"),
        "TMPDIR": str(folder),
        "PRINTSERVER_FENCE": str(folder / "fence"),
        "PRINTSERVER_PINS": str(rig.cups.root / "pins"),
        "PRINTSERVER_BACKEND_KEY": str(rig.cups.root / "keys" / "backend.key"),
    }


def test_cupsd_listens_to_no_network(rig: CupsRig):
    process = rig.cupsd.process
    assert process is not None
    links = [str(entry.readlink()) for entry in Path(f"/proc/{process.pid}/fd").iterdir()]
    own = {link[8:-1] for link in links if link.startswith("socket:[")}
    tables = [Path(f"/proc/net/{name}").read_text().splitlines()[1:] for name in ("tcp", "tcp6", "udp", "udp6")]
    assert own
    assert [line for table in tables for line in table if line.split()[9] in own] == []
