"""The public check of a seal file: a page and an endpoint for strangers, who leave nothing behind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import pytest

from printserver.app import create_app
from printserver.bootstrap import Adapters
from printserver.foundation.unit_of_work import Database
from printserver.rendering.seal_artwork import draw_company_seal
from printserver.settings import Settings
from tests.databases import FakeClock
from tests.http.page_visitor import StrangersClient
from tests.paper_books import PUBLIC_URL, Books, books, issuer
from tests.seal_vectors import SM2, Vectors, make_vectors

__all__ = ["books", "issuer"]


@pytest.fixture(scope="module")
def vectors(tmp_path_factory: pytest.TempPathFactory) -> Vectors:
    made = make_vectors(tmp_path_factory.mktemp("seal-page"), 4, SM2)
    return Vectors(4, made.maker, made.holder, made.made_at, picture=draw_company_seal("示例公司", "3100000000001"))


@dataclass
class Stranger:
    """Somebody without an account; the installation pins the maker of the vectors."""

    client: StrangersClient
    home: Path

    def page(self, language: str = "en", **files: bytes) -> tuple[int, str]:
        answer = self.client.post(
            f"/verify/seal?lang={language}",
            files={name: (name, content) for name, content in files.items()},
            headers={"Origin": PUBLIC_URL},
        )
        assert "set-cookie" not in answer.headers
        return answer.status_code, unescape(answer.text)

    def api(self, **files: bytes):
        return self.client.post("/api/v1/seal-checks", files={name: (name, content) for name, content in files.items()})


@pytest.fixture
def stranger(books: Books, vectors: Vectors, tmp_path: Path) -> Iterator[Stranger]:
    chosen = Settings(home=tmp_path / "home", public_url=PUBLIC_URL)
    chosen.seal_makers.mkdir(parents=True)
    (chosen.seal_makers / "maker.der").write_bytes(vectors.maker.certificate)
    chosen.key_list.write_bytes(books.issuer.key_list_bytes())
    chosen.root_fingerprint.write_text(books.issuer.root.fingerprint)
    database = Database(books.database.engines, books.database.jobs, FakeClock(vectors.made_at))
    app = create_app(Adapters(chosen, database, books.objects, books.objects.vaults))
    with StrangersClient(app, base_url=PUBLIC_URL) as client:
        yield Stranger(client, chosen.home)


def test_the_page_says_whose_seal_it_is_and_shows_its_picture_redrawn(stranger: Stranger, vectors: Vectors):
    assert "Check a seal" in stranger.client.get("/verify/seal?lang=en").text
    status, page = stranger.page(seal=vectors.seal)
    assert status == 200
    assert 'data-verdict="genuine"' in page
    for words in (
        "示例公司合同专用章",
        "an organisation's seal",
        "filed: its maker's",
        "42 × 40 mm",
        "SM2 SM3",
        "GB/T 38540-2020",
    ):
        assert words in page, words
    assert 'src="data:image/png;base64,' in page
    assert "<script" not in page
    assert "真实" in stranger.page("zh", seal=vectors.seal)[1].split("</h1>")[0]


def test_a_use_is_compared_with_what_was_sealed(stranger: Stranger, vectors: Vectors):
    assert "yes, it is the same" in stranger.page(seal=vectors.signature, data=vectors.data)[1]
    assert "no file was chosen" in stranger.page(seal=vectors.signature)[1]
    assert 'data-verdict="other-data"' in stranger.page(seal=vectors.signature, data=b"other")[1]


def test_forged_foreign_and_other_files_get_their_words(stranger: Stranger, vectors: Vectors):
    changed = vectors.seal.replace("合同".encode(), "财务".encode())
    assert 'data-verdict="forged"' in stranger.page(seal=changed)[1]
    assert 'data-verdict="unreadable"' in stranger.page(seal=b"%PDF-1.7")[1]
    (stranger.home / "public" / "seal-makers" / "maker.der").unlink()
    assert 'data-verdict="maker-unknown"' in stranger.page(seal=vectors.seal)[1]


def test_the_endpoint_says_the_same(stranger: Stranger, vectors: Vectors):
    answer = stranger.api(seal=vectors.signature, data=vectors.data)
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert (said["verdict"], said["in_use"]) == ("genuine", "unknown")
    assert (said["seal"]["vouched"], said["seal"]["picture_width_mm"]) == ("pinned", 42)
    assert (said["use"]["data_compared"], said["use"]["hash"]) == (True, "SM3")
    assert stranger.api(seal=b"nothing").json() == {
        "verdict": "unreadable",
        "in_use": "unknown",
        "seal": None,
        "use": None,
    }


def test_a_file_beyond_the_limit_is_refused_in_words(stranger: Stranger):
    status, page = stranger.page(seal=bytes(4 * 1024 * 1024 + 1))
    assert (status, "at most 4 MiB" in page) == (413, True)
    answer = stranger.api(seal=bytes(4 * 1024 * 1024 + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "seal-file-too-large")


def test_nothing_of_it_is_kept(stranger: Stranger, vectors: Vectors, books: Books):
    def kept() -> list[Path]:
        return sorted(stranger.home.rglob("*"))

    before = kept()
    stranger.page(seal=vectors.seal)
    stranger.api(seal=vectors.signature)
    assert kept() == before
