"""Rows, objects and evidence changed behind the server's back: the signer signs nothing and says so."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy.exc
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import delete, insert, select, text, update

from printserver.approvals.authorisation import AuthorisationSpent
from printserver.approvals.models import Approval, Authorisation
from printserver.approvals.rules import custody_step
from printserver.audit.models import AuditEntry
from printserver.foundation.errors import (
    NotFound,
    TransitionRefused,
)
from printserver.foundation.ids import new_id
from printserver.organisations.permissions import Role
from printserver.print_requests import copy_service, flows
from printserver.print_requests.models import Copy, PrintRequest
from printserver.print_requests.service import withdraw_request
from printserver.print_requests.states import CopyState
from printserver.signer.checks import EvidenceMismatch
from printserver.signer.heads import ended_in
from printserver.signing.errors import (
    AlreadySpent,
    EvidenceForged,
    EvidenceInsufficient,
    KeyUnknown,
)
from printserver.signing.evidence import APPROVAL_STEP, AttestationKey, Decision, EvidenceClaims, sign_evidence
from printserver.storage.objects import ObjectChanged
from tests.flows.refusing import (
    by_sql,
    change,
    confirming,
    damaged,
    one_authorisation,
    person,
    refuses,
    refuses_person,
)
from tests.signing_world import SigningWorld


def row_of_approval(signed: SigningWorld, request_id: UUID, step: str, person: UUID, evidence: str) -> Any:
    return insert(Approval).values(
        id=new_id(),
        request_id=request_id,
        person_id=person,
        step=step,
        decision="approved",
        reason="",
        manifest_sha256=signed.world.manifest_sha256(request_id),
        evidence=evidence,
        decided_at=signed.database.clock.now(),
    )


def granted_by_sql(signed: SigningWorld, request_id: UUID) -> UUID:
    """An authorisation that no custodian gave, and the copy as if one had."""
    (copy,) = signed.world.copies(request_id)
    authorisation_id, now = new_id(), signed.database.clock.now()
    by_sql(
        signed,
        change(Copy, id=copy.id, state=CopyState.AUTHORISED),
        change(PrintRequest, id=request_id, state="approved"),
        insert(Authorisation).values(
            id=authorisation_id,
            organisation_id=signed.world.home.id,
            request_id=request_id,
            copy_id=copy.id,
            manifest_sha256=signed.world.manifest_sha256(request_id),
            content_sha256=copy.rendition_sha256,
            created_at=now,
            expires_at=now + timedelta(days=30),
        ),
    )
    return authorisation_id


def claims_of(signed: SigningWorld, request_id: UUID, step: str, person: UUID) -> EvidenceClaims:
    return EvidenceClaims(
        manifest_sha256=signed.world.manifest_sha256(request_id),
        request_id=str(request_id),
        person_id=str(person),
        step=step,
        decision=Decision.APPROVED,
        decided_at=signed.database.clock.now(),
        organisation=signed.world.home.number,
    )


def test_an_authorisation_without_the_custodians_word_signs_nothing(signing_world: SigningWorld):
    request_id = signing_world.world.in_custody()
    refused = refuses(signing_world, granted_by_sql(signing_world, request_id), EvidenceInsufficient)
    assert "custody" in str(refused)


def test_an_authorisation_nobody_approved_signs_nothing(signing_world: SigningWorld):
    refuses(signing_world, granted_by_sql(signing_world, signing_world.world.pending()), EvidenceInsufficient)


def test_an_approval_row_without_evidence_signs_nothing(signing_world: SigningWorld):
    world, request_id = signing_world.world, signing_world.world.in_custody()
    step, keeper = custody_step(world.home.north.seal_id), world.person(Role.CUSTODIAN).id
    by_sql(signing_world, row_of_approval(signing_world, request_id, step, keeper, ""))
    refuses(signing_world, granted_by_sql(signing_world, request_id), EvidenceForged)


def test_evidence_of_another_request_signs_nothing(signing_world: SigningWorld):
    world, request_id = signing_world.world, signing_world.world.in_custody()
    other = world.authorised()
    step, keeper = custody_step(world.home.north.seal_id), world.person(Role.CUSTODIAN).id
    with signing_world.database.reading() as work:
        borrowed = work.session.scalars(
            select(Approval.evidence).where(Approval.request_id == other, Approval.step == step)
        ).one()
    by_sql(signing_world, row_of_approval(signing_world, request_id, step, keeper, borrowed))
    refuses(signing_world, granted_by_sql(signing_world, request_id), EvidenceInsufficient)


def test_evidence_signed_by_a_key_of_ones_own_signs_nothing(signing_world: SigningWorld):
    world, request_id = signing_world.world, signing_world.world.in_custody()
    step, keeper = custody_step(world.home.north.seal_id), world.person(Role.CUSTODIAN).id
    own_key = AttestationKey(ec.generate_private_key(ec.SECP256R1()))
    forged = sign_evidence(claims_of(signing_world, request_id, step, keeper), own_key)
    by_sql(signing_world, row_of_approval(signing_world, request_id, step, keeper, forged))
    refuses(signing_world, granted_by_sql(signing_world, request_id), KeyUnknown)


def test_evidence_of_the_approver_does_not_count_for_the_custodian(signing_world: SigningWorld):
    """Also when the web process itself would attest it."""
    world, request_id = signing_world.world, signing_world.world.in_custody()
    step, approver = custody_step(world.home.north.seal_id), world.person(Role.APPROVER).id
    twice = world.adapters.attestor.attest(claims_of(signing_world, request_id, step, approver))
    keeper = world.person(Role.CUSTODIAN).id
    by_sql(signing_world, row_of_approval(signing_world, request_id, step, keeper, twice))
    refuses(signing_world, granted_by_sql(signing_world, request_id), EvidenceInsufficient)


def test_a_refusal_that_was_deleted_leaves_no_approval_behind(signing_world: SigningWorld):
    world, request_id = signing_world.world, signing_world.world.in_custody()
    digest = world.manifest_sha256(request_id)
    with world.database.work() as work:
        keeper = world.actor(work, Role.CUSTODIAN)
        flows.refuse_request(
            work, keeper, world.adapters.attestor, request_id, manifest_sha256=digest, reason="the price is wrong"
        )
    authorisation_id = granted_by_sql(signing_world, request_id)
    refuses(signing_world, authorisation_id, EvidenceInsufficient)
    by_sql(signing_world, delete(Approval).where(Approval.request_id == request_id, Approval.decision == "refused"))
    refuses(signing_world, authorisation_id, EvidenceInsufficient)


def test_a_refusal_taken_out_of_the_database_still_counts(signing_world: SigningWorld):
    """Every trace of it is removed once the log has its place, and colleagues approve, unaware, what was refused."""
    world, request_id = signing_world.world, signing_world.world.in_custody()
    digest, attestor = world.manifest_sha256(request_id), world.adapters.attestor
    with world.database.work() as work:
        keeper = world.actor(work, Role.CUSTODIAN)
        flows.refuse_request(work, keeper, attestor, request_id, manifest_sha256=digest, reason="the price is wrong")
    with world.database.reading() as work:
        bodies = list(work.session.scalars(select(AuditEntry.body)))
    signing_world.register.refusals.note(ended_in([*bodies, "no JSON", '{"RequestDecided"']), world.clock.now())
    by_sql(
        signing_world,
        delete(Approval).where(Approval.request_id == request_id, Approval.decision == "refused"),
        change(PrintRequest, id=request_id, state="pending-custody", step=custody_step(world.home.north.seal_id)),
        update(Copy).where(Copy.request_id == request_id).values(state="rendered"),
        text(
            "DROP TRIGGER audit_entry_append_only ON audit_entry"
            if signing_world.settings.database_url
            else "DROP TRIGGER audit_entry_no_delete"
        ),
        delete(AuditEntry).where(AuditEntry.event == "RequestDecided", AuditEntry.body.contains("refused")),
    )
    with world.database.work() as work:
        keeper = world.actor(work, Role.CUSTODIAN)
        flows.confirm_seal_use(work, keeper, attestor, request_id, manifest_sha256=digest)
    (authorisation,) = signing_world.authorisations(request_id)
    assert "refused" in str(refuses(signing_world, authorisation.id, EvidenceInsufficient))


@pytest.mark.parametrize("end", ["withdrawn", "void"])
def test_what_was_called_off_is_not_signed_though_every_row_is_put_back(sqlite_signing_world: SigningWorld, end: str):
    """By the applicant, or by an administrator who declared the copy void; nobody else knows of it."""
    signed, world = sqlite_signing_world, sqlite_signing_world.world
    kept = one_authorisation(signed) if end == "void" else None
    request_id = world.in_custody() if kept is None else kept.request_id
    with world.database.work() as work:
        if kept is None:
            withdraw_request(work, world.actor(work, Role.CLERK), request_id, reason="a mistake")
        else:
            administrator = world.actor(work, Role.PRINTER_ADMINISTRATOR)
            copy_service.void_copy(work, administrator, kept.copy_id, reason="a mistake")
    with world.database.reading() as work:
        bodies = list(work.session.scalars(select(AuditEntry.body)))
    signed.register.refusals.note(ended_in(bodies), world.clock.now())
    by_sql(signed, update(Copy).where(Copy.request_id == request_id).values(state="rendered"))
    if kept is None:
        step = custody_step(world.home.north.seal_id)
        by_sql(signed, change(PrintRequest, id=request_id, state="pending-custody", step=step))
        digest = world.manifest_sha256(request_id)
        with world.database.work() as work:
            keeper = world.actor(work, Role.CUSTODIAN)
            flows.confirm_seal_use(work, keeper, world.adapters.attestor, request_id, manifest_sha256=digest)
    else:
        by_sql(signed, change(Copy, id=kept.copy_id, state=CopyState.AUTHORISED))
    (authorisation,) = signed.authorisations(request_id)
    assert "called it off" in str(refuses(signed, authorisation.id, EvidenceInsufficient))


def test_what_the_log_knows_as_refused_is_not_decided_on_again(signing_world: SigningWorld):
    world, request_id = signing_world.world, signing_world.world.in_custody()
    digest = world.manifest_sha256(request_id)
    with world.database.work() as work:
        keeper = world.actor(work, Role.CUSTODIAN)
        flows.refuse_request(
            work, keeper, world.adapters.attestor, request_id, manifest_sha256=digest, reason="the price is wrong"
        )
    by_sql(
        signing_world,
        delete(Approval).where(Approval.request_id == request_id, Approval.decision == "refused"),
        change(PrintRequest, id=request_id, state="pending-custody", step=custody_step(world.home.north.seal_id)),
    )
    refuses_person(
        signing_world, person(signing_world, Role.CUSTODIAN), TransitionRefused, confirming(signing_world, request_id)
    )


def test_evidence_taken_away_signs_nothing(sqlite_signing_world: SigningWorld):
    for step in (APPROVAL_STEP, custody_step(sqlite_signing_world.world.home.north.seal_id)):
        authorisation = one_authorisation(sqlite_signing_world)
        by_sql(
            sqlite_signing_world,
            delete(Approval).where(Approval.request_id == authorisation.request_id, Approval.step == step),
        )
        refuses(sqlite_signing_world, authorisation.id, EvidenceInsufficient)


# Digests


def test_a_changed_rendition_signs_nothing(sqlite_signing_world: SigningWorld):
    authorisation = one_authorisation(sqlite_signing_world)
    damaged(sqlite_signing_world.object_file(authorisation.content_sha256))
    refuses(sqlite_signing_world, authorisation.id, ObjectChanged)


def test_a_changed_manifest_signs_nothing(sqlite_signing_world: SigningWorld):
    authorisation = one_authorisation(sqlite_signing_world)
    damaged(sqlite_signing_world.object_file(authorisation.manifest_sha256))
    refuses(sqlite_signing_world, authorisation.id, ObjectChanged)


def test_a_rendition_that_is_gone_signs_nothing(sqlite_signing_world: SigningWorld):
    authorisation = one_authorisation(sqlite_signing_world)
    sqlite_signing_world.object_file(authorisation.content_sha256).unlink()
    refuses(sqlite_signing_world, authorisation.id, NotFound)


@pytest.mark.parametrize("field", ["content_sha256", "manifest_sha256"])
def test_an_authorisation_pointed_elsewhere_signs_nothing(signing_world: SigningWorld, field: str):
    """At another approved request's pages or manifest, and at an object that is no manifest at all."""
    authorisation, other = one_authorisation(signing_world), one_authorisation(signing_world)
    for digest in (
        getattr(other, field),
        other.content_sha256,
        signing_world.objects.put(b'{"request_id":1}', signing_world.world.home.id),
    ):
        by_sql(signing_world, change(Authorisation, id=authorisation.id, **{field: digest}))
        refuses(signing_world, authorisation.id, EvidenceMismatch)


def test_an_authorisation_pointed_at_another_copy_signs_nothing(signing_world: SigningWorld):
    authorisation = one_authorisation(signing_world)
    (stranger,) = signing_world.world.copies(signing_world.world.pending())
    by_sql(
        signing_world,
        change(Copy, id=stranger.id, state=CopyState.AUTHORISED),
        change(Authorisation, id=authorisation.id, copy_id=stranger.id),
    )
    refuses(signing_world, authorisation.id, EvidenceMismatch)
    by_sql(signing_world, change(Authorisation, id=authorisation.id, request_id=stranger.request_id))
    refuses(signing_world, authorisation.id, EvidenceMismatch)


def test_a_manifest_of_ones_own_writing_signs_nothing(signing_world: SigningWorld):
    """Consistent in itself, stored under its digest, and named by every row: but nobody signed a word about it."""
    authorisation = one_authorisation(signing_world)
    own = signing_world.objects.get(authorisation.manifest_sha256, signing_world.world.home.id).replace(
        b'"number":1', b'"number":9'
    )
    digest = signing_world.objects.put(own, signing_world.world.home.id)
    by_sql(
        signing_world,
        change(Authorisation, id=authorisation.id, manifest_sha256=digest),
        change(PrintRequest, id=authorisation.request_id, manifest_sha256=digest),
        update(Approval).where(Approval.request_id == authorisation.request_id).values(manifest_sha256=digest),
    )
    refuses(signing_world, authorisation.id, EvidenceInsufficient)


# Single use


def test_a_spent_authorisation_signs_nothing_again(signing_world: SigningWorld):
    authorisation = one_authorisation(signing_world)
    signing_world.issuing.issue(authorisation.id)
    refuses(signing_world, authorisation.id, AuthorisationSpent)


def test_rows_set_back_do_not_make_the_journal_forget(signing_world: SigningWorld):
    authorisation = one_authorisation(signing_world)
    signing_world.issuing.issue(authorisation.id)
    by_sql(
        signing_world,
        change(Authorisation, id=authorisation.id, redeemed_at=None),
        change(Copy, id=authorisation.copy_id, state=CopyState.AUTHORISED, issued_sha256=None, issued_at=None),
        change(PrintRequest, id=authorisation.request_id, state="approved"),
    )
    refuses(signing_world, authorisation.id, AlreadySpent)


def test_a_second_authorisation_for_a_copy_cannot_be_stored(signing_world: SigningWorld):
    authorisation = one_authorisation(signing_world)
    values = {name: value for name, value in vars(authorisation).items() if name not in {"id", "redeemed_at"}}
    second = insert(Authorisation).values(id=new_id(), created_at=signing_world.database.clock.now(), **values)
    with signing_world.nothing_changes(), pytest.raises(sqlalchemy.exc.IntegrityError):
        by_sql(signing_world, second)


def test_a_second_authorisation_in_place_of_the_spent_one_signs_nothing(signing_world: SigningWorld):
    authorisation = one_authorisation(signing_world)
    signing_world.issuing.issue(authorisation.id)
    by_sql(
        signing_world,
        delete(Authorisation).where(Authorisation.id == authorisation.id),
        change(Copy, id=authorisation.copy_id, state=CopyState.AUTHORISED),
    )
    second = new_id()
    values = {name: value for name, value in vars(authorisation).items() if name not in {"id", "redeemed_at"}}
    now = signing_world.database.clock.now()
    by_sql(signing_world, insert(Authorisation).values(id=second, created_at=now, **values))
    refuses(signing_world, second, AlreadySpent)


def test_an_expired_authorisation_signs_nothing(signing_world: SigningWorld):
    authorisation = one_authorisation(signing_world)
    signing_world.world.clock.advance(timedelta(days=31).total_seconds())
    refuses(signing_world, authorisation.id, EvidenceInsufficient)
    later = signing_world.database.clock.now() + timedelta(days=300)
    by_sql(signing_world, change(Authorisation, id=authorisation.id, expires_at=later))
    refuses(signing_world, authorisation.id, EvidenceInsufficient)


def test_an_authorisation_that_expires_before_its_request_signs_nothing(sqlite_signing_world: SigningWorld):
    authorisation = one_authorisation(sqlite_signing_world)
    now = sqlite_signing_world.database.clock.now()
    by_sql(sqlite_signing_world, change(Authorisation, id=authorisation.id, expires_at=now))
    refuses(sqlite_signing_world, authorisation.id, AuthorisationSpent)


def test_an_unknown_authorisation_signs_nothing(sqlite_signing_world: SigningWorld):
    refuses(sqlite_signing_world, new_id(), NotFound)


@pytest.mark.parametrize("state", sorted(set(CopyState) - {CopyState.AUTHORISED}))
def test_a_copy_that_does_not_wait_for_its_signature_is_not_signed(
    sqlite_signing_world: SigningWorld, state: CopyState
):
    authorisation = one_authorisation(sqlite_signing_world)
    by_sql(sqlite_signing_world, change(Copy, id=authorisation.copy_id, state=state))
    refuses(sqlite_signing_world, authorisation.id, TransitionRefused)


def test_an_authorisation_for_a_void_copy_signs_nothing(signing_world: SigningWorld):
    world = signing_world.world
    authorisation = one_authorisation(signing_world)
    with world.database.work() as work:
        administrator = world.actor(work, Role.PRINTER_ADMINISTRATOR)
        copy_service.void_copy(work, administrator, authorisation.copy_id, reason="no longer needed")
    refuses(signing_world, authorisation.id, TransitionRefused)
