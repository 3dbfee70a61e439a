"""Passkeys: what adds one, what signs in with it, and what never does."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from printserver.audit.log import By
from printserver.foundation.errors import PrintServerError
from printserver.organisations.models import Passkey as PasskeyRow
from printserver.organisations.passkey_answers import PasskeyRefused, PasskeyUnreadable, RelyingParty, read_answer
from printserver.organisations.passkey_challenges import LIFETIME, Ceremony, PasskeyChallengeStale, moment_of
from printserver.organisations.passkeys import (
    MOST_PASSKEYS,
    AddedPasskey,
    PasskeyKnown,
    PasskeyNotFound,
    PasskeysTooMany,
    add_passkey,
    factor_question,
    passkeys,
    proves_factor,
    registration_options,
    remove_passkey,
    rename_passkey,
    sign_in_question,
    use_passkey,
)
from printserver.organisations.permissions import Role
from printserver.organisations.second_factor import factors_of, spend_code
from printserver.organisations.secrets import Secrets
from printserver.organisations.sign_in_policy import FactorKind
from printserver.organisations.vouched_passkeys import apply_key, evidence_keys, note_counter
from tests.databases import FakeClock
from tests.passkey import ORIGIN, PRESENT, RP_ID, VERIFIED, Passkey
from tests.world import World

SECRETS = Secrets(bytes(range(32)))
PARTY = RelyingParty(RP_ID, ORIGIN)
SESSION = "session-1"


def add(
    world: World, passkey: Passkey, role: Role = Role.CLERK, *, name: str = "phone", **changed: Any
) -> AddedPasskey:
    """changed: members of the client data."""
    with world.database.work() as work:
        actor = world.actor(work, role)
        options = registration_options(work, actor, PARTY, SECRETS, binding=SESSION)
        answer = json.dumps(passkey.create(options, **changed))
        return add_passkey(work, actor, PARTY, SECRETS, binding=SESSION, answer=answer, name=name)


def asked(world: World) -> dict[str, Any]:
    with world.database.reading() as work:
        return sign_in_question(work, PARTY, SECRETS)


def factor_asked(world: World, role: Role = Role.CLERK) -> dict[str, Any]:
    with world.database.reading() as work:
        question = factor_question(work, SECRETS, world.person(role).id)
    assert question is not None
    return question


def use(world: World, answer: dict[str, Any]) -> UUID:
    with world.database.work() as work:
        return use_passkey(work, SECRETS, Ceremony.SIGN_IN, binding="", answer=json.dumps(answer)).user_id


def proves(world: World, answer: dict[str, Any], role: Role = Role.CLERK) -> bool:
    with world.database.work() as work:
        return proves_factor(work, SECRETS, world.person(role).id, json.dumps(answer))


def sql(world: World, **values: Any) -> None:
    """What somebody does who can write rows and nothing else."""
    with world.database.work() as work:
        work.session.execute(update(PasskeyRow).values(**values))


def refused(world: World, change: Callable[[], Any], error: type[PrintServerError]) -> None:
    before = world.row_counts(), world.events(), counters(world)
    with pytest.raises(error):
        change()
    assert (world.row_counts(), world.events(), counters(world)) == before


def counters(world: World) -> list[tuple[int, int]]:
    with world.database.reading() as work:
        return [(row.sign_count, row.newest_challenge) for row in work.session.query(PasskeyRow).all()]


@pytest.mark.parametrize(
    "passkey",
    [
        Passkey(),
        Passkey(ed25519.Ed25519PrivateKey.generate()),
        Passkey(rsa.generate_private_key(65537, 2048)),
    ],
    ids=["ES256", "EdDSA", "RS256"],
)
def test_an_added_passkey_says_by_itself_who_signs_in(world: World, passkey: Passkey):
    clerk = world.person(Role.CLERK).id
    added = add(world, passkey)
    assert (added.person_id, added.rp_id, added.origin) == (clerk, RP_ID, ORIGIN)
    assert use(world, passkey.get(asked(world), user_handle=clerk.bytes)) == clerk
    world.clock.advance(1)
    assert use(world, passkey.get(asked(world))) == clerk
    assert world.events()[-1] == "PasskeyAdded"


def test_the_list_shows_ones_own_passkeys_alone(world: World):
    added = add(world, Passkey(), name="  my \n phone ")
    add(world, Passkey(credential_id=b"other"), Role.APPROVER)
    with world.database.reading() as work:
        (mine,) = passkeys(work, world.actor(work, Role.CLERK), SECRETS)
    assert (mine.id, mine.name, mine.last_used_at, mine.evidence_since) == (added.id, "my phone", None, None)


def test_renaming_and_removing_are_for_the_owner_alone(world: World):
    added = add(world, Passkey())
    with world.database.work() as work:
        clerk, approver = world.actor(work, Role.CLERK), world.actor(work, Role.APPROVER)
        rename_passkey(work, clerk, added.id, name="key ring")
        for change in (
            lambda: rename_passkey(work, approver, added.id, name="x"),
            lambda: remove_passkey(work, approver, added.id),
        ):
            with pytest.raises(PasskeyNotFound):
                change()
        remove_passkey(work, clerk, added.id)
        assert passkeys(work, clerk, SECRETS) == ()
        with pytest.raises(PasskeyNotFound):
            remove_passkey(work, clerk, added.id)
    assert world.events()[-2:] == ["PasskeyRenamed", "PasskeyRemoved"]


def test_a_removed_passkey_signs_nobody_in_even_when_its_row_is_brought_back(world: World):
    passkey = Passkey()
    added = add(world, passkey)
    with world.database.work() as work:
        remove_passkey(work, world.actor(work, Role.CLERK), added.id)
    refused(world, lambda: use(world, passkey.get(asked(world))), PasskeyRefused)
    sql(world, removed_at=None)
    refused(world, lambda: use(world, passkey.get(asked(world))), PasskeyRefused)


@pytest.mark.parametrize("column", ["user_id", "public_key", "credential_id", "rp_id", "origin", "mac"])
def test_a_row_that_the_database_was_made_to_hold_signs_nobody_in(world: World, column: str):
    thief, passkey = Passkey(credential_id=b"thief"), Passkey()
    add(world, passkey)
    values: dict[str, Any] = {
        "user_id": world.person(Role.APPROVER).id,
        "public_key": thief.public_key.hex(),
        "credential_id": "dGhpZWY",
        "rp_id": "evil.example",
        "origin": "https://evil.example",
        "mac": "",
    }
    sql(world, **{column: values[column]})
    for each in (passkey, thief):
        refused(world, partial(use, world, each.get(asked(world))), PasskeyRefused)
    with world.database.reading() as work:
        for role in (Role.CLERK, Role.APPROVER):
            assert passkeys(work, world.actor(work, role), SECRETS) == ()


def test_an_answer_counts_once(world: World):
    passkey = Passkey()
    add(world, passkey)
    for counter in (None, 0):  # also for a passkey that does not count
        world.clock.advance(1)
        if counter is not None:
            sql(world, sign_count=0)
            passkey.counter = -1
        answer = passkey.get(asked(world))
        use(world, answer)
        error = PasskeyRefused if counter is None else PasskeyChallengeStale
        refused(world, partial(use, world, answer), error)


def test_a_counter_that_goes_back_is_refused(world: World):
    passkey = Passkey(counter=7)
    add(world, passkey)
    passkey.counter = 6
    refused(world, lambda: use(world, passkey.get(asked(world))), PasskeyRefused)
    assert use(world, passkey.get(asked(world))) == world.person(Role.CLERK).id
    with world.database.work() as work:
        with pytest.raises(PasskeyRefused):
            note_counter(work, passkey.credential_id, passkey.authenticator_data())
        note_counter(work, passkey.credential_id, replace(passkey, counter=9).authenticator_data())
    assert counters(world)[0][0] == 9


def test_a_challenge_is_for_five_minutes_and_one_ceremony(world: World):
    passkey = Passkey()
    add(world, passkey)
    refused(world, partial(use, world, passkey.get(factor_asked(world))), PasskeyChallengeStale)
    assert not proves(world, passkey.get(asked(world)))
    question, factor = asked(world), factor_asked(world)
    world.clock.advance(LIFETIME.total_seconds() + 1)
    refused(world, partial(use, world, passkey.get(question)), PasskeyChallengeStale)
    assert not proves(world, passkey.get(factor))


@given(st.binary(max_size=80))
def test_no_challenge_but_ours_is_answered(challenge: bytes):
    with pytest.raises(PasskeyChallengeStale):
        moment_of(SECRETS, Ceremony.SIGN_IN, "", challenge, now=FakeClock().now())


def test_a_factor_is_the_persons_own_and_good_once(world: World):
    passkey, other = Passkey(), Passkey(credential_id=b"other")
    add(world, passkey)
    add(world, other, Role.APPROVER)
    answer = passkey.get(factor_asked(world))
    assert not proves(world, answer, Role.APPROVER)
    assert not proves(world, other.get(factor_asked(world)))
    assert proves(world, answer)
    assert not proves(world, answer)
    with world.database.reading() as work:
        assert factor_question(work, SECRETS, world.person(Role.CUSTODIAN).id) is None


def test_a_second_factor_is_asked_for_once_there_is_a_passkey(world: World):
    passkey, clerk = Passkey(), world.person(Role.CLERK).id
    with world.database.work() as work:
        assert factors_of(work, clerk) == frozenset()
    add(world, passkey)
    with world.database.work() as work:
        assert factors_of(work, clerk) == {FactorKind.PASSKEY}
        by = By(process="test")
        assert spend_code(work, SECRETS, by, clerk, "{}") is None
        assert spend_code(work, SECRETS, by, clerk, json.dumps(passkey.get(factor_asked(world)))) is FactorKind.PASSKEY


@pytest.mark.parametrize(
    "changed",
    [
        {"origin": "https://evil.example"},
        {"type": "webauthn.create"},
        {"challenge": "AAAA"},
    ],
    ids=str,
)
def test_an_answer_given_elsewhere_or_to_another_question_is_refused(world: World, changed: dict[str, Any]):
    passkey = Passkey()
    add(world, passkey)
    refused(world, lambda: use(world, passkey.get(asked(world), **changed)), PrintServerError)


@pytest.mark.parametrize("flags", [0, PRESENT, VERIFIED])
def test_without_presence_and_verification_a_passkey_does_nothing(world: World, flags: int):
    passkey = Passkey()
    refused(world, lambda: add(world, replace(passkey, flags=flags)), PasskeyRefused)
    add(world, passkey)
    passkey.flags = flags
    refused(world, lambda: use(world, passkey.get(asked(world))), PasskeyRefused)


def test_another_accounts_handle_is_refused(world: World):
    passkey = Passkey()
    add(world, passkey)
    handle = world.person(Role.APPROVER).id.bytes
    refused(world, lambda: use(world, passkey.get(asked(world), user_handle=handle)), PasskeyRefused)


@pytest.mark.parametrize("changed", [{"origin": "https://evil.example"}, {"type": "webauthn.get"}], ids=str)
def test_a_registration_made_elsewhere_is_refused(world: World, changed: dict[str, Any]):
    refused(world, lambda: add(world, Passkey(), **changed), PasskeyRefused)


def test_a_passkey_is_added_once_and_nobody_has_too_many(world: World):
    add(world, Passkey())
    refused(world, lambda: add(world, Passkey(), Role.APPROVER), PasskeyKnown)
    for number in range(1, MOST_PASSKEYS):
        add(world, Passkey(credential_id=b"credential-%d" % number))
    refused(world, lambda: add(world, Passkey(credential_id=b"one-more")), PasskeysTooMany)


@given(st.text(max_size=100))
def test_a_text_that_is_no_answer_is_unreadable(text: str):
    with pytest.raises(PasskeyUnreadable):
        read_answer(text)


@pytest.mark.parametrize("part", ["clientDataJSON", "authenticatorData", "signature"])
@pytest.mark.parametrize("value", [None, 5, "", "%%%", "AAAA", ["x"]], ids=str)
def test_a_broken_part_of_an_answer_is_refused_and_nothing_more(world: World, part: str, value: Any):
    passkey = Passkey()
    add(world, passkey)
    answer = passkey.get(asked(world))
    answer["response"][part] = value
    refused(world, lambda: use(world, answer), PrintServerError)


def test_a_passkey_is_evidence_only_after_officers_vouched_for_it(world: World):
    passkey = Passkey()
    added = add(world, passkey)
    clerk = world.person(Role.CLERK).id
    with world.database.work() as work:
        assert evidence_keys(work, clerk, SECRETS) == {}
        apply_key(work, By(process="worker"), {"credential_id": added.credential_id})
        assert evidence_keys(work, clerk, SECRETS) == {passkey.credential_id: passkey.registered(str(clerk))}
    sql(world, public_key="AAAA")
    with world.database.reading() as work:
        assert evidence_keys(work, clerk, SECRETS) == {}
