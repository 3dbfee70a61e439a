"""Each thing that can be wrong with a spooler is found, by itself, and what the finding says mends it."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from printserver.printing.emulated_printer import EmulatedPrinter
from printserver.printing.pin import read_pin
from printserver.printing.spooler_check import check_spooler
from printserver.printing.spooler_configuration_checks import python_of_the_backend
from printserver.printing.spooler_cups_checks import CUPS_CHECKS
from printserver.printing.spooler_file_checks import fence_folder
from printserver.printing.spooler_findings import InstalledSpooler, gathered
from printserver.printing.spooler_layout import SpoolerLayout, SpoolerNotInstalled, read_record
from printserver.printing.spooler_outside_checks import clock, desk, pins
from printserver.printing.spooler_queues import reload_cupsd
from tests.cups_rig import STARTED_AS_ROOT
from tests.free_ports import free_port
from tests.spooler_rig import QUEUE, SpoolerRig, installed_spooler, mend

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture(scope="module")
def rig() -> Iterator[SpoolerRig]:
    with installed_spooler() as rig:
        yield rig


@dataclass(frozen=True)
class Fault:
    """do: breaks it.   codes: what must be found, and nothing else.   mend: where a command cannot say it."""

    name: str
    codes: tuple[str, ...]
    do: Callable[[SpoolerRig], object]
    mend: Callable[[SpoolerRig], object] | None = None


def edit(place: Callable[[SpoolerLayout], Path], old: str, new: str) -> Callable[[SpoolerRig], None]:
    def do(rig: SpoolerRig) -> None:
        path = place(rig.layout)
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new), "utf-8")

    return do


def pin(layout: SpoolerLayout) -> Path:
    return layout.pin(QUEUE, "localhost")


cupsd = partial(edit, lambda layout: layout.cupsd_conf)
files = partial(edit, lambda layout: layout.files_conf)
tls = partial(edit, lambda layout: layout.tls_settings(QUEUE))
types = partial(edit, lambda layout: layout.types)
description = partial(edit, lambda layout: layout.ppd(QUEUE))


def queue_with(device: str, *, name: str = QUEUE) -> Callable[[SpoolerRig], None]:
    def do(rig: SpoolerRig) -> None:
        with rig.administered() as connection:
            connection.addPrinter(name, device=device.format(port=rig.printer.port))

    return do


def administered(errand: str, *arguments: object) -> Callable[[SpoolerRig], None]:
    def do(rig: SpoolerRig) -> None:
        with rig.administered() as connection:
            getattr(connection, errand)(*arguments)

    return do


def other_certificate(rig: SpoolerRig) -> None:
    """Pinned by somebody who may write there."""
    stranger = EmulatedPrinter(rig.root / "stranger", free_port())
    stranger.build()
    pin(rig.layout).write_text(stranger.certificate_pem, "ascii")


def exchange_printer(rig: SpoolerRig) -> None:
    rig.printer.renew_certificate()
    restart_printer(rig)


def restart_printer(rig: SpoolerRig) -> None:
    rig.engine.stop()
    rig.engine.start()
    rig.printer.wait_until_ready()


def remove_stock_backend(rig: SpoolerRig) -> None:
    (rig.layout.server_bin / "backend" / "ipp").unlink()


def put_stock_backend(rig: SpoolerRig) -> None:
    (rig.layout.server_bin / "backend" / "ipp").symlink_to("/usr/lib/cups/backend/ipp")


def take_another_policy(rig: SpoolerRig) -> None:
    cupsd("DefaultPolicy sealed", "<Policy loose>\n<Limit All>\n</Limit>\n</Policy>\nDefaultPolicy sealed")(rig)
    reload_cupsd(rig.layout)
    administered("setPrinterOpPolicy", QUEUE, "loose")(rig)


def open_desk(rig: SpoolerRig) -> None:
    rig.listener = rig.new_listener()
    rig.listener.start()
    assert rig.listener.wait_until_serving(10)


def leave_document(rig: SpoolerRig) -> None:
    (rig.layout.spool / "d00007-001").write_bytes(b"%PDF-1.7 a contract")


def write_in_the_future(rig: SpoolerRig) -> None:
    later = time.time() + 3600
    (rig.layout.fence / "later").touch()
    os.utime(rig.layout.fence / "later", (later, later))


def take_back_the_future(rig: SpoolerRig) -> None:
    (rig.layout.fence / "later").unlink()


# Only root gives files away.
GIVEN_AWAY = (
    Fault(
        "the backend is another user's",
        ("foreign-owner",),
        lambda rig: shutil.chown(rig.layout.backend, "nobody"),
    ),
)

FAULTS = (
    Fault("others may write the backend", ("backend-permissions",), lambda rig: rig.layout.backend.chmod(0o775)),
    Fault("the backend is another program", ("backend-changed",), lambda rig: rig.layout.backend.write_bytes(b"#!/x")),
    Fault("the backend is gone", ("backend-missing",), lambda rig: rig.layout.backend.unlink()),
    *(GIVEN_AWAY if STARTED_AS_ROOT else ()),
    Fault("the stock backend is gone", ("ipp-backend-missing",), remove_stock_backend, put_stock_backend),
    Fault("others may write the settings", ("others-may-write",), lambda rig: rig.layout.cupsd_conf.chmod(0o666)),
    Fault("others may write a pin", ("others-may-write",), lambda rig: pin(rig.layout).chmod(0o664)),
    Fault("a link among the pins", ("link-among-pins",), lambda rig: (rig.layout.pins / "x").symlink_to("/etc")),
    Fault("others may read the key", ("key-readable",), lambda rig: rig.layout.backend_key.chmod(0o644)),
    Fault("the key is gone", ("key-missing",), lambda rig: rig.layout.backend_key.unlink()),
    Fault("others may write the fence", ("fence-permissions",), lambda rig: rig.layout.fence.chmod(0o777)),
    Fault("jobs are lost", ("cups-dirtycleaninterval",), cupsd("DirtyCleanInterval 0", "DirtyCleanInterval 30")),
    Fault("documents are kept", ("cups-preservejobfiles",), cupsd("PreserveJobFiles No", "PreserveJobFiles Yes")),
    Fault("no setting", ("cups-multipleoperationtimeout",), cupsd("MultipleOperationTimeout 30", "# nothing")),
    Fault("no history", ("cups-preservejobhistory",), cupsd("PreserveJobHistory 604800", "PreserveJobHistory No")),
    Fault("queues are announced", ("cups-browsing",), cupsd("Browsing No", "Browsing Yes")),
    Fault("pages are served", ("cups-webinterface",), cupsd("WebInterface No", "WebInterface Yes")),
    Fault("the network", ("cups-listens-to-network",), cupsd("JobKillDelay 10", "JobKillDelay 10\nListen *:1")),
    Fault("anybody may start a job again", ("policy-changed",), cupsd("Require user no:body", "Require valid-user")),
    Fault("nobody is known", ("cups-knows-no-caller",), cupsd("<Location />\n  Order allow,deny\n", "<Location /x>\n")),
    Fault("what is written may be lost", ("cups-synconclose",), files("SyncOnClose Yes", "SyncOnClose No")),
    Fault("another desk", ("cups-setenv-printserver-desk",), files("DESK unix:", "DESK unix:/elsewhere")),
    Fault("other certificates are taken", ("tls-not-pinned",), tls("TrustOnFirstUse No", "TrustOnFirstUse Yes")),
    Fault("other types pass", ("types-changed",), types("application/octet-stream", "text/plain")),
    Fault("no types", ("not-readable", "file-missing"), lambda rig: rig.layout.types.unlink()),
    Fault("changed, and not read", ("cups-not-reloaded",), cupsd("LogLevel info", "LogLevel debug")),
    Fault("past the fence", ("queue-without-fence",), queue_with("ipp://localhost:{port}/ipp/print")),
    Fault("the queue is gone", ("queue-missing",), administered("deletePrinter", QUEUE)),
    Fault("jobs are retried", ("queue-error-policy",), administered("setPrinterErrorPolicy", QUEUE, "retry-job")),
    Fault("the queue has another policy", ("queue-op-policy",), take_another_policy),
    Fault("a queue beside", ("another-way-to-the-printer",), queue_with("ipp://localhost:{port}/x", name="beside")),
    Fault("a stranger", ("queue-unknown",), queue_with("printserver-fence://localhost:{port}/x", name="stranger")),
    Fault("the description names a filter", ("description-changed",), description(" 0 -", " 0 sh")),
    Fault("a document in the clear", ("document-in-the-clear",), leave_document),
    Fault("the pin is gone", ("pin-missing",), lambda rig: pin(rig.layout).unlink()),
    Fault("another certificate is pinned", ("pin-changed",), other_certificate),
    Fault("the printer was exchanged", ("printer-certificate-changed",), exchange_printer),
    Fault("the printer is off", ("printer-silent",), lambda rig: rig.engine.stop(), restart_printer),
    Fault("the desk is closed", ("desk-silent",), lambda rig: rig.listener.close(), open_desk),
    Fault("the clock was set back", ("clock-wrong",), write_in_the_future, take_back_the_future),
)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_what_is_wrong_is_found_and_what_the_finding_says_mends_it(rig: SpoolerRig, fault: Fault):
    fault.do(rig)
    found = rig.findings()
    assert {each.code for each in found} == set(fault.codes), found
    assert all(each.looked_at and each.wrong and each.mend for each in found)
    if fault.mend is not None:
        fault.mend(rig)
    else:
        for each in found:
            mend(each)
    assert rig.findings() == ()


def test_a_cupsd_that_is_silent_is_a_finding(rig: SpoolerRig):
    rig.cupsd.stop()
    try:
        assert {each.code for each in rig.findings()} == {"not-readable"}
    finally:
        rig.start_cupsd()
    assert rig.findings() == ()


def test_a_python_without_cryptography_is_found(rig: SpoolerRig, tmp_path: Path):
    bare = tmp_path / "python3"
    bare.write_text("#!/bin/sh\nexit 1\n")
    bare.chmod(0o755)
    spooler = InstalledSpooler(replace(rig.layout, python=str(bare)), read_record(rig.layout), NOW)
    assert [each.code for each in python_of_the_backend(spooler)] == ["cryptography-missing"]


def test_a_fence_that_is_forgotten_at_the_next_start_is_found(rig: SpoolerRig):
    spooler = InstalledSpooler(replace(rig.layout, fence=Path("/dev/shm")), read_record(rig.layout), NOW)
    assert "fence-not-durable" in {each.code for each in fence_folder(replace(spooler))}


@pytest.mark.parametrize(("days_left", "found"), [(31, False), (29, True), (-1, True)])
def test_a_certificate_that_expires_is_found_before_it_does(rig: SpoolerRig, days_left: int, found: bool):
    ends = read_pin(pin(rig.layout).read_text()).not_after
    spooler = InstalledSpooler(rig.layout, read_record(rig.layout), ends - timedelta(days=days_left))
    assert [each.code for each in gathered(spooler, (pins,))] == ["certificate-expires"] * found


def test_a_clock_that_is_not_the_desks_is_found(rig: SpoolerRig):
    for wrong in (timedelta(hours=1), -timedelta(hours=1)):
        spooler = InstalledSpooler(rig.layout, read_record(rig.layout), datetime.now(UTC) + wrong)
        assert "clock-wrong" in {each.code for each in gathered(spooler, (desk, clock))}


def test_what_cannot_be_read_does_not_count_as_right(rig: SpoolerRig):
    gone = InstalledSpooler(replace(rig.layout, spool=rig.root / "gone"), read_record(rig.layout), NOW)
    assert [each.code for each in gathered(gone, CUPS_CHECKS)] == ["not-readable"]


def test_a_machine_where_nothing_was_installed_is_said_to_be_one(tmp_path: Path):
    with pytest.raises(SpoolerNotInstalled):
        check_spooler(SpoolerLayout.of_private(tmp_path), NOW)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"queues": 1}'])
def test_a_record_that_cannot_be_read_is_none(tmp_path: Path, text: str):
    (tmp_path / "spooler.json").write_text(text)
    with pytest.raises(SpoolerNotInstalled):
        check_spooler(SpoolerLayout.of_private(tmp_path), NOW)
