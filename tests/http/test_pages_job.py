"""The job by forms alone, as a browser without scripts sends them; what is refused is told where it was typed."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from sqlalchemy import update

from printserver.foundation.serials import CopySerial
from printserver.organisations.permissions import Role
from printserver.print_requests.models import PrintRequest
from printserver.print_requests.states import CopyState, RequestState
from printserver.printing.outcome import Outcome
from printserver.printing.queries import printer_facts
from printserver.returns.models import ReturnPage
from tests.http.api_client import ApiClient
from tests.http.page_visitor import Visitor, first, shown_again, went_to
from tests.http.request_form import draft_at, fields_of, request_id_of, seen_of
from tests.world import World
from tests.world_building import contract, scanned_page


def _state(world: World, request_id: UUID) -> str:
    with world.database.reading() as work:
        return work.session.get_one(PrintRequest, request_id).state


def _states(world: World, request_id: UUID) -> list[str]:
    return [copy.state for copy in world.copies(request_id)]


def test_a_clerk_applies_with_number_fields_and_sends_the_form_twice(api: ApiClient):
    clerk = Visitor.of(api, Role.CLERK)
    page = clerk.page(draft_at(clerk))
    fields = fields_of(page) | {"copies": "2", "place_x": "120,5", "place_y": "200", "own_reference": "OA-9"}
    assert fields["title"] == "supply contract"
    picture = clerk.look(first(r"/requests/drafts/\w+/pages/2", page))
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/webp")
    fields |= {"seen": seen_of(clerk, fields, "Page 2: seal 1 at 120.5 × 200 mm is far from any text.")}
    request_id = request_id_of(clerk.send("/requests", **fields, action="submit"))
    assert request_id_of(clerk.send("/requests", **fields, action="submit")) == request_id
    api.world.prepare(request_id)
    shown = clerk.page(f"/requests/{request_id}")
    assert "waits for approval" in shown
    assert "page 2 at 120.5 × 200 mm" in shown
    assert "OA-9" in clerk.page("/requests?own_reference=OA-9")
    assert "There are none." in clerk.page("/requests?own_reference=OA-10")


@pytest.mark.parametrize(
    ("pdf", "words"), [(b"GIF89a", "not a PDF"), (b"%PDF-1.7 nonsense", "damaged"), (contract()[:200], "damaged")]
)
def test_a_document_that_cannot_be_used_is_refused_beside_the_field_and_forgotten(
    api: ApiClient, pdf: bytes, words: str
):
    clerk = Visitor.of(api, Role.CLERK)
    before = api.world.row_counts(), api.world.object_count()
    answer = clerk.send("/requests/drafts", files={"document": ("c.pdf", pdf, "application/pdf")})
    text = shown_again(answer, 422)
    assert words in text.split('id="document-problem"')[1].split("</div>")[0]
    assert (api.world.row_counts(), api.world.object_count()) == before


def test_decisions_bind_to_the_digest_shown(api: ApiClient):
    world, request_id = api.world, api.world.pending(copies=2)
    approver, custodian = Visitor.of(api, Role.APPROVER), Visitor.of(api, Role.CUSTODIAN)
    page = approver.page(f"/requests/{request_id}")
    digest = first(r'name="manifest_sha256" value="(\w{64})"', page)
    assert page.count(digest) >= 2
    assert page.count("/pages/1/image") == 1
    assert page.count("/image") == 2
    refused = approver.send(f"/requests/{request_id}/approvals", manifest_sha256="0" * 64, reason="read")
    assert "look at it again" in shown_again(refused, 409)
    assert _state(world, request_id) == RequestState.PENDING_APPROVAL
    assert "a refusal needs a reason" in shown_again(
        approver.send(f"/requests/{request_id}/refusals", manifest_sha256=digest), 422
    ).replace("A refusal", "a refusal")
    assert went_to(approver.send(f"/requests/{request_id}/approvals", manifest_sha256=digest)).endswith("said=approved")
    assert "My decision" not in approver.page(f"/requests/{request_id}")
    assert "Confirm the use of the seal" in custodian.page(f"/requests/{request_id}")
    went_to(custodian.send(f"/requests/{request_id}/seal-use-confirmations", manifest_sha256=digest))
    assert _state(world, request_id) == RequestState.APPROVED


def test_nobody_is_offered_a_decision_on_a_request_of_their_own(api: ApiClient):
    request_id = api.world.pending()
    assert 'name="manifest_sha256"' not in Visitor.of(api, Role.CLERK).page(f"/requests/{request_id}")


def test_chosen_copies_are_released_and_the_rest_wait(api: ApiClient):
    world, request_id = api.world, api.world.issued(copies=3)
    clerk, copies = Visitor.of(api, Role.CLERK), world.copies(request_id)
    assert went_to(clerk.send(f"/requests/{request_id}/releases", which="chosen")).endswith("nothing-chosen")
    assert _states(world, request_id) == ["issued"] * 3
    went_to(clerk.send(f"/requests/{request_id}/releases", which="chosen", copy_ids=[str(copies[1].id)]))
    assert _states(world, request_id) == ["issued", "released", "issued"]
    page = clerk.page(f"/requests/{request_id}")
    assert f'data-live="request:{request_id}' in page
    went_to(clerk.send(f"/requests/{request_id}/releases", which="all"))
    assert _states(world, request_id) == ["released"] * 3
    assert "no copy of this request" in shown_again(
        clerk.send(f"/requests/{request_id}/releases", which="all"), 409
    ).replace("No copy", "no copy")


def test_an_unknown_outcome_is_settled_voided_and_replaced(api: ApiClient):
    world = api.world
    copy = world.copies(world.printed(outcome=Outcome.OUTCOME_UNKNOWN))[0]
    administrator, clerk = Visitor.of(api, Role.PRINTER_ADMINISTRATOR), Visitor.of(api, Role.CLERK)
    assert "outcome unknown" in administrator.page("/copies?state=outcome-unknown")
    path = f"/copies/{copy.id}"
    assert "Record it" in administrator.page(path)
    assert "Record it" not in clerk.page(path)
    refused = administrator.send(f"{path}/settlements", settlement="missing")
    page = shown_again(refused, 422)
    assert "Say how you know" in page
    assert 'value="missing" required checked' in page
    went_to(administrator.send(f"{path}/settlements", settlement="missing", reason="nothing in the tray"))
    assert _states(world, copy.request_id) == [CopyState.MISSING]
    went_to(administrator.send(f"{path}/voidings", reason="it is nowhere"))
    assert _states(world, copy.request_id) == [CopyState.VOID]
    assert "second person" in clerk.page(path)
    assert "Nothing waits for me." in administrator.page("/")
    assert "Confirm the loss" not in administrator.page(path)
    assert "second person" in shown_again(clerk.send(f"{path}/replacements"), 409)
    second = Visitor.of(api, Role.PRINTER_ADMINISTRATOR, world.home.head)
    assert f'href="{path}"' in second.page("/")
    assert "Confirm the loss" in second.page(path)
    assert "Say how you know" in shown_again(second.send(f"{path}/loss-confirmations"), 422)
    went_to(second.send(f"{path}/loss-confirmations", reason="the tray is empty"))
    assert "Ask for a replacement" in clerk.page(path)
    replacement = request_id_of(clerk.send(f"{path}/replacements"))
    assert _states(world, copy.request_id) == [CopyState.REPLACED]
    assert str(replacement) in clerk.page(path)


def test_a_printer_is_paused_with_a_reason_alone(api: ApiClient):
    world, administrator = api.world, Visitor.of(api, Role.PRINTER_ADMINISTRATOR)
    path = f"/printers/{world.home.north.printer_id}/pauses"
    assert "Say why" in shown_again(administrator.send(path, paused="true"), 422)
    went_to(administrator.send(path, paused="true", reason="toner"))
    with world.database.reading() as work:
        assert printer_facts(work, world.home.north.printer_id).paused
    assert "paused" in administrator.page("/printers")
    went_to(administrator.send(path, paused="false", reason="changed"))
    with world.database.reading() as work:
        assert not printer_facts(work, world.home.north.printer_id).paused


def test_a_scan_is_handed_in_once_and_the_second_time_shown_the_first(api: ApiClient):
    clerk = Visitor.of(api, Role.CLERK)
    files = {"scan": ("scan.jpg", scanned_page(5), "image/jpeg")}
    return_id = request_id_of(clerk.send("/returns", files=files))
    assert "being read" in clerk.page(f"/returns/{return_id}")
    text = shown_again(clerk.send("/returns", files=files), 409)
    assert f"/returns/{return_id}" in text.split('id="scan-problem"')[1].split("</div>")[0]
    nonsense = {"scan": ("scan.gif", b"GIF89a", "image/gif")}
    assert "neither a PDF" in shown_again(clerk.send("/returns", files=nonsense), 422)


def test_of_many_files_each_has_its_own_outcome_and_a_refused_one_takes_no_other_with_it(api: ApiClient):
    clerk = Visitor.of(api, Role.CLERK)
    files = [
        ("scan", ("one.jpg", scanned_page(6), "image/jpeg")),
        ("scan", ("torn.jpg", scanned_page(7)[:-300], "image/jpeg")),
        ("scan", ("two.jpg", scanned_page(8), "image/jpeg")),
        ("scan", ("", b"", "application/octet-stream")),
    ]
    text = shown_again(clerk.send("/returns", files=files), 200)
    outcomes = text.split('id="outcomes"')[1].split("</ol>")[0]
    lines = outcomes.split("<li>")[1:]
    assert [("handed in" in line, "breaks off" in line) for line in lines] == [
        (True, False),
        (False, True),
        (True, False),
    ]
    assert all(clerk.page(first(r'href="(/returns/[^"]+)"', line)) for line in (lines[0], lines[2]))
    assert "Please choose at least one file" in shown_again(clerk.send("/returns", files=[files[3], files[3]]), 422)
    boundary = "----as-a-browser-sends-it"
    nothing = f'--{boundary}\r\nContent-Disposition: form-data; name="scan"; filename=""\r\n\r\n\r\n--{boundary}--\r\n'
    headers = {**clerk.headers, "X-CSRF-Token": clerk.csrf_token}
    headers["Content-Type"] = f"multipart/form-data; boundary={boundary}"
    assert "Please choose at least one file" in shown_again(api.post("/returns", headers=headers, content=nothing), 422)
    broken = [("scan", ("torn.jpg", scanned_page(9)[:-300], "image/jpeg"))] * 2
    shown_again(clerk.send("/returns", files=broken), 422)


def test_one_key_settles_a_page_by_its_nearest_guess_and_all_that_was_said_stays(api: ApiClient):
    world = api.world
    return_id, page_id = world.doubtful_page()
    copy = world.copies(world.printed())[0]
    archivist, path = Visitor.of(api, Role.ARCHIVIST), f"/return-pages/{page_id}"
    with world.database.work() as work:
        named = {"copy_id": copy.id, "page": 2, "reason": "differs"}
        work.session.execute(update(ReturnPage).where(ReturnPage.id == page_id).values(**named))
    page = archivist.page(path)
    guess = page.split('<ol class="guesses">')[1].split("</form>")[0]
    assert ('data-key="1"' in guess, "its own code says so" in guess) == (True, True)
    assert all(f'data-key="{key}"' in page for key in ("d", "s", "?"))
    fields = dict(re.findall(r'name="(serial|page|reason)" value="([^"]*)"', guess))
    went_to(archivist.send(f"{path}/settlements", **fields))
    said = archivist.page(path).split('id="history"')[1]
    assert ("page settled" in said, "its own code says so" in said, "before: doubtful" in said) == (True, True, True)
    assert f"/return-pages/{page_id}/thumbnail" in archivist.page(f"/returns/{return_id}?fate=settled")
    assert f"/return-pages/{page_id}/thumbnail" not in archivist.page(f"/returns/{return_id}?fate=doubtful")


def test_a_page_put_to_a_request_is_shown_there_small_and_the_browser_may_keep_it(api: ApiClient):
    world = api.world
    _, page_id = world.doubtful_page()
    request_id = world.printed()
    archivist = Visitor.of(api, Role.ARCHIVIST)
    nothing = archivist.send(f"/return-pages/{page_id}/attachments", request_id="no number", reason="x")
    assert "There is no such print request" in shown_again(nothing, 404)
    address = f"http://print.example/requests/{request_id}"
    went_to(archivist.send(f"/return-pages/{page_id}/attachments", request_id=address, reason="I know the paper"))
    picture = f"/print-requests/{request_id}/returned-papers/{page_id}/thumbnail"
    assert f"/api/v1{picture}" in Visitor.of(api, Role.CLERK).page(f"/requests/{request_id}")
    small = api.fetch(picture, Role.CLERK)
    assert (small.status_code, small.headers["content-type"]) == (200, "image/jpeg")
    assert small.headers["cache-control"] == "private, max-age=86400"
    again = api.fetch(picture, Role.CLERK, headers={"If-None-Match": small.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    pdf = api.fetch(f"/print-requests/{request_id}/returned-papers.pdf", Role.CLERK)
    assert pdf.content.startswith(b"%PDF-")
    assert world.events()[-1] == "ReturnedPapersRead"
    said = api.fetch(f"/return-pages/{page_id}", Role.ARCHIVIST).json()
    assert (said["state"], said["request_id"]) == ("attached", str(request_id))
    assert [each["event"] for each in said["history"]] == ["PageDoubted", "PageAttached"]


def test_a_doubtful_page_is_settled_or_discarded_by_keyboard(api: ApiClient):
    world = api.world
    _, page_id = world.doubtful_page()
    serial = "7ZQ4-0HXR"
    archivist, path = Visitor.of(api, Role.ARCHIVIST), f"/return-pages/{page_id}"
    assert path in archivist.page("/returns/doubtful")
    assert "autofocus" in archivist.page(path)
    assert "It is this page" not in Visitor.of(api, Role.CLERK).page(path)
    text = shown_again(archivist.send(f"{path}/settlements", serial=serial, page="1", reason="read it"), 422)
    assert f'value="{serial}"' in text
    unknown = archivist.send(f"{path}/settlements", serial="0000-0000-0000-0000-0", page="1", reason="read it")
    assert "There is no such copy" in shown_again(unknown, 404)
    went_to(archivist.send(f"{path}/discards", reason="cover sheet"))
    assert "None waits." in archivist.page("/returns/doubtful")
    copy = world.copies(world.printed())[0]
    settled = archivist.send(
        f"{path}/settlements", serial=str(CopySerial(copy.serial)), page="2", reason="the number is legible"
    )
    next_page = went_to(settled)
    assert next_page.startswith("/returns/doubtful")
    assert f'data-key="u" href="{path}"' in archivist.page(next_page)
    assert "settled by hand" in archivist.page(path)


def test_a_token_is_shown_once(api: ApiClient):
    world, clerk = api.world, Visitor.of(api, Role.CLERK)
    own = world.person(Role.CLERK).login
    made = shown_again(clerk.send("/tokens", name="OA"), 200)
    token = first(r"ps_[\w-]+", made)
    assert api.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}).json()["name"] == own
    assert token not in clerk.page("/tokens")
    for path in re.findall(r"/tokens/[\w-]+/revocations", clerk.page("/tokens")):
        went_to(clerk.send(path))
    assert api.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_the_log_is_searched_by_event_day_and_thing(api: ApiClient):
    request_id = api.world.pending()
    auditor = Visitor.of(api, Role.AUDITOR, api.world.home.head)
    page = auditor.page(f"/audit?subject_id={request_id}")
    assert "print request submitted" in page.split("<tbody>")[1]
    assert "Nothing was found." in auditor.page("/audit?event=RequestSubmitted&until=2020-01-01")
    assert "print request submitted" in auditor.page("/audit?event=RequestSubmitted&since=nonsense").split("<tbody>")[1]
    entry = re.findall(r'href="(/audit/[0-9a-f-]{36})"', page)[-1]
    shown = auditor.page(entry)
    assert "own_reference" in shown
    assert "waits for its place" in shown
