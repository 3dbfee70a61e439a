"""Single sign-on against a real provider on the loopback: what is believed, and every way in which it is not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import RSAKey
from pydantic import ValidationError

from printserver.foundation.trusted_addresses import is_trusted_address
from printserver.organisations import oidc_provider as reach
from printserver.organisations.oidc import LIFETIME, Begun, Proved, SingleSignOn, SingleSignOnRefused
from printserver.organisations.oidc_provider import HttpProvider, SingleSignOnUnavailable
from printserver.organisations.oidc_settings import OidcSettings
from printserver.organisations.secrets import Secrets
from tests.oidc_provider import CLIENT, CLIENT_SECRET, OidcProvider, oidc_provider

SECRETS = Secrets(bytes(range(32)))
CALLBACK = "https://print.example/sign-in/single-sign-on/answer"


@pytest.fixture(scope="module")
def running() -> Iterator[OidcProvider]:
    with oidc_provider() as provider:
        yield provider


@pytest.fixture
def provider(running: OidcProvider) -> OidcProvider:
    """Honest again."""
    fresh = OidcProvider(running.port, key=running.key)
    for name, value in vars(fresh).items():
        setattr(running, name, value)
    return running


@pytest.fixture
def single(provider: OidcProvider, tmp_path: Path) -> SingleSignOn:
    secret = tmp_path / "secret"
    secret.write_text(f"{CLIENT_SECRET}\n")
    settings = OidcSettings(issuer=provider.issuer, client_id=CLIENT, client_secret=secret)
    return SingleSignOn(settings, CALLBACK, HttpProvider(provider.issuer), SECRETS)


def now() -> datetime:
    return datetime.now(UTC)


def signed_in(single: SingleSignOn, provider: OidcProvider, **changed: str) -> Proved:
    """changed: of the redirect's query."""
    begun = single.begin(now(), next="/requests")
    return single.finish(now(), kept=begun.kept, answer={**provider.sign_in(begun.url), **changed})


def test_an_honest_answer_names_the_account_and_where_to_go_on(single: SingleSignOn, provider: OidcProvider):
    proved = signed_in(single, provider)
    assert proved == Proved("clerk", "subject-of-clerk", False, "/requests")
    assert provider.redeemed == 1


def test_the_way_there_carries_pkce_state_and_nonce_and_the_cookie_hides_them(single: SingleSignOn):
    begun, again = single.begin(now(), next="/"), single.begin(now(), next="/")
    for part in ("response_type=code", "code_challenge_method=S256", "state=", "nonce=", "scope=openid"):
        assert part in begun.url
    assert begun.url != again.url
    assert "state" not in begun.kept


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "http://127.0.0.1:1"},
        {"iss": None},
        {"aud": "somebody-else"},
        {"aud": ["somebody-else", "and-another"]},
        {"aud": [CLIENT, "another"]},  # and no azp
        {"aud": [CLIENT, "another"], "azp": "another"},
        {"azp": "another"},
        {"exp": 1_700_000_000},
        {"exp": None},
        {"iat": None},
        {"iat": 4_000_000_000},
        {"nonce": "another"},
        {"nonce": None},
        {"nonce": ""},
        {"sub": None},
        {"at_hash": "AAAA"},
        {"preferred_username": None},
        {"preferred_username": ""},
        {"preferred_username": ["clerk"]},
    ],
    ids=str,
)
def test_an_id_token_with_a_wrong_claim_is_refused(
    single: SingleSignOn, provider: OidcProvider, claims: dict[str, Any]
):
    provider.claims = claims
    with pytest.raises(SingleSignOnRefused):
        signed_in(single, provider)


def test_several_audiences_are_fine_when_the_token_is_for_us(single: SingleSignOn, provider: OidcProvider):
    provider.claims = {"aud": [CLIENT, "another"], "azp": CLIENT}
    assert signed_in(single, provider).login == "clerk"


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_a_token_that_nobody_signed_is_refused(single: SingleSignOn, provider: OidcProvider, algorithm: str):
    provider.algorithm = algorithm
    with pytest.raises(SingleSignOnRefused):
        signed_in(single, provider)


def test_a_token_signed_by_another_key_is_refused(single: SingleSignOn, provider: OidcProvider):
    provider.signs_with = RSAKey.generate_key(2048, {"kid": "one"})
    with pytest.raises(SingleSignOnRefused):
        signed_in(single, provider)


def test_new_keys_of_the_provider_are_found(
    single: SingleSignOn, provider: OidcProvider, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(reach, "FRESH_SECONDS", 0.0)
    signed_in(single, provider)
    before, provider.key = provider.key, RSAKey.generate_key(2048, {"kid": "one"})
    try:
        assert signed_in(single, provider).login == "clerk"
    finally:
        provider.key = before


def test_a_wrong_state_is_refused_and_its_code_not_redeemed(single: SingleSignOn, provider: OidcProvider):
    for state in ("", "x", "é"):
        with pytest.raises(SingleSignOnRefused):
            signed_in(single, provider, state=state)
    assert provider.redeemed == 0


def test_another_browsers_answer_is_refused(single: SingleSignOn, provider: OidcProvider):
    mine, theirs = single.begin(now(), next="/"), single.begin(now(), next="/")
    with pytest.raises(SingleSignOnRefused):
        single.finish(now(), kept=mine.kept, answer=provider.sign_in(theirs.url))
    assert provider.redeemed == 0


def test_a_code_given_to_another_browser_is_refused_by_pkce(single: SingleSignOn, provider: OidcProvider):
    mine, theirs = single.begin(now(), next="/"), single.begin(now(), next="/")
    stolen = {**provider.sign_in(theirs.url), "state": provider.sign_in(mine.url)["state"]}
    with pytest.raises(SingleSignOnRefused):
        single.finish(now(), kept=mine.kept, answer=stolen)
    assert provider.redeemed == 0


def test_an_answer_of_another_issuer_is_refused(single: SingleSignOn, provider: OidcProvider):
    with pytest.raises(SingleSignOnRefused):
        signed_in(single, provider, iss="https://evil.example")
    assert signed_in(single, provider, iss=provider.issuer).login == "clerk"


def test_a_replayed_code_is_refused(single: SingleSignOn, provider: OidcProvider):
    begun = single.begin(now(), next="/")
    answer = provider.sign_in(begun.url)
    single.finish(now(), kept=begun.kept, answer=answer)
    with pytest.raises(SingleSignOnRefused):
        single.finish(now(), kept=begun.kept, answer=answer)
    assert provider.redeemed == 1


def test_an_answer_without_a_code_is_refused(single: SingleSignOn, provider: OidcProvider):
    for changed in ({"code": ""}, {"code": "", "error": "access_denied"}, {"code": "x" * 10_000}):
        with pytest.raises(SingleSignOnRefused):
            signed_in(single, provider, **changed)


def test_a_sign_in_that_took_too_long_or_was_never_begun_is_refused(single: SingleSignOn, provider: OidcProvider):
    begun: Begun = single.begin(now() - LIFETIME - timedelta(seconds=1), next="/")
    for kept in (begun.kept, "", "AAAA", begun.kept[:-4] + "AAAA"):
        with pytest.raises(SingleSignOnRefused):
            single.finish(now(), kept=kept, answer=provider.sign_in(begun.url))
    other = replace(single, secrets=Secrets(bytes(32)))
    with pytest.raises(SingleSignOnRefused):
        other.finish(now(), kept=single.begin(now(), next="/").kept, answer=provider.sign_in(begun.url))


def test_a_mail_address_counts_only_when_it_is_verified(single: SingleSignOn, provider: OidcProvider):
    by_mail = replace(single, settings=single.settings.model_copy(update={"claim": "email"}))
    for verified in (None, False, "true"):
        provider.claims = {"email": "clerk@print.example", "email_verified": verified}
        with pytest.raises(SingleSignOnRefused):
            signed_in(by_mail, provider)
    provider.claims = {"email": "clerk@print.example", "email_verified": True}
    assert signed_in(by_mail, provider).login == "clerk@print.example"


@pytest.mark.parametrize(
    ("claims", "strong"),
    [({}, False), ({"acr": "2fa"}, True), ({"amr": ["pwd", "otp"]}, True), ({"acr": "1", "amr": ["pwd"]}, False)],
    ids=str,
)
def test_a_second_factor_at_the_provider_counts_only_by_the_named_words(
    single: SingleSignOn, provider: OidcProvider, claims: dict[str, Any], strong: bool
):
    provider.claims = claims
    assert signed_in(single, provider).strong is False
    named = single.settings.model_copy(update={"strong_acr": ("2fa",), "strong_amr": ("otp",)})
    assert signed_in(replace(single, settings=named), provider).strong is strong


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://evil.example/token"},
        {"jwks_uri": None},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": "https://user:pass@print.example/jwks"},
    ],
    ids=str,
)
def test_a_provider_that_describes_itself_wrongly_is_not_used(
    single: SingleSignOn, provider: OidcProvider, metadata: dict[str, Any]
):
    provider.metadata = metadata
    with pytest.raises(SingleSignOnUnavailable):
        single.begin(now(), next="/")


def test_a_wrong_secret_of_the_client_and_a_missing_one_are_told_apart(single: SingleSignOn, provider: OidcProvider):
    file = single.settings.client_secret
    assert file is not None
    file.write_text("wrong")
    with pytest.raises(SingleSignOnRefused):
        signed_in(single, provider)
    file.unlink()
    with pytest.raises(SingleSignOnUnavailable):
        signed_in(replace(single), provider)


def test_a_provider_that_does_not_answer_is_unavailable(single: SingleSignOn):
    silent = replace(single, provider=HttpProvider("http://127.0.0.1:1"))
    with pytest.raises(SingleSignOnUnavailable):
        silent.begin(now(), next="/")


def test_only_https_and_the_loopback_are_trusted():
    assert all(
        map(is_trusted_address, ("https://sso.example", "http://127.0.0.1:1", "http://localhost", "http://[::1]"))
    )
    refused = (
        "http://sso.example",
        "ftp://127.0.0.1",
        "https://",
        "//sso.example",
        "http://127.0.0.1@evil.example",
        "",
    )
    assert not any(map(is_trusted_address, refused))
    with pytest.raises(ValidationError):
        OidcSettings(issuer="http://sso.example", client_id="x")
