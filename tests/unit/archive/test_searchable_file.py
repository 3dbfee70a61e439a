"""The searchable PDF/A holds the scanners' own bytes, and the words where the paper shows them."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pikepdf
import pypdfium2
import pytest
from pikepdf import Dictionary, Name, pdfa
from PIL import Image
from PIL.TiffImagePlugin import TiffImageFile

from printserver.archive.searchable_file import PageOfScan, SearchableNotMade, build
from printserver.archive.word_places import WordOnScan

AT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
WORD = WordOnScan("采购合同Supply𠀀", (0.25, 0.5), (0.5, 0.5), (0.25, 0.48))
"""On the upright page, a quarter from the left, half down, and as long as a quarter of its width."""


def picture(mode: str = "RGB", size: tuple[int, int] = (420, 594)) -> Image.Image:
    return Image.effect_noise(size, 60).convert(mode)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    written = io.BytesIO()
    image.save(written, kind, **options)
    return written.getvalue()


def scanned_pdf(*pages: tuple[bytes, Dictionary], rotate: int = 0, content: bytes = b"", **more: object) -> bytes:
    """Each page shows one picture, given as raw bytes and what the image's dictionary says of them."""
    pdf = pikepdf.new()
    for raw, said in pages:
        page = pdf.add_blank_page(page_size=(420, 594))
        image = pdf.make_stream(raw, Type=Name.XObject, Subtype=Name.Image, **{k[1:]: v for k, v in said.items()})
        page.Resources = Dictionary(XObject=Dictionary(Im=image))
        page.Contents = pdf.make_stream(b"q 420 0 0 594 0 0 cm /Im Do Q " + content)
        page.Rotate = rotate
        for key, value in more.items():
            page[f"/{key}"] = value
    written = io.BytesIO()
    pdf.save(written)
    return written.getvalue()


def jpeg_said(**more: Any) -> Dictionary:
    return Dictionary(
        Width=420, Height=594, BitsPerComponent=8, ColorSpace=Name.DeviceRGB, Filter=Name.DCTDecode, **more
    )


def fax_said() -> Dictionary:
    parms = Dictionary(K=-1, Columns=420, Rows=594, BlackIs1=False)
    return Dictionary(
        Width=420,
        Height=594,
        BitsPerComponent=1,
        ColorSpace=Name.DeviceGray,
        Filter=Name.CCITTFaxDecode,
        DecodeParms=parms,
    )


def fax_bytes() -> bytes:
    tiff = saved(picture("1"), "TIFF", compression="group4")
    with Image.open(io.BytesIO(tiff)) as opened:
        assert isinstance(opened, TiffImageFile)
        start, length = opened.tag_v2[273][0], opened.tag_v2[279][0]
    return tiff[start : start + length]


def made(scans: list[bytes], *pages: PageOfScan) -> pikepdf.Pdf:
    """Validated once more, apart from the process that made it."""
    result = build(scans, pages, title="2026-000001", made_at=AT)
    assert pdfa.validate_written(io.BytesIO(result.pdf), "2b").passed
    return pikepdf.open(io.BytesIO(result.pdf))


def streams(pdf: pikepdf.Pdf) -> list[str]:
    return [
        sha256(image.read_raw_bytes()).hexdigest() for page in pdf.pages for image in page.resources.XObject.values()
    ]


JPEG = saved(picture(), "JPEG")
FAX = fax_bytes()


def test_the_scanners_bytes_are_in_the_file_as_they_came():
    scans = [JPEG, scanned_pdf((JPEG, jpeg_said())), scanned_pdf((FAX, fax_said()))]
    with made(scans, *(PageOfScan(scan, 1, 0, (WORD,)) for scan in range(3))) as pdf:
        assert streams(pdf) == [sha256(raw).hexdigest() for raw in (JPEG, JPEG, FAX)]
        assert str(pdf.docinfo.get("/Title")) == "2026-000001"


def test_a_page_is_cut_out_of_a_scan_of_many_and_stands_in_the_copys_order():
    others = [saved(picture(), "JPEG") for _ in range(3)]
    scan = scanned_pdf(*((each, jpeg_said()) for each in others))
    with made([scan, JPEG], PageOfScan(0, 3, 0, ()), PageOfScan(1, 1, 0, ()), PageOfScan(0, 1, 0, (WORD,))) as pdf:
        assert streams(pdf) == [sha256(each).hexdigest() for each in (others[2], JPEG, others[0])]


def test_words_are_found_where_the_upright_page_shows_them_however_it_lay():
    turns = (0, 90, 180, 270)
    scans = [scanned_pdf((JPEG, jpeg_said()), rotate=stored) for stored in turns]
    lain = [(scan, lay) for scan in range(4) for lay in turns]
    result = build(scans, [PageOfScan(scan, 1, lay, (WORD,)) for scan, lay in lain], title="x", made_at=AT)
    document = pypdfium2.PdfDocument(result.pdf)
    for number, (scan, lay) in enumerate(lain):
        page = document[number]
        text = page.get_textpage()
        assert text.get_text_range() == WORD.text
        assert page.get_rotation() == (turns[scan] - lay) % 360
        corners = [text.get_charbox(0), text.get_charbox(len(WORD.text) - 1)]
        seen = [_seen(point, page.get_rotation()) for box in corners for point in (box[:2], box[2:])]
        across, down = zip(*seen, strict=True)
        assert (min(across), max(across)) == pytest.approx((0.25, 0.5), abs=0.002)
        assert (min(down), max(down)) == pytest.approx((0.48, 0.5), abs=0.002)


def _seen(point: tuple[float, float], turn: int) -> tuple[float, float]:
    """Of a place on the stored page (420 × 594 points, from the bottom left), the fraction of the page as seen."""
    across, down = point[0] / 420, 1 - point[1] / 594
    return {0: (across, down), 90: (1 - down, across), 180: (1 - across, 1 - down), 270: (down, 1 - across)}[turn]


def test_what_a_telephone_turned_by_a_mark_is_turned_by_a_mark():
    exif = Image.Exif()
    exif[0x0112] = 6
    photo = saved(picture(), "JPEG", exif=exif.tobytes())
    with made([photo], PageOfScan(0, 1, 0, (WORD,))) as pdf:
        assert streams(pdf) == [sha256(photo).hexdigest()]
        assert pdf.pages[0].Rotate == 90


def test_a_png_keeps_its_own_data():
    files = [saved(picture(mode), "PNG") for mode in ("L", "RGB", "P", "1")]
    result = build(files, [PageOfScan(scan, 1, 0, (WORD,)) for scan in range(4)], title="x", made_at=AT)
    assert result.kept == ("untouched",) * 4
    with pikepdf.open(io.BytesIO(result.pdf)) as pdf:
        for page, data in zip(pdf.pages, files, strict=True):
            (image,) = page.resources.XObject.values()
            assert image.read_raw_bytes()[:2_000] in data
            assert isinstance(image, pikepdf.Stream)
            assert pikepdf.PdfImage(image).as_pil_image().convert("RGB").tobytes() == picture_of(data).tobytes()


def picture_of(data: bytes, frame: int = 0) -> Image.Image:
    with Image.open(io.BytesIO(data)) as opened:
        opened.seek(frame)
        return opened.convert("RGB")


def test_what_pdf_has_no_form_for_is_repacked_pixel_for_pixel_and_said():
    frames = [picture("1"), picture("L"), picture("RGB")]
    tiff = saved(frames[0], "TIFF", save_all=True, append_images=frames[1:])
    clear = saved(picture("RGBA"), "PNG")
    pages = [PageOfScan(0, 2, 0, ()), PageOfScan(0, 1, 0, ()), PageOfScan(1, 1, 0, (WORD,))]
    result = build([tiff, clear], pages, title="x", made_at=AT)
    assert result.kept == ("repacked",) * 3
    with pikepdf.open(io.BytesIO(result.pdf)) as pdf:
        streams = [next(iter(page.resources.XObject.values())) for page in pdf.pages]
        kept = [pikepdf.PdfImage(stream) for stream in streams if isinstance(stream, pikepdf.Stream)]
        assert kept[0].as_pil_image().convert("RGB").tobytes() == frames[1].convert("RGB").tobytes()
        assert kept[1].as_pil_image().convert("RGB").tobytes() == frames[0].convert("RGB").tobytes()


def test_the_scanners_own_hidden_words_and_whatever_acts_are_left_out():
    hidden = b"BT 3 Tr /F1 10 Tf 50 50 Td (wrong words) Tj ET"
    link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=[0, 0, 9, 9])
    scan = scanned_pdf((JPEG, jpeg_said()), content=hidden, Annots=pikepdf.Array([link]))
    with made([scan], PageOfScan(0, 1, 0, (WORD,))) as pdf:
        written = io.BytesIO()
        pdf.save(written)
        assert "/Annots" not in pdf.pages[0]
    assert pypdfium2.PdfDocument(written.getvalue())[0].get_textpage().get_text_range() == WORD.text


def test_the_same_scans_give_the_same_bytes():
    page = PageOfScan(0, 1, 90, (WORD,))
    assert build([JPEG], [page], title="x", made_at=AT) == build([JPEG], [page], title="x", made_at=AT)


VISIBLE = b"BT /F1 10 Tf 50 50 Td (typed over it) Tj ET"


@pytest.mark.parametrize(
    "scan",
    [
        pytest.param(lambda: scanned_pdf((JPEG, jpeg_said()), content=VISIBLE), id="a font that is not embedded"),
        pytest.param(lambda: saved(picture("CMYK"), "JPEG"), id="colours that need their own profile"),
        pytest.param(lambda: b"%PDF-1.7 and nothing else", id="no pdf"),
    ],
)
def test_of_what_cannot_become_pdfa_the_reason_is_said(scan: Callable[[], bytes]):
    with pytest.raises(SearchableNotMade, match=r"\w+: .+"):
        build([scan()], [PageOfScan(0, 1, 0, (WORD,))], title="x", made_at=AT)


@pytest.mark.parametrize(("kind", "options"), [("TIFF", {"compression": "group4"}), ("PNG", {})])
def test_a_fax_has_the_shape_of_its_sheet_although_its_dots_are_not_square(kind: str, options: dict[str, str]):
    fax = saved(picture("1", (1728, 1143)), kind, dpi=(204, 98), **options)
    made = build([fax], [PageOfScan(0, 1, 0, (WORD,))], title="2026-000001", made_at=AT)
    with pikepdf.open(io.BytesIO(made.pdf)) as pdf:
        left, bottom, right, top = (float(side) for side in pdf.pages[0].mediabox)
    assert [(right - left) / 72 * 25.4, (top - bottom) / 72 * 25.4] == pytest.approx([215, 296], abs=1)
