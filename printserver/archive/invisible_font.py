"""A font without ink for words that lie invisibly over a scan: every character is the same blank, half an em wide.

It is embedded, so a file that uses it may be PDF/A; what the blanks stand for tells the character map.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final

import pikepdf
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib.tables._g_l_y_f import Glyph
from pikepdf import Dictionary, Name, String

EM: Final = 1_000
BLANK_WIDTH: Final = 500
DESCENT: Final = 200
"""So far below the base line reaches a line of text, and the rest of an em above it."""
_NAME: Final = Name("/WordsWithoutInk")
_EPOCH: Final = 3_786_825_600
"""1 January 2024, as fonts count seconds: the same font always."""
_MAP: Final = """/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <FFFF>
endcodespacerange
{lines}
endcmap
CMapName currentdict /CMap defineresource pop
end
end
"""
_LINES_AT_ONCE: Final = 100


def codes_of(texts: Iterable[str]) -> dict[str, int]:
    """A code from 1 for each character, the first 65,535 of them."""
    characters = dict.fromkeys(character for text in texts for character in text)
    return {character: code for code, character in enumerate(list(characters)[:0xFFFF], 1)}


def embed(pdf: pikepdf.Pdf, codes: Mapping[str, int]) -> pikepdf.Object:
    """The font as an object of `pdf`, for texts in these codes, two bytes each."""
    program = _program()
    descriptor = pdf.make_indirect(
        Dictionary(
            Type=Name.FontDescriptor,
            FontName=_NAME,
            Flags=4,
            FontBBox=[0, -DESCENT, BLANK_WIDTH, EM - DESCENT],
            ItalicAngle=0,
            Ascent=EM - DESCENT,
            Descent=-DESCENT,
            CapHeight=EM - DESCENT,
            StemV=80,
            FontFile2=pdf.make_stream(program, Length1=len(program)),
        )
    )
    descendant = pdf.make_indirect(
        Dictionary(
            Type=Name.Font,
            Subtype=Name.CIDFontType2,
            BaseFont=_NAME,
            CIDSystemInfo=Dictionary(Registry=String("Adobe"), Ordering=String("Identity"), Supplement=0),
            FontDescriptor=descriptor,
            DW=BLANK_WIDTH,
            CIDToGIDMap=pdf.make_stream(b"\0\0" + b"\0\1" * len(codes)),
        )
    )
    return pdf.make_indirect(
        Dictionary(
            Type=Name.Font,
            Subtype=Name.Type0,
            BaseFont=_NAME,
            Encoding=Name("/Identity-H"),
            DescendantFonts=[descendant],
            ToUnicode=pdf.make_stream(_character_map(codes)),
        )
    )


def _character_map(codes: Mapping[str, int]) -> bytes:
    lines = [f"<{code:04X}> <{text.encode('utf-16-be').hex().upper()}>" for text, code in codes.items()]
    blocks = (lines[at : at + _LINES_AT_ONCE] for at in range(0, len(lines), _LINES_AT_ONCE))
    said = "\n".join("\n".join((f"{len(block)} beginbfchar", *block, "endbfchar")) for block in blocks)
    return _MAP.format(lines=said).encode()


@cache
def _program() -> bytes:
    builder = FontBuilder(EM, isTTF=True)
    builder.setupGlyphOrder([".notdef", "blank"])
    builder.setupCharacterMap({})
    builder.setupGlyf({".notdef": Glyph(), "blank": _blank()})
    builder.setupHorizontalMetrics({".notdef": (BLANK_WIDTH, 0), "blank": (BLANK_WIDTH, 0)})
    builder.setupHorizontalHeader(ascent=EM - DESCENT, descent=-DESCENT)
    builder.setupNameTable({"familyName": "WordsWithoutInk", "styleName": "Regular", "psName": "WordsWithoutInk"})
    builder.setupOS2(sTypoAscender=EM - DESCENT)
    builder.setupPost()
    builder.font["head"].created = builder.font["head"].modified = _EPOCH
    builder.font.recalcTimestamp = False
    written = io.BytesIO()
    builder.font.save(written)
    return written.getvalue()


def _blank() -> Glyph:
    """A line there and back: no ink, but an extent, without which readers drop words that run up the page."""
    pen = TTGlyphPen(None)
    pen.moveTo((0, -DESCENT))
    pen.lineTo((BLANK_WIDTH, EM - DESCENT))
    pen.lineTo((0, -DESCENT))
    pen.closePath()
    return pen.glyph()
