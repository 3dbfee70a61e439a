"""Many release at once: each copy once, each code once, each guess counted; on both databases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from itertools import cycle, islice
from uuid import UUID

from sqlalchemy import select

from printserver.audit.models import AuditEntry
from printserver.foundation.errors import TransitionRefused
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Role
from printserver.print_requests.copy_service import confirm_loss, release_batch, release_copies, release_with_code
from printserver.print_requests.release import (
    TRIES_BEFORE_LOCK,
    ReleaseCodeLocked,
    ReleaseCodeSpent,
    ReleaseCodeWrong,
    make_release_code,
)
from printserver.print_requests.states import CopyState
from tests.flows.test_races import kinds
from tests.signing_world import SigningWorld, all_at_once
from tests.world_building import Office

REQUESTS = 200
COPIES = 5


def by(signed: SigningWorld, act: Callable[[Work, Actor], object], office: Office | None = None) -> str:
    with signed.database.work() as work:
        act(work, signed.world.actor(work, Role.CLERK, office))
    return "done"


def released(signed: SigningWorld) -> Counter[UUID | None]:
    """How often each copy was let go, by the log."""
    with signed.database.reading() as work:
        entries = work.session.scalars(select(AuditEntry).where(AuditEntry.event == "CopyMoved")).all()
    return Counter(entry.subject_id for entry in entries if '"after":"released"' in entry.body)


def test_two_hundred_releases_at_once_let_each_copy_go_once(signing_world: SigningWorld):
    """All copies, one of them, some out of order and batches, by two people: never more than were approved."""
    world = signing_world.world
    own, other = world.issued(copies=COPIES), world.issued()
    ids = [copy.id for copy in world.copies(own)]
    others = [copy.id for copy in world.copies(other)]
    acts: list[Callable[[Work, Actor], object]] = [
        lambda work, actor: release_copies(work, actor, own),
        *(partial(_release_one, own, each) for each in ids),
        lambda work, actor: release_copies(work, actor, own, ids[::-1][:3]),
        lambda work, actor: release_batch(work, actor, [*ids[1:3], *others]),
        lambda work, actor: release_batch(work, actor, [*others, ids[4], ids[0]]),
    ]
    offices = cycle([world.home.north, world.home.head, world.home.north])
    jobs = [partial(by, signing_world, act, next(offices)) for act in islice(cycle(acts), REQUESTS)]
    found = kinds(all_at_once(jobs, threads=25))
    assert set(found) <= {"str", TransitionRefused.__name__}
    assert 1 <= found["str"] <= COPIES + 1
    assert released(signing_world) == Counter(
        {copy.id: 1 for copy in (*world.copies(own), *world.copies(other)) if copy.state == CopyState.RELEASED}
    )
    assert len(released(signing_world)) <= COPIES + 1
    assert [copy.state for copy in world.copies(own)] == [CopyState.RELEASED] * COPIES


def _release_one(request_id: UUID, copy_id: UUID, work: Work, actor: Actor) -> object:
    return release_copies(work, actor, request_id, [copy_id])


def typed(signed: SigningWorld, code: str, office: Office | None, *copy_ids: UUID) -> str:
    def actor_in(work: Work) -> Actor:
        return signed.world.actor(work, Role.CLERK, office)

    printer_id = signed.world.home.north.printer_id
    release_with_code(signed.database, actor_in, code, printer_id=printer_id, copy_ids=copy_ids)
    return "released"


def made(signed: SigningWorld, request_id: UUID) -> str:
    with signed.database.work() as work:
        return make_release_code(work, signed.world.actor(work, Role.CLERK), request_id).code


def test_one_code_typed_fifty_times_at_once_releases_once(signing_world: SigningWorld):
    world = signing_world.world
    world.set_printer(release_rule="code")
    first, *_rest = signing_world.issued(copies=3)
    code, offices = made(signing_world, first.request_id), cycle([world.home.north, world.home.head])
    jobs = [partial(typed, signing_world, code, next(offices), first.id) for _ in range(50)]
    assert kinds(all_at_once(jobs, threads=50)) == {"str": 1, ReleaseCodeSpent.__name__: 49}
    assert released(signing_world) == {first.id: 1}
    assert signing_world.events().count("ReleaseCodeUsed") == 1
    assert signing_world.events().count("ReleaseCodeRefused") == 0


def test_of_many_codes_made_at_once_one_is_valid(signing_world: SigningWorld):
    world = signing_world.world
    world.set_printer(release_rule="code")
    copies = signing_world.issued(copies=3)
    codes = all_at_once([partial(made, signing_world, copies[0].request_id)] * 10, threads=10)
    jobs = [partial(typed, signing_world, str(code), None, copies[0].id) for code in codes]
    assert kinds(all_at_once(jobs, threads=10)) == {"str": 1, ReleaseCodeSpent.__name__: 9}
    assert released(signing_world) == {copies[0].id: 1}


def test_guesses_at_codes_are_counted_one_after_the_other(signing_world: SigningWorld):
    """Otherwise a hundred at once would all be looked at before the first failure counts."""
    signing_world.issued()
    jobs = [partial(typed, signing_world, f"{number:08}", None) for number in range(50)]
    wrong, locked = ReleaseCodeWrong.__name__, ReleaseCodeLocked.__name__
    assert kinds(all_at_once(jobs, threads=25)) == {wrong: TRIES_BEFORE_LOCK, locked: 50 - TRIES_BEFORE_LOCK}
    assert signing_world.events().count("ReleaseCodeRefused") == TRIES_BEFORE_LOCK


def test_a_loss_is_confirmed_once_however_often_at_once(signing_world: SigningWorld):
    world = signing_world.world
    copy_id = world.voided()

    def attempt() -> str:
        with world.database.work() as work:
            second = world.actor(work, Role.PRINTER_ADMINISTRATOR, world.home.head)
            confirm_loss(work, second, copy_id, reason="I saw the shreds")
        return "confirmed"

    assert kinds(all_at_once([attempt] * 40, threads=20)) == {"str": 1, TransitionRefused.__name__: 39}
    assert signing_world.events().count("CopyLossConfirmed") == 1
