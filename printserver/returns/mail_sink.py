"""Scans by mail: an SMTP server that takes mail for a few addresses from a few senders, and relays nothing.

A mail is answered with 250 only when everything in it is stored for good: each scan as a return or in quarantine. When
that cannot be done now the answer is 451, and the sender keeps the mail and tries again; twice the same is once.
Source of the reply codes: RFC 5321 section 4.2.3; of the extended ones RFC 3463.
"""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session

from printserver.foundation.errors import PrintServerError, Unavailable
from printserver.foundation.networks import lies_within
from printserver.returns.intake_channels import Channel, ChannelUnusable, IntakeTools, take_in
from printserver.returns.intake_loop import loop_thread
from printserver.returns.intake_settings import ScanMailSettings
from printserver.returns.intake_status import ChannelNotes
from printserver.returns.mail_scans import MailUnreadable, scans_in

CONNECTIONS_AT_ONCE: Final = 16
SECONDS_OF_SILENCE: Final = 120.0
_NOT_NOW: Final = "451 4.3.0 the server cannot store it now; please send it again later"


class MailSinkUnusable(ChannelUnusable):
    """The address is taken, or the certificate cannot be read."""


@dataclass
class MailIntake:
    """What the SMTP server asks at each step. Its own thread answers; storing goes on in others, so that one slow
    mail holds up none.
    """

    tools: IntakeTools
    settings: ScanMailSettings
    notes: dict[str, ChannelNotes] = field(init=False)

    def __post_init__(self) -> None:
        self.notes = {
            address: ChannelNotes(self.tools, Channel.MAIL, address, login)
            for address, login in self.settings.addresses.items()
        }

    async def handle_MAIL(  # noqa: N802 -- aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not self._may_connect(session.peer):
            return "554 5.7.1 this machine may not send scans"
        if not self._may_send(address or ""):
            return "550 5.7.1 this sender may not send scans"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 sender ok"

    async def handle_RCPT(  # noqa: N802 -- aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.lower() not in self.settings.addresses:
            return "550 5.1.1 no such address here, and nothing is relayed"
        if address.lower() not in envelope.rcpt_tos:
            envelope.rcpt_tos.append(address.lower())
        return "250 2.1.5 recipient ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 -- aiosmtpd's name
        return await asyncio.to_thread(self.store, envelope.content, list(envelope.rcpt_tos))

    def store(self, content: object, addresses: list[str]) -> str:
        """Everything of a mail, for each of its recipients; the SMTP reply."""
        if not isinstance(content, bytes):
            return "500 5.6.0 the mail has no content"
        try:
            scans = scans_in(content)
        except MailUnreadable as problem:
            return f"554 5.6.0 {problem}"
        try:
            for address in addresses:
                for scan in scans:
                    login = self.settings.addresses[address]
                    taken = take_in(self.tools, Channel.MAIL, login, filename=scan.filename, data=scan.data)
                    self.notes[address].taken(taken)
        except PrintServerError as problem:
            self._trouble(addresses, str(problem))
            return _NOT_NOW
        except Exception:  # noqa: BLE001 -- whatever keeps it from being stored, the sender must keep the mail
            structlog.get_logger().exception("mail could not be taken in")
            return _NOT_NOW
        return f"250 2.0.0 {len(scans)} stored"

    def note(self) -> int:
        """Write down how each address does."""
        for notes in self.notes.values():
            usable = _usable(self.tools, notes.account)
            notes.note(usable)
        return 0

    def _trouble(self, addresses: list[str], problem: str) -> None:
        structlog.get_logger().error("mail could not be taken in", addresses=addresses, reason=problem)

    def _may_connect(self, peer: Any) -> bool:
        address = str(peer[0]).partition("%")[0] if isinstance(peer, tuple) and peer else ""
        if self.settings.networks:
            return lies_within(address, (str(network) for network in self.settings.networks))
        try:
            return ipaddress.ip_address(address).is_loopback
        except ValueError:
            return False

    def _may_send(self, sender: str) -> bool:
        domain = f"@{sender.rpartition('@')[2]}".lower()
        return any(sender.lower() == each.lower() or domain == each.lower() for each in self.settings.senders)


def _usable(tools: IntakeTools, login: str) -> str:
    try:
        tools.account(login, Channel.MAIL)
    except Unavailable as problem:
        return str(problem)
    return ""


@contextmanager
def serving_mail(intake: MailIntake, port: int | None = None) -> Iterator[int]:
    """Listen, in a thread of its own, until the block ends; the port.

    port: instead of the one of the settings; 0 for any.   Raises: MailSinkUnusable.
    """
    context = _certificate(intake.settings)
    with loop_thread("mail sink") as thread:
        listening = _Listening(intake, context)
        bound = thread.do(listening.begin(intake.settings.port if port is None else port))
        try:
            yield bound
        finally:
            thread.do(listening.end())


class _Listening:
    """The server and the connections that are open."""

    def __init__(self, intake: MailIntake, context: ssl.SSLContext | None) -> None:
        self._intake = intake
        self._context = context
        self._open: set[_Connection] = set()
        self._server: asyncio.Server | None = None

    async def begin(self, port: int) -> int:
        host = self._intake.settings.host
        try:
            self._server = await asyncio.get_running_loop().create_server(self._connection, host, port)
        except OSError as problem:
            raise MailSinkUnusable(f"cannot listen on {host}:{port}: {problem.strerror}") from None
        return int(self._server.sockets[0].getsockname()[1])

    async def end(self) -> None:
        if self._server is not None:
            self._server.close()
        for connection in list(self._open):
            connection.abort()

    def _connection(self) -> _Connection:
        return _Connection(
            self._open,
            self._intake,
            hostname="scans",
            ident="scans",
            data_size_limit=self._intake.settings.largest_bytes,
            enable_SMTPUTF8=True,
            decode_data=False,
            tls_context=self._context,
            require_starttls=self._context is not None,
            timeout=SECONDS_OF_SILENCE,
            loop=asyncio.get_running_loop(),
        )


class _Connection(SMTP):
    """One of a few at once; whoever comes too many is asked to come later."""

    def __init__(self, others: set[_Connection], *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._others = others

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if len(self._others) >= CONNECTIONS_AT_ONCE and self not in self._others:
            if isinstance(transport, asyncio.Transport):
                transport.write(b"421 4.3.2 too many at once; please come again later\r\n")
            transport.close()
            return
        self._others.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self in self._others:
            self._others.discard(self)
            super().connection_lost(error)

    def abort(self) -> None:
        """The plain connection: with TLS, the transport above it may be on its way out already."""
        plain = self._original_transport or self.transport
        if isinstance(plain, asyncio.Transport):
            plain.abort()


def _certificate(settings: ScanMailSettings) -> ssl.SSLContext | None:
    if settings.certificate is None or settings.key is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(settings.certificate, settings.key)
    except (OSError, ssl.SSLError) as problem:
        raise MailSinkUnusable(f"the certificate of the mail sink cannot be used: {problem}") from None
    return context
