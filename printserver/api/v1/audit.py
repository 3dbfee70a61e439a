"""The log: search it, and prove that an entry is in it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from pydantic import AwareDatetime, Field

from printserver.api.v1.common import Page, View, api_router
from printserver.audit.queries import AuditSearch
from printserver.http_edge.audit_access import entries_in_view, entry_in_view, proof_in_view
from printserver.http_edge.declarations import requires
from printserver.http_edge.work import CurrentActor, CurrentCall, CurrentWork
from printserver.organisations.permissions import Permission

router = api_router("/audit/entries", "audit")

Word = Annotated[str | None, Field(max_length=100)]
Moment = Annotated[AwareDatetime | None, Field(examples=["2026-11-22T00:00:00+08:00"])]


class Entry(View):
    """`position`: the place in the tree from 0; null for the second until it has one."""

    id: UUID
    at: datetime
    event: str
    subject: str
    subject_id: UUID | None
    organisation_id: UUID | None
    person_id: UUID | None
    process: str
    address: str
    device: str
    facts: Mapping[str, Any]
    position: int | None


class SignedHead(View):
    """Bytes in hexadecimal."""

    size: int
    root: str
    at: str
    key_id: str
    signature: str


class Proof(View):
    """`body`: the canonical bytes that are hashed.   path: sibling hashes, leaf end first (RFC 9162, 2.1.3)."""

    body: str
    position: int
    path: list[str]
    head: SignedHead


class Search(View):
    """Everything given must hold."""

    person_id: UUID | None = None
    event: Word = None
    subject: Word = None
    subject_id: UUID | None = None
    since: Moment = None
    until: Moment = None
    text: Annotated[str | None, Field(max_length=200, description="Anywhere in the entry.")] = None
    before: UUID | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50

    def wanted(self) -> AuditSearch:
        return AuditSearch(**self.model_dump(exclude={"before", "limit"}))


@router.get("", summary="Entries of the log, newest first")
@requires(Permission.READ_AUDIT)
def list_entries(search: Annotated[Search, Query()], actor: CurrentActor, work: CurrentWork) -> Page[Entry]:
    found = entries_in_view(work, actor, search.wanted(), before=search.before, limit=search.limit)
    return Page(items=[Entry.model_validate(entry) for entry in found.entries], next=found.next)


@router.get("/{entry_id}", summary="One entry")
@requires(Permission.READ_AUDIT)
def read_entry(entry_id: UUID, actor: CurrentActor, work: CurrentWork) -> Entry:
    return Entry.model_validate(entry_in_view(work, actor, entry_id))


@router.get("/{entry_id}/proof", summary="Proof that the entry is in the log of the newest signed head")
@requires(Permission.READ_AUDIT)
def read_proof(entry_id: UUID, actor: CurrentActor, work: CurrentWork, call: CurrentCall) -> Proof:
    """It verifies without this server. An entry that is younger than a second may not be provable yet."""
    return Proof.model_validate(proof_in_view(work, actor, call.edge.prover, entry_id).to_json())
