"""Every kind of mail in both languages: plain, with nothing in its headers that somebody typed as one."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printserver.notifications.mail_kinds import MailKind
from printserver.notifications.mail_texts import LANGUAGES, compose, mail_text, one_line
from printserver.notifications.models import Mail
from printserver.organisations.addressees import Addressee

FACTS = {
    "site": "https://print.example",
    "path": "/requests/1",
    "reader": "韩梅梅",
    "reference": "OA-1",
    "number": "0123456789ab",
    "applicant": "李雷",
    "seal": "合同专用章",
    "copies": 2,
    "state": "approved",
    "printer": "second floor",
    "day": "2026-11-22",
    "late": 3,
    "usage": "document",
    "key": "0a1b2c3d",
    "kind": "seat",
    "about": "count",
}


def mail(kind: MailKind = MailKind.WAITS, **facts: object) -> Mail:
    said = {name: value for name, value in FACTS.items() if name not in ("site", "reader")}
    at = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
    return Mail(id=uuid4(), kind=kind, facts={**said, **facts}, created_at=at)


def reader(name: str = "韩梅梅") -> Addressee:
    return Addressee(uuid4(), uuid4(), name, "han@example.com")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", list(MailKind))
def test_every_kind_has_a_subject_and_leads_to_its_page(kind: MailKind, language: str):
    abouts = ("count", "copy", "archive")
    variants: list[dict[str, Any]] = [
        {"about": about, "state": state} for about in abouts for state in ("approved", "refused")
    ]
    for variant in [*variants, {"state": "expired"}, {"state": "failed"}, {"reference": ""}, {"late": 0}]:
        subject, text = mail_text(kind, language, {**FACTS, **variant})
        assert 5 < len(subject) < 100
        assert "https://print.example/requests/1\n" in text
        assert "https://print.example/notifications" in text
        assert "韩梅梅" in text
        assert ("您好" in text) is (language == "zh")


@given(st.text(max_size=300))
def test_what_people_typed_stays_one_line_of_plain_text(typed: str):
    line = one_line(typed)
    assert len(line) <= 200
    assert len(line.splitlines()) <= 1
    assert line == one_line(line)


@pytest.mark.parametrize(
    "typed",
    [
        "x\r\nBcc: everybody@example.com",
        "x\nBcc: everybody@example.com\n\nHello",
        "x\u2028Bcc: everybody@example.com",
        "x\x85Bcc: everybody@example.com",
        "=?utf-8?q?Bcc=3A_everybody=40example.com?=",
        '"; <everybody@example.com>',
    ],
)
def test_nothing_that_was_typed_becomes_a_header(typed: str):
    message = compose(
        mail(reference=typed, applicant=typed),
        reader(typed),
        "en",
        site="https://p.example",
        sender="print@example.com",
    )
    read = message_from_bytes(message.as_bytes(), policy=default)
    assert read["Bcc"] is None
    assert [str(each.addr_spec) for each in read["To"].addresses] == ["han@example.com"]
    assert set(read.keys()) == {
        *("Subject", "From", "To", "Date", "Message-ID", "Auto-Submitted", "Content-Language"),
        *("Content-Type", "Content-Transfer-Encoding", "MIME-Version"),
    }
    assert read.get_content_type() == "text/plain"


def test_a_second_attempt_is_the_same_mail():
    one = mail()
    made = [compose(one, reader(), "zh", site="https://p.example", sender="print@example.com") for _ in range(2)]
    assert made[0]["Message-ID"] == made[1]["Message-ID"] == f"<{one.id}@example.com>"
    assert made[0]["Auto-Submitted"] == "auto-generated"
