"""Append to the log, in the transaction of the change itself. No audit, no change."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import Enum
from typing import ClassVar, Final
from uuid import UUID

from printserver.audit.canonical import Value, canonical_json
from printserver.audit.models import AuditEntry
from printserver.foundation.clock import as_text
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work

LONGEST_TEXT: Final = 2_000
LARGEST_INTEGER: Final = 2**53 - 1


@dataclass(frozen=True)
class By:
    """Who did it and from where. `person_id` is None for the server itself, then `process` says which part."""

    organisation_id: UUID | None = None
    person_id: UUID | None = None
    process: str = ""
    address: str = ""
    device: str = ""

    def within(self, organisation_id: UUID | None) -> By:
        """What the server itself does belongs to the log of the organisation that it concerns."""
        return self if self.organisation_id else replace(self, organisation_id=organisation_id)


@dataclass(frozen=True, kw_only=True)
class Event:
    """A fact in the past tense; subclasses add fields of JSON scalars, UUIDs, moments, bytes and lists of these.

    `subject` names the kind of thing it happened to, `id` which one.
    """

    subject: ClassVar[str] = "system"
    id: UUID | None = None


def append(work: Work, by: By, event: Event) -> AuditEntry:
    """Record `event` now, by `by`; it becomes part of the log when the transaction commits."""
    entry_id, at, name = new_id(), work.now(), type(event).__name__
    body: dict[str, Value] = {
        "id": str(entry_id),
        "at": as_text(at),
        "event": name,
        "subject": event.subject,
        "subject_id": _plain(event.id),
        "organisation_id": _plain(by.organisation_id),
        "person_id": _plain(by.person_id),
        "process": _plain(by.process),
        "address": _plain(by.address),
        "device": _plain(by.device),
        "facts": {field.name: _plain(getattr(event, field.name)) for field in fields(event) if field.name != "id"},
    }
    entry = AuditEntry(
        id=entry_id,
        at=at,
        organisation_id=by.organisation_id,
        person_id=by.person_id,
        event=name,
        subject=event.subject,
        subject_id=event.id,
        body=canonical_json(body).decode(),
    )
    work.session.add(entry)
    return entry


def _plain(value: object) -> Value:
    """A value that JSON can hold and that stays one short, valid text whatever a stranger put into it."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Enum):
        return _plain(value.value)
    if isinstance(value, int):
        return int(value) if abs(value) <= LARGEST_INTEGER else str(value)
    if isinstance(value, datetime):
        return as_text(value)
    if isinstance(value, Mapping):
        return {_text(str(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return _text(value.hex() if isinstance(value, bytes) else str(value))


def _text(text: str) -> str:
    """Half characters (lone surrogates) become `?`; what is too long is cut, and the cut says what it was."""
    encoded = text.encode("utf-8", "replace")
    if len(text) <= LONGEST_TEXT:
        return encoded.decode()
    whole = f"… ({len(text)} characters, sha256 {hashlib.sha256(encoded).hexdigest()})"
    return encoded.decode()[: LONGEST_TEXT - len(whole)] + whole
