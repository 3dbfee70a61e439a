"""The log: search it, look at an entry, and prove that it is there."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Annotated, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Query
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from printserver.audit.heads import head_verifier
from printserver.audit.proofs import EntryNotInLog, InclusionProof
from printserver.audit.queries import AuditSearch
from printserver.audit.sequencer import newest_head
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.audit_access import entries_in_view, entry_in_view, proof_in_view
from printserver.http_edge.declarations import requires
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import Call, CurrentActor, CurrentCall, CurrentWork
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import names
from printserver.signing.published_key import KeyUsage
from printserver.web.view import CurrentView
from printserver.web.words import WORDS

router = edge_router("/audit", "pages")

PAGE: Final = 50


class TypedSearch(BaseModel):
    """Days as the browser sends them, in the installation's time zone; one that is none asks for nothing."""

    event: Annotated[str, Field(max_length=100)] = ""
    text: Annotated[str, Field(max_length=200)] = ""
    since: Annotated[str, Field(max_length=10)] = ""
    until: Annotated[str, Field(max_length=10)] = ""
    subject_id: UUID | None = None
    before: UUID | None = None

    def wanted(self, zone: ZoneInfo) -> AuditSearch:
        until = _day(self.until)
        return AuditSearch(
            event=self.event or None,
            text=self.text.strip() or None,
            subject_id=self.subject_id,
            since=_midnight(_day(self.since), zone),
            until=_midnight(until + timedelta(days=1) if until else None, zone),
        )


@router.get("", response_class=HTMLResponse)
@requires(Permission.READ_AUDIT)
def list_entries(
    typed: Annotated[TypedSearch, Query()], view: CurrentView, actor: CurrentActor, work: CurrentWork
) -> HTMLResponse:
    zone = ZoneInfo(view.settings.time_zone)
    found = entries_in_view(work, actor, typed.wanted(zone), before=typed.before, limit=PAGE)
    return view.page(
        "audit.html",
        entries=found.entries,
        next=found.next,
        typed=typed,
        events=WORDS["event"],
        people=names(work, {entry.person_id for entry in found.entries if entry.person_id}),
        head=newest_head(work),
    )


@router.get("/{entry_id}", response_class=HTMLResponse)
@requires(Permission.READ_AUDIT)
def show_entry(
    entry_id: UUID, view: CurrentView, actor: CurrentActor, work: CurrentWork, call: CurrentCall
) -> HTMLResponse:
    entry = entry_in_view(work, actor, entry_id)
    people = names(work, {entry.person_id}) if entry.person_id else {}
    return view.page(
        "audit_entry.html",
        entry=entry,
        person=people.get(entry.person_id, "") if entry.person_id else "",
        proof=_verified_proof(work, actor, call, entry_id),
    )


def _verified_proof(work: Work, actor: Actor, call: Call, entry_id: UUID) -> InclusionProof | None:
    """None while the entry waits for its place.   Raises: LogRewritten, HeadSignatureInvalid, InclusionProofInvalid."""
    try:
        proof = proof_in_view(work, actor, call.edge.prover, entry_id)
    except EntryNotInLog:
        return None
    keys = call.adapters.load_key_list().of_usage(KeyUsage.TREE_HEAD)
    proof.verify(head_verifier({key.key_id: key.p256_key() for key in keys}))
    return proof


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _midnight(day: date | None, zone: ZoneInfo) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), zone)
