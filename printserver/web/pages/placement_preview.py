"""Where the seals of a form would stand, before it is handed in: for the page's picture, with or without scripts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Annotated, Any

from fastapi import Form
from fastapi.responses import JSONResponse, Response

from printserver.foundation.errors import PrintServerError
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import Lane, requires
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import Call, CurrentActor, CurrentCall
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Permission
from printserver.print_requests.placing import Preview, SealSpot, preview
from printserver.print_requests.sides import Sides
from printserver.rendering.layout import CodeCorner
from printserver.rendering.page_layout import WHOLE, Box, ContentTransform
from printserver.seals.queries import SealFacts, seals
from printserver.seals.states import SealState
from printserver.web.drafts import Draft, open_draft
from printserver.web.forms import FieldsWrong, TypedRequest, check_places
from printserver.web.languages import translations
from printserver.web.placed_seals import UM_PER_MM
from printserver.web.placement_words import said_finding
from printserver.web.view import CurrentView, View

router = edge_router("/requests", "pages")


@dataclass(frozen=True)
class ShownSpot:
    """On the picture of the document's page, in millimetres.   kind: `seal`, `slice`, `code`.

    place: which of the form's places it comes from, from 0; -1 for a code.   along: of a slice what its place's field
    for the edge says or stands for; every second group's seal stands beside it.
    """

    kind: str
    place: int
    x: float
    y: float
    width: float
    height: float
    along: float = 0


@dataclass(frozen=True)
class Said:
    text: str
    warning: bool
    page: int


@dataclass(frozen=True)
class ShownPlacement:
    """`spots`: on the page that is shown.   seen: names the warnings, once there is no problem."""

    page: int
    spots: tuple[ShownSpot, ...]
    findings: tuple[Said, ...]
    seen: str


@router.post("/drafts/{token}/placements", response_class=Response)
@requires(Permission.CREATE_REQUEST, lane=Lane.DRAWING)
def read_placement(
    token: str, view: CurrentView, actor: CurrentActor, call: CurrentCall, typed: Annotated[TypedRequest, Form()]
) -> Response:
    """The script of the form asks for it whenever a place has changed; nothing is recorded."""
    draft = open_draft(call.adapters, actor, token)
    try:
        found = _found(call, actor, draft, typed)
    except (FieldsWrong, PrintServerError):
        return JSONResponse({"page": 0, "spots": [], "findings": [], "seen": ""})
    return JSONResponse(asdict(_shown(view, found, typed)))


def shown_placement(view: View, call: Call, actor: Actor, draft: Draft, typed: TypedRequest) -> ShownPlacement:
    """Raises: FieldsWrong, and as `preview`."""
    return _shown(view, _found(call, actor, draft, typed), typed)


def usable_seals(work: Work, actor: Actor) -> list[SealFacts]:
    """Those among which the form lets choose."""
    return [seal for seal in seals(work, actor) if seal.state is SealState.ACTIVE]


def _found(call: Call, actor: Actor, draft: Draft, typed: TypedRequest) -> Preview:
    parts = call.adapters
    wanted = check_places(typed, pages=draft.pages)
    return preview(
        parts.database,
        parts.objects,
        parts.load_key_list(),
        actor,
        wanted,
        parts.objects.get(draft.safe_sha256, actor.organisation_id),
        sides=Sides(typed.sides) if typed.sides in list(Sides) else Sides.ONE_SIDED,
        corner=CodeCorner(typed.code_corner) if typed.code_corner in list(CodeCorner) else CodeCorner.FREE,
    )


def _shown(view: View, found: Preview, typed: TypedRequest) -> ShownPlacement:
    pages = {page.page: page for page in found.layout}
    page = pages.get(int(typed.shown) if typed.shown.isdecimal() else 0, found.layout[-1])
    own = [spot for spot in found.spots if spot.page == page.page]
    rows = [(place.of_seal, at) for at, place in enumerate(typed.places)]
    places = [[at for seal, at in rows if seal == number] for number in range(len(typed.seal_ids))]
    shown = [_spot(spot, places[spot.seal - 1][spot.wish], page.content) for spot in own]
    marks = [_on_picture("code", -1, box, page.content) for box in (page.qr, page.barcode)]
    gettext = translations(view.language).gettext
    findings = found.placement.findings[:50]
    said = tuple(Said(said_finding(gettext, each), each.is_warning, each.page) for each in findings)
    seen = "" if found.placement.problems else found.seen
    return ShownPlacement(page.page, tuple(marks + shown), said, seen)


def _spot(spot: SealSpot, place: int, content: ContentTransform) -> ShownSpot:
    """A slice stays at the sheet's edge; a whole seal stands on the content, and only its middle moves with it."""
    if spot.sliced:
        return replace(_on_picture("slice", place, spot.box, ContentTransform()), along=spot.along_um / UM_PER_MM)
    box = spot.box
    x, y = (box.x_um + box.width_um / 2 - content.x_um), (box.y_um + box.height_um / 2 - content.y_um)
    x, y = (side * WHOLE / content.scale_ppm for side in (x, y))
    return ShownSpot(
        "seal",
        place,
        *_mm(x - box.width_um / 2, y - box.height_um / 2, box.width_um, box.height_um),
    )


def _on_picture(kind: str, place: int, box: Box, content: ContentTransform) -> ShownSpot:
    """Moved back to where the page's own picture has it."""
    scale = WHOLE / content.scale_ppm
    sides = (box.x_um - content.x_um, box.y_um - content.y_um, box.width_um, box.height_um)
    return ShownSpot(kind, place, *_mm(*(side * scale for side in sides)))


def _mm(*lengths_um: float) -> Sequence[Any]:
    return [round(length / 1000, 2) for length in lengths_um]
