"""What the public pages answer to codes and typed serials, true ones and others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from html import unescape
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, update

from printserver.app import create_app
from printserver.approvals.models import DocumentClass
from printserver.bootstrap import Adapters
from printserver.foundation.ids import new_id
from printserver.foundation.serials import CopySerial, PageCode
from printserver.http_edge.limits import FILE_CHECKS, PER_MINUTE, VERIFICATION
from printserver.organisations.secrets import Secrets
from printserver.print_requests.models import Copy, CopyNotice, PrintRequest, RequestParty
from printserver.print_requests.states import CopyState
from printserver.seals.models import Seal
from printserver.seals.states import SealState
from printserver.settings import Settings
from printserver.signing.key_list_history import keep_list
from printserver.verification.bundle import verify_bundle
from printserver.verification.public_view import KIND_OF_STATE
from printserver.verification.sightings import UNLIKELY_IN_A_DAY, record_sighting
from tests.http.page_visitor import StrangersClient
from tests.paper_books import ISSUED_AT, PUBLIC_URL, Books, books, issuer
from tests.paper_drawings import page_pixels, pages_with_codes, png_of

__all__ = ["books", "issuer"]


@dataclass
class Public:
    """A visitor from ever another address, so that no limit is met by chance."""

    client: StrangersClient
    books: Books
    home: Path

    def code(self, text: str, language: str = "en") -> str:
        answer = self.client.get(text.removeprefix(PUBLIC_URL), headers={"Accept-Language": language})
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers
        return unescape(answer.text)

    def type(self, typed: str) -> tuple[int, str]:
        answer = self.client.post("/verify?lang=en", data={"typed": typed}, headers={"Origin": PUBLIC_URL})
        return answer.status_code, unescape(answer.text)


@pytest.fixture
def public(books: Books, tmp_path: Path) -> Iterator[Public]:
    chosen = Settings(home=tmp_path / "home", public_url=PUBLIC_URL)
    chosen.key_list.parent.mkdir(parents=True)
    chosen.key_list.write_bytes(books.issuer.key_list_bytes())
    chosen.root_fingerprint.write_text(books.issuer.root.fingerprint)
    chosen.web_secret.parent.mkdir(parents=True)
    Secrets.make(chosen.web_secret)
    app = create_app(Adapters(chosen, books.database, books.objects, books.objects.vaults))
    with StrangersClient(app, base_url=PUBLIC_URL) as client:
        yield Public(client, books, chosen.home)


@pytest.fixture
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(PER_MINUTE, VERIFICATION)
    monkeypatch.setattr("printserver.http_edge.limits.AttemptLimits.count", lambda *_: None)


def test_the_first_words_are_the_verdict_then_what_the_paper_must_show(public: Public):
    copy = public.books.copies(pages=3)[0]
    page = public.code(public.books.text(copy, 2))
    assert 'data-verdict="genuine"' in page
    shown = ["Genuine and valid", "真实有效", "采购合同", "示例公司", "合同专用章", "copy 1 of 1", "page 2 of 3"]
    places = [page.index(words) for words in [*shown, "20 November 2026", str(copy.serial), "Compare the content"]]
    assert places == sorted(places)
    assert "not the paper" in page
    assert "print.example" in page
    assert "<script" not in page
    assert "真实有效" in public.code(public.books.text(copy, 2), "zh-CN").split("</h1>")[0]


@pytest.mark.parametrize("state", CopyState)
def test_every_state_has_its_page(public: Public, state: CopyState):
    copy = public.books.copy(state=state)
    page = public.code(public.books.text(copy))
    assert f'data-verdict="{KIND_OF_STATE[state]}"' in page
    never_left = state in (CopyState.RENDERED, CopyState.AUTHORISED, CopyState.WASTED)
    assert (copy.title in page) is not never_left


@pytest.mark.parametrize("state", [CopyState.VOID, CopyState.REPLACED, CopyState.PRINTED])
def test_that_the_holders_were_notified_is_said_of_an_invalid_copy_and_not_whom_nor_how(
    public: Public, state: CopyState
):
    copy = public.books.copy(state=state)
    assert "notified" not in public.code(public.books.text(copy))
    at = ISSUED_AT + timedelta(days=1)
    with public.books.database.work() as work:
        work.session.add(
            CopyNotice(
                id=new_id(),
                copy_id=copy.id,
                kind="void",
                holder="Far East Ltd.",
                channel="courier",
                note="SF 1234567",
                delivered_at=at,
                recorded_by=public.books.person,
                recorded_at=at,
            )
        )
    page = public.code(public.books.text(copy))
    assert ("The holders were notified on 21 November 2026." in page) is (state is not CopyState.PRINTED)
    for private in ("Far East", "courier", "SF 1234567"):
        assert private not in page
    if state is not CopyState.PRINTED:
        assert "已于 2026年11月21日 通知持有人" in public.code(public.books.text(copy), "zh-CN")


def test_unknown_foreign_and_malformed_codes_get_the_very_same_page(public: Public):
    """But for the address that the link to the other language repeats."""
    waiting = public.books.copy(state=CopyState.AUTHORISED)
    texts = ["/q/" + "7" * 321, "/q/1", "/q/a/b?c", "/q/%3Cscript%3E", public.books.text(waiting)]
    pages = [public.client.get(text.removeprefix(PUBLIC_URL)) for text in texts]
    without_address = {page.text.replace(page.url.path, "").replace(page.url.raw_path.decode(), "") for page in pages}
    assert {page.status_code for page in pages} == {200}
    bodies = {text[text.index("<main") : text.index("<footer")] for text in without_address}
    assert len(bodies) == 1


def test_a_serial_gets_the_verdict_alone(public: Public):
    copy = public.books.copy()
    status, page = public.type(str(copy.serial).lower().replace("-", " "))
    assert status == 200
    assert 'data-verdict="genuine"' in page
    assert copy.title not in page
    assert public.type("0000-0000-0000-0000-0")[1].count('data-verdict="unknown"') == 1


def test_a_pasted_code_is_read_like_a_scanned_one(public: Public):
    copy = public.books.copy()
    text = public.books.text(copy)
    for typed in (text, f"  {text}\n", text.rpartition("/")[2]):
        assert copy.title in public.type(typed)[1]


def test_a_typing_error_is_told_and_kept(public: Public):
    status, page = public.type("7ZQ4-<b>")
    assert status == 422
    assert 'value="7ZQ4-<b>"' in page
    assert "typing error" in page


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(st.text(max_size=400) | st.text("0123456789", min_size=300, max_size=340))
def test_whatever_is_typed_the_page_answers_with_text(public: Public, unlimited: None, typed: str):
    status, page = public.type(typed)
    assert status in (200, 422)
    assert "<script" not in page
    assert "data-verdict" in page or "typing error" in page


def test_guessers_are_slowed_down(public: Public):
    most = PER_MINUTE[VERIFICATION].amount
    answers = [public.client.get("/q/1").status_code for _ in range(most + 1)]
    assert (set(answers[:-1]), answers[-1]) == ({200}, 429)
    for door in ("/verify/pages/1", "/verify/bundles/1"):
        assert public.client.get(door).status_code == 429
    assert public.type("1")[0] == 429
    assert public.client.post("/api/v1/code-checks", json={"text": "1"}).status_code == 429


def test_who_hands_in_file_after_file_is_slowed_down_at_every_door(public: Public):
    own, file = {"Origin": PUBLIC_URL}, {"file": ("x", b"neither")}
    most = PER_MINUTE[FILE_CHECKS].amount
    answers = [public.client.post("/api/v1/photo-checks", files=file).status_code for _ in range(most)]
    assert 429 not in answers
    for door in ("/api/v1/photo-checks", "/api/v1/pdf-checks", "/verify/photo", "/verify/pdf"):
        assert public.client.post(door, files=file, headers=own).status_code == 429


def statements(public: Public, ask: Callable[[], object]) -> int:
    """How many statements the database saw meanwhile."""
    seen: list[str] = []

    def count(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    for engine in vars(public.books.database.engines).values():
        event.listen(engine, "before_cursor_execute", count)
    ask()
    for engine in vars(public.books.database.engines).values():
        event.remove(engine, "before_cursor_execute", count)
    return len(seen)


def test_serials_of_no_copy_and_of_copies_that_never_left_get_equal_answers_at_equal_cost(public: Public):
    """Status, length and words, and the same number of questions to the database."""
    never_left = [public.books.copy(state=CopyState.RENDERED), public.books.copy(state=CopyState.WASTED)]
    serials = [str(CopySerial.generate()), *(str(copy.serial) for copy in never_left), str(CopySerial.generate())]
    answers = [public.type(serial) for serial in serials]
    assert {status for status, _ in answers} == {200}
    assert len({page for _, page in answers}) == 1
    assert len({statements(public, partial(public.type, serial)) for serial in serials}) == 1


def test_codes_that_nobody_here_signed_ask_the_database_nothing(public: Public):
    genuine = public.books.text(public.books.copy())
    digits = genuine.rpartition("/")[2]
    altered = f"{int(digits) ^ 1:0321d}"
    for path in ("7" * 321, "1", altered):
        for address in (f"/q/{path}", f"/verify/pages/{path}", f"/verify/bundles/{path}"):
            assert statements(public, partial(public.client.get, address)) == 0
    assert statements(public, lambda: public.code(genuine)) > 0
    refused = {
        public.client.get(f"/verify/{what}/{path}").status_code for what in ("pages", "bundles") for path in "17"
    }
    assert refused == {404}


def test_parties_and_amount_are_what_the_paper_must_show_and_people_are_masked(public: Public):
    copy = public.books.copy()
    with public.books.database.work() as work:
        request = work.session.get_one(PrintRequest, copy.request_id)
        request.amount_minor, request.amount_currency = 1_234_560, "CNY"
        for position, (kind, name) in enumerate((("company", "远东贸易有限公司"), ("person", "欧阳小明")), 1):
            party = {"kind": kind, "name": name, "number": "SECRET-NUMBER", "consents": True, "accepts_print": True}
            work.session.add(RequestParty(id=new_id(), request_id=request.id, position=position, **party))
    page = public.code(public.books.text(copy))
    for words in ("12,345.60 CNY", "人民币壹万贰仟叁佰肆拾伍元陆角整", "远东贸易有限公司", "欧**明"):
        assert words in page
    for private in ("欧阳小明", "SECRET-NUMBER"):
        assert private not in page


def test_a_seal_that_was_revoked_since_is_amber_and_the_copy_stays_genuine(public: Public):
    copy = public.books.copy()
    with public.books.database.work() as work:
        work.session.execute(update(Seal).values(state=SealState.REVOKED))
    page = public.code(public.books.text(copy))
    assert 'data-verdict="seal-revoked"' in page
    assert "verdict-warning" in page
    assert "This seal was revoked after the copy was sealed." in page
    assert 'data-verdict="seal-revoked"' in public.type(str(copy.serial))[1]


def test_a_replaced_copy_names_the_serial_in_its_place(public: Public):
    old, new = public.books.copy(state=CopyState.REPLACED), public.books.copy()
    with public.books.database.work() as work:
        work.session.get_one(PrintRequest, new.request_id).replaces_copy_id = old.id
    assert str(new.serial) in public.code(public.books.text(old))
    assert str(old.serial) not in public.code(public.books.text(new))


def test_many_places_are_a_warning_in_amber_words_and_never_a_verdict(public: Public):
    copy = public.books.copy()
    text = public.books.text(copy)
    for number in range(UNLIKELY_IN_A_DAY - 2):
        record_sighting(public.books.database, copy.id, f"visitor {number}")
    assert "unusually many places" not in public.code(text), "this visitor is one more, once"
    assert "unusually many places" not in public.code(text)
    record_sighting(public.books.database, copy.id, "one more")
    page = public.code(text)
    assert "unusually many places" in page
    assert 'data-verdict="genuine"' in page
    assert "fake" not in page.lower()
    assert "异常多的地点" in public.code(text, "zh-CN")


def test_the_page_is_shown_as_far_as_its_class_allows_and_only_to_who_has_its_code(public: Public):
    books, copy = public.books, public.books.copy()
    text = books.text(copy)
    picture = f"/verify/pages/{text.rpartition('/')[2]}"
    assert public.client.get(picture).status_code == 404, "the rendition is not there"
    with books.database.work() as work:
        stored = books.objects.put(pages_with_codes([text], [PageCode(copy.serial, 1)]), books.organisation_id)
        work.session.execute(update(Copy).where(Copy.id == copy.id).values(rendition_sha256=stored))
    assert f'src="{picture}"' in public.code(text)
    answer = public.client.get(picture)
    assert (answer.status_code, answer.headers["content-type"], answer.content[8:12]) == (200, "image/webp", b"WEBP")
    with books.database.work() as work:
        said = {"name_zh": "一般", "name_en": "General", "retention": "x", "seal_types": [], "hints": {}}
        ids = {"id": new_id(), "organisation_id": books.organisation_id, "code": "general"}
        rest = {"flow": None, "version": 0, "retired": False, "changed_at": work.now(), "public_view": "none"}
        work.session.add(DocumentClass(**ids, **said, **rest))
    assert picture not in public.code(text)
    assert public.client.get(picture).status_code == 404


def test_the_proof_can_be_kept_and_holds_without_the_server(public: Public, tmp_path: Path):
    copy = public.books.copy()
    public.books.log_issue(copy, tmp_path / "witness.jsonl")
    text = public.books.text(copy)
    address = f"/verify/bundles/{text.rpartition('/')[2]}"
    assert f'href="{address}"' in public.code(text)
    answer = public.client.get(address)
    assert answer.headers["content-disposition"].startswith("attachment")
    bundle = verify_bundle(answer.content, root_fingerprint=public.books.issuer.root.fingerprint)
    assert bundle.code.serial == copy.serial
    assert bundle.issue is not None


def test_a_pdf_and_a_photograph_are_judged_for_strangers_by_page_and_by_program(public: Public):
    books, copy = public.books, public.books.copy()
    pdf = books.issue(copy)
    photo = png_of(page_pixels(pdf))
    own = {"Origin": PUBLIC_URL}
    page = public.client.post("/verify/pdf?lang=en", files={"file": ("x.pdf", pdf)}, headers=own)
    assert 'data-verdict="as-issued"' in page.text
    assert copy.title in page.text
    said = public.client.post("/api/v1/pdf-checks", files={"file": ("x.pdf", pdf)}).json()
    assert (said["verdict"], said["copy_check"]["facts"]["serial"]) == ("as-issued", str(copy.serial))
    page = public.client.post("/verify/photo?lang=zh", files={"file": ("x.png", photo)}, headers=own)
    assert 'data-verdict="genuine"' in page.text
    assert 'data-looks="not-shown"' in page.text
    said = public.client.post("/api/v1/photo-checks", files={"file": ("x.png", photo)}).json()
    assert (said["looks"], said["code_check"]["verdict"]) == ("not-shown", "genuine")
    for path in ("/verify/photo?lang=en", "/verify/pdf?lang=en"):
        assert public.client.get(path).status_code == 200
    refused = public.client.post("/verify/photo?lang=en", files={"file": ("x.png", b"no picture")}, headers=own)
    assert refused.status_code == 422


def test_a_program_is_told_what_a_code_says_and_of_a_serial_the_verdict_alone(public: Public):
    copy = public.books.copy()
    said = public.client.post("/api/v1/code-checks", json={"text": public.books.text(copy)}).json()
    assert (said["verdict"], said["facts"]["title"], said["facts"]["copy_number"]) == ("genuine", copy.title, 1)
    told = public.client.post("/api/v1/code-checks", json={"text": str(copy.serial)}).json()
    assert told == {"verdict": "genuine", "facts": None}
    assert public.client.post("/api/v1/code-checks", json={"text": "7ZQ4"}).status_code == 422


def test_the_page_for_checking_without_the_server_is_served_under_its_own_policy(public: Public):
    answer = public.client.get("/verify/offline.html")
    policy = answer.headers["content-security-policy"]
    assert "connect-src 'none'" in policy
    assert "'self'" not in policy
    assert public.books.issuer.root.fingerprint[:8] in answer.text


def test_earlier_key_lists_stay_published_and_the_chain_is_told(public: Public):
    published = (public.home / "public" / "print-keys.json").read_bytes()
    history = public.client.get("/.well-known/print-keys/history.json").json()["lists"]
    assert [each["sequence"] for each in history] == [1]
    assert public.client.get(history[0]["address"]).status_code == 404, "it was published before lists were kept"
    keep_list(public.home / "public" / "print-keys", published)
    assert public.client.get(history[0]["address"]).content == published
    for name in ("..%2Fprint-keys.json", "history", "2026-01-01.0002.json"):
        assert public.client.get(f"/.well-known/print-keys/{name}").status_code == 404
