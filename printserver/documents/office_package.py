"""What an Office file says about itself before it is converted: its kind, the fonts it names, what lies elsewhere.

Runs in the limited child process alone: its input is hostile.
Source of the names: ECMA-376 part 1 (WordprocessingML, SpreadsheetML, DrawingML), OASIS OpenDocument 1.2 part 1
(unverified against the texts).
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

MOST_PARTS: Final = 10_000
LARGEST_UNPACKED: Final = 500 << 20
LARGEST_PART: Final = 100 << 20

_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_KINDS: Final = {"WordDocument": "doc", "Workbook": "xls", "Book": "xls", "PowerPoint Document": "ppt"}
_OPEN_KINDS: Final = {
    "text": "odt",
    "text-template": "odt",
    "spreadsheet": "ods",
    "spreadsheet-template": "ods",
    "presentation": "odp",
    "presentation-template": "odp",
}
_MANIFEST: Final = "META-INF/manifest.xml"
_OPEN_TYPE: Final = b"application/vnd.oasis.opendocument."
_MARKUP_KINDS: Final = {"word/document.xml": "docx", "xl/workbook.xml": "xlsx", "ppt/presentation.xml": "pptx"}
_FETCHED: Final = ("image", "oleObject", "frame", "subDocument", "package", "audio", "video", "media")
_OPEN_FETCHED: Final = frozenset(
    {"draw:image", "draw:object", "draw:object-ole", "draw:floating-frame", "draw:plugin", "draw:applet"}
    | {"text:section-source", "table:table-source", "style:background-image", "draw:fill-image"}
)
_ELSEWHERE: Final = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.\-]*:|[/\\]|(?:\.\./)+)")
_INCLUDED: Final = re.compile(r"\bINCLUDE(?:PICTURE|TEXT)\b")
_CHINESE: Final = re.compile("[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_THEME_PARTS: Final = {"+mn-lt": "minor", "+mj-lt": "major", "+mn-ea": "minor-ea", "+mj-ea": "major-ea"}


class OfficeRefused(Exception):
    """`code`: of the refusal in `documents.office`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Package:
    """fonts: named for text that is there.   is_opaque: of an old program; what it names is not known yet."""

    suffix: str
    fonts: frozenset[str] = frozenset()
    is_opaque: bool = False


@dataclass
class _Seen:
    """latin, asian: fonts for letters and for Chinese characters.   theme: what theme fonts stand for."""

    latin: set[str] = field(default_factory=set)
    asian: set[str] = field(default_factory=set)
    embedded: set[str] = field(default_factory=set)
    theme: dict[str, str] = field(default_factory=dict)
    faces: dict[str, str] = field(default_factory=dict)
    chinese: bool = False
    instruction: bool = False

    def named(self) -> frozenset[str]:
        wanted = self.latin | (self.asian if self.chinese else set())
        names = {self.faces.get(name, self.theme.get(_THEME_PARTS.get(name, name), name)) for name in wanted}
        clean = {name.strip().strip("'\"") for name in names}
        return frozenset(name for name in clean - self.embedded if name and not name.startswith("+"))


Handler = Callable[[str, Mapping[str, str]], None]


def read_package(data: bytes) -> Package:
    """Raises: OfficeRefused."""
    if data.startswith(b"{\\rtf"):
        if _INCLUDED.search(data.decode("latin-1")):
            raise OfficeRefused("office-links-outside")
        return Package("rtf", is_opaque=True)
    if data.startswith(_OLE):
        return Package(_ole_kind(data), is_opaque=True)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            return _zipped(parts)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, expat.ExpatError) as damage:
        raise OfficeRefused("office-damaged") from damage


def _ole_kind(data: bytes) -> str:
    if _utf16("EncryptedPackage") in data:
        raise OfficeRefused("office-protected")
    for name, kind in _OLE_KINDS.items():
        if _utf16(name) in data:
            return kind
    raise OfficeRefused("office-unknown")


def _utf16(name: str) -> bytes:
    return name.encode("utf-16-le") + b"\0\0"


def _zipped(parts: zipfile.ZipFile) -> Package:
    entries = parts.infolist()
    if len(entries) > MOST_PARTS or sum(each.file_size for each in entries) > LARGEST_UNPACKED:
        raise OfficeRefused("office-too-large")
    if any(each.flag_bits & 1 for each in entries):
        raise OfficeRefused("office-protected")
    names = {each.filename for each in entries}
    if "mimetype" in names:
        return _open_document(parts, names)
    for main, kind in _MARKUP_KINDS.items():
        if main in names:
            return _markup(parts, names, kind)
    raise OfficeRefused("office-unknown")


def _open_document(parts: zipfile.ZipFile, names: set[str]) -> Package:
    kind = _OPEN_KINDS.get(_part(parts, "mimetype").removeprefix(_OPEN_TYPE).decode("ascii", "replace").strip())
    if kind is None:
        raise OfficeRefused("office-unknown")
    if b"manifest:encryption-data" in (_part(parts, _MANIFEST) if _MANIFEST in names else b""):
        raise OfficeRefused("office-protected")
    seen = _Seen()
    for name in ("styles.xml", "content.xml"):
        if name in names:
            _read(_part(parts, name), lambda tag, given: _open_element(seen, tag, given), seen)
    return Package(kind, seen.named())


def _open_element(seen: _Seen, tag: str, given: Mapping[str, str]) -> None:
    if tag == "style:font-face":
        seen.faces[given.get("style:name", "")] = given.get("svg:font-family", "")
    elif tag == "style:text-properties":
        seen.latin |= {given[key] for key in ("style:font-name", "fo:font-family") if key in given}
        seen.asian |= {given[key] for key in ("style:font-name-asian", "style:font-family-asian") if key in given}
    elif tag in _OPEN_FETCHED and _ELSEWHERE.match(given.get("xlink:href", "")):
        raise OfficeRefused("office-links-outside")


def _markup(parts: zipfile.ZipFile, names: set[str], kind: str) -> Package:
    seen = _Seen()
    for name in sorted(names):
        if name.endswith(".rels"):
            _read(_part(parts, name), _relationship, seen)
        elif name.endswith(".xml") and name.startswith(("word/", "xl/", "ppt/")):
            _read(_part(parts, name), _reader(seen, name), seen)
    return Package(kind, seen.named())


def _relationship(tag: str, given: Mapping[str, str]) -> None:
    kind = given.get("Type", "").rpartition("/")[2]
    if given.get("TargetMode") == "External" and kind in _FETCHED:
        raise OfficeRefused("office-links-outside")


def _reader(seen: _Seen, part: str) -> Handler:
    """What the elements of this part mean for `seen`."""
    if "/theme/" in part:
        return _theme_reader(seen)
    if part == "word/fontTable.xml":
        return _font_table_reader(seen)
    if part.startswith("word/"):
        return lambda tag, given: _word_element(seen, tag, given)
    if part.startswith("xl/"):
        return lambda tag, given: _sheet_element(seen, tag, given)
    return lambda tag, given: _drawn_element(seen, tag, given)


def _word_element(seen: _Seen, tag: str, given: Mapping[str, str]) -> None:
    if tag == "w:rFonts":
        seen.latin |= {given[key] for key in ("w:ascii", "w:hAnsi") if key in given}
        seen.asian |= {given[key] for key in ("w:eastAsia",) if key in given}
        seen.latin |= {_theme_name(given[key]) for key in ("w:asciiTheme", "w:hAnsiTheme") if key in given}
        seen.asian |= {_theme_name(given[key]) for key in ("w:eastAsiaTheme",) if key in given}
    elif tag == "w:sym":
        seen.latin.add(given.get("w:font", ""))


def _theme_name(word: str) -> str:
    which = "mj" if word.startswith("major") else "mn"
    return f"+{which}-{'ea' if word.endswith('EastAsia') else 'lt'}"


def _sheet_element(seen: _Seen, tag: str, given: Mapping[str, str]) -> None:
    """A cell has one font for all scripts."""
    if tag in ("name", "rFont") and "val" in given:
        seen.latin.add(given["val"])
    elif tag in ("a:latin", "a:ea"):
        _drawn_element(seen, tag, given)


def _drawn_element(seen: _Seen, tag: str, given: Mapping[str, str]) -> None:
    if tag == "a:latin":
        seen.latin.add(given.get("typeface", ""))
    elif tag == "a:ea":
        seen.asian.add(given.get("typeface", ""))


def _theme_reader(seen: _Seen) -> Handler:
    which = ""

    def element(tag: str, given: Mapping[str, str]) -> None:
        nonlocal which
        name = given.get("typeface", "")
        if tag in ("a:majorFont", "a:minorFont"):
            which = tag[2:7]
        elif which and tag == "a:latin":
            seen.theme[which] = name
        elif which and name and (tag == "a:ea" or (tag == "a:font" and given.get("script") == "Hans")):
            seen.theme.setdefault(f"{which}-ea", name)

    return element


def _font_table_reader(seen: _Seen) -> Handler:
    name = ""

    def element(tag: str, given: Mapping[str, str]) -> None:
        nonlocal name
        if tag == "w:font":
            name = given.get("w:name", "")
        elif tag == "w:embedRegular":
            seen.embedded.add(name)

    return element


def _part(parts: zipfile.ZipFile, name: str) -> bytes:
    with parts.open(name) as part:
        data = part.read(LARGEST_PART + 1)
    if len(data) > LARGEST_PART:
        raise OfficeRefused("office-too-large")
    return data


def _read(data: bytes, element: Handler, seen: _Seen) -> None:
    """Hand every element to `element`, and notice Chinese text and fields that include what lies elsewhere."""

    def declared(*_: object) -> None:
        raise OfficeRefused("office-damaged")

    def text(words: str) -> None:
        seen.chinese = seen.chinese or bool(_CHINESE.search(words))
        if seen.instruction and _INCLUDED.search(words):
            raise OfficeRefused("office-links-outside")

    def begun(tag: str, given: Mapping[str, str]) -> None:
        seen.instruction = tag == "w:instrText"
        if _INCLUDED.search(given.get("w:instr", "")):
            raise OfficeRefused("office-links-outside")
        element(tag, given)

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = begun
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = declared
    parser.Parse(data, True)
