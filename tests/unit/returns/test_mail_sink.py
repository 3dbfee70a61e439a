"""The mail sink: a mail is accepted when all of it is stored, and nothing is relayed."""

from __future__ import annotations

import email.policy
import smtplib
import ssl
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from printserver.foundation.errors import Unavailable
from printserver.returns import mail_sink
from printserver.returns.intake_channels import take_in
from printserver.returns.intake_settings import ScanMailSettings
from printserver.returns.mail_scans import MOST_PARTS, MailUnreadable, scans_in
from printserver.returns.mail_sink import MailIntake, MailSinkUnusable, serving_mail
from tests.paper_books import Books
from tests.tls_identity import identity
from tests.unit.returns.channel_books import ChannelBooks, channel_books, scan
from tests.unit.returns.hard_files import tiff

ADDRESS = "north@scans.example"
SENDER = "copier@office.example"


@pytest.fixture
def channel(books: Books) -> ChannelBooks:
    return channel_books(books)


def settings(channel: ChannelBooks, **changes: Any) -> ScanMailSettings:
    chosen: dict[str, Any] = {
        "addresses": {"North@scans.example": channel.login},
        "senders": (SENDER, "@branch.example"),
        "largest_bytes": 100_000,
        **changes,
    }
    return ScanMailSettings(**chosen)


@pytest.fixture
def sink(channel: ChannelBooks) -> Iterator[smtplib.SMTP]:
    with serving_mail(MailIntake(channel.tools, settings(channel)), port=0) as port, client(port) as connected:
        yield connected


def client(port: int) -> smtplib.SMTP:
    return smtplib.SMTP("127.0.0.1", port, timeout=60)


def mail(*attachments: tuple[str, bytes], text: str = "Scanned.") -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = SENDER, ADDRESS, "Scan"
    message.set_content(text)
    for name, data in attachments:
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes(policy=email.policy.SMTP)


def send(sink: smtplib.SMTP, content: bytes, sender: str = SENDER, to: str = ADDRESS) -> None:
    sink.sendmail(sender, [to], content)


def test_every_scan_of_a_mail_is_handed_in_and_the_bad_one_is_kept(channel: ChannelBooks, sink: smtplib.SMTP) -> None:
    import numpy as np

    sheets = tiff([np.full((20, 20), 9, np.uint8)] * 2, "group4")
    send(sink, mail(("一.png", scan(1)), ("bad.pdf", b"%PDF-1.7 cut"), ("sheets.tif", sheets)))
    assert channel.returned() == [scan(1), sheets]
    assert channel.kept() == [("bad.pdf", "scan-incomplete", b"%PDF-1.7 cut")]


def test_the_same_mail_twice_is_once(channel: ChannelBooks, sink: smtplib.SMTP) -> None:
    for _ in range(2):
        send(sink, mail(("1.png", scan(1)), ("bad", b"?")))
    assert (channel.returned(), len(channel.kept())) == ([scan(1)], 1)


def _codes(refusal: Exception) -> set[int]:
    if isinstance(refusal, smtplib.SMTPRecipientsRefused):
        return {code for code, _ in refusal.recipients.values()}
    assert isinstance(refusal, smtplib.SMTPSenderRefused)
    return {refusal.smtp_code}


@pytest.mark.parametrize(
    ("sender", "to", "code"),
    [
        ("stranger@elsewhere.example", ADDRESS, 550),
        ("copier@office.example.evil.example", ADDRESS, 550),
        ("", ADDRESS, 550),
        (SENDER, "somebody@elsewhere.example", 550),
        (SENDER, "north%elsewhere.example@scans.example", 550),
    ],
)
def test_other_senders_and_recipients_are_refused_before_any_content(
    channel: ChannelBooks, sink: smtplib.SMTP, sender: str, to: str, code: int
) -> None:
    with pytest.raises((smtplib.SMTPSenderRefused, smtplib.SMTPRecipientsRefused)) as refused:
        send(sink, mail(("1.png", scan())), sender, to)
    assert code in _codes(refused.value)
    assert channel.returned() == []


def test_a_domain_may_send_whatever_the_case(channel: ChannelBooks, sink: smtplib.SMTP) -> None:
    send(sink, mail(("1.png", scan())), "Copier-3@Branch.Example", "NORTH@SCANS.EXAMPLE")
    assert channel.returned() == [scan()]


def test_a_mail_that_is_too_large_or_has_no_scan_is_refused(channel: ChannelBooks, sink: smtplib.SMTP) -> None:
    with pytest.raises(smtplib.SMTPSenderRefused) as large:
        send(sink, mail(("1.png", bytes(150_000))))
    assert large.value.smtp_code == 552
    with pytest.raises(smtplib.SMTPDataError) as none:
        send(sink, mail())
    assert none.value.smtp_code == 554
    assert (channel.returned(), channel.kept()) == ([], [])


@pytest.mark.parametrize("problem", [Unavailable("the store is away"), OSError("no space"), ValueError("unforeseen")])
def test_what_cannot_be_stored_now_is_left_with_the_sender(
    channel: ChannelBooks, sink: smtplib.SMTP, monkeypatch: pytest.MonkeyPatch, problem: Exception
) -> None:
    calls: list[str] = []

    def fails_at_the_second(*arguments: Any, **named: Any) -> Any:
        calls.append(named["filename"])
        if len(calls) == 2:
            raise problem
        return take_in(*arguments, **named)

    monkeypatch.setattr(mail_sink, "take_in", fails_at_the_second)
    both = mail(("1.png", scan(1)), ("2.png", scan(2)))
    with pytest.raises(smtplib.SMTPDataError) as later:
        send(sink, both)
    assert later.value.smtp_code == 451
    send(sink, both)
    assert channel.returned() == [scan(1), scan(2)]


def test_a_frozen_account_is_answered_with_come_again(channel: ChannelBooks, sink: smtplib.SMTP) -> None:
    channel.freeze()
    with pytest.raises(smtplib.SMTPDataError) as later:
        send(sink, mail(("1.png", scan())))
    assert later.value.smtp_code == 451
    assert channel.returned() == []


def test_without_networks_only_the_own_machine_may_send(channel: ChannelBooks) -> None:
    intake = MailIntake(channel.tools, settings(channel))
    peers = [
        ("127.0.0.1", 4_711),
        ("::1", 4_711, 0, 0),
        ("192.0.2.7", 4_711),
        ("fe80::1%eth0", 4_711, 0, 2),
        ("", 0),
        None,
    ]
    assert [intake._may_connect(peer) for peer in peers] == [True, True, False, False, False, False]


def test_only_machines_of_the_networks_may_send(channel: ChannelBooks) -> None:
    intake = MailIntake(channel.tools, settings(channel, networks=("192.0.2.0/24",)))
    with serving_mail(intake, port=0) as port, client(port) as connected:
        with pytest.raises(smtplib.SMTPSenderRefused) as refused:
            send(connected, mail(("1.png", scan())))
        assert refused.value.smtp_code == 554
    assert channel.returned() == []


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Certificate and key."""
    return identity(tmp_path_factory.mktemp("tls"), "localhost")


def test_with_a_certificate_nothing_is_taken_in_the_clear(channel: ChannelBooks, tls: tuple[Path, Path]) -> None:
    wanted = settings(channel, certificate=tls[0], key=tls[1])
    with serving_mail(MailIntake(channel.tools, wanted), port=0) as port, client(port) as connected:
        with pytest.raises(smtplib.SMTPSenderRefused) as refused:
            send(connected, mail(("1.png", scan())))
        assert refused.value.smtp_code == 530
        context = ssl.create_default_context(cafile=str(tls[0]))
        context.check_hostname = False
        connected.starttls(context=context)
        send(connected, mail(("1.png", scan())))
    assert channel.returned() == [scan()]


def test_a_taken_port_or_an_unreadable_certificate_is_said(channel: ChannelBooks, tls: tuple[Path, Path]) -> None:
    intake = MailIntake(channel.tools, settings(channel))
    with (
        serving_mail(intake, port=0) as port,
        pytest.raises(MailSinkUnusable, match="cannot listen"),
        serving_mail(intake, port=port),
    ):
        pass
    wrong = settings(channel, certificate=tls[1], key=tls[1])
    with pytest.raises(MailSinkUnusable, match="certificate"), serving_mail(MailIntake(channel.tools, wrong), port=0):
        pass


def test_logos_within_a_text_and_the_text_itself_are_no_scans() -> None:
    message = EmailMessage()
    message.set_content("see the attachment")
    message.add_alternative('<p><img src="cid:logo">', subtype="html")
    page = message.get_payload(1)
    assert isinstance(page, EmailMessage)
    page.add_related(scan(7), maintype="image", subtype="png", cid="<logo>")
    message.add_attachment(scan(1), maintype="image", subtype="png", filename="scan.png")
    assert [(each.filename, each.data) for each in scans_in(message.as_bytes())] == [("scan.png", scan(1))]


def test_a_mail_that_is_nothing_but_a_scan_counts() -> None:
    message = EmailMessage()
    message.set_content(scan(3), maintype="image", subtype="png")
    assert [each.data for each in scans_in(message.as_bytes())] == [scan(3)]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\0\0" * 50,
        b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n" * 400,
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(300)),
        mail(*((f"{number}.png", b"x") for number in range(MOST_PARTS + 1))),
        b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: none-such\r\n\r\n",
    ],
    ids=["empty", "noise", "repeated", "deep", "many", "encoding"],
)
def test_strange_mails_are_refused_or_read_and_nothing_else(content: bytes) -> None:
    try:
        found = scans_in(content)
    except MailUnreadable as problem:
        said = str(problem)
    else:
        said = "".join(type(each.data).__name__ for each in found)
    assert said.isascii()
