"""IPP over the Unix socket of one cupsd.

Each request has a connection of its own. cupsd knows the caller by the socket's peer credentials (the operating
system's user), never by the name in the request.
"""

from __future__ import annotations

import http.client
import os
import pwd
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from printserver.printing.ipp import IPP_MEDIA_TYPE, Answer, Attribute, Operation, decode_answer, encode_request
from printserver.printing.ports import SpoolerRefused, SpoolerUnavailable

_LARGEST_ANSWER: Final = 16 * 1024 * 1024


class IppClient:
    """Asks as the system user that this process runs as.

    timeout: seconds that cupsd may keep silent during one request.
    """

    def __init__(self, socket_path: Path, timeout: float) -> None:
        self._socket_path = socket_path
        self._timeout = timeout
        self._user = pwd.getpwuid(os.geteuid()).pw_name

    def ask(
        self,
        operation: Operation,
        target: Sequence[Attribute],
        *,
        job: Sequence[Attribute] = (),
        document: bytes = b"",
    ) -> Answer:
        """One request and its answer, also an unsuccessful one. For the arguments see `encode_request`.

        Raises: SpoolerRefused when the policy forbids it to this user, SpoolerUnavailable, IppMalformed.
        """
        message = encode_request(operation, target, user=self._user, job=job)
        connection = _UnixConnection(self._socket_path, self._timeout)
        try:
            connection.request("POST", "/", message + document, self._headers())
            response = connection.getresponse()
            body = response.read(_LARGEST_ANSWER)
        except (OSError, http.client.HTTPException) as error:
            raise SpoolerUnavailable(f"CUPS does not answer: {type(error).__name__}") from error
        finally:
            connection.close()
        if response.status in (http.client.UNAUTHORIZED, http.client.FORBIDDEN):
            raise SpoolerRefused(f"CUPS does not let {self._user} do this")
        if response.status != http.client.OK:
            raise SpoolerUnavailable(f"CUPS answers with HTTP status {response.status}")
        return decode_answer(body)

    def _headers(self) -> dict[str, str]:
        return {"Content-Type": IPP_MEDIA_TYPE, "Authorization": f"PeerCred {self._user}", "Host": "localhost"}


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))
