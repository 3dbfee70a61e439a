"""`printserver printers install` and `check`, as a person at a branch's machine uses them."""

from __future__ import annotations

import json
import os
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from printserver.printing.cups import CupsSpooler
from printserver.printing.job_file import JobHeader, read_public_key, seal_job
from printserver.printing.pin import read_pin
from printserver.printing.redemption import HttpsListener
from tests.cups_rig import SPOOLER, STARTED_AS_ROOT, contract_pdf, wait_for
from tests.spooler_rig import QUEUE, SpoolerRig, command, installed_spooler, spooler_rig


def everything_below(root: Path) -> dict[str, tuple[int, int, bytes]]:
    """What of the set is on the disk, but for what cupsd itself writes."""
    watched = [path for part in ("bin", "conf", "keys", "pins", "share") for path in sorted((root / part).rglob("*"))]
    return {
        str(path): (path.stat().st_mode, path.stat().st_uid, path.read_bytes())
        for path in [*watched, root / "spooler.json"]
        if path.is_file() and not path.is_symlink()
    }


def test_an_installed_spooler_prints_a_copy_once():
    with installed_spooler() as rig:
        layout, job_uuid, pdf = rig.layout, uuid4(), contract_pdf(1)
        ticket = rig.desk.make(str(job_uuid), QUEUE, rig.fingerprint, SPOOLER)
        header = JobHeader(ticket, job_uuid, "application/pdf", sha256(pdf).hexdigest(), 1)
        key = read_public_key(layout.backend_public_key)
        spooler = CupsSpooler(layout.socket, layout.fence)
        job = spooler.hold(QUEUE, job_uuid, seal_job(pdf, header, key, rig.desk.shares.share(ticket)))
        assert command("check", "--cups-root", str(rig.cups_root)).exit_code == 0  # nothing lies in the clear
        spooler.release(job)
        wait_for(lambda: rig.printer.received() or None, within=30)
        assert [path.read_bytes() for path in rig.printer.received()] == [pdf]


def test_installing_again_changes_nothing():
    with installed_spooler() as rig:
        before = everything_below(rig.cups_root)
        assert rig.install().exit_code == 0
        assert rig.install(QUEUE).exit_code == 0
        assert everything_below(rig.cups_root) == before


def test_what_the_server_must_be_told_is_said_and_the_private_key_is_not():
    with spooler_rig() as rig:
        said = rig.install_first().output
        private = rig.layout.backend_key.read_text("ascii")
        assert rig.layout.backend_public_key.read_text("ascii").strip() in said
        assert private.splitlines()[1] not in said
        assert rig.layout.backend_key.stat().st_mode & 0o007 == 0
        assert rig.layout.backend_key.stat().st_uid == os.geteuid()


@pytest.mark.parametrize("arguments", [(), ("--fingerprint", "00" * 32)], ids=["nobody at a terminal", "another"])
def test_a_certificate_that_nobody_confirms_is_not_enrolled(arguments: tuple[str, ...]):
    with spooler_rig() as rig:
        where = ("--printing-user", "nobody", "--desk", rig.desk_address)
        result = rig.install(QUEUE, rig.printer.uri, *arguments, *where)
        assert result.exit_code == 2
        assert rig.fingerprint in result.output
        assert not rig.cups_root.exists()


def test_a_certificate_in_a_file_is_confirmed_in_the_way_panels_show_it(tmp_path: Path):
    with spooler_rig() as rig:
        rig.engine.stop()
        pem = tmp_path / "printer.pem"
        pem.write_text(rig.printer.certificate_pem)
        shown = ":".join(rig.fingerprint[place : place + 2] for place in range(0, 64, 2)).upper()
        assert rig.install_first("", "--certificate", str(pem), "--fingerprint", shown).exit_code == 3
        assert read_pin(rig.layout.pin(QUEUE, "localhost").read_text()).sha256 == rig.fingerprint


def test_a_first_installation_says_what_it_needs():
    with spooler_rig() as rig:
        result = rig.install()
        assert result.exit_code == 2
        assert "--desk" in result.output
        assert not rig.cups_root.exists()


def test_a_queue_that_was_never_enrolled_needs_an_address():
    with installed_spooler() as rig:
        before = everything_below(rig.cups_root)
        result = rig.install("unheard-of")
        assert result.exit_code == 2
        assert everything_below(rig.cups_root) == before


def test_check_tells_programs_and_people_the_same():
    with installed_spooler() as rig:
        rig.layout.backend.chmod(0o777)
        root = str(rig.cups_root)
        for_people, for_programs = (
            command("check", "--cups-root", root),
            command("check", "--json", "--cups-root", root),
        )
        assert (for_people.exit_code, for_programs.exit_code) == (1, 1)
        [finding] = json.loads(for_programs.output)
        assert finding["code"] == "backend-permissions"
        for words in (finding["looked_at"], finding["wrong"], finding["mend"], *finding["commands"]):
            assert words in for_people.output


def test_a_machine_without_an_installation_is_no_success(tmp_path: Path):
    result = command("check", "--cups-root", str(tmp_path))
    assert result.exit_code == 2
    assert "spooler-not-installed" in result.output


def test_a_desk_on_another_machine_is_reached_by_certificates_both_ways(tmp_path: Path):
    with spooler_rig() as rig:
        certificate = rig.printer.root / "keys" / "localhost.crt"  # any pair will do for the server
        key = rig.printer.root / "keys" / "localhost.key"
        listener = HttpsListener("localhost", 0, certificate, key, rig.desk, {certificate.read_text(): "somebody"})
        listener.start()
        try:
            assert listener.wait_until_serving(10)
            desk = ("--desk-certificate", str(certificate))
            said = rig.install_first(f"https://localhost:{listener.port}", *desk).output
            rig.start_cupsd()
            assert codes(rig.install().exit_code, rig) == {"desk-silent"}  # the server does not know the branch yet
        finally:
            listener.close()
        shown = rig.layout.branch_certificate.read_text("ascii")
        assert read_pin(shown).sha256 in said
        own = load_pem_private_key(rig.layout.branch_key.read_bytes(), None).public_key()
        assert x509.load_pem_x509_certificate(shown.encode()).public_key() == own
        knowing = HttpsListener("localhost", listener.port, certificate, key, rig.desk, {shown: SPOOLER})
        knowing.start()
        try:
            assert knowing.wait_until_serving(10)
            assert codes(rig.install().exit_code, rig) == set()
        finally:
            knowing.close()
        rig.layout.desk_certificate.write_text(shown)  # some other server's
        assert "desk-silent" in {each.code for each in rig.findings()}


def codes(status: int, rig: SpoolerRig) -> set[str]:
    found = {each.code for each in rig.findings()}
    assert status == (1 if found else 0)
    return found


def test_a_desk_on_another_machine_needs_its_certificate():
    with spooler_rig() as rig:
        result = rig.install_first("https://localhost:8443")
        assert result.exit_code == 2
        assert "--desk-certificate" in result.output
        assert not rig.cups_root.exists()


def test_where_nothing_can_be_written_it_is_said_so():
    own = ("--cups-user", "lp") if STARTED_AS_ROOT else ()
    result = command("install", "--cups-root", "/dev/null/c", "--desk", "unix:/x", "--printing-user", "nobody", *own)
    assert result.exit_code == 2
    assert "not possible: /dev/null" in result.output
