"""The page that checks without a server: whole in itself, and bound to what it carries."""

from __future__ import annotations

import base64
import json
import re
from hashlib import sha256

from printserver.signing.key_list import KeyList
from printserver.verification.offline_page import OfflinePage, offline_page
from tests.paper_books import Issuer


def page_of(issuer: Issuer) -> OfflinePage:
    data = issuer.key_list_bytes()
    return offline_page(data, KeyList.load(data, root_fingerprint=issuer.root.fingerprint))


def test_nothing_is_loaded_from_anywhere_and_nothing_is_sent(issuer: Issuer):
    page = page_of(issuer).html
    without_keys = re.sub(r'<script type="application/json".*?</script>', "", page, flags=re.DOTALL)
    assert not re.search(r"(?:src|href|action)=|@import|url\(|fetch\(|XMLHttpRequest|WebSocket|import\(", without_keys)
    assert "{{" not in page


def test_its_policy_lets_only_its_own_script_and_style_run(issuer: Issuer):
    page = page_of(issuer)
    for kind, tag in (("script", "<script>"), ("style", "<style>")):
        (content,) = re.findall(rf"{tag}(.*?)</{kind}>", page.html, re.DOTALL)
        digest = base64.b64encode(sha256(content.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in page.policy
    assert "default-src 'none'" in page.policy
    assert "connect-src 'none'" in page.policy
    assert "unsafe" not in page.policy


def test_it_carries_the_very_list_and_pins_its_root(issuer: Issuer):
    page = page_of(issuer).html
    (carried,) = re.findall(r'id="keys">(.*?)</script>', page, re.DOTALL)
    KeyList.load(carried.encode(), root_fingerprint=issuer.root.fingerprint)
    (shown,) = re.findall(r'id="fingerprint">([0-9a-f ]+)<', page)
    assert shown.replace(" ", "") == issuer.root.fingerprint
    assert json.loads(carried)["issuer"] == "示例公司"
