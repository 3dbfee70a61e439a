"""What CUPS asks of this backend: its arguments and environment, backend(7)."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

_JOB_UUID = re.compile(r"(?:^| )job-uuid=urn:uuid:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?= |$)")
_QUEUE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,126}")


class NoJob(Exception):
    """The message says what is missing."""


@dataclass(frozen=True)
class Job:
    """One start. `arguments`: those of the stock backend, up to the file."""

    arguments: tuple[str, ...]
    file: Path
    job_uuid: str
    queue: str
    host: str
    port: int
    path: str
    home: Path
    """The folder of this queue's pin, laid out as CUPS's own."""

    fence: Path
    temporary: Path

    @property
    def cups_job(self) -> int:
        return int(self.arguments[0])

    @property
    def user(self) -> str:
        return self.arguments[1]

    @property
    def title(self) -> str:
        return self.arguments[2]

    @property
    def pin(self) -> Path:
        return self.home / ".cups" / "ssl" / f"{self.host}.crt"

    @property
    def device_uri(self) -> str:
        """Options in the queue's address could turn encryption off, so only its host, port and path are used."""
        return f"ipps://{self.host}:{self.port}{self.path}?snmp=false"

    def certificate_sha256(self) -> str:
        """Of the pinned certificate.   Raises OSError, ValueError."""
        return sha256(ssl.PEM_cert_to_DER_cert(self.pin.read_text("ascii").strip())).hexdigest()


def read_job(arguments: Sequence[str], environment: Mapping[str, str]) -> Job:
    """arguments: job-id user title copies options file.   Raises NoJob; KeyError for what SetEnv should have set."""
    if len(arguments) != 6:
        raise NoJob("This backend prints one file a job.")
    copy, queue = _JOB_UUID.search(arguments[4]), environment.get("PRINTER", "")
    address = urlsplit(environment.get("DEVICE_URI", ""))
    if copy is None or address.hostname is None or not _QUEUE.fullmatch(queue) or not arguments[0].isdecimal():
        raise NoJob("The job names no copy, or the queue no printer.")
    return Job(
        arguments=tuple(arguments[:5]),
        file=Path(arguments[5]),
        job_uuid=copy[1],
        queue=queue,
        host=address.hostname,
        port=address.port or 631,
        path=address.path,
        home=Path(environment["PRINTSERVER_PINS"]) / queue,
        fence=Path(environment["PRINTSERVER_FENCE"]),
        temporary=Path(environment["TMPDIR"]),
    )
