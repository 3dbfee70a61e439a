"""Text on pictures is read in Chinese and English, by the same process that refuses what is no picture."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageDraw, ImageFont

from printserver.rendering.text_recognition import TextNotRead, read_lines, read_text
from printserver.rendering.typeface import SANS_BOLD

CHINESE, ENGLISH = "合同总价为人民币365,623.00元", "either party may terminate this agreement by notice"


def picture(*lines: str, format: str = "PNG") -> bytes:
    image = Image.new("RGB", (1000, 80 if len(lines) == 1 else 800), "white")
    font = ImageFont.truetype(SANS_BOLD.path, 30, index=SANS_BOLD.index)
    for row, line in enumerate(lines):
        ImageDraw.Draw(image).text((30, 80 * row + 20), line, font=font, fill="black")
    out = io.BytesIO()
    image.save(out, format)
    return out.getvalue()


def letters(text: str) -> str:
    return "".join(text.split())


def test_the_lines_of_a_page_are_read_in_order_and_placed_and_always_the_same():
    page = picture(CHINESE, ENGLISH, format="JPEG")
    first, second = lines = read_text(page)
    assert (letters(first.text), letters(second.text)) == (CHINESE, letters(ENGLISH))
    assert 0.8 < first.confidence <= 1
    left, top, width, height = second.box
    assert (20 <= left <= 40, 80 <= top <= 110, width > 600, 20 < height < 70) == (True, True, True, True)
    assert read_text(page) == lines


def test_single_lines_are_read_together_without_being_looked_for():
    read = read_lines([picture(ENGLISH), picture(CHINESE), picture("")])
    assert [letters(line.text) for line in read] == [letters(ENGLISH), CHINESE, ""]
    assert read_lines([]) == ()


@pytest.mark.parametrize("junk", [b"", picture("x")[:-40]], ids=["nothing", "cut off"])
def test_what_is_no_picture_is_refused(junk: bytes):
    with pytest.raises(TextNotRead):
        read_text(junk)
