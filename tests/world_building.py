"""Set up two companies by the rooms' own services, with software keys where the product has an HSM."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final
from uuid import UUID

import cv2
import numpy as np
from argon2 import PasswordHasher
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from reportlab.pdfgen.canvas import Canvas
from sqlalchemy import select

from printserver.audit.log import By
from printserver.bootstrap import Adapters
from printserver.foundation.database import open_engines
from printserver.foundation.ids import new_id
from printserver.foundation.job_queue import RecordedJobs
from printserver.foundation.unit_of_work import Database, Work
from printserver.organisations import passwords
from printserver.organisations.access import Actor
from printserver.organisations.models import ApiToken, Branch, User
from printserver.organisations.permissions import Role
from printserver.organisations.secrets import Secrets
from printserver.organisations.service import create_branch, create_organisation, create_user, grant_role
from printserver.organisations.tokens import issue_api_token, token_mac
from printserver.printing.pin import Pin, read_pin
from printserver.printing.service import NewPrinter, enrol_printer
from printserver.rendering.seal_artwork import draw_company_seal
from printserver.seals.service import NewSeal, register_seal
from printserver.settings import Settings
from printserver.signing.key_list import build_key_list
from printserver.signing.p256 import software_sign, spki_of
from printserver.signing.published_key import KeyUsage, PublishedKey
from printserver.signing.seal_object import SealFacts, SealPicture, make_seal_object
from printserver.signing.trust import OfflineRoot, issue_certificate, make_key_file, make_root
from tests.databases import FakeClock
from tests.sealed_store import store_of
from tests.seat_books import RowSeats

PASSWORD: Final = "a long sentence for the tests"
BY_SETUP: Final = By(process="set-up")
PAGES: Final = 2
SITE: Final = "http://print.example"
YEARS: Final = timedelta(days=3650)


@dataclass(frozen=True)
class Person:
    """`token`: of the API, valid for 90 days of the world's clock."""

    id: UUID
    login: str
    token: str


@dataclass(frozen=True)
class Office:
    """A branch with one person of each role, who acts there and below; a seal, its custodian's, and a printer."""

    branch_id: UUID
    staff: Mapping[Role, Person]
    seal_id: UUID
    printer_id: UUID


@dataclass(frozen=True)
class Company:
    """`head` stands above `north` and `south`; an auditor of `head` sees the whole company."""

    id: UUID
    number: int
    head: Office
    north: Office
    south: Office


@dataclass(frozen=True)
class Maker:
    """The offline root and the seal maker's key. `holder` holds every seal of these tests."""

    root: OfflineRoot
    now: datetime
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    holder: x509.Certificate

    def seal_object(self, name: str, code_id: str, artwork: bytes) -> bytes:
        facts = SealFacts(code_id, "tests", 1, name, self.now, self.now, self.now + YEARS / 2)
        picture = SealPicture(artwork, 40, 40)
        return make_seal_object(facts, picture, [self.holder], self.certificate, software_sign(self.key))


@contextmanager
def cheap_passwords() -> Iterator[None]:
    """Real argon2id, at its lowest cost: the hashes say so themselves and are checked as any other."""
    usual = passwords._hasher
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # type: ignore[misc]  # it is Final
    yield
    passwords._hasher = usual  # type: ignore[misc]  # it is Final


def world_settings(home: Path) -> Settings:
    return Settings(home=home, database_url="", public_url=SITE, largest_upload_bytes=2 << 20, password_days=0)


def world_adapters(settings: Settings, database: Database | None = None) -> Adapters:
    """On SQLite in the home, unless `database` says otherwise; the clock stands still, jobs are recorded."""
    used = database or Database(open_engines(settings.database), RecordedJobs(), FakeClock())
    return Adapters(settings, used, *store_of(settings), RowSeats(used))


def publish_keys(settings: Settings, now: datetime) -> Maker:
    """Write the attestation key, web's secret, the key list and the root's fingerprint."""
    for file in (settings.attestation_key, settings.key_list):
        file.parent.mkdir(parents=True, exist_ok=True)
    Secrets.make(settings.web_secret)
    root = make_root(
        settings.home / "root.pem",
        common_name="root",
        organisation_name="示例",
        not_before=now - YEARS,
        not_after=now + YEARS,
    )

    def certified(key: ec.EllipticCurvePrivateKey, usage: KeyUsage) -> x509.Certificate:
        return issue_certificate(
            root,
            usage,
            spki=spki_of(key.public_key()),
            common_name=usage,
            organisation_name="示例",
            not_before=now,
            not_after=now + YEARS / 2,
        )

    maker_key, holder_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    maker, holder = certified(maker_key, KeyUsage.SEAL_MAKER), certified(holder_key, KeyUsage.SEAL)
    attestation = certified(make_key_file(settings.attestation_key), KeyUsage.ATTESTATION)
    keys = [
        PublishedKey.of_certificate(certificate, usage, organisation=None)
        for certificate, usage in ((maker, KeyUsage.SEAL_MAKER), (attestation, KeyUsage.ATTESTATION))
    ]
    published = build_key_list(
        issuer="示例", sequence=1, issued_at=now, root_certificate=root.certificate, sign=root.sign, keys=keys
    )
    settings.key_list.write_bytes(published)
    settings.root_fingerprint.write_text(root.fingerprint)
    return Maker(root, now, maker_key, maker, holder)


def found_company(adapters: Adapters, maker: Maker, number: int, name: str) -> Company:
    artwork = draw_company_seal(name, f"310000{number:07d}")
    with adapters.database.work() as work:
        organisation = create_organisation(work, BY_SETUP, number=number, name=name)
        head = create_branch(work, BY_SETUP, organisation, name="head office")
        north = create_branch(work, BY_SETUP, organisation, name="north", parent_id=head.id)
        south = create_branch(work, BY_SETUP, organisation, name="south", parent_id=head.id)
        offices = [_office(work, adapters, maker, number, branch, artwork) for branch in (head, north, south)]
    return Company(organisation.id, number, *offices)


def keep_tokens(work: Work, secrets: Secrets, people: Sequence[Person]) -> None:
    """For another ninety days from now, as only who knows web's secret can."""
    for person in people:
        (token,) = work.session.scalars(select(ApiToken).where(ApiToken.user_id == person.id, ApiToken.name == "tests"))
        token.expires_at = work.now() + timedelta(days=90)
        token.secret_sha256 = token_mac(secrets, token, person.token)


def contract(text: str = "This is a contract.") -> bytes:
    """A PDF of two pages; each text gives other bytes."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(595.28, 841.89), invariant=True)
    for page in range(1, PAGES + 1):
        canvas.drawString(100, 500, f"{text} Page {page}.")
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def scanned_page(seed: int = 0) -> bytes:
    """A JPEG file of a page with some ink and no code."""
    picture = np.full((1123, 794), 255, np.uint8)
    random = np.random.default_rng(seed % 2**32)
    for x, y in random.integers(100, 600, (40, 2)):
        cv2.putText(picture, "word", (int(x), int(y)), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 0)
    return bytes(cv2.imencode(".jpg", picture)[1])


def _office(work: Work, adapters: Adapters, maker: Maker, number: int, branch: Branch, artwork: bytes) -> Office:
    staff = {}
    for role in Role:
        login = f"{role}-{branch.name.replace(' ', '-')}-{number}"
        user = create_user(
            work,
            BY_SETUP,
            branch,
            login=login,
            staff_number=login,
            name=login,
            password=PASSWORD,
            secrets=adapters.secrets,
            must_change=False,
        )
        grant_role(work, BY_SETUP, user, role, branch)
        staff[role] = Person(user.id, login, _token(work, adapters.secrets, user))
    code_id = new_id().hex[-12:]
    made = adapters.objects.put(
        maker.seal_object(f"contract seal of {branch.name}", code_id, artwork), branch.organisation_id
    )
    seal = register_seal(work, BY_SETUP, _new_seal(work, branch, staff[Role.CUSTODIAN].id, code_id, made))
    queue = f"printer-{number}-{branch.id.hex[-8:]}"
    printer = enrol_printer(
        work,
        BY_SETUP,
        NewPrinter(
            branch.organisation_id, branch.id, queue, "second floor", queue, "ipps://printer.example/", printer_pin()
        ),
    )
    return Office(branch.id, staff, seal.id, printer.id)


@cache
def printer_pin() -> Pin:
    """The certificate of every printer of these worlds, valid on each day that a test's clock may show."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "printer.example")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime(2000, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2099, 12, 31, tzinfo=UTC))
        .sign(key, SHA256())
    )
    return read_pin(certificate.public_bytes(Encoding.PEM).decode("ascii"))


def _token(work: Work, secrets: Secrets, user: User) -> str:
    actor = Actor(user.id, user.organisation_id, user.branch_id, user.name, ())
    return issue_api_token(work, secrets, actor, name="tests")


def _new_seal(work: Work, branch: Branch, custodian_id: UUID, code_id: str, object_sha256: str) -> NewSeal:
    return NewSeal(
        id=new_id(),
        organisation_id=branch.organisation_id,
        branch_id=branch.id,
        custodian_id=custodian_id,
        code_id=code_id,
        name=f"contract seal of {branch.name}",
        type="contract",
        width_um=40_000,
        height_um=40_000,
        object_sha256=object_sha256,
        valid_from=work.now(),
        valid_until=work.now() + YEARS / 2,
    )
