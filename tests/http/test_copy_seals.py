"""The seals on a copy are shown to whoever reads it; the signature itself only to those who keep evidence."""

from __future__ import annotations

from printserver.organisations.permissions import Role
from tests.http.api_client import ApiClient
from tests.http.page_visitor import Visitor


def test_a_copy_says_with_which_seal_and_when_it_was_sealed(api: ApiClient):
    world = api.world
    (copy,) = world.copies(world.issued())
    (seal,) = api.fetch(f"/copies/{copy.id}/seals", Role.CLERK).json()
    assert (seal["position"], seal["name"]) == (1, "contract seal of north")
    page = Visitor.of(api, Role.CLERK).look(f"/copies/{copy.id}?lang=en").text
    assert "Sealed with" in page
    assert "contract seal of north" in page
    assert "/signature" not in page
    assert (
        f"/api/v1/copies/{copy.id}/seals/1/signature" in Visitor.of(api, Role.AUDITOR).look(f"/copies/{copy.id}").text
    )


def test_the_signature_is_handed_to_auditors_and_archivists_as_a_file(api: ApiClient):
    (copy,) = api.world.copies(api.world.issued())
    for role in (Role.AUDITOR, Role.ARCHIVIST):
        answer = api.fetch(f"/copies/{copy.id}/seals/1/signature", role)
        assert answer.status_code == 200
        assert answer.headers["content-disposition"] == f'attachment; filename="seal-{copy.id}-1.der"'
        assert answer.content == b"no seal signs here"
        assert api.fetch(f"/copies/{copy.id}/seals/2/signature", role).status_code == 404
    assert api.fetch(f"/copies/{copy.id}/seals/1/signature", Role.CLERK).status_code == 403


def test_a_copy_that_is_not_issued_has_no_seal(api: ApiClient):
    (copy,) = api.world.copies(api.world.authorised())
    assert api.fetch(f"/copies/{copy.id}/seals", Role.CLERK).json() == []
    assert "Sealed with" not in Visitor.of(api, Role.CLERK).look(f"/copies/{copy.id}?lang=en").text
