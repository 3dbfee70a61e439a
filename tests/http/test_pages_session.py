"""Signing in and out, the language, and how pages speak of problems."""

from __future__ import annotations

import httpx
import pytest
from sqlalchemy import select

from printserver.organisations.models import WebSession
from printserver.organisations.permissions import Role
from tests.http.api_client import ApiClient
from tests.http.page_visitor import Visitor, shown_again, went_to
from tests.world_building import PASSWORD, SITE


def _sign_in(api: ApiClient, cookie: str = "", **fields: str) -> httpx.Response:
    headers = {"Origin": SITE, **({"Cookie": cookie} if cookie else {})}
    login = api.world.person(Role.CLERK).login
    data = {"login": login, "password": PASSWORD, **fields}
    answer = api.post("/sign-in", headers=headers, data=data, follow_redirects=False)
    api.cookies.clear()
    return answer


def test_signing_in_opens_a_new_session_and_ends_the_one_brought_along(api: ApiClient):
    first = _sign_in(api)
    assert went_to(first) == "/"
    cookie = first.headers["set-cookie"]
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= {part.strip() for part in cookie.split(";")}
    brought = cookie.partition(";")[0]
    second = _sign_in(api, brought)
    assert second.headers["set-cookie"].partition(";")[0] != brought
    assert api.get("/", headers={"Cookie": brought}, follow_redirects=False).status_code == 303
    assert api.get("/", headers={"Cookie": second.headers["set-cookie"].partition(";")[0]}).status_code == 200


def test_a_wrong_password_is_told_beside_the_form_and_opens_nothing(api: ApiClient):
    text = shown_again(_sign_in(api, password="wrong"), 401)
    assert "账号暂时锁定" in text
    assert f'value="{api.world.person(Role.CLERK).login}"' in text
    assert "wrong" not in text
    with api.world.database.reading() as work:
        assert work.session.scalars(select(WebSession)).all() == []


@pytest.mark.parametrize(
    ("wanted", "led"), [("/requests?mine=true", "/requests?mine=true"), ("//evil.example", "/"), ("https://x/", "/")]
)
def test_the_sign_in_leads_back_to_our_own_pages_alone(api: ApiClient, wanted: str, led: str):
    assert went_to(_sign_in(api, next=wanted)) == led


def test_a_sign_in_from_another_site_is_refused(api: ApiClient):
    answer = api.post("/sign-in", headers={"Origin": "http://evil.example"}, data={"login": "x", "password": "y"})
    assert answer.status_code == 403


def test_who_signs_out_has_a_dead_cookie(api: ApiClient):
    clerk = Visitor.of(api, Role.CLERK)
    assert clerk.page("/").count("Nothing waits for me.") == 1
    assert went_to(clerk.send("/sign-out")).startswith("/sign-in")
    assert went_to(clerk.look("/requests?mine=true")) == "/sign-in?next=%2Frequests%3Fmine%3Dtrue"


def test_htmx_is_led_to_the_sign_in_by_its_own_header(api: ApiClient):
    answer = api.get("/requests", headers={"HX-Request": "true"}, follow_redirects=False)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/sign-in")


def test_a_chosen_language_is_kept_for_those_signed_in(api: ApiClient):
    clerk = Visitor.of(api, Role.CLERK, language="zh-CN")
    assert '<html lang="zh-CN">' in clerk.page("/")
    chosen = clerk.look("/?lang=en")
    assert '<html lang="en">' in chosen.text
    cookie = f"{clerk.headers['Cookie']}; {chosen.headers['set-cookie'].partition(';')[0]}"
    assert '<html lang="en">' in Visitor(api, {**clerk.headers, "Cookie": cookie}, "").page("/requests")
    api.cookies.clear()


def test_problems_have_pages_in_the_readers_language_with_a_number(api: ApiClient):
    clerk = Visitor.of(api, Role.CLERK, language="zh-CN")
    answer = clerk.look("/audit")
    assert answer.status_code == 403
    assert "您的角色没有此权限" in answer.text
    missing = clerk.look("/nothing/here")
    assert (missing.status_code, missing.headers["content-type"]) == (404, "text/html; charset=utf-8")
    mistyped = clerk.look("/requests/no-uuid")
    assert (mistyped.status_code, "valid UUID" in mistyped.text) == (404, False)
    assert api.get("/api/v1/nothing").headers["content-type"] == "application/problem+json"


def test_pages_carry_a_strict_policy_and_are_kept_by_nobody(api: ApiClient):
    for answer in (Visitor.of(api, Role.CLERK).look("/"), api.get("/verify"), api.get("/sign-in")):
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"
    asset = api.get("/static/app.css")
    assert asset.headers["cache-control"].endswith("immutable")
    assert api.get("/static/..%2Fbase.html").status_code == 404


def test_what_people_typed_is_never_markup(api: ApiClient):
    """Payloads of template and markup injection stay text."""
    payload = "<script>alert(1)</script>{{ 7*7 }}${7*7}<img src=x onerror=alert(1)>"
    request_id = api.world.pending(title=payload, own_reference=payload)
    page = Visitor.of(api, Role.CLERK).look(f"/requests/{request_id}").text
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7*7 }}${7*7}" in page
    assert "49" not in page.split("<h1")[1].split("</h1>")[0]
