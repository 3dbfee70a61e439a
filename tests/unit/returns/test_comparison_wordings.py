"""Where text differs, both wordings are told; seals are cut out of the scan."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image as Pictures
from PIL import ImageDraw, ImageFont

from printserver.rendering.page_glyphs import Glyph, PageGlyphs
from printserver.rendering.page_layout import Box
from printserver.rendering.typeface import SANS_BOLD
from printserver.returns.comparison_types import Comparison, Kind, Region, RegionKind, Verdict
from printserver.returns.comparison_wordings import cut_out, with_wordings
from printserver.returns.matching import Image

DPI = 200
UM = 25_400 // DPI


def sheet(*lines: str) -> Image:
    picture = Pictures.new("RGB", (1000, 400), "white")
    font = ImageFont.truetype(SANS_BOLD.path, 32, index=SANS_BOLD.index)
    for number, line in enumerate(lines):
        ImageDraw.Draw(picture).text((150, 60 + 120 * number), line, font=font, fill="black")
    return np.ascontiguousarray(np.asarray(picture)[:, :, ::-1])


def text(*lines: str) -> PageGlyphs:
    """Two characters a line, at its ends: a line's box is all that counts."""
    ends = [
        Glyph(line[0], Box(150 * UM + shift, (65 + 120 * number) * UM, 20 * UM, 30 * UM), number)
        for number, line in enumerate(lines)
        for shift in (0, 600 * UM)
    ]
    return PageGlyphs(tuple(ends), lines)


def found(laid_over: Image, *regions: Region, kind: Kind = Kind.CHANGED_TEXT) -> Comparison:
    return Comparison(Verdict.CHANGED, 0.9, regions, "", kind=kind, laid_over=laid_over, laid_over_dpi=float(DPI))


def place(line: int, kind: RegionKind = RegionKind.CHANGED_TEXT) -> Region:
    return Region(300 * UM, (68 + 120 * line) * UM, 40 * UM, 24 * UM, kind)


def test_a_flagged_line_is_told_in_both_wordings_and_others_are_not_read():
    issued = ("The price is 365,623.00 CNY", "合同签订之日起三十日内付款")
    scan = sheet("The price is 865,623.00 CNY", issued[1])
    seal = place(1, RegionKind.COUNTER_SEAL)
    changed, left = with_wordings(found(scan, place(0), seal), text(*issued)).regions
    assert changed.issued_text == issued[0]
    assert changed.scanned_text.replace(" ", "") == "Thepriceis865,623.00CNY"
    assert left == seal


def test_words_of_the_next_column_are_not_read_with_a_line():
    """They stand nearer to its ends than what somebody may have added there."""
    picture = Pictures.new("RGB", (1000, 200), "white")
    font = ImageFont.truetype(SANS_BOLD.path, 32, index=SANS_BOLD.index)
    columns = {"Seller": (60, 170), "865,623.00": (240, 430), "Buyer": (500, 600)}
    for word, (left, _) in columns.items():
        ImageDraw.Draw(picture).text((left, 60), word, font=font, fill="black")
    glyphs = [
        Glyph(word[0], Box(at * UM, 65 * UM, 8 * UM, 30 * UM), line)
        for line, (word, ends) in enumerate(columns.items())
        for at in ends
    ]
    scan = np.ascontiguousarray(np.asarray(picture)[:, :, ::-1])
    flagged = Region(240 * UM, 68 * UM, 20 * UM, 24 * UM, RegionKind.CHANGED_TEXT)
    issued = PageGlyphs(tuple(glyphs), ("Seller", "365,623.00", "Buyer"))
    (told,) = with_wordings(found(scan, flagged), issued).regions
    assert (told.issued_text, told.scanned_text) == ("365,623.00", "865,623.00")


def test_nothing_is_read_where_nothing_differs_and_on_another_page():
    for quiet in (found(sheet("text"), kind=Kind.SAME), found(sheet("text"), place(0), kind=Kind.OTHER_PAGE)):
        assert with_wordings(quiet, text("text")) is quiet


def test_a_seal_is_cut_out_with_a_margin_and_a_slice_without():
    page = sheet("x")
    page[100:200, 900:1000] = (0, 0, 255)
    for kind, margin in ((RegionKind.COUNTER_SEAL, 8), (RegionKind.STRADDLE, 0)):
        picture = cut_out(found(page), Region(900 * UM, 100 * UM, 100 * UM, 100 * UM, kind))
        pixels = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
        assert pixels is not None
        assert pixels.shape == (100 + 2 * margin, 100 + margin, 3), "the page ends at its right"
        assert (pixels[margin : margin + 100, margin:] == (0, 0, 255)).all()
