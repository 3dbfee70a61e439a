"""What people look for among archive records, as conditions of a query."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from printserver.archive.han_forms import forms
from printserver.archive.models import ArchiveParty, ArchiveRecord
from printserver.foundation.serials import CopySerial, SerialMalformed

LONGEST: Final = 200


@dataclass(frozen=True)
class ArchiveSearch:
    """What is filled in must agree; `text` may be found in any of the first four fields.

    Title, own reference and party: any part, whatever the case; party also its whole number. Number: the beginning.
    Catalogue: a year, or a year and class. Serial: whole, as typed from paper. Full-width letters and digits mean the
    same as plain ones, traditional characters the same as simplified ones.
    tokens: of words that the text must hold, see `search_index`.   least_minor, most_minor: of the amount in
    `currency`.   since, until: when archived, [since, until).   ends_since, ends_until: the contract's end, both
    included.
    """

    text: str = ""
    title: str = ""
    own_reference: str = ""
    number: str = ""
    serial: str = ""
    party: str = ""
    class_code: str = ""
    catalogue: str = ""
    retention_class: str = ""
    branch_id: UUID | None = None
    least_minor: int | None = None
    most_minor: int | None = None
    currency: str = ""
    since: datetime | None = None
    until: datetime | None = None
    ends_since: date | None = None
    ends_until: date | None = None
    tokens: tuple[int, ...] = ()


def conditions(search: ArchiveSearch) -> Iterator[ColumnElement[bool]]:
    """Of all but `tokens`."""
    text = search.text.strip()
    if text:
        yield or_(_title(text), _own_reference(text), _number(text), _serial(text))
    for value, condition in (
        (search.title, _title),
        (search.own_reference, _own_reference),
        (search.number, _number),
        (search.serial, _serial),
        (search.party, _party),
        (search.catalogue, _catalogue),
    ):
        if value.strip():
            yield condition(value.strip())
    if search.class_code:
        yield ArchiveRecord.class_code == search.class_code
    if search.retention_class:
        yield ArchiveRecord.retention_class == search.retention_class
    if search.branch_id is not None:
        yield ArchiveRecord.branch_id == search.branch_id
    yield from _ranges(search)


def _ranges(search: ArchiveSearch) -> Iterator[ColumnElement[bool]]:
    if search.currency:
        yield ArchiveRecord.amount_currency == search.currency
    if search.least_minor is not None:
        yield ArchiveRecord.amount_minor >= search.least_minor
    if search.most_minor is not None:
        yield ArchiveRecord.amount_minor <= search.most_minor
    if search.since is not None:
        yield ArchiveRecord.created_at >= search.since
    if search.until is not None:
        yield ArchiveRecord.created_at < search.until
    if search.ends_since is not None:
        yield ArchiveRecord.contract_end >= search.ends_since
    if search.ends_until is not None:
        yield ArchiveRecord.contract_end <= search.ends_until


def plain(text: str) -> str:
    """Full-width letters and digits as plain ones."""
    return unicodedata.normalize("NFKC", text).strip()


def is_named(text: str, organisation_id: UUID) -> ColumnElement[bool]:
    """That it is the record's whole archive number, or its serial as typed from paper."""
    number = plain(text)
    numbered = ArchiveRecord.number.in_((number, number.upper()))
    return or_(and_(ArchiveRecord.organisation_id == organisation_id, numbered), _serial(text))


def _contains(column: InstrumentedAttribute[str], text: str) -> ColumnElement[bool]:
    """As it was typed, or in plain letters; its Chinese characters in any of their forms."""
    spelled = dict.fromkeys((text[:LONGEST], plain(text)[:LONGEST]))
    either = [column.icontains(each, autoescape=True) for each in spelled]
    return or_(*either, *_in_any_form(column, plain(text)[:LONGEST]))


def _in_any_form(column: InstrumentedAttribute[str], text: str) -> Iterator[ColumnElement[bool]]:
    """Nothing when no character of the text has another form."""
    spelled = [forms(character) for character in text]
    if max(map(len, spelled), default=1) > 1:
        pattern = "".join(re.escape(each) if len(each) == 1 else f"[{each}]" for each in spelled)
        yield func.lower(column).regexp_match(func.lower(pattern))


def _title(text: str) -> ColumnElement[bool]:
    return _contains(ArchiveRecord.title, text)


def _own_reference(text: str) -> ColumnElement[bool]:
    return _contains(ArchiveRecord.own_reference, text)


def _number(text: str) -> ColumnElement[bool]:
    return ArchiveRecord.number.startswith(plain(text), autoescape=True)


def _catalogue(text: str) -> ColumnElement[bool]:
    """Of a whole year, or of one class in it."""
    part = plain(text)
    return or_(ArchiveRecord.catalogue == part, ArchiveRecord.catalogue.startswith(f"{part}/", autoescape=True))


def _party(text: str) -> ColumnElement[bool]:
    named: Select[UUID] = select(ArchiveParty.record_id).where(
        or_(_contains(ArchiveParty.name, text), ArchiveParty.number == plain(text).upper())
    )
    return ArchiveRecord.id.in_(named)


def _serial(text: str) -> ColumnElement[bool]:
    try:
        spelled = str(CopySerial.parse(plain(text)))
    except SerialMalformed:
        spelled = ""
    return ArchiveRecord.serial == spelled
