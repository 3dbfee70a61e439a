"""A printer without paper, for the demonstration and the tests: CUPS's `ippeveprinter` behind TLS.

It makes its own certificate beforehand, so that it can be pinned before it is first switched on. Starting and stopping
it is the supervisor's, or the test's.
"""

from __future__ import annotations

import json
import os
import pwd
import shutil
import socket
import ssl
import subprocess
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from printserver.foundation.errors import Unavailable
from printserver.printing.system_user import command_prefix

_SOURCES: Final = Path(__file__).resolve().parents[2] / "drivers" / "emulator"
_HOST: Final = "localhost"  # ippeveprinter refuses 127.0.0.1 as a name
# A certificate for ever: nobody's clock matters to a printer made of software.
_NOT_BEFORE: Final = datetime(2020, 1, 1, tzinfo=UTC)
_NOT_AFTER: Final = datetime(2049, 12, 31, tzinfo=UTC)


class EmulatorNotReady(Unavailable):
    code: ClassVar[str] = "emulator-not-ready"


@dataclass(frozen=True, slots=True)
class PageCounters:
    """What the printer's own meter shows, since it was made."""

    impressions: int
    sheets: int


@dataclass(frozen=True, slots=True)
class EmulatedPrinter:
    """One emulated laser printer; it counts its pages in a folder of its own and so across power cycles.

    root: its folder.   port: TCP port on the loopback interface.
    user: the system user it runs as when started by root, else left out.
    formats: of `application/pdf`, `image/pwg-raster` and `image/urf`.
    """

    root: Path
    port: int
    name: str = "Emulated colour printer"
    user: str | None = None
    two_sided: bool = True
    formats: tuple[str, ...] = ("application/pdf",)
    colour: bool = True

    @property
    def uri(self) -> str:
        """What `PrivateCups.add_queue` takes."""
        return f"ipps://{_HOST}:{self.port}/ipp/print"

    @property
    def certificate_pem(self) -> str:
        """The certificate to pin; there after `build`."""
        return (self._keys / f"{_HOST}.crt").read_text(encoding="ascii")

    @property
    def _keys(self) -> Path:
        return self.root / "keys"

    def build(self) -> None:
        """Make what is missing: certificate, stand-in library (needs gcc), programs, folders. Safe to repeat."""
        for folder in (self.root, self._keys, *self._written):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o755)
        if not (self._keys / f"{_HOST}.key").exists():
            self.renew_certificate()
        command = self.root / "printer-command"
        shutil.copyfile(_SOURCES / "printer-command", command)
        command.chmod(0o755)
        source = _SOURCES / "no-dnssd.c"
        if not self._stand_in.exists() or self._stand_in.stat().st_mtime < source.stat().st_mtime:
            self._compile_stand_in(source)
        self._give_to_user()

    def renew_certificate(self) -> None:
        """A new key and certificate, as of an exchanged printer or an attacker; takes effect at the next start."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _HOST)])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(_NOT_BEFORE)
            .not_valid_after(_NOT_AFTER)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(_HOST)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .sign(key, SHA256())
        )
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        shown = self._keys / f"{_HOST}.crt"
        shown.unlink(missing_ok=True)
        shown.write_bytes(certificate.public_bytes(Encoding.PEM))
        secret = self._keys / f"{_HOST}.key"
        secret.unlink(missing_ok=True)
        secret.touch(0o600)
        secret.write_bytes(private)
        self._give_to_user()

    def command(self) -> list[str]:
        """Runs the printer in the foreground; SIGTERM or SIGKILL is its mains switch."""
        options = {
            "-n": _HOST,
            "-p": str(self.port),
            "-r": "off",
            "-d": str(self.root / "spool"),
            "-K": str(self._keys),
            "-f": ",".join(self.formats),
            "-s": "30,30" if self.colour else "30,0",
            "-c": str(self.root / "printer-command"),
        }
        flags = [part for option in options.items() for part in option]
        sides = ["-2"] if self.two_sided else []
        return [*command_prefix(self.user), "/usr/sbin/ippeveprinter", *sides, "-k", *flags, self.name]

    def environment(self) -> dict[str, str]:
        """The whole environment for `command`."""
        return {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "LANG": "C.UTF-8",
            "LD_PRELOAD": str(self._stand_in),
            "PRINTSERVER_EMULATOR": str(self.root),
        }

    def wait_until_ready(self, *, timeout: float = 15.0) -> None:
        """Returns when the printer answers over TLS. Raises: EmulatorNotReady after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        context = ssl.create_default_context(cadata=self.certificate_pem)
        while True:
            try:
                with socket.create_connection((_HOST, self.port), timeout=timeout) as connection:
                    context.wrap_socket(connection, server_hostname=_HOST).close()
                    return
            except OSError as error:
                if time.monotonic() > deadline:
                    raise EmulatorNotReady(f"no printer answers on port {self.port}") from error
                time.sleep(0.02)

    def received(self) -> list[Path]:
        """The documents that arrived whole, byte for byte, in order; also those the engine then failed on."""
        return sorted((self.root / "received").glob("[0-9]*"))

    def counters(self) -> PageCounters:
        """What the printer has printed in its life; it tells the same over IPP."""
        file = self.root / "meter" / "counters"
        if not file.exists():
            return PageCounters(0, 0)
        impressions, sheets = file.read_text("ascii").split()
        return PageCounters(int(impressions), int(sheets))

    def control(
        self, *, seconds_per_page: float = 0.05, reason: str | None = None, crash_on_page: int | None = None
    ) -> None:
        """How the engine behaves from now on, also in the middle of a document.

        reason: `media-empty-error`, `media-jam-error` … stops the paper until it is taken away.
        crash_on_page: 1-based.
        """
        wishes = {"seconds_per_page": seconds_per_page, "reason": reason, "crash_on_page": crash_on_page}
        replacement = self.root / "control.json.new"
        replacement.write_text(json.dumps(wishes), encoding="utf-8")
        replacement.chmod(0o644)
        replacement.replace(self.root / "control.json")

    @property
    def _written(self) -> tuple[Path, ...]:
        """The folders that its programs write."""
        return tuple(self.root / name for name in ("spool", "received", "meter"))

    @property
    def _stand_in(self) -> Path:
        return self.root / "no-dnssd.so"

    def _compile_stand_in(self, source: Path) -> None:
        made = self._stand_in.with_suffix(".new")
        subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", str(made), str(source)], check=True, timeout=60)
        made.replace(self._stand_in)

    def _give_to_user(self) -> None:
        if self.user is None:
            return
        entry = pwd.getpwnam(self.user)
        for path in (*self._written, self._keys, *self._keys.iterdir()):
            # What its user put there may be a link to something of root's.
            os.chown(path, entry.pw_uid, entry.pw_gid, follow_symlinks=False)
