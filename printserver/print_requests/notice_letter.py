"""The letter that tells a copy's holder that it is no longer valid: A4, Chinese and English, set by typst."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import typst
from sqlalchemy import select

from printserver.foundation.errors import TransitionRefused
from printserver.foundation.serials import CopySerial
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor
from printserver.organisations.queries import branch, organisation
from printserver.print_requests.models import Copy
from printserver.print_requests.queries import CopyFacts, copy_facts_for
from printserver.print_requests.states import INVALID, CopyState

TEMPLATE: Final = Path(__file__).parents[2] / "templates" / "documents" / "copy-notice.typ"
_STATES: Final[Mapping[CopyState, tuple[str, str]]] = {
    CopyState.VOID: ("作废", "void"),
    CopyState.DESTROYED: ("已销毁", "destroyed"),
    CopyState.MISSING: ("遗失", "missing"),
    CopyState.REPLACED: ("已替换", "replaced"),
}
_VOID: Final = {
    "heading_zh": "作废通知",
    "heading_en": "Notice of invalidity",
    "sentence_zh": "下列受控打印的文件已不再有效，特此通知。",
    "sentence_en": "This is to notify you that the copy named below is no longer valid.",
}
_CORRECTION: Final = {
    "heading_zh": "更正通知",
    "heading_en": "Notice of correction",
    "sentence_zh": "下列受控打印的文件已不再有效，由另一份替代，特此通知。",
    "sentence_en": (
        "This is to notify you that the copy named below is no longer valid, and another one stands in its place."
    ),
}


@dataclass(frozen=True)
class Letter:
    """`replacements`: serials of the copies in its place, issued already.   asked_for: one was asked for."""

    title: str
    serial: CopySerial
    number: int
    copies: int
    state: CopyState
    since: datetime | None
    reason: str
    replacements: tuple[CopySerial, ...]
    asked_for: bool
    organisation: str
    branch: str
    contact: str
    verify_at: str
    written_at: datetime


def letter_of(work: Work, actor: Actor, copy_id: UUID, *, verify_at: str) -> Letter:
    """verify_at: address where anybody may type the serial.   Raises: NotFound; TransitionRefused for a valid copy."""
    copy = copy_facts_for(work, actor, copy_id)
    if copy.state not in INVALID:
        raise TransitionRefused("this copy is valid: there is nothing to notify its holder of")
    return Letter(
        title=copy.title,
        serial=copy.serial,
        number=copy.number,
        copies=copy.copies,
        state=copy.state,
        since=copy.settled_at,
        reason=copy.settled_reason,
        replacements=_replacements(work, copy),
        asked_for=copy.replaced_by is not None,
        organisation=organisation(work, copy.organisation_id).name,
        branch=branch(work, copy.branch_id).name,
        contact=actor.name,
        verify_at=verify_at,
        written_at=work.now(),
    )


def draw_letter(letter: Letter, *, time_zone: str) -> bytes:
    """A PDF of one page.   time_zone: IANA name, in which its days are."""
    zone = ZoneInfo(time_zone)
    state_zh, state_en = _STATES[letter.state]
    data = {
        **(_CORRECTION if letter.state is CopyState.REPLACED else _VOID),
        "title": letter.title,
        "serial": str(letter.serial),
        "number": str(letter.number),
        "copies": str(letter.copies),
        "state_zh": state_zh,
        "state_en": state_en,
        "since": "–" if letter.since is None else f"{letter.since.astimezone(zone):%Y-%m-%d %H:%M}",
        "reason": letter.reason or "–",
        "replacement": _replacement(letter),
        "organisation": letter.organisation,
        "branch": letter.branch,
        "contact": letter.contact,
        "verify_at": letter.verify_at,
        "written_on": f"{letter.written_at.astimezone(zone):%Y-%m-%d}",
    }
    return bytes(typst.compile(str(TEMPLATE), sys_inputs={"data": json.dumps(data, ensure_ascii=False)}))


def _replacement(letter: Letter) -> str:
    if letter.replacements:
        return " ".join(map(str, letter.replacements))
    return "已申请补打 a replacement has been asked for" if letter.asked_for else "无 nothing"


def _replacements(work: Work, copy: CopyFacts) -> tuple[CopySerial, ...]:
    serials = work.session.scalars(
        select(Copy.serial)
        .where(Copy.request_id == copy.replaced_by, Copy.issued_at.is_not(None))
        .order_by(Copy.number)
    )
    return tuple(CopySerial(serial) for serial in serials)
