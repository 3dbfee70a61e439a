"""What leaves intake is a page's drawing and nothing else; what cannot be made safe is refused with its reason."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from typing import Any

import numpy as np
import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Object, String
from PIL import Image
from reportlab.lib.colors import CMYKColor, CMYKColorSep, Color
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen import canvas

from printserver.documents.intake import (
    DocumentRefused,
    DocumentTooDemanding,
    DocumentTooLarge,
    IntakeLimits,
    make_safe,
)
from printserver.foundation.errors import Malformed, TooLarge
from printserver.foundation.limited_process import ProcessLimits
from printserver.rendering.units import A4_LANDSCAPE, A4_PORTRAIT
from tests.unit.documents.hostile_pdfs import DISARMED, REFUSED, VISIBLE, drawing_bomb, flate_bomb, made
from tests.unit.rendering.papers import contract, middle_of_colour, pdf_of, qpdf_is_content, raster

FORBIDDEN = """
    /JS /JavaScript /Launch /URI /XFA /AcroForm /Annots /EmbeddedFiles /EF /OpenAction /AA /A /GoToR /Metadata
    /OCProperties /OCGs /OCG /OC /F /FS /Ref /PS /Names /Outlines /Info /PieceInfo /StructTreeRoot /SubmitForm
    /RichMedia /RichMediaContent /OPI /Alternates /HT /TR /Filespec /Collection /Dests /Perms
"""


def names_within(pdf: bytes) -> set[str]:
    """Every name in the file, as a key or as a value, of every object."""
    found: set[str] = set()

    def walk(value: object) -> None:
        if isinstance(value, Name):
            found.add(str(value))
        elif isinstance(value, Array):
            for item in value:
                walk(item)
        elif isinstance(value, (Dictionary, pikepdf.Stream)):
            for key, item in value.items():
                found.add(key)
                if not (isinstance(item, Object) and item.is_indirect):
                    walk(item)

    with pikepdf.open(io.BytesIO(pdf)) as opened:
        for item in opened.objects:
            walk(item)
        walk(opened.trailer)
    return found


@pytest.mark.parametrize("case", DISARMED)
def test_nothing_that_acts_is_left_and_the_page_still_shows(case, tmp_path):
    safe = make_safe(DISARMED[case]).pdf
    assert not names_within(safe) & set(FORBIDDEN.split())
    assert safe.startswith(b"%PDF-")
    assert safe.count(b"startxref") == safe.count(b"%%EOF") == 1
    assert qpdf_is_content(safe, tmp_path)
    assert np.asarray(raster(safe, tmp_path, dpi=36))[150, 100].tolist() == [0, 0, 255]


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_made_safe_is_refused_with_its_reason(case):
    pdf, code = REFUSED[case]
    with pytest.raises(DocumentRefused) as refusal:
        make_safe(pdf)
    assert refusal.value.code == code
    assert str(refusal.value).startswith(refusal.value.diagnosis)
    assert isinstance(refusal.value, Malformed)


def test_a_file_larger_than_allowed_is_refused_unread():
    with pytest.raises(DocumentTooLarge) as refusal:
        make_safe(b"x" * 101, IntakeLimits(max_bytes=100))
    assert isinstance(refusal.value, TooLarge)


def test_the_same_bytes_give_the_same_document():
    first = make_safe(contract(3))
    assert make_safe(contract(3)) == first
    assert first.original_sha256 == hashlib.sha256(contract(3)).hexdigest()
    assert first.safe_sha256 == hashlib.sha256(first.pdf).hexdigest()


def test_what_is_safe_stays_the_same_however_often_it_is_handed_in_again():
    safe = make_safe(contract(3))
    assert make_safe(safe.pdf).pdf == safe.pdf


def test_the_file_bears_no_date_and_no_producer():
    assert not names_within(make_safe(contract(3)).pdf) & {"/CreationDate", "/ModDate", "/Producer", "/Creator"}


def test_a_contract_looks_as_it_did(tmp_path):
    before = np.asarray(raster(contract(3), tmp_path, dpi=100)).astype(int)
    after = np.asarray(raster(make_safe(contract(3)).pdf, tmp_path, dpi=100)).astype(int)
    assert (abs(before - after) > 40).any(axis=2).mean() < 0.001


def picture_book() -> bytes:
    """Photograph, transparency, gradients, spot colour and a Chinese font that is not embedded."""
    target, pixels = io.BytesIO(), np.random.default_rng(1).integers(0, 255, (60, 80, 3), np.uint8)
    photograph = io.BytesIO()
    Image.fromarray(pixels).save(photograph, "JPEG")
    veiled = Image.fromarray(pixels).convert("RGBA")
    veiled.putalpha(120)
    page = canvas.Canvas(target)
    page.drawImage(ImageReader(photograph), 50, 600, 200, 150)
    page.drawImage(ImageReader(veiled), 300, 600, 200, 150, mask="auto")
    page.linearGradient(50, 300, 250, 500, (Color(1, 0, 0), Color(0, 0, 1)), extend=False)
    page.radialGradient(400, 400, 80, (Color(0, 1, 0), Color(1, 1, 0)), extend=False)
    page.setFillColor(CMYKColorSep(1, 0, 0, 0, spotName="SPOT"))
    page.rect(50, 200, 100, 50, fill=1)
    page.setFillColor(CMYKColor(0, 1, 0, 0, alpha=0.5))
    page.rect(100, 220, 100, 50, fill=1)
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    page.setFont("STSong-Light", 20)
    page.drawString(50, 150, "中文 abc")
    page.save()
    return target.getvalue()


def test_pictures_gradients_and_transparency_look_as_they_did(tmp_path):
    safe = make_safe(picture_book())
    before, after = (np.asarray(raster(pdf, tmp_path, dpi=72)).astype(int) for pdf in (picture_book(), safe.pdf))
    assert abs(before - after).mean() < 0.2
    assert "STSong-Light" in safe.fonts_not_embedded


SIZES: dict[str, Any] = {
    "A4": ([0, 0, 595.276, 841.89], 0, A4_PORTRAIT, (105, 148.5), 35.28),
    "A4 lying": ([0, 0, 841.89, 595.276], 0, A4_LANDSCAPE, (148.5, 105), 35.28),
    "A4 turned": ([0, 0, 595.276, 841.89], 90, A4_LANDSCAPE, (148.5, 105), 35.28),
    "A3": ([0, 0, 841.89, 1190.551], 0, A4_PORTRAIT, (105, 148.5), 35.28 * 0.7071),
    "A5 is centred, not enlarged": ([0, 0, 419.528, 595.276], 270, A4_LANDSCAPE, (148.5, 105), 35.28),
    "letter": ([0, 0, 612, 792], 180, A4_PORTRAIT, (105, 148.5), 35.28 * 595.276 / 612),
    "receipt": ([10, 20, 236, 1000], 0, A4_PORTRAIT, (105, 148.5), 35.28 * 841.89 / 980),
}


@pytest.mark.parametrize("case", SIZES)
def test_every_page_becomes_a4(case, tmp_path):
    """A green square of 100 points in the middle of the page stays in the middle, no larger than it was."""
    box, rotation, size, middle, side = SIZES[case]
    x, y = (box[0] + box[2]) / 2 - 50, (box[1] + box[3]) / 2 - 50
    page = Dictionary(MediaBox=Array(box), Rotate=rotation)
    safe = make_safe(pdf_of(page, content=f"0 1 0 rg {x} {y} 100 100 re f".encode()))
    picture = raster(safe.pdf, tmp_path, dpi=144)
    assert safe.pages == (size,)
    assert middle_of_colour(picture, dpi=144, red=False) == pytest.approx(middle, abs=0.2)
    area = (np.asarray(picture)[..., 0] < 100).sum() * (25.4 / 144) ** 2
    assert area == pytest.approx(side * side, rel=0.02)


def test_what_the_crop_box_hides_stays_hidden(tmp_path):
    page = Dictionary(CropBox=Array([100, 100, 400, 400]))
    safe = make_safe(pdf_of(page, content=b"1 0 0 rg 0 0 90 800 re f 0 1 0 rg 240 240 20 20 re f"))
    picture = np.asarray(raster(safe.pdf, tmp_path, dpi=72))
    assert not ((picture[..., 0] > 200) & (picture[..., 1] < 50)).any()
    assert ((picture[..., 1] > 200) & (picture[..., 0] < 50)).any()


def annotated(**entries: object) -> bytes:
    def change(pdf: pikepdf.Pdf, page: Object) -> None:
        look = pdf.make_stream(b"0 1 0 rg 0 0 50 50 re f", BBox=Array([0, 0, 50, 50]), AA=Dictionary(S=Name.JavaScript))
        annotation = Dictionary(Type=Name.Annot, Rect=Array([300, 300, 400, 400]), AP=Dictionary(N=look))
        for key, value in entries.items():
            annotation[f"/{key}"] = value
        if "/AS" in annotation:
            annotation.AP.N = Dictionary(Yes=look)
        page.Annots = Array([annotation])

    return made(change)


SHOWN = {
    "field": {"Subtype": Name.Widget, "F": 4, "FT": Name.Tx, "V": String("x")},
    "ticked box": {"Subtype": Name.Widget, "F": 4, "FT": Name.Btn, "AS": Name.Yes},
    "stamp": {"Subtype": Name.Stamp, "F": 4},
}
NOT_SHOWN = {
    "box not ticked": {"Subtype": Name.Widget, "F": 4, "FT": Name.Btn, "AS": Name.Off},
    "hidden stamp": {"Subtype": Name.Stamp, "F": 6},
    "stamp for paper only": {"Subtype": Name.Stamp, "F": 36},
    "stamp for screens only": {"Subtype": Name.Stamp, "F": 0},
    "link": {"Subtype": Name.Link, "F": 4},
    "stamp without area": {"Subtype": Name.Stamp, "F": 4, "Rect": Array([300, 300, 300, 400])},
}


@pytest.mark.parametrize("case", SHOWN)
def test_a_printed_annotation_with_a_fixed_look_becomes_part_of_the_page(case, tmp_path):
    safe = make_safe(annotated(**SHOWN[case]))
    assert (safe.annotations_flattened, safe.annotations_dropped) == (1, 0)
    assert not names_within(safe.pdf) & set(FORBIDDEN.split())
    middle = 350 / 72 * 25.4
    found = middle_of_colour(raster(safe.pdf, tmp_path, dpi=100), dpi=100, red=False)
    assert found == pytest.approx((middle, 297 - middle), abs=0.3)


@pytest.mark.parametrize("case", NOT_SHOWN)
def test_an_annotation_that_paper_would_not_show_is_dropped_and_counted(case, tmp_path):
    safe = make_safe(annotated(**NOT_SHOWN[case]))
    assert (safe.annotations_flattened, safe.annotations_dropped) == (0, 1)
    picture = np.asarray(raster(safe.pdf, tmp_path, dpi=36)).astype(int)
    assert not ((picture[..., 1] > 200) & (picture[..., 0] < 100)).any()


def test_fonts_that_a_printer_would_replace_are_named():
    assert make_safe(made(lambda pdf, page: None)).fonts_not_embedded == ("Helvetica",)
    assert make_safe(contract(3)).fonts_not_embedded == ()


def test_names_in_a_chinese_encoding_do_no_harm():
    """Older Chinese programs write font names as GBK bytes, which are no UTF-8."""
    pdf = made(lambda pdf, page: None).replace(b"/Helvetica", b"/#cb#ce#cc")
    assert make_safe(pdf).fonts_not_embedded == ("#cb#ce#cc",)


LITTLE = ProcessLimits(memory_bytes=512 << 20, cpu_seconds=5, wall_seconds=60)


def test_a_bomb_of_bytes_is_bounded():
    with pytest.raises(DocumentTooDemanding):
        make_safe(flate_bomb(), IntakeLimits(rebuilding=LITTLE))


def test_a_page_of_endless_drawing_is_bounded_and_named():
    with pytest.raises(DocumentTooDemanding) as refusal:
        make_safe(drawing_bomb(), IntakeLimits(drawing=replace(LITTLE, cpu_seconds=2)))
    assert refusal.value.page == 1


def test_a_form_that_draws_itself_is_bounded(tmp_path):
    def change(pdf: pikepdf.Pdf, page: Object) -> None:
        form = pdf.make_stream(b"/X Do", Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 9, 9]))
        form.Resources = Dictionary(XObject=Dictionary(X=form))
        page.Resources.XObject = Dictionary(X=form)
        page.Contents = pdf.make_stream(VISIBLE + b" /X Do")

    assert qpdf_is_content(make_safe(made(change)).pdf, tmp_path)


def test_a_later_revision_is_merged_and_the_earlier_one_gone():
    first = made(lambda pdf, page: None)
    at = first.rindex(b"startxref")
    start = int(first[at:].split()[1])
    appended = first + b"%d 0 obj\n<< /JS (old) >>\nendobj\n" % 99
    table = len(appended)
    appended += (
        b"xref\n99 1\n%010d 00000 n \ntrailer\n<< /Size 100 /Root 1 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n"
        % (
            len(first),
            start,
            table,
        )
    )
    safe = make_safe(appended).pdf
    assert safe.count(b"%%EOF") == 1
    assert make_safe(first).pdf == safe
