"""The process sheet: a cover page for a request's file, with its parties, seals, approvals and copies.

It is no copy: it bears no seal and no verification code, says so, and may be printed anywhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import typst

from printserver.audit.log import append
from printserver.foundation.serials import ELECTRONIC_ORIGINAL
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor
from printserver.organisations.queries import branch, organisation
from printserver.print_requests.events import ProcessSheetTaken
from printserver.print_requests.money import in_capitals
from printserver.print_requests.process_code import ProcessCode
from printserver.print_requests.queries import CopyFacts, RequestDetails, request_details
from printserver.print_requests.states import CopyState
from printserver.signing.evidence import CUSTODY_PREFIX, Decision
from printserver.signing.flow import Step

TEMPLATE: Final = Path(__file__).parents[2] / "templates" / "documents" / "process-sheet.typ"
_DECISIONS: Final[Mapping[str, str]] = {
    Decision.APPROVED: "同意 approved",
    Decision.REFUSED: "不同意 refused",
    Decision.FORWARDED: "转交 forwarded",
}
_STEPS: Final[Mapping[str, str]] = {"approval": "审批 approval"}
_STATES: Final[Mapping[CopyState, str]] = {
    CopyState.RENDERED: "待批准 drawn",
    CopyState.AUTHORISED: "已批准 authorised",
    CopyState.ISSUED: "已签发 issued",
    CopyState.ELECTRONIC: "电子原件 file",
    CopyState.RELEASED: "已放行 released",
    CopyState.SENT: "打印中 printing",
    CopyState.PRINTED: "已打印 printed",
    CopyState.WASTED: "未签成 wasted",
    CopyState.OUTCOME_UNKNOWN: "结果不明 unknown",
    CopyState.DESTROYED: "已销毁 destroyed",
    CopyState.MISSING: "下落不明 missing",
    CopyState.VOID: "作废 void",
    CopyState.REPLACED: "已替换 replaced",
}


@dataclass(frozen=True)
class ProcessSheet:
    """What the sheet says, as of `written_at`."""

    request: RequestDetails
    organisation: str
    branch: str
    written_by: str
    written_at: datetime


def take_process_sheet(work: Work, actor: Actor, request_id: UUID) -> ProcessSheet:
    """For everybody who may read the request; each taking is recorded.   Raises: NotFound."""
    request = request_details(work, actor, request_id)
    append(work, actor.by, ProcessSheetTaken(id=request_id))
    return ProcessSheet(
        request=request,
        organisation=organisation(work, actor.organisation_id).name,
        branch=branch(work, request.summary.branch_id).name,
        written_by=actor.name,
        written_at=work.now(),
    )


def draw_process_sheet(sheet: ProcessSheet, *, time_zone: str) -> bytes:
    """A PDF of one page or more.   time_zone: IANA name, in which its days are."""
    words = json.dumps(_words(sheet, ZoneInfo(time_zone)), ensure_ascii=False)
    return bytes(typst.compile(str(TEMPLATE), sys_inputs={"data": words}))


def _words(sheet: ProcessSheet, zone: ZoneInfo) -> dict[str, Any]:
    request, summary, more = sheet.request, sheet.request.summary, sheet.request.particulars
    described = None if more.document_class is None else more.document_class.description
    return {
        "title": summary.title,
        "reference": summary.own_reference or "–",
        "class": summary.class_code if described is None else f"{described.name_zh} {described.name_en}",
        "organisation": sheet.organisation,
        "branch": sheet.branch,
        "applicant": summary.applicant_name,
        "handed_in": _moment(summary.created_at, zone),
        "amount": _amount(request),
        "pages": str(request.pages),
        "printer": request.printer_name,
        "purpose": request.purpose or "–",
        "request": str(summary.id),
        "digest": request.document_sha256,
        "parties": [[party.name, party.number or "–"] for party in more.parties],
        "seals": [seal.name for seal in request.seals],
        "decisions": [
            [
                _step(more.called, each.step),
                request.deciders.get(each.person_id, "–"),
                _DECISIONS.get(each.decision, each.decision) + (f" · {each.reason}" if each.reason else ""),
                _moment(each.decided_at, zone),
            ]
            for each in request.decisions
        ],
        "copies": [_copy(copy, summary.copies, zone) for copy in request.copies],
        "barcode": ProcessCode(summary.id).svg(),
        "written": f"{sheet.written_by} · {_moment(sheet.written_at, zone)}",
    }


def _step(called: Mapping[str, Step], name: str) -> str:
    """A step's names for people, where it has any."""
    if name.startswith(CUSTODY_PREFIX):
        return "保管人 custodian"
    step = called.get(name)
    said = "" if step is None else f"{step.name_zh} {step.name_en}".strip()
    return said or _STEPS.get(name, name)


def _amount(request: RequestDetails) -> str:
    amount = request.particulars.amount
    if amount is None:
        return "–"
    return " · ".join(part for part in (f"{amount.currency} {amount.grouped}", in_capitals(amount)) if part)


def _copy(copy: CopyFacts, copies: int, zone: ZoneInfo) -> list[str]:
    on_paper = copy.number != ELECTRONIC_ORIGINAL
    printed = "–" if copy.printed_at is None else _moment(copy.printed_at, zone)
    number = f"第 {copy.number} 份 共 {copies} 份" if on_paper else "电子原件"
    return [number, str(copy.serial), _STATES[copy.state], printed]


def _moment(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"
