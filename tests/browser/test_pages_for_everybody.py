"""Pages on a phone, without scripts, in both languages, for eyes and for readers aloud."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from printserver.audit.proofs import Prover
from printserver.organisations.permissions import Role
from printserver.returns.evidence_packing import pack_evidence
from printserver.signing.key_list import KeyList
from printserver.signing.published_key import KeyUsage
from printserver.verification.bundle import make_bundle
from printserver.verification.offline_page import offline_page
from tests.browser.conftest import PATIENCE_MS, Visit, enter, keep_bytes, keep_picture
from tests.browser.firefox import firefox
from tests.browser.reading_rules import broken_rules, broken_rules_in_firefox
from tests.databases import database_kit, postgresql_supply, sqlite_database, sqlite_template
from tests.evidence_scene import EvidenceScene
from tests.http.live_server import live_server
from tests.paper_books import ISSUED_AT, Books, Issuer, books, issuer
from tests.running_server import RunningServer
from tests.signing_world import SigningWorlds, ceremony, signing_worlds

__all__ = ["books", "ceremony", "database_kit", "issuer", "postgresql_supply", "signing_worlds", "sqlite_database"]
__all__ += ["sqlite_template"]

PAGES = {
    "clerk": (
        *("/", "/requests", "/requests/new", "/copies", "/printers", "/returns", "/tokens"),
        *("/identity", "/identity/new", "/media", "/media/new"),
    ),
    "approver": ("/", "/approvals"),
    "archivist": (
        *("/returns", "/returns/doubtful", "/quarantine"),
        *("/archive", "/archive/catalogue", "/archive-sweep"),
    ),
    "auditor": ("/audit", "/reconciliation"),
}
SHOWN_VERDICT = """new Promise(answer => {
  const look = () => {
    if (document.activeElement.id !== "verdict-words") return setTimeout(look, 20);
    document.querySelector("#code").focus();
    answer(document.querySelector("#verdict").dataset.verdict);
  };
  look();
})"""


@pytest.mark.parametrize(("width", "language"), [(360, "zh-CN"), (1280, "en-US")])
def test_pages_can_be_seen_heard_and_typed(sign_in: Visit, width: int, language: str):
    for login, paths in PAGES.items():
        page = sign_in(login, width=width, language=language)
        for path in paths:
            page.goto(path)
            assert broken_rules(page) == []
            keep_picture(page, f"{login}-{path.strip('/').replace('/', '-') or 'home'}-{width}")


def test_an_identity_is_proved_with_a_phones_picture_and_seen_by_a_second_person_through_the_hsm(sign_in: Visit):
    picture = BytesIO()
    Image.new("RGB", (800, 500), "navy").save(picture, "JPEG")
    page = sign_in("clerk", width=360, language="en-US")
    page.goto("/identity/new")
    page.fill("#name", "李四")
    page.fill("#number", "11010519491231002X")
    page.set_input_files("#evidence", {"name": "card.jpg", "mimeType": "image/jpeg", "buffer": picture.getvalue()})
    page.get_by_role("button", name="Hand in").click()
    page.wait_for_url("**/identity/*-*")
    proof = page.url.partition("?")[0]
    assert broken_rules(page) == []
    keep_picture(page, "identity-proof-360")
    second = sign_in("administrator", width=360, language="en-US", anew=True)
    second.goto(proof)
    second.get_by_role("button", name="Show card.jpg").click()
    expect(second.get_by_role("img", name="Page 1 of the evidence")).to_be_visible()
    assert second.get_by_role("img", name="Page 1 of the evidence").evaluate("image => image.naturalWidth") > 500
    assert broken_rules(second) == []
    second.goto(proof)
    second.get_by_text("It is right", exact=True).first.click()
    second.get_by_role("button", name="It is right").click()
    expect(second.locator("h1")).to_contain_text("proved")
    assert broken_rules(second) == []


@pytest.mark.parametrize(
    ("language", "heading"), [("zh-CN", "查无此件：并非本处签发"), ("en-US", "Unknown: not issued here")]
)
def test_a_stranger_without_scripts_gets_a_verdict_in_their_language(visit: Visit, language: str, heading: str):
    page = visit(width=360, javascript=False, language=language)
    page.goto("/q/" + "7" * 321)
    expect(page.locator("h1")).to_have_text(heading)
    assert page.locator("main").get_attribute("data-verdict") == "unknown"
    sign = page.locator(".verdict").bounding_box()
    assert sign is not None
    assert sign["y"] + sign["height"] < 780
    assert page.context.cookies() == []
    keep_picture(page, f"verify-unknown-{language}")


def test_the_public_pages_keep_the_rules_for_reading(visit: Visit):
    for language in ("zh-CN", "en-US"):
        page = visit(width=320, language=language)
        for path in ("/verify", "/q/1", "/verify/pdf", "/verify/photo", "/verify/offline.html", "/sign-in"):
            page.goto(path)
            assert broken_rules(page) == []
        page.goto("/verify")
        page.locator("footer a").first.click()
        expect(page.locator("html")).to_have_attribute("lang", "en" if language == "zh-CN" else "zh-CN")


def test_the_public_pages_hold_in_a_browser_of_another_make(server: RunningServer, tmp_path: Path):
    with firefox(tmp_path, "zh-CN") as page:
        page.resize(360, 780)
        for path in ("/verify", "/q/" + "7" * 321, "/verify/pdf", "/verify/photo", "/sign-in"):
            page.goto(server.url + path)
            assert broken_rules_in_firefox(page) == []
            keep_bytes(page.screenshot(), f"firefox-{path.strip('/').replace('/', '-')[:20]}-360")
        assert page.evaluate("document.querySelector('h1').textContent.length > 0")
        assert page.complaints == []


def test_codes_are_checked_offline_in_a_browser_of_another_make(issuer: Issuer, books: Books, tmp_path: Path):
    copy, listed = books.copies(2, pages=3)[1], issuer.key_list_bytes()
    page_file, profile = tmp_path / "verify.html", tmp_path / "profile"
    page_file.write_text(offline_page(listed, KeyList.load(listed, root_fingerprint=issuer.root.fingerprint)).html)
    profile.mkdir()
    text = books.text(copy, 2)
    with firefox(profile, "en-US") as page:
        page.goto(page_file.as_uri())
        assert broken_rules_in_firefox(page) == []
        for typed, verdict in ((text, "genuine"), (text[:-1] + str((int(text[-1]) + 1) % 10), "altered")):
            page.evaluate(f"document.querySelector('#code').value = {json.dumps(typed)}")
            page.evaluate("document.querySelector('#code').form.requestSubmit()")
            assert page.evaluate(SHOWN_VERDICT) == verdict
        assert page.complaints == []


def test_a_typing_error_in_a_serial_is_told_beside_the_field_without_scripts(visit: Visit):
    page = visit(javascript=False)
    page.goto("/verify")
    page.fill("#typed", "7ZQ4-0HXR")
    page.locator("main button").click()
    expect(page.locator("#typed-problem")).to_be_visible()
    assert page.input_value("#typed") == "7ZQ4-0HXR"


def test_who_signs_out_is_out(sign_in: Visit, server: RunningServer):
    page = sign_in("clerk", anew=True, language="en-US")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(re.compile("/sign-in"))
    page.goto("/requests")
    assert page.url == f"{server.url}/sign-in?next=%2Frequests"


def test_codes_and_kept_proofs_are_checked_in_the_browser_with_the_network_off(
    chromium: Browser, issuer: Issuer, books: Books, tmp_path: Path
):
    copy = books.copies(2, pages=3)[1]
    books.log_issue(copy, tmp_path / "witness.jsonl")
    listed = issuer.key_list_bytes()
    page_file, text = tmp_path / "verify.html", books.text(copy, 2)
    page_file.write_text(offline_page(listed, KeyList.load(listed, root_fingerprint=issuer.root.fingerprint)).html)
    with books.database.reading() as work:
        bundle = make_bundle(work, Prover(), copy.id, text, listed)
    context = chromium.new_context(viewport={"width": 320, "height": 780}, locale="en-US", offline=True)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(page_file.as_uri())
    assert broken_rules(page) == []

    def check(typed: str) -> str:
        page.fill("#code", typed)
        page.get_by_role("button", name="Check").click()
        return shown()

    def hand_in(name: str, data: bytes) -> str:
        page.set_input_files("#file", [])
        page.set_input_files("#file", {"name": name, "mimeType": "application/json", "buffer": data})
        return shown()

    def shown() -> str:
        expect(page.locator("#verdict-words")).to_be_focused()
        kind = page.locator("#verdict").get_attribute("data-verdict") or ""
        page.locator("#code").focus()
        return kind

    assert check(text) == "genuine"
    for words in ("copy 2 of 2", "page 2 of 3", str(copy.serial), "2026-11-20 08:30:00", copy.document_sha256):
        expect(page.locator("#facts")).to_contain_text(words)
    assert check(text.rpartition("/")[2]) == "genuine"
    assert check(text[:-1] + str((int(text[-1]) + 1) % 10)) == "altered"
    assert check("https://evil.example/") == "unknown"
    stranger = ec.generate_private_key(ec.SECP256R1())
    assert check(replace(issuer, code_key=stranger).text(books.body(copy))) == "altered"
    assert hand_in("kept.json", bundle) == "genuine"
    expect(page.locator("#facts")).to_contain_text("entry 2 of 2")
    assert hand_in("kept.json", bundle.replace(b'"position":1', b'"position":0')) == "proof"
    assert hand_in("keys.json", listed.replace("示例公司".encode(), "别的公司".encode())) == "keys"
    code = issuer.entry(KeyUsage.CODE)
    revoked = issuer.key_list_bytes(code.revoked(ISSUED_AT, "lost"), issuer.entry(KeyUsage.TREE_HEAD), sequence=2)
    assert hand_in("keys.json", revoked) == "loaded"
    assert hand_in("kept.json", bundle) == "revoked"
    assert check(text) == "revoked"
    page.locator("#language").click()
    expect(page.locator("#verdict-words")).to_have_text("签署的密钥已不再有效")
    testing = issuer.key_list_bytes(test=True)
    page_file.write_text(offline_page(testing, KeyList.load(testing, root_fingerprint=issuer.root.fingerprint)).html)
    page.goto(page_file.as_uri())
    assert check(text) == "test"
    assert complaints == []
    keep_picture(page, "verify-offline-320")
    context.close()


@pytest.mark.parametrize(
    ("codes", "verdict"), [(1, "genuine"), (0, "picture"), (2, "picture"), (None, "picture")], ids=str
)
def test_a_picture_of_the_code_is_read_offline_where_the_browser_can_read_codes(
    chromium: Browser, issuer: Issuer, books: Books, tmp_path: Path, codes: int | None, verdict: str
):
    """A stand-in for what telephones' browsers have and Debian's lacks.   codes: None: it lacks too."""
    listed, text = issuer.key_list_bytes(), books.text(books.copy())
    page_file, picture = tmp_path / "verify.html", BytesIO()
    page_file.write_text(offline_page(listed, KeyList.load(listed, root_fingerprint=issuer.root.fingerprint)).html)
    Image.new("RGB", (40, 40), "white").save(picture, "PNG")
    context = chromium.new_context(locale="en-US", offline=True)
    found = json.dumps([{"rawValue": text}] * (codes or 0))
    detector = f"class {{ async detect(picture) {{ return picture.width === 40 ? {found} : []; }} }}"
    context.add_init_script(
        "delete globalThis.BarcodeDetector" if codes is None else f"globalThis.BarcodeDetector = {detector}"
    )
    page = context.new_page()
    page.goto(page_file.as_uri())
    page.set_input_files("#file", {"name": "code.png", "mimeType": "image/png", "buffer": picture.getvalue()})
    expect(page.locator("#verdict-words")).to_be_focused()
    assert page.locator("#verdict").get_attribute("data-verdict") == verdict
    context.close()


def test_a_package_of_another_house_is_taken_in_by_mouse_under_its_pinned_root(
    chromium: Browser, signing_worlds: SigningWorlds, tmp_path: Path
):
    """The foreign company of the same world stands for the house that takes it in."""
    with signing_worlds.world(tmp_path / "home") as signing:
        scene = EvidenceScene(signing)
        package, damaged = tmp_path / "package.zip", tmp_path / "damaged.zip"
        with ThreadPoolExecutor(1) as elsewhere:  # Playwright's loop runs in this thread, and signing wants one
            package.write_bytes(elsewhere.submit(_packed, scene).result())
        damaged.write_bytes(package.read_bytes()[:-1000])
        with live_server(signing.world) as server, chromium.new_context(base_url=server.url) as context:
            context.set_default_timeout(PATIENCE_MS)
            enter(context, server, Role.ARCHIVIST, signing.world.foreign.head)
            page = context.new_page()
            page.set_viewport_size({"width": 360, "height": 780})
            page.goto("/imported-records?lang=zh")
            expect(page.locator("#package")).to_have_count(0)
            _pin(page, scene.root[:10])
            expect(page.get_by_role("alert")).to_be_visible()
            expect(page.locator("#name")).to_have_value("卖方")
            assert broken_rules(page) == []
            _pin(page, scene.root)
            _take_in(page, damaged)
            expect(page.get_by_role("alert")).to_be_visible()
            assert broken_rules(page) == []
            keep_picture(page, "imported-records-phone")
            _take_in(page, package)
            expect(page.locator("main")).to_contain_text("卖方")
            expect(page.locator("main")).to_contain_text("并非在本系统审批")
            expect(page.locator("main")).to_contain_text("第 1 份 共 1 份")
            assert broken_rules(page) == []
            keep_picture(page, "imported-record-phone")
            with page.expect_download() as download:
                page.get_by_role("link", name="整个证据包").click()
            assert Path(download.value.path()).read_bytes() == package.read_bytes()
            page.goto("/imported-records")
            _take_in(page, package)
            expect(page.get_by_role("status")).to_contain_text("这件档案已在此")


def _packed(scene: EvidenceScene) -> bytes:
    record = scene.archived(scene.signing.issued()[0])
    scene.sequence()
    return pack_evidence(scene.tools, scene.actor(), [record]).data


def _pin(page: Page, fingerprint: str) -> None:
    page.fill("#name", "卖方")
    page.fill("#root_fingerprint", fingerprint)
    page.fill("#note", "其合同")
    page.get_by_role("button", name="信任").click()


def _take_in(page: Page, package: Path) -> None:
    page.set_input_files("#package", package)
    page.get_by_role("button", name="核验并接收").click()
