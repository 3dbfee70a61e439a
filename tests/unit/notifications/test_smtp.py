"""Mails go to a real mail server on the loopback interface: in the clear, by STARTTLS, with a password."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session

from printserver.notifications.smtp import (
    MailRefused,
    MailSecurity,
    MailServer,
    MailServerUnreachable,
    MailUncertain,
)
from tests import tls_identity
from tests.free_ports import free_port


@dataclass
class Postbox:
    """answer: what the server says after a mail."""

    answer: str = "250 OK"
    came: list[Envelope] = field(default_factory=list)

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802 -- its name
        self.came.append(envelope)
        if not self.answer:
            server.transport.abort()
        return self.answer or "250 OK"


@contextmanager
def mail_server(postbox: Postbox, **options: Any) -> Iterator[int]:
    """The port of a server on this machine."""
    port = free_port()
    controller = Controller(postbox, hostname="127.0.0.1", port=port, ready_timeout=30, **options)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def message() -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "print@example.com", "han@example.com", "waits"
    made.set_content("Please look.")
    return made


def test_a_mail_is_handed_over():
    postbox = Postbox()
    with mail_server(postbox) as port:
        MailServer("127.0.0.1", port, MailSecurity.NONE).send(message())
    (came,) = postbox.came
    assert (came.mail_from, came.rcpt_tos) == ("print@example.com", ["han@example.com"])
    assert b"Please look." in (came.content or b"")


def authenticator(server: Any, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword) -> AuthResult:
    return AuthResult(success=(data.login, data.password) == (b"print", b"a password"))


def test_by_starttls_the_servers_name_is_proved_before_the_password_is_said(tmp_path: Path):
    certificate, key = tls_identity.identity(tmp_path, "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    password = tmp_path / "password"
    password.write_text("a password\n", "utf-8")
    postbox = Postbox()
    options = {
        "tls_context": context,
        "require_starttls": True,
        "auth_required": True,
        "authenticator": authenticator,
    }
    with mail_server(postbox, **options) as port:
        server = MailServer("localhost", port, MailSecurity.STARTTLS, "print", password, certificate)
        server.send(message())
        password.write_text("another", "utf-8")
        for wrong in (
            server,
            MailServer("localhost", port, MailSecurity.STARTTLS, "print", password),
            MailServer("127.0.0.1", port, MailSecurity.STARTTLS, "print", password, certificate),
            MailServer("localhost", port, MailSecurity.TLS, "print", password, certificate, seconds=2),
        ):
            with pytest.raises(MailServerUnreachable):
                wrong.send(message())
    assert len(postbox.came) == 1


def test_a_server_without_starttls_is_told_nothing(tmp_path: Path):
    postbox = Postbox()
    with mail_server(postbox) as port, pytest.raises(MailServerUnreachable):
        MailServer("localhost", port, MailSecurity.STARTTLS).send(message())
    assert postbox.came == []


def test_a_mail_that_is_refused_is_told_from_one_that_may_have_come():
    for answer, problem in (("554 spam: han@example.com", MailRefused), ("", MailUncertain)):
        with mail_server(Postbox(answer)) as port, pytest.raises(problem) as refusal:
            MailServer("127.0.0.1", port, MailSecurity.NONE).send(message())
        assert "han@example.com" not in str(refusal.value)


def test_a_server_that_is_away_is_unreachable():
    with pytest.raises(MailServerUnreachable):
        MailServer("127.0.0.1", free_port(), MailSecurity.NONE, seconds=2).send(message())
