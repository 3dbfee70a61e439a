"""Whoever goes round a person's word gets no signature: each refusal uses no key, stores and changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import NoReturn

import pytest

from printserver.approvals.authorisation import AuthorisationSpent
from printserver.approvals.rules import ApplicantMayNotDecide, PersonCountsOnce
from printserver.foundation.errors import (
    Forbidden,
    IntegrityError,
    NotFound,
    Refused,
)
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Role
from printserver.print_requests import copy_service, flows, pipeline, service
from printserver.print_requests.application import Application, check_application
from printserver.print_requests.flows import ManifestChanged, RequestExpired
from printserver.print_requests.models import PrintRequest
from printserver.print_requests.states import CopyState, RequestState
from printserver.printing.models import Printer
from printserver.printing.queries import PrinterNotUsable
from printserver.rendering.mark_check import MarksUnreadable
from printserver.rendering.overlay import CopyMarks, render_copy
from printserver.rendering.page_layout import PageLayout
from printserver.seals.models import Seal
from printserver.seals.service import SealNotUsable, suspend_seal
from printserver.signer.checks import EvidenceMismatch
from printserver.signer.keys import SigningKeys
from printserver.signing.errors import (
    AlreadySpent,
    EvidenceForged,
    EvidenceInsufficient,
    HsmUnavailable,
)
from printserver.storage.objects import ObjectChanged
from tests.flows.refusing import (
    approving,
    by_sql,
    change,
    confirming,
    damaged,
    one_authorisation,
    person,
    refuses,
    refuses_person,
    with_role,
)
from tests.signing_world import SigningWorld
from tests.unit.rendering.papers import painted_over


def test_nobody_approves_an_own_request(signing_world: SigningWorld):
    request_id = signing_world.world.pending()
    clerk = with_role(signing_world, Role.CLERK, Role.APPROVER)
    refuses_person(signing_world, clerk, ApplicantMayNotDecide, approving(signing_world, request_id))


def test_nobody_confirms_the_seals_use_for_an_own_request(signing_world: SigningWorld):
    world, request_id = signing_world.world, signing_world.world.in_custody()
    clerk = with_role(signing_world, Role.CLERK, Role.CUSTODIAN)
    by_sql(signing_world, change(Seal, id=world.home.north.seal_id, custodian_id=clerk.id))
    refuses_person(signing_world, clerk, ApplicantMayNotDecide, confirming(signing_world, request_id))


def test_one_person_does_not_both_approve_and_confirm(signing_world: SigningWorld):
    request_id = signing_world.world.pending()
    both = with_role(signing_world, Role.CUSTODIAN, Role.APPROVER)
    with signing_world.database.work() as work:
        approving(signing_world, request_id)(work, both)
    refuses_person(signing_world, both, PersonCountsOnce, confirming(signing_world, request_id))


@pytest.mark.parametrize("role", [Role.APPROVER, Role.CUSTODIAN, Role.CLERK])
def test_a_request_of_a_foreign_branch_is_not_found(sqlite_signing_world: SigningWorld, role: Role):
    signed, world = sqlite_signing_world, sqlite_signing_world.world
    request_id = world.in_custody()
    digest = world.manifest_sha256(request_id)

    def refuse(work: Work, actor: Actor) -> object:
        attestor = world.adapters.attestor
        return flows.refuse_request(work, actor, attestor, request_id, manifest_sha256=digest, reason="no")

    def withdraw(work: Work, actor: Actor) -> object:
        return service.withdraw_request(work, actor, request_id)

    def release(work: Work, actor: Actor) -> object:
        return copy_service.release_copies(work, actor, request_id)

    for office in (world.home.south, world.foreign.north, world.foreign.head):
        stranger = person(signed, role, office)
        for act in (approving(signed, request_id), confirming(signed, request_id), refuse, withdraw, release):
            refuses_person(signed, stranger, NotFound, act)


def test_another_custodian_does_not_confirm(sqlite_signing_world: SigningWorld):
    request_id = sqlite_signing_world.world.in_custody()
    head = person(sqlite_signing_world, Role.CUSTODIAN, sqlite_signing_world.world.home.head)
    refuses_person(sqlite_signing_world, head, NotFound, confirming(sqlite_signing_world, request_id))


def test_pages_that_nobody_looked_at_are_not_approved(sqlite_signing_world: SigningWorld):
    world = sqlite_signing_world.world
    request_id, seen = world.pending(), world.manifest_sha256(world.pending())
    approver = person(sqlite_signing_world, Role.APPROVER)
    refuses_person(sqlite_signing_world, approver, ManifestChanged, approving(sqlite_signing_world, request_id, seen))


def test_an_expired_request_is_not_approved(sqlite_signing_world: SigningWorld):
    request_id, approver = sqlite_signing_world.world.pending(), person(sqlite_signing_world, Role.APPROVER)
    sqlite_signing_world.world.clock.advance(timedelta(days=31).total_seconds())
    refuses_person(sqlite_signing_world, approver, RequestExpired, approving(sqlite_signing_world, request_id))


def test_a_person_applies_only_at_a_branch_where_clerk(sqlite_signing_world: SigningWorld):
    """Someone of the south who is clerk in the north has no business to apply in the south's name."""
    world = sqlite_signing_world.world
    clerk = replace(person(sqlite_signing_world, Role.CLERK), branch_id=world.home.south.branch_id)
    for office in (world.home.north, world.home.south):
        refuses_person(sqlite_signing_world, clerk, Forbidden, applying(world.application(office=office)))


def applying(application: Application) -> Callable[[Work, Actor], object]:
    return lambda work, actor: check_application(work, actor, application, most_copies=9)


def test_reading_anothers_seal_or_printer_is_no_right_to_use_it(sqlite_signing_world: SigningWorld):
    world = sqlite_signing_world.world
    clerk = person(sqlite_signing_world, Role.CLERK)
    auditor = person(sqlite_signing_world, Role.AUDITOR, world.home.head)
    both = replace(clerk, grants=(*clerk.grants, *auditor.grants))
    own, south = world.application(), world.home.south
    for wrong in (replace(own, seal_id=south.seal_id), replace(own, printer_id=south.printer_id)):
        refuses_person(sqlite_signing_world, both, NotFound, applying(wrong))


def test_a_suspended_seal_signs_nothing(signing_world: SigningWorld):
    world = signing_world.world
    authorisation = one_authorisation(signing_world)
    with world.database.work() as work:
        suspend_seal(
            work, world.actor(work, Role.CUSTODIAN), world.adapters.attestor, world.home.north.seal_id, reason="lost"
        )
    refuses(signing_world, authorisation.id, SealNotUsable)


def test_the_use_of_a_suspended_seal_is_not_confirmed(sqlite_signing_world: SigningWorld):
    world = sqlite_signing_world.world
    request_id, keeper = world.in_custody(), person(sqlite_signing_world, Role.CUSTODIAN)
    with world.database.work() as work:
        suspend_seal(work, keeper, world.adapters.attestor, world.home.north.seal_id, reason="lost")
    refuses_person(sqlite_signing_world, keeper, SealNotUsable, confirming(sqlite_signing_world, request_id))


def test_copies_of_a_suspended_seal_are_not_released(sqlite_signing_world: SigningWorld):
    world = sqlite_signing_world.world
    copies = sqlite_signing_world.issued()
    with world.database.work() as work:
        suspend_seal(
            work, world.actor(work, Role.CUSTODIAN), world.adapters.attestor, world.home.north.seal_id, reason="lost"
        )
    with sqlite_signing_world.nothing_changes(), pytest.raises(SealNotUsable), world.database.work() as work:
        copy_service.release_copies(work, world.actor(work, Role.CLERK), copies[0].request_id)


def test_a_seal_object_that_was_tampered_with_signs_nothing(sqlite_signing_world: SigningWorld):
    authorisation = one_authorisation(sqlite_signing_world)
    damaged(sqlite_signing_world.object_file(seal_object(sqlite_signing_world)))
    refuses(sqlite_signing_world, authorisation.id, ObjectChanged)


def test_another_seals_object_signs_nothing(signing_world: SigningWorld):
    world = signing_world.world
    authorisation = one_authorisation(signing_world)
    with signing_world.database.reading() as work:
        other = work.session.get_one(Seal, world.home.head.seal_id).object_sha256
    by_sql(signing_world, change(Seal, id=world.home.north.seal_id, object_sha256=other))
    refuses(signing_world, authorisation.id, EvidenceMismatch)


def test_a_seal_object_no_maker_signed_is_neither_drawn_nor_used(sqlite_signing_world: SigningWorld):
    """Put in place once it was drawn; one that was there before is not drawn at all."""
    world = sqlite_signing_world.world
    real = bytearray(
        sqlite_signing_world.objects.get(seal_object(sqlite_signing_world), sqlite_signing_world.world.home.id)
    )
    real[-5] ^= 1
    forged = sqlite_signing_world.objects.put(bytes(real), sqlite_signing_world.world.home.id)
    authorisation = one_authorisation(sqlite_signing_world)
    by_sql(sqlite_signing_world, change(Seal, id=world.home.north.seal_id, object_sha256=forged))
    refuses(sqlite_signing_world, authorisation.id, EvidenceMismatch)
    request_id = world.pending()
    with world.database.reading() as work:
        assert work.session.get_one(PrintRequest, request_id).state == RequestState.FAILED


def seal_object(signed: SigningWorld) -> str:
    with signed.database.reading() as work:
        return work.session.get_one(Seal, signed.world.home.north.seal_id).object_sha256


@pytest.mark.parametrize("values", [{"paused": True}, {"colour": False}])
def test_a_printer_that_takes_no_sealed_copies_gets_none(sqlite_signing_world: SigningWorld, values: dict[str, bool]):
    world = sqlite_signing_world.world
    copies = sqlite_signing_world.issued()
    by_sql(sqlite_signing_world, change(Printer, id=world.home.north.printer_id, **values))
    with sqlite_signing_world.nothing_changes(), pytest.raises(PrinterNotUsable), world.database.work() as work:
        copy_service.release_copies(work, world.actor(work, Role.CLERK), copies[0].request_id)
    with sqlite_signing_world.nothing_changes(), pytest.raises(PrinterNotUsable):
        world.submitted()


def test_pages_whose_code_would_be_covered_are_never_signed(
    sqlite_signing_world: SigningWorld, monkeypatch: pytest.MonkeyPatch
):
    """As a worker that somebody has taken over might draw them, for people to approve."""

    def draw(safe_pdf: bytes, layout: list[PageLayout], marks: CopyMarks) -> bytes:
        return painted_over(render_copy(safe_pdf, layout, marks), 1, layout[0].barcode)

    monkeypatch.setattr(pipeline, "render_copy", draw)
    authorisation = one_authorisation(sqlite_signing_world)
    objects, owner = sqlite_signing_world.objects, sqlite_signing_world.world.home.id
    before = set(objects.digests(owner))
    with pytest.raises(MarksUnreadable):
        sqlite_signing_world.issuing.issue(authorisation.id)
    assert [copy.state for copy in sqlite_signing_world.world.copies(authorisation.request_id)] == [CopyState.WASTED]
    made = [objects.get(digest, owner) for digest in set(objects.digests(owner)) - before]
    assert not [each for each in made if each.startswith(b"%PDF")]


def test_an_outage_of_the_hsm_is_no_refusal_and_wastes_nothing(sqlite_signing_world: SigningWorld):
    authorisation = one_authorisation(sqlite_signing_world)
    key_list = sqlite_signing_world.ceremony.keys.key_list
    issuing = replace(sqlite_signing_world.issuing, keys=KeysAway(sqlite_signing_world.hsm, key_list))
    with sqlite_signing_world.nothing_changes(), pytest.raises(HsmUnavailable):
        issuing.issue(authorisation.id)
    sqlite_signing_world.issuing.issue(authorisation.id)


class KeysAway(SigningKeys):
    """A token that has been pulled out."""

    def code(self, organisation: int) -> NoReturn:
        raise HsmUnavailable("the HSM does not answer")


def test_every_refusal_is_of_a_kind_that_is_an_answer():
    """None of them would be asked again by the worker."""
    for kind in (AuthorisationSpent, AlreadySpent, EvidenceForged, EvidenceInsufficient, EvidenceMismatch):
        assert issubclass(kind, Refused | IntegrityError)
