"""Tells the log when a key or certificate is about to run out: once at 90, 30 and 7 days, and at its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from printserver.audit.log import By, Event, append
from printserver.audit.queries import AuditSearch, find_entries
from printserver.bootstrap import read_key_overview
from printserver.foundation.unit_of_work import Database, Work
from printserver.organisations.queries import OrganisationFacts, organisations
from printserver.settings import Settings
from printserver.signing.key_overview import KeyDue

BY_WORKER: Final = By(process="worker")
EVERY_SECONDS: Final = 3_600.0
LOOKED_THROUGH: Final = 500
"""Earlier warnings: four for each thing that can run out."""


@dataclass(frozen=True, kw_only=True)
class KeyRunsOut(Event):
    """stage: 90, 30 or 7 days are left at most; 0: it is over."""

    subject: ClassVar[str] = "key"
    thing: str
    name: str
    usage: str
    not_after: str
    stage: int


def warn_of_keys(database: Database, settings: Settings) -> int:
    """How many warnings were new.   Raises: KeyListRefused."""
    due = [line for line in read_key_overview(settings, database.clock.now()) if line.stage is not None]
    if not due:
        return 0
    with database.work() as work:
        return sum(_warn(work, each, due) for each in organisations(work))


def _warn(work: Work, organisation: OrganisationFacts, due: list[KeyDue]) -> int:
    search = AuditSearch(event=KeyRunsOut.__name__, organisations={organisation.id})
    told = {
        (entry.facts.get("name"), entry.facts.get("not_after"), entry.facts.get("stage"))
        for entry in find_entries(work, search, limit=LOOKED_THROUGH).entries
    }
    new = [line for line in due if (line.name, _end(line), line.stage) not in told]
    for line in new:
        append(
            work,
            BY_WORKER.within(organisation.id),
            KeyRunsOut(
                thing=line.thing,
                name=line.name,
                usage=line.usage or "",
                not_after=_end(line),
                stage=line.stage or 0,
            ),
        )
    return len(new)


def _end(line: KeyDue) -> str:
    return line.not_after.strftime("%Y-%m-%d")
