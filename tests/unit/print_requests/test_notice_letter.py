"""The letter to a copy's holder: what it says, that nothing in it is taken as markup, and who may have it."""

from __future__ import annotations

import io

import pikepdf
import pypdfium2
import pytest

from printserver.foundation.errors import NotFound, TransitionRefused
from printserver.foundation.serials import CopySerial
from printserver.organisations.permissions import Role
from printserver.print_requests.copy_service import replace_copy
from printserver.print_requests.notice_letter import Letter, draw_letter, letter_of
from printserver.print_requests.states import INVALID, CopyState
from tests.databases import FakeClock
from tests.world import World

AT = "http://print.example/verify"


def letter(state: CopyState = CopyState.VOID, **fields: object) -> Letter:
    now = FakeClock().now()
    return Letter(
        **{
            "title": "供货合同",
            "serial": CopySerial(b"0123456789"),
            "number": 1,
            "copies": 3,
            "state": state,
            "since": now,
            "reason": "印得不全 #pagebreak() $x$ *bold* \\ ]",
            "replacements": (),
            "asked_for": False,
            "organisation": "示例合同有限公司",
            "branch": "north",
            "contact": "张经办",
            "verify_at": AT,
            "written_at": now,
            **fields,
        }  # type: ignore[arg-type]
    )


def text_of(pdf: bytes) -> str:
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        assert len(opened.pages) == 1
    document = pypdfium2.PdfDocument(pdf)
    text = str(document[0].get_textpage().get_text_range())
    document.close()
    return " ".join(text.split())


@pytest.mark.parametrize("state", sorted(INVALID))
def test_it_says_in_two_languages_which_copy_is_invalid_since_when_and_why(state: CopyState):
    text = text_of(draw_letter(letter(state), time_zone="Asia/Shanghai"))
    heading = "更正通知 Notice of correction" if state is CopyState.REPLACED else "作废通知 Notice of invalidity"
    serial = str(CopySerial(b"0123456789"))
    for words in (heading, "供货合同", "第 1 份 共 3 份", "2026-11-22 17:00", "示例合同有限公司", "张经办", AT):
        assert words in text
    assert serial.replace(" ", "") in text.replace(" ", "")
    assert "#pagebreak() $x$ *bold* \\ ]" in text


def test_it_names_the_copy_in_its_place_or_that_there_is_none():
    other = CopySerial(b"9876543210")
    said = [
        text_of(draw_letter(letter(CopyState.REPLACED, **fields), time_zone="UTC")).replace(" ", "")
        for fields in ({"replacements": (other,)}, {"asked_for": True}, {})
    ]
    assert str(other) in said[0]
    assert "areplacementhasbeenaskedfor" in said[1]
    assert "无nothing" in said[2]


def test_it_is_made_of_what_the_books_say(world: World):
    copy_id = world.replaceable()
    with world.database.work() as work:
        replace_copy(work, world.actor(work, Role.CLERK), copy_id)
    with world.database.reading() as work:
        made = letter_of(work, world.actor(work, Role.CLERK), copy_id, verify_at=AT)
    assert (made.state, made.asked_for, made.replacements) == (CopyState.REPLACED, True, ())
    assert (made.reason, made.since) == ("the other party never came", world.clock.now())


def test_there_is_none_for_valid_copies_nor_for_other_branches(world: World):
    printed, void = world.copies(world.printed())[0].id, world.voided()
    with world.database.reading() as work:
        clerk, stranger = world.actor(work, Role.CLERK), world.actor(work, Role.CLERK, world.home.south)
        with pytest.raises(TransitionRefused):
            letter_of(work, clerk, printed, verify_at=AT)
        with pytest.raises(NotFound):
            letter_of(work, stranger, void, verify_at=AT)
