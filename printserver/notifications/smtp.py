"""Hand a mail to the company's own mail server. No other one is ever spoken to."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from enum import StrEnum
from pathlib import Path
from typing import ClassVar, Final, Protocol

from printserver.foundation.errors import Refused, Unavailable

SECONDS: Final = 20.0


class MailSecurity(StrEnum):
    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"
    """For a server on this very machine."""


class MailRefused(Refused):
    """The server does not take this mail."""

    code: ClassVar[str] = "mail-refused"


class MailServerUnreachable(Unavailable):
    """The mail was not handed over."""

    code: ClassVar[str] = "mail-server-unreachable"


class MailUncertain(Unavailable):
    """The connection was lost while the mail was handed over."""

    code: ClassVar[str] = "mail-uncertain"


class MailSender(Protocol):
    def send(self, message: EmailMessage) -> None:
        """Raises: MailRefused, MailServerUnreachable, MailUncertain."""


@dataclass(frozen=True)
class MailServer:
    """password_file: read at each sending, so that the password is in no setting.   authorities: further ones."""

    host: str
    port: int
    security: MailSecurity
    user: str = ""
    password_file: Path | None = None
    authorities: Path | None = None
    seconds: float = SECONDS

    def send(self, message: EmailMessage) -> None:
        """Raises: MailRefused, MailServerUnreachable, MailUncertain."""
        with self._connected() as server:
            try:
                server.send_message(message)
            except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as problem:
                raise MailRefused(f"the mail server refused the mail: {_code(problem)}") from None
            except (OSError, smtplib.SMTPException) as problem:
                raise MailUncertain(f"the mail server went away: {type(problem).__name__}") from None

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        try:
            server = self._opened()
        except (OSError, smtplib.SMTPException) as problem:
            raise MailServerUnreachable(f"the mail server cannot be used: {type(problem).__name__}") from None
        try:
            yield server
        finally:
            server.close()

    def _opened(self) -> smtplib.SMTP:
        """Raises: OSError, SMTPException."""
        context = ssl.create_default_context(cafile=None if self.authorities is None else str(self.authorities))
        if self.security is MailSecurity.TLS:
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=self.seconds, context=context)
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=self.seconds)
        try:
            if self.security is MailSecurity.STARTTLS:
                server.starttls(context=context)
            if self.user:
                password = "" if self.password_file is None else self.password_file.read_text("utf-8").strip()
                server.login(self.user, password)
        except BaseException:
            server.close()
            raise
        return server


def _code(problem: Exception) -> str:
    """The number alone: what a server says may repeat addresses."""
    if isinstance(problem, smtplib.SMTPRecipientsRefused):
        return ", ".join(sorted({str(code) for code, _ in problem.recipients.values()}))
    return str(getattr(problem, "smtp_code", ""))
