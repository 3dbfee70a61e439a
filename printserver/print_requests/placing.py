"""Find where a document's seals will stand: shown while somebody applies, and done once when the copies are drawn."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final, Generic, TypeVar

from printserver.foundation.errors import Refused
from printserver.foundation.unit_of_work import Database
from printserver.organisations.access import Actor
from printserver.print_requests.request_seals import SealWanted
from printserver.print_requests.sides import Sides
from printserver.rendering.layout import CodeCorner, plan_layout
from printserver.rendering.marks import PlacedSeal, SealPlace, SealPlaceRefused, seal_box
from printserver.rendering.page_layout import Box, PageLayout
from printserver.rendering.page_texts import PageText, page_texts
from printserver.rendering.placement import Document, Placement, WantedSeal, keywords_of, resolve
from printserver.rendering.placement_findings import Finding
from printserver.rendering.places import Place
from printserver.rendering.straddle import seam_slice
from printserver.seals.genuine import genuine_seal
from printserver.seals.queries import SealFacts, usable_seal
from printserver.signing.seal_object import Makers
from printserver.storage.objects import Objects

UM_PER_MM: Final = 1_000
_Value = TypeVar("_Value")


class _Remembered(Generic[_Value]):
    """A few answers about documents, so that moving a seal on the picture does not draw all pages each time."""

    def __init__(self, most: int) -> None:
        self._most, self._kept, self._lock = most, OrderedDict[str, _Value](), threading.Lock()

    def once(self, key: str, find: Callable[[], _Value]) -> _Value:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        found = find()
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return found


_LAYOUTS: Final = _Remembered[tuple[PageLayout, ...]](16)
_TEXTS: Final = _Remembered[tuple[PageText, ...]](16)


class PlacesDoubtful(Refused):
    """Nothing is wrong, but something is unusual: somebody has to say that it was seen.

    findings: what.   seen: says so when it is given back.
    """

    code = "places-doubtful"

    def __init__(self, findings: tuple[Finding, ...], seen: str) -> None:
        super().__init__("; ".join(str(finding) for finding in findings[:20]))
        self.findings = findings
        self.seen = seen


@dataclass(frozen=True)
class SealSpot:
    """What a page shows of a seal, on the sheet as it is printed. `seal`: its number in the request, from 1.

    wish: which of the seal's wishes it comes from, from 0.   along_um: of a slice the place along the edge that its
    wish names or stands for; every second group's seal stands beside it.
    """

    seal: int
    wish: int
    page: int
    box: Box
    sliced: bool
    along_um: int = 0


@dataclass(frozen=True)
class Preview:
    """`spots`: of every seal on every page."""

    layout: tuple[PageLayout, ...]
    placement: Placement
    spots: tuple[SealSpot, ...]

    @property
    def seen(self) -> str:
        return seen_of(self.placement.warnings)


def preview(
    database: Database,
    objects: Objects,
    makers: Makers,
    actor: Actor,
    seals: Sequence[SealWanted],
    safe_pdf: bytes,
    *,
    sides: Sides = Sides.ONE_SIDED,
    corner: CodeCorner = CodeCorner.FREE,
) -> Preview:
    """Where the seals would stand, and all that is wrong or unusual with it. Records nothing.

    Raises: SealNotFound, SealNotUsable, LayoutImpossible, PageNotDrawable.
    """
    with database.reading() as work:
        facts = [usable_seal(work, actor, each.seal_id) for each in seals]
        now = work.now()
    layout = layout_of(safe_pdf, corner)
    wishes = [(seal, each.places) for seal, each in zip(facts, seals, strict=True)]
    placement = find_places(objects, makers, wishes, safe_pdf, layout, sides=sides, now=now, custom=True)
    return Preview(layout, placement, tuple(_spots(layout, placement)))


def layout_of(safe_pdf: bytes, corner: CodeCorner) -> tuple[PageLayout, ...]:
    """As `plan_layout`, which draws every page, but once for a document that somebody is at work on."""
    return _LAYOUTS.once(f"{corner} {sha256(safe_pdf).hexdigest()}", lambda: plan_layout(safe_pdf, corner))


def find_places(
    objects: Objects,
    makers: Makers,
    seals: Sequence[tuple[SealFacts, Sequence[Place]]],
    safe_pdf: bytes,
    layout: Sequence[PageLayout],
    *,
    sides: Sides,
    now: datetime,
    custom: bool = False,
) -> Placement:
    """In the sizes that the seals' makers have signed, whatever the rows say.

    makers: whose seals are believed.   custom: look for what is unusual as well.
    Raises: SealNotUsable, PageNotDrawable.
    """
    wanted = []
    for seal, places in seals:
        picture = genuine_seal(objects, makers, seal, now).picture
        size = picture.width_mm * UM_PER_MM, picture.height_mm * UM_PER_MM
        wanted.append(WantedSeal(picture.data, *size, tuple(places)))
    keywords = keywords_of([place for each in wanted for place in each.wanted])
    key = sha256(safe_pdf + json.dumps(keywords).encode()).hexdigest()
    texts = _TEXTS.once(key, lambda: page_texts(safe_pdf, keywords)) if custom or keywords else ()
    two_sided = sides is not Sides.ONE_SIDED
    return resolve(Document(tuple(layout), texts, keywords, two_sided=two_sided, custom=custom), wanted)


def require_placeable(placement: Placement) -> None:
    """Raises: SealPlaceRefused with everything that is wrong."""
    if placement.problems:
        raise SealPlaceRefused(placement.problems)


def require_seen(placement: Placement, seen: str) -> None:
    """seen: of the warnings that somebody has looked at.   Raises: PlacesDoubtful while there are others."""
    warnings = placement.warnings
    if warnings and seen != seen_of(warnings):
        raise PlacesDoubtful(warnings, seen_of(warnings))


def seen_of(warnings: Sequence[Finding]) -> str:
    """Names these very warnings; empty without any."""
    said = json.dumps([finding.to_json() for finding in warnings], sort_keys=True)
    return sha256(said.encode()).hexdigest()[:32] if warnings else ""


def _spots(layout: Sequence[PageLayout], placement: Placement) -> list[SealSpot]:
    pages, spots = {page.page: page for page in layout}, []
    for number, (seal, wishes) in enumerate(zip(placement.seals, placement.wishes, strict=True), 1):
        first: dict[int, SealPlace] = {}
        for place, wish in zip(seal.places, wishes, strict=True):
            along_um = _along_um(seal, first.setdefault(wish, place))
            if place.page in pages:
                box = seal_box(pages[place.page], seal, place)
                spots.append(SealSpot(number, wish, place.page, box, place.part is not None, along_um))
    return spots


def _along_um(seal: PlacedSeal, place: SealPlace) -> int:
    if place.part is None:
        return 0
    return place.x_um if seam_slice(place, seal.width_um, seal.height_um).from_top else place.y_um
