"""What cannot be taken in is refused with its reason, and nothing of it stays."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from printserver.http_edge.limits import FORM_SLACK, LARGEST_WITHOUT_FORM
from printserver.organisations.permissions import Role
from tests.http.api_client import ApiClient, code_of, wish_at
from tests.unit.documents.hostile_pdfs import REFUSED
from tests.world_building import SITE, contract

DOCUMENTS = {
    name: REFUSED[name]
    for name in ("polyglot", "half", "no pages", "501 pages", "password", "hidden layer", "portfolio")
}


def _kept(api: ApiClient) -> tuple[dict[str, int], int]:
    return api.world.row_counts(), api.world.object_count()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_that_cannot_be_made_safe_is_refused_with_its_reason_and_forgotten(api: ApiClient, name: str):
    pdf, code = DOCUMENTS[name]
    before = _kept(api)
    answer = api.apply("k", pdf=pdf)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, code)
    assert len(problem["detail"]) > 20
    assert _kept(api) == before
    assert api.apply("k").status_code == 201, "the key is free for a better document"


def test_a_document_larger_than_allowed_is_refused_and_forgotten(api: ApiClient):
    largest = api.world.adapters.settings.largest_upload_bytes
    before = _kept(api)
    answer = api.apply("k", pdf=contract() + b"\0" * largest)
    assert (answer.status_code, code_of(answer)) == (413, "document-too-large")
    assert _kept(api) == before


def test_a_body_announced_as_too_large_is_not_read(api: ApiClient):
    before = _kept(api)
    answer = api.apply("k", pdf=b"%PDF-" + b"\0" * (api.world.adapters.settings.largest_upload_bytes + 2 * FORM_SLACK))
    assert (answer.status_code, code_of(answer)) == (413, "too-large")
    assert answer.headers["connection"] == "close"
    assert _kept(api) == before


@pytest.mark.parametrize("address", ["/print-requests", "/returns", "/tokens"])
def test_a_body_that_does_not_say_its_size_is_read_up_to_the_limit_and_no_further(api: ApiClient, address: str):
    limit = api.world.adapters.settings.largest_upload_bytes + FORM_SLACK
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        yield b'--b\r\nContent-Disposition: form-data; name="document"; filename="d"\r\n\r\n'
        while sent < 10 * limit:
            sent += 1 << 16
            yield b"\0" * (1 << 16)

    before = _kept(api)
    token = api.world.person(Role.CLERK).token
    content_type = "application/json" if address == "/tokens" else "multipart/form-data; boundary=b"
    headers = {"Authorization": f"Bearer {token}", "Content-Type": content_type, "Idempotency-Key": "k"}
    answer = api.post(f"{SITE}/api/v1{address}", content=endless(), headers=headers)
    assert (answer.status_code, code_of(answer)) == (413, "too-large")
    assert _kept(api) == before


def test_json_is_not_read_into_memory_beyond_a_mebibyte_whatever_it_calls_itself(api: ApiClient):
    for content_type in ("application/json", "multipart/form-data; boundary=b"):
        body = b'{"login": "' + b"x" * LARGEST_WITHOUT_FORM
        answer = api.ask("POST", "/tokens", content=body, headers={"Content-Type": content_type})
        assert (answer.status_code, code_of(answer)) == (413, "too-large")


APPLICATIONS: dict[str, tuple[Any, str]] = {
    "not JSON": ("{", "malformed"),
    "no object": ("[]", "malformed"),
    "an unknown member": ({"copies": 1, "copys": 3}, "malformed"),
    "no copies": ({"copies": 0}, "malformed"),
    "copies as text": ({"copies": "many"}, "malformed"),
    "too many copies": ({"copies": 101}, "application-malformed"),
    "no place": ({"places": []}, "application-malformed"),
    "a place off the page": ({"places": [{"page": 1, "x_um": 500_000, "y_um": 1_000}]}, "seal-place-refused"),
    "a page that is not there": ({"places": [{"page": 3, "x_um": 100_000, "y_um": 100_000}]}, "seal-place-refused"),
    "a place with a part of a micrometre": ({"places": [{"page": 1, "x_um": 0.5, "y_um": 1}]}, "malformed"),
    "an empty title": ({"title": "  "}, "application-malformed"),
    "a title without end": ({"title": "x" * 501}, "malformed"),
    "a title with a null": ({"title": "contract\0"}, "application-malformed"),
    "a title of two lines": ({"title": "contract\nApproved"}, "application-malformed"),
    "a title that turns itself around": ({"title": "lease \u202e001 rof"}, "application-malformed"),
    "a purpose with a bell": ({"purpose": "\a"}, "application-malformed"),
    "an own reference with a tab": ({"own_reference": "A\t1"}, "application-malformed"),
}


@pytest.mark.parametrize("name", APPLICATIONS)
def test_an_application_that_makes_no_sense_is_refused_and_forgotten(api: ApiClient, name: str):
    change, code = APPLICATIONS[name]
    whole = wish_at(api.world.home.north)
    wish = change if isinstance(change, str) else {**whole, **change}
    before = _kept(api)
    answer = api.apply("k", application=wish)
    assert (answer.status_code, code_of(answer)) == (422, code), answer.text
    assert _kept(api) == before


def test_a_purpose_may_have_lines_and_any_script_is_welcome(api: ApiClient):
    wish = wish_at(api.world.home.north, title="采购合同 עברית 👩\u200d💼", purpose="first\r\n\tsecond")
    assert api.apply("k", application=wish).status_code == 201


def test_a_field_that_is_wrong_is_named_without_its_value(api: ApiClient):
    place = {"page": "<script>", "x_um": 1, "y_um": 1}
    errors = api.apply("k", application=json.dumps(wish_at(api.world.home.north, places=[place]))).json()["errors"]
    assert [error["field"] for error in errors] == ["body.application.places.0.page.page"]
    assert "script" not in json.dumps(errors)


@pytest.mark.parametrize("kind", ["seal", "printer"])
def test_a_seal_or_printer_that_cannot_be_used_is_refused_before_the_document_is_read(api: ApiClient, kind: str):
    world = api.world
    if kind == "printer":
        address = f"/printers/{world.home.north.printer_id}/pauses"
        api.submit(address, Role.PRINTER_ADMINISTRATOR, json={"paused": True, "reason": "toner"})
    else:
        world.clock.advance(3650 * 86_400 / 2 + 10)
        world.keep_tokens()
    before = _kept(api)
    assert code_of(api.apply("k", pdf=b"never read")) == f"{kind}-not-usable"
    assert _kept(api) == before


@pytest.mark.parametrize(
    ("scan", "code"),
    [
        (b"", "scan-type-unknown"),
        (b"MZ program", "scan-type-unknown"),
        (b"\xff\xd8\xff\xe0 half a picture", "scan-incomplete"),
        (REFUSED["password"][0], "scan-encrypted"),
        (REFUSED["no pages"][0], "scan-has-no-pages"),
    ],
)
def test_a_file_that_is_no_scan_is_refused_and_forgotten(api: ApiClient, scan: bytes, code: str):
    before = _kept(api)
    name = "../../etc/passwd\r\nX-Evil: 1"
    answer = api.submit("/returns", Role.ARCHIVIST, files={"scan": (name, scan, "image/jpeg")})
    assert (answer.status_code, code_of(answer)) == (422, code)
    assert _kept(api) == before
