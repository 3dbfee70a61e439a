"""Pictures, two engines, signatures, and what a person has to confirm."""

from __future__ import annotations

import io
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import numpy as np
import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from printserver.documents.engine_difference import SUSPICIOUS_UM2, differing_um2
from printserver.documents.engines import Compared, EnginePictureMissing, compare_engines, engine_picture
from printserver.documents.findings import Findings, MadeFrom, NotConfirmed, Question, Source
from printserver.documents.fonts import Replaced
from printserver.documents.found_signatures import UNREADABLE, FoundSignature, found_signatures
from printserver.documents.handing_in import hand_in
from printserver.documents.intake import make_safe
from printserver.documents.picture_process import drawn
from printserver.foundation.limited_process import ProcessLimits
from printserver.rendering.units import A4_LANDSCAPE, A4_PORTRAIT
from tests.sealed_store import sealed_store
from tests.unit.rendering.papers import contract


def picture(kind: str, size: tuple[int, int], mode: str = "RGB", **options: object) -> bytes:
    written = io.BytesIO()
    Image.new(mode, size, "red" if mode == "RGB" else 0).save(written, kind, **options)
    return written.getvalue()


def page_sizes(pdf: bytes) -> list[tuple[int, int]]:
    """In millimetres."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        boxes = [[float(side) for side in page.mediabox] for page in opened.pages]
    return [(round(box[2] / 72 * 25.4), round(box[3] / 72 * 25.4)) for box in boxes]


def test_a_picture_has_the_size_that_it_names_or_that_a4_allows():
    assert page_sizes(drawn(picture("PNG", (1240, 1754), dpi=(150, 150)))) == [(210, 297)]
    assert page_sizes(drawn(picture("PNG", (300, 150)))) == [(51, 25)]
    assert page_sizes(drawn(picture("WEBP", (4000, 3000)))) == [(280, 210)]
    assert page_sizes(drawn(picture("JPEG", (4000, 3000), dpi=(72, 72)))) == [(280, 210)]


@pytest.mark.parametrize("kind", ["GIF", "BMP", "PPM"])
def test_whole_pictures_of_other_formats_are_not_decoded(kind: str):
    with pytest.raises(OSError, match="cannot identify"):
        drawn(picture(kind, (300, 150)))


def test_a_fax_keeps_its_shape_though_its_dots_are_twice_as_high_as_wide():
    fax = picture("TIFF", (1728, 1143), mode="1", dpi=(204, 98))
    assert page_sizes(drawn(fax)) == [(210, 289)]


def test_a_phone_photo_stands_upright_and_a_tiff_has_as_many_pages_as_pictures():
    turned = Image.Exif()
    turned[0x112] = 6
    assert page_sizes(drawn(picture("JPEG", (4000, 3000), exif=turned))) == [(210, 280)]
    pages = [Image.new("1", (1240, 1754), 1) for _ in range(3)]
    written = io.BytesIO()
    pages[0].save(written, "TIFF", save_all=True, append_images=pages[1:], dpi=(150, 150))
    handed = hand_in(written.getvalue())
    assert handed.safe.pages == (A4_PORTRAIT,) * 3
    assert (handed.findings.source, handed.findings.open_questions) == (Source.PICTURE, frozenset())
    assert handed.safe.original_sha256 == sha256(written.getvalue()).hexdigest()
    assert hand_in(picture("PNG", (400, 300))).safe.pages == (A4_LANDSCAPE,)


def ink(**changed: tuple[int, int, int, int]) -> np.ndarray:
    """A white page of 100 × 100 mm with dark boxes, `name=(top, left, height, width)` in dots."""
    page = np.full((567, 567), 255, np.uint8)
    for top, left, height, width in ((100, 100, 20, 300), *changed.values()):
        page[top : top + height, left : left + width] = 0
    return page


def test_smoothing_and_a_dot_of_shift_differ_in_nothing_and_another_word_does():
    assert differing_um2(ink(), ink()) == 0
    assert differing_um2(ink(), np.roll(ink(), 1, axis=1)) < SUSPICIOUS_UM2
    assert differing_um2(ink(), ink(word=(300, 200, 12, 40))) > SUSPICIOUS_UM2
    assert differing_um2(ink(), ink()[:300]) > SUSPICIOUS_UM2, "pages of other sizes are not compared"


def test_both_engines_draw_an_ordinary_contract_alike_and_show_it():
    safe = make_safe(contract()).pdf
    assert compare_engines(safe, 3) == Compared((), 0)
    assert engine_picture(safe, 1, "poppler")[:4] == engine_picture(safe, 1, "pdfium")[:4] == b"RIFF"
    with pytest.raises(EnginePictureMissing):
        engine_picture(safe, 9, "poppler")


def test_pages_that_cannot_be_compared_in_time_are_unseen_and_never_the_same():
    safe = make_safe(contract(3)).pdf
    compared = compare_engines(safe, 1, ProcessLimits(memory_bytes=1 << 20))
    assert compared == Compared((), 1)
    assert Findings(unseen_pages=compared.unseen).open_questions == {Question.NOT_COMPARED}


def test_a_signature_that_nobody_can_read_is_not_intact_and_the_untouched_file_is_kept(tmp_path: Path):
    assert found_signatures(contract()) == ()
    assert found_signatures(b"%PDF-1.7 /ByteRange [0 1 2 3]") == (UNREADABLE,)
    data = contract() + b"% /ByteRange\n"
    handed = hand_in(data)
    objects, owner = sealed_store(tmp_path), uuid4()
    handed.keep(objects, owner)
    assert handed.findings.original_kept is (len(list(objects.digests(owner))) == 2) is bool(handed.findings.signatures)


def test_nothing_is_confirmed_but_what_was_asked():
    found = Findings(differing_pages=(2,), fonts_replaced=(Replaced("A", "B"),))
    with pytest.raises(NotConfirmed) as refused:
        found.confirm(["engines-differ", "not-compared"]).require_confirmed()
    assert refused.value.questions == (Question.FONTS_REPLACED,)
    found.confirm(["engines-differ"]).confirm(["fonts-replaced"]).require_confirmed()
    assert Findings().confirm(["signature-broken"]).confirmed == frozenset()


@given(
    st.builds(
        Findings,
        source=st.sampled_from(Source),
        fonts_replaced=st.lists(st.builds(Replaced, st.text(), st.text())).map(tuple),
        differing_pages=st.lists(st.integers(1, 99)).map(tuple),
        signatures=st.lists(st.builds(FoundSignature, st.text(), st.booleans(), st.booleans(), st.text())).map(tuple),
        made_from=st.none()
        | st.builds(MadeFrom, st.text(), st.integers(1), st.text(), st.text(), st.dictionaries(st.text(), st.text())),
        confirmed=st.frozensets(st.sampled_from(Question)),
    )
)
def test_findings_are_the_same_after_a_journey_through_json(found: Findings):
    assert Findings.of_json(found.to_json()) == found
