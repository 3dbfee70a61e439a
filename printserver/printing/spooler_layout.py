"""Where everything of a branch's spooler lies: in the system's own CUPS, or below one folder of a private one."""

from __future__ import annotations

import json
import os
import pwd
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Final

from printserver.foundation.errors import NotFound
from printserver.printing.ppd import PrinterShape
from printserver.printing.spooler_configuration import effective

BACKEND: Final = "printserver-fence"
SCHEME: Final = "printserver-fence"
_DEBIAN_CUPS_USER: Final = "lp"


class SpoolerNotInstalled(NotFound):
    """There is no record of an installation here, or it cannot be read."""

    code: ClassVar[str] = "spooler-not-installed"


@dataclass(frozen=True, slots=True)
class SpoolerLayout:
    """Absolute paths. `private` says that cupsd serves controlled printers and nothing else."""

    private: bool
    home: Path
    """Root's: pins, keys, the record of the installation."""
    cupsd_conf: Path
    files_conf: Path
    server_root: Path
    """`client.conf`, `ppd/`, and for the system's CUPS types of its own."""
    types: Path
    server_bin: Path
    spool: Path
    socket: Path
    fence: Path
    python: str = "/usr/bin/python3"
    """What the backend is run by."""

    @classmethod
    def of_system(cls) -> SpoolerLayout:
        """The CUPS that Debian starts."""
        return cls(
            private=False,
            home=Path("/etc/printserver-spooler"),
            cupsd_conf=Path("/etc/cups/cupsd.conf"),
            files_conf=Path("/etc/cups/cups-files.conf"),
            server_root=Path("/etc/cups"),
            types=Path("/etc/cups/printserver.types"),
            server_bin=Path("/usr/lib/cups"),
            spool=Path("/var/spool/cups"),
            socket=Path("/run/cups/cups.sock"),
            fence=Path("/var/lib/printserver-spooler/fence"),
        )

    @classmethod
    def of_private(cls, root: Path) -> SpoolerLayout:
        """The folder of a `PrivateCups`."""
        return cls(
            private=True,
            home=root,
            cupsd_conf=root / "conf" / "cupsd.conf",
            files_conf=root / "conf" / "cups-files.conf",
            server_root=root / "etc",
            types=root / "share" / "mime" / "mime.types",
            server_bin=root / "bin",
            spool=root / "spool",
            socket=root / "run" / "cups.sock",
            fence=root / "fence",
        )

    @property
    def pins(self) -> Path:
        return self.home / "pins"

    @property
    def keys(self) -> Path:
        return self.home / "keys"

    @property
    def backend_key(self) -> Path:
        """Opens job files; PEM, for the backend alone."""
        return self.keys / "backend.key"

    @property
    def backend_public_key(self) -> Path:
        """What the server encrypts to; PEM."""
        return self.keys / "backend.pub"

    @property
    def branch_key(self) -> Path:
        """Shows the server who this spooler is; PEM, for the backend alone."""
        return self.keys / "branch.key"

    @property
    def branch_certificate(self) -> Path:
        return self.keys / "branch.crt"

    @property
    def desk_certificate(self) -> Path:
        """The one certificate by which the server is known, when it is another machine."""
        return self.keys / "desk.crt"

    @property
    def record_file(self) -> Path:
        return self.home / "spooler.json"

    @property
    def backend(self) -> Path:
        return self.server_bin / "backend" / BACKEND

    def ppd(self, queue: str) -> Path:
        return self.server_root / "ppd" / f"{queue}.ppd"

    def pin(self, queue: str, host: str) -> Path:
        return self.pins / queue / ".cups" / "ssl" / f"{host}.crt"

    def tls_settings(self, queue: str) -> Path:
        """Beside the pin, so that other queues of a CUPS keep their own."""
        return self.pins / queue / ".cups" / "client.conf"

    def private_keys(self, desk: str) -> tuple[Path, ...]:
        return (self.backend_key, self.branch_key) if desk.startswith("https:") else (self.backend_key,)

    def environment(self, desk: str) -> Mapping[str, str]:
        """What the fence backend is told, by SetEnv in cups-files.conf."""
        told = {"FENCE": self.fence, "PINS": self.pins, "BACKEND_KEY": self.backend_key, "DESK": desk}
        if desk.startswith("https:"):
            told |= {
                "DESK_CERT": self.desk_certificate,
                "BRANCH_CERT": self.branch_certificate,
                "BRANCH_KEY": self.branch_key,
            }
        return {f"PRINTSERVER_{name}": str(value) for name, value in told.items()}

    def cups_user(self) -> str:
        """Whom cupsd runs backends as; without root, whoever looks.   Raises: OSError."""
        if self.private:
            return pwd.getpwuid(self.fence.stat().st_uid).pw_name
        return effective(self.files_conf.read_text("utf-8"), "User") or _DEBIAN_CUPS_USER


@dataclass(frozen=True, slots=True)
class RecordedQueue:
    """What a person enrolled. certificate_sha256: 64 lower-case hex digits, confirmed by that person."""

    uri: str
    certificate_sha256: str
    shape: PrinterShape = field(default_factory=PrinterShape)


@dataclass(frozen=True, slots=True)
class SpoolerRecord:
    """What was installed, for the check and for the next installation."""

    printing_users: tuple[str, ...]
    administrators: tuple[str, ...]
    desk: str
    queues: Mapping[str, RecordedQueue] = field(default_factory=dict)

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2, sort_keys=True) + "\n"


def read_record(layout: SpoolerLayout) -> SpoolerRecord:
    """Raises: SpoolerNotInstalled."""
    try:
        fields: Any = json.loads(layout.record_file.read_text("utf-8"))
        queues = {
            name: RecordedQueue(queue["uri"], queue["certificate_sha256"], PrinterShape(**queue["shape"]))
            for name, queue in fields["queues"].items()
        }
        return SpoolerRecord(
            tuple(fields["printing_users"]), tuple(fields["administrators"]), str(fields["desk"]), queues
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SpoolerNotInstalled(f"no installation is recorded in {layout.record_file}: {error}") from error


def policy_administrators(layout: SpoolerLayout, record: SpoolerRecord) -> tuple[str, ...]:
    """Without root, whoever runs a private cupsd manages its queues as well.   Raises: OSError."""
    own = layout.private and layout.fence.stat().st_uid == trusted_owner()
    return (*record.administrators, layout.cups_user()) if own else record.administrators


def trusted_owner() -> int:
    """Who must own what backends and cupsd believe: root, or without root the one user that everything runs as."""
    return 0 if os.geteuid() == 0 else os.geteuid()
