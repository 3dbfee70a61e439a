"""Office files: what they name is known before they are converted, what lies elsewhere is refused, one is converted."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Final

import pikepdf
import pytest

from printserver.documents import office
from printserver.documents.font_rule import FontRule
from printserver.documents.fonts import replaced_fonts
from printserver.documents.handing_in import HandInRules, hand_in
from printserver.documents.intake import NotAPdf
from printserver.documents.office_package import OfficeRefused, read_package
from tests.unit.documents.office_files import open_text, outside, word_file

NOWHERE: Final = "No Such Face"
OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def test_fonts_are_those_of_text_that_is_there():
    assert read_package(word_file("Hello", "Calibri", "宋体")).fonts == {"Calibri"}
    assert read_package(word_file("合同", "Calibri", "宋体")).fonts == {"Calibri", "宋体"}
    embedded = '<w:font w:name="Calibri"><w:embedRegular/></w:font>'
    assert read_package(word_file("Hello", "Calibri", font_table=embedded)).fonts == frozenset()
    faces = '<style:font-face style:name="F1" svg:font-family="\'Some Face\'"/>'
    used = '<style:text-properties style:font-name="F1" style:font-name-asian="F2"/><text:p>Hello</text:p>'
    assert read_package(open_text(faces + used)).fonts == {"Some Face"}


@pytest.mark.parametrize(
    "data",
    [
        word_file("x", "A", relation=outside("image", "file:///etc/passwd")),
        word_file("x", "A", relation=outside("oleObject", "http://example.test/a")),
        word_file("x", "A", inside='<w:r><w:instrText>INCLUDEPICTURE "http://example.test/a"</w:instrText></w:r>'),
        open_text('<draw:image xlink:href="http://example.test/a.png"/>'),
        open_text('<text:section-source xlink:href="../../etc/passwd"/>'),
        rb"{\rtf1 {\field{\*\fldinst INCLUDETEXT c:\\a}}}",
    ],
)
def test_what_takes_a_part_from_elsewhere_is_refused(data: bytes):
    with pytest.raises(OfficeRefused) as refusal:
        read_package(data)
    assert refusal.value.code == "office-links-outside"


def test_links_to_click_on_and_parts_inside_are_no_parts_from_elsewhere():
    linked = word_file("INCLUDETEXT is a word", "A", relation=outside("hyperlink", "https://example.test/"))
    assert read_package(linked).suffix == "docx"
    assert read_package(open_text('<draw:image xlink:href="Pictures/a.png"/>')).suffix == "odt"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"PK\x03\x04 broken", "office-damaged"),
        (OLE + bytes(100), "office-unknown"),
        (OLE + "EncryptedPackage".encode("utf-16-le") + bytes(2), "office-protected"),
        (open_text("", mimetype="application/vnd.oasis.opendocument.graphics"), "office-unknown"),
        (open_text("<!DOCTYPE x>"), "office-damaged"),
    ],
)
def test_what_is_no_office_file_of_ours_is_refused_with_its_reason(data: bytes, code: str):
    with pytest.raises(OfficeRefused) as refusal:
        read_package(data)
    assert refusal.value.code == code


def test_fonts_that_are_here_are_not_replaced_under_any_of_their_names():
    assert replaced_fonts(["DejaVu Sans", "dejavu sans", "Noto Serif CJK SC"]) == ()
    replaced = replaced_fonts([NOWHERE, "-x:lang=zh", "a\nb"])
    assert [each.name for each in replaced] == ["-x:lang=zh", NOWHERE]
    assert all(each.substitute for each in replaced)


@pytest.mark.parametrize(
    ("family", "names"),
    [
        ("Noto Serif CJK SC", ["宋体", "仿宋", "仿宋_GB2312", "楷体", "方正小标宋简体", "SimSun", "FangSong"]),
        ("Noto Sans CJK SC", ["黑体", "微软雅黑", "SimHei"]),
    ],
)
def test_chinese_fonts_are_replaced_by_the_nearest_and_the_question_names_it(family: str, names: list[str]):
    assert {each.name: each.substitute for each in replaced_fonts(names)} == dict.fromkeys(names, family)


def test_a_machine_without_libreoffice_says_so(tmp_path: Path):
    with pytest.raises(office.OfficeNotHere):
        office.convert_office(word_file("Hello", "A"), program=tmp_path / "soffice.bin")


def test_an_office_file_becomes_pages_and_the_fonts_that_stand_in_must_be_confirmed():
    data = word_file("Hello 合同", NOWHERE, "仿宋_GB2312")
    handed = hand_in(data)
    assert handed.findings.fonts_replaced == replaced_fonts([NOWHERE, "仿宋_GB2312"])
    assert handed.findings.open_questions == {"fonts-replaced"}
    with pikepdf.open(io.BytesIO(handed.safe.pdf)) as pdf:
        assert len(pdf.pages) == 1
        fonts = [
            str(each.BaseFont) for each in pdf.objects if isinstance(each, pikepdf.Dictionary) and "/BaseFont" in each
        ]
        assert any("NotoSerifCJK" in font for font in fonts)
        assert not any("NotoSansCJK" in font for font in fonts)


def test_by_setting_fonts_that_are_missing_are_refused():
    with pytest.raises(office.FontsMissing):
        hand_in(word_file("Hello", NOWHERE), HandInRules(fonts=FontRule.REFUSE))


def test_what_is_neither_pdf_nor_picture_nor_office_file_is_refused():
    for data in (b"", b"MZ", b" %PDF-1.7", b"<html>"):
        with pytest.raises(NotAPdf):
            hand_in(data)
