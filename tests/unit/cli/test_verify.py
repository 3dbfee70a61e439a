"""`printserver verify` answers with its exit status and in words, and says loudly when nobody vouches for the list."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import typer
from cryptography.hazmat.primitives import serialization
from typer.testing import CliRunner, Result

from printserver.audit.proofs import Prover
from printserver.cli.verify import verify
from printserver.foundation.serials import PageCode
from printserver.signing.published_key import KeyUsage
from printserver.verification.bundle import make_bundle
from tests.paper_books import Books, Issuer, books, issuer, loose_body
from tests.paper_drawings import page_pixels, pages_with_codes, png_of

__all__ = ["books", "issuer"]

application = typer.Typer()
application.command()(verify)


@pytest.fixture
def keys(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    file = tmp_path / "KEYS.json"
    file.write_bytes(own(request).key_list_bytes())
    return file


@pytest.fixture
def text(request: pytest.FixtureRequest) -> str:
    return own(request).text(loose_body(own(request), page=2, pages=3))


@pytest.fixture
def root(request: pytest.FixtureRequest) -> str:
    return own(request).root.fingerprint


def own(request: pytest.FixtureRequest) -> Issuer:
    found = request.getfixturevalue("issuer")
    assert isinstance(found, Issuer)
    return found


def run(subject: str | Path, keys: Path, *options: str) -> Result:
    return CliRunner().invoke(application, ["--keys", str(keys), *options, str(subject)])


def test_a_genuine_code_is_told_in_words_with_status_0(text: str, keys: Path, root: str):
    result = run(text, keys, "--root", root.upper())
    assert result.exit_code == 0
    assert result.stderr == ""
    for words in (
        "GENUINE",
        "示例公司",
        "organisation 7",
        "1 of 2",
        "2 of 3",
        "2026-11-20 08:30:00 UTC",
        "voided since",
    ):
        assert words in result.stdout


def test_what_was_signed_with_keys_for_tests_says_so_and_is_not_genuine(
    text: str, keys: Path, root: str, issuer: Issuer
):
    keys.write_bytes(issuer.key_list_bytes(test=True))
    result = run(text, keys, "--root", root)
    assert result.exit_code == 1
    assert "TEST, NOT VALID" in result.stdout
    assert "GENUINE" not in result.stdout


def test_a_code_that_was_changed_is_not_genuine_with_status_1(text: str, keys: Path, root: str):
    for changed in (text[:-1] + str((int(text[-1]) + 1) % 10), text[:-1], text + "0", "https://evil.example/"):
        result = run(changed, keys, "--root", root)
        assert result.exit_code == 1
        assert "NOT GENUINE" in result.stdout


def test_a_genuine_pdf_is_told_in_words_with_status_0(request: pytest.FixtureRequest, keys: Path, root: str):
    issuer = own(request)
    body = loose_body(issuer)
    pdf = issuer.sign_file(pages_with_codes([issuer.text(body)], [PageCode(body.serial, 1)]))
    file = keys.with_name("copy.pdf")
    file.write_bytes(pdf)
    result = run(file, keys, "--root", root)
    assert result.exit_code == 0
    assert str(body.serial) in result.stdout
    file.write_bytes(pdf + b"%")
    result = run(file, keys, "--root", root)
    assert result.exit_code == 1
    assert "✓" not in result.stdout


@pytest.mark.parametrize("subject", ["missing.pdf", "no code at all", "123", "x" * 5000])
def test_what_is_neither_code_nor_file_is_no_answer_with_status_2(subject: str, keys: Path, root: str):
    result = run(subject, keys, "--root", root)
    assert result.exit_code == 2
    assert result.stdout == ""


def test_another_root_makes_the_list_unusable(text: str, keys: Path, root: str):
    for wrong in ("0" * 64, "abc", root[:-1], str(keys)):
        result = run(text, keys, "--root", wrong)
        assert result.exit_code == 2
        assert result.stdout == ""


def test_a_damaged_or_missing_list_is_unusable(text: str, keys: Path, root: str):
    assert run(text, keys.with_name("none.json"), "--root", root).exit_code == 2
    keys.write_bytes(keys.read_bytes().replace(b'"sequence":1', b'"sequence":2'))
    assert run(text, keys, "--root", root).exit_code == 2
    assert run(text, keys).exit_code == 2


def test_without_a_root_nobody_vouches_for_the_answer_and_the_status_is_3(text: str, keys: Path, root: str):
    result = run(text, keys)
    assert result.exit_code == 3
    assert "NOBODY VOUCHES" in result.stdout
    assert "✓" not in result.stdout
    assert "WARNING" in result.stderr
    assert root in result.stderr.replace(" ", "")
    changed = f"{text[:-1]}{(int(text[-1]) + 1) % 10}"
    assert run(changed, keys).exit_code == 1


def test_a_file_beside_the_list_vouches_for_nothing_as_the_same_stranger_may_have_put_it_there(
    text: str, keys: Path, root: str
):
    keys.with_name("root.sha256").write_text(f"{root}  root\n")
    assert run(text, keys).exit_code == 3


def test_the_root_may_be_a_file_with_its_fingerprint_or_certificate(
    request: pytest.FixtureRequest, text: str, keys: Path, root: str
):
    file = keys.with_name("pinned")
    file.write_text(" ".join(root[at : at + 8] for at in range(0, 64, 8)))
    assert run(text, keys, "--root", str(file)).exit_code == 0
    file.write_bytes(own(request).root.certificate.public_bytes(serialization.Encoding.PEM))
    result = run(text, keys, "--root", str(file))
    assert result.exit_code == 0
    assert "WARNING" not in result.stderr


def invoke(*arguments: str | Path) -> Result:
    return CliRunner().invoke(application, [str(argument) for argument in arguments])


def test_a_picture_of_the_code_is_read_and_judged(
    request: pytest.FixtureRequest, text: str, keys: Path, root: str, tmp_path: Path
):
    serial = loose_body(own(request)).serial
    picture = tmp_path / "photo.png"
    picture.write_bytes(png_of(page_pixels(pages_with_codes([text], [PageCode(serial, 2)]))))
    result = run(picture, keys, "--root", root)
    assert result.exit_code == 0, result.output
    assert "2 of 3" in result.stdout
    picture.write_bytes(png_of(np.full((800, 600, 3), 255, np.uint8)))
    assert run(picture, keys, "--root", root).exit_code == 2


def test_a_kept_proof_needs_no_key_list_besides_and_only_its_root(books: Books, root: str, tmp_path: Path):
    copy = books.copy()
    books.log_issue(copy, tmp_path / "witness.jsonl")
    with books.database.reading() as work:
        made = make_bundle(work, Prover(), copy.id, books.text(copy), books.issuer.key_list_bytes())
    kept = tmp_path / "kept.json"
    kept.write_bytes(made)
    result = invoke("--bundle", kept, "--root", root)
    assert result.exit_code == 0, result.output
    assert "entry 2 of 2" in result.stdout
    assert str(copy.serial) in result.stdout
    assert invoke("--bundle", kept).exit_code == 3
    stolen, newer = books.issuer.entry(KeyUsage.CODE), tmp_path / "newer.json"
    newer.write_bytes(books.issuer.key_list_bytes(stolen.revoked(stolen.not_before), sequence=2))
    assert invoke("--bundle", kept, "--root", root, "--keys", newer).exit_code == 1
    kept.write_bytes(made.replace(b'"position":1', b'"position":0'))
    assert invoke("--bundle", kept, "--root", root).exit_code == 1
    for unusable in (b"{}", made.replace(b'"sequence":1', b'"sequence":2')):
        kept.write_bytes(unusable)
        assert invoke("--bundle", kept, "--root", root).exit_code == 2
    assert invoke("--bundle", tmp_path / "none.json").exit_code == 2
    assert invoke("some text").exit_code == 2


def test_the_page_that_checks_in_a_browser_is_written(keys: Path, root: str, tmp_path: Path):
    out = tmp_path / "verify.html"
    assert invoke("page", "--out", out, "--keys", keys, "--root", root).exit_code == 0
    assert root[:8] in out.read_text("utf-8")
    assert invoke("page", "--out", out, "--keys", keys).exit_code == 3
    assert invoke("page", "--out", tmp_path / "no" / "x.html", "--keys", keys, "--root", root).exit_code == 2
