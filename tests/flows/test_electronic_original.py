"""The electronic original: a signed file with a serial of its own, which never comes to paper."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import update

from printserver.foundation.errors import NotFound, TransitionRefused
from printserver.organisations.permissions import Role
from printserver.print_requests import copy_service
from printserver.print_requests.binding import CopyNotApproved
from printserver.print_requests.electronic_originals import NoElectronicOriginal, take_electronic_original
from printserver.print_requests.models import Copy
from printserver.print_requests.queries import request_details
from printserver.print_requests.states import CopyState
from printserver.seals.errors import SealNotUsable
from printserver.seals.models import Seal
from printserver.signing.codes import parse_text, verify_code
from printserver.signing.pades import verify_pdf
from tests.flows.test_one_request import pictures, qr_texts
from tests.signing_world import SigningWorld
from tests.world import World
from tests.world_building import PAGES, Office

TAKEN = "ElectronicOriginalTaken"


def take(signed: SigningWorld, request_id: UUID, role: Role = Role.CLERK, office: Office | None = None) -> bytes:
    with signed.database.reading() as work:
        actor = signed.world.actor(work, role, office)
    return take_electronic_original(signed.database, signed.objects, actor, request_id).pdf


def original_of(copies: list[Copy]) -> Copy:
    (found,) = (copy for copy in copies if copy.number == 0)
    return found


def test_it_is_signed_beside_the_papers_and_taken_as_a_file(signing_world: SigningWorld):
    copies = signing_world.issued(copies=2, electronic=True)
    original = original_of(copies)
    assert {copy.number: copy.state for copy in copies} == {
        0: CopyState.ELECTRONIC, 1: CopyState.ISSUED, 2: CopyState.ISSUED
    }  # fmt: skip
    pdf = take(signing_world, original.request_id)
    key_list = signing_world.ceremony.keys.key_list
    verify_pdf(pdf, [key_list.root_certificate], at=signing_world.database.clock.now())
    assert original.issued_sha256 == sha256(pdf).hexdigest()
    assert signing_world.events().count(TAKEN) == 1


def test_its_code_says_that_it_is_none_of_the_papers(signing_world: SigningWorld, tmp_path: Path):
    original = original_of(signing_world.issued(electronic=True))
    assert original.issued_sha256 is not None
    seen = pictures(signing_world.objects.get(original.issued_sha256, signing_world.world.home.id), tmp_path / "seen")
    texts = [text for picture in seen for text in qr_texts(picture)]
    bodies = [verify_code(parse_text(text), signing_world.ceremony.keys.key_list) for text in texts]
    assert [(body.copy, body.copies, body.page) for body in bodies] == [(0, 1, page) for page in range(1, PAGES + 1)]


def test_releasing_all_copies_leaves_it_where_it_is_and_releasing_it_is_refused(sqlite_signing_world: SigningWorld):
    signed = sqlite_signing_world
    original = original_of(signed.issued(copies=2, electronic=True))
    with signed.database.work() as work:
        clerk = signed.world.actor(work, Role.CLERK)
        with pytest.raises(TransitionRefused):
            copy_service.release_copies(work, clerk, original.request_id, [original.id])
    with signed.database.work() as work:
        released = copy_service.release_copies(work, clerk, original.request_id)
    assert len(released) == 2
    assert signed.world.copy_row(original.id).state == CopyState.ELECTRONIC


def test_whoever_may_not_release_there_and_other_branches_do_not_get_it(sqlite_signing_world: SigningWorld):
    signed = sqlite_signing_world
    request_id = original_of(signed.issued(electronic=True)).request_id
    for role, office in ((Role.APPROVER, None), (Role.CLERK, signed.world.home.south)):
        with signed.nothing_changes(), pytest.raises(NotFound):
            take(signed, request_id, role, office)


def test_there_is_none_before_the_signature_unasked_and_once_it_is_void(
    sqlite_signing_world: SigningWorld,
):
    signed = sqlite_signing_world
    asked, unasked = signed.world.pending(electronic=True), signed.world.issued()
    original = original_of(signed.issued(electronic=True))
    with signed.database.work() as work:
        keeper = signed.world.actor(work, Role.PRINTER_ADMINISTRATOR)
        copy_service.void_copy(work, keeper, original.id, reason="sent to the wrong party")
    for request_id in (asked, unasked, original.request_id):
        with signed.nothing_changes(), pytest.raises(NoElectronicOriginal):
            take(signed, request_id)


def test_a_suspended_seal_hands_out_no_file_either(sqlite_signing_world: SigningWorld):
    signed = sqlite_signing_world
    original = original_of(signed.issued(electronic=True))
    with signed.database.work() as work:
        work.session.execute(update(Seal).values(state="suspended"))
    with signed.nothing_changes(), pytest.raises(SealNotUsable):
        take(signed, original.request_id)


def test_no_row_makes_the_signed_pages_of_a_paper_downloadable(sqlite_signing_world: SigningWorld):
    signed = sqlite_signing_world
    copies = signed.issued(electronic=True)
    original, paper = original_of(copies), next(copy for copy in copies if copy.number == 1)
    with signed.database.work() as work:
        work.session.execute(update(Copy).where(Copy.id == paper.id).values(issued_sha256=None))
        work.session.execute(update(Copy).where(Copy.id == original.id).values(issued_sha256=paper.issued_sha256))
    with signed.nothing_changes(), pytest.raises(CopyNotApproved):
        take(signed, original.request_id)


def test_in_place_of_a_void_one_comes_a_file_alone(world: World):
    copies = world.copies(world.issued(electronic=True))
    original = original_of(copies)
    with world.database.work() as work:
        copy_service.void_copy(work, world.actor(work, Role.PRINTER_ADMINISTRATOR), original.id, reason="a mistake")
    with world.database.work() as work:
        replacement = copy_service.replace_copy(work, world.actor(work, Role.CLERK), original.id).id
    world.prepare(replacement)
    (drawn,) = world.copies(replacement)
    assert (drawn.number, drawn.state) == (0, CopyState.RENDERED)
    with world.database.reading() as work:
        details = request_details(work, world.actor(work, Role.CLERK), replacement)
    assert details.summary.copies == 0
