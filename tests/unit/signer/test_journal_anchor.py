"""The log remembers how far the spent journal went, so that a journal cut off or replaced opens no signer."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest

from printserver.foundation.serials import CopySerial
from printserver.signer.journal_anchor import check_journal
from printserver.signing.errors import JournalBroken
from printserver.signing.spent_journal import SpentJournal
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
