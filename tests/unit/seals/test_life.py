"""A seal from its application to its destruction, by the rooms' own services and the officers' statements."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from printserver.approvals.statement_queries import statement_facts
from printserver.approvals.statement_states import StatementState
from printserver.approvals.statements import confirm, refuse
from printserver.foundation.errors import NotFound, TransitionRefused
from printserver.organisations.permissions import Role
from printserver.seals import steps
from printserver.seals.applications import (
    apply_for_seal,
    draw_artwork,
    refuse_application,
    withdraw_application,
)
from printserver.seals.errors import (
    SealApplicationMalformed,
    SealCustodianRefused,
    SealReasonMissing,
    SealStepOpen,
    SealWitnessMissing,
)
from printserver.seals.models import Seal
from printserver.seals.queries import (
    seal_facts,
)
from printserver.seals.service import (
    apply_seal,
    apply_seal_stop,
    record_made,
)
from printserver.seals.states import FORMS, MEANS, TRANSITIONS, Means, SealAction, SealState
from printserver.seals.steps import NewStep, propose_step, steps_of
from tests.unit.seals.officers import (
    DIGEST,
    active,
    application,
    applied,
    by,
    confirmed,
    events,
    proposed,
    refused_without_a_trace,
    registered,
    state_of,
    suspended,
    taken,
)
from tests.world import World
from tests.world_building import BY_SETUP


def test_a_seal_lives_from_its_application_to_its_destruction(world: World):
    seal_id = active(world)
    assert state_of(world, seal_id) is SealState.ACTIVE
    suspended(world, seal_id)
    for action, after in (
        (SealAction.RESUME, SealState.ACTIVE),
        (SealAction.SEAL_UP, SealState.SEALED_UP),
        (SealAction.UNSEAL, SealState.ACTIVE),
        (SealAction.REVOKE, SealState.REVOKED),
    ):
        taken(world, seal_id, action)
        assert state_of(world, seal_id) is after
    taken(world, seal_id, SealAction.DESTROY, witness="赵审")
    assert state_of(world, seal_id) is SealState.DESTROYED
    with world.database.reading() as work:
        told = [(step.action, step.after, step.outcome) for step in steps_of(work, seal_id)]
        facts = seal_facts(work, seal_id)
    assert [action for action, _after, _outcome in told] == [
        SealAction.APPROVE, SealAction.MAKE, SealAction.ACTIVATE, SealAction.SUSPEND, SealAction.RESUME,
        SealAction.SEAL_UP, SealAction.UNSEAL, SealAction.REVOKE, SealAction.DESTROY,
    ]  # fmt: skip
    assert {outcome for _action, _after, outcome in told} == {"done"}
    # The record stays, and with it what names the object.
    assert facts.object_sha256 == seal_id.hex * 2
    assert events(world, seal_id).count("SealStepTaken") == 8


@pytest.mark.parametrize("state", list(SealState))
@pytest.mark.parametrize("action", [action for action in SealAction if MEANS[action] in (Means.ORDER, Means.STATEMENT)])
def test_officers_steps_go_only_where_the_table_says(world: World, state: SealState, action: SealAction):
    seal_id = world.home.north.seal_id
    with world.database.work() as work:
        work.session.execute(update(Seal).where(Seal.id == seal_id).values(state=state, artwork_sha256=DIGEST))
    form = {"witness": "赵审"} if action is SealAction.DESTROY else {}
    step = NewStep(action, "it is needed", form)
    if (state, action) in TRANSITIONS:
        taken(world, seal_id, action, **form)
        assert state_of(world, seal_id) is TRANSITIONS[state, action]
    else:
        refused_without_a_trace(
            world,
            TransitionRefused,
            lambda work: propose_step(work, by(world, work, Role.KEY_OFFICER), world.adapters.attestor, seal_id, step),
        )
        assert state_of(world, seal_id) is state


def test_one_officers_word_moves_nothing_and_two_only_tell_the_signer(world: World):
    seal_id = applied(world)
    statement_id = proposed(world, seal_id, NewStep(SealAction.APPROVE), role=Role.KEY_OFFICER)
    with world.database.work() as work:
        facts = statement_facts(work, statement_id)
        assert facts.state is StatementState.PROPOSED
        assert facts.signers == {world.person(Role.KEY_OFFICER).id}
        administrator = world.actor(work, Role.SEAL_ADMINISTRATOR)
        confirm(work, administrator, world.adapters.attestor, statement_id, sha256=facts.sha256)
        assert statement_facts(work, statement_id).state == "confirmed"
    assert state_of(world, seal_id) is SealState.APPLIED


def test_the_order_says_what_is_to_be_made_and_no_more(world: World):
    seal_id = applied(world)
    body = confirmed(world, proposed(world, seal_id, NewStep(SealAction.APPROVE)))
    with world.database.reading() as work:
        facts = seal_facts(work, seal_id)
    assert (body["seal_id"], body["code_id"]) == (str(seal_id), facts.code_id)
    assert (body["width_mm"], body["height_mm"], body["type"]) == (58, 58, "contract")
    assert body["artwork_sha256"] == facts.artwork_sha256
    assert world.adapters.objects.get(body["artwork_sha256"], world.home.id).startswith(b"%PDF-")


def test_making_is_told_once_and_nothing_is_made_before_the_order(world: World):
    seal_id = applied(world)
    refused_without_a_trace(world, TransitionRefused, lambda work: record_made(work, BY_SETUP, seal_id, DIGEST))
    taken(world, seal_id, SealAction.APPROVE)
    registered(world, lambda work, by, digest: record_made(work, by, seal_id, digest), DIGEST)  # type: ignore[arg-type]
    before = world.row_counts()
    with world.database.work() as work:
        record_made(work, BY_SETUP, seal_id, DIGEST)
    assert world.row_counts() == before
    refused_without_a_trace(world, TransitionRefused, lambda work: record_made(work, BY_SETUP, seal_id, "cd" * 32))


@pytest.mark.parametrize("role", [Role.CUSTODIAN, Role.KEY_OFFICER, Role.SEAL_ADMINISTRATOR])
def test_the_custodian_or_any_officer_stops_a_seal_at_once(world: World, role: Role):
    seal_id = world.home.north.seal_id
    statement_id = suspended(world, seal_id, role)
    assert state_of(world, seal_id) is SealState.SUSPENDED
    with world.database.reading() as work:
        # The signer is told by the same word.
        assert statement_facts(work, statement_id).state == "confirmed"
        assert statement_facts(work, statement_id).kind == "seal-stop"
    assert any(job.workflow == "register-statement" for job in world.jobs.jobs)
    registered(world, apply_seal_stop, {"seal_id": str(seal_id), "reason": "lost"})
    assert state_of(world, seal_id) is SealState.SUSPENDED


def test_a_stop_that_came_by_another_way_stops_the_row_too(world: World):
    seal_id = world.home.north.seal_id
    registered(world, apply_seal_stop, {"seal_id": str(seal_id), "reason": "by the signer"})
    assert state_of(world, seal_id) is SealState.SUSPENDED


def test_what_officers_signed_before_a_stop_does_not_lift_it(world: World):
    seal_id = world.home.north.seal_id
    step = NewStep(SealAction.CHANGE, "fewer uses", {"uses_limit": 5})
    body = confirmed(world, proposed(world, seal_id, step))
    suspended(world, seal_id)
    registered(world, apply_seal, body)
    assert body["state"] == "active"
    assert state_of(world, seal_id) is SealState.SUSPENDED
    with world.database.reading() as work:
        (dropped,) = [each for each in steps_of(work, seal_id) if each.action is SealAction.CHANGE]
    assert dropped.outcome == "dropped"
    assert "SealStatementIgnored" in events(world, seal_id)
    taken(world, seal_id, SealAction.RESUME)
    assert state_of(world, seal_id) is SealState.ACTIVE


def test_a_description_of_a_seal_that_was_never_made_moves_nothing(world: World):
    seal_id = applied(world)
    with world.database.reading() as work:
        body = steps.seal_body(work, seal_facts(work, seal_id), SealState.ACTIVE, {})
    registered(world, apply_seal, body)
    assert state_of(world, seal_id) is SealState.APPLIED
    registered(world, apply_seal, {**body, "seal_id": str(UUID(int=7))})


def test_a_seal_that_was_revoked_stays_revoked(world: World):
    seal_id = active(world)
    with world.database.reading() as work:
        body = steps.seal_body(work, seal_facts(work, seal_id), SealState.ACTIVE, {})
    taken(world, seal_id, SealAction.REVOKE)
    registered(world, apply_seal, body)
    assert state_of(world, seal_id) is SealState.REVOKED


def test_a_second_step_waits_until_the_first_is_settled(world: World):
    seal_id = world.home.north.seal_id
    first = proposed(world, seal_id, NewStep(SealAction.REVOKE, "worn out"))
    step = NewStep(SealAction.SEAL_UP, "the branch closes")
    attestor = world.adapters.attestor
    refused_without_a_trace(
        world, SealStepOpen, lambda work: propose_step(work, by(world, work, Role.KEY_OFFICER), attestor, seal_id, step)
    )
    with world.database.work() as work:
        refuse(work, world.actor(work, Role.KEY_OFFICER), first, reason="not yet")
    taken(world, seal_id, SealAction.SEAL_UP)
    assert state_of(world, seal_id) is SealState.SEALED_UP


def test_a_renewed_seal_is_a_seal_of_its_own_that_names_its_former(world: World):
    former = world.home.north.seal_id
    seal_id = active(world, replaces_id=former)
    with world.database.reading() as work:
        assert seal_facts(work, seal_id).replaces_id == former
        assert seal_facts(work, seal_id).code_id != seal_facts(work, former).code_id
    taken(world, former, SealAction.REVOKE)
    with pytest.raises(TransitionRefused):
        applied(world, replaces_id=former)


def test_an_application_is_refused_by_an_officer_or_withdrawn_by_its_applicant(world: World):
    first, second = applied(world), applied(world)
    refused_without_a_trace(
        world, NotFound, lambda work: refuse_application(work, by(world, work, Role.CLERK), first, reason="no")
    )
    refused_without_a_trace(
        world,
        SealReasonMissing,
        lambda work: refuse_application(work, by(world, work, Role.SEAL_ADMINISTRATOR), first, reason=" "),
    )
    refused_without_a_trace(
        world,
        NotFound,
        lambda work: withdraw_application(work, by(world, work, Role.SEAL_ADMINISTRATOR), second, reason="no"),
    )
    with world.database.work() as work:
        refuse_application(work, by(world, work, Role.SEAL_ADMINISTRATOR), first, reason="we have one")
        withdraw_application(work, by(world, work, Role.CLERK), second, reason="a mistake")
    assert (state_of(world, first), state_of(world, second)) == (SealState.REFUSED, SealState.WITHDRAWN)
    taken_after_the_end = NewStep(SealAction.APPROVE)
    refused_without_a_trace(
        world,
        TransitionRefused,
        lambda work: propose_step(
            work, by(world, work, Role.KEY_OFFICER), world.adapters.attestor, first, taken_after_the_end
        ),
    )


@pytest.mark.parametrize(
    ("action", "form", "reason", "kind"),
    [
        (SealAction.REVOKE, {}, " ", SealReasonMissing),
        (SealAction.REVOKE, {"witness": "x"}, "worn", NotFound),
        (SealAction.SUSPEND, {}, "lost", NotFound),
        (SealAction.RENEW, {}, "old", NotFound),
    ],
)
def test_a_step_with_another_form_is_refused(world: World, action, form, reason, kind):
    seal_id, attestor = world.home.north.seal_id, world.adapters.attestor
    refused_without_a_trace(
        world,
        kind,
        lambda work: propose_step(
            work, by(world, work, Role.KEY_OFFICER), attestor, seal_id, NewStep(action, reason, form)
        ),
    )


def test_a_destruction_names_its_witness(world: World):
    seal_id = active(world)
    taken(world, seal_id, SealAction.REVOKE)
    assert FORMS[SealAction.DESTROY] == ("witness",)
    step = NewStep(SealAction.DESTROY, "end of life", {})
    refused_without_a_trace(
        world,
        SealWitnessMissing,
        lambda work: propose_step(work, by(world, work, Role.KEY_OFFICER), world.adapters.attestor, seal_id, step),
    )


def test_another_branch_neither_applies_nor_proposes_here(world: World):
    seal_id, south = world.home.north.seal_id, world.home.south
    wanted = application(world)
    artwork = draw_artwork(world.adapters.objects, wanted, world.home.id)
    refused_without_a_trace(
        world, NotFound, lambda work: apply_for_seal(work, world.actor(work, Role.CLERK, south), wanted, artwork)
    )
    refused_without_a_trace(
        world,
        NotFound,
        lambda work: propose_step(
            work,
            world.actor(work, Role.KEY_OFFICER, south),
            world.adapters.attestor,
            seal_id,
            NewStep(SealAction.REVOKE, "spite"),
        ),
    )


@pytest.mark.parametrize("wrong", [{"uses_limit": 0}, {"evidence": "belief"}, {"purpose": "x" * 501},
                                   {"custodians": ()}])  # fmt: skip
def test_an_application_that_cannot_be_granted_is_refused(world: World, wrong: dict[str, Any]):
    before = world.row_counts()
    with pytest.raises((SealApplicationMalformed, SealCustodianRefused)):
        applied(world, **wrong)
    assert world.row_counts() == before


def test_a_validity_that_is_over_or_too_long_is_refused(world: World):
    now = world.clock.now()
    for start, days in ((now - timedelta(days=9), 8), (now, 4_000), (now + timedelta(days=2), -1)):
        with pytest.raises(SealApplicationMalformed):
            applied(world, valid_from=start, valid_until=start + timedelta(days=days))
