"""The catalogue (目录) as the rows of a table. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from printserver.archive.queries import RecordSummary

COLUMNS: Final = (
    "number",
    "title",
    "class",
    "branch",
    "own_reference",
    "serial",
    "copy",
    "pages",
    "archived_on",
    "contract_end",
    "retention_class",
)
"""Stable names."""


def cells(record: RecordSummary, branches: Mapping[UUID, str], zone: ZoneInfo) -> tuple[str | int, ...]:
    """One for each of `COLUMNS`.   branches: names by id.   zone: whose days are written."""
    return (
        record.number,
        record.title,
        record.class_code,
        branches.get(record.branch_id, ""),
        record.own_reference,
        record.serial,
        f"{record.copy_number} / {record.copies}",
        record.pages,
        record.created_at.astimezone(zone).date().isoformat(),
        record.contract_end.isoformat() if record.contract_end else "",
        record.retention_class,
    )
