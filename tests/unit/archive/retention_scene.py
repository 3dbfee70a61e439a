"""Archived copies with their returns, an archivist and a second one: for tests of retention, holds and disposal."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from pathlib import Path
from uuid import UUID

from sqlalchemy import func, select, update

from printserver.archive.disposal_holdings import OtherHoldings, RecordHoldings
from printserver.archive.disposal_running import DisposalTools
from printserver.archive.models import ArchiveRecord
from printserver.archive.records import ArchivedPage, archive_copy
from printserver.audit.check import check_log
from printserver.audit.findings import LogReport
from printserver.audit.heads import head_verifier
from printserver.audit.sequencer import Sequencer
from printserver.audit.witness import Witness
from printserver.foundation.database import Base
from printserver.foundation.ids import new_id
from printserver.foundation.job_queue import Job, RecordedJobs
from printserver.foundation.unit_of_work import Database, Work
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Role
from printserver.print_requests.disposing import RequestHoldings
from printserver.print_requests.models import Copy
from printserver.print_requests.queries import CopyFacts
from printserver.returns.disposing import ReturnHoldings
from printserver.returns.models import Return, ReturnPage
from printserver.returns.states import PageState, ReturnState
from printserver.signing.evidence import AttestationKey, EvidenceClaims, sign_evidence
from printserver.signing.key_list import KeyList
from printserver.signing.p256 import sign_message, software_sign
from printserver.signing.published_key import KeyUsage
from printserver.storage.objects import Objects
from tests.paper_books import Books, add_in_order
from tests.unit.archive.test_records import BY, complete

LONG_AGO = date(2010, 3, 1)
"""An end after which ten years are over by the clock of the tests."""


@dataclass(frozen=True)
class Attests:
    """The web process's key, in memory."""

    key: AttestationKey

    def attest(self, claims: EvidenceClaims) -> str:
        return sign_evidence(claims, self.key)


@dataclass
class Scene:
    books: Books
    second_person: UUID = field(default_factory=new_id)
    witness: Path = Path("/nonexistent/witness")
    """A test that gives the log's entries their places names a file."""

    @property
    def database(self) -> Database:
        return self.books.database

    @property
    def first(self) -> Actor:
        return self.books.actor(Role.ARCHIVIST)

    @property
    def second(self) -> Actor:
        return replace(self.first, id=self.second_person, name="李四")

    @property
    def attestor(self) -> Attests:
        return Attests(AttestationKey(self.books.issuer.code_key))

    def tools(self, database: Database | None = None, objects: Objects | None = None) -> DisposalTools:
        holdings = (RecordHoldings(), RequestHoldings(), ReturnHoldings(), OtherHoldings())
        return DisposalTools(
            database or self.database, objects or self.books.objects, holdings, self.load_key_list, self.prove_log
        )

    def load_key_list(self) -> KeyList:
        issuer = self.books.issuer
        return issuer.key_list(issuer.entry(KeyUsage.ATTESTATION))

    def prove_log(self, work: Work) -> LogReport:
        entry = self.books.issuer.entry(KeyUsage.TREE_HEAD)
        return check_log(work, Witness(self.witness), head_verifier({entry.key_id: entry.p256_key()}))

    def sequence_log(self) -> None:
        """Every entry gets its place under a signed head, which the witness sees."""
        entry = self.books.issuer.entry(KeyUsage.TREE_HEAD)
        sign = partial(sign_message, software_sign(self.books.issuer.head_key))
        verify = head_verifier({entry.key_id: entry.p256_key()})
        Sequencer(self.database, Witness(self.witness), sign, entry.key_id, verify_head=verify).run_once()

    def jobs(self) -> list[Job]:
        assert isinstance(self.database.jobs, RecordedJobs)
        return self.database.jobs.jobs

    def put(self, text: str) -> str:
        return self.books.objects.put(text.encode(), self.books.organisation_id)

    def issued(self, copy: CopyFacts) -> CopyFacts:
        """With bytes in the store behind its digests."""
        digest, drawn = self.put(f"issued {copy.id}"), self.put(f"drawn {copy.id}")
        with self.database.work() as work:
            chosen = update(Copy).where(Copy.id == copy.id)
            work.session.execute(chosen.values(issued_sha256=digest, rendition_sha256=drawn))
        return replace(copy, issued_sha256=digest, rendition_sha256=drawn)

    def returned(self, *copies: CopyFacts, doubtful: int = 0) -> tuple[UUID, str]:
        """A scan that holds the first page of each copy, and doubtful ones: the return, and the scan's digest."""
        return_id, scan = new_id(), self.put(f"scan {new_id()}")
        common = {"organisation_id": self.books.organisation_id, "branch_id": self.books.branch}
        pages = [
            ReturnPage(
                id=new_id(),
                return_id=return_id,
                position=position,
                state=PageState.DOUBTFUL if copy is None else PageState.MATCHED,
                copy_id=None if copy is None else copy.id,
                page=None if copy is None else 1,
                image_sha256=self.put(f"picture {return_id} {position}"),
                findings={"regions": [{"picture_sha256": self.put(f"cut out {return_id} {position}")}]},
                **common,
            )
            for position, copy in enumerate([*copies, *[None] * doubtful], 1)
        ]
        with self.database.work() as work:
            batch = Return(
                id=return_id,
                handed_in_by=self.books.person,
                filename="王先生的合同.pdf",
                scan_sha256=scan,
                scan_kind="pdf",
                state=ReturnState.READ,
                created_at=work.now(),
                **common,
            )
            add_in_order(work, batch, *pages)
        return return_id, scan

    def archive(
        self, copy: CopyFacts, end: date | None = LONG_AGO, code: str = "10-years", scan: str | None = None
    ) -> UUID:
        """With its searchable file made."""
        page = ArchivedPage(1, self.put(f"page {copy.id}"), scan or self.put(f"scan {copy.id}"), 1, "same", new_id())
        whole = replace(complete(copy), pages=(page,), pages_expected=1, contract_end=end)
        with self.database.work() as work:
            record_id = archive_copy(work, BY, whole, retention_class=code)
            made = update(ArchiveRecord).where(ArchiveRecord.id == record_id)
            searchable = {"searchable_state": "made", "searchable_sha256": self.put(f"searchable {copy.id}")}
            work.session.execute(made.values(**searchable))
        return record_id

    def archived(self, end: date | None = LONG_AGO, code: str = "10-years", **options: str) -> UUID:
        """A record of a copy of its own."""
        copy = self.issued(self.books.copy(**options))
        _, scan = self.returned(copy)
        return self.archive(copy, end, code, scan)

    def record(self, record_id: UUID) -> ArchiveRecord:
        with self.database.reading() as work:
            return work.session.get_one(ArchiveRecord, record_id)

    def row_counts(self) -> dict[str, int]:
        with self.database.reading() as work:
            return {
                table.name: work.session.scalar(select(func.count()).select_from(table)) or 0
                for table in Base.metadata.sorted_tables
            }

    def objects(self) -> set[str]:
        return set(self.books.objects.digests(self.books.organisation_id))
