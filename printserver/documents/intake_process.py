"""Runs in a limited child process: a PDF on standard input becomes a safe one on standard output.

The answer is one JSON line, then the PDF: {"pages": [[width_um, height_um], …], "dropped": n, "flattened": n,
"fonts_not_embedded": [names]}, or {"refused": code} alone.
Arguments: most pages, longest side of a page in micrometres.
"""

from __future__ import annotations

import io
import json
import math
import sys
from dataclasses import dataclass
from typing import Any, Final

import pikepdf
from pikepdf import Array, Dictionary, Name

from printserver.documents.intake_whitelist import NotCopied, PageCopier, refuse_hidden, refuse_outside
from printserver.rendering.pdf_files import add_page, page_points, saved
from printserver.rendering.units import A4_LANDSCAPE, A4_PORTRAIT, to_micrometres
from printserver.rendering.vector import numbers


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_HIDDEN: Final = 1 << 1
_PRINT: Final = 1 << 2
_NO_VIEW: Final = 1 << 5
# Drawn by the viewer itself when they bring no look of their own; all others draw nothing, or a mere icon.
_DRAWN_BY_VIEWER: Final = _names(
    "/FreeText /Line /Square /Circle /Polygon /PolyLine /Highlight /Underline /Squiggly /StrikeOut "
    "/Stamp /Caret /Ink /Redact /Watermark /Widget"
)
_NEVER_DRAWN: Final = _names("/Link /Popup /FileAttachment /Sound /Movie /Screen /RichMedia /3D /TrapNet")


@dataclass(frozen=True)
class _Place:
    """Where the visible part of a page lies in its own coordinates, and how it is turned."""

    left: float
    bottom: float
    right: float
    top: float
    rotation: int
    unit: float

    def matrix(self, width: float, height: float) -> tuple[float, ...]:
        """Onto a page of width × height: upright, centred, made smaller where needed, never larger."""
        own_width, own_height = self.right - self.left, self.top - self.bottom
        seen = (own_height, own_width) if self.rotation % 180 else (own_width, own_height)
        scale = min(self.unit, width / seen[0], height / seen[1])
        cosine, sine = {0: (1, 0), 90: (0, -1), 180: (-1, 0), 270: (0, 1)}[self.rotation]
        a, b, c, d = (scale * part for part in (cosine, sine, -sine, cosine))
        middle = (self.left + self.right) / 2, (self.bottom + self.top) / 2
        x, y = a * middle[0] + c * middle[1], b * middle[0] + d * middle[1]
        return (a, b, c, d, width / 2 - x, height / 2 - y)

    def seen(self) -> tuple[float, float]:
        """Width and height as a person sees them, in points."""
        width, height = (self.right - self.left) * self.unit, (self.top - self.bottom) * self.unit
        return (height, width) if self.rotation % 180 else (width, height)


@dataclass
class _Count:
    dropped: int = 0
    flattened: int = 0


def rebuild(source: pikepdf.Pdf, most_pages: int, longest_um: int) -> tuple[dict[str, object], bytes]:
    """Raises NotCopied, and whatever pikepdf raises for a damaged file."""
    _refuse_as_a_whole(source, most_pages)
    count, pages = _Count(), []
    with pikepdf.new() as target:
        copier = PageCopier(target)
        for number, page in enumerate(source.pages, 1):
            print(f"page {number}", file=sys.stderr, flush=True)  # noqa: T201 - the parent names the page that failed
            pages.append(_rebuild_page(target, copier, page.obj, longest_um, count))
        pdf = saved(target)
    fonts = sorted(copier.fonts_not_embedded)[:50]
    head = {"pages": pages, "dropped": count.dropped, "flattened": count.flattened, "fonts_not_embedded": fonts}
    return head, pdf


def _refuse_as_a_whole(source: pikepdf.Pdf, most_pages: int) -> None:
    root = source.Root
    if source.is_encrypted:
        raise NotCopied("document-protected")
    if "/Collection" in root:
        raise NotCopied("document-portfolio")
    if bool(root.get("/NeedsRendering", False)):
        raise NotCopied("document-look-not-fixed")
    if _has_hidden_layers(root.get("/OCProperties")):
        raise NotCopied("document-hidden-layers")
    if len(source.pages) == 0:
        raise NotCopied("document-empty")
    if len(source.pages) > most_pages:
        raise NotCopied("document-too-many-pages")


def _has_hidden_layers(properties: Any) -> bool:
    """Whether any layer is not shown, on screen or on paper: then nobody can say which page was meant."""
    if not isinstance(properties, Dictionary):
        return False
    default = properties.get("/D", Dictionary())
    if default.get("/BaseState", Name.ON) != Name.ON or len(default.get("/OFF", Array())):
        return True
    for layer in properties.get("/OCGs", Array()):
        usage = layer.get("/Usage", Dictionary())
        on_paper, on_screen = (usage.get(key, Dictionary()) for key in ("/Print", "/View"))
        states = on_paper.get("/PrintState"), on_screen.get("/ViewState")
        if Name.OFF in states:
            return True
    return False


def _rebuild_page(
    target: pikepdf.Pdf, copier: PageCopier, page: Any, longest_um: int, count: _Count
) -> tuple[int, int]:
    place = _place(page)
    seen = place.seen()
    if max(map(to_micrometres, seen)) > longest_um:
        raise NotCopied("document-page-too-large")
    size = A4_LANDSCAPE if seen[0] > seen[1] else A4_PORTRAIT
    width, height = page_points(size)
    resources = copier.copy(page.get("/Resources", Dictionary()), "resources") or Dictionary()
    looks = _annotations(page, count)
    if not looks and "/Group" not in page and place == _Place(0, 0, round(width, 4), round(height, 4), 0, 1):
        # Handed in again, a page that is safe stays the same, and lies no form deeper each time.
        add_page(target, width, height, _content(page), resources)
        return size.width_um, size.height_um
    box = Array([place.left, place.bottom, place.right, place.top])
    form = target.make_stream(_content(page), Type=Name.XObject, Subtype=Name.Form, BBox=box)
    form.Resources = resources
    group = copier.copy(page.get("/Group", Dictionary()), "group")
    if group and group.get("/S") == Name.Transparency:
        group.I = True  # a page's group is always isolated; a form's only when it says so
        form.Group = group
    operators, xobjects = [b"/Page Do"], {"/Page": form}
    for at, (look, matrix) in enumerate(looks, 1):
        copied = copier.copy(look, "form")
        xobjects[f"/Note{at}"] = copied
        operators.append(f"q {numbers(*matrix)} cm /Note{at} Do Q".encode("ascii"))
    clip = numbers(place.left, place.bottom, place.right - place.left, place.top - place.bottom)
    start = f"q {numbers(*place.matrix(width, height))} cm {clip} re W n".encode("ascii")
    content = b"\n".join([start, *operators, b"Q\n"])
    add_page(target, width, height, content, Dictionary(XObject=Dictionary(xobjects)))
    return size.width_um, size.height_um


def _content(page: Any) -> bytes:
    content = page.get("/Contents", Array())
    streams = list(content) if isinstance(content, Array) else [content]
    for stream in streams:
        if not isinstance(stream, pikepdf.Stream):
            raise NotCopied("document-damaged")
        refuse_outside(stream)
    return b"\n".join(stream.read_bytes() for stream in streams)


def _place(page: Any) -> _Place:
    media = _rectangle(page.get("/MediaBox"))
    crop = _rectangle(page.get("/CropBox", page.get("/MediaBox")))
    left, bottom = max(media[0], crop[0]), max(media[1], crop[1])
    right, top = min(media[2], crop[2]), min(media[3], crop[3])
    rotation, unit = page.get("/Rotate", 0), float(page.get("/UserUnit", 1))
    if right - left < 1 or top - bottom < 1 or rotation % 90 or not 0 < unit < 1000:
        raise NotCopied("document-damaged")
    return _Place(left, bottom, right, top, int(rotation) % 360, unit)


def _rectangle(value: Any) -> tuple[float, float, float, float]:
    numbers_ = [float(side) for side in value] if isinstance(value, Array) else []
    if len(numbers_) != 4 or not all(map(math.isfinite, numbers_)):
        raise NotCopied("document-damaged")
    x, y = sorted(numbers_[::2]), sorted(numbers_[1::2])
    return x[0], y[0], x[1], y[1]


def _annotations(page: Any, count: _Count) -> list[tuple[Any, tuple[float, ...]]]:
    """The looks that belong on paper, each with the matrix that puts it into its rectangle.

    An annotation that is to be printed and has a fixed look becomes part of the page. One that every viewer would draw
    in its own way is refused. All others (links, notes, hidden ones) are dropped and counted.
    """
    drawn = []
    for annotation in page.get("/Annots", Array()):
        look = _look(annotation) if _is_printed(annotation) else None
        if look is not None:
            refuse_hidden(annotation.get("/OC"))
        matrix = _into_rectangle(annotation, look) if look is not None else None
        if look is None or matrix is None:
            count.dropped += 1
        else:
            count.flattened += 1
            drawn.append((look, matrix))
    return drawn


def _is_printed(annotation: Any) -> bool:
    flags: Any = annotation.get("/F", 0) if isinstance(annotation, Dictionary) else _HIDDEN
    wanted = flags & (_PRINT | _HIDDEN | _NO_VIEW) == _PRINT
    return wanted and annotation.get("/Subtype", Name.Link).unparse().decode("ascii") not in _NEVER_DRAWN


def _look(annotation: Any) -> Any:
    """The normal appearance, or None when there is nothing to see. Raises NotCopied when a viewer would invent one."""
    look = annotation.get("/AP", Dictionary()).get("/N")
    if isinstance(look, Dictionary) and not isinstance(look, pikepdf.Stream):
        state = annotation.get("/AS")
        look = look.get(state) if isinstance(state, Name) else None
        return look if isinstance(look, pikepdf.Stream) else None
    if isinstance(look, pikepdf.Stream):
        return look
    subtype = annotation.Subtype.unparse().decode("ascii")
    empty_field = subtype == "/Widget" and not _has_value(annotation)
    if subtype in _DRAWN_BY_VIEWER and not empty_field and _area(annotation):
        raise NotCopied("document-look-not-fixed")
    return None


def _has_value(widget: Any) -> bool:
    field = widget.get("/Parent", Dictionary())
    value, kind = (widget.get(key, field.get(key)) for key in ("/V", "/FT"))
    return kind != Name.Sig and value not in (None, Name.Off, pikepdf.String(""))


def _area(annotation: Any) -> float:
    left, bottom, right, top = _rectangle(annotation.get("/Rect"))
    return (right - left) * (top - bottom)


def _into_rectangle(annotation: Any, look: Any) -> tuple[float, ...] | None:
    """Source: ISO 32000-1, 12.5.5, algorithm 8.1 (unverified against the text)."""
    left, bottom, right, top = _rectangle(annotation.get("/Rect"))
    x0, y0, x1, y1 = _rectangle(look.get("/BBox"))
    a, b, c, d, e, f = (float(part) for part in look.get("/Matrix", Array([1, 0, 0, 1, 0, 0])))
    corners = [(a * x + c * y + e, b * x + d * y + f) for x in (x0, x1) for y in (y0, y1)]
    low = [min(axis) for axis in zip(*corners, strict=True)]
    high = [max(axis) for axis in zip(*corners, strict=True)]
    if not all((right - left, top - bottom, high[0] - low[0], high[1] - low[1])):
        return None
    wide, tall = (right - left) / (high[0] - low[0]), (top - bottom) / (high[1] - low[1])
    return (wide, 0, 0, tall, left - wide * low[0], bottom - tall * low[1])


def main() -> None:
    most_pages, longest_um = map(int, sys.argv[1:3])
    try:
        with pikepdf.open(io.BytesIO(sys.stdin.buffer.read()), attempt_recovery=False) as source:
            head, pdf = rebuild(source, most_pages, longest_um)
    except NotCopied as refusal:
        head, pdf = {"refused": refusal.code}, b""
    except pikepdf.PasswordError:
        head, pdf = {"refused": "document-protected"}, b""
    except (pikepdf.PdfError, ValueError, TypeError, KeyError, AttributeError, ArithmeticError) as damage:
        # Any object may be of any type in a hostile file; pikepdf then raises one of these.
        if "bad_alloc" in str(damage):
            raise MemoryError from damage
        print(repr(damage), file=sys.stderr)  # noqa: T201 - the parent's diagnosis
        head, pdf = {"refused": "document-damaged"}, b""
    sys.stdout.buffer.write(json.dumps(head).encode("ascii") + b"\n" + pdf)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
