"""The printer register: who may put a printer into it and change it, and what it then believes of the printer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from uuid import UUID

import pytest
from sqlalchemy import select, update

from printserver.audit.models import AuditEntry
from printserver.foundation.errors import NotFound
from printserver.foundation.unit_of_work import Work
from printserver.organisations.permissions import Role
from printserver.print_requests import copy_service
from printserver.print_requests.printer_load import unfinished_copies
from printserver.print_requests.states import CopyState
from printserver.printing import register, service
from printserver.printing.ipp_query import PrinterCertificateChanged
from printserver.printing.models import Printer
from printserver.printing.pin import PrinterUnreachable
from printserver.printing.queries import (
    PrinterCertificateExpired,
    PrinterFacts,
    PrinterNotPinned,
    PrinterRetired,
    printer_facts,
    printers,
    printers_to_watch,
    usable_printer,
)
from printserver.printing.service import PrinterChange, PrinterWishes
from tests.databases import any_database, database_kit, postgresql_supply, sqlite_template
from tests.free_ports import free_port
from tests.printers import SwitchedOn, switched_on
from tests.world import World, any_world, world, world_template

__all__ = [
    "any_database",
    "any_world",
    "database_kit",
    "postgresql_supply",
    "sqlite_template",
    "world",
    "world_template",
]


@pytest.fixture(scope="module")
def printer() -> Iterator[SwitchedOn]:
    with switched_on(formats=("image/pwg-raster", "image/urf")) as running:
        yield running


def enrol(
    world: World,
    printer: SwitchedOn,
    *,
    fingerprint: str = "",
    role: Role = Role.PRINTER_ADMINISTRATOR,
    queue: str = "",
) -> PrinterFacts:
    return register.enrol(
        world.database,
        lambda work: world.actor(work, role),
        PrinterWishes(world.home.north.branch_id, "Second printer", "by the door", queue=queue or None),
        uri=printer.printer.uri,
        fingerprint=fingerprint or printer.pin.sha256,
    )


def change(world: World, work: Work, wanted: PrinterChange) -> None:
    """The home's north printer."""
    actor = world.actor(work, Role.PRINTER_ADMINISTRATOR)
    service.change_printer(work, actor, world.home.north.printer_id, wanted)


def retire(world: World, work: Work) -> None:
    actor = world.actor(work, Role.PRINTER_ADMINISTRATOR)
    printer_id = world.home.north.printer_id
    service.retire_printer(work, actor, printer_id, reason="old", copies_there=unfinished_copies)


def events(world: World, printer_id: UUID) -> list[str]:
    with world.database.reading() as work:
        query = (
            select(AuditEntry.event).where(AuditEntry.subject_id == printer_id).order_by(AuditEntry.at, AuditEntry.id)
        )
        return list(work.session.scalars(query))


def test_a_printer_whose_fingerprint_was_seen_on_its_panel_is_enrolled_with_what_it_can_do(
    world: World, printer: SwitchedOn
):
    seen_on_panel = ":".join(printer.pin.sha256[at : at + 2] for at in range(0, 64, 2)).upper()
    enrolled = enrol(world, printer, fingerprint=f" {seen_on_panel}\n")
    assert enrolled.certificate_sha256 == printer.pin.sha256
    assert enrolled.certificate_pem == printer.pin.certificate_pem
    assert enrolled.certificate_not_after == printer.pin.not_after
    assert (enrolled.model, enrolled.colour, enrolled.two_sided) == ("Example Printer", True, True)
    assert (enrolled.document_format, enrolled.resolution_dpi, enrolled.counter) == ("image/pwg-raster", 600, "ipp")
    assert enrolled.capabilities["pwg_sheet_back"] == "rotated"
    with world.database.reading() as work:
        assert usable_printer(work, world.actor(work, Role.CLERK), enrolled.id) == enrolled
    assert events(world, enrolled.id) == ["PrinterEnrolled"]


def test_without_the_right_fingerprint_branch_or_role_nothing_is_enrolled(world: World, printer: SwitchedOn):
    before = world.row_counts()
    with pytest.raises(register.CertificateNotConfirmed):
        enrol(world, printer, fingerprint="0" * 64)
    with pytest.raises(register.FingerprintMalformed):
        enrol(world, printer, fingerprint="the usual one")
    with pytest.raises(NotFound):
        enrol(world, printer, role=Role.CLERK)
    with world.database.reading() as work:
        taken = printer_facts(work, world.home.south.printer_id).queue
    with pytest.raises(service.PrinterQueueTaken):
        enrol(world, printer, queue=taken)
    with pytest.raises(service.PrinterMalformed):
        enrol(world, printer, queue="-o raw")
    assert world.row_counts() == before


def test_one_printer_is_not_enrolled_twice_while_it_is_in_service(world: World, printer: SwitchedOn):
    first = enrol(world, printer)
    before = world.row_counts()
    with pytest.raises(service.PrinterEnrolledAlready):
        enrol(world, printer)
    assert world.row_counts() == before
    with world.database.work() as work:
        actor = world.actor(work, Role.PRINTER_ADMINISTRATOR)
        service.retire_printer(work, actor, first.id, reason="moved", copies_there=unfinished_copies)
    assert enrol(world, printer).id != first.id


def test_a_printer_without_colour_is_refused(world: World):
    before = world.row_counts()
    with switched_on(colour=False) as grey, pytest.raises(service.PrinterWithoutColour):
        enrol(world, grey)
    assert world.row_counts() == before


def test_a_printer_that_is_off_is_not_enrolled(world: World):
    before = world.row_counts()
    with pytest.raises(PrinterUnreachable):
        register.enrol(
            world.database,
            lambda work: world.actor(work, Role.PRINTER_ADMINISTRATOR),
            PrinterWishes(world.home.north.branch_id, "Second printer", "by the door"),
            uri=f"ipps://localhost:{free_port()}/ipp/print",
            fingerprint="0" * 64,
        )
    assert world.row_counts() == before


def test_a_changed_certificate_is_believed_only_after_a_person_confirmed_it(world: World):
    def administrator(work):
        return world.actor(work, Role.PRINTER_ADMINISTRATOR)

    with switched_on() as changing:
        enrolled, before = enrol(world, changing), changing.pin
        changing.printer.renew_certificate()
        changing.power_cycle()
        with pytest.raises(PrinterCertificateChanged):
            register.ask_capabilities(world.database, administrator, enrolled.id)
        with pytest.raises(register.CertificateNotConfirmed):
            register.confirm_new_certificate(
                world.database, administrator, enrolled.id, fingerprint=before.sha256, reason="wrong one"
            )
        with world.database.reading() as work:
            assert printer_facts(work, enrolled.id) == enrolled
        renewed = register.confirm_new_certificate(
            world.database, administrator, enrolled.id, fingerprint=changing.pin.sha256, reason="new board"
        )
        assert (renewed.certificate_sha256, renewed.certificate_pem) == (
            changing.pin.sha256,
            changing.pin.certificate_pem,
        )
        asked = register.ask_capabilities(world.database, administrator, enrolled.id)
        assert asked.document_format == "application/pdf"
    assert events(world, enrolled.id) == ["PrinterEnrolled", "PrinterPinRenewed", "PrinterCapabilitiesAsked"]


def test_what_people_decide_is_changed_with_before_and_after(world: World):
    printer_id = world.home.north.printer_id
    with world.database.work() as work:
        actor = world.actor(work, Role.PRINTER_ADMINISTRATOR)
        service.change_printer(work, actor, printer_id, PrinterChange(location="third floor", release_rule="code"))
        service.change_printer(work, actor, printer_id, PrinterChange(location="third floor"))
    with world.database.reading() as work:
        changed = printer_facts(work, printer_id)
    assert (changed.location, changed.release_rule) == ("third floor", "code")
    assert events(world, printer_id).count("PrinterChanged") == 1


@pytest.mark.parametrize("name", ["", "   ", "a\x00b", "x" * 201, "line\nbreak\x1b[31m"])
def test_a_name_that_does_not_show_is_refused(world: World, name: str):
    before = world.row_counts()
    with pytest.raises(service.PrinterMalformed), world.database.work() as work:
        change(world, work, PrinterChange(name=name))
    assert world.row_counts() == before


def test_a_printer_moves_only_between_branches_that_one_manages(world: World):
    printer_id = world.home.north.printer_id
    for office in (world.home.south, world.home.head, world.foreign.north):
        with pytest.raises(NotFound), world.database.work() as work:
            change(world, work, PrinterChange(branch_id=office.branch_id))
    with world.database.work() as work:
        head = world.actor(work, Role.PRINTER_ADMINISTRATOR, world.home.head)
        service.change_printer(work, head, printer_id, PrinterChange(branch_id=world.home.south.branch_id))
    with world.database.reading() as work:
        assert printer_facts(work, printer_id).branch_id == world.home.south.branch_id


def test_a_retired_printer_is_never_used_again(world: World):
    printer_id = world.home.north.printer_id
    with world.database.work() as work:
        retire(world, work)
    before = world.row_counts()
    for act in (
        lambda work, actor: service.set_paused(work, actor, printer_id, paused=False, reason="back"),
        lambda work, actor: service.change_printer(work, actor, printer_id, PrinterChange(name="again")),
        lambda work, actor: service.retire_printer(
            work, actor, printer_id, reason="twice", copies_there=unfinished_copies
        ),
    ):
        with pytest.raises(PrinterRetired), world.database.work() as work:
            act(work, world.actor(work, Role.PRINTER_ADMINISTRATOR))
    with world.database.reading() as work:
        actor = world.actor(work, Role.CLERK)
        with pytest.raises(PrinterRetired):
            usable_printer(work, actor, printer_id)
        assert printer_id not in {each.id for each in printers(work, actor)}
        assert printer_id in {each.id for each in printers(work, actor, retired=True)}
        assert printer_id not in {each.id for each in printers_to_watch(work)}
    assert world.row_counts() == before


@pytest.mark.parametrize("unsettled", [False, True])
def test_a_printer_with_copies_on_their_way_or_unsettled_is_not_retired(world: World, unsettled: bool):
    request_id = world.released()
    if unsettled:
        with world.database.work() as work:
            for copy in world.copies(request_id):
                work.session.merge(copy).state = CopyState.OUTCOME_UNKNOWN
    before = world.row_counts()
    with pytest.raises(service.PrinterHasCopies), world.database.work() as work:
        retire(world, work)
    with world.database.reading() as work:
        assert not printer_facts(work, world.home.north.printer_id).retired
    assert world.row_counts() == before


def test_unpinned_and_expired_printers_take_nothing(world: World):
    printer_id = world.home.north.printer_id
    for columns, refusal in (
        ({"certificate_not_after": world.clock.now()}, PrinterCertificateExpired),
        ({"certificate_pem": ""}, PrinterNotPinned),
    ):
        with world.database.work() as work:
            work.session.execute(update(Printer).where(Printer.id == printer_id).values(**columns))
        with world.database.reading() as work, pytest.raises(refusal):
            usable_printer(work, world.actor(work, Role.CLERK), printer_id)


def test_a_release_and_a_retirement_at_once_never_both_happen(any_world: World):
    """Otherwise a copy would wait at a printer that no longer exists."""
    world = any_world
    request_id = world.issued()
    start, refused = threading.Barrier(2), []

    def run(act) -> None:
        start.wait()
        try:
            with world.database.work() as work:
                act(work)
        except (PrinterRetired, service.PrinterHasCopies) as problem:
            refused.append(type(problem))

    def release(work) -> None:
        copy_service.release_copies(work, world.actor(work, Role.CLERK), request_id)

    acts = (release, lambda work: retire(world, work))
    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    with world.database.reading() as work:
        retired = printer_facts(work, world.home.north.printer_id).retired
    released = {copy.state for copy in world.copies(request_id)} == {CopyState.RELEASED}
    assert retired is not released
