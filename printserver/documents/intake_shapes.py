"""Which keys of which dictionaries draw a page, and the kind of their values.

Source of the keys: ISO 32000-1, tables 58, 74 to 83, 87 to 97, 111 to 124, 144, 147 (unverified against the text).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

Shape = Mapping[str, str]
"""Key of a dictionary → kind of its value, by which `intake_whitelist.PageCopier` has a rule."""


def plain(keys: str) -> dict[str, str]:
    """A shape of keys, separated by blanks, whose values are plain."""
    return dict.fromkeys(keys.split(), "plain")


FUNCTION: Final[Shape] = plain(
    "/FunctionType /Domain /Range /Size /BitsPerSample /Order /Encode /Decode /C0 /C1 /N /Bounds"
) | {"/Functions": "function"}
GRAPHICS_STATE: Final[Shape] = plain("/Type /LW /LC /LJ /ML /D /RI /FL /SM /SA /BM /CA /ca /AIS /TK") | {
    "/Font": "font_and_size",
    "/SMask": "soft_mask",
}
SOFT_MASK: Final[Shape] = {"/Type": "plain", "/S": "plain", "/BC": "plain", "/G": "xobject", "/TR": "function"}
GROUP: Final[Shape] = {"/Type": "plain", "/S": "plain", "/I": "plain", "/K": "plain", "/CS": "colour_space"}
SHADING: Final[Shape] = plain(
    "/ShadingType /Background /BBox /AntiAlias /Domain /Matrix /Coords /Extend /BitsPerCoordinate "
    "/BitsPerComponent /BitsPerFlag /VerticesPerRow /Decode"
) | {"/ColorSpace": "colour_space", "/Function": "function"}
PATTERN: Final[Shape] = plain("/Type /PatternType /PaintType /TilingType /BBox /XStep /YStep /Matrix") | {
    "/Resources": "resources",
    "/Shading": "shading",
    "/ExtGState": "graphics_state",
}
FORM: Final[Shape] = plain("/Type /Subtype /FormType /BBox /Matrix") | {
    "/Resources": "resources",
    "/Group": "group",
}
IMAGE: Final[Shape] = plain(
    "/Type /Subtype /Width /Height /BitsPerComponent /Intent /ImageMask /Decode /Interpolate /Matte "
    "/SMaskInData /Filter"
) | {
    "/ColorSpace": "colour_space",
    "/Mask": "mask",
    "/SMask": "xobject",
    "/DecodeParms": "decode_parameters",
}
DECODE_PARAMETERS: Final[Shape] = plain(
    "/Predictor /Colors /BitsPerComponent /Columns /EarlyChange /K /EndOfLine /EncodedByteAlign /Rows "
    "/EndOfBlock /BlackIs1 /DamagedRowsBeforeError /ColorTransform"
) | {"/JBIG2Globals": "bare_stream"}
ICC_PROFILE: Final[Shape] = {"/N": "plain", "/Range": "plain", "/Alternate": "colour_space"}
CALIBRATION: Final[Shape] = plain("/WhitePoint /BlackPoint /Gamma /Matrix /Range")
FONT: Final[Shape] = plain(
    "/Type /Subtype /BaseFont /Name /FirstChar /LastChar /Widths /DW /W /DW2 /W2 /FontBBox /FontMatrix"
) | {
    "/FontDescriptor": "font_descriptor",
    "/Encoding": "encoding",
    "/ToUnicode": "character_map",
    "/DescendantFonts": "fonts",
    "/CIDSystemInfo": "character_collection",
    "/CIDToGIDMap": "character_map",
    "/CharProcs": "streams_by_name",
    "/Resources": "resources",
}
FONT_DESCRIPTOR: Final[Shape] = plain(
    "/Type /FontName /FontFamily /FontStretch /FontWeight /Flags /FontBBox /ItalicAngle /Ascent /Descent "
    "/Leading /CapHeight /XHeight /StemV /StemH /AvgWidth /MaxWidth /MissingWidth /CharSet"
) | {"/FontFile": "font_file", "/FontFile2": "font_file", "/FontFile3": "font_file", "/CIDSet": "bare_stream"}
FONT_FILE: Final[Shape] = plain("/Length1 /Length2 /Length3 /Subtype")
ENCODING: Final[Shape] = plain("/Type /BaseEncoding /Differences")
CHARACTER_MAP: Final[Shape] = plain("/Type /CMapName /WMode") | {
    "/CIDSystemInfo": "character_collection",
    "/UseCMap": "character_map",
}
CHARACTER_COLLECTION: Final[Shape] = plain("/Registry /Ordering /Supplement")
RESOURCES: Final[Shape] = {
    "/ExtGState": "graphics_states",
    "/ColorSpace": "colour_spaces",
    "/Pattern": "patterns",
    "/Shading": "shadings",
    "/XObject": "xobjects",
    "/Font": "fonts_by_name",
    "/Properties": "marked_properties",
}
IMAGE_FILTERS: Final = frozenset(
    plain(
        "/ASCIIHexDecode /ASCII85Decode /LZWDecode /FlateDecode /RunLengthDecode /CCITTFaxDecode "
        "/JBIG2Decode /DCTDecode /JPXDecode /AHx /A85 /LZW /Fl /RL /CCF /DCT"
    )
)


COLOUR_SPACES: Final[Mapping[bytes, tuple[str, ...]]] = {
    b"/CalGray": ("calibration",),
    b"/CalRGB": ("calibration",),
    b"/Lab": ("calibration",),
    b"/ICCBased": ("icc_profile",),
    b"/Indexed": ("colour_space", "plain", "table"),
    b"/I": ("colour_space", "plain", "table"),
    b"/Separation": ("plain", "colour_space", "function"),
    b"/DeviceN": ("plain", "colour_space", "function"),
    b"/Pattern": (),
}
