"""Rows that say something else than the manifest: nobody is shown them, and nobody decides on them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, update

from printserver.documents.models import Document
from printserver.foundation.errors import NotFound
from printserver.organisations.permissions import Role
from printserver.print_requests.as_approved import RowsDiffer, require_as_approved
from printserver.print_requests.deciding import Saying, decide
from printserver.print_requests.models import Copy, PrintRequest, RequestAttachment, RequestParty
from printserver.print_requests.money import Money
from printserver.print_requests.parties import Party, PartyKind
from printserver.print_requests.shown_pages import LookedAt, Part, shown_pdf
from tests.world import World

PARTY = Party(PartyKind.OTHER, "Somebody abroad", "X-1")
CHANGES: list[tuple[str, Any]] = [
    ("title", update(PrintRequest).values(title="a birthday card")),
    ("own_reference", update(PrintRequest).values(own_reference="OA-2")),
    ("purpose", update(PrintRequest).values(purpose="nothing of importance")),
    ("amount", update(PrintRequest).values(amount_minor=100)),
    ("amount", update(PrintRequest).values(amount_minor=None, amount_currency="")),
    ("class", update(PrintRequest).values(class_code="other")),
    ("sides", update(PrintRequest).values(sides="two-sided-long-edge")),
    ("steps", update(PrintRequest).values(steps=[])),
    ("copies", update(PrintRequest).values(copies=7)),
    ("layout", update(PrintRequest).values(layout=[])),
    ("parties", update(RequestParty).values(name="a friend")),
    ("parties", delete(RequestParty)),
    ("copies", update(Copy).values(rendition_sha256="ab" * 32)),
    ("document_sha256", update(Document).values(safe_sha256="ab" * 32)),
]


def by_sql(world: World, statement: Any) -> None:
    with world.database.work() as work:
        work.session.execute(statement)


def pending(world: World) -> UUID:
    return world.pending(copies=2, amount=Money(9_999_900), parties=(PARTY,), purpose="a lease")


@pytest.mark.parametrize(("name", "changed"), CHANGES, ids=[f"{name}-{at}" for at, (name, _) in enumerate(CHANGES)])
def test_what_rows_say_otherwise_is_named_and_not_decided_on(world: World, name: str, changed: Any):
    request_id = pending(world)
    digest, objects = world.manifest_sha256(request_id), world.adapters.objects
    with world.database.reading() as work:
        require_as_approved(work, objects, request_id)
    by_sql(world, changed)
    before = world.events()
    with world.database.reading() as work:
        approver = world.actor(work, Role.APPROVER)
    attestor = world.adapters.attestor
    with pytest.raises(RowsDiffer, match=name), world.database.work() as work:
        decide(work, approver, attestor, request_id, Saying.APPROVE, objects=objects, manifest_sha256=digest)
    assert world.events() == before


def test_a_request_that_is_only_being_drawn_has_nothing_to_compare_with(world: World):
    request_id = world.submitted()
    with world.database.reading() as work:
        require_as_approved(work, world.adapters.objects, request_id)


def test_the_pages_shown_are_those_that_the_manifest_names(world: World):
    """Document and copies alike; another manifest than the one looked at shows nothing."""
    request_id = pending(world)
    digest, objects = world.manifest_sha256(request_id), world.adapters.objects
    other = objects.put(b"%PDF-1.7 something else", world.home.id)
    looked_at = [LookedAt(Part.COPY, 1, 2, digest), LookedAt(Part.DOCUMENT, 1, 0, digest)]

    def shown() -> list[bytes]:
        with world.database.reading() as work:
            reader = world.actor(work, Role.APPROVER)
            return [shown_pdf(work, reader, objects, request_id, each) for each in looked_at]

    before = shown()
    by_sql(world, update(Copy).values(rendition_sha256=other))
    by_sql(world, update(Document).values(safe_sha256=other))
    assert shown() == before
    by_sql(world, update(PrintRequest).values(manifest_sha256=other))
    with pytest.raises(NotFound):
        shown()


@pytest.mark.parametrize(
    "looked_at",
    [
        LookedAt(Part.COPY, 1, 3),
        LookedAt(Part.COPY, 0, 1),
        LookedAt(Part.COPY, 99, 1),
        LookedAt(Part.DOCUMENT, 99),
        LookedAt(Part.ATTACHMENT, 1, 1),
        LookedAt(Part.ATTACHMENT, 1, -1),
        LookedAt(Part.DOCUMENT, 1, 0, "ab" * 32),
    ],
)
def test_what_is_not_there_is_not_shown(world: World, looked_at: LookedAt):
    request_id = pending(world)
    with pytest.raises(NotFound), world.database.reading() as work:
        shown_pdf(work, world.actor(work, Role.APPROVER), world.adapters.objects, request_id, looked_at)


def test_rows_of_attachments_that_nobody_approved_differ(world: World):
    request_id = pending(world)
    added = RequestAttachment(
        id=UUID(int=1),
        request_id=request_id,
        position=1,
        filename="x.pdf",
        original_sha256="ab" * 32,
        safe_sha256="ab" * 32,
        pages=1,
    )
    with world.database.work() as work:
        work.session.add(added)
    with pytest.raises(RowsDiffer, match="attachments"), world.database.reading() as work:
        require_as_approved(work, world.adapters.objects, request_id)
