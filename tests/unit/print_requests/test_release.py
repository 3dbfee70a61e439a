"""Who may release at which printer; codes live shortly, release once, and are not guessed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from printserver.audit.models import AuditEntry
from printserver.foundation.errors import NotFound, PrintServerError, TransitionRefused
from printserver.organisations.access import Actor, Grant
from printserver.organisations.permissions import Permission, Role
from printserver.print_requests.copy_service import (
    NothingChosen,
    release_batch,
    release_copies,
    release_with_code,
    void_copy,
)
from printserver.print_requests.flows import RequestExpired
from printserver.print_requests.models import PrintRequest, ReleaseCode, ReleaseTries
from printserver.print_requests.release import (
    CODE_LIFE,
    FIRST_LOCK,
    REMEMBERED,
    TRIES_BEFORE_LOCK,
    ReleaseCodeLocked,
    ReleaseCodeNeeded,
    ReleaseCodeSpent,
    ReleaseCodeWrong,
    ReleaseRule,
    ReleaseRuleUnknown,
    SecondPersonNeeded,
    make_release_code,
    obstacle,
    try_code,
)
from printserver.print_requests.states import CopyState
from tests.world import World
from tests.world_building import Office

WRONG = "00000000"


def release(world: World, request_id: UUID, office: Office | None = None) -> tuple[UUID, ...]:
    with world.database.work() as work:
        return release_copies(work, world.actor(work, Role.CLERK, office), request_id)


def made(world: World, request_id: UUID, office: Office | None = None) -> str:
    with world.database.work() as work:
        return make_release_code(work, world.actor(work, Role.CLERK, office), request_id).code


def by_code(world: World, typed: str, *copy_ids: UUID, office: Office | None = None) -> tuple[UUID, ...]:
    printer_id = world.home.north.printer_id

    def actor_in(work: object) -> Actor:
        return world.actor(work, Role.CLERK, office)  # type: ignore[arg-type]

    return release_with_code(world.database, actor_in, typed, printer_id=printer_id, copy_ids=copy_ids)


def states(world: World, request_id: UUID) -> list[str]:
    return [copy.state for copy in world.copies(request_id)]


def operator_of_south(world: World) -> Actor:
    """Somebody of the south, who stands beside the printer of the north without any right at its requests."""
    with world.database.reading() as work:
        return world.actor(work, Role.CLERK, world.home.south)


def request_at_the_souths_printer(world: World) -> UUID:
    """Of the head office, whose clerk may apply at all printers below."""
    return world.issued(office=world.home.head, printer_id=world.home.south.printer_id)


def test_the_operator_beside_the_printer_releases_copies_of_another_branch(any_world: World):
    world = any_world
    request_id = request_at_the_souths_printer(world)
    with world.database.work() as work:
        operator = operator_of_south(world)
        assert not operator.may(Permission.READ_REQUESTS, f"/{world.home.head.branch_id}/")
        release_copies(work, operator, request_id)
    assert states(world, request_id) == [CopyState.RELEASED]


@pytest.mark.parametrize("office", ["north", "foreign"])
def test_an_operator_of_neither_branch_finds_no_such_request(world: World, office: str):
    request_id = request_at_the_souths_printer(world)
    stranger = world.home.north if office == "north" else world.foreign.head
    before = world.row_counts()
    for act in (release, made):
        with pytest.raises(NotFound):
            act(world, request_id, stranger)
    assert world.row_counts() == before


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.CLERK])
def test_without_the_right_to_release_nobody_does_at_any_branch(world: World, role: Role):
    request_id = world.issued()
    before = world.row_counts()
    for office in (world.home.north, world.home.head):
        with pytest.raises(NotFound), world.database.work() as work:
            release_copies(work, world.actor(work, role, office), request_id)
    assert world.row_counts() == before


def test_where_a_second_person_is_asked_for_the_applicant_does_not_release(any_world: World):
    world = any_world
    request_id = world.issued()
    world.set_printer(release_rule="second-person")
    before = world.row_counts()
    with pytest.raises(SecondPersonNeeded):
        release(world, request_id)
    assert (world.row_counts(), states(world, request_id)) == (before, [CopyState.ISSUED])
    release(world, request_id, world.home.head)
    assert states(world, request_id) == [CopyState.RELEASED]


def test_where_a_code_is_asked_for_nobody_releases_without_one(world: World):
    request_id = world.issued()
    world.set_printer(release_rule="code")
    before = world.row_counts()
    for office in (world.home.north, world.home.head):
        with pytest.raises(ReleaseCodeNeeded):
            release(world, request_id, office)
    assert world.row_counts() == before


@pytest.mark.parametrize("rule", ["", "anybody", "Person"])
def test_a_rule_that_nobody_knows_lets_nobody_release(world: World, rule: str):
    request_id = world.issued()
    code = made(world, request_id)
    world.set_printer(release_rule=rule)
    before = world.row_counts()
    for act in (partial(release, world, request_id), partial(by_code, world, code)):
        with pytest.raises(ReleaseRuleUnknown):
            act()
    counts = world.row_counts()
    assert counts.pop("release_tries") == before.pop("release_tries") + 1
    assert counts == before


@pytest.mark.parametrize("rule", ReleaseRule)
@pytest.mark.parametrize("expired", [False, True])
@pytest.mark.parametrize("coded", [False, True])
@pytest.mark.parametrize("own", [False, True])
def test_what_is_in_the_way_is_decided_in_one_table(world: World, rule: str, expired: bool, coded: bool, own: bool):
    with world.database.reading() as work:
        request = work.session.get_one(PrintRequest, world.submitted())
        actor = world.actor(work, Role.CLERK, None if own else world.home.head)
    at = request.expires_at if expired else request.expires_at - timedelta(seconds=1)
    wanted: type[PrintServerError] | None = None
    if rule == ReleaseRule.CODE and not coded:
        wanted = ReleaseCodeNeeded
    if rule == ReleaseRule.SECOND_PERSON and own:
        wanted = SecondPersonNeeded
    if expired:
        wanted = RequestExpired
    found = obstacle(actor, request, rule, at=at, coded=coded)
    assert (None if found is None else type(found)) == wanted


def test_after_its_request_has_expired_no_copy_is_released(world: World):
    request_id = world.issued()
    code = made(world, request_id)
    world.clock.advance(timedelta(days=31).total_seconds())
    before = world.row_counts()
    with pytest.raises(RequestExpired) as refused:
        release(world, request_id)
    assert refused.value.code == "request-expired"
    with pytest.raises(RequestExpired):
        made(world, request_id)
    with pytest.raises(ReleaseCodeWrong):
        by_code(world, code)
    assert states(world, request_id) == [CopyState.ISSUED]
    assert world.row_counts()["release_code"] == before["release_code"]


def test_a_code_releases_the_copies_of_its_request_once(any_world: World):
    world = any_world
    world.set_printer(release_rule="code")
    request_id, other = world.issued(copies=3), world.issued()
    code = made(world, request_id)
    first, _second, third = (copy.id for copy in world.copies(request_id))
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in code[4:])  # as a Chinese keyboard writes them
    spaced = f" {code[:4]} {wide} "
    assert by_code(world, spaced, first, third, world.copies(other)[0].id) == (first, third)
    assert states(world, request_id) == [CopyState.RELEASED, CopyState.ISSUED, CopyState.RELEASED]
    before = world.row_counts()
    with pytest.raises(ReleaseCodeSpent):
        by_code(world, code)
    assert world.row_counts() == before
    assert states(world, other) == [CopyState.ISSUED]
    assert len(by_code(world, made(world, request_id))) == 1
    assert world.events().count("ReleaseCodeUsed") == 2


def test_a_code_releases_nothing_when_only_copies_of_another_request_were_chosen(any_world: World):
    world = any_world
    world.set_printer(release_rule="code")
    request_id, other = world.issued(copies=2), world.issued()
    code = made(world, request_id)
    with pytest.raises(NothingChosen):
        by_code(world, code, world.copies(other)[0].id)
    assert states(world, request_id) == [CopyState.ISSUED, CopyState.ISSUED]
    assert states(world, other) == [CopyState.ISSUED]
    assert len(by_code(world, code)) == 2


def test_only_a_digest_of_a_code_is_kept_and_it_is_not_logged(world: World):
    code = made(world, world.issued())
    assert len(code) == 8
    with world.database.reading() as work:
        row = work.session.scalars(select(ReleaseCode)).one()
        assert code not in str(vars(row))
    assert "ReleaseCodeMade" in world.events()
    with world.database.reading() as work:
        assert not any(code in body for body in work.session.scalars(select(AuditEntry.body)))


def test_a_code_lives_a_quarter_of_an_hour_and_a_newer_one_ends_it(any_world: World):
    world = any_world
    request_id = world.issued()
    older = made(world, request_id)
    newer = made(world, request_id)
    with pytest.raises(ReleaseCodeSpent):
        by_code(world, older)
    world.clock.advance(CODE_LIFE.total_seconds())
    with pytest.raises(ReleaseCodeSpent):
        by_code(world, newer)
    assert states(world, request_id) == [CopyState.ISSUED]
    code = made(world, request_id)
    world.clock.advance(CODE_LIFE.total_seconds() - 1)
    assert len(by_code(world, code)) == 1


def test_a_code_is_made_by_the_applicant_and_by_whoever_may_release_while_a_copy_waits(world: World):
    request_id = world.issued()
    assert made(world, request_id, world.home.head) != made(world, request_id)
    with world.database.reading() as work:
        applicant = world.actor(work, Role.CLERK)
    bare = replace(applicant, grants=())
    with world.database.work() as work:
        make_release_code(work, bare, request_id)
    release(world, request_id)
    before = world.row_counts()
    with pytest.raises(TransitionRefused):
        made(world, request_id)
    for stranger in (replace(bare, id=uuid4()), operator_of_south(world)):
        with pytest.raises(NotFound), world.database.work() as work:
            make_release_code(work, stranger, request_id)
    assert world.row_counts() == before


def test_wrong_codes_are_counted_and_lock_the_person_for_longer_and_longer(any_world: World):
    world = any_world
    request_id = world.issued()
    code = made(world, request_id)
    for _ in range(TRIES_BEFORE_LOCK):
        with pytest.raises(ReleaseCodeWrong):
            by_code(world, WRONG)
    before = world.row_counts()
    with pytest.raises(ReleaseCodeLocked):
        by_code(world, code)
    assert world.row_counts() == before
    world.clock.advance(FIRST_LOCK.total_seconds())
    with pytest.raises(ReleaseCodeWrong):
        by_code(world, WRONG)
    world.clock.advance(FIRST_LOCK.total_seconds())
    with pytest.raises(ReleaseCodeLocked):
        by_code(world, code)
    assert len(by_code(world, code, office=world.home.head)) == 1, "another person is not locked"
    assert world.events().count("ReleaseCodeRefused") == TRIES_BEFORE_LOCK + 1


def test_wrong_tries_are_forgotten_after_an_hour(world: World):
    request_id = world.issued()
    for _ in range(TRIES_BEFORE_LOCK - 1):
        with pytest.raises(ReleaseCodeWrong):
            by_code(world, WRONG)
    world.clock.advance(REMEMBERED.total_seconds())
    with pytest.raises(ReleaseCodeWrong):
        by_code(world, WRONG)
    with world.database.reading() as work:
        assert work.session.scalars(select(ReleaseTries.failed)).one() == 1
    assert len(by_code(world, made(world, request_id))) == 1


def test_a_right_code_does_not_forgive_the_wrong_ones_before_it(world: World):
    """Otherwise somebody with requests of their own could guess for ever at those of others."""
    request_id = world.issued(copies=2)
    first = world.copies(request_id)[0].id
    for typed in [WRONG] * (TRIES_BEFORE_LOCK - 1):
        with pytest.raises(ReleaseCodeWrong):
            by_code(world, typed)
    by_code(world, made(world, request_id), first)
    with pytest.raises(ReleaseCodeWrong):
        by_code(world, WRONG)
    with pytest.raises(ReleaseCodeLocked):
        by_code(world, made(world, request_id))


def test_a_code_of_another_branch_or_printer_is_as_wrong_as_any(world: World):
    south = world.issued(office=world.home.south)
    code = made(world, south, world.home.south)
    with pytest.raises(ReleaseCodeWrong):
        by_code(world, code)
    with world.database.work() as work:
        north = world.actor(work, Role.CLERK)
        assert try_code(work, north, code, request_id=south) is None
        assert try_code(work, north, code, printer_id=world.home.south.printer_id) is None
    assert states(world, south) == [CopyState.ISSUED]


def test_a_batch_releases_copies_of_several_requests_or_none(any_world: World):
    world = any_world
    one, two, south = world.issued(copies=2), world.issued(), world.issued(office=world.home.south)
    chosen = [world.copies(one)[1].id, world.copies(two)[0].id]
    before = world.row_counts()
    for wrong, problem in (
        ([], NothingChosen),
        ([*chosen, world.copies(south)[0].id], NotFound),
        ([*chosen, uuid4()], NotFound),
        ([*chosen, chosen[0]], TransitionRefused),
    ):
        with pytest.raises(problem), world.database.work() as work:
            release_batch(work, world.actor(work, Role.CLERK), wrong)
    assert world.row_counts() == before
    with world.database.work() as work:
        assert set(release_batch(work, world.actor(work, Role.CLERK), chosen)) == set(chosen)
    assert states(world, one) == [CopyState.ISSUED, CopyState.RELEASED]
    assert states(world, two) == [CopyState.RELEASED]


def test_a_copy_that_was_voided_is_not_released_by_its_code(world: World):
    request_id = world.issued()
    code = made(world, request_id)
    with world.database.work() as work:
        void_copy(work, world.actor(work, Role.PRINTER_ADMINISTRATOR), world.copies(request_id)[0].id, reason="no")
    with pytest.raises(TransitionRefused):
        by_code(world, code)
    assert states(world, request_id) == [CopyState.VOID]
    with world.database.reading() as work:
        assert work.session.scalars(select(ReleaseCode)).one().used_at is None


def test_a_grant_at_a_branch_above_the_printers_reaches_it(world: World):
    request_id = request_at_the_souths_printer(world)
    operator = operator_of_south(world)
    above = replace(operator, grants=(Grant(Role.CLERK, f"/{world.home.head.branch_id}/"),))
    with world.database.work() as work:
        release_copies(work, above, request_id)
    assert states(world, request_id) == [CopyState.RELEASED]
