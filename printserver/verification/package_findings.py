"""What was found out about an evidence package, for people and programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Check(StrEnum):
    """What was looked at, in this order."""

    WHOLE = "whole"
    """Every file is there and as it was packed, and nothing besides."""
    KEYS = "keys"
    """The key lists are the root's, the newest and every earlier one."""
    PARTS = "parts"
    """What follows from the rest says nothing else than it follows."""
    LOG = "log"
    """The audit log proves what the record says, under signed heads."""
    ISSUED = "issued"
    """The issued PDF: its signature, and the code on each page."""
    APPROVALS = "approvals"
    """Signed decisions over this very manifest, enough of them for each step."""
    SEALS = "seals"
    """The seals' own signatures over this copy."""
    PAGES = "pages"
    """The pages that came home, their pictures and the scans they were read from."""
    HOLDERS = "holders"
    """Who held the paper."""


@dataclass(frozen=True)
class Finding:
    """`problem`: empty when all is well.   serial: of the copy that it concerns; empty for the whole package."""

    check: Check
    problem: str = ""
    serial: str = ""

    @property
    def is_good(self) -> bool:
        return not self.problem


@dataclass(frozen=True)
class DecisionShown:
    """`name`: as the issuer says. `kind`: attested, passkey or system."""

    step: str
    decision: str
    name: str
    person_id: str
    decided_at: datetime
    kind: str


@dataclass(frozen=True)
class StepShown:
    """`given` of `needed` people agreed."""

    step: str
    given: int
    needed: int


@dataclass(frozen=True)
class SigningShown:
    """Who signed the paper by hand, as the issuer's people recorded it. `signed_at`: as recorded, text.

    decision: confirmed or refused by a second person, empty while nobody has said so.
    """

    signers: tuple[str, ...]
    place: str
    signed_at: str
    late: bool
    decision: str


@dataclass(frozen=True)
class HandOverShown:
    """Who was given the paper, as the issuer's people recorded it and correct it last. `handed_at`: text.

    holder_kind, means: as the log says.   proof: whether a photo or scan of the signature lies in the package.
    """

    holder_kind: str
    holder: str
    means: str
    receiver: str
    courier_number: str
    handed_at: str
    proof: bool


@dataclass(frozen=True)
class PageShown:
    """`verdict`: of the comparison, as the issuer says. `scan`: whether the untouched scan lies in the package."""

    page: int
    verdict: str
    picture: bool
    scan: bool


@dataclass(frozen=True)
class RecordShown:
    """What a record proves. Times by the log.   witnessed: how many entries the witness outside the database had seen.

    state: of the copy when the package was made, by the log, such as printed or void.
    left_out: scans that hold other people's pages, and what else is not in the package, by a code.
    """

    number: str
    serial: str
    title: str
    copy: int
    copies: int
    state: str
    pages: tuple[PageShown, ...]
    issued_at: datetime | None
    printed_at: datetime | None
    archived_at: datetime | None
    signer: str
    manifest_sha256: str
    decisions: tuple[DecisionShown, ...]
    steps: tuple[StepShown, ...]
    seals: tuple[str, ...]
    hand_overs: tuple[HandOverShown, ...]
    signings: tuple[SigningShown, ...]
    entries: int
    log_size: int
    witnessed: int | None
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class PackageVerdict:
    """`findings`: in the order of the checks; the first bad one of the whole package ends them."""

    issuer: str
    root: str
    key_list: int
    test: bool
    made_at: datetime | None
    records: tuple[RecordShown, ...]
    findings: tuple[Finding, ...]

    @property
    def genuine(self) -> bool:
        """Nothing was found wrong, and there was something to find."""
        return bool(self.records) and all(finding.is_good for finding in self.findings)

    @property
    def problems(self) -> Iterator[Finding]:
        return (finding for finding in self.findings if not finding.is_good)
