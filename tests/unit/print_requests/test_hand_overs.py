"""Who holds a copy is a chain that fits together, agrees with the copy's state, and keeps what it said before."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printserver.foundation.errors import NotFound, PrintServerError, TransitionRefused
from printserver.organisations.permissions import Role
from printserver.print_requests.copy_service import void_copy
from printserver.print_requests.hand_over_queries import HandOverView, Held, chain_of, held_by, holders_of
from printserver.print_requests.hand_over_rules import (
    HandOverMalformed,
    HolderKind,
    Means,
    NewHandOver,
    require_in_order,
)
from printserver.print_requests.hand_overs import (
    ProofMalformed,
    correct_hand_over,
    hand_over,
    keep_proof,
    proof_of,
)
from tests.signing_world import all_at_once
from tests.world import World
from tests.world_building import Office

MOMENT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
SIGNED = NewHandOver(HolderKind.PARTY, "Far East Ltd.", Means.SIGNATURE, MOMENT, receiver="Mr Li")
SENT = NewHandOver(HolderKind.PARTY, "Far East Ltd.", Means.COURIER, MOMENT, courier_number="SF 1234567")
BACK = NewHandOver(HolderKind.US, "", Means.SIGNATURE, MOMENT, receiver="our clerk")


def at_now(world: World, new: NewHandOver) -> NewHandOver:
    return replace(new, handed_at=world.clock.now())


def hand(world: World, copies: list[UUID], new: NewHandOver, office: Office | None = None) -> tuple[UUID, ...]:
    with world.database.work() as work:
        return hand_over(work, world.actor(work, Role.CLERK, office), copies, at_now(world, new))


def chain(world: World, copy_id: UUID) -> list[HandOverView]:
    with world.database.reading() as work:
        return list(chain_of(work, world.actor(work, Role.ARCHIVIST), copy_id))


def search(world: World, text: str, role: Role = Role.ARCHIVIST, office: Office | None = None) -> list[Held]:
    with world.database.reading() as work:
        return list(held_by(work, world.actor(work, role, office), text))


def test_copies_are_handed_over_together_passed_on_and_given_back(any_world: World):
    world = any_world
    copies = [copy.id for copy in world.copies(world.printed(copies=2))]
    hand(world, copies, SENT)
    assert {each.copy_id for each in search(world, "far east")} == set(copies)
    assert {each.copy_id for each in search(world, "SF 1234567")} == set(copies)
    world.clock.advance(60)
    hand(world, copies[:1], replace(SIGNED, holder="Notary Wang", holder_kind=HolderKind.PERSON))
    world.clock.advance(60)
    hand(world, copies[1:], BACK)
    assert search(world, "far east") == []
    assert [each.copy_id for each in search(world, "wang")] == [copies[0]]
    assert [each.copy_id for each in search(world, "mr li")] == [copies[0]]
    with world.database.reading() as work:
        assert {key: view.holder_kind for key, view in holders_of(work, copies).items()} == {
            copies[0]: HolderKind.PERSON,
            copies[1]: HolderKind.US,
        }
    assert [each.position for each in chain(world, copies[0])] == [2, 1]
    assert search(world, "wang", office=world.home.south) == []
    assert search(world, "wang", Role.ARCHIVIST, world.foreign.head) == []


def test_a_branch_that_holds_a_copy_is_one_of_the_company_and_named_by_the_register(world: World):
    (copy,) = world.copies(world.printed())
    to_south = NewHandOver(HolderKind.BRANCH, "anything", Means.COURIER, MOMENT, "", "SF 1", world.home.south.branch_id)
    hand(world, [copy.id], to_south)
    assert chain(world, copy.id)[0].holder not in ("", "anything")
    with pytest.raises(NotFound):
        hand(world, [copy.id], replace(to_south, holder_branch_id=world.foreign.head.branch_id))


def test_a_correction_keeps_what_was_said_before_and_its_proof(world: World):
    (copy,) = world.copies(world.printed())
    with world.database.reading() as work:
        clerk = world.actor(work, Role.CLERK)
    photo = keep_proof(world.database, world.adapters.objects, clerk, [copy.id], b"\xff\xd8\xff a receipt")
    (link,) = hand(world, [copy.id], replace(SIGNED, proof_sha256=photo))
    with world.database.work() as work:
        actor = world.actor(work, Role.CLERK)
        newest = correct_hand_over(
            work, actor, link, at_now(world, replace(SIGNED, receiver="Ms Li")), reason="misread"
        )
    now, before = chain(world, copy.id)
    assert (now.receiver, now.reason, now.present, now.has_proof) == ("Ms Li", "misread", True, True)
    assert (before.receiver, before.present) == ("Mr Li", False)
    assert proof_of(world.database, world.adapters.objects, clerk, newest) == b"\xff\xd8\xff a receipt"
    assert world.events()[-1] == "HandOverProofRead"
    with world.database.work() as work, pytest.raises(TransitionRefused):
        correct_hand_over(work, world.actor(work, Role.CLERK), link, at_now(world, SIGNED), reason="once more")
    with world.database.work() as work:
        actor = world.actor(work, Role.CLERK)
        correct_hand_over(work, actor, newest, at_now(world, SIGNED), reason="another copy", cancelled=True)
    assert search(world, "far east") == []


def test_what_was_not_printed_or_is_invalid_is_handed_to_nobody_but_comes_back(world: World):
    (waiting,) = world.copies(world.issued())
    (void,) = world.copies(world.printed())
    hand(world, [void.id], SIGNED)
    with world.database.work() as work:
        void_copy(work, world.actor(work, Role.PRINTER_ADMINISTRATOR), void.id, reason="wrong annex")
    before = world.row_counts()
    for copy_id in (waiting.id, void.id):
        with pytest.raises(TransitionRefused):
            hand(world, [copy_id], SIGNED)
    assert world.row_counts() == before
    hand(world, [void.id], BACK)
    assert [each.holder_kind for each in chain(world, void.id)] == [HolderKind.US, HolderKind.PARTY]


def test_a_refused_hand_over_of_several_copies_records_none(world: World):
    good, waiting = world.copies(world.printed())[0].id, world.copies(world.issued())[0].id
    before = world.row_counts()
    refusals: list[tuple[list[UUID], NewHandOver, Office | None, type[PrintServerError]]] = [
        ([good, waiting], SIGNED, None, TransitionRefused),
        ([], SIGNED, None, HandOverMalformed),
        ([good], replace(SIGNED, receiver=" "), None, HandOverMalformed),
        ([good], replace(SENT, courier_number=""), None, HandOverMalformed),
        ([good], replace(SIGNED, holder=""), None, HandOverMalformed),
        ([good], replace(SIGNED, note="x" * 501), None, HandOverMalformed),
        ([good], SIGNED, world.home.south, NotFound),
        ([good], SIGNED, world.foreign.head, NotFound),
    ]
    for copies, new, office, kind in refusals:
        with pytest.raises(kind):
            hand(world, copies, new, office)
    for seconds in (1, -1):
        moved = replace(SIGNED, handed_at=world.clock.now() + timedelta(seconds=seconds))
        with world.database.work() as work, pytest.raises(HandOverMalformed):
            hand_over(work, world.actor(work, Role.CLERK), [good], moved)
    assert world.row_counts() == before


def test_one_of_many_who_hand_over_at_once_is_the_next_link(any_world: World):
    world = any_world
    (copy,) = world.copies(world.printed())
    answers = all_at_once([partial(hand, world, [copy.id], SIGNED)] * 4, threads=4)
    kept = [each for each in answers if isinstance(each, tuple)]
    assert [each.position for each in chain(world, copy.id)] == list(range(len(kept), 0, -1))
    assert all(isinstance(each, tuple | TransitionRefused) for each in answers)


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"\xff\xd8\xff" + bytes(10 * 1024 * 1024)])
def test_a_proof_that_is_no_picture_is_not_stored(world: World, data: bytes):
    with world.database.reading() as work:
        clerk = world.actor(work, Role.CLERK)
    before = world.object_count()
    with pytest.raises(ProofMalformed):
        keep_proof(world.database, world.adapters.objects, clerk, [], data)
    assert world.object_count() == before


@given(st.lists(st.integers(0, 1_000), min_size=2, max_size=8))
def test_a_link_lies_between_its_neighbours(seconds: list[int]):
    times = [MOMENT + timedelta(minutes=each) for each in seconds]
    first, *others = sorted(times)
    now = MOMENT + timedelta(minutes=1_000)
    require_in_order(others[0], printed_at=first, now=now, before=[first], after=others[1:])
    with pytest.raises(HandOverMalformed):
        require_in_order(first - timedelta(seconds=1), printed_at=first, now=now, before=[], after=[])
    with pytest.raises(HandOverMalformed):
        require_in_order(now + timedelta(seconds=1), printed_at=first, now=now, before=[], after=[])


def test_links_of_one_minute_are_in_order_whatever_their_seconds_so_that_each_can_be_corrected():
    """One was recorded to the second by a program, the next one typed to the minute."""
    first, second = MOMENT.replace(second=30, microsecond=0), MOMENT.replace(second=0, microsecond=0)
    later = first + timedelta(hours=1)
    require_in_order(second, printed_at=first - timedelta(hours=1), now=later, before=[first], after=[])
    require_in_order(first, printed_at=first - timedelta(hours=1), now=later, before=[], after=[second])
    for at in (second + timedelta(minutes=1), later + timedelta(seconds=1)):
        with pytest.raises(HandOverMalformed):
            require_in_order(at, printed_at=first - timedelta(hours=1), now=later, before=[], after=[second])
