"""Turn wishes into concrete places, and say what is wrong with them or against custom. Pure.

The same document, layout and wishes give the same places, so what a form showed is what is drawn and approved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from printserver.rendering.marks import PlacedSeal, SealPlace, place_problems, seal_box
from printserver.rendering.page_layout import Box, ContentTransform, PageLayout
from printserver.rendering.page_texts import PageText
from printserver.rendering.placement_findings import Finding, FindingKind
from printserver.rendering.places import AtKeyword, OnPage, OnPages, Place, Straddle, pages_of
from printserver.rendering.straddle import beside_um, groups, pages_a_group, sliced_place, slices

MOST_OF_A_KEYWORD: Final = 500
FAR_UM: Final = 15_000
"""White between a seal and the nearest text from which it seems to stand in the wrong place."""
K = FindingKind


@dataclass(frozen=True)
class WantedSeal:
    """A seal in the size in which its maker signed it, and where somebody wants it."""

    artwork_pdf: bytes
    width_um: int
    height_um: int
    wanted: tuple[Place, ...]


@dataclass(frozen=True)
class Document:
    """`texts`: of each page, in order, with the words of `keywords`; without them no keyword is ever found.

    custom: look also for what is against custom.
    """

    layout: tuple[PageLayout, ...]
    texts: tuple[PageText, ...] = ()
    keywords: tuple[str, ...] = ()
    two_sided: bool = False
    custom: bool = True

    @property
    def front_sides(self) -> frozenset[int]:
        """Pages whose right edge can be fanned out: with two-sided printing each sheet's first one."""
        return frozenset(page.page for page in self.layout if not self.two_sided or page.page % 2)


@dataclass(frozen=True)
class Placement:
    """`seals`: with concrete places.   wishes: of each seal, for each place, which of its wishes it comes from, from 0.

    findings: problems, which block, then warnings, which do not.
    """

    seals: tuple[PlacedSeal, ...]
    wishes: tuple[tuple[int, ...], ...]
    findings: tuple[Finding, ...]

    @property
    def problems(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if not finding.is_warning)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.is_warning)


def keywords_of(wanted: Sequence[Place]) -> tuple[str, ...]:
    """What has to be looked for, each once, in order."""
    return tuple(dict.fromkeys(place.keyword for place in wanted if isinstance(place, AtKeyword)))


def resolve(document: Document, wanted: Sequence[WantedSeal]) -> Placement:
    """Every seal's concrete places; of a wish that cannot be met only what is wrong with it.

    Resolving concrete places again gives the same places.
    """
    seals, wishes, findings = [], [], []
    for number, seal in enumerate(wanted, 1):
        places: dict[SealPlace, int] = {}
        for at, wish in enumerate(seal.wanted):
            for found in _resolved(document, seal, wish, number):
                if isinstance(found, Finding):
                    findings.append(found)
                else:
                    places.setdefault(found, at)
        seals.append(PlacedSeal(seal.artwork_pdf, seal.width_um, seal.height_um, tuple(places)))
        wishes.append(tuple(places.values()))
    said = {finding.seal for finding in findings if not finding.is_warning}
    missing = (
        each for each in place_problems(document.layout, seals) if each.kind is not K.NO_PLACE or each.seal not in said
    )
    problems = [*(each for each in findings if not each.is_warning), *missing]
    warnings = [*(each for each in findings if each.is_warning), *_against_custom(document, seals)]
    return Placement(tuple(seals), tuple(wishes), (*problems, *warnings))


def _resolved(document: Document, seal: WantedSeal, wish: Place, number: int) -> Iterator[SealPlace | Finding]:
    if isinstance(wish, OnPage):
        yield SealPlace(wish.page, wish.x_um, wish.y_um)
    elif isinstance(wish, OnPages):
        for page in pages_of(wish.pages, len(document.layout)):
            yield SealPlace(page, wish.x_um, wish.y_um)
    elif isinstance(wish, AtKeyword):
        yield from _at_keyword(document, wish, number)
    else:
        yield from _across(document, seal, wish, number)


def _at_keyword(document: Document, wish: AtKeyword, number: int) -> Iterator[SealPlace | Finding]:
    at = document.keywords.index(wish.keyword) if wish.keyword in document.keywords else None
    found = (
        [] if at is None else [(page, boxes) for page, text in enumerate(document.texts, 1) for boxes in text.words[at]]
    )
    said = Finding(K.KEYWORD_NOT_FOUND, seal=number, keyword=wish.keyword, count=len(found))
    if not found:
        yield said
    elif wish.which == "all":
        if len(found) > MOST_OF_A_KEYWORD:
            yield replace(said, kind=K.KEYWORD_TOO_OFTEN)
            return
        for page, boxes in found:
            yield _over(page, boxes, wish)
    elif wish.which == "last":
        yield _over(*found[-1], wish)
    elif wish.which > len(found):
        yield replace(said, kind=K.KEYWORD_TOO_SELDOM)
    else:
        chosen = found[wish.which - 1]
        yield _over(*chosen, wish)
        if len(found) > wish.which:
            yield replace(said, kind=K.KEYWORD_FOUND_MORE, page=chosen[0])


def _over(page: int, boxes: Sequence[Box], wish: AtKeyword) -> SealPlace:
    """Over the words; where they are broken between lines, over the longest part."""
    box = max(boxes, key=lambda each: each.width_um)
    x, y = box.x_um + box.width_um // 2 + wish.dx_um, box.y_um + box.height_um // 2 + wish.dy_um
    return SealPlace(page, x, y)


def _across(document: Document, seal: WantedSeal, wish: Straddle, number: int) -> Iterator[SealPlace | Finding]:
    if min(seal.width_um, seal.height_um) <= 0:
        return
    layouts = {page.page: page for page in document.layout}
    chosen = pages_of(wish.pages, len(layouts))
    unknown = [page for page in chosen if page not in layouts]
    yield from (Finding(K.NO_SUCH_PAGE, page=page, seal=number) for page in unknown)
    fronts = document.front_sides
    pages = [page for page in chosen if page in fronts]
    if len(pages) < 2:
        if not unknown:
            yield Finding(K.STRADDLE_NEEDS_PAGES, seal=number)
        return
    size = (seal.width_um, seal.height_um)
    along_top = wish.edge == "top"
    extent = min(layouts[page].size.width_um if along_top else layouts[page].size.height_um for page in pages)
    at_um = extent // 2 if wish.at_um is None else wish.at_um
    length, across = size if along_top else (size[1], size[0])
    bands = (at_um, beside_um(wish.edge, at_um, length, extent) if wish.overlap else at_um)
    for turn, group in enumerate(groups(pages, pages_a_group(across, wish.group), overlap=wish.overlap)):
        for page, piece in zip(group, slices(*size, wish.edge, len(group)), strict=True):
            yield sliced_place(layouts[page], wish.edge, piece, size, at_um=bands[turn % 2], inset_um=wish.inset_um)


def _against_custom(document: Document, seals: Sequence[PlacedSeal]) -> Iterator[Finding]:
    if not document.custom or not document.texts:
        return
    layouts = {page.page: page for page in document.layout}
    texts = dict(enumerate(document.texts, 1))
    lines: dict[int, tuple[Box, ...]] = {}
    for number, seal in enumerate(seals, 1):
        placed = [
            (place, seal_box(layouts[place.page], seal, place))
            for place in seal.places
            if place.part is None and place.page in layouts
        ]
        yield from _beside_signature(layouts, texts, placed, number)
        for place, box in placed:
            if place.page not in lines:
                lines[place.page] = _moved(layouts[place.page].content, texts[place.page].lines)
            if lines[place.page] and not any(_grown(box, FAR_UM).overlaps(line) for line in lines[place.page]):
                yield Finding(K.FAR_FROM_TEXT, page=place.page, seal=number, x_um=place.x_um, y_um=place.y_um)
    for page, text in texts.items():
        if not text.has_text:
            yield Finding(K.PAGE_WITHOUT_TEXT, page=page)
        elif text.blanks:
            yield Finding(K.UNFILLED_BLANKS, page=page, count=text.blanks)


def _beside_signature(
    layouts: Mapping[int, PageLayout],
    texts: Mapping[int, PageText],
    placed: Sequence[tuple[SealPlace, Box]],
    number: int,
) -> Iterator[Finding]:
    """Custom has the seal over the date and the name (骑年盖月); a straddle seal stands apart from both."""
    if not placed or not any(text.signatures for text in texts.values()):
        return
    for place, box in placed:
        spots = (part for found in texts[place.page].signatures for part in found)
        if any(box.overlaps(spot) for spot in _moved(layouts[place.page].content, tuple(spots))):
            return
    first = next(page for page, text in texts.items() if text.signatures)
    own = next((place.page for place, _ in placed if texts[place.page].signatures), first)
    yield Finding(K.BESIDE_SIGNATURE, page=own, seal=number)


def _moved(content: ContentTransform, boxes: Sequence[Box]) -> tuple[Box, ...]:
    """Where they are printed."""
    moved = []
    for box in boxes:
        left, top = content.apply(box.x_um, box.y_um)
        right, bottom = content.apply(box.right_um, box.bottom_um)
        moved.append(Box(left, top, right - left, bottom - top))
    return tuple(moved)


def _grown(box: Box, by_um: int) -> Box:
    return Box(box.x_um - by_um, box.y_um - by_um, box.width_um + 2 * by_um, box.height_um + 2 * by_um)
