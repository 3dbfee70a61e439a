"""`printserver verify` answers with its exit status and in words, and says loudly when nobody vouches for the list."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from cryptography.hazmat.primitives import serialization
from typer.testing import CliRunner, Result

from printserver.cli.verify import verify
from printserver.foundation.serials import PageCode
from tests.paper_books import Issuer, issuer, loose_body, pages_with_codes

__all__ = ["issuer"]

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


def test_without_a_root_the_answer_comes_with_a_loud_warning(text: str, keys: Path, root: str):
    result = run(text, keys)
    assert result.exit_code == 0
    assert "WARNING" in result.stderr
    assert root in result.stderr.replace(" ", "")


def test_a_fingerprint_beside_the_list_pins_it(text: str, keys: Path, root: str):
    keys.with_name("root.sha256").write_text(f"{root}  root\n")
    result = run(text, keys)
    assert result.exit_code == 0
    assert "WARNING" not in result.stderr
    keys.with_name("root.sha256").write_text("0" * 64)
    assert run(text, keys).exit_code == 2


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
