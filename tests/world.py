"""Two companies with branches, people of every role, seals, printers and keys; and requests at every stage.

Independent of HTTP: everything is done by the rooms' own services. There is no HSM here, so an "issued" copy is the
approved rendition itself, without code or signature. Fixtures for a `conftest.py`: `world_template`, `world`,
`any_world`, together with those of `tests.databases`.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, update

from printserver.approvals.authorisation import authorisations_of, redeem
from printserver.archive.records import ArchivedPage, CompleteCopy, archive_copy
from printserver.audit.models import AuditEntry
from printserver.bootstrap import Adapters
from printserver.documents.intake import IntakeLimits
from printserver.foundation.database import Base
from printserver.foundation.ids import new_id
from printserver.foundation.job_queue import RecordedJobs
from printserver.foundation.unit_of_work import Database, Work
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Role
from printserver.organisations.secrets import Secrets
from printserver.organisations.tokens import person_of_token
from printserver.print_requests import copy_service, flows, pipeline, printing, service
from printserver.print_requests.access import copies_of
from printserver.print_requests.application import Application
from printserver.print_requests.copies import record_issued
from printserver.print_requests.copy_seals import SealUse, record_sealed
from printserver.print_requests.models import Copy, PrintRequest
from printserver.print_requests.outcomes import take_back
from printserver.print_requests.queries import CopyFacts, copy_facts
from printserver.print_requests.tickets import Desk
from printserver.printing.job_file import ShareSecret
from printserver.printing.models import Printer
from printserver.printing.outcome import Outcome
from printserver.printing.ports import Spooler, TicketClaim
from printserver.printing.queries import printer_facts
from printserver.printing.tickets import ticket_of, ticket_text
from printserver.rendering.places import OnPage
from printserver.returns.pipeline import ReturnTools, process_return
from printserver.returns.queries import return_detail
from printserver.returns.service import hand_in
from tests.databases import FakeClock, copy_rows
from tests.world_backend import Backend, fence_lines
from tests.world_building import (
    BY_SETUP,
    PAGES,
    Company,
    Office,
    Person,
    cheap_passwords,
    contract,
    found_company,
    keep_tokens,
    publish_keys,
    scanned_page,
    world_adapters,
    world_settings,
)

SHARES: Final = ShareSecret(bytes(32))
BACKEND_KEY: Final = bytes(range(32))


@dataclass(frozen=True)
class World:
    """What happens happens at `home.north`, unless said otherwise."""

    adapters: Adapters
    home: Company
    foreign: Company
    taken: pipeline.TakenIn

    @property
    def database(self) -> Database:
        return self.adapters.database

    @property
    def secrets(self) -> Secrets:
        return self.adapters.secrets

    @property
    def clock(self) -> FakeClock:
        assert isinstance(self.database.clock, FakeClock)
        return self.database.clock

    @property
    def jobs(self) -> RecordedJobs:
        assert isinstance(self.database.jobs, RecordedJobs)
        return self.database.jobs

    def person(self, role: Role, office: Office | None = None) -> Person:
        return (office or self.home.north).staff[role]

    def actor(self, work: Work, role: Role, office: Office | None = None) -> Actor:
        return person_of_token(work, self.secrets, self.person(role, office).token)

    def owner(self, office: Office | None) -> UUID:
        """Of the objects of what happens there: its company."""
        company = self.foreign if office in (self.foreign.head, self.foreign.north, self.foreign.south) else self.home
        return company.id

    def application(self, *, copies: int = 1, office: Office | None = None, **fields: Any) -> Application:
        at = office or self.home.north
        return Application(
            seal_id=fields.pop("seal_id", at.seal_id),
            printer_id=fields.pop("printer_id", at.printer_id),
            copies=copies,
            places=(OnPage(PAGES, 120_000, 200_000),),
            title=fields.pop("title", "供货合同 Supply contract"),
            **fields,
        )

    def submitted(self, *, copies: int = 1, office: Office | None = None, **fields: Any) -> UUID:
        """A request in state `rendering`."""
        application = self.application(copies=copies, office=office, **fields)
        objects, safe = self.adapters.objects, self.taken.safe
        objects.put(objects.get(safe.safe_sha256, self.home.id), self.owner(office))
        with self.database.work() as work:
            request = service.submit_request(
                work,
                self.actor(work, Role.CLERK, office),
                application,
                safe,
                [page.to_json() for page in self.taken.layout],
                expires_after_days=30,
                most_copies=100,
            )
        return request.id

    def prepare(self, request_id: UUID) -> None:
        """As the worker does: the request's copies are rendered."""
        pipeline.prepare_request(self.database, self.adapters.objects, self.adapters.load_key_list(), request_id)

    def pending(self, *, copies: int = 1, office: Office | None = None, **fields: Any) -> UUID:
        """A request that waits for its approval."""
        request_id = self.submitted(copies=copies, office=office, **fields)
        self.prepare(request_id)
        return request_id

    def in_custody(self, *, copies: int = 1, office: Office | None = None, **fields: Any) -> UUID:
        """A request that waits for the seal's custodian."""
        request_id = self.pending(copies=copies, office=office, **fields)
        digest = self.manifest_sha256(request_id)
        with self.database.work() as work:
            actor = self.actor(work, Role.APPROVER, office)
            flows.approve_request(work, actor, self.adapters.attestor, request_id, manifest_sha256=digest)
        return request_id

    def authorised(self, *, copies: int = 1, office: Office | None = None, **fields: Any) -> UUID:
        """A request whose copies wait for their signature."""
        request_id = self.in_custody(copies=copies, office=office, **fields)
        digest = self.manifest_sha256(request_id)
        with self.database.work() as work:
            actor = self.actor(work, Role.CUSTODIAN, office)
            flows.confirm_seal_use(work, actor, self.adapters.attestor, request_id, manifest_sha256=digest)
        return request_id

    def issued(self, *, copies: int = 1, office: Office | None = None, **fields: Any) -> UUID:
        """A request whose copies can be released."""
        request_id = self.authorised(copies=copies, office=office, **fields)
        with self.database.work() as work:
            for one in authorisations_of(work, request_id):
                redeem(work, BY_SETUP, one)
                copy = copy_facts(work, one.copy_id)
                record_issued(work, BY_SETUP, copy.id, copy.rendition_sha256)
                use = SealUse(
                    copy.seal_id, self.adapters.objects.put(b"no seal signs here", self.owner(office)), work.now()
                )
                record_sealed(work, BY_SETUP, copy.id, [use])
        pipeline.finish_issuing(self.database, request_id)
        return request_id

    def released(self, *, copies: int = 1, office: Office | None = None, **fields: Any) -> UUID:
        request_id = self.issued(copies=copies, office=office, **fields)
        with self.database.work() as work:
            copy_service.release_copies(work, self.actor(work, Role.CLERK, office), request_id)
        return request_id

    def printed(
        self,
        *,
        copies: int = 1,
        outcome: Outcome = Outcome.PRINTED,
        office: Office | None = None,
        **fields: Any,
    ) -> UUID:
        """A request all of whose copies on paper came to `outcome`, one after the other."""
        request_id = self.released(copies=copies, office=office, **fields)
        for copy in (each for each in self.copies(request_id) if each.number > 0):  # 0 is the electronic original
            backend = self.sent(copy.printer_id)
            if outcome is Outcome.NOT_STARTED:
                with self.database.work() as work:
                    assert take_back(work, backend.copy_id, backend.claim.job_uuid)
            else:
                backend.start()
                backend.record(fence_lines(copy.pages if outcome is Outcome.PRINTED else 0))
        return request_id

    def sent(self, printer_id: UUID) -> Backend:
        """The printer's next released copy, claimed by a backend."""
        backend = self.taken_up(printer_id)
        backend.redeem()
        return backend

    def taken_up(self, printer_id: UUID) -> Backend:
        """The printer's next released copy with its ticket, and a backend that has not claimed it yet."""
        taken = printing.take_up(self.print_tools(), printer_id, f"hand-over-{new_id()}")
        assert taken is not None
        copy_id, job_uuid = taken
        with self.database.reading() as work:
            ticket = ticket_of(work, job_uuid)
            printer = printer_facts(work, printer_id)
        assert ticket is not None
        text = ticket_text(ticket.id, SHARES)
        claim = TicketClaim(text, uuid4().hex, job_uuid, printer.queue, printer.certificate_sha256)
        return Backend(self.desk, copy_id, claim)

    def print_tools(self, spooler: Spooler | None = None) -> printing.PrintTools:
        """spooler: of every printer; without one only what needs none can be done."""

        def access(_name: str) -> printing.SpoolerAccess:
            assert spooler is not None
            return printing.SpoolerAccess(spooler, lambda: BACKEND_KEY)

        return printing.PrintTools(self.database, self.adapters.objects, access, SHARES)

    @property
    def desk(self) -> Desk:
        return Desk(self.database, self.adapters.objects, SHARES)

    def voided(self, *, office: Office | None = None) -> UUID:
        """A void copy's id."""
        copy = self.copies(self.printed(office=office))[0]
        with self.database.work() as work:
            actor = self.actor(work, Role.PRINTER_ADMINISTRATOR, office)
            copy_service.void_copy(work, actor, copy.id, reason="the other party never came")
        return copy.id

    def replaceable(self) -> UUID:
        """The id of a void copy whose loss the printer administrator of the head office has confirmed."""
        copy_id = self.voided()
        with self.database.work() as work:
            second = self.actor(work, Role.PRINTER_ADMINISTRATOR, self.home.head)
            copy_service.confirm_loss(work, second, copy_id, reason="I saw the torn sheets")
        return copy_id

    def set_printer(self, office: Office | None = None, **values: Any) -> None:
        """As the register would: `release_rule`, `two_sided`."""
        at = office or self.home.north
        with self.database.work() as work:
            work.session.execute(update(Printer).where(Printer.id == at.printer_id).values(**values))

    def archived(self, *, office: Office | None = None, **fields: Any) -> UUID:
        """The archive record of a printed copy whose pages came home in one scan."""
        request_id = self.printed(office=office, **fields)
        scan = self.adapters.objects.put(scanned_page(request_id.int), self.owner(office))
        with self.database.work() as work:
            copy = copy_facts(work, copies_of(work, request_id)[0].id)
            pages = tuple(ArchivedPage(page, scan, scan, page, "same", new_id()) for page in range(1, copy.pages + 1))
            return archive_copy(work, BY_SETUP, _complete(copy, pages))

    def doubtful_page(self, *, office: Office | None = None, seed: int = 0) -> tuple[UUID, UUID]:
        """The ids of a return and of its one page, which shows no code. The seed makes another picture."""
        with self.database.reading() as work:
            actor = self.actor(work, Role.ARCHIVIST, office)
        return_id = hand_in(self.database, self.adapters.objects, actor, filename="scan.jpg", data=scanned_page(seed))
        tools = ReturnTools(self.database, self.adapters.objects, self.adapters.load_key_list)
        process_return(tools, return_id)
        with self.database.reading() as work:
            (page,) = return_detail(work, actor, return_id).pages
        return return_id, page.id

    def copies(self, request_id: UUID) -> list[Copy]:
        with self.database.reading() as work:
            return list(copies_of(work, request_id))

    def copy_row(self, copy_id: UUID) -> Copy:
        with self.database.reading() as work:
            return work.session.get_one(Copy, copy_id)

    def manifest_sha256(self, request_id: UUID) -> str:
        with self.database.reading() as work:
            digest = work.session.scalar(select(PrintRequest.manifest_sha256).where(PrintRequest.id == request_id))
        assert digest is not None
        return digest

    def keep_tokens(self) -> None:
        """Let everybody's tokens be valid for another ninety days from now."""
        offices = (office for each in (self.home, self.foreign) for office in (each.head, each.north, each.south))
        with self.database.work() as work:
            keep_tokens(work, self.secrets, [person for office in offices for person in office.staff.values()])

    def events(self) -> list[str]:
        """What the log holds, oldest first."""
        with self.database.reading() as work:
            return list(work.session.scalars(select(AuditEntry.event).order_by(AuditEntry.id)))

    def row_counts(self) -> dict[str, int]:
        """How many rows each table has: what a refusal must leave as it was."""
        with self.database.reading() as work:
            return {
                table.name: work.session.scalar(select(func.count()).select_from(table)) or 0
                for table in Base.metadata.sorted_tables
            }

    def object_count(self) -> int:
        return sum(1 for path in self.adapters.settings.objects.rglob("*") if path.is_file())

    def close(self) -> None:
        self.database.engines.dispose()

    def copied_to(self, folder: Path, database: Database | None = None) -> World:
        """The same world in files of its own; of one on SQLite that nobody uses.

        database: with every table and no row, also on PostgreSQL; without one, SQLite in the folder.
        """
        settings = self.adapters.settings
        shutil.copytree(settings.home, folder, dirs_exist_ok=True)
        if database is not None:
            copy_rows(settings.database, database)
        return replace(self, adapters=world_adapters(world_settings(folder), database))


def build_world(folder: Path, database: Database | None = None) -> World:
    """folder: empty, for objects and keys.   database: with every table; without one, SQLite in the folder."""
    settings = world_settings(folder)
    settings.objects.mkdir(parents=True)
    adapters = world_adapters(settings, database)
    maker = publish_keys(settings, adapters.database.clock.now())
    with cheap_passwords():
        home = found_company(adapters, maker, 1, "示例合同有限公司")
        foreign = found_company(adapters, maker, 2, "别家有限公司")
    with adapters.database.reading() as work:
        clerk = person_of_token(work, adapters.secrets, home.north.staff[Role.CLERK].token)
    seal_place = OnPage(PAGES, 120_000, 200_000)
    application = Application(home.north.seal_id, home.north.printer_id, 1, (seal_place,), "a contract")
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


@pytest.fixture(scope="session")
def world_template(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> World:
    """Closed; `copied_to` makes one to use. Needs the fixture `sqlite_template` of `tests.databases`."""
    folder = tmp_path_factory.mktemp("world") / "home"
    settings = world_settings(folder)
    settings.data.mkdir(parents=True)
    shutil.copyfile(sqlite_template, settings.data / "printserver.db")
    built = build_world(folder)
    built.close()
    return built


@pytest.fixture
def world(world_template: World, tmp_path: Path) -> Iterator[World]:
    copy = world_template.copied_to(tmp_path / "home")
    yield copy
    copy.close()


@pytest.fixture
def any_world(world_template: World, any_database: Database, tmp_path: Path) -> World:
    """On SQLite and on PostgreSQL."""
    return world_template.copied_to(tmp_path / "world", any_database)


def _complete(copy: CopyFacts, pages: tuple[ArchivedPage, ...]) -> CompleteCopy:
    assert copy.issued_sha256 is not None
    return CompleteCopy(
        organisation_id=copy.organisation_id,
        branch_id=copy.branch_id,
        request_id=copy.request_id,
        copy_id=copy.id,
        serial=copy.serial,
        number=copy.number,
        copies=copy.copies,
        title=copy.title,
        own_reference=copy.own_reference,
        issued_sha256=copy.issued_sha256,
        pages_expected=copy.pages,
        pages=pages,
    )
