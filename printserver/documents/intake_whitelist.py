"""Copy what draws a page, and nothing else, from one PDF into another.

Only the keys named here are copied, each by the rule for its kind. Whatever is not named (actions, scripts, files,
annotations, layers, metadata, overprint, transfer functions, halftones) is left behind without being looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

import pikepdf
from pikepdf import Array, Dictionary, Name

from printserver.documents import intake_shapes as shapes
from printserver.documents.intake_shapes import Shape

_DEPTH: Final = 60


class NotCopied(Exception):
    """`code`: of the refusal in `documents.intake`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class PageCopier:
    """Copies objects into `target`; what several pages share stays shared."""

    def __init__(self, target: pikepdf.Pdf) -> None:
        self._target = target
        self._copied: dict[tuple[tuple[int, int], str], Any] = {}
        self._depth = 0
        self.fonts_not_embedded: set[str] = set()

    def copy(self, value: Any, kind: str) -> Any:
        """The copy by the rule called `kind`, or None when nothing of it may pass. Raises NotCopied."""
        if self._depth > _DEPTH:
            raise NotCopied("document-damaged")
        key = (value.objgen, kind) if isinstance(value, pikepdf.Object) and value.is_indirect else None
        if key in self._copied:
            return self._copied[key]
        self._depth += 1
        try:
            rule: Callable[[Any, Callable[[Any], Any]], Any] = getattr(self, f"_{kind}")
            return rule(value, lambda made: self._copied.setdefault(key, made) if key else made)
        finally:
            self._depth -= 1

    def _dictionary(self, value: Any, shape: Shape, remember: Callable[[Any], Any]) -> Any:
        if not isinstance(value, Dictionary):
            return None
        made = remember(self._target.make_indirect(Dictionary()) if value.is_indirect else Dictionary())
        return self._fill(made, value, shape)

    def _fill(self, made: Any, value: Any, shape: Shape) -> Any:
        for key, kind in shape.items():
            if key in value:
                copied = self.copy(value[key], kind)
                if copied is not None:
                    made[key] = copied
        return made

    def _stream(self, value: Any, shape: Shape, remember: Callable[[Any], Any]) -> Any:
        """Decoded, so that nothing hides in a filter; it is compressed anew when it is written."""
        if not isinstance(value, pikepdf.Stream):
            return None
        refuse_outside(value)
        return self._fill(remember(self._target.make_stream(value.read_bytes())), value, shape)

    def _by_name(self, value: Any, kind: str) -> Any:
        if not isinstance(value, Dictionary):
            return None
        copies = {name: self.copy(item, kind) for name, item in value.items()}
        return Dictionary({name: made for name, made in copies.items() if made is not None})

    def _plain(self, value: Any, _: object) -> Any:
        """Numbers, names, strings and arrays of them."""
        if isinstance(value, Array):
            made = [self.copy(item, "plain") for item in value]
            return Array(made) if None not in made else None
        return value if isinstance(value, (bool, int, float, Decimal, Name, pikepdf.String)) else None

    def _resources(self, value: Any, remember: Callable[[Any], Any]) -> Any:
        return self._dictionary(value, shapes.RESOURCES, remember)

    def _graphics_states(self, value: Any, _: object) -> Any:
        return self._by_name(value, "graphics_state")

    def _colour_spaces(self, value: Any, _: object) -> Any:
        return self._by_name(value, "colour_space")

    def _patterns(self, value: Any, _: object) -> Any:
        return self._by_name(value, "pattern")

    def _shadings(self, value: Any, _: object) -> Any:
        return self._by_name(value, "shading")

    def _xobjects(self, value: Any, _: object) -> Any:
        return self._by_name(value, "xobject")

    def _fonts_by_name(self, value: Any, _: object) -> Any:
        return self._by_name(value, "font")

    def _streams_by_name(self, value: Any, _: object) -> Any:
        return self._by_name(value, "bare_stream")

    def _marked_properties(self, value: Any, _: object) -> Any:
        """The names stay, because the content refers to them; what they say of layers and structure does not."""
        if not isinstance(value, Dictionary):
            return None
        for _name, properties in value.items():
            refuse_hidden(properties)
        return Dictionary({name: Dictionary() for name in value})

    def _graphics_state(self, value: Any, remember: Callable[[Any], Any]) -> Any:
        return self._dictionary(value, shapes.GRAPHICS_STATE, remember)

    def _font_and_size(self, value: Any, _: object) -> Any:
        if not isinstance(value, Array) or len(value) != 2:
            return None
        font, size = self.copy(value[0], "font"), self.copy(value[1], "plain")
        return Array([font, size]) if font is not None and size is not None else None

    def _soft_mask(self, value: Any, remember: Callable[[Any], Any]) -> Any:
        return value if isinstance(value, Name) else self._dictionary(value, shapes.SOFT_MASK, remember)

    def _group(self, value: Any, remember: Callable[[Any], Any]) -> Any:
        return self._dictionary(value, shapes.GROUP, remember)

    def _function(self, value: Any, remember: Callable[[Any], Any]) -> Any:
        if isinstance(value, Name):
            return value if value == Name.Identity else None
        if isinstance(value, Array):
            made = [self.copy(item, "function") for item in value]
            return Array(made) if None not in made else None
        copy = self._stream if isinstance(value, pikepdf.Stream) else self._dictionary
        return copy(value, shapes.FUNCTION, remember)

    def _shading(self, value: Any, remember: Callable[[Any], Any]) -> Any:
        copy = self._stream if isinstance(value, pikepdf.Stream) else self._dictionary
        return copy(value, shapes.SHADING, remember)

    def _pattern(self, value: Any, remember: Callable[[Any], Any]) -> Any:
        copy = self._stream if isinstance(value, pikepdf.Stream) else self._dictionary
        return copy(value, shapes.PATTERN, remember)

    def _xobject(self, value: Any, remember: Callable[[Any], Any]) -> Any:
        """Images and forms. PostScript is seen by printers only, so it becomes a form that draws nothing."""
        if not isinstance(value, pikepdf.Stream):
            return None
        if value.get("/Subtype") == Name.Image:
            return self._image(value, remember)
        if value.get("/Subtype") == Name.Form and value.get("/Subtype2") != Name.PS and "/PS" not in value:
            return self._form(value, remember)
        return remember(self._target.make_stream(b"", Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 0, 0])))

    def _form(self, value: Any, remember: Callable[[Any], Any]) -> Any:
        """Also the look of an annotation, which is a form even where it does not say so."""
        refuse_hidden(value.get("/OC"))
        if "/Ref" in value:
            raise NotCopied("document-outside")
        made = self._stream(value, shapes.FORM, remember)
        made.Type, made.Subtype = Name.XObject, Name.Form
        return made

    def _image(self, value: Any, remember: Callable[[Any], Any]) -> Any:
        """Compressed as it came: decoding a photograph would change it."""
        refuse_hidden(value.get("/OC"))
        refuse_outside(value)
        filters = value.get("/Filter", Array())
        for name in filters if isinstance(filters, Array) else [filters]:
            if not isinstance(name, Name) or str(name) not in shapes.IMAGE_FILTERS:
                raise NotCopied("document-damaged")
        made = remember(self._target.make_stream(value.read_raw_bytes()))
        return self._fill(made, value, shapes.IMAGE)

    def _mask(self, value: Any, _: object) -> Any:
        return self.copy(value, "plain" if isinstance(value, Array) else "xobject")

    def _decode_parameters(self, value: Any, remember: Callable[[Any], Any]) -> Any:
        if isinstance(value, Array):
            return Array([self.copy(item, "decode_parameters") or Dictionary() for item in value])
        return self._dictionary(value, shapes.DECODE_PARAMETERS, remember)

    def _bare_stream(self, value: Any, remember: Callable[[Any], Any]) -> Any:
        return self._stream(value, {}, remember)

    def _colour_space(self, value: Any, _: object) -> Any:
        if isinstance(value, Name):
            return value
        if not isinstance(value, Array) or not len(value):
            return None
        kinds = shapes.COLOUR_SPACES.get(value[0].unparse() if isinstance(value[0], Name) else b"", ())
        if len(value) < len(kinds) + 1:
            return None
        made = [value[0], *(self.copy(item, kind) for item, kind in zip(list(value)[1:], kinds, strict=False))]
        return Array(made) if None not in made else None

    def _icc_profile(self, value: Any, remember: Callable[[Any], Any]) -> Any:
        return self._stream(value, shapes.ICC_PROFILE, remember)

    def _calibration(self, value: Any, remember: Callable[[Any], Any]) -> Any:
        return self._dictionary(value, shapes.CALIBRATION, remember)

    def _table(self, value: Any, remember: Callable[[Any], Any]) -> Any:
        return value if isinstance(value, pikepdf.String) else self._stream(value, {}, remember)

    def _fonts(self, value: Any, _: object) -> Any:
        return Array([self.copy(item, "font") for item in value]) if isinstance(value, Array) else None

    def _font(self, value: Any, remember: Callable[[Any], Any]) -> Any:
        made = self._dictionary(value, shapes.FONT, remember)
        if made is not None and not {"/DescendantFonts", "/CharProcs"} & set(made):
            embedded = made.get("/FontDescriptor", Dictionary())
            if not {"/FontFile", "/FontFile2", "/FontFile3"} & set(embedded):
                name = made.get("/BaseFont", Name.Unnamed).unparse()
                self.fonts_not_embedded.add(name[1:].decode("ascii", "replace"))
        return made

    def _font_descriptor(self, value: Any, remember: Callable[[Any], Any]) -> Any:
        return self._dictionary(value, shapes.FONT_DESCRIPTOR, remember)

    def _font_file(self, value: Any, remember: Callable[[Any], Any]) -> Any:
        return self._stream(value, shapes.FONT_FILE, remember)

    def _encoding(self, value: Any, remember: Callable[[Any], Any]) -> Any:
        if isinstance(value, pikepdf.Stream):
            return self._stream(value, shapes.CHARACTER_MAP, remember)
        return value if isinstance(value, Name) else self._dictionary(value, shapes.ENCODING, remember)

    def _character_map(self, value: Any, remember: Callable[[Any], Any]) -> Any:
        return value if isinstance(value, Name) else self._stream(value, shapes.CHARACTER_MAP, remember)

    def _character_collection(self, value: Any, remember: Callable[[Any], Any]) -> Any:
        return self._dictionary(value, shapes.CHARACTER_COLLECTION, remember)


def refuse_outside(stream: Any) -> None:
    """A stream whose bytes lie in another file would draw what nobody here has seen."""
    if "/F" in stream:
        raise NotCopied("document-outside")


def refuse_hidden(membership: Any) -> None:
    """All layers are shown; what is seen only while one of them is not would come to light without them.

    membership: of a layer, several layers, or nothing.   Source: ISO 32000-1, table 99 (unverified against the text).
    """
    if isinstance(membership, Dictionary) and (
        "/VE" in membership or membership.get("/P", Name.AnyOn) not in (Name.AnyOn, Name.AllOn)
    ):
        raise NotCopied("document-hidden-layers")
