"""Many at once: each right is used once, whoever is faster."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import replace
from functools import partial
from uuid import UUID, uuid4

from sqlalchemy import select, update

from printserver.approvals.authorisation import AuthorisationSpent, redeem
from printserver.approvals.models import Approval
from printserver.approvals.rules import PersonCountsOnce
from printserver.foundation.errors import TransitionRefused
from printserver.organisations.credentials import DEFAULT_POLICY, check_password
from printserver.organisations.models import User
from printserver.organisations.permissions import Role
from printserver.print_requests.copies import send_copy
from printserver.print_requests.copy_service import release_copies, request_replacement
from printserver.print_requests.flows import approve_request
from printserver.print_requests.models import Copy, PrintRequest
from printserver.print_requests.states import CopyState, RequestState
from printserver.printing.ports import PrinterBusy, TicketRefused
from printserver.signer.issuing import BY_SIGNER
from printserver.signing.errors import AlreadySpent
from tests.signing_world import SigningWorld, all_at_once
from tests.world_building import cheap_passwords

ATTEMPTS = 200
THREADS = 25


def kinds(answers: Sequence[object]) -> Counter[str]:
    return Counter(type(answer).__name__ for answer in answers)


def test_one_of_many_attempts_redeems_an_authorisation(signing_world: SigningWorld):
    (authorisation,) = signing_world.authorisations(signing_world.world.authorised())

    def attempt() -> str:
        with signing_world.database.work() as work:
            redeem(work, BY_SIGNER, authorisation)
        return "redeemed"

    answers = all_at_once([attempt] * ATTEMPTS, threads=THREADS)
    assert kinds(answers) == {"str": 1, AuthorisationSpent.__name__: ATTEMPTS - 1}
    assert signing_world.events().count("AuthorisationRedeemed") == 1


def test_one_of_many_attempts_has_the_copy_signed(signing_world: SigningWorld):
    (authorisation,) = signing_world.authorisations(signing_world.world.authorised())
    signatures, issuing = signing_world.hsm.signatures, signing_world.issuing
    answers = all_at_once([partial(issuing.issue, authorisation.id)] * ATTEMPTS, threads=THREADS)
    found = kinds(answers)
    assert found.pop("str") == 1
    assert set(found) <= {AuthorisationSpent.__name__, AlreadySpent.__name__, TransitionRefused.__name__}
    (copy,) = signing_world.world.copies(authorisation.request_id)
    assert copy.state == CopyState.ISSUED
    assert signing_world.hsm.signatures - signatures == copy.pages + 2  # each page, the PDF, the seal
    assert signing_world.journal.head[0] == 1


def test_many_renderings_of_a_request_make_no_more_copies_than_it_asks_for(signing_world: SigningWorld):
    world = signing_world.world
    request_id = world.submitted(copies=2)
    prepare = partial(world.prepare, request_id)
    assert kinds(all_at_once([prepare] * 8, threads=8)) == {"NoneType": 8}
    assert [copy.number for copy in world.copies(request_id)] == [1, 2]
    assert signing_world.events().count("ApprovalFlowOpened") == 1


def test_one_person_approves_once_however_often_at_once(signing_world: SigningWorld):
    world = signing_world.world
    request_id = world.pending()
    digest, attestor = world.manifest_sha256(request_id), world.adapters.attestor

    def attempt() -> str:
        with world.database.work() as work:
            actor = world.actor(work, Role.APPROVER)
            approve_request(work, actor, attestor, request_id, manifest_sha256=digest)
        return "approved"

    found = kinds(all_at_once([attempt] * 40, threads=20))
    assert found.pop("str") == 1
    assert set(found) <= {PersonCountsOnce.__name__, TransitionRefused.__name__}
    with world.database.reading() as work:
        assert len(work.session.scalars(select(Approval).where(Approval.request_id == request_id)).all()) == 1


def test_two_approvers_at_once_open_the_custodians_step_once(signing_world: SigningWorld):
    world = signing_world.world
    request_id = world.pending()
    digest, attestor = world.manifest_sha256(request_id), world.adapters.attestor

    def attempt(office: object) -> str:
        with world.database.work() as work:
            actor = world.actor(work, Role.APPROVER, office)  # type: ignore[arg-type]
            approve_request(work, actor, attestor, request_id, manifest_sha256=digest)
        return "approved"

    found = kinds(all_at_once([partial(attempt, world.home.north), partial(attempt, world.home.head)], threads=2))
    assert found == {"str": 1, TransitionRefused.__name__: 1}
    with world.database.reading() as work:
        assert len(work.session.scalars(select(Approval).where(Approval.request_id == request_id)).all()) == 1


def test_a_copy_is_released_once_however_often_at_once(signing_world: SigningWorld):
    world = signing_world.world
    (copy,) = signing_world.issued()
    before = len(world.jobs.jobs)

    def attempt() -> str:
        with world.database.work() as work:
            release_copies(work, world.actor(work, Role.CLERK), copy.request_id, [copy.id])
        return "released"

    found = kinds(all_at_once([attempt] * ATTEMPTS, threads=THREADS))
    assert found == {"str": 1, TransitionRefused.__name__: ATTEMPTS - 1}
    assert signing_world.events().count("CopyMoved") == 3  # authorised, issued, released
    queued = {job.id.removeprefix("print-") for job in world.jobs.jobs[before:] if job.workflow == "print-next"}
    (released,) = world.copies(copy.request_id)
    assert str(released.job_uuid) in queued
    assert jobs_that_can_print(signing_world, copy.id, queued) == 1


def jobs_that_can_print(signed: SigningWorld, copy_id: UUID, job_uuids: Set[object]) -> int:
    """Jobs recorded here outlive a transaction that was rolled back; of all of them one may reach the printer."""
    return sum(1 for job in job_uuids if try_to_send(signed, copy_id, UUID(str(job))))


def try_to_send(signed: SigningWorld, copy_id: UUID, job_uuid: UUID) -> bool:
    try:
        with signed.database.work() as work:
            return send_copy(work, BY_SIGNER, copy_id, job_uuid)
    except TransitionRefused:
        return False


def test_two_copies_of_one_printer_are_not_sent_at_once(signing_world: SigningWorld):
    world = signing_world.world
    copies = signing_world.issued(copies=6)
    with world.database.work() as work:
        release_copies(work, world.actor(work, Role.CLERK), copies[0].request_id)
    released = world.copies(copies[0].request_id)
    jobs = [partial(try_to_send, signing_world, copy.id, copy.job_uuid or uuid4()) for copy in released]
    assert Counter(all_at_once(jobs, threads=len(jobs))) == {True: 1, False: 5}
    states = Counter(copy.state for copy in world.copies(copies[0].request_id))
    assert states == {CopyState.SENT: 1, CopyState.RELEASED: 5}


def test_a_copy_is_replaced_once_however_often_at_once(signing_world: SigningWorld):
    world = signing_world.world
    request_id = world.pending()
    (copy,) = world.copies(request_id)
    with world.database.work() as work:
        work.session.execute(update(Copy).where(Copy.id == copy.id).values(state=CopyState.WASTED))

    def attempt() -> UUID:
        with world.database.work() as work:
            wasted = work.session.get_one(Copy, copy.id)
            time.sleep(0.02)
            return request_replacement(work, BY_SIGNER, wasted).id

    answers = all_at_once([attempt] * 16, threads=8)
    assert len(set(answers)) == 1
    with world.database.reading() as work:
        replacements = work.session.scalars(select(PrintRequest).where(PrintRequest.replaces_copy_id == copy.id)).all()
    assert [replacement.id for replacement in replacements] == [answers[0]]
    assert replacements[0].state == RequestState.RENDERING
    assert signing_world.events().count("RequestSubmitted") == 2


def test_guesses_at_one_password_are_judged_one_after_the_other(signing_world: SigningWorld):
    """Otherwise a hundred at once would all be tried before the first failure counts."""
    world = signing_world.world
    login = world.person(Role.CLERK).login

    def guess() -> str:
        with world.database.work() as work:
            return "in" if check_password(work, world.secrets, login=login, password="one of many") else "out"

    with cheap_passwords():
        assert kinds(all_at_once([guess] * 60, threads=20)) == {"str": 60}
    with world.database.reading() as work:
        clerk = work.session.get_one(User, world.person(Role.CLERK).id)
        assert clerk.failed_sign_ins == DEFAULT_POLICY.failures_before_rest


def test_of_many_runs_one_claims_a_ticket(signing_world: SigningWorld):
    world = signing_world.world
    (copy,) = signing_world.issued(copies=1)
    with world.database.work() as work:
        release_copies(work, world.actor(work, Role.CLERK), copy.request_id)
    backend = world.taken_up(copy.printer_id)

    def attempt() -> str:
        own = replace(backend.claim, attempt=uuid4().hex)
        try:
            world.desk.claim(own, spooler="local")
        except (TicketRefused, PrinterBusy) as problem:
            return type(problem).__name__
        return "claimed"

    answers = Counter(all_at_once([attempt] * 100, threads=25))
    assert answers["claimed"] == 1
    assert world.copy_row(copy.id).state == CopyState.SENT
