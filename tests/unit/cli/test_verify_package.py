"""What is said of an evidence package reads in Chinese and in English, and what is wrong is said first."""

from __future__ import annotations

import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from printserver.archive.bag import pack
from printserver.cli.main import app
from printserver.cli.verify_package import Language, say
from printserver.verification.package_findings import (
    Check,
    DecisionShown,
    Finding,
    HandOverShown,
    PackageVerdict,
    PageShown,
    RecordShown,
    SigningShown,
    StepShown,
)

AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def verdict(*findings: Finding, test: bool = False, state: str = "printed") -> PackageVerdict:
    record = RecordShown(
        number="2026-000001",
        serial="0000-0000-0000-0000-0",
        title="供货合同",
        copy=1,
        copies=2,
        state=state,
        pages=(PageShown(1, "same", True, False),),
        issued_at=AT,
        printed_at=AT,
        archived_at=AT,
        signer="示例公司",
        manifest_sha256="0" * 64,
        decisions=(DecisionShown("approval", "approved", "王小明", "person", AT, "passkey"),),
        steps=(StepShown("approval", 1, 1),),
        seals=("合同专用章",),
        hand_overs=(
            HandOverShown("party", "乙方公司", "courier", "", "SF123", "2026-11-22T10:00:00.000000Z", proof=True),
            HandOverShown("us", "", "signature", "王小明", "", "2026-11-23T10:00:00.000000Z", proof=False),
        ),
        signings=(SigningShown(("李雷",), "上海", "2026-11-22T09:00:00.000000Z", True, "confirmed"),),
        entries=12,
        log_size=100,
        witnessed=None,
        left_out=("holds-pages-of-others",),
    )
    return PackageVerdict("示例公司", "f" * 64, 1, test, AT, (record,), findings)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            Language.ZH,
            [
                "✓ 真",
                "王小明 同意（审批；由本人通行密钥签名）",
                "审批：1/1",
                "李雷，2026-11-22 09:00，上海，事后补记",
                "乙方公司，2026-11-22 10:00（快递单号 SF123，附签收凭证）",
            ],
        ),
        (
            Language.EN,
            ["✓ GENUINE", "王小明 approved (approval; signed with", "approval: 1 of 1", "other people's pages"],
        ),
    ],
)
def test_a_genuine_package_is_told_in_the_chosen_language(language: Language, words: list[str]):
    said = "\n".join(say(verdict(Finding(Check.WHOLE)), Path("evidence.zip"), language, vouched=True))
    for each in words:
        assert each in said


def test_a_package_under_its_own_root_is_not_called_genuine():
    for language, words in ((Language.ZH, "无人担保"), (Language.EN, "NOBODY VOUCHES")):
        lines = list(say(verdict(Finding(Check.WHOLE)), Path("e.zip"), language, vouched=False))
        assert words in lines[0]


def test_what_is_wrong_is_named_and_nothing_is_called_genuine():
    lines = list(
        say(verdict(Finding(Check.PAGES, "page 2 is another one", "0000")), Path("e.zip"), Language.ZH, vouched=True)
    )
    assert lines[0].startswith("✗")
    assert not any("✓ 真" in line for line in lines)
    assert any("page 2 is another one" in line for line in lines)


def test_a_test_and_a_void_copy_are_said_to_be_that():
    lines = list(say(verdict(Finding(Check.WHOLE), test=True, state="void"), Path("e.zip"), Language.ZH, vouched=True))
    assert "测试件" in lines[0]
    assert any("已作废" in line for line in lines)


def test_a_package_that_is_not_there_is_said_to_be_missing(tmp_path: Path):
    answer = CliRunner().invoke(app, ["verify", str(tmp_path / "missing.zip"), "--root", "0" * 64])
    assert (answer.exit_code, "there is no file" in answer.output) == (2, True)


def test_a_zip_file_that_holds_no_package_is_no_answer_with_status_2(tmp_path: Path):
    (tmp_path / "bag.zip").write_bytes(pack("bag", {"letter.txt": b"hello"}, b""))
    with zipfile.ZipFile(tmp_path / "plain.zip", "w") as archive:
        archive.writestr("letter.txt", "hello")
    for name in ("bag.zip", "plain.zip"):
        answer = CliRunner().invoke(app, ["verify", str(tmp_path / name), "--root", "0" * 64])
        assert answer.exit_code == 2, answer.output
        assert "GENUINE" not in answer.output
