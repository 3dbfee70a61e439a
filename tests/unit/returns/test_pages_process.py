"""Decoding, as the limited process does it; here in the tests' own process, for the files are the tests' own."""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Callable

import numpy as np
import pikepdf
import pytest
from PIL import Image as Pictures

from printserver.cli.demo.paper import Image
from printserver.foundation.limited_process import ProcessCrashed
from printserver.returns.pages import ScanPage, read_answer
from printserver.returns.pages_process import main
from tests.unit.returns.made_scans import close, scan_of, written_over


def decoded(data: bytes, *, pixels: int = 100_000_000) -> ScanPage:
    kinds = {b"%PDF": "application/pdf", b"\x89PNG": "image/png"}
    kind = kinds.get(data[:4], "image/jpeg")
    answer = io.BytesIO()
    main([kind, str(pixels), "1"], io.BytesIO(data), answer)
    (page,) = read_answer(answer.getvalue())
    return page


@pytest.mark.parametrize("rotate", [90, 180, 270, -90, 450])
def test_a_pages_rotation_is_applied(picture: Image, rotate: int) -> None:
    data = scan_of(picture, change=lambda pdf: pdf.pages[0].obj.__setitem__("/Rotate", rotate))
    page = decoded(data)
    assert page.source == "embedded"
    assert close(page.image, np.rot90(picture, -rotate // 90))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_exif_orientation_of_a_photograph_is_applied(picture: Image, orientation: int) -> None:
    exif = Pictures.Exif()
    exif[0x0112] = orientation
    out = io.BytesIO()
    Pictures.fromarray(picture[:, :, ::-1]).save(out, "JPEG", quality=98, exif=exif, dpi=(10, 10))
    page = decoded(out.getvalue())
    expected = {
        1: picture, 2: picture[:, ::-1], 3: picture[::-1, ::-1], 4: picture[::-1],
        5: np.rot90(picture)[::-1], 6: np.rot90(picture, 3), 7: np.rot90(picture, 3)[::-1], 8: np.rot90(picture),
    }[orientation]  # fmt: skip
    assert close(page.image, expected)
    assert page.source == "file"


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "I;16"])
def test_every_kind_of_png_becomes_grey_or_colour_of_eight_bits(mode: str) -> None:
    grey = Pictures.linear_gradient("L").resize((30, 30))
    source = Pictures.fromarray(np.asarray(grey).astype(np.uint16) * 257) if mode == "I;16" else grey.convert(mode)
    out = io.BytesIO()
    source.save(out, "PNG")
    page = decoded(out.getvalue())
    assert page.image is not None
    assert page.image.dtype == np.uint8
    assert page.image[0].mean() < 90 < 160 < page.image[-1].mean()


def test_what_is_transparent_is_paper() -> None:
    out = io.BytesIO()
    Pictures.new("RGBA", (20, 20), (0, 0, 0, 0)).save(out, "PNG")
    page = decoded(out.getvalue())
    assert page.image is not None
    assert page.image.min() == 255


@pytest.mark.parametrize(("told", "expected"), [(300, 300), (72, 200), (1, 200), (None, 200)])
def test_an_implausible_resolution_gives_way_to_that_of_an_a4_page(told: int | None, expected: int) -> None:
    size = (2480, 3508) if told == 300 else (1654, 2339)
    out = io.BytesIO()
    Pictures.new("L", size, 255).save(out, "JPEG", **({"dpi": (told, told)} if told else {}))
    page = decoded(out.getvalue())
    assert page.dpi == pytest.approx(expected, rel=0.01)


def drawn_over(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].contents_add(b"1 1 1 rg 0 0 40 30 re f")


def annotated(pdf: pikepdf.Pdf) -> None:
    note = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Square, Rect=[0, 0, 40, 30])
    pdf.pages[0].Annots = pdf.make_indirect(pikepdf.Array([note]))


def mirrored(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].Contents = pikepdf.Stream(pdf, b"q -40 0 0 60 40 0 cm /Scan Do Q")


def twice(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].contents_add(b"q 20 0 0 30 0 0 cm /Scan Do Q")


def inverted(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].Resources.XObject.Scan.Decode = [1, 0, 1, 0, 1, 0]


def cropped(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].CropBox = [0, 0, 40, 30]


@pytest.mark.parametrize("change", [drawn_over, annotated, mirrored, twice, inverted, cropped, written_over])
def test_what_a_person_sees_is_read_when_a_page_shows_more_than_its_picture(
    picture: Image, change: Callable[[pikepdf.Pdf], None]
) -> None:
    page = decoded(scan_of(picture, change=change))
    assert page.source == "rendered"


def test_an_invisible_text_layer_does_not_keep_the_picture_from_being_taken(picture: Image) -> None:
    def recognised(pdf: pikepdf.Pdf) -> None:
        written_over(pdf)
        pdf.pages[0].Contents = pikepdf.Stream(
            pdf, b"q 40 0 0 60 0 0 cm /Scan Do Q BT 3 Tr /F 9 Tf 5 5 Td (1000) Tj ET"
        )

    page = decoded(scan_of(picture, change=recognised))
    assert page.source == "embedded"


@pytest.mark.parametrize("bits", [1, 8])
def test_lossless_pictures_are_taken_from_a_pdf(bits: int) -> None:
    rows = np.tile(np.arange(40) < 20, (60, 1))
    packed = np.packbits(rows, axis=1).tobytes() if bits == 1 else (rows * np.uint8(255)).tobytes()

    def lossless(pdf: pikepdf.Pdf) -> None:
        stream = pikepdf.Stream(pdf, packed)
        stream.update({"/Subtype": pikepdf.Name.Image, "/Width": 40, "/Height": 60, "/BitsPerComponent": bits})
        stream.ColorSpace = pikepdf.Name.DeviceGray
        stream.write(zlib.compress(packed), filter=pikepdf.Name.FlateDecode)
        pdf.pages[0].Resources.XObject.Scan = stream

    page = decoded(scan_of(np.zeros((60, 40, 3), np.uint8), change=lossless))
    assert page.source == "embedded"
    assert page.image is not None
    assert np.array_equal(page.image, rows * np.uint8(255))


@pytest.mark.parametrize(
    "strange",
    [
        {"channels": "x"},
        {"channels": None},
        {"dpi": "fine"},
        {"width": -1, "height": -1},
        {"width": 1e400},
        {"page": 1},
    ],
)
def test_an_answer_in_another_form_is_a_crash_and_no_other_failure(strange: dict[str, object]) -> None:
    header = {"number": 1, "width": 1, "height": 1, "channels": 1, "dpi": 200.0, "source": "file", "trouble": None}
    said = json.dumps(strange if "page" in strange else header | strange).encode()
    with pytest.raises(ProcessCrashed):
        list(read_answer(len(said).to_bytes(4, "big") + said + b"\0"))


def test_a_broken_page_never_leads_back_in_the_answer() -> None:
    header = {"number": 1, "width": -9, "height": 99, "channels": 1, "dpi": 0.0, "source": "none", "trouble": "hostile"}
    said = json.dumps(header).encode()
    (page,) = read_answer(len(said).to_bytes(4, "big") + said)
    assert page.trouble == "hostile"
