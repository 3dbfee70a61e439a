"""A printed copy's paper is owed until it is home, its copy ends, or it is written off; dates move with a reason."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import delete

from printserver.approvals.classes import ClassNotFound
from printserver.approvals.return_policies import return_policy, set_return_policy
from printserver.approvals.return_policy import CountedFrom, ReturnPolicy
from printserver.foundation.errors import Forbidden, NotFound, PrintServerError, TransitionRefused
from printserver.organisations.access import branch_path
from printserver.organisations.permissions import Role
from printserver.print_requests.copy_service import void_copy
from printserver.print_requests.hand_over_rules import HolderKind, Means, NewHandOver
from printserver.print_requests.hand_overs import correct_hand_over, hand_over
from printserver.print_requests.owed import ExtensionMalformed, WrittenOffAs, extend_due, lay_missing, write_off
from printserver.print_requests.owed_queries import (
    OwedSearch,
    OwedView,
    PaperFate,
    Shown,
    branch_counts,
    extensions_of,
    owed_of_copy,
    owed_returns,
    paper_fates,
)
from printserver.print_requests.owed_rules import Standing
from printserver.print_requests.paper_models import OwedReturn
from tests.world import World
from tests.world_building import Office

DAY = 86_400


def said(world: World, policy: ReturnPolicy, code: str = "general") -> None:
    with world.database.work() as work:
        set_return_policy(work, world.actor(work, Role.DOCUMENT_ADMINISTRATOR, world.home.head), code, policy)


def listed(world: World, role: Role = Role.CLERK, office: Office | None = None, **search: object) -> list[OwedView]:
    with world.database.reading() as work:
        return list(owed_returns(work, world.actor(work, role, office), OwedSearch(**search)))  # type: ignore[arg-type]


def printed(world: World, **fields: object) -> UUID:
    return world.copies(world.printed(**fields))[0].id  # type: ignore[arg-type]


def view(world: World, copy_id: UUID) -> OwedView:
    with world.database.reading() as work:
        found = owed_of_copy(work, world.actor(work, Role.ARCHIVIST), copy_id)
    assert found is not None
    return found


def test_a_printed_contract_is_owed_in_thirty_days_and_grows_overdue(any_world: World):
    world, copy_id = any_world, printed(any_world)
    (owed,) = listed(world)
    assert (owed.id, owed.standing, owed.due_at) == (copy_id, Standing.OPEN, world.clock.now() + timedelta(days=30))
    for days, standing, late in ((23, Standing.SOON, 0), (7, Standing.SOON, 0), (1, Standing.OVERDUE, 1)):
        world.clock.advance(days * DAY)
        assert (view(world, copy_id).standing, view(world, copy_id).days) == (standing, late)
    assert [each.id for each in listed(world, shown=Shown.OVERDUE)] == [copy_id]
    with world.database.reading() as work:
        (count,) = branch_counts(work, world.actor(work, Role.ARCHIVIST))
        assert (count.owed, count.overdue) == (1, 1)
        assert paper_fates(work, [copy_id]) == {copy_id: PaperFate.OVERDUE}
    assert listed(world, Role.CLERK, world.home.south) == []
    assert listed(world, Role.CLERK, world.foreign.head) == []


def test_a_class_that_wants_no_paper_back_puts_nothing_on_the_list(world: World):
    said(world, ReturnPolicy(days=None))
    copy_id = printed(world)
    said(world, ReturnPolicy(days=3))
    assert listed(world) == []
    assert listed(world, shown=Shown.LEFT) == []
    with world.database.work() as work, pytest.raises(TransitionRefused):
        extend_due(
            work,
            world.actor(work, Role.ARCHIVIST),
            copy_id,
            due=world.clock.now() + timedelta(days=1),
            reason="none",
        )


def test_what_is_home_void_or_written_off_leaves_the_list_with_its_reason(world: World):
    void, kept = printed(world), printed(world)
    world.archived()
    with world.database.work() as work:
        void_copy(work, world.actor(work, Role.PRINTER_ADMINISTRATOR), void, reason="lost on the way")
        write_off(
            work,
            world.actor(work, Role.ARCHIVIST),
            kept,
            written_off_as=WrittenOffAs.KEPT,
            reason="our own file copy",
        )
    assert listed(world) == []
    left = {each.standing: each.reason for each in listed(world, shown=Shown.LEFT)}
    assert left == {Standing.HOME: "", Standing.VOID: "lost on the way", Standing.KEPT: "our own file copy"}


def test_what_was_written_off_by_mistake_is_owed_again(world: World):
    copy_id = printed(world)
    due = world.clock.now() + timedelta(days=9)
    with world.database.work() as work:
        archivist = world.actor(work, Role.ARCHIVIST)
        write_off(work, archivist, copy_id, written_off_as=WrittenOffAs.NEVER, reason="wrong line")
    with world.database.work() as work, pytest.raises(TransitionRefused):
        write_off(work, archivist, copy_id, written_off_as=WrittenOffAs.KEPT, reason="once more")
    with world.database.work() as work:
        extend_due(work, archivist, copy_id, due=due, reason="it was another copy")
    (owed,) = listed(world)
    assert (owed.due_at, owed.standing, owed.reason) == (due, Standing.OPEN, "")
    assert listed(world, shown=Shown.LEFT) == []
    assert world.events()[-2:] == ["PaperWrittenOff", "DueDateExtended"]


def test_a_due_date_moves_with_a_reason_and_the_one_before_is_kept(any_world: World):
    world, copy_id = any_world, printed(any_world)
    before, after = view(world, copy_id).due_at, world.clock.now() + timedelta(days=60)
    with world.database.work() as work:
        extend_due(work, world.actor(work, Role.ARCHIVIST), copy_id, due=after, reason="they sign in spring")
    with world.database.reading() as work:
        (kept,) = extensions_of(work, copy_id)
    assert (kept.due_before, kept.due_after, kept.reason) == (before, after, "they sign in spring")
    assert view(world, copy_id).due_at == after
    assert view(world, copy_id).extended
    assert "DueDateExtended" in world.events()


def test_a_due_date_is_not_moved_without_right_reason_or_future(world: World):
    copy_id, before = printed(world), world.row_counts()
    soon = world.clock.now() + timedelta(days=5)
    refusals: list[tuple[Role, Office | None, dict[str, object], type[PrintServerError]]] = [
        (Role.CLERK, None, {"due": soon, "reason": "please"}, NotFound),
        (Role.ARCHIVIST, world.home.south, {"due": soon, "reason": "not mine"}, NotFound),
        (Role.ARCHIVIST, world.foreign.head, {"due": soon, "reason": "not mine"}, NotFound),
        (Role.ARCHIVIST, None, {"due": soon, "reason": " "}, ExtensionMalformed),
        (Role.ARCHIVIST, None, {"due": world.clock.now(), "reason": "late"}, ExtensionMalformed),
        (Role.ARCHIVIST, None, {"due": soon + timedelta(days=400), "reason": "far"}, ExtensionMalformed),
    ]
    for role, office, wish, kind in refusals:
        with world.database.work() as work, pytest.raises(kind):
            extend_due(work, world.actor(work, role, office), copy_id, **wish)  # type: ignore[arg-type]
    assert world.row_counts() == before
    assert not view(world, copy_id).extended


def test_a_paper_is_written_off_by_who_settles_returns_with_a_reason_and_while_it_is_owed(world: World):
    copy_id, void = printed(world), printed(world)
    with world.database.work() as work:
        void_copy(work, world.actor(work, Role.PRINTER_ADMINISTRATOR), void, reason="lost on the way")
    before = world.row_counts()
    refusals: list[tuple[Role, Office | None, UUID, str, type[PrintServerError]]] = [
        (Role.CLERK, None, copy_id, "never", NotFound),
        (Role.ARCHIVIST, world.home.south, copy_id, "never", NotFound),
        (Role.ARCHIVIST, None, copy_id, " ", ExtensionMalformed),
        (Role.ARCHIVIST, None, copy_id, "x" * 501, ExtensionMalformed),
        (Role.ARCHIVIST, None, void, "never", TransitionRefused),
    ]
    for role, office, paper, reason, kind in refusals:
        with world.database.work() as work:
            actor = world.actor(work, role, office)
            with pytest.raises(kind):
                write_off(work, actor, paper, written_off_as=WrittenOffAs.NEVER, reason=reason)
    assert world.row_counts() == before
    assert view(world, copy_id).standing is Standing.OPEN


def test_days_count_from_the_first_hand_over_when_the_class_says_so(world: World):
    said(world, ReturnPolicy(days=10, counted_from=CountedFrom.HAND_OVER))
    copy_id = printed(world)
    printed_at = world.clock.now()
    assert view(world, copy_id).due_at == printed_at + timedelta(days=10)
    world.clock.advance(5 * DAY)
    given = NewHandOver(HolderKind.PARTY, "Far East", Means.SIGNATURE, world.clock.now(), "Mr Li")
    with world.database.work() as work:
        clerk = world.actor(work, Role.CLERK)
        (link,) = hand_over(work, clerk, [copy_id], given)
    assert view(world, copy_id).due_at == world.clock.now() + timedelta(days=10)
    with world.database.work() as work:
        correct_hand_over(work, world.actor(work, Role.CLERK), link, given, reason="never left", cancelled=True)
    assert view(world, copy_id).due_at == printed_at + timedelta(days=10)


def test_copies_printed_before_there_were_due_dates_get_one_later_and_once(world: World):
    copy_id = printed(world)
    due = view(world, copy_id).due_at
    with world.database.work() as work:
        work.session.execute(delete(OwedReturn))
    assert lay_missing(world.database) == 1
    assert lay_missing(world.database) == 0
    assert view(world, copy_id).due_at == due


def test_only_who_describes_classes_says_what_comes_back(world: World):
    before = world.row_counts()
    with world.database.work() as work, pytest.raises(Forbidden):
        set_return_policy(work, world.actor(work, Role.CLERK), "general", ReturnPolicy(days=None))
    with pytest.raises(ClassNotFound):
        said(world, ReturnPolicy(), code="unheard-of")
    assert world.row_counts() == before
    said(world, ReturnPolicy(days=5))
    with world.database.reading() as work:
        assert return_policy(work, world.home.id, "general").days == 5
        assert return_policy(work, world.foreign.id, "general").days == 30


def test_the_list_is_searched_by_branch_and_words(world: World):
    printed(world, own_reference="HT-1")
    printed(world, own_reference="HT-2", office=world.home.south)
    with world.database.reading() as work:
        archivist = world.actor(work, Role.ARCHIVIST, world.home.head)
        found = owed_returns(work, archivist, OwedSearch(text="ht-2"))
        south = owed_returns(work, archivist, OwedSearch(branch_path=branch_path(work, world.home.south.branch_id)))
    assert [each.own_reference for each in found] == ["HT-2"]
    assert [each.own_reference for each in south] == ["HT-2"]
