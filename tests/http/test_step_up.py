"""What seals, prints or decides asks again who it is, and goes on where it was."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pyotp
import pytest

from printserver.http_edge.step_up import CODE_FIELD, HEADER, PASSWORD_FIELD
from printserver.organisations.permissions import Role
from printserver.organisations.second_factor import begin_totp, confirm_totp
from printserver.print_requests.states import RequestState
from tests.http.api_client import ApiClient, code_of
from tests.http.page_visitor import Visitor, first, shown_again, went_to
from tests.world import World
from tests.world_building import PASSWORD, cheap_passwords

FIVE_MINUTES = 300


@pytest.fixture(autouse=True)
def _cheap() -> Iterator[None]:
    with cheap_passwords():
        yield


def enrol(world: World, role: Role) -> str:
    with world.database.work() as work:
        actor = world.actor(work, role)
        seed = begin_totp(work, world.secrets, actor, login="x").seed
        confirm_totp(work, world.secrets, actor, pyotp.TOTP(seed).at(world.clock.now()))
    world.clock.advance(60)
    return seed


def stale(api: ApiClient, role: Role) -> Visitor:
    """Signed in, a while ago."""
    visitor = Visitor.of(api, role)
    api.world.clock.advance(FIVE_MINUTES)
    return visitor


def lost(world: World) -> str:
    return f"/copies/{world.voided()}/loss-confirmations"


def confirmations(world: World) -> int:
    return world.events().count("CopyLossConfirmed")


def kept_fields(text: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', text))


def test_a_page_asks_keeps_what_was_typed_and_goes_on_where_it_was(api: ApiClient):
    world = api.world
    address = lost(world)
    visitor = stale(api, Role.PRINTER_ADMINISTRATOR)
    asked = shown_again(visitor.send(address, reason="I saw <b>shreds</b> & dust"), 403)
    assert confirmations(world) == 0
    assert first('form method="post" action="(/copies[^"]+)"', asked) == address
    assert kept_fields(asked) == {"csrf_token": visitor.csrf_token, "reason": "I saw <b>shreds</b> & dust"}
    assert f'name="{PASSWORD_FIELD}"' in asked
    assert f'name="{CODE_FIELD}"' not in asked
    answer = visitor.send(address, **kept_fields(asked), **{PASSWORD_FIELD: PASSWORD})
    assert answer.status_code in (200, 303, 409), answer.text
    assert "set-cookie" in answer.headers, "a new cookie"


def test_the_cookie_of_before_is_dead_and_the_new_one_acts_without_being_asked(api: ApiClient):
    address = lost(api.world)
    visitor = stale(api, Role.PRINTER_ADMINISTRATOR)
    old = visitor.headers["Cookie"]
    answer = visitor.send(address, reason="x", **{PASSWORD_FIELD: PASSWORD})
    new = answer.headers["set-cookie"].partition(";")[0]
    assert new != old
    api.cookies.clear()
    assert went_to(visitor.look("/")) == "/sign-in"
    renewed = Visitor(api, {**visitor.headers, "Cookie": new}, visitor.csrf_token)
    assert renewed.look("/").status_code == 200
    assert renewed.send(address, reason="x").status_code != 403


def test_a_wrong_password_is_told_and_nothing_is_done_or_lost(api: ApiClient):
    address = lost(api.world)
    visitor = stale(api, Role.PRINTER_ADMINISTRATOR)
    before = api.world.row_counts()
    text = shown_again(visitor.send(address, reason="kept", **{PASSWORD_FIELD: "wrong"}), 403)
    assert kept_fields(text)["reason"] == "kept"
    assert 'value="wrong"' not in text
    assert confirmations(api.world) == 0
    after = api.world.row_counts()
    assert {name for name in after if after[name] != before[name]} <= {"audit_entry", "sign_in_source"}


def test_who_has_a_second_factor_shows_it_and_no_password_will_do(api: ApiClient):
    world = api.world
    seed, address = enrol(world, Role.PRINTER_ADMINISTRATOR), lost(world)
    visitor = stale(api, Role.PRINTER_ADMINISTRATOR)
    asked = shown_again(visitor.send(address, reason="x"), 403)
    assert f'name="{CODE_FIELD}"' in asked
    shown_again(visitor.send(address, reason="x", **{PASSWORD_FIELD: PASSWORD}), 403)
    code = pyotp.TOTP(seed).at(world.clock.now())
    answer = visitor.send(address, reason="x", **{CODE_FIELD: code})
    assert answer.status_code != 403
    again = Visitor.of(api, Role.PRINTER_ADMINISTRATOR)
    world.clock.advance(FIVE_MINUTES - 1)
    assert again.send(address, reason="x").status_code != 403, "until five minutes are over"
    world.clock.advance(1)
    shown_again(again.send(address, reason="x", **{CODE_FIELD: code}), 403)


def test_a_form_of_another_site_is_refused_before_anybody_is_asked(api: ApiClient):
    address = lost(api.world)
    visitor = stale(api, Role.PRINTER_ADMINISTRATOR)
    foreign = Visitor(api, {**visitor.headers, "Origin": "http://evil.example"}, visitor.csrf_token)
    without = Visitor(api, visitor.headers, "x" * 32)
    for each in (foreign, without):
        text = shown_again(each.send(address, reason="x", **{PASSWORD_FIELD: PASSWORD}), 403)
        assert PASSWORD_FIELD not in text
        assert visitor.look("/").status_code == 200, "the session is as it was"
    assert confirmations(api.world) == 0


def test_what_has_no_form_is_asked_for_again_afterwards(api: ApiClient):
    visitor = stale(api, Role.PRINTER_ADMINISTRATOR)
    asked = visitor.page("/step-up?next=/copies")
    assert kept_fields(asked)["next"] == "/copies"
    answer = visitor.send("/step-up", next="/copies", **{PASSWORD_FIELD: PASSWORD})
    assert went_to(answer) == "/copies"
    for elsewhere in ("https://evil.example/", "//evil.example"):
        assert kept_fields(Visitor.of(api, Role.CLERK).page(f"/step-up?next={elsewhere}"))["next"] == "/"


def test_a_program_is_told_what_to_show_and_how_long_it_is_good(api: ApiClient):
    world = api.world
    address = f"/copies/{world.voided()}/loss-confirmations"

    def confirm(**headers: str) -> httpx.Response:
        options = {"json": {"reason": "x"}, "headers": headers, "stepped_up": False}
        return api.submit(address, Role.PRINTER_ADMINISTRATOR, world.home.head, **options)

    refused = confirm()
    assert (refused.status_code, code_of(refused), refused.json()["needs"]) == (403, "step-up-needed", "password")
    for made_up in ("x", "1.x", "9999999999." + "0" * 64, ".", "é"[:0]):
        assert code_of(confirm(**{HEADER: made_up})) == "step-up-needed"
    shown = api.submit(
        "/step-ups", Role.PRINTER_ADMINISTRATOR, world.home.head, json={"password": PASSWORD}, stepped_up=False
    )
    assert shown.status_code == 201, shown.text
    assert shown.json()["factor"] == "password"
    token = shown.json()["step_up"]
    other = api.submit(
        address, Role.PRINTER_ADMINISTRATOR, json={"reason": "x"}, headers={HEADER: token}, stepped_up=False
    )
    assert code_of(other) == "step-up-needed", "another person's"
    world.clock.advance(FIVE_MINUTES - 1)
    assert confirm(**{HEADER: token}).status_code == 201
    world.clock.advance(1)
    assert code_of(confirm(**{HEADER: token})) == "step-up-needed"


def test_a_program_that_shows_something_wrong_is_refused_and_rests(api: ApiClient):
    codes = [
        code_of(api.submit("/step-ups", Role.CLERK, json={"password": "wrong"}, stepped_up=False)) for _ in range(6)
    ]
    assert set(codes) == {"step-up-refused"}
    assert code_of(api.submit("/step-ups", Role.CLERK, json={"password": PASSWORD})) == "step-up-refused"
    api.world.clock.advance(2)
    assert api.submit("/step-ups", Role.CLERK, json={"password": PASSWORD}).status_code == 201


def test_an_approval_needs_it_and_taking_back_does_not(api: ApiClient):
    world = api.world
    request_id = world.pending()
    decision = {"manifest_sha256": world.manifest_sha256(request_id), "reason": "because"}
    answer = api.submit(f"/print-requests/{request_id}/approvals", Role.APPROVER, json=decision, stepped_up=False)
    assert code_of(answer) == "step-up-needed"
    address = f"/print-requests/{request_id}/withdrawals"
    assert api.submit(address, Role.CLERK, json={}, stepped_up=False).is_success
    assert api.fetch(f"/print-requests/{request_id}", Role.CLERK).json()["state"] == RequestState.WITHDRAWN


def test_a_wrong_role_and_a_foreign_object_are_told_as_ever(api: ApiClient):
    address, body = f"/copies/{api.world.voided()}/loss-confirmations", {"reason": "x"}
    assert code_of(api.submit(address, Role.CLERK, json=body, stepped_up=False)) == "forbidden"
    south = api.world.home.south
    assert api.submit(address, Role.PRINTER_ADMINISTRATOR, south, json=body).status_code == 404
