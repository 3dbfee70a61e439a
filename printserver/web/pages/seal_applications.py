"""Apply for a seal: the form with the picture as it would be drawn, or the registered seal's own picture, cleaned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import File, Form, Query, UploadFile
from fastapi.responses import HTMLResponse, Response

from printserver.approvals.classes import classes
from printserver.foundation.errors import Malformed, NotFound, PrintServerError, Refused, TooLarge
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import Lane, requires
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import Call, CurrentActor, CurrentAdapters, CurrentCall, CurrentWork
from printserver.organisations.access import Actor
from printserver.organisations.colleagues import colleagues
from printserver.organisations.identity_proof_queries import people_proved
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import BranchFacts, branches_with
from printserver.rendering.page_images import PREVIEW_WATERMARK, page_image
from printserver.rendering.seal_artwork import GlyphMissing, seal_picture
from printserver.rendering.seal_artwork_image import LARGEST_BYTES
from printserver.rendering.seal_artwork_shapes import SealPicture
from printserver.rendering.seal_artwork_types import STYLES, SealType
from printserver.seals.applications import (
    MAY_APPLY,
    Artwork,
    apply_for_seal,
    draw_artwork,
    registered_artwork,
    require_reach,
)
from printserver.seals.artworks import ArtworkFacts, artwork_facts, keep_artwork, take_image
from printserver.seals.queries import readable_seal
from printserver.web.languages import Language
from printserver.web.seal_forms import TypedSeal
from printserver.web.view import CurrentView, View

router = edge_router("/seals", "pages")

USUAL_VALIDITY: Final = timedelta(days=3 * 365)
PICTURE_DPI: Final = 300
_UM_PER_MM: Final = 1_000


@dataclass(frozen=True)
class Preview:
    """`picture`: the drawn seal; none when it cannot be drawn, and `problem` says why."""

    picture: SealPicture | None = None
    problem: PrintServerError | None = None

    @property
    def missing(self) -> Sequence[str]:
        """The characters that no seal can show."""
        return self.problem.characters if isinstance(self.problem, GlyphMissing) else ()


@router.get("/new", response_class=HTMLResponse)
@requires(*MAY_APPLY)
def show_application(
    view: CurrentView,
    actor: CurrentActor,
    work: CurrentWork,
    artwork: Annotated[UUID | None, Query()] = None,
    renews: Annotated[UUID | None, Query()] = None,
) -> HTMLResponse:
    """artwork: a picture that was handed in.   renews: the seal whose place the new one takes."""
    typed = _of_former(work, actor, renews) if renews else TypedSeal()
    zone = ZoneInfo(view.settings.time_zone)
    today = work.now().astimezone(zone).date()
    typed = typed.model_copy(
        update={"valid_from": today.isoformat(), "valid_until": (today + USUAL_VALIDITY).isoformat()}
    )
    if artwork is not None:
        stored = artwork_facts(work, actor, artwork).stored
        size = {"width_mm": str(stored.width_um // _UM_PER_MM), "height_mm": str(stored.height_um // _UM_PER_MM)}
        typed = typed.usual().model_copy(update={**size, "artwork_id": str(artwork)})
    return _form_page(view, work, actor, typed.usual())


@router.post("/preview", response_class=HTMLResponse)
@requires(*MAY_APPLY, lane=Lane.DRAWING)
def read_preview(view: CurrentView, actor: CurrentActor, typed: Annotated[TypedSeal, Form()]) -> HTMLResponse:
    """What htmx puts into the form while somebody types: the picture and what depends on the type."""
    usual = typed.usual()
    style, changed = STYLES[usual.seal_type], usual != typed
    return view.page("seal_preview.html", typed=usual, style=style, changed=changed, preview=_preview(usual))


@router.post("", response_class=HTMLResponse)
@requires(*MAY_APPLY, lane=Lane.DRAWING)
def create_application(view: CurrentView, call: CurrentCall, typed: Annotated[TypedSeal, Form()]) -> Response:
    """The button that only draws comes here too, for browsers without scripts."""
    try:
        seal_id = _apply(view, call, typed)
    except (Malformed, Refused) as problem:
        with call.adapters.database.reading() as work:
            return _form_page(view, work, call.caller_in(work).actor, typed, problem=problem)
    return view.go(f"/seals/{seal_id}", "seal-applied")


@router.post("/drawings", response_class=HTMLResponse)
@requires(*MAY_APPLY, lane=Lane.DRAWING)
def show_drawing(view: CurrentView, call: CurrentCall, typed: Annotated[TypedSeal, Form()]) -> HTMLResponse:
    """The form again with the picture, for browsers without scripts."""
    with call.adapters.database.reading() as work:
        return _form_page(view, work, call.caller_in(work).actor, typed.usual())


@router.post("/artworks", response_class=HTMLResponse)
@requires(*MAY_APPLY, lane=Lane.DRAWING)
def create_artwork(
    view: CurrentView,
    call: CurrentCall,
    picture: Annotated[UploadFile, File()],
    width_mm: Annotated[str, Form(max_length=10)] = "",
    height_mm: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    try:
        sizes = [int(text) if text.strip().isdecimal() else 0 for text in (width_mm, height_mm)]
        data = picture.file.read(LARGEST_BYTES + 1)
        stored = take_image(call.adapters.objects, data, call.organisation_id, width_mm=sizes[0], height_mm=sizes[1])
    except (Malformed, TooLarge) as problem:
        typed = {"width_mm": width_mm, "height_mm": height_mm}
        return view.page("seal_picture.html", status=status_of(problem), artwork=None, problem=problem, typed=typed)
    with call.adapters.database.work() as work:
        artwork_id = keep_artwork(work, call.caller_in(work).actor, stored, picture.filename or "")
    return view.go(f"/seals/artworks/{artwork_id}")


@router.get("/artworks/new", response_class=HTMLResponse)
@requires(*MAY_APPLY)
def show_upload(view: CurrentView) -> HTMLResponse:
    return view.page("seal_picture.html", artwork=None, problem=None, typed={"width_mm": "40", "height_mm": "40"})


@router.get("/artworks/{artwork_id}", response_class=HTMLResponse)
@requires(*MAY_APPLY)
def show_artwork(artwork_id: UUID, view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    """Before and after."""
    return view.page("seal_picture.html", artwork=artwork_facts(work, actor, artwork_id), problem=None, typed={})


@router.get("/artworks/{artwork_id}/before", response_class=Response)
@requires(*MAY_APPLY)
def read_before(artwork_id: UUID, actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters) -> Response:
    before = artwork_facts(work, actor, artwork_id).stored.before_sha256
    return _picture(adapters.objects.get(before, actor.organisation_id))


@router.get("/artworks/{artwork_id}/after", response_class=Response)
@requires(*MAY_APPLY, lane=Lane.DRAWING)
def read_after(artwork_id: UUID, call: CurrentCall, adapters: CurrentAdapters) -> Response:
    with adapters.database.reading() as work:
        stored = artwork_facts(work, call.caller_in(work).actor, artwork_id).stored
    pdf = adapters.objects.get(stored.artwork_sha256, call.organisation_id)
    return _picture(page_image(pdf, 1, dpi=PICTURE_DPI, watermark=PREVIEW_WATERMARK, format="png"))


def _apply(view: View, call: Call, typed: TypedSeal) -> UUID:
    """Drawn and stored outside of the transaction.   Raises: as `apply_for_seal`."""
    application = typed.application(ZoneInfo(view.settings.time_zone))
    with call.adapters.database.reading() as work:
        require_reach(work, call.caller_in(work).actor, application.branch_id)
    artwork = None if typed.artwork_id else draw_artwork(call.adapters.objects, application, call.organisation_id)
    with call.transaction() as work:
        actor = call.caller_in(work).actor
        chosen: Artwork = artwork or registered_artwork(work, actor, _id(typed.artwork_id), application)
        return apply_for_seal(work, actor, application, chosen)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("there is no such picture of a seal") from None


def _preview(typed: TypedSeal) -> Preview:
    if typed.artwork_id or not typed.name.strip():
        return Preview()
    try:
        return Preview(seal_picture(typed.shown().design()))
    except Malformed as problem:
        return Preview(problem=problem)


def _of_former(work: Work, actor: Actor, seal_id: UUID) -> TypedSeal:
    """What the seal says of itself, for the one that shall take its place."""
    seal = readable_seal(work, actor, seal_id)
    known = seal.type if seal.type in set(SealType) else SealType.COMPANY.value
    typed = TypedSeal(type=known).usual()
    return typed.model_copy(
        update={
            "name": seal.name,
            "registration_number": seal.registration_number,
            "width_mm": str(seal.width_um // _UM_PER_MM),
            "height_mm": str(seal.height_um // _UM_PER_MM),
            "branch_id": str(seal.branch_id),
            "custodians": [str(each) for each in seal.custodians],
            "owner_id": "" if seal.owner_id is None else str(seal.owner_id),
            "classes": list(seal.classes),
            "evidence": seal.evidence,
            "uses_limit": "" if seal.uses_limit is None else str(seal.uses_limit),
            "purpose": seal.purpose,
            "replaces_id": str(seal_id),
        }
    )


def _form_page(
    view: View, work: Work, actor: Actor, typed: TypedSeal, *, problem: PrintServerError | None = None
) -> HTMLResponse:
    organisation, chinese = actor.organisation_id, view.language is Language.ZH
    able = colleagues(work, organisation, Permission.CONFIRM_SEAL_USE)
    proved = people_proved(work, [each.id for each in able])
    said = [each.description for each in classes(work, organisation)]
    return view.page(
        "seal_application.html",
        status=200 if problem is None else status_of(problem),
        typed=typed,
        style=STYLES[typed.seal_type],
        types=list(SealType),
        preview=_preview(typed),
        artwork=_artwork(work, actor, typed),
        branches=_branches(work, actor),
        keepers=[(each.id, each.name) for each in able],
        unproved=[each.name for each in able if each.id not in proved],
        all_classes=[(each.code, each.name_zh if chinese else each.name_en) for each in said],
        problem=problem,
    )


def _artwork(work: Work, actor: Actor, typed: TypedSeal) -> ArtworkFacts | None:
    return artwork_facts(work, actor, _id(typed.artwork_id)) if typed.artwork_id else None


def _branches(work: Work, actor: Actor) -> list[BranchFacts]:
    found = {each.id: each for permission in MAY_APPLY for each in branches_with(work, actor, permission)}
    return sorted(found.values(), key=lambda each: (each.name, each.id))


def _picture(data: bytes) -> Response:
    return Response(data, media_type="image/png", headers={"Cache-Control": "private, max-age=3600"})
