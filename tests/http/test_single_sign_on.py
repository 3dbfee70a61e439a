"""Single sign-on over HTTP against a real provider on the loopback: whom it lets in, how far, and whom not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from sqlalchemy import select, update

from printserver.app import create_app
from printserver.audit.models import AuditEntry
from printserver.bootstrap import SINGLE_SIGN_ON_ANSWER
from printserver.organisations.models import User, WebSession
from printserver.organisations.oidc_settings import OidcSettings
from printserver.organisations.permissions import Role
from tests.http.api_client import ApiClient
from tests.http.page_visitor import went_to
from tests.http.test_passkeys import added, passkey_of
from tests.oidc_provider import CLIENT, CLIENT_SECRET, OidcProvider, oidc_provider
from tests.world import World

START = "/sign-in/single-sign-on"


@pytest.fixture(scope="module")
def running() -> Iterator[OidcProvider]:
    with oidc_provider() as provider:
        yield provider


@pytest.fixture
def provider(running: OidcProvider, world: World) -> OidcProvider:
    """Honest, and by the world's clock."""
    fresh = OidcProvider(running.port, key=running.key)
    for name, value in vars(fresh).items():
        setattr(running, name, value)
    running.now = lambda: world.clock.now().timestamp()
    running.login = world.person(Role.APPROVER).login
    return running


@pytest.fixture
def api(world: World, provider: OidcProvider, tmp_path: Path) -> Iterator[ApiClient]:
    secret = tmp_path / "client-secret"
    secret.write_text(CLIENT_SECRET)
    chosen = OidcSettings(
        issuer=provider.issuer, client_id=CLIENT, client_secret=secret, name="Company", strong_amr=("otp",)
    )
    settings = world.adapters.settings.model_copy(update={"oidc": chosen})
    changed = replace(world, adapters=replace(world.adapters, settings=settings))
    with ApiClient(create_app(changed.adapters), changed) as client:
        yield client


def begun(api: ApiClient, next: str = "/requests") -> tuple[str, str]:
    """The provider's address, and the cookie of this browser."""
    answer = api.get(f"{START}?{urlencode({'next': next})}", follow_redirects=False)
    api.cookies.clear()
    cookie = answer.headers["set-cookie"]
    assert {"HttpOnly", "Path=/", "SameSite=lax", "Max-Age=600"} <= {part.strip() for part in cookie.split(";")}
    return went_to(answer), cookie.partition(";")[0]


def come_back(api: ApiClient, cookie: str, query: dict[str, str]) -> httpx.Response:
    answer = api.get(
        f"{SINGLE_SIGN_ON_ANSWER}?{urlencode(query)}",
        headers={"Cookie": cookie, "Accept-Language": "en"},
        follow_redirects=False,
    )
    api.cookies.clear()
    return answer


def signed_in(api: ApiClient, provider: OidcProvider) -> httpx.Response:
    url, cookie = begun(api)
    return come_back(api, cookie, provider.sign_in(url))


def sessions(world: World) -> list[WebSession]:
    with world.database.reading() as work:
        return list(work.session.scalars(select(WebSession).order_by(WebSession.id)))


def session_cookie(answer: httpx.Response) -> str:
    return next(
        each.partition(";")[0] for each in answer.headers.get_list("set-cookie") if each.startswith("printserver=")
    )


def test_the_sign_in_page_names_the_single_sign_on(api: ApiClient):
    page = api.get("/sign-in?next=/copies", headers={"Accept-Language": "en"}).text
    assert (
        'href="/sign-in/single-sign-on?next=%2Fcopies"' in page or 'href="/sign-in/single-sign-on?next=/copies"' in page
    )
    assert "Sign in with Company" in page


def test_a_person_comes_in_and_is_led_on(api: ApiClient, provider: OidcProvider):
    answer = signed_in(api, provider)
    assert went_to(answer) == "/requests"
    home = api.get("/", headers={"Cookie": session_cookie(answer)}, follow_redirects=False)
    api.cookies.clear()
    assert home.status_code == 200
    (session,) = sessions(api.world)
    assert (session.user_id, session.factor) == (api.world.person(Role.APPROVER).id, "single-sign-on")
    assert api.world.events()[-1] == "SignedIn"


def test_whatever_asks_for_a_step_up_asks_for_our_own_factor(api: ApiClient, provider: OidcProvider):
    """The login by which an account is found is a row: whoever changes it must not decide as somebody else."""
    for amr in ([], ["otp"]):
        provider.claims = {"amr": amr}
        signed_in(api, provider)
        assert sessions(api.world)[-1].factor_shown_at is None


def test_who_cannot_help_to_seal_shows_no_second_factor_that_the_provider_has_seen(
    api: ApiClient, provider: OidcProvider
):
    added(api, Role.CLERK, passkey_of())
    provider.claims = {"amr": ["pwd", "otp"], "preferred_username": api.world.person(Role.CLERK).login}
    assert went_to(signed_in(api, provider)) == "/requests"


def test_who_can_help_to_seal_shows_the_own_second_factor_always(api: ApiClient, provider: OidcProvider):
    passkey = added(api, Role.APPROVER, passkey_of())
    before = len(sessions(api.world))
    page = signed_in(api, provider)
    assert page.status_code == 200
    assert 'action="/sign-in/code"' in page.text
    assert len(sessions(api.world)) == before
    (pending,) = set(re.findall(r'name="pending" value="([^"]+)"', page.text))
    headers = {"Origin": "http://print.example"}
    question = api.post("/sign-in/code/passkey-questions", headers=headers, data={"pending": pending}).json()
    code = json.dumps(passkey.get(question))
    done = api.post("/sign-in/code", headers=headers, data={"pending": pending, "code": code}, follow_redirects=False)
    api.cookies.clear()
    assert went_to(done) == "/"
    provider.claims = {"amr": ["pwd", "otp"]}
    assert 'action="/sign-in/code"' in signed_in(api, provider).text


@pytest.mark.parametrize(
    "case", ["nobody's login", "frozen", "left", "program", "nonce", "audience", "none", "state", "another browser"]
)
def test_whoever_does_not_hold_is_refused_recorded_and_never_made(api: ApiClient, provider: OidcProvider, case: str):
    world = api.world
    person = world.person(Role.APPROVER)
    values: dict[str, dict[str, Any]] = {
        "frozen": {"frozen": True},
        "left": {"left_at": world.clock.now()},
        "program": {"kind": "service"},
    }
    if case in values:
        with world.database.work() as work:
            work.session.execute(update(User).where(User.id == person.id).values(**values[case]))
    if case == "nobody's login":
        provider.login = "somebody-new"
    if case in ("nonce", "audience"):
        provider.claims = {"nonce": "x"} if case == "nonce" else {"aud": "another"}
    if case == "none":
        provider.algorithm = "none"
    url, cookie = begun(api)
    query = provider.sign_in(url)
    if case == "state":
        query["state"] = "x"
    if case == "another browser":
        cookie = begun(api)[1]
    before = world.row_counts()
    answer = come_back(api, cookie, query)
    assert answer.status_code == 401
    assert "The single sign-on did not work" in answer.text
    assert "printserver=" not in answer.headers.get("set-cookie", "").replace("printserver-sso=", "")
    after = world.row_counts()
    assert after == {**before, "audit_entry": before["audit_entry"] + 1}
    with world.database.reading() as work:
        newest = work.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert newest is not None
    assert newest.event == "SingleSignOnFailed"


def test_a_code_and_its_cookie_count_once(api: ApiClient, provider: OidcProvider):
    url, cookie = begun(api)
    query = provider.sign_in(url)
    assert come_back(api, cookie, query).status_code == 303
    assert come_back(api, cookie, query).status_code == 401


def test_the_way_on_stays_on_this_server(api: ApiClient, provider: OidcProvider):
    url, cookie = begun(api, "//evil.example")
    assert went_to(come_back(api, cookie, provider.sign_in(url))) == "/"


def test_without_the_provider_people_are_told_to_use_their_password(world: World, tmp_path: Path):
    chosen = OidcSettings(issuer="http://127.0.0.1:1", client_id=CLIENT)
    settings = world.adapters.settings.model_copy(update={"oidc": chosen})
    changed = replace(world, adapters=replace(world.adapters, settings=settings))
    with ApiClient(create_app(changed.adapters), changed) as client:
        answer = client.get(START, headers={"Accept-Language": "en"}, follow_redirects=False)
        assert answer.status_code == 503
        assert "please use your password" in answer.text


def test_where_there_is_no_single_sign_on_there_is_no_way_to_it(world: World):
    with ApiClient(create_app(world.adapters), world) as client:
        assert client.get(START).status_code == 404
        assert "single-sign-on" not in client.get("/sign-in").text
