"""One-time codes are good once, on both databases, whoever is first."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pyotp
import pytest
from sqlalchemy import select

from printserver.audit.log import By
from printserver.foundation.unit_of_work import Database
from printserver.organisations.access import Actor
from printserver.organisations.models import RecoveryCode, TotpFactor
from printserver.organisations.second_factor import (
    RECOVERY_CODES,
    CodeWrong,
    LastSecondFactor,
    SecondFactorNotBegun,
    begin_totp,
    begun_totp,
    confirm_totp,
    factor_state,
    factors_of,
    forget_second_factors,
    make_recovery_codes,
    remove_totp,
    spend_code,
)
from printserver.organisations.secrets import Secrets
from printserver.organisations.service import create_branch, create_organisation, create_user
from printserver.organisations.sign_in_policy import FactorKind
from tests.databases import any_database, clock_of, database_kit
from tests.world_building import cheap_passwords

__all__ = ["any_database", "database_kit"]

SECRETS = Secrets(bytes(range(32)))
SETUP = By(process="tests")


@pytest.fixture
def actor(any_database: Database) -> Actor:
    with cheap_passwords(), any_database.work() as work:
        organisation = create_organisation(work, SETUP, number=1, name="a")
        branch = create_branch(work, SETUP, organisation, name="b")
        user = create_user(
            work,
            SETUP,
            branch,
            login="someone",
            staff_number="1",
            name="x",
            password="several words of mine",
            secrets=SECRETS,
        )
    return Actor(user.id, user.organisation_id, user.branch_id, user.name, ())


def code_at(database: Database, seed: str, seconds: int = 0) -> str:
    return pyotp.TOTP(seed).at(int(clock_of(database).now().timestamp()) + seconds)


def enrolled(database: Database, actor: Actor) -> tuple[str, tuple[str, ...]]:
    with database.work() as work:
        seed = begin_totp(work, SECRETS, actor, login="someone").seed
        codes = confirm_totp(work, SECRETS, actor, code_at(database, seed))
    clock_of(database).advance(90)
    return seed, codes


def spent(database: Database, user_id: UUID, code: str) -> FactorKind | None:
    with database.work() as work:
        return spend_code(work, SECRETS, SETUP, user_id, code)


def test_an_app_counts_once_it_has_shown_a_right_code(any_database: Database, actor: Actor):
    with any_database.work() as work:
        enrolment = begin_totp(work, SECRETS, actor, login="someone")
        assert enrolment.uri.startswith("otpauth://totp/")
        assert begun_totp(work, SECRETS, actor, login="someone") == enrolment
        with pytest.raises(CodeWrong):
            confirm_totp(work, SECRETS, actor, "000000")
        assert factors_of(work, actor.id) == set()
        confirm_totp(work, SECRETS, actor, code_at(any_database, enrolment.seed))
        assert factors_of(work, actor.id) == {FactorKind.TOTP}
        with pytest.raises(SecondFactorNotBegun):
            confirm_totp(work, SECRETS, actor, code_at(any_database, enrolment.seed))


def test_the_first_code_is_not_good_for_signing_in_as_well(any_database: Database, actor: Actor):
    with any_database.work() as work:
        seed = begin_totp(work, SECRETS, actor, login="someone").seed
        code = code_at(any_database, seed)
        confirm_totp(work, SECRETS, actor, code)
    assert spent(any_database, actor.id, code) is None


def test_a_replayed_code_fails_and_so_does_an_earlier_one(any_database: Database, actor: Actor):
    seed, _codes = enrolled(any_database, actor)
    earlier, code = code_at(any_database, seed, -30), code_at(any_database, seed)
    assert spent(any_database, actor.id, code) is FactorKind.TOTP
    assert spent(any_database, actor.id, code) is None
    assert spent(any_database, actor.id, earlier) is None
    assert spent(any_database, actor.id, code_at(any_database, seed, 30)) is FactorKind.TOTP


def test_a_code_is_good_one_step_before_and_after_and_no_further(any_database: Database, actor: Actor):
    seed, _codes = enrolled(any_database, actor)
    for seconds in (-60, 60, 3600):
        assert spent(any_database, actor.id, code_at(any_database, seed, seconds)) is None
    assert spent(any_database, actor.id, code_at(any_database, seed, -30)) is FactorKind.TOTP


def test_of_twenty_who_send_the_same_code_one_is_in(any_database: Database, actor: Actor):
    seed, codes = enrolled(any_database, actor)
    for code in (code_at(any_database, seed), codes[3]):
        with ThreadPoolExecutor(10) as pool:
            answers = list(pool.map(lambda each: spent(any_database, actor.id, each), [code] * 20))
        assert sum(answer is not None for answer in answers) == 1


def test_a_recovery_code_is_good_once_however_it_is_typed(any_database: Database, actor: Actor):
    _seed, codes = enrolled(any_database, actor)
    assert len(set(codes)) == RECOVERY_CODES
    assert spent(any_database, actor.id, codes[0].lower().replace("-", " ")) is FactorKind.RECOVERY_CODE
    assert spent(any_database, actor.id, codes[0]) is None
    with any_database.reading() as work:
        assert factor_state(work, actor.id).recovery_codes == RECOVERY_CODES - 1


def test_new_recovery_codes_end_the_former_ones(any_database: Database, actor: Actor):
    _seed, codes = enrolled(any_database, actor)
    with any_database.work() as work:
        newer = make_recovery_codes(work, SECRETS, actor)
    assert spent(any_database, actor.id, codes[0]) is None
    assert spent(any_database, actor.id, newer[0]) is FactorKind.RECOVERY_CODE


def test_neither_seed_nor_code_is_stored_as_it_is(any_database: Database, actor: Actor):
    seed, codes = enrolled(any_database, actor)
    with any_database.reading() as work:
        rows = [*work.session.scalars(select(TotpFactor)), *work.session.scalars(select(RecoveryCode))]
        stored = str([vars(row) for row in rows])
    assert seed not in stored
    assert not [code for code in codes if code in stored or code.replace("-", "") in stored]


@pytest.mark.parametrize("code", ["", " ", "12345", "1234567", "abcdef", "１２３４５６", "000000\x00", "-" * 20])
def test_what_is_no_code_is_none(any_database: Database, actor: Actor, code: str):
    enrolled(any_database, actor)
    assert spent(any_database, actor.id, code) is None


def test_who_needs_a_second_factor_keeps_the_last_one(any_database: Database, actor: Actor):
    seed, codes = enrolled(any_database, actor)
    with any_database.work() as work, pytest.raises(LastSecondFactor):
        remove_totp(work, SETUP, actor.id, required=True)
    with any_database.work() as work:
        forget_second_factors(work, SETUP, actor.id)
        assert factors_of(work, actor.id) == set()
    for code in (code_at(any_database, seed), codes[0]):
        assert spent(any_database, actor.id, code) is None
