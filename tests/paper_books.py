"""An organisation with people, a seal, a printer and printed copies, as rows; and the keys that sign their codes.

For tests of what happens after printing: returns, archive, verification. Import the fixtures with those of
`tests.databases`.
"""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from sqlalchemy import select, update

from printserver.audit.canonical import canonical_json
from printserver.audit.heads import head_verifier
from printserver.audit.log import By, append
from printserver.audit.models import AuditEntry
from printserver.audit.sequencer import Sequencer
from printserver.audit.witness import Witness
from printserver.documents.models import Document
from printserver.foundation.ids import new_id
from printserver.foundation.serials import CopySerial, PageCode
from printserver.foundation.unit_of_work import Database, Work
from printserver.organisations.access import Actor, Grant
from printserver.organisations.models import Branch, Organisation, User
from printserver.organisations.permissions import Role
from printserver.print_requests.events import CopyRendered, CopySigned
from printserver.print_requests.models import Copy, PrintRequest
from printserver.print_requests.queries import CopyFacts, copy_facts
from printserver.print_requests.states import CopyState, RequestState
from printserver.printing.models import Printer
from printserver.seals.models import Seal
from printserver.seals.states import SealState
from printserver.signing.codes import CodeBody, encode_text, sign_code
from printserver.signing.key_list import KeyList, build_key_list
from printserver.signing.p256 import key_id_of, sign_message, software_sign, spki_of
from printserver.signing.pades import sign_pdf
from printserver.signing.published_key import KeyUsage, PublishedKey
from printserver.signing.trust import OfflineRoot, issue_certificate, make_root
from printserver.storage.sealed_objects import SealedObjects
from tests.paper_drawings import pages_with_codes
from tests.sealed_store import sealed_store

PUBLIC_URL: Final = "https://print.example"
NUMBER: Final = 7
VALID: Final = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC))
ISSUED_AT: Final = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Issuer:
    """The keys of organisation NUMBER, in memory."""

    root: OfflineRoot
    code_key: ec.EllipticCurvePrivateKey
    pdf_key: rsa.RSAPrivateKey
    head_key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def code_key_id(self) -> str:
        return key_id_of(spki_of(self.code_key.public_key()))

    def entry(self, usage: KeyUsage, organisation: int = NUMBER, until: datetime = VALID[1]) -> PublishedKey:
        signing = {KeyUsage.CODE: self.code_key, KeyUsage.ATTESTATION: self.code_key, KeyUsage.TREE_HEAD: self.head_key}
        key = signing.get(usage, self.pdf_key)
        spki = key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        certificate = issue_certificate(
            self.root,
            usage,
            spki=spki,
            common_name=f"Test {usage}",
            organisation_name="示例公司",
            not_before=VALID[0],
            not_after=until,
        )
        return PublishedKey.of_certificate(certificate, usage, organisation=organisation)

    def key_list_bytes(self, *keys: PublishedKey, test: bool = False, sequence: int = 1) -> bytes:
        return build_key_list(
            issuer="示例公司",
            sequence=sequence,
            issued_at=VALID[0],
            root_certificate=self.root.certificate,
            sign=self.root.sign,
            keys=keys or tuple(map(self.entry, (KeyUsage.CODE, KeyUsage.PDF, KeyUsage.TREE_HEAD))),
            test=test,
        )

    def key_list(self, *keys: PublishedKey, test: bool = False) -> KeyList:
        return KeyList.load(self.key_list_bytes(*keys, test=test), root_fingerprint=self.root.fingerprint)

    def text(self, body: CodeBody) -> str:
        return encode_text(PUBLIC_URL, sign_code(body, software_sign(self.code_key)).blob)

    def sign_file(self, pdf: bytes, at: datetime = ISSUED_AT, until: datetime = VALID[1]) -> bytes:
        entry = self.entry(KeyUsage.PDF, until=until)
        return sign_pdf(
            pdf,
            sign=lambda message: self.pdf_key.sign(message, padding.PKCS1v15(), hashes.SHA256()),
            certificates=[entry.x509_certificate(), self.root.certificate],
            field_name="Copy",
            reason="issued",
            location="here",
            time=at,
        )


@dataclass
class Books:
    """One organisation's rows. `branch` is the head, `other` beside it."""

    database: Database
    objects: SealedObjects
    issuer: Issuer
    number: int = NUMBER
    organisation_id: UUID = field(default_factory=new_id)
    branch: UUID = field(default_factory=new_id)
    other: UUID = field(default_factory=new_id)
    person: UUID = field(default_factory=new_id)
    seal: UUID = field(default_factory=new_id)
    printer: UUID = field(default_factory=new_id)

    def open(self) -> Books:
        now = self.database.clock.now()
        with self.database.work() as work:
            add_in_order(
                work,
                Organisation(
                    id=self.organisation_id, number=self.number, name=f"示例公司 {self.number}", created_at=now
                ),
                *(
                    Branch(
                        id=branch,
                        organisation_id=self.organisation_id,
                        name=f"branch {branch}",
                        path=f"/{branch}/",
                        created_at=now,
                    )
                    for branch in (self.branch, self.other)
                ),
                User(
                    id=self.person,
                    organisation_id=self.organisation_id,
                    branch_id=self.branch,
                    login=f"person-{self.number}",
                    staff_number="1",
                    name="王小明",
                    password_hash="none",
                    created_at=now,
                ),
                Seal(
                    id=self.seal,
                    organisation_id=self.organisation_id,
                    branch_id=self.branch,
                    custodian_id=self.person,
                    code_id=f"{self.number:012x}",
                    name="合同专用章",
                    type="contract",
                    state=SealState.ACTIVE,
                    width_um=40_000,
                    height_um=40_000,
                    object_sha256="b" * 64,
                    valid_from=VALID[0],
                    valid_until=VALID[1],
                    created_at=now,
                ),
                Printer(
                    id=self.printer,
                    organisation_id=self.organisation_id,
                    branch_id=self.branch,
                    name="打印机",
                    location="",
                    queue=f"queue-{self.number}",
                    uri="ipps://127.0.0.1/ipp/print",
                    certificate_sha256="c" * 64,
                    colour=True,
                    created_at=now,
                ),
            )
        return self

    def actor(self, *roles: Role, branch: UUID | None = None) -> Actor:
        """The one person, with `roles` at `branch` (the head if not given)."""
        at = branch or self.branch
        grants = tuple(Grant(role, f"/{at}/") for role in roles)
        return Actor(self.person, self.organisation_id, at, "王小明", grants, address="127.0.0.1")

    def copies(
        self,
        count: int = 1,
        *,
        pages: int = 1,
        state: CopyState = CopyState.PRINTED,
        branch: UUID | None = None,
        title: str = "采购合同",
        own_reference: str = "OA-1",
        public_view: str = "full",
    ) -> list[CopyFacts]:
        """One request's copies, without their PDFs. Of its manifest only `public_view` is there."""
        now, at = self.database.clock.now(), branch or self.branch
        manifest = self.objects.put(canonical_json({"public_view": public_view}), self.organisation_id)
        document, request = new_id(), new_id()
        common = {"organisation_id": self.organisation_id, "branch_id": at}
        with self.database.work() as work:
            add_in_order(
                work,
                Document(
                    id=document,
                    created_by=self.person,
                    filename="contract.pdf",
                    original_sha256="d" * 64,
                    safe_sha256=sha256(document.bytes).hexdigest(),
                    pages=pages,
                    created_at=now,
                    **common,
                ),
                PrintRequest(
                    id=request,
                    applicant_id=self.person,
                    document_id=document,
                    seal_id=self.seal,
                    printer_id=self.printer,
                    title=title,
                    purpose="",
                    own_reference=own_reference,
                    places=[],
                    layout=[],
                    copies=count,
                    state=RequestState.ISSUED,
                    manifest_sha256=manifest,
                    created_at=now,
                    expires_at=now + timedelta(days=30),
                    **common,
                ),
            )
            made = [
                Copy(
                    id=new_id(),
                    request_id=request,
                    printer_id=self.printer,
                    number=number,
                    serial=CopySerial.generate().value,
                    state=state,
                    pages=pages,
                    rendition_sha256="f" * 64,
                    issued_sha256=secrets.token_hex(32),
                    issued_at=ISSUED_AT,
                    printed_at=now,
                    **common,
                )
                for number in range(1, count + 1)
            ]
            add_in_order(work, *made)
            return [copy_facts(work, copy.id) for copy in made]

    def copy(self, **options: Any) -> CopyFacts:
        return self.copies(**options)[0]

    def set_state(self, copy: CopyFacts, state: CopyState) -> None:
        with self.database.work() as work:
            work.session.execute(update(Copy).where(Copy.id == copy.id).values(state=state))

    def body(self, copy: CopyFacts, page: int = 1, /, **changes: Any) -> CodeBody:
        said: dict[str, Any] = {
            "key_id": self.issuer.code_key_id,
            "organisation": self.number,
            "serial": copy.serial,
            "issued_at": ISSUED_AT,
            "page": page,
            "pages": copy.pages,
            "copy": copy.number,
            "copies": copy.copies,
            "first_seal_id": bytes.fromhex(f"{self.number:012x}"),
            "document_sha256": bytes.fromhex(copy.document_sha256),
        }
        return CodeBody(**{**said, **changes})

    def text(self, copy: CopyFacts, page: int = 1, /, **changes: Any) -> str:
        """The QR's content for that page, signed."""
        return self.issuer.text(self.body(copy, page, **changes))

    def issue(self, copy: CopyFacts, lines: Sequence[list[str]] = ()) -> bytes:
        """Make the copy's PDF with its codes, and book it as issued."""
        texts = [self.text(copy, page) for page in range(1, copy.pages + 1)]
        pdf = pages_with_codes(texts, [PageCode(copy.serial, page) for page in range(1, copy.pages + 1)], lines)
        with self.database.work() as work:
            digest = self.objects.put(pdf, self.organisation_id)
            work.session.execute(update(Copy).where(Copy.id == copy.id).values(issued_sha256=digest))
        return pdf

    def log_issue(self, copy: CopyFacts, witness: Path, by: By | None = None) -> None:
        """Record that the copy was drawn and signed, and give all entries their places under a signed head."""
        who = by or By(self.organisation_id, process="test")
        drawn = CopyRendered(
            id=copy.id,
            request_id=copy.request_id,
            serial=str(copy.serial),
            number=copy.number,
            rendition_sha256=copy.rendition_sha256,
        )
        signed = CopySigned(id=copy.id, issued_sha256=copy.issued_sha256 or "", journal_lines=1, journal_head="")
        with self.database.work() as work:
            append(work, who, drawn)
            append(work, who, signed)
        entry = self.issuer.entry(KeyUsage.TREE_HEAD)
        sign = partial(sign_message, software_sign(self.issuer.head_key))
        verify = head_verifier({entry.key_id: entry.p256_key()})
        Sequencer(self.database, Witness(witness), sign, entry.key_id, verify_head=verify).run_once()

    def entries(self, *, after: int = 0) -> list[str]:
        """Names of the audit events, oldest first."""
        with self.database.reading() as work:
            return [entry.event for entry in work.session.scalars(select(AuditEntry).order_by(AuditEntry.id))][after:]


def loose_body(issuer: Issuer, page: int = 1, pages: int = 1, **changes: Any) -> CodeBody:
    """What a code says whose copy is in no books: enough for verifying offline."""
    said: dict[str, Any] = {
        "key_id": issuer.code_key_id,
        "organisation": NUMBER,
        "serial": CopySerial(bytes(range(10))),
        "issued_at": ISSUED_AT,
        "page": page,
        "pages": pages,
        "copy": 1,
        "copies": 2,
        "first_seal_id": bytes(range(6)),
        "document_sha256": bytes(range(32)),
    }
    return CodeBody(**{**said, **changes})


def add_in_order(work: Work, *rows: object) -> None:
    for row in rows:
        work.session.add(row)
        work.session.flush()


@pytest.fixture(scope="session")
def issuer() -> Issuer:
    return make_issuer()


def make_issuer() -> Issuer:
    with tempfile.TemporaryDirectory() as folder:
        root = make_root(
            Path(folder) / "root.key",
            common_name="Root",
            organisation_name="示例公司",
            not_before=VALID[0],
            not_after=VALID[1],
        )
    return Issuer(
        root, ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(public_exponent=65_537, key_size=3072)
    )


@pytest.fixture
def books(sqlite_database: Database, issuer: Issuer, tmp_path: Path) -> Books:
    return open_books(sqlite_database, issuer, tmp_path)


@pytest.fixture
def any_books(any_database: Database, issuer: Issuer, tmp_path: Path) -> Books:
    """On SQLite and on PostgreSQL."""
    return open_books(any_database, issuer, tmp_path)


def open_books(database: Database, issuer: Issuer, folder: Path) -> Books:
    return Books(database, sealed_store(folder), issuer).open()
