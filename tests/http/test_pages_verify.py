"""What the public pages answer to codes and typed serials, true ones and others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from printserver.app import create_app
from printserver.bootstrap import Adapters
from printserver.foundation.ids import new_id
from printserver.http_edge.limits import PER_MINUTE, VERIFICATION
from printserver.organisations.secrets import Secrets
from printserver.print_requests.models import CopyNotice
from printserver.print_requests.states import CopyState
from printserver.settings import Settings
from printserver.verification.public_view import KIND_OF_STATE
from tests.http.page_visitor import StrangersClient
from tests.paper_books import ISSUED_AT, PUBLIC_URL, Books, books, issuer

__all__ = ["books", "issuer"]


@dataclass
class Public:
    """A visitor from ever another address, so that no limit is met by chance."""

    client: StrangersClient
    books: Books

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
    app = create_app(Adapters(chosen, books.database, books.objects))
    with StrangersClient(app, base_url=PUBLIC_URL) as client:
        yield Public(client, books)


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
