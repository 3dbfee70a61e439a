"""Of what people are told by mail. Each kind has a template in both languages, and everybody can do without it."""

from __future__ import annotations

from enum import StrEnum


class MailKind(StrEnum):
    WAITS = "waits"
    """A request waits for the reader's decision."""
    URGED = "urged"
    """Its applicant asks to hurry."""
    DECIDED = "decided"
    """The reader's own request was approved, refused, has expired or failed."""
    ISSUED = "issued"
    """The copies can be released at the printer."""
    PRINTED = "printed"
    """All its copies have come out."""
    COPY_VOID = "copy-void"
    """A copy is no longer valid."""
    RETURN_OWED = "return-owed"
    """A copy's signed paper is due soon, or overdue."""
    RETURN_ESCALATED = "return-escalated"
    """A branch of the reader's owes a signed paper for long."""
    ALARM = "alarm"
    """A printer's counter and the books differ, or nobody knows what became of a copy."""
    CERTIFICATE = "certificate"
    """A certificate of the company's keys ends soon."""
    DORMANT = "dormant"
    """The reader's own account will be frozen, because nobody uses it."""
    RETENTION = "retention"
    """A hold, a shorter time or a disposal waits for a second person of the archive."""
    STATEMENT = "statement"
    """A statement waits for an officer's word."""
    IDENTITY_DUE = "identity-due"
    """A proof of identity has to be checked again soon."""
