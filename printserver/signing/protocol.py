"""The signer's protocol: one JSON object a frame, behind its length (u32 big-endian, at most 1 MiB), over a socket.

Requests: `{"do":"issue","authorisation_id":uuid}`, `{"do":"register","statement_id":uuid}`, `{"do":"health"}`,
`{"do":"make-seal","organisation":u32,"seal_id":uuid}`, and the same with `destroy-seal-key`;
`{"do":"wrap-key","key":base64,"of":{"organisation_id":uuid,"kind":text,"object_id":uuid}}`, and `unwrap-key`.
Answers: `{"ok":true, …}` or `{"ok":false,"code":…,"message":…}`. Both sides use the framing here.
"""

from __future__ import annotations

import json
import socket
import struct
import time
from collections.abc import Iterator, Mapping
from typing import Any, Final

from printserver.foundation.errors import PrintServerError
from printserver.signing import errors
from printserver.signing.errors import FrameMalformed, SignerRefused

MAX_FRAME: Final = 1024 * 1024
_LENGTH: Final = struct.Struct(">I")


class ConnectionLost(Exception):
    """The other side closed, or the deadline passed, before a whole frame went through."""


def send_frame(connection: socket.socket, message: Mapping[str, Any], *, deadline: float | None = None) -> None:
    """Send one object. `deadline`: of `time.monotonic()`.   Raises: FrameMalformed (too large), ConnectionLost."""
    content = json.dumps(dict(message), ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    if len(content) > MAX_FRAME:
        raise FrameMalformed("the message is larger than 1 MiB")
    try:
        connection.settimeout(_remaining(deadline))
        connection.sendall(_LENGTH.pack(len(content)) + content)
    except OSError as problem:
        raise ConnectionLost("the message did not go through") from problem


def receive_frame(connection: socket.socket, *, deadline: float | None = None) -> dict[str, Any] | None:
    """Receive one object; None when the other side closed before its first byte.

    deadline: of `time.monotonic()`.   Raises: FrameMalformed, ConnectionLost.
    """
    head = _receive(connection, _LENGTH.size, deadline)
    if not head:
        return None
    (size,) = _LENGTH.unpack(_whole(head, _LENGTH.size))
    if size > MAX_FRAME:
        raise FrameMalformed("the message is larger than 1 MiB")
    try:
        message = json.loads(_whole(_receive(connection, size, deadline), size))
    except (ValueError, RecursionError) as problem:
        raise FrameMalformed("the message is no JSON") from problem
    if not isinstance(message, dict):
        raise FrameMalformed("the message is no JSON object")
    return message


def refusal(error: PrintServerError) -> dict[str, Any]:
    """The answer that carries a refusal."""
    return {"ok": False, "code": error.code, "message": str(error)}


def error_of(answer: Mapping[str, Any]) -> PrintServerError:
    """The error that `refusal` was made from, as far as this room knows its code; else SignerRefused."""
    code, message = str(answer.get("code", "")), str(answer.get("message", ""))
    kind = _KINDS.get(code)
    return SignerRefused(code, message) if kind is None else kind(message)


def _plain_errors() -> Iterator[type[PrintServerError]]:
    """The errors of this room that are made from their message alone."""
    for kind in vars(errors).values():
        if not isinstance(kind, type) or not issubclass(kind, PrintServerError):
            continue
        if kind.__module__ == errors.__name__ and kind.__init__ is PrintServerError.__init__:
            yield kind


_KINDS: Final = {kind.code: kind for kind in _plain_errors()}


def _receive(connection: socket.socket, size: int, deadline: float | None) -> bytes:
    received = bytearray()
    try:
        while len(received) < size:
            connection.settimeout(_remaining(deadline))
            part = connection.recv(min(65_536, size - len(received)))
            if not part:
                break
            received += part
    except OSError as problem:
        raise ConnectionLost("the answer did not come through") from problem
    return bytes(received)


def _whole(received: bytes, size: int) -> bytes:
    if len(received) != size:
        raise ConnectionLost("the connection ended in the middle of a message")
    return received


def _remaining(deadline: float | None) -> float | None:
    if deadline is None:
        return None
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("the deadline has passed")
    return left
