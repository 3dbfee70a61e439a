"""Where the sign-in may lead."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printserver.web.view import own_path

SITE = "https://print.example"


@pytest.mark.parametrize("path", ["/", "/requests", "/requests/new?draft=1&page=2", "/audit?text=%2F%2F"])
def test_our_own_addresses_are_kept(path: str):
    assert own_path(path) == path


@pytest.mark.parametrize(
    "address",
    [
        *("", "//evil.example", "https://evil.example/", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)"),
        *("/\t/evil.example", "requests", "/\n//evil.example", "http:/evil.example"),
    ],
)
def test_another_sites_address_leads_home(address: str):
    assert own_path(address) == "/"


@given(st.text(max_size=60) | st.text("/\\.:@ahtps\t\n", max_size=20))
def test_nothing_leads_to_another_site(address: str):
    assert urlsplit(urljoin(SITE, own_path(address))).netloc == "print.example"
