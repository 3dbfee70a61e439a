"""One key, one effect: decided by the database, in the effect's own transaction."""

from __future__ import annotations

import threading
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from printserver.audit.log import By
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Database, Work
from printserver.http_edge.idempotency import (
    Answer,
    Keyed,
    KeyMalformed,
    KeyReused,
    answer_once,
    digest,
    earlier_answer,
    forget_old_keys,
)
from printserver.http_edge.models import IdempotencyRecord
from printserver.organisations.models import Organisation
from printserver.organisations.secrets import Secrets
from printserver.organisations.service import create_branch, create_organisation, create_user
from tests.databases import clock_of

PERSON_BY = By(process="tests")


@pytest.fixture
def person_id(any_database: Database) -> UUID:
    with any_database.work() as work:
        organisation = create_organisation(work, PERSON_BY, number=1, name="a")
        branch = create_branch(work, PERSON_BY, organisation, name="b")
        user = create_user(
            work,
            PERSON_BY,
            branch,
            login="c",
            staff_number="1",
            name="c",
            password="long enough a word",
            secrets=Secrets(bytes(32)),
        )
    return user.id


def _organisations(database: Database) -> int:
    with database.reading() as work:
        return work.session.scalar(select(func.count()).select_from(Organisation)) or 0


def test_a_second_request_waits_for_the_first_and_gets_its_answer(any_database: Database, person_id: UUID):
    """The second comes while the first has its effect but no commit yet."""
    keyed, answers, inside = Keyed(person_id, "k", "0" * 64), [], threading.Event()

    def second() -> None:
        inside.wait()
        with any_database.work() as work:
            answers.append(answer_once(work, keyed, lambda: pytest.fail("a second effect")))

    waiting = threading.Thread(target=second)
    waiting.start()
    with any_database.work() as work:

        def effect() -> Answer:
            create_organisation(work, PERSON_BY, number=2, name="made once")
            inside.set()
            waiting.join(0.3)
            assert answers == []
            return Answer(201, {"number": 2})

        first = answer_once(work, keyed, effect)
    waiting.join()
    assert (first.replayed, answers) == (False, [Answer(201, {"number": 2}, replayed=True)])
    assert _organisations(any_database) == 2


def test_when_the_first_fails_the_second_has_the_effect(any_database: Database, person_id: UUID):
    keyed, answers, inside = Keyed(person_id, "k", "0" * 64), [], threading.Event()

    def second() -> None:
        inside.wait()
        with any_database.work() as work:
            answers.append(answer_once(work, keyed, lambda: Answer(201, "the second's")))

    def failing() -> Answer:
        inside.set()
        waiting.join(0.3)
        raise ZeroDivisionError

    waiting = threading.Thread(target=second)
    waiting.start()
    with pytest.raises(ZeroDivisionError), any_database.work() as work:
        answer_once(work, keyed, failing)
    waiting.join()
    assert answers == [Answer(201, "the second's")]


def test_a_failed_effect_leaves_neither_itself_nor_its_key(any_database: Database, person_id: UUID):
    def failing(work: Work) -> Answer:
        create_organisation(work, PERSON_BY, number=2, name="never")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), any_database.work() as work:
        answer_once(work, Keyed(person_id, "k", "0" * 64), lambda: failing(work))
    assert _organisations(any_database) == 1
    with any_database.reading() as work:
        assert work.session.scalar(select(func.count()).select_from(IdempotencyRecord)) == 0
        assert earlier_answer(work, Keyed(person_id, "k", "0" * 64)) is None


def test_another_request_under_the_same_key_is_refused(any_database: Database, person_id: UUID):
    with any_database.work() as work:
        answer_once(work, Keyed(person_id, "k", "0" * 64), lambda: Answer(200, {"你": "好"}))
    with pytest.raises(KeyReused), any_database.work() as work:
        answer_once(work, Keyed(person_id, "k", "1" * 64), lambda: pytest.fail("an effect"))
    with any_database.reading() as work:
        assert earlier_answer(work, Keyed(person_id, "k", "0" * 64)) == Answer(200, {"你": "好"}, replayed=True)


@given(st.text(max_size=250))
def test_only_visible_ascii_makes_a_key(key: str):
    good = 0 < len(key) <= 200 and all("!" <= character <= "~" for character in key)
    if good:
        Keyed(new_id(), key, "0" * 64)
    else:
        with pytest.raises(KeyMalformed):
            Keyed(new_id(), key, "0" * 64)


@given(st.lists(st.binary(max_size=8), max_size=4), st.lists(st.binary(max_size=8), max_size=4))
def test_different_parts_have_different_digests(one: list[bytes], other: list[bytes]):
    assert (digest(*one) == digest(*other)) is (one == other)


def test_answers_of_old_keys_are_forgotten_and_young_ones_kept(any_database: Database, person_id: UUID):
    for key in ("old", "young"):
        with any_database.work() as work:
            answer_once(work, Keyed(person_id, key, digest(b"")), lambda: Answer(201, {}))
        clock_of(any_database).advance(20 * 86_400)
    assert forget_old_keys(any_database, older_than=timedelta(days=30)) == 1
    assert forget_old_keys(any_database, older_than=timedelta(days=30)) == 0
    with any_database.reading() as work:
        assert earlier_answer(work, Keyed(person_id, "old", digest(b""))) is None
        assert earlier_answer(work, Keyed(person_id, "young", digest(b""))) is not None
