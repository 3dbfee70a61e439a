"""Every character is looked for at its place; a digit must fit better than every other digit."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from printserver.rendering.page_glyphs import Glyph
from printserver.rendering.page_layout import Box
from printserver.returns.comparison_marks import Fate, Marks, follow_marks
from printserver.returns.glyphs import boxes, dark, sighted
from printserver.returns.registration import Aligned, Ink

DPI = 200
UM = 25_400 / DPI
TEXT = "Total 103589 net 264.70"


def drawn(text: str) -> tuple[Ink, list[Glyph]]:
    """In a fixed pitch; each character's box is that of its ink."""
    ink, glyphs = np.zeros((160, 900), np.float32), []
    for number, letter in enumerate(text):
        one = np.zeros((160, 900), np.uint8)
        cv2.putText(one, letter, (40 + 34 * number, 100), cv2.FONT_HERSHEY_COMPLEX, 1.1, 255, 2, cv2.LINE_AA)
        ink = np.maximum(ink, one / np.float32(255))
        if letter != " ":
            x, y, width, height = cv2.boundingRect(one)
            box = Box(*(round(side * UM) for side in (x, y, width, height)))
            glyphs.append(Glyph(letter, box, 0))
    return np.asarray(ink, np.float32), glyphs


def lying(ink: Ink) -> Aligned:
    down, across = np.mgrid[0 : ink.shape[0], 0 : ink.shape[1]].astype(np.float32)
    return Aligned(ink, np.ones(ink.shape, bool), across, down, 1.0, np.eye(3))


def seen(ink: Ink, seed: int = 1) -> Ink:
    """As a scanner sees it: softer, noisy, a pixel aside."""
    soft = cv2.GaussianBlur(np.roll(ink, 1, axis=1), (0, 0), 0.8)
    noise = np.random.default_rng(seed).standard_normal(ink.shape).astype(np.float32) * 0.03
    return np.asarray(np.clip(soft + noise, 0, 1), np.float32)


def followed(scan: Ink, issued: Ink, glyphs: list[Glyph]) -> Marks:
    picture = np.asarray((1 - issued) * 255, np.uint8)
    return follow_marks(picture, issued, lying(scan), np.ones(issued.shape, bool), DPI, glyphs)


def test_what_was_issued_is_there():
    ink, glyphs = drawn(TEXT)
    marks = followed(seen(ink), ink, glyphs)
    assert {mark.fate for mark in marks.seen} == {Fate.THERE}
    assert len(marks.seen) == len(glyphs)
    assert min(mark.clearness for mark in marks.seen) > 0.2


@pytest.mark.parametrize("other", ["0", "3", "5", "6", "8", "9"])
def test_another_digit_is_seen_and_named(other: str):
    ink, glyphs = drawn(TEXT)
    at = TEXT.index("264") + 2
    scan, _ = drawn(TEXT[:at] + other + TEXT[at + 1 :])
    marks = followed(seen(scan), ink, glyphs)
    (differing,) = [mark for mark in marks.seen if mark.fate is not Fate.THERE]
    assert differing.fate is Fate.GONE
    placed = dark(boxes(glyphs, DPI), ink)
    (sighting,) = [one for one in sighted(placed, ink, seen(scan), DPI) if one.box == differing.box]
    assert (sighting.glyph.text, sighting.other) == ("4", other)
    assert sighting.other_value > sighting.own_value + 0.1


def test_a_lost_point_and_a_wiped_letter_are_blank_and_ink_over_a_letter_covers_it():
    ink, glyphs = drawn(TEXT)
    scan = seen(ink)
    for letter in (".", "T"):
        glyph = next(one for one in glyphs if one.text == letter)
        x, y = round(glyph.box.x_um / UM), round(glyph.box.y_um / UM)
        scan[y - 3 : y + round(glyph.box.height_um / UM) + 4, x - 3 : x + round(glyph.box.width_um / UM) + 4] = 0
    net = next(one for one in glyphs if one.text == "n")
    x, y = round(net.box.x_um / UM), round(net.box.y_um / UM)
    scan[y - 2 : y + 25, x - 2 : x + 24] = 1
    fates = {glyphs[at].text: mark.fate for at, mark in enumerate(followed(scan, ink, glyphs).seen) if at < len(glyphs)}
    assert (fates["."], fates["T"], fates["n"]) == (Fate.BLANK, Fate.BLANK, Fate.COVERED)
    assert fates["5"] is Fate.THERE


def test_the_shadow_of_a_fold_over_the_line_changes_nothing():
    ink, glyphs = drawn(TEXT)
    shadow = np.exp(-(((np.arange(160) - 88) / 4.0) ** 2))[:, None] * 0.45
    marks = followed(np.asarray(np.clip(seen(ink) + shadow, 0, 1), np.float32), ink, glyphs)
    assert {mark.fate for mark in marks.seen} <= {Fate.THERE, Fate.COVERED}


def test_coloured_ink_over_what_is_gone_leaves_it_to_a_person():
    ink, glyphs = drawn(TEXT)
    scan, _ = drawn(TEXT.replace("264", "269"))
    marks = followed(seen(scan), ink, glyphs)
    (gone,) = marks.of(Fate.GONE)
    pen = np.zeros(ink.shape, np.uint8)
    x, y, width, height = gone.box
    pen[y : y + height, x : x + width] = 1
    assert marks.under(pen).of(Fate.GONE) == []
    assert [mark.box for mark in marks.under(pen).of(Fate.COVERED)] == [gone.box]


def test_pale_and_coloured_characters_are_not_followed():
    ink, glyphs = drawn(TEXT)
    assert dark(boxes(glyphs, DPI), np.asarray(ink * 0.3, np.float32)) == []
