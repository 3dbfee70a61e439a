"""Copies, returns, archive, seals and printers by API."""

from __future__ import annotations

import io
from hashlib import sha256
from uuid import uuid4

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import update

from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.organisations.models import RoleBinding, User
from printserver.organisations.permissions import Role
from printserver.print_requests.models import Copy, PrintRequest
from printserver.print_requests.states import CopyState
from printserver.printing.outcome import Outcome
from printserver.rendering.page_images import ARCHIVE_WATERMARK, PREVIEW_WATERMARK, page_image
from printserver.rendering.security_marks import without_security
from tests.http.api_client import ApiClient, code_of
from tests.http.scene import Scene
from tests.world import World
from tests.world_building import scanned_page


def _state(api: ApiClient, copy_id: object) -> str:
    return str(api.fetch(f"/copies/{copy_id}", Role.CLERK).json()["state"])


def test_released_copies_are_on_their_way_once(api: ApiClient):
    world = api.world
    request_id = world.issued(copies=2)
    first, second = (str(copy.id) for copy in world.copies(request_id))
    address = f"/print-requests/{request_id}/releases"
    assert api.submit(address, Role.CLERK, json={"copy_ids": [first]}).json() == {"copy_ids": [first]}
    assert code_of(api.submit(address, Role.CLERK, json={"copy_ids": [first]})) == "transition-refused"
    assert api.submit(address, Role.CLERK, json={}).json() == {"copy_ids": [second]}
    assert code_of(api.submit(address, Role.CLERK, json={})) == "transition-refused"
    assert [job.workflow for job in world.jobs.jobs].count("print-next") == 2


def test_a_copy_of_another_request_is_not_released_along(api: ApiClient):
    one, other = api.world.issued(), api.world.issued()
    foreign = str(api.world.copies(other)[0].id)
    answer = api.submit(f"/print-requests/{one}/releases", Role.CLERK, json={"copy_ids": [foreign]})
    assert code_of(answer) == "not-found"
    assert _state(api, foreign) == CopyState.ISSUED


@pytest.mark.parametrize(
    ("settlement", "state"), [("seen", "printed"), ("destroyed", "destroyed"), ("missing", "missing")]
)
def test_an_unknown_outcome_is_settled_by_a_named_person_with_a_reason(api: ApiClient, settlement: str, state: str):
    copy_id = api.world.copies(api.world.printed(outcome=Outcome.OUTCOME_UNKNOWN))[0].id
    address, role = f"/copies/{copy_id}/settlements", Role.PRINTER_ADMINISTRATOR
    blank = api.submit(address, role, json={"settlement": settlement, "reason": "  "})
    assert (code_of(blank), _state(api, copy_id)) == ("reason-missing", "outcome-unknown")
    settled = api.submit(address, role, json={"settlement": settlement, "reason": "looked at the tray"}).json()
    assert (settled["state"], settled["settled_reason"]) == (state, "looked at the tray")
    assert code_of(api.submit(address, role, json={"settlement": "seen", "reason": "again"})) == "transition-refused"
    entries = api.fetch(f"/audit/entries?subject_id={copy_id}&event=CopyMoved", Role.AUDITOR, api.world.home.head)
    mine = [entry for entry in entries.json()["items"] if entry["facts"]["after"] == state]
    assert [entry["person_id"] for entry in mine] == [str(api.world.person(role).id)]


def test_a_void_copy_is_replaced_by_a_request_that_needs_its_own_approval(api: ApiClient):
    copy_id = api.world.copies(api.world.printed())[0].id
    voided = api.submit(f"/copies/{copy_id}/voidings", Role.PRINTER_ADMINISTRATOR, json={"reason": "spoilt"})
    assert voided.json()["state"] == "void"
    assert code_of(api.submit(f"/copies/{copy_id}/replacements", Role.CLERK)) == "second-person-needed"
    address, words = f"/copies/{copy_id}/loss-confirmations", {"reason": "I saw the shreds"}
    assert code_of(api.submit(address, Role.PRINTER_ADMINISTRATOR, json=words)) == "second-person-needed"
    confirmed = api.submit(address, Role.PRINTER_ADMINISTRATOR, api.world.home.head, json=words)
    assert confirmed.json()["confirmed_at"] is not None
    made = api.submit(f"/copies/{copy_id}/replacements", Role.CLERK).json()
    assert made["state"] == "rendering"
    assert api.fetch(f"/copies/{copy_id}", Role.CLERK).json()["replaced_by"] == made["request_id"]
    assert code_of(api.submit(f"/copies/{copy_id}/replacements", Role.CLERK)) == "transition-refused"


def test_lists_are_read_in_pages_and_narrowed(scene_api: ApiClient, scene: Scene):
    for address in ("/copies", "/print-requests"):
        everything = scene_api.fetch(f"{address}?limit=200", Role.CLERK).json()
        assert everything["next"] is None
        collected, before = [], ""
        while True:
            page = scene_api.fetch(f"{address}?limit=2{before}", Role.CLERK).json()
            collected += [each["id"] for each in page["items"]]
            if page["next"] is None:
                break
            before = f"&before={page['next']}"
        assert collected == [each["id"] for each in everything["items"]]
        assert collected == sorted(collected, reverse=True)
    void = scene_api.fetch("/copies?state=void&state=outcome-unknown", Role.CLERK).json()["items"]
    assert {copy["id"] for copy in void} == {str(scene.void_copy), str(scene.unknown_copy)}
    assert scene_api.fetch(f"/copies?printer_id={uuid4()}", Role.CLERK).json()["items"] == []
    pending = scene_api.fetch("/print-requests?state=pending-approval&mine=true", Role.CLERK).json()["items"]
    assert [request["id"] for request in pending] == [str(scene.pending_request)]
    assert scene_api.fetch("/print-requests?mine=true", Role.APPROVER).json()["items"] == []
    assert scene_api.fetch("/copies?limit=201", Role.CLERK).status_code == 422


def test_a_callers_own_reference_finds_its_request(api: ApiClient):
    request_id = api.world.submitted(own_reference="OA-1")
    api.world.submitted(own_reference="OA-10")
    found = api.fetch("/print-requests?own_reference=OA-1", Role.CLERK).json()["items"]
    assert [each["id"] for each in found] == [str(request_id)]


def test_a_page_is_shown_as_it_will_be_printed_but_marked_as_not_valid(api: ApiClient):
    request_id = api.world.pending()
    address = f"/print-requests/{request_id}/copies/1/pages/2/image"
    answer = api.fetch(address, Role.APPROVER)
    picture = Image.open(io.BytesIO(answer.content))
    assert (answer.headers["content-type"], picture.size) == ("image/webp", (794, 1123))
    red, green, _ = np.moveaxis(np.asarray(picture.convert("RGB")), 2, 0)
    reds = int(((red > 150) & (green < 90)).sum())
    assert reds > 500, "the seal is on the page"
    objects = api.world.adapters.objects
    rendition = objects.get(api.world.copies(request_id)[0].rendition_sha256, api.world.home.id)
    assert answer.content == page_image(rendition, 2, dpi=96, watermark=PREVIEW_WATERMARK)
    assert answer.content != page_image(rendition, 2, dpi=96)
    for wrong in ("copies/1/pages/3", "copies/1/pages/0", "copies/2/pages/1"):
        assert code_of(api.fetch(f"/print-requests/{request_id}/{wrong}/image", Role.APPROVER)) == "page-not-found"
    assert code_of(api.fetch(f"{address}?dpi=151", Role.APPROVER)) == "malformed"


def test_the_pages_shown_are_those_of_the_manifest_whatever_the_copys_row_says(api: ApiClient):
    request_id, harmless = api.world.pending(), api.world.pending()
    address = f"/print-requests/{request_id}/copies/1/pages/1/image"
    before = api.fetch(address, Role.APPROVER).content
    other = api.world.copies(harmless)[0].rendition_sha256
    assert api.world.copies(request_id)[0].rendition_sha256 != other
    with api.world.database.work() as work:
        work.session.execute(update(Copy).where(Copy.request_id == request_id).values(rendition_sha256=other))
    assert api.fetch(address, Role.APPROVER).content == before
    held, another = api.world.manifest_sha256(request_id), api.world.manifest_sha256(harmless)
    assert api.fetch(f"{address}?manifest_sha256={held}", Role.APPROVER).content == before
    assert code_of(api.fetch(f"{address}?manifest_sha256={another}", Role.APPROVER)) == "page-not-found"
    with api.world.database.work() as work:
        values = {"manifest_sha256": another}
        work.session.execute(update(PrintRequest).where(PrintRequest.id == request_id).values(**values))
    assert code_of(api.fetch(address, Role.APPROVER)) == "internal-error", "stored things contradict each other"


def test_nobody_but_the_archives_keepers_gets_an_issued_pdf_and_only_when_its_paper_is_home(
    scene_api: ApiClient, scene: Scene
):
    record = scene_api.fetch(f"/archive/{scene.archive_record}", Role.ARCHIVIST).json()
    pdf = scene_api.fetch(f"/archive/{scene.archive_record}/issued.pdf", Role.ARCHIVIST)
    assert sha256(pdf.content).hexdigest() == record["issued_sha256"]
    assert pdf.headers["content-disposition"] == f'attachment; filename="controlled-print-{scene.archive_record}.pdf"'
    read = scene_api.fetch("/audit/entries?event=ArchivedFileRead", Role.AUDITOR, scene.world.home.head).json()["items"]
    assert [entry["facts"]["what"] for entry in read] == ["issued"]
    copies = scene_api.fetch("/copies?limit=200", Role.CLERK).json()["items"]
    archived = {each["copy_id"] for each in [record]}
    listed = scene_api.fetch("/archive?limit=200", Role.ARCHIVIST).json()["items"]
    assert len(listed) == len(archived) < len([copy for copy in copies if copy["issued_sha256"]])


def test_the_archive_is_searched_and_its_pages_and_scans_are_read(scene_api: ApiClient, scene: Scene):
    record = scene_api.fetch("/archive?query=Supply", Role.ARCHIVIST).json()["items"][0]
    assert record["id"] == str(scene.archive_record)
    assert scene_api.fetch(f"/archive?serial={record['serial']}", Role.ARCHIVIST).json()["items"] == [record]
    assert scene_api.fetch("/archive?query=nothing+like+it", Role.ARCHIVIST).json()["items"] == []
    address = f"/archive/{scene.archive_record}"
    assert scene_api.fetch(f"{address}/pages/1/image", Role.ARCHIVIST).headers["content-type"] == "image/jpeg"
    scan = scene_api.fetch(f"{address}/scan?page=2", Role.ARCHIVIST)
    assert scan.headers["content-disposition"].endswith('-2.jpg"')
    assert code_of(scene_api.fetch(f"{address}/scan?page=3", Role.ARCHIVIST)) == "archive-record-not-found"


def test_whoever_reads_the_archive_sees_the_issued_pages_without_codes_and_marked(scene_api: ApiClient, scene: Scene):
    address = f"/archive/{scene.archive_record}/pages"
    answer = scene_api.fetch(f"{address}/2/issued-image", Role.ARCHIVIST)
    record = scene_api.fetch(f"/archive/{scene.archive_record}", Role.ARCHIVIST).json()
    copy = scene_api.fetch(f"/copies/{record['copy_id']}", Role.ARCHIVIST).json()
    rendition = scene_api.world.adapters.objects.get(copy["rendition_sha256"], scene.world.home.id)
    bare = without_security(rendition).pdf
    assert answer.headers["content-type"] == "image/webp"
    assert answer.content == page_image(bare, 2, dpi=110, watermark=ARCHIVE_WATERMARK)
    assert answer.content != page_image(bare, 2, dpi=110)
    assert code_of(scene_api.fetch(f"{address}/3/issued-image", Role.ARCHIVIST)) == "page-missing"
    read = scene_api.fetch("/audit/entries?event=ArchivedFileRead", Role.AUDITOR, scene.world.home.head).json()["items"]
    assert "issued-page" in {entry["facts"]["what"] for entry in read}


def test_a_scan_is_handed_in_once_and_its_doubtful_page_is_settled_by_hand(api: ApiClient):
    world = api.world
    return_id, page_id = world.doubtful_page(seed=5)
    again = api.submit("/returns", Role.ARCHIVIST, files={"scan": ("again.jpg", scanned_page(5), "image/jpeg")})
    assert (again.status_code, code_of(again)) == (409, "already-handed-in")
    assert again.json()["return_id"] == str(return_id)
    detail = api.fetch(f"/returns/{return_id}", Role.ARCHIVIST).json()
    assert (detail["state"], detail["counts"]["doubtful"]) == ("read", 1)
    assert [page["id"] for page in api.fetch("/returns/doubtful", Role.ARCHIVIST).json()] == [str(page_id)]

    copy = api.fetch(f"/print-requests/{world.printed()}", Role.CLERK).json()["copy_list"][0]
    body = {"settlement": "page-of-copy", "serial": copy["serial"], "page": 1, "reason": "the serial is readable"}
    address = f"/return-pages/{page_id}/settlements"
    settled = api.submit(address, Role.ARCHIVIST, json=body).json()
    assert (settled["state"], settled["copy"]["id"], settled["page"]) == ("settled", copy["id"], 1)
    discarded = api.submit(address, Role.ARCHIVIST, json={"settlement": "discard", "reason": "no, a cover"}).json()
    assert discarded["state"] == "discarded"
    typing_error = {**body, "serial": "0000-0000-0000-0000-X"}
    assert code_of(api.submit(address, Role.ARCHIVIST, json=typing_error)) == "serial-malformed"


def test_a_new_scan_waits_to_be_read(api: ApiClient):
    answer = api.submit("/returns", Role.CLERK, files={"scan": ("页.jpg", scanned_page(8), "image/jpeg")})
    assert (answer.status_code, answer.json()["state"]) == (201, "received")
    listed = api.fetch("/returns", Role.CLERK).json()["items"]
    assert [(each["id"], each["filename"]) for each in listed] == [(answer.json()["id"], "页.jpg")]
    scan = api.fetch(f"/returns/{answer.json()['id']}/scan", Role.CLERK)
    assert scan.content == scanned_page(8)


def test_a_paused_printer_is_listed_as_such_and_takes_no_copies(api: ApiClient):
    world = api.world
    request_id, printer_id = world.issued(), world.home.north.printer_id
    pause = {"paused": True, "reason": "toner"}
    paused = api.submit(f"/printers/{printer_id}/pauses", Role.PRINTER_ADMINISTRATOR, json=pause)
    assert paused.json()["paused"] is True
    (listed,) = api.fetch("/printers", Role.CLERK).json()
    assert (listed["id"], listed["paused"]) == (str(printer_id), True)
    assert "certificate_pem" not in listed
    refused = api.submit(f"/print-requests/{request_id}/releases", Role.CLERK, json={})
    assert code_of(refused) == "printer-not-usable"


def test_applicants_and_wrong_custodians_decide_nothing(api: ApiClient):
    world = api.world
    pending, in_custody = world.pending(), world.in_custody()
    body = {"manifest_sha256": world.manifest_sha256(in_custody)}
    confirmations = f"/print-requests/{in_custody}/seal-use-confirmations"
    # Head office's custodian has the right there too, but does not keep this seal.
    assert code_of(api.submit(confirmations, Role.CUSTODIAN, world.home.head, json=body)) == "not-found"
    changed = api.submit(f"/print-requests/{pending}/approvals", Role.APPROVER, json={"manifest_sha256": "0" * 64})
    assert code_of(changed) == "manifest-changed"
    refusal = {"manifest_sha256": world.manifest_sha256(pending), "reason": "wrong annex"}
    assert api.submit(f"/print-requests/{pending}/refusals", Role.APPROVER, json=refusal).json()["state"] == "refused"
    assert {copy.state for copy in world.copies(pending)} == {CopyState.VOID}


def put_role(work: Work, user: User, role: Role) -> None:
    """As somebody would who writes rows: the product itself refuses to give one person both roles."""
    row = RoleBinding(id=new_id(), user_id=user.id, role=role, branch_id=user.branch_id, created_at=work.now())
    work.session.add(row)


def test_an_applicant_who_is_an_approver_too_does_not_approve_the_own_request(api: ApiClient):
    world = api.world
    request_id = world.pending()
    with world.database.work() as work:
        clerk = work.session.get_one(User, world.person(Role.CLERK).id)
        put_role(work, clerk, Role.APPROVER)
    before = world.row_counts()
    body = {"manifest_sha256": world.manifest_sha256(request_id)}
    answer = api.submit(f"/print-requests/{request_id}/approvals", Role.CLERK, json=body)
    assert (answer.status_code, code_of(answer)) == (409, "applicant-may-not-decide")
    assert world.row_counts() == before
    assert api.fetch("/approvals/waiting", Role.CLERK).json() == []


def test_one_person_with_both_roles_takes_one_step_only(api: ApiClient):
    world = api.world
    request_id = world.pending()
    with world.database.work() as work:
        custodian = work.session.get_one(User, world.person(Role.CUSTODIAN).id)
        put_role(work, custodian, Role.APPROVER)
    body = {"manifest_sha256": world.manifest_sha256(request_id)}
    assert api.submit(f"/print-requests/{request_id}/approvals", Role.CUSTODIAN, json=body).is_success
    before = world.row_counts()
    answer = api.submit(f"/print-requests/{request_id}/seal-use-confirmations", Role.CUSTODIAN, json=body)
    assert (answer.status_code, code_of(answer)) == (409, "person-counts-once")
    assert world.row_counts() == before


def test_the_published_keys_are_the_bytes_that_the_root_signed(api: ApiClient, world: World):
    answer = api.get("/.well-known/print-keys.json")
    assert answer.content == world.adapters.settings.key_list.read_bytes()
    assert "no-store" not in answer.headers["cache-control"]
    world.adapters.settings.key_list.unlink()
    missing = api.get("/.well-known/print-keys.json")
    assert (missing.status_code, code_of(missing)) == (503, "keys-not-published")
