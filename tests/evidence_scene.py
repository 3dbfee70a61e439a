"""Archived copies of a signing world, with returns, a real log and its witness: what evidence packages are made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete

from printserver.archive.models import ArchiveRecord
from printserver.archive.records import ArchivedPage, CompleteCopy, archive_copy
from printserver.archive.retention_models import DisposalRun, DisposedRecord
from printserver.archive.states import RunState
from printserver.audit.log import append
from printserver.audit.proofs import Prover
from printserver.audit.sequencer import Sequencer
from printserver.audit.witness import Witness
from printserver.foundation.ids import new_id
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Role
from printserver.print_requests.models import Copy
from printserver.print_requests.queries import copy_facts
from printserver.returns.events import ReturnHandedIn
from printserver.returns.evidence_packing import EvidenceTools
from printserver.returns.models import Return, ReturnPage
from printserver.returns.states import PageState, ReturnState
from printserver.signer.heads import trusted_heads
from tests.signing_world import SigningWorld, key_list_of
from tests.world_building import BY_SETUP, scanned_page


@dataclass
class EvidenceScene:
    signing: SigningWorld

    def actor(self, role: Role = Role.ARCHIVIST) -> Actor:
        with self.signing.database.reading() as work:
            return self.signing.world.actor(work, role)

    @property
    def tools(self) -> EvidenceTools:
        settings = self.signing.settings
        return EvidenceTools(
            self.signing.database,
            self.signing.objects,
            lambda: key_list_of(settings),
            settings.key_list,
            settings.earlier_key_lists,
            settings.witness,
            Prover(),
            pause=self.sequence,
        )

    @property
    def root(self) -> str:
        return self.signing.settings.root_fingerprint.read_text().strip()

    def sequence(self) -> None:
        """Give every entry its place under a head signed by the token, as the signer does each second."""
        self.sequencer().run_once()

    def sequencer(self) -> Sequencer:
        settings, keys = self.signing.settings, self.signing.ceremony.keys
        settings.witness.parent.mkdir(exist_ok=True)
        return Sequencer(
            self.signing.database,
            Witness(settings.witness),
            keys.sign_tree_head,
            keys.tree_head_id(),
            verify_head=trusted_heads(keys.key_list),
        )

    def archived(self, copy: Copy, *, also: Sequence[Copy] = ()) -> UUID:
        """The record of a copy whose pages came home in one scan; with a page of each of `also` in the same file."""
        scan = scanned_page(copy.id.int)
        owner, now, return_id = copy.organisation_id, self.signing.database.clock.now(), new_id()
        digest = self.signing.objects.put(scan, owner)
        pictures = [
            self.signing.objects.put(scanned_page(copy.id.int + page), owner) for page in range(1, copy.pages + 1)
        ]
        whose = self.actor().id
        with self.signing.database.work() as work:
            facts = copy_facts(work, copy.id)
            work.session.add(
                Return(
                    id=return_id,
                    organisation_id=owner,
                    branch_id=copy.branch_id,
                    handed_in_by=whose,
                    filename="scan.jpg",
                    scan_sha256=digest,
                    scan_kind="jpeg",
                    state=ReturnState.READ,
                    pages=copy.pages + len(also),
                    created_at=now,
                )
            )
            work.session.flush()
            append(
                work,
                BY_SETUP.within(owner),
                ReturnHandedIn(id=return_id, scan_sha256=digest, scan_kind="jpeg", bytes=len(scan)),
            )
            belonging = [(copy.id, page) for page in range(1, copy.pages + 1)] + [(each.id, 1) for each in also]
            for position, (copy_id, page) in enumerate(belonging, start=1):
                work.session.add(
                    ReturnPage(
                        id=new_id(),
                        return_id=return_id,
                        organisation_id=owner,
                        branch_id=copy.branch_id,
                        position=position,
                        state=PageState.MATCHED,
                        copy_id=copy_id,
                        page=page,
                        findings={"comparison": "same", "score": 0.98},
                        verdict="same",
                    )
                )
            return archive_copy(
                work,
                BY_SETUP,
                CompleteCopy(
                    organisation_id=facts.organisation_id,
                    branch_id=facts.branch_id,
                    request_id=facts.request_id,
                    copy_id=facts.id,
                    serial=facts.serial,
                    number=facts.number,
                    copies=facts.copies,
                    title=facts.title,
                    own_reference=facts.own_reference,
                    issued_sha256=facts.issued_sha256 or "",
                    pages_expected=facts.pages,
                    pages=tuple(
                        ArchivedPage(page, pictures[page - 1], digest, page, "same", return_id)
                        for page in range(1, facts.pages + 1)
                    ),
                ),
            )

    @contextmanager
    def disposed(self, record_id: UUID) -> Iterator[None]:
        """As if the record were gone, until the block ends."""
        with self.signing.database.work() as work:
            gone, now, run_id = work.session.get_one(ArchiveRecord, record_id), work.now(), new_id()
            run = DisposalRun(
                id=run_id,
                organisation_id=gone.organisation_id,
                branch_id=gone.branch_id,
                number=1,
                state=RunState.APPROVED,
                reason="its time is over",
                day=now.date(),
                records=1,
                list_sha256="ab" * 32,
                asked_by=self.actor().person_id,
                asked_at=now,
                asked_evidence="",
                approved_evidence="",
                refusal="",
            )
            work.session.add(run)
            work.session.flush()
            row = DisposedRecord(record_id=gone.id, copy_id=gone.copy_id, run_id=run_id, disposed_at=now)
            work.session.add(row)
        yield
        with self.signing.database.work() as work:
            work.session.execute(delete(DisposedRecord).where(DisposedRecord.run_id == run_id))
            work.session.execute(delete(DisposalRun).where(DisposalRun.id == run_id))
