"""The log remembers how far the spent journal went, so that a journal cut off or replaced opens no signer."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import insert, text

from printserver.audit.models import AuditEntry
from printserver.foundation.ids import new_id
from printserver.foundation.serials import CopySerial
from printserver.signer.journal_anchor import check_journal
from printserver.signing.errors import JournalBroken
from printserver.signing.spent_journal import SpentJournal
from tests.flows.refusing import by_sql
from tests.signing_world import SigningWorld


def reopened(signed: SigningWorld) -> SpentJournal:
    signed.journal.close()
    signed.journal = SpentJournal(signed.settings.spent_journal)
    return signed.journal


def test_an_empty_log_asks_for_nothing(sqlite_signing_world: SigningWorld):
    check_journal(sqlite_signing_world.database, sqlite_signing_world.journal)


def test_the_whole_journal_is_accepted_on_both_databases(signing_world: SigningWorld):
    signing_world.issued(copies=2)
    check_journal(signing_world.database, reopened(signing_world))


def test_a_journal_that_knows_more_than_the_log_is_accepted(sqlite_signing_world: SigningWorld):
    """Copies wasted after they were spent stand in the journal alone."""
    sqlite_signing_world.issued()
    sqlite_signing_world.journal.spend(
        CopySerial.generate(),
        authorisation_id=uuid4(),
        manifest_sha256="0" * 64,
        at=sqlite_signing_world.database.clock.now(),
        limits={},
    )
    check_journal(sqlite_signing_world.database, reopened(sqlite_signing_world))


def without_the_last_line(content: bytes) -> bytes:
    return b"".join(content.splitlines(keepends=True)[:-1])


@pytest.mark.parametrize("cut", [without_the_last_line, lambda _: b""], ids=["last line", "everything"])
def test_a_journal_whose_tail_was_cut_off_is_refused(signing_world: SigningWorld, cut: Callable[[bytes], bytes]):
    """What is left is a sound journal in itself."""
    signing_world.issued(copies=2)
    file = signing_world.settings.spent_journal
    file.write_bytes(cut(file.read_bytes()))
    with pytest.raises(JournalBroken):
        check_journal(signing_world.database, reopened(signing_world))


def test_another_journal_of_the_same_length_is_refused(sqlite_signing_world: SigningWorld):
    sqlite_signing_world.issued(copies=2)
    sqlite_signing_world.settings.spent_journal.unlink()
    journal = reopened(sqlite_signing_world)
    for _ in range(2):
        journal.spend(
            CopySerial.generate(),
            authorisation_id=uuid4(),
            manifest_sha256="0" * 64,
            at=sqlite_signing_world.database.clock.now(),
            limits={},
        )
    with pytest.raises(JournalBroken):
        check_journal(sqlite_signing_world.database, journal)


def test_a_torn_last_line_that_was_closed_does_not_count_as_cut(sqlite_signing_world: SigningWorld):
    sqlite_signing_world.issued()
    sqlite_signing_world.journal.close()
    with sqlite_signing_world.settings.spent_journal.open("ab") as file:
        file.write(b'{"copy_serial":"torn')
    check_journal(sqlite_signing_world.database, reopened(sqlite_signing_world))


@pytest.mark.parametrize(
    "facts",
    [
        {"journal_lines": 10**9, "journal_head": "ab" * 32},
        {"journal_lines": 10**9, "journal_head": f"{'ab' * 32}.{'cd' * 32}"},
        {"journal_lines": -(10**9), "journal_head": ""},
        {"journal_lines": "many", "journal_head": None},
        {"journal_lines": 1, "journal_head": "\ud800." + "\ud800" * 64},
        {},
    ],
    ids=lambda facts: str(facts.get("journal_lines")),
)
def test_an_end_that_somebody_wrote_into_the_log_is_passed_over_and_said(
    signing_world: SigningWorld, facts: dict[str, Any]
):
    """It neither keeps the signer from starting nor hides where the journal truly ended."""
    signing_world.issued()
    for _ in range(2):
        by_sql(signing_world, forged_entry("CopySigned", json.dumps({"facts": facts})))
    check_journal(signing_world.database, reopened(signing_world))
    assert signing_world.events()[-1] == "EndForged"
    signing_world.settings.spent_journal.write_bytes(b"")
    with pytest.raises(JournalBroken):
        check_journal(signing_world.database, reopened(signing_world))


@pytest.mark.parametrize("body", ["no JSON", "[]", '{"facts": 7}'])
def test_an_entry_of_nonsense_keeps_no_signer_from_starting(signing_world: SigningWorld, body: str):
    signing_world.issued()
    by_sql(signing_world, forged_entry("CopySigned", body, at="'infinity'"))
    check_journal(signing_world.database, reopened(signing_world))
    signing_world.issuing.waste_interrupted()


def test_an_end_from_before_there_were_marks_is_no_alarm(sqlite_signing_world: SigningWorld):
    sqlite_signing_world.issued()
    lines, head = sqlite_signing_world.journal.head
    body = json.dumps({"facts": {"journal_lines": lines, "journal_head": head}})
    by_sql(sqlite_signing_world, forged_entry("CopySigned", body))
    check_journal(sqlite_signing_world.database, sqlite_signing_world.journal)
    assert "EndForged" not in sqlite_signing_world.events()


def forged_entry(event: str, body: str, at: str = "'2026-11-22 12:00:00'") -> Any:
    values = {"id": new_id(), "event": event, "subject": "copy", "body": body}
    return insert(AuditEntry).values({**values, "at": text(at)})
