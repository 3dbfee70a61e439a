"""`printserver seal verify`: its words and its exit status."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from printserver.cli.main import app
from tests.seal_vectors import SM2, Vectors, make_vectors


@pytest.fixture(scope="module")
def vectors(tmp_path_factory: pytest.TempPathFactory) -> Vectors:
    return make_vectors(tmp_path_factory.mktemp("seal-command"), 5, SM2)


@pytest.fixture
def files(vectors: Vectors, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PRINTSERVER_HOME", str(tmp_path / "home"))
    (tmp_path / "seal.esl").write_bytes(vectors.seal)
    (tmp_path / "use.der").write_bytes(vectors.signature)
    (tmp_path / "data").write_bytes(vectors.data)
    (tmp_path / "other").write_bytes(b"other")
    (tmp_path / "forged.esl").write_bytes(vectors.seal.replace("合同".encode(), "财务".encode()))
    (tmp_path / "maker.der").write_bytes(vectors.maker.certificate)
    return tmp_path


def verify(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["seal", "verify", *map(str, arguments)])


def test_a_genuine_seal_is_told_in_both_languages(files: Path):
    answer = verify(files / "seal.esl", "--maker", files / "maker.der")
    assert answer.exit_code == 0, answer.output
    for words in (
        "真 GENUINE",
        "示例公司合同专用章",
        "GM/T 0031-2025",
        "SM2 SM3",
        "42 × 40 mm",
        "pinned",
        "31010500000001",
    ):
        assert words in answer.output


def test_a_use_is_compared_with_the_data_when_it_is_given(files: Path):
    maker = ("--maker", files / "maker.der")
    assert verify(files / "use.der", *maker).exit_code == 0
    same = verify(files / "use.der", "--data", files / "data", *maker)
    assert (same.exit_code, "this file" in same.output) == (0, True)
    other = verify(files / "use.der", "--data", files / "other", *maker)
    assert (other.exit_code, "OTHER DATA" in other.output) == (1, True)


def test_forged_unknown_and_unreadable_end_with_their_own_status(files: Path):
    assert verify(files / "forged.esl", "--maker", files / "maker.der").exit_code == 1
    stranger = verify(files / "seal.esl")
    assert (stranger.exit_code, "UNKNOWN MAKER" in stranger.output) == (3, True)
    assert verify(files / "data").exit_code == 2
    assert verify(files / "nothing.esl").exit_code == 2
    assert verify(files / "seal.esl", "--maker", files / "data").exit_code == 2


def test_makers_that_the_installation_pins_are_believed(files: Path, vectors: Vectors):
    folder = files / "home" / "public" / "seal-makers"
    folder.mkdir(parents=True)
    pem = base64.encodebytes(vectors.maker.certificate)
    (folder / "maker.pem").write_bytes(b"-----BEGIN CERTIFICATE-----\n" + pem + b"-----END CERTIFICATE-----\n")
    assert verify(files / "seal.esl").exit_code == 0
    (folder / "bad.pem").write_bytes(b"no certificate")
    assert verify(files / "seal.esl").exit_code == 2


def test_a_key_list_that_is_there_and_not_believed_answers_nothing(files: Path):
    keys = files / "home" / "public" / "print-keys.json"
    keys.parent.mkdir(parents=True)
    keys.write_text("{}")
    assert verify(files / "seal.esl").exit_code == 2
