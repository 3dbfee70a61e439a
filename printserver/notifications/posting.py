"""Hand one message to one address: to exactly the address that was checked, once, in a bounded time.

No redirect is followed, no proxy of the environment used, and of the answer nothing is kept but its status. Who fails
before the request was begun knows that nothing arrived; whoever loses the answer after it does not.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Final

from printserver.foundation.errors import Unavailable
from printserver.notifications.addresses import AddressRules, Endpoint, read_endpoint, require_allowed

SECONDS: Final = 10.0

Resolver = Callable[[str, int], Sequence[str]]


class ReceiverUnreachable(Unavailable):
    """The message did not arrive."""

    code: ClassVar[str] = "webhook-receiver-unreachable"


class AnswerLost(Unavailable):
    """The message may have arrived."""

    code: ClassVar[str] = "webhook-answer-lost"


def resolve(host: str, port: int) -> tuple[str, ...]:
    """Every address of a name, in the order of the system's preference.   Raises: OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


@dataclass(frozen=True)
class Poster:
    """authorities: a file with further certificate authorities, for receivers inside a company.

    seconds: for everything from the connection to the answer.   resolver: another one for tests.
    """

    rules: AddressRules
    authorities: Path | None = None
    seconds: float = SECONDS
    resolver: Resolver = field(default=resolve)

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """The status of HTTP.   Raises: AddressRefused, ReceiverUnreachable, AnswerLost."""
        endpoint = read_endpoint(url, self.rules)
        deadline = time.monotonic() + self.seconds
        try:
            addresses = (str(endpoint.literal),) if endpoint.literal else self.resolver(endpoint.host, endpoint.port)
            first, *_ = require_allowed(addresses, self.rules)
            connection = self._connected(endpoint, str(first), deadline)
        except (OSError, UnicodeError) as error:
            raise ReceiverUnreachable(f"no connection to {endpoint.host}: {_in_short(error)}") from None
        with connection:
            try:
                return _answered(connection, endpoint, body, headers)
            except (OSError, http.client.HTTPException) as error:
                raise AnswerLost(f"no answer from {endpoint.host}: {_in_short(error)}") from None

    def _connected(self, endpoint: Endpoint, address: str, deadline: float) -> _Impatient:
        """Raises: OSError."""
        bare = socket.create_connection((address, endpoint.port), timeout=_left(deadline))
        try:
            if endpoint.scheme == "http":
                return _ImpatientPlain.of(bare, deadline)
            bare.settimeout(_left(deadline))
            context = ssl.create_default_context()
            if self.authorities is not None:
                context.load_verify_locations(self.authorities)
            context.sslsocket_class = _ImpatientSecured
            secured = context.wrap_socket(bare, server_hostname=endpoint.host)
        except BaseException:
            bare.close()
            raise
        if not isinstance(secured, _ImpatientSecured):
            raise TypeError("the context makes sockets of another kind")
        secured.deadline = deadline
        return secured


class _Impatient(socket.socket):
    """Sends and reads until a moment, however slowly the octets go."""

    deadline: float

    def recv_into(self, *arguments: Any, **options: Any) -> int:
        self.settimeout(_left(self.deadline))
        return super().recv_into(*arguments, **options)

    def sendall(self, *arguments: Any, **options: Any) -> None:
        self.settimeout(_left(self.deadline))
        super().sendall(*arguments, **options)


class _ImpatientPlain(_Impatient):
    @classmethod
    def of(cls, bare: socket.socket, deadline: float) -> _ImpatientPlain:
        made = cls(bare.family, bare.type, bare.proto, bare.detach())
        made.deadline = deadline
        return made


class _ImpatientSecured(_Impatient, ssl.SSLSocket):
    pass


def _answered(connection: _Impatient, endpoint: Endpoint, body: bytes, headers: Mapping[str, str]) -> int:
    speaking = http.client.HTTPConnection(endpoint.host, endpoint.port)
    speaking.sock = connection
    own = {"Host": endpoint.authority, "Accept-Encoding": "identity", "Connection": "close"}
    speaking.request("POST", endpoint.target, body, {**headers, **own})
    with speaking.getresponse() as response:
        return response.status


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("too slow")
    return left


def _in_short(error: Exception) -> str:
    """Nothing of what was said: whoever may make webhooks could read other servers' answers by it."""
    if isinstance(error, http.client.HTTPException):
        return "what answers speaks no HTTP"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"[:200]
    return str(getattr(error, "strerror", None) or type(error).__name__)[:200]
