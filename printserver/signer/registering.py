"""The signer takes up a statement: it reads the signed words, judges by its own register, and writes there first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy.exc import DataError

from printserver.approvals.statement_events import StatementRegistered
from printserver.approvals.statement_queries import signed_statement
from printserver.foundation.unit_of_work import Database
from printserver.signer.end_anchors import check_end
from printserver.signing.key_list import KeyList
from printserver.signing.register_journal import NAME, RegisterJournal
from printserver.signing.signatories import helps_to_seal, is_officer
from printserver.signing.statements import StatementMalformed

FACTS: Final = ("register_lines", "register_head")


@dataclass(frozen=True)
class Registering:
    database: Database
    key_list: KeyList
    register: RegisterJournal

    def take_up(self, statement_id: UUID) -> tuple[int, str]:
        """Answer how many lines the register has now, and its head under its own mark.

        Raises: NotFound, StatementRefused, StatementMalformed, EvidenceForged, KeyUnknown, KeyNotValid; RegisterBroken.
        """
        try:
            with self.database.reading() as work:
                statement, evidence = signed_statement(work, statement_id)
        except (ValueError, TypeError, DataError) as problem:
            raise StatementMalformed("a row holds what no statement of ours ever held") from problem
        self.register.take_up(statement, evidence, self.key_list, self.database.clock.now())
        structlog.get_logger().info("statement taken up", statement_id=str(statement_id), kind=statement.kind.value)
        return self.register.marked_head

    def person(self, organisation: int, person_id: UUID, path: str) -> dict[str, bool]:
        """What the register says of a person.   path: of the branch over which somebody would be an officer."""
        standing = self.register.standing(organisation)
        return {
            "helps_to_seal": helps_to_seal(standing, str(person_id)),
            "officer": is_officer(standing, str(person_id), path, self.database.clock.now()),
        }


def check_register(database: Database, register: RegisterJournal) -> None:
    """Prove that the register still knows what it knew when the newest statements were taken up.

    Raises: RegisterBroken: then nothing may be signed.
    """
    check_end(database, register, name=NAME, event=StatementRegistered.__name__, facts=FACTS)
