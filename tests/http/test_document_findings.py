"""What was found in a document: asked of whoever hands it in, recorded, and shown to those who decide."""

from __future__ import annotations

from dataclasses import replace

import pytest

from printserver.documents.findings import Findings, NotConfirmed
from printserver.documents.fonts import Replaced
from printserver.documents.handing_in import HandedIn
from printserver.documents.intake import SafeDocument
from printserver.organisations.permissions import Role
from printserver.web.drafts import keep_draft
from tests.http.api_client import ApiClient, code_of
from tests.http.page_visitor import Visitor, first, shown_again, went_to
from tests.world import World

FOUND = Findings(differing_pages=(1,), fonts_replaced=(Replaced("Missing Face", "Some Face"),))
ALL = [question.value for question in FOUND.questions]


def _safe(world: World, found: Findings) -> SafeDocument:
    return replace(world.taken.safe, findings=found)


def test_a_clerk_looks_at_both_pictures_and_goes_on_only_with_everything_confirmed(api: ApiClient):
    world, clerk = api.world, Visitor.of(api, Role.CLERK)
    with world.database.reading() as work:
        actor = world.actor(work, Role.CLERK)
    token = keep_draft(world.adapters, actor, HandedIn(_safe(world, FOUND)), "contract.docx").token
    asked = went_to(clerk.look(f"/requests/new?draft={token}"))
    assert asked == f"/requests/drafts/{token}/findings?template="
    page = clerk.page(f"/requests/drafts/{token}/findings")
    assert "Missing Face → Some Face" in page
    picture = clerk.look(first(r"/requests/drafts/\w+/pages/1/engines/poppler", page))
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/webp")
    confirmations = f"/requests/drafts/{token}/confirmations"
    shown_again(clerk.send(confirmations, questions=["engines-differ"]), 409)
    assert clerk.send(confirmations, questions=ALL, saved="no draft").status_code == 422
    onward = went_to(clerk.send(confirmations, questions=ALL, saved=""))
    assert onward.startswith("/requests/new?draft=")
    assert token not in onward
    assert "contract.docx" in clerk.page(went_to(clerk.look(onward)))


def test_nothing_unconfirmed_is_registered_and_approvers_see_what_was_confirmed(api: ApiClient):
    world = api.world
    before = world.row_counts()
    with pytest.raises(NotConfirmed):
        replace(world, taken=replace(world.taken, safe=_safe(world, FOUND))).submitted()
    assert world.row_counts() == before
    confirmed = replace(world, taken=replace(world.taken, safe=_safe(world, FOUND.confirm(ALL))))
    request_id = confirmed.pending()
    page = Visitor.of(api, Role.APPROVER).page(f"/requests/{request_id}")
    assert "Missing Face → Some Face" in page
    assert "The applicant has looked at this and stands by it:" in page
    document = api.fetch(f"/print-requests/{request_id}/document", Role.APPROVER).json()
    assert document["findings"]["confirmed"] == sorted(ALL)
    assert "DocumentConfirmed" in world.events()
    original = api.fetch(f"/print-requests/{request_id}/document/original", Role.APPROVER)
    assert (original.status_code, code_of(original)) == (409, "original-not-kept")


def test_the_untouched_file_of_a_signed_pdf_is_there_for_those_who_may_read(api: ApiClient):
    world, untouched = api.world, b"%PDF-1.7 as it came"
    safe = replace(
        _safe(world, Findings(original_kept=True)), original_sha256=world.adapters.objects.put(untouched, world.home.id)
    )
    request_id = replace(world, taken=replace(world.taken, safe=safe)).pending()
    original = api.fetch(f"/print-requests/{request_id}/document/original", Role.APPROVER)
    assert original.content == untouched
    assert original.headers["content-disposition"].startswith("attachment")
