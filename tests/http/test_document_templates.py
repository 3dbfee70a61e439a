"""Templates by page and by API: filled in, looked at, handed in; an administrator's own are tried out first."""

from __future__ import annotations

import json
import re
from typing import Any

from printserver.documents.models import Document
from printserver.documents.template_store import built_in_templates
from printserver.organisations.permissions import Role
from printserver.print_requests.models import RequestDraft
from tests.http.api_client import ApiClient, code_of
from tests.http.page_visitor import Visitor, first, shown_again, went_to
from tests.unit.documents.template_samples import DESCRIPTION, SOURCE

CERTIFICATE = "/document-templates/certificate"


def _inputs(page: str) -> dict[str, Any]:
    """A form's texts as they stand; columns of tables as lists."""
    found: dict[str, list[str]] = {}
    for tag in re.findall(r'<input[^>]*name="[^"]+"[^>]*>', page):
        name, value = first(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name not in ("csrf_token", "action"):
            found.setdefault(name, []).append(value[1] if value else "")
    for name, text in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>([^<]*)</textarea>', page):
        found.setdefault(name, []).append(text)
    return dict(found)


def test_a_clerk_fills_a_template_in_looks_at_its_pages_and_goes_on_to_the_application(api: ApiClient):
    clerk = Visitor.of(api, Role.CLERK)
    assert CERTIFICATE in clerk.page("/document-templates")
    inputs = _inputs(clerk.page(f"{CERTIFICATE}?sample=1"))
    inputs["facts.value"][0] = "<script>#read(1)</script>"
    shown = clerk.send(f"{CERTIFICATE}/documents", **inputs, language="zh", action="preview")
    assert shown.status_code == 200
    assert "&lt;script&gt;#read(1)" in shown.text
    picture = clerk.look(first(r"/requests/drafts/\w+/pages/1", shown.text))
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/webp")
    application = went_to(clerk.send(f"{CERTIFICATE}/documents", **inputs, language="en", action="use"))
    form = clerk.page(application)
    assert "Certificate ZM-2026-0407.pdf" in form
    assert 'value="ZM-2026-0407"' in form


def test_what_is_missing_is_told_at_its_field_and_nothing_typed_is_lost(api: ApiClient):
    clerk = Visitor.of(api, Role.CLERK)
    inputs = _inputs(clerk.page(f"{CERTIFICATE}?sample=1&language=zh")) | {"day": ["2026-13-40"], "issuer.name": [""]}
    page = shown_again(clerk.send(f"{CERTIFICATE}/documents", **inputs, language="zh", action="use"), 422)
    assert 'id="wrong-day"' in page
    assert 'id="wrong-issuer-name"' in page
    assert "在职及收入证明" in page
    wider = clerk.send(f"{CERTIFICATE}/documents", **inputs, language="zh", action="row-facts")
    assert wider.text.count('name="facts.value"') == len(inputs["facts.value"]) + 1


def test_a_document_made_by_the_api_is_a_draft_that_says_what_it_was_made_of(api: ApiClient):
    sample = dict(built_in_templates()["certificate"].description.sample)
    path = "/document-templates/certificate/documents"
    made = api.submit(path, Role.CLERK, json={"language": "zh", "values": sample})
    assert made.status_code == 201, made.text
    origin = made.json()["findings"]["made_from"]
    assert (origin["template"], origin["version"], origin["language"]) == ("certificate", 1, "zh")
    assert origin["name"]["en"] == built_in_templates()["certificate"].description.name["en"]
    kept = json.loads(api.world.adapters.objects.get(origin["data_sha256"], api.world.home.id))
    assert kept["values"]["heading"] == sample["heading"]
    with api.world.database.reading() as work:
        draft = work.session.query(RequestDraft).one()
        assert draft.document["document"]["findings"]["made_from"] == origin
    refused = api.submit(path, Role.CLERK, json={"language": "zh", "values": {**sample, "unknown": "1"}})
    assert code_of(refused) == "template-values-wrong"


def test_an_own_template_is_tried_out_and_every_change_is_a_version_of_its_own(api: ApiClient):
    keeper, own = Role.DOCUMENT_ADMINISTRATOR, "/document-templates/receipt"
    body = {"description": DESCRIPTION, "files": {"en.typ": SOURCE}}
    assert code_of(api.ask("PUT", own, Role.CLERK, json=body)) == "forbidden"
    broken = {**body, "files": {"en.typ": '#read("/etc/passwd")'}}
    assert code_of(api.ask("PUT", own, keeper, json=broken)) == "document-template-malformed"
    assert api.fetch(own, keeper).status_code == 404
    assert [api.ask("PUT", own, keeper, json=body).json()["version"] for _ in range(2)] == [1, 2]
    other, above = api.world.home.south, api.world.home.head
    assert code_of(api.ask("PUT", own, keeper, other, json=body)) == "forbidden"
    assert code_of(api.ask("DELETE", own, keeper, other)) == "forbidden"
    assert api.fetch(own, keeper, other).json()["version"] == 2
    assert api.fetch(f"{own}?version={10**20}", keeper).status_code == 422
    taken = api.ask("PUT", "/document-templates/certificate", keeper, json=body)
    assert code_of(taken) == "document-template-code-taken"
    filled = {"language": "en", "values": {"who": "Somebody", "sum": "12.50"}}
    picture = api.submit(f"{own}/previews", Role.CLERK, json={**filled, "version": 1})
    assert picture.headers["content-type"] == "image/webp"
    assert api.ask("DELETE", own, keeper, above).status_code == 204
    assert code_of(api.submit(f"{own}/documents", Role.CLERK, json=filled)) == "document-template-retired"
    with api.world.database.reading() as work:
        assert work.session.query(Document).count() == 0
