"""What an application may ask for; a refused one leaves no trace."""

from __future__ import annotations

from typing import Any, Final

import pytest

from printserver.approvals.classes import ClassDescription, ClassNotUsable, describe_class
from printserver.foundation.errors import PrintServerError
from printserver.foundation.ids import new_id
from printserver.organisations.permissions import Role
from printserver.print_requests.application import (
    LONGEST_TEXT,
    MOST_ATTACHMENTS,
    MOST_READERS,
    ApplicationMalformed,
    Attachment,
    ReaderNotFound,
    SealTypeNotAllowed,
    SidesNotPossible,
)
from printserver.print_requests.request_seals import SealWanted
from printserver.print_requests.sides import Sides
from tests.world import World

ATTACHMENT = Attachment("annex.pdf", "ab" * 32, "cd" * 32, 1)


def described(world: World, code: str = "general", **more: Any) -> None:
    with world.database.work() as work:
        description = ClassDescription(code, "一类", "A class", **more)
        describe_class(work, world.actor(work, Role.DOCUMENT_ADMINISTRATOR, world.home.head), description)


def refused(world: World, kind: type[PrintServerError], **fields: Any) -> None:
    before = world.row_counts()
    with pytest.raises(kind):
        world.submitted(**fields)
    assert world.row_counts() == before


def test_a_class_is_sealed_with_its_own_kinds_of_seal_alone(world: World):
    described(world, seal_types=("finance",))
    refused(world, SealTypeNotAllowed)
    described(world, seal_types=("finance", "company", "contract"))
    world.submitted()


def test_a_class_that_is_no_longer_used_takes_no_application(world: World):
    described(world, "marriage", retired=True)
    refused(world, ClassNotUsable, class_code="marriage")


UNFIT: Final[tuple[dict[str, Any], ...]] = (
    {"copies": 0},
    {"copies": 101},
    {"title": " "},
    {"title": "x" * (LONGEST_TEXT + 1)},
    {"purpose": "x" * (LONGEST_TEXT + 1)},
    {"own_reference": "x" * (LONGEST_TEXT + 1)},
    {"title": "a contract\u202etcartnoc a"},
    {"purpose": "a\x07bell"},
    {"own_reference": "two\nlines"},
    {"filename": "turned\u202efdp.exe"},
    {"attachments": (ATTACHMENT,) * (MOST_ATTACHMENTS + 1)},
    {"further": tuple(SealWanted(new_id(), ()) for _ in range(8))},
    {"copy_to": tuple(new_id() for _ in range(MOST_READERS + 1))},
)


def test_what_no_application_may_hold_is_refused(world: World):
    for fields in UNFIT:
        refused(world, ApplicationMalformed, **fields)


def test_a_request_is_copied_to_nobody_outside_the_company(world: World):
    for stranger in (world.person(Role.CLERK, world.foreign.north).id, new_id()):
        refused(world, ReaderNotFound, copy_to=(world.person(Role.AUDITOR).id, stranger))


def test_both_sides_are_asked_of_a_printer_that_is_known_to_print_them(world: World):
    refused(world, SidesNotPossible, sides=Sides.TWO_SIDED_LONG_EDGE)
    world.set_printer(two_sided=True)
    world.submitted(sides=Sides.TWO_SIDED_LONG_EDGE)
