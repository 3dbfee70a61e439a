"""Releasing at the printer, by program and by page: queue, codes, batches, second persons; and notices to holders."""

from __future__ import annotations

import io
import re
from typing import Any
from uuid import UUID, uuid4

import pikepdf
import pytest

from printserver.foundation.serials import CopySerial
from printserver.organisations.permissions import Role
from printserver.print_requests.models import PrintRequest
from printserver.print_requests.states import CopyState, RequestState
from printserver.printing.models import PrinterStatus
from tests.http.api_client import ApiClient, code_of
from tests.http.page_visitor import Visitor, first, shown_again, went_to
from tests.world import World

WRONG = "0000 0000"


def states(world: World, request_id: UUID) -> list[str]:
    return [copy.state for copy in world.copies(request_id)]


def made(api: ApiClient, request_id: UUID) -> str:
    answer = api.submit(f"/print-requests/{request_id}/release-codes", Role.CLERK)
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    return str(answer.json()["code"])


def test_the_queue_of_a_printer_says_what_waits_and_what_is_in_the_way(api: ApiClient):
    world = api.world
    request_id = world.issued(copies=3, own_reference="OA-1")
    address = f"/printers/{world.home.north.printer_id}/release-queue"
    queue = api.fetch(address, Role.CLERK).json()
    (waiting,) = queue["requests"]
    assert (waiting["request_id"], waiting["remaining"], waiting["copies"]) == (str(request_id), 3, 3)
    assert (waiting["applicant_name"], waiting["own_reference"]) == (world.person(Role.CLERK).login, "OA-1")
    assert (waiting["sides"], waiting["sheets"], waiting["obstacle"], queue["problem"]) == ("one-sided", 2, "", "")
    world.set_printer(release_rule="second-person")
    assert api.fetch(address, Role.CLERK).json()["requests"][0]["obstacle"] == "second-person-needed"
    assert api.fetch(address, Role.CLERK, world.home.head).json()["requests"][0]["obstacle"] == ""
    world.set_printer(paused=True)
    assert api.fetch(address, Role.CLERK).json()["problem"] == "printer-not-usable"


def test_a_batch_of_several_requests_is_released_whole_or_not_at_all(api: ApiClient):
    world = api.world
    one, two = world.issued(copies=2), world.issued()
    chosen = [str(world.copies(one)[0].id), str(world.copies(two)[0].id)]
    assert code_of(api.submit("/releases", Role.CLERK, json={"copy_ids": [*chosen, str(uuid4())]})) == "not-found"
    assert states(world, one) + states(world, two) == ["issued"] * 3
    answer = api.submit("/releases", Role.CLERK, json={"copy_ids": chosen})
    assert sorted(answer.json()["copy_ids"]) == sorted(chosen)
    assert states(world, one) + states(world, two) == ["released", "issued", "released"]


def test_a_code_releases_by_program_once_and_a_wrong_one_is_counted(api: ApiClient):
    world = api.world
    request_id = world.issued(copies=2)
    world.set_printer(release_rule="code")
    address = f"/print-requests/{request_id}/releases"
    assert code_of(api.submit(address, Role.CLERK, json={})) == "release-code-needed"
    code = made(api, request_id)
    assert code_of(api.submit(address, Role.CLERK, json={"code": WRONG})) == "release-code-wrong"
    assert world.row_counts()["release_tries"] == 1
    assert states(world, request_id) == ["issued"] * 2
    assert len(api.submit(address, Role.CLERK, json={"code": code}).json()["copy_ids"]) == 2
    assert code_of(api.submit(address, Role.CLERK, json={"code": code})) == "release-code-spent"
    for _ in range(4):
        api.submit(address, Role.CLERK, json={"code": WRONG})
    locked = api.submit(address, Role.CLERK, json={"code": WRONG})
    assert (locked.status_code, code_of(locked)) == (429, "release-code-locked")


def test_a_release_sent_twice_with_one_key_is_answered_twice_and_happens_once(api: ApiClient):
    world = api.world
    request_id = world.issued()
    world.set_printer(release_rule="code")
    key, body = {"Idempotency-Key": "release-1"}, {"code": made(api, request_id)}
    address = f"/print-requests/{request_id}/releases"
    answers = [api.submit(address, Role.CLERK, json=body, headers=key) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["idempotency-replayed"] == "true"
    assert states(world, request_id) == ["released"]
    assert world.events().count("ReleaseCodeUsed") == 1
    changed = api.submit(address, Role.CLERK, json={}, headers=key)
    assert code_of(changed) == "idempotency-key-reused"


def test_the_code_itself_is_kept_nowhere_even_with_a_key(api: ApiClient):
    request_id = api.world.issued()
    address, key = f"/print-requests/{request_id}/release-codes", {"Idempotency-Key": "code-1"}
    codes = {api.submit(address, Role.CLERK, headers=key).json()["code"] for _ in range(2)}
    assert len(codes) == 2
    assert api.world.row_counts()["idempotency_record"] == 0


def test_two_sided_copies_are_asked_for_only_where_the_printer_does_them(api: ApiClient):
    refused = api.apply("two-sided-1", sides="two-sided-long-edge")
    assert (refused.status_code, code_of(refused)) == (409, "sides-not-possible")
    assert api.apply("two-sided-2", sides="two-sided-short-edge").status_code == 422
    api.world.set_printer(two_sided=True)
    request_id = api.apply("two-sided-3", sides="two-sided-long-edge").json()["id"]
    assert api.fetch(f"/print-requests/{request_id}", Role.CLERK).json()["sides"] == "two-sided-long-edge"


def release_path(world: World) -> str:
    return f"/printers/{world.home.north.printer_id}/release"


def test_at_the_printer_one_some_or_all_copies_are_released(api: ApiClient):
    world = api.world
    one, two = world.issued(copies=3, title="合同甲"), world.issued(copies=2, title="合同乙")
    clerk, path = Visitor.of(api, Role.CLERK), release_path(world)
    listed = clerk.page("/release")
    assert path in listed
    assert "5 copies wait" in listed
    page = clerk.page(path)
    assert ["合同甲" in page, "合同乙" in page, "3 of 3 copies still wait" in page] == [True] * 3
    assert f'data-live="printer:{world.home.north.printer_id}"' in page
    assert str(CopySerial(world.copies(one)[0].serial)) in page
    went_to(clerk.send(path, what=f"copy:{world.copies(one)[1].id}"))
    assert states(world, one) == ["issued", "released", "issued"]
    assert went_to(clerk.send(path, what="chosen")).endswith("nothing-chosen")
    went_to(clerk.send(path, what="chosen", copy_ids=[str(world.copies(each)[0].id) for each in (one, two)]))
    assert (states(world, one), states(world, two)) == (["released", "released", "issued"], ["released", "issued"])
    assert "1 of 3 copies still wait" in clerk.page(path)
    went_to(clerk.send(path, what=f"request:{two}"))
    assert states(world, two) == ["released"] * 2
    for wrong in ("copy:7", "request:", "everything"):
        shown_again(clerk.send(path, what=wrong), 422)
    assert "No copy of this request" in shown_again(clerk.send(path, what=f"request:{two}"), 409)


def test_whoever_stands_at_the_printer_sees_its_state_and_reaches_the_copies(api: ApiClient):
    world = api.world
    printer_id = world.home.north.printer_id
    (copy,) = world.copies(world.issued())
    clerk = Visitor.of(api, Role.CLERK)
    assert f'href="{release_path(world)}"' in clerk.page(f"/copies/{copy.id}")
    assert f'href="{release_path(world)}"' in clerk.page(f"/printers/{printer_id}")
    with world.database.work() as work:
        work.session.add(PrinterStatus(printer_id=printer_id, reasons=["media-empty-error"], asked_at=work.now()))
    page = clerk.page(release_path(world))
    assert "Load paper." in page
    assert f'href="/copies/{copy.id}"' in page
    assert '<a href="/release" aria-current="page">' in page
    assert page.count('aria-current="page"') == 1


def test_that_nothing_was_released_does_not_look_like_success(api: ApiClient):
    clerk, path = Visitor.of(api, Role.CLERK), release_path(api.world)
    assert 'class="alert alert-warning"' in clerk.page(went_to(clerk.send(path, what="chosen")))


def test_copies_stay_chosen_when_the_code_is_wrong(api: ApiClient):
    """Otherwise the right code would release all of them."""
    world = api.world
    one, two = world.copies(world.issued(copies=2))
    world.set_printer(release_rule="code")
    refused = shown_again(
        Visitor.of(api, Role.CLERK).send(release_path(world), what="code", code=WRONG, copy_ids=[str(two.id)]), 409
    )
    assert re.search(f'id="choose-{two.id}"[^>]* checked', refused)
    assert not re.search(f'id="choose-{one.id}"[^>]* checked', refused)


def test_the_applicant_reads_why_another_person_has_to_release(api: ApiClient):
    world = api.world
    request_id = world.issued()
    world.set_printer(release_rule="second-person")
    clerk, second = Visitor.of(api, Role.CLERK), Visitor.of(api, Role.CLERK, world.home.head)
    page = clerk.page(release_path(world))
    assert "somebody other than the applicant releases" in page
    assert "Release all that wait" not in page
    assert "Release all" not in clerk.page(f"/requests/{request_id}")
    shown_again(clerk.send(release_path(world), what=f"request:{request_id}"), 409)
    assert states(world, request_id) == ["issued"]
    went_to(second.send(release_path(world), what=f"request:{request_id}"))
    assert states(world, request_id) == ["released"]


def test_a_code_made_at_the_desk_releases_at_the_printer(api: ApiClient):
    world = api.world
    request_id = world.issued(copies=2)
    world.set_printer(release_rule="code")
    clerk, operator = Visitor.of(api, Role.CLERK), Visitor.of(api, Role.CLERK, world.home.head)
    assert "Make a release code" in clerk.page(f"/requests/{request_id}")
    shown = clerk.send(f"/requests/{request_id}/release-codes")
    assert shown.headers["cache-control"] == "no-store"
    code = first(r"\d{4} \d{4}", shown.text)
    path = release_path(world)
    assert "not the code" in shown_again(operator.send(path, what="code", code=WRONG), 409).lower()
    went_to(operator.send(path, what="code", code=code))
    assert states(world, request_id) == ["released"] * 2
    assert "was used" in shown_again(operator.send(path, what="code", code=code), 409)
    for _ in range(4):
        operator.send(path, what="code", code=WRONG)
    assert "wait" in shown_again(operator.send(path, what="code", code=WRONG), 429)


def test_the_operator_of_another_branch_sees_what_waits_at_his_printer_and_no_more(api: ApiClient):
    world = api.world
    south = world.home.south
    request_id = world.issued(office=world.home.head, printer_id=south.printer_id, title="总部的合同")
    operator = Visitor.of(api, Role.CLERK, south)
    page = operator.page(f"/printers/{south.printer_id}/release")
    assert "总部的合同" in page
    assert operator.look(f"/requests/{request_id}").status_code == 404
    assert f'href="/requests/{request_id}"' not in page
    assert 'href="/copies/' not in page
    assert operator.look(release_path(world)).status_code == 404
    went_to(operator.send(f"/printers/{south.printer_id}/release", what=f"request:{request_id}"))
    assert states(world, request_id) == ["released"]


def void_copy_of(world: World) -> str:
    return f"/copies/{world.voided()}"


NOTICE: dict[str, Any] = {"kind": "void", "holder": "Far East Ltd.", "channel": "courier", "note": "SF 1234567"}


def test_that_a_holder_was_told_is_recorded_and_listed(api: ApiClient):
    address = void_copy_of(api.world) + "/notices"
    told = {**NOTICE, "delivered_at": "2026-11-22T17:00:00+08:00"}
    recorded = api.submit(address, Role.CLERK, json=told)
    assert recorded.status_code == 201, recorded.text
    (listed,) = api.fetch(address, Role.AUDITOR, api.world.home.head).json()
    assert listed == recorded.json()
    assert (listed["holder"], listed["recorded_by"]) == ("Far East Ltd.", str(api.world.person(Role.CLERK).id))
    assert listed["delivered_at"] == "2026-11-22T09:00:00Z"
    assert "HolderNotified" in api.world.events()


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"delivered_at": "2026-11-22T09:00:01Z"}, 422),
        ({"delivered_at": "2026-11-22T08:59:00Z"}, 422),
        ({"delivered_at": "2026-11-22T09:00:00"}, 422),
        ({"holder": " "}, 422),
        ({"channel": "pigeon"}, 422),
        ({"kind": "correction"}, 409),
    ],
)
def test_a_notice_that_cannot_be_true_is_not_recorded(api: ApiClient, wrong: dict[str, str], status: int):
    address = void_copy_of(api.world) + "/notices"
    before = api.world.row_counts()
    body = {**NOTICE, "delivered_at": "2026-11-22T09:00:00Z", **wrong}
    assert api.submit(address, Role.CLERK, json=body).status_code == status
    assert api.world.row_counts() == before


def test_a_valid_copy_has_neither_notice_nor_letter(api: ApiClient):
    copy = api.world.copies(api.world.printed())[0]
    body = {**NOTICE, "delivered_at": "2026-11-22T09:00:00Z"}
    assert code_of(api.submit(f"/copies/{copy.id}/notices", Role.CLERK, json=body)) == "transition-refused"
    assert code_of(api.fetch(f"/copies/{copy.id}/notice.pdf", Role.CLERK)) == "transition-refused"


def test_the_letter_is_a_pdf_of_one_page(api: ApiClient):
    letter = api.fetch(void_copy_of(api.world) + "/notice.pdf", Role.CLERK)
    assert letter.headers["content-type"] == "application/pdf"
    assert re.search(r'filename="notice-[0-9A-Z*~$=-]+\.pdf"', letter.headers["content-disposition"])
    with pikepdf.open(io.BytesIO(letter.content)) as pdf:
        assert len(pdf.pages) == 1


def test_a_notice_is_recorded_by_page_in_local_time_and_nothing_typed_is_lost(api: ApiClient):
    clerk, path = Visitor.of(api, Role.CLERK), void_copy_of(api.world)
    assert "No holder has been told yet" in clerk.page(path)
    late = {**NOTICE, "delivered_at": "2026-11-22T17:01"}
    refused = shown_again(clerk.send(f"{path}/notices", **late), 422)
    assert 'value="Far East Ltd."' in refused
    went_to(clerk.send(f"{path}/notices", **{**NOTICE, "delivered_at": "2026-11-22T17:00"}))
    page = clerk.page(path)
    assert "2026-11-22 17:00:00" in page
    assert "SF 1234567" in page
    assert "Record that a holder was told" not in Visitor.of(api, Role.APPROVER).page(path)


def test_a_released_copy_is_called_back_by_a_button_until_it_prints(api: ApiClient):
    world = api.world
    (copy,) = world.copies(world.released())
    clerk, path = Visitor.of(api, Role.CLERK), f"/copies/{copy.id}"
    assert "Call it back" not in Visitor.of(api, Role.APPROVER).page(path)
    assert "Call it back" in clerk.page(path)
    went_to(clerk.send(f"{path}/recalls", reason="the wrong paper lies in the tray"))
    assert states(world, copy.request_id) == [CopyState.ISSUED]
    assert "Call it back" not in clerk.page(path)
    shown_again(clerk.send(f"{path}/recalls", reason="once more"), 409)


def test_waiting_is_given_up_only_after_ten_minutes_are_offered(api: ApiClient):
    world = api.world
    (copy,) = world.copies(world.released())
    world.sent(copy.printer_id)
    administrator, path = Visitor.of(api, Role.PRINTER_ADMINISTRATOR), f"/copies/{copy.id}"
    assert "Wait no longer" not in administrator.page(path)
    world.clock.advance(600)
    assert "Wait no longer" in administrator.page(path)
    assert "Wait no longer" not in Visitor.of(api, Role.CLERK).page(path)
    assert "Say why" in shown_again(administrator.send(f"{path}/give-ups", reason=" "), 422)
    went_to(administrator.send(f"{path}/give-ups", reason="the printer burnt down"))
    assert states(world, copy.request_id) == [CopyState.OUTCOME_UNKNOWN]


def test_all_copies_are_offered_together_only_when_all_are_signed(api: ApiClient):
    """One press must not forget the copies that are signed a moment later."""
    world, clerk = api.world, Visitor.of(api, Role.CLERK)
    request_id = world.issued(copies=2)
    assert "Release all" in clerk.page(f"/requests/{request_id}")
    with world.database.work() as work:
        work.session.get_one(PrintRequest, request_id).state = RequestState.APPROVED
    page = clerk.page(f"/requests/{request_id}")
    assert "Release all" not in page
    assert "Release the chosen ones" in page
