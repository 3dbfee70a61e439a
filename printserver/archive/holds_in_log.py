"""Which records legal holds cover by the log, for disposal: rows of a hold may be taken away, its entry cannot unseen.

A hold that the log says was set holds until the log says that it was lifted, with the signed words of two persons.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from printserver.archive.events import CopyArchived
from printserver.archive.models import ArchiveRecord
from printserver.archive.retention_events import HoldLifted, HoldSet
from printserver.archive.signed_words import WordsNotSigned, lifting, proved_words
from printserver.audit.queries import facts_about, facts_within
from printserver.foundation.errors import NotFound
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import branch_path
from printserver.organisations.queries import organisation
from printserver.signing.key_list import KeyList


@dataclass(frozen=True)
class LoggedHold:
    """`records`, `branches`: ids as text; the branches are those that lay below when it was set, and itself.

    Of an entry of an earlier release, which does not say what lay below, the branch alone.
    """

    id: UUID
    records: frozenset[str]
    branches: frozenset[str]


def unlifted_holds(
    work: Work, organisation_id: UUID, keys: KeyList, known: Iterable[LoggedHold] = ()
) -> tuple[LoggedHold, ...]:
    """Of the organisation, by the log alone.   known: from it when it was proved; they hold until they are lifted."""
    number = organisation(work, organisation_id).number
    lifted = {
        hold_id
        for hold_id, facts in facts_within(work, organisation_id, HoldLifted.__name__)
        if _is_lifted(hold_id, number, facts, keys)
    }
    said = facts_within(work, organisation_id, HoldSet.__name__)
    return tuple(hold for hold in (*known, *(_hold(*each) for each in said)) if hold.id not in lifted)


def is_lifted_by_log(work: Work, organisation_id: UUID, hold_id: UUID, keys: KeyList) -> bool:
    """Whether the log says so, with the signed words of two persons."""
    number = organisation(work, organisation_id).number
    return any(_is_lifted(hold_id, number, facts, keys) for facts in facts_about(work, hold_id, HoldLifted.__name__))


def naming_covered(
    work: Work, holds: tuple[LoggedHold, ...], records: Iterable[ArchiveRecord]
) -> tuple[LoggedHold, ...]:
    """The same, each also naming those of `records` that lie where it holds."""
    if not any(hold.branches for hold in holds):
        return holds
    lying = {str(record.id): _branches(work, record) for record in records}
    return tuple(
        replace(hold, records=hold.records | {each for each, branches in lying.items() if hold.branches & branches})
        for hold in holds
    )


def is_held_by_log(work: Work, record: ArchiveRecord, holds: Iterable[LoggedHold]) -> bool:
    """Whether one of `holds` names the record, or a branch at or above that of its row or of its entry in the log."""
    branches = _branches(work, record)
    return any(str(record.id) in hold.records or hold.branches & branches for hold in holds)


def _branches(work: Work, record: ArchiveRecord) -> set[str]:
    said = (facts.get("branch_id") for facts in facts_about(work, record.id, CopyArchived.__name__))
    branches = {str(record.branch_id), *(str(each) for each in said if each)}
    return branches | {part for branch_id in branches for part in _path(work, branch_id).split("/") if part}


def _is_lifted(hold_id: UUID, number: int, facts: Mapping[str, Any], keys: KeyList) -> bool:
    try:
        matter = lifting(hold_id, number, asked_at=str(facts["asked_at"]), reason=str(facts["reason"]))
        proved_words(matter, (str(facts["asked"]), str(facts["agreed"])), keys)
    except (KeyError, WordsNotSigned):
        return False
    return True


def _hold(hold_id: UUID, facts: Mapping[str, Any]) -> LoggedHold:
    covered = {str(facts["branch_id"]), *facts.get("branches", ())} if facts["scope"] == "branch" else set()
    return LoggedHold(hold_id, frozenset(facts["records"]), frozenset(covered))


def _path(work: Work, branch_id: str) -> str:
    """Ids of the branches from the top; the branch alone when its row is gone."""
    try:
        return branch_path(work, UUID(branch_id))
    except NotFound:
        return branch_id
