"""The printer register by the API and by the pages, with a printer that really answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from printserver.organisations.permissions import Role
from printserver.printing.queries import printers
from printserver.printing.register import shown_fingerprint
from tests.free_ports import free_port
from tests.http.api_client import ApiClient
from tests.http.page_visitor import Visitor, first, shown_again, went_to
from tests.printers import SwitchedOn, switched_on
from tests.world import World

ADMINISTRATOR = Role.PRINTER_ADMINISTRATOR


@pytest.fixture(scope="module")
def printer() -> Iterator[SwitchedOn]:
    with switched_on() as running:
        yield running


def enrolment(world: World, printer: SwitchedOn, **other: Any) -> dict[str, Any]:
    wish = {
        "uri": printer.printer.uri,
        "fingerprint": printer.pin.sha256,
        "branch_id": str(world.home.north.branch_id),
        "name": "彩色二号",
        "location": "二楼",
    }
    return {**wish, **other}


def test_a_printer_is_looked_at_enrolled_changed_and_retired_by_the_api(api: ApiClient, printer: SwitchedOn):
    fetched = api.submit("/printers/certificates", ADMINISTRATOR, json={"uri": printer.printer.uri})
    assert (fetched.status_code, fetched.json()["sha256"]) == (201, printer.pin.sha256)
    made = api.submit("/printers", ADMINISTRATOR, json=enrolment(api.world, printer, queue="second"))
    assert made.status_code == 201, made.text
    enrolled = made.json()
    path = f"/printers/{enrolled['id']}"
    assert (enrolled["queue"], enrolled["counter"], enrolled["two_sided"]) == ("second", "ipp", True)
    assert api.fetch(path, Role.CLERK).json() == enrolled
    assert api.fetch(f"{path}/status", Role.CLERK).json() is None
    changed = api.ask("PATCH", path, ADMINISTRATOR, json={"release_rule": "second-person"})
    assert changed.json() == {**enrolled, "release_rule": "second-person"}
    read = api.submit(f"{path}/counter-readings", ADMINISTRATOR, json={"impressions": 12, "sheets": 7})
    assert (read.json()["source"], read.json()["taken_by"]) == ("panel", str(api.world.person(ADMINISTRATOR).id))
    assert api.fetch(f"{path}/counter-readings", Role.CLERK).json() == [read.json()]
    again = api.submit(f"{path}/pins", ADMINISTRATOR, json={"fingerprint": printer.pin.sha256, "reason": "checked"})
    assert again.json()["certificate_sha256"] == printer.pin.sha256
    assert api.submit(f"{path}/capabilities", ADMINISTRATOR).json()["model"] == "Example Printer"
    retired = api.submit(f"{path}/retirements", ADMINISTRATOR, json={"reason": "worn out"})
    assert retired.json()["retired_at"] is not None
    listed = [each["id"] for each in api.fetch("/printers", Role.CLERK).json()]
    assert enrolled["id"] not in listed
    assert enrolled["id"] in [each["id"] for each in api.fetch("/printers?retired=true", Role.CLERK).json()]


@pytest.mark.parametrize(
    ("wrong", "status", "code"),
    [
        ({"fingerprint": "0" * 64}, 409, "printer-certificate-not-confirmed"),
        ({"fingerprint": "yes"}, 422, "fingerprint-malformed"),
        ({"uri": "http://localhost/"}, 422, "printer-address-malformed"),
        ({"uri": f"ipps://localhost:{free_port()}/ipp/print"}, 503, "printer-unreachable"),
        ({"queue": "../x"}, 422, "printer-malformed"),
        ({"name": "\x07"}, 422, "printer-malformed"),
        ({"release_rule": "nobody"}, 422, None),
        ({"paused": True}, 422, None),
    ],
)
def test_what_cannot_be_enrolled_changes_nothing(
    api: ApiClient, printer: SwitchedOn, wrong: dict[str, Any], status: int, code: str | None
):
    before = api.world.row_counts()
    answer = api.submit("/printers", ADMINISTRATOR, json=enrolment(api.world, printer, **wrong))
    assert answer.status_code == status, answer.text
    assert code is None or answer.json()["code"] == code
    assert api.world.row_counts() == before


def test_a_printer_is_enrolled_in_pages_after_its_fingerprint_was_compared(api: ApiClient, printer: SwitchedOn):
    world, administrator = api.world, Visitor.of(api, ADMINISTRATOR)
    assert "/printers/enrolment" in administrator.page("/printers")
    wish = enrolment(world, printer)
    del wish["fingerprint"]
    shown = administrator.send("/printers/certificates", **wish).text
    assert shown_fingerprint(printer.pin.sha256) in shown
    sent = dict(re.findall(r'type="hidden" name="(?!csrf)(\w+)" value="([^"]*)"', shown))
    before = world.row_counts()
    assert "Compare the fingerprint" in shown_again(administrator.send("/printers", **sent), 422)
    assert world.row_counts() == before
    path = went_to(administrator.send("/printers", **sent, compared="true")).partition("?")[0]
    page = administrator.page(path)
    assert "Example Printer" in page
    assert shown_fingerprint(printer.pin.sha256) in page
    assert "takes copies" in page
    with world.database.reading() as work:
        assert len(printers(work, world.actor(work, Role.CLERK))) == 2


def test_a_printer_that_does_not_answer_is_said_beside_the_form(api: ApiClient):
    administrator = Visitor.of(api, ADMINISTRATOR, language="zh")
    wish = {"uri": f"ipps://localhost:{free_port()}/ipp/print", "name": "新", "location": "此处"}
    page = shown_again(administrator.send("/printers/certificates", **wish), 503)
    assert "打印机在此地址没有应答" in page
    assert f'value="{wish["uri"]}"' in page


def test_a_page_of_a_printer_offers_only_what_one_may_do(api: ApiClient):
    path = f"/printers/{api.world.home.north.printer_id}"
    clerk, administrator = (Visitor.of(api, role).page(path) for role in (Role.CLERK, ADMINISTRATOR))
    for action in ("pauses", "changes", "certificates", "capabilities", "counter-readings", "retirements"):
        assert f'action="{path}/{action}"' not in clerk
        assert f'action="{path}/{action}"' in administrator
    assert "/printers/enrolment" not in Visitor.of(api, Role.CLERK).page("/printers")


def test_a_counter_is_read_and_a_printer_changed_and_retired_in_pages(api: ApiClient):
    path, administrator = f"/printers/{api.world.home.north.printer_id}", Visitor.of(api, ADMINISTRATOR)
    went_to(administrator.send(f"{path}/counter-readings", impressions="4711", sheets=""))
    assert "4711" in administrator.page(path)
    assert "does not go back" in shown_again(administrator.send(f"{path}/counter-readings", impressions="4"), 409)
    wish = {"name": "new name", "location": "cellar", "release_rule": "code", "counter": "panel"}
    branch = str(api.world.home.north.branch_id)
    refused = administrator.send(f"{path}/changes", branch_id=branch, **{**wish, "name": " ", "location": "attic"})
    assert 'value="attic"' in shown_again(refused, 422)
    went_to(administrator.send(f"{path}/changes", branch_id=branch, **wish))
    assert first(r"<h1[^>]*>(\S+ \S+)", administrator.page(path)) == "new name"
    assert "Say why" in shown_again(administrator.send(f"{path}/retirements", reason=" "), 422)
    went_to(administrator.send(f"{path}/retirements", reason="worn out"))
    assert "is retired" in administrator.page(path)
    assert "new name" not in administrator.page("/printers")


def test_a_renewed_certificate_is_compared_in_pages_too(api: ApiClient):
    administrator = Visitor.of(api, ADMINISTRATOR)
    with switched_on() as changing:
        wish = enrolment(api.world, changing, compared="true")
        path = went_to(administrator.send("/printers", **wish)).partition("?")[0]
        changing.printer.renew_certificate()
        changing.power_cycle()
        page = shown_again(administrator.send(f"{path}/certificates"), 200)
        assert shown_fingerprint(changing.pin.sha256) in page
        assert "can then no longer be printed" in page
        went_to(
            administrator.send(f"{path}/pins", fingerprint=changing.pin.sha256, compared="true", reason="new board")
        )
        assert shown_fingerprint(changing.pin.sha256) in administrator.page(path)
