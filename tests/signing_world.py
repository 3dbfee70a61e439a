"""A world whose keys were made in a SoftHSM token by the product's own key ceremony, with a signer that counts.

Fixtures for a `conftest.py`: `ceremony`, `signing_worlds`, `signing_world`, `sqlite_signing_world`, together with
those of `tests.databases`.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, TypeVar, cast
from uuid import UUID

import pytest
from cryptography import x509
from sqlalchemy import insert, select

from printserver.approvals.authorisation import AuthorisationFacts, authorisations_of
from printserver.audit.models import AuditEntry
from printserver.bootstrap import Adapters
from printserver.documents.intake import IntakeLimits
from printserver.foundation.database import Base, open_engines
from printserver.foundation.job_queue import RecordedJobs
from printserver.foundation.unit_of_work import Database
from printserver.organisations.permissions import Role
from printserver.organisations.secrets import Secrets
from printserver.organisations.tokens import person_of_token
from printserver.print_requests import pipeline
from printserver.print_requests.application import Application
from printserver.print_requests.models import Copy
from printserver.rendering.places import OnPage
from printserver.settings import Settings
from printserver.signer.ceremony_plan import CeremonyPlan
from printserver.signer.genesis import genesis
from printserver.signer.issuing import Issuing
from printserver.signer.key_ceremony import hold
from printserver.signer.keys import SEAL_MAKER_LABEL, SigningKeys
from printserver.signer.registering import Registering
from printserver.signing.hsm import Hsm
from printserver.signing.key_list import KeyList
from printserver.signing.pades_level import PdfLevel
from printserver.signing.pades_preparation import PdfPreparation
from printserver.signing.published_key import KeyUsage
from printserver.signing.register_journal import RegisterJournal, begin_register
from printserver.signing.revocation import RevocationSource
from printserver.signing.seal_object import SealFacts, SealPicture, make_seal_object
from printserver.signing.spent_journal import SpentJournal
from printserver.signing.token_settings import TokenSettings, softhsm_module
from printserver.signing.token_setup import read_pin
from printserver.signing.trust import OfflineRoot
from printserver.storage.objects import Objects
from tests.databases import BOTH, FakeClock, PostgresqlSupply, create_every_table
from tests.sealed_store import content_file, store_of
from tests.world import World
from tests.world_building import PAGES, SITE, YEARS, Maker, cheap_passwords, contract, found_company

Answer = TypeVar("Answer")
NUMBER: Final = 1
"""The organisation whose codes the token can sign."""
PLAN: Final[dict[str, Any]] = {
    "organisation": {"number": NUMBER, "name": "示例合同有限公司"},
    "trust": {"root_name": "示例离线根"},
    "branches": [{"code": "head", "name": "head office"}],
    "people": [
        {
            "login": "keeper",
            "staff_number": "1",
            "name": "张保国",
            "branch": "head",
            "roles": [{"role": "custodian", "branch": "head"}],
        }
    ],
    "seals": [
        {"name": "示例合同有限公司", "registration_number": "3100000000001", "branch": "head", "custodian": "keeper"}
    ],
}


class CountingHsm(Hsm):
    """The real token; says how often a key was used."""

    def __init__(self, settings: TokenSettings, *, pin: str) -> None:
        super().__init__(settings, pin=pin)
        self._counting = threading.Lock()
        self.signatures = 0

    def sign_p256(self, label: str, digest: bytes) -> bytes:
        self._count()
        return super().sign_p256(label, digest)

    def sign_rsa_pkcs1v15_sha256(self, label: str, message: bytes) -> bytes:
        self._count()
        return super().sign_rsa_pkcs1v15_sha256(label, message)

    def _count(self) -> None:
        with self._counting:
            self.signatures += 1


def plain_preparation(keys: SigningKeys) -> PdfPreparation:
    """Level B-B under the ceremony's own root."""
    roots = [keys.key_list.root_certificate]
    return PdfPreparation(PdfLevel.B_B, trust_roots=roots, revocation=RevocationSource(), ask_time=None)


@dataclass(frozen=True)
class Ceremony:
    """What `key_ceremony.hold` made of PLAN."""

    settings: Settings
    now: datetime
    keys: SigningKeys
    root: OfflineRoot

    @property
    def hsm(self) -> CountingHsm:
        assert isinstance(self.keys.hsm, CountingHsm)
        return self.keys.hsm

    def seal_object(self, name: str, code_id: str, artwork: bytes) -> bytes:
        """Signed by the token's seal maker."""
        maker, holder = self._certificate(KeyUsage.SEAL_MAKER), self._certificate(KeyUsage.SEAL)
        facts = SealFacts(code_id, "tests", 1, name, self.now, self.now, self.now + YEARS / 4)
        sign = partial(self.hsm.sign_p256, SEAL_MAKER_LABEL)
        return make_seal_object(facts, SealPicture(artwork, 40, 40), [holder], maker, sign)

    def _certificate(self, usage: KeyUsage) -> x509.Certificate:
        return self.keys.key_list.of_usage(usage)[0].x509_certificate()


def ceremony_settings(home: Path) -> Settings:
    """With the folders that `init` makes, and a copy of the module of its own, so that several tokens can be open."""
    home.mkdir(parents=True)
    module = home / "libsofthsm2.so"
    shutil.copy(softhsm_module(), module)
    settings = Settings(home=home, public_url=SITE, pkcs11_module=module)
    for folder in (settings.objects, settings.web_home, settings.key_list.parent, settings.signer_socket.parent):
        folder.mkdir(parents=True)
    settings.signer_home.mkdir(mode=0o700)
    Secrets.make(settings.web_secret)
    settings.witness.parent.mkdir()
    return settings


def key_list_of(settings: Settings) -> KeyList:
    return KeyList.load(settings.key_list.read_bytes(), root_fingerprint=settings.root_fingerprint.read_text())


def token_of(settings: Settings) -> TokenSettings:
    return TokenSettings.of_softhsm_folder(
        settings.token_folder, label=settings.pkcs11_token, module=settings.pkcs11_module
    )


@dataclass
class SigningWorld:
    """`world` with a signer that shares the run's token and has a spent journal of its own."""

    world: World
    ceremony: Ceremony
    journal: SpentJournal = field(init=False)
    register: RegisterJournal = field(init=False)

    def __post_init__(self) -> None:
        self.settings.signer_home.mkdir(exist_ok=True)
        self.journal = SpentJournal(self.settings.spent_journal)
        if not self.settings.register.exists():
            begin_world_register(self.world, self.ceremony.root)
        self.register = RegisterJournal(self.settings.register, self.ceremony.root.key.public_key())

    @property
    def settings(self) -> Settings:
        return self.world.adapters.settings

    @property
    def database(self) -> Database:
        return self.world.database

    @property
    def objects(self) -> Objects:
        return self.world.adapters.objects

    @property
    def hsm(self) -> CountingHsm:
        return self.ceremony.hsm

    @property
    def issuing(self) -> Issuing:
        keys = self.ceremony.keys
        return Issuing(self.database, self.objects, keys, self.journal, self.register, plain_preparation(keys), SITE)

    @property
    def registering(self) -> Registering:
        return Registering(self.database, self.ceremony.keys.key_list, self.register)

    def authorisations(self, request_id: UUID) -> tuple[AuthorisationFacts, ...]:
        with self.database.reading() as work:
            return authorisations_of(work, request_id)

    def issued(self, *, copies: int = 1, electronic: bool = False) -> list[Copy]:
        """Copies that the signer has signed; their request is closed."""
        request_id = self.world.authorised(copies=copies, electronic=electronic)
        for authorisation in self.authorisations(request_id):
            self.issuing.issue(authorisation.id)
        pipeline.finish_issuing(self.database, request_id)
        return self.world.copies(request_id)

    def object_file(self, digest: str) -> Path:
        return content_file(self.settings.objects, self.world.home.id, digest)

    def rows(self) -> dict[str, list[str]]:
        """Every row of every table but the log, in an order of its own."""
        with self.database.reading() as work:
            return {
                table.name: sorted(str(tuple(row)) for row in work.session.execute(select(table)))
                for table in Base.metadata.sorted_tables
                if not table.name.startswith("audit_")
            }

    def events(self) -> list[str]:
        with self.database.reading() as work:
            return list(work.session.scalars(select(AuditEntry.event).order_by(AuditEntry.id)))

    def stored(self) -> dict[str, str]:
        """Name and digest of every stored object."""
        files = (path for path in self.settings.objects.rglob("*") if path.is_file())
        return {path.name: sha256(path.read_bytes()).hexdigest() for path in files}

    @contextmanager
    def nothing_changes(self, *, recorded: Sequence[str] = ()) -> Iterator[None]:
        """No key is used, no object stored, nothing spent, no row other than before; the log gains `recorded`."""

        def state() -> tuple[object, ...]:
            return self.rows(), self.stored(), self.hsm.signatures, self.journal.head, self.register.head

        before, events = state(), self.events()
        yield
        assert state() == before
        assert self.events()[len(events) :] == list(recorded)

    def close(self) -> None:
        self.journal.close()
        self.register.close()
        self.world.close()


def begin_world_register(world: World, root: OfflineRoot) -> None:
    """As `init` does: the register begins with what the world's rows say."""
    with world.database.reading() as work:
        begin_register(world.adapters.settings.register, genesis(work), sign=root.sign, at=work.now())


@dataclass
class SigningWorlds:
    """Makes worlds of their own for one test each: copies of one template, with its rows in either database."""

    template: World
    ceremony: Ceremony
    rows: dict[str, list[dict[str, Any]]]

    @contextmanager
    def world(self, home: Path, postgresql: PostgresqlSupply | None = None) -> Iterator[SigningWorld]:
        """postgresql: without it, SQLite in the home."""
        shutil.copytree(self.template.adapters.settings.home, home)
        if postgresql is None:
            yield from self._opened(Settings(home=home, public_url=SITE))
            return
        name = postgresql.take()
        settings = Settings(home=home, public_url=SITE, database_url=postgresql.server.url(name))
        self._fill(settings)
        yield from self._opened(settings)
        postgresql.give_back(name)

    def _opened(self, settings: Settings) -> Iterator[SigningWorld]:
        made = SigningWorld(replace(self.template, adapters=_adapters(settings)), self.ceremony)
        try:
            yield made
        finally:
            made.close()

    def _fill(self, settings: Settings) -> None:
        engines = open_engines(settings.database)
        with engines.writing.begin() as connection:
            for table in Base.metadata.sorted_tables:
                if self.rows[table.name]:
                    connection.execute(insert(table), self.rows[table.name])
        engines.dispose()


def worlds_of(ceremony: Ceremony, folder: Path) -> SigningWorlds:
    """folder: of the template that every world is a copy of; must not exist."""
    settings = Settings(home=folder, public_url=SITE)
    settings.objects.mkdir(parents=True)
    for part in (ceremony.settings.web_home, ceremony.settings.key_list.parent):
        shutil.copytree(part, settings.home / part.name)
    create_every_table(settings.database)
    world = _build(_adapters(settings), ceremony)
    with world.database.reading() as work:
        rows = {
            table.name: [dict(row) for row in work.session.execute(select(table)).mappings()]
            for table in Base.metadata.sorted_tables
        }
    world.close()
    return SigningWorlds(world, ceremony, rows)


def _adapters(settings: Settings) -> Adapters:
    database = Database(open_engines(settings.database), RecordedJobs(), FakeClock())
    return Adapters(settings, database, *store_of(settings))


def _build(adapters: Adapters, ceremony: Ceremony) -> World:
    maker = cast(Maker, ceremony)
    with cheap_passwords():
        home = found_company(adapters, maker, NUMBER, "示例合同有限公司")
        foreign = found_company(adapters, maker, 2, "别家有限公司")
    with adapters.database.reading() as work:
        clerk = person_of_token(work, adapters.secrets, home.north.staff[Role.CLERK].token)
    place = OnPage(PAGES, 120_000, 200_000)
    application = Application(home.north.seal_id, home.north.printer_id, 1, (place,), "a contract")
    taken = pipeline.take_in(
        adapters.database,
        adapters.objects,
        clerk,
        application,
        contract(),
        makers=adapters.load_key_list(),
        limits=IntakeLimits(),
        most_copies=100,
    )
    return World(adapters, home, foreign, taken)


def all_at_once(jobs: Sequence[Callable[[], Answer]], *, threads: int) -> list[Answer | Exception]:
    """What each job answered or raised; `threads` of them run at any time, and none before all are ready."""
    gate = threading.Barrier(threads)
    waited = threading.local()

    def run(job: Callable[[], Answer]) -> Answer | Exception:
        if not hasattr(waited, "done"):
            waited.done = True
            gate.wait(60)
        try:
            return job()
        except Exception as problem:  # noqa: BLE001 -- the test judges each of them
            return problem

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, jobs))


@contextmanager
def held_ceremony(home: Path) -> Iterator[Ceremony]:
    """home: must not exist."""
    settings, now = ceremony_settings(home), FakeClock().now() - timedelta(1)
    held = hold(settings, CeremonyPlan.model_validate(PLAN), now)
    hsm = CountingHsm(token_of(settings), pin=read_pin(settings.pin_file))
    yield Ceremony(settings, now, SigningKeys(hsm, key_list_of(settings)), held.root)
    hsm.close()


@pytest.fixture(scope="session")
def ceremony(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ceremony]:
    """Shared by the whole run: do not change it."""
    with held_ceremony(tmp_path_factory.mktemp("ceremony") / "home") as made:
        yield made


@pytest.fixture(scope="session")
def signing_worlds(ceremony: Ceremony, tmp_path_factory: pytest.TempPathFactory) -> SigningWorlds:
    return worlds_of(ceremony, tmp_path_factory.mktemp("signing-worlds") / "home")


@pytest.fixture(params=BOTH)
def signing_world(
    signing_worlds: SigningWorlds, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[SigningWorld]:
    """The test runs once on SQLite and once on PostgreSQL; it takes the fixtures of `tests.databases` as well."""
    supply = None if request.param == "sqlite" else request.getfixturevalue("postgresql_supply")
    with signing_worlds.world(tmp_path / "home", supply) as made:
        yield made


@pytest.fixture
def sqlite_signing_world(signing_worlds: SigningWorlds, tmp_path: Path) -> Iterator[SigningWorld]:
    with signing_worlds.world(tmp_path / "home") as made:
        yield made
