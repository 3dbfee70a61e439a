"""That a holder was told is recorded with who said so, and says nothing of anybody to a stranger."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from printserver.foundation.errors import NotFound, PrintServerError, TransitionRefused
from printserver.organisations.permissions import Role
from printserver.print_requests.copy_service import replace_copy, void_copy
from printserver.print_requests.notices import (
    Channel,
    NewNotice,
    NoticeKind,
    NoticeMalformed,
    NoticeView,
    notices_of,
    record_notice,
)
from tests.world import World
from tests.world_building import Office


def told(world: World, **fields: object) -> NewNotice:
    notice = NewNotice(NoticeKind.VOID, "Far East Ltd.", Channel.COURIER, world.clock.now(), "SF 1234567")
    return replace(notice, **fields)  # type: ignore[arg-type]


def record(
    world: World, copy_id: UUID, new: NewNotice, role: Role = Role.CLERK, office: Office | None = None
) -> NoticeView:
    with world.database.work() as work:
        return record_notice(work, world.actor(work, role, office), copy_id, new)


def refused(world: World, copy_id: UUID, new: NewNotice, kind: type[PrintServerError]) -> None:
    before = world.row_counts()
    with pytest.raises(kind):
        record(world, copy_id, new)
    assert world.row_counts() == before


def test_a_notice_is_kept_with_who_recorded_it_and_the_latest_comes_first(any_world: World):
    world, copy_id = any_world, any_world.voided()
    first = record(world, copy_id, told(world))
    world.clock.advance(60)
    second = record(world, copy_id, told(world, channel=Channel.PHONE), Role.PRINTER_ADMINISTRATOR)
    with world.database.reading() as work:
        assert notices_of(work, copy_id) == (second, first)
    assert first.recorded_by_name == world.person(Role.CLERK).login
    assert world.events().count("HolderNotified") == 2


def test_nobody_can_be_told_of_a_copy_that_is_valid_or_never_left(world: World):
    (printed,) = world.copies(world.printed())
    refused(world, printed.id, told(world), TransitionRefused)
    (waiting,) = world.copies(world.pending())
    with world.database.work() as work:
        void_copy(work, world.actor(work, Role.PRINTER_ADMINISTRATOR), waiting.id, reason="wrong annex")
    refused(world, waiting.id, told(world), TransitionRefused)


def test_a_correction_is_told_only_of_a_copy_that_is_replaced(world: World):
    copy_id = world.replaceable()
    correction = told(world, kind=NoticeKind.CORRECTION)
    refused(world, copy_id, correction, TransitionRefused)
    with world.database.work() as work:
        replace_copy(work, world.actor(work, Role.CLERK), copy_id)
    assert record(world, copy_id, correction).kind is NoticeKind.CORRECTION


def test_what_cannot_be_true_or_says_nothing_is_refused(world: World):
    copy_id, second = world.voided(), timedelta(seconds=1)
    for fields in (
        {"holder": " \n"},
        {"holder": "x" * 501},
        {"note": "x" * 501},
        {"delivered_at": world.clock.now() + second},
        {"delivered_at": world.clock.now() - second},
    ):
        refused(world, copy_id, told(world, **fields), NoticeMalformed)


def test_only_the_branch_that_applies_or_settles_records_it(world: World):
    copy_id, before = world.voided(), world.row_counts()
    for role, office in (
        (Role.CLERK, world.home.south),
        (Role.CLERK, world.foreign.head),
        (Role.APPROVER, None),
        (Role.AUDITOR, world.home.head),
    ):
        with pytest.raises(NotFound):
            record(world, copy_id, told(world), role, office)
    assert world.row_counts() == before


def test_before_anybody_was_told_there_is_no_notice(world: World):
    copy_id = world.voided()
    with world.database.reading() as work:
        assert notices_of(work, copy_id) == ()
