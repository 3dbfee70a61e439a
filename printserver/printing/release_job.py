"""Release-Job, the one operation that pycups lacks: its message is pycups' own, only the HTTP around it is ours.

pycups lets a held job go by Set-Job-Attributes, which our policy denies to everybody, because with it a job can be
changed after it was handed in. Source: RFC 8011 section 4.3.6.
"""

from __future__ import annotations

import http.client
import io
import socket
from pathlib import Path
from typing import Final

import cups

from printserver.printing.cups_connection import failure, own_name
from printserver.printing.ports import JobNotFound, SpoolerRefused, SpoolerUnavailable

_SECONDS_OF_SILENCE: Final = 30.0
_LARGEST_ANSWER: Final = 1024 * 1024


def release_job(socket_path: Path, job_id: int) -> None:
    """Let a held job print.

    Raises: JobNotFound, NotPossible when it is not held, SpoolerRefused, SpoolerUnavailable.
    """
    status = _status_of(_answer_to(_request(job_id), socket_path))
    if status != cups.IPP_OK:
        raise failure(status, JobNotFound(f"CUPS has no job {job_id}"))


def _request(job_id: int) -> bytes:
    request = cups.IPPRequest(cups.IPP_OP_RELEASE_JOB)
    for tag, name, value in (
        (cups.IPP_TAG_URI, "job-uri", f"ipp://localhost/jobs/{job_id}"),
        (cups.IPP_TAG_NAME, "requesting-user-name", own_name()),
    ):
        request.add(cups.IPPAttribute(cups.IPP_TAG_OPERATION, tag, name, value))
    message = io.BytesIO()
    request.writeIO(message.write)
    return message.getvalue()


def _answer_to(message: bytes, socket_path: Path) -> bytes:
    headers = {"Content-Type": "application/ipp", "Authorization": f"PeerCred {own_name()}", "Host": "localhost"}
    connection = _UnixConnection(socket_path)
    try:
        connection.request("POST", "/jobs/", message, headers)
        response = connection.getresponse()
        answer = response.read(_LARGEST_ANSWER)
    except (OSError, http.client.HTTPException) as error:
        raise SpoolerUnavailable(f"CUPS does not answer: {type(error).__name__}") from error
    finally:
        connection.close()
    if response.status in (http.client.UNAUTHORIZED, http.client.FORBIDDEN):
        raise SpoolerRefused(f"CUPS does not let {own_name()} do this")
    if response.status != http.client.OK:
        raise SpoolerUnavailable(f"CUPS answers with HTTP status {response.status}")
    return answer


def _status_of(answer: bytes) -> int:
    read = cups.IPPRequest()
    if read.readIO(io.BytesIO(answer).read) != cups.IPP_STATE_DATA:
        raise SpoolerUnavailable("CUPS answers with something that is not IPP")
    status: int = read.statuscode
    return status


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=_SECONDS_OF_SILENCE)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))
