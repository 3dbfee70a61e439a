"""Wishes become places on the pages, and what is wrong or unusual with them is said with its page."""

from __future__ import annotations

import pytest
import typst
from hypothesis import given
from hypothesis import strategies as st
from pikepdf import Array, Dictionary, Name

from printserver.documents.intake import make_safe
from printserver.rendering.layout import plan_layout
from printserver.rendering.marks import SealPlace, seal_box
from printserver.rendering.page_images import CELL_UM, ink_maps
from printserver.rendering.page_layout import inside
from printserver.rendering.page_texts import page_texts
from printserver.rendering.placement import Document, WantedSeal, keywords_of, resolve
from printserver.rendering.placement_findings import WARNINGS, Finding, FindingKind
from printserver.rendering.places import AtKeyword, OnPage, OnPages, Place, Straddle
from tests.unit.rendering.papers import pdf_of
from tests.unit.rendering.test_straddle import page

TEXT = """
#set page(paper: "a4", margin: 30mm)
#set text(font: "Noto Serif CJK SC", size: 12pt)
#for n in range(12) [甲方应当在收到货物后十日内付清全部价款，逾期按日计收违约金。#parbreak()]
交货地点：\\_\\_\\_\\_\\_\\_\\_\\_
#pagebreak()
#v(60mm)
甲方（盖#linebreak()章）：\\_\\_\\_\\_\\_\\_ #h(40mm) 乙方（盖章）：\\_\\_\\_\\_\\_\\_
#parbreak()
2026 年 11 月 22 日
#pagebreak()
#rect(width: 50mm, height: 30mm)
"""
SIZE = 40_000


@pytest.fixture(scope="module")
def safe() -> bytes:
    compiled = typst.compile(TEXT.encode())
    assert isinstance(compiled, bytes)
    return make_safe(compiled).pdf


def placed(pdf: bytes, *wanted: Place, two_sided: bool = False):
    keywords = keywords_of(wanted)
    document = Document(plan_layout(pdf), page_texts(pdf, keywords), keywords, two_sided=two_sided)
    return document, resolve(document, [WantedSeal(b"", SIZE, SIZE, wanted)])


def kinds(findings) -> list[str]:
    return [finding.kind.value for finding in findings]


def test_a_keyword_is_found_over_a_line_break_and_the_seal_stands_on_it(safe):
    _, placement = placed(safe, AtKeyword("甲方（盖章）"))
    (place,) = placement.seals[0].places
    assert place.page == 2
    assert 30_000 < place.x_um < 50_000
    assert 80_000 < place.y_um < 110_000
    assert not placement.problems


def test_blank_space_width_and_case_do_not_matter(safe):
    _, narrow = placed(safe, AtKeyword("2026年11月22日"))
    _, wide = placed(safe, AtKeyword("\uff12\uff10\uff12\uff16 年11 月 22日"))
    assert narrow.seals == wide.seals
    assert narrow.seals[0].places[0].page == 2


def test_the_nth_the_last_and_all_of_a_keyword(safe):
    _, everywhere = placed(safe, AtKeyword("货物后", "all"))
    pages = [place.page for place in everywhere.seals[0].places]
    assert pages == [1] * 12
    _, third = placed(safe, AtKeyword("货物后", 3, 5_000, -2_000))
    wanted = everywhere.seals[0].places[2]
    assert third.seals[0].places == (SealPlace(1, wanted.x_um + 5_000, wanted.y_um - 2_000),)
    assert "keyword-found-more" in kinds(third.warnings)
    _, last = placed(safe, AtKeyword("货物后", "last"))
    assert last.seals[0].places == (everywhere.seals[0].places[-1],)


@pytest.mark.parametrize(
    ("wish", "kind"),
    [
        (AtKeyword("不存在的词"), "keyword-not-found"),
        (AtKeyword("不存在的词", "all"), "keyword-not-found"),
        (AtKeyword("货物后", 13), "keyword-too-seldom"),
        (OnPage(4, 100_000, 100_000), "no-such-page"),
        (OnPages("2-5", 100_000, 100_000), "no-such-page"),
        (OnPage(1, 10_000, 100_000), "off-page"),
        (OnPage(1, 190_000, 30_000), "over-code"),
        (Straddle(pages="1"), "straddle-needs-pages"),
    ],
)
def test_a_wish_that_cannot_be_met_says_why(safe, wish, kind):
    _, placement = placed(safe, wish)
    assert kind in kinds(placement.problems)
    assert all(str(finding) for finding in placement.findings)


def test_what_is_against_custom_is_a_warning_with_its_page(safe):
    _, placement = placed(safe, OnPage(1, 90_000, 250_000))
    assert not placement.problems
    said = {(finding.kind.value, finding.page) for finding in placement.warnings}
    assert said == {("beside-signature", 2), ("far-from-text", 1), ("unfilled-blanks", 1), ("page-without-text", 3)}
    _, over_the_date = placed(safe, AtKeyword("2026年11月22日"))
    assert {finding.kind.value for finding in over_the_date.warnings} == {"unfilled-blanks", "page-without-text"}


def test_two_sided_sheets_carry_slices_on_their_fronts_alone(safe):
    _, placement = placed(safe, Straddle(), two_sided=True)
    assert [place.page for place in placement.seals[0].places] == [1, 3]


@pytest.mark.parametrize(
    "media",
    [
        {"Rotate": 90},
        {"Rotate": 180},
        {"Rotate": 270},
        {"MediaBox": Array([-300, -400, 295, 442])},
        {"MediaBox": Array([0, 0, 842, 1191])},
        {"MediaBox": Array([0, 0, 226, 600])},
        {"MediaBox": Array([0, 0, 842, 595])},
        {"CropBox": Array([50, 50, 400, 700])},
    ],
    ids=["rotated 90", "rotated 180", "rotated 270", "negative origin", "A3", "receipt", "landscape", "cropped"],
)
def test_words_are_found_where_odd_pages_show_them(media):
    left, bottom = (float(side) for side in list(media.get("MediaBox", [0, 0]))[:2])
    content = f"BT /F1 14 Tf 1 0 0 1 {left + 120:g} {bottom + 300:g} Tm (Seal here please) Tj ET".encode()
    font = Dictionary(F1=Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica))
    pdf = make_safe(pdf_of(Dictionary(Resources=Dictionary(Font=font), **media), content=content)).pdf
    document, placement = placed(pdf, AtKeyword("seal here"))
    (seal,) = placement.seals
    (place,) = seal.places
    box = seal_box(document.layout[0], seal, place)
    (ink,) = ink_maps(pdf)
    rows, columns = ink.cells.nonzero()
    middle = ((int(side.min()) + int(side.max()) + 1) * CELL_UM // 2 for side in (columns, rows))
    moved = document.layout[0].content.apply(*middle)
    assert abs(box.x_um + SIZE // 2 - moved[0]) < 12_000
    assert abs(box.y_um + SIZE // 2 - moved[1]) < 12_000


@given(
    st.lists(
        st.one_of(
            st.builds(OnPage, st.integers(1, 6), st.integers(0, 300_000), st.integers(0, 300_000)),
            st.builds(OnPages, st.sampled_from(["all", "2-3"]), st.integers(0, 300_000), st.integers(0, 300_000)),
            st.just(Straddle()),
        ),
        min_size=1,
        max_size=4,
    ),
    st.booleans(),
)
def test_what_resolves_without_a_problem_lies_on_the_pages_and_resolves_to_itself(wanted, two_sided):
    document = Document(tuple(page(at) for at in range(1, 6)), two_sided=two_sided)
    first = resolve(document, [WantedSeal(b"", SIZE, SIZE, tuple(wanted))])
    (seal,) = first.seals
    if not first.problems:
        assert all(
            inside(seal_box(document.layout[place.page - 1], seal, place), document.layout[0].size)
            for place in seal.places
        )
    whole = [OnPage(place.page, place.x_um, place.y_um) for place in seal.places if place.part is None]
    again = resolve(document, [WantedSeal(b"", SIZE, SIZE, tuple(whole))])
    assert [place for place in seal.places if place.part is None] == list(again.seals[0].places)


def test_every_finding_has_its_sentence_and_its_json():
    for kind in FindingKind:
        said = Finding(kind, page=3, seal=2, keyword="章", count=2)
        assert "{" not in str(said)
        assert said.to_json()["code"] == kind
        assert said.is_warning == (kind in WARNINGS)
