"""What happens to a request between people's decisions: taken in, rendered, its manifest made, its issue finished.

Rendering and hashing run outside transactions; each function may be run again after a crash.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, update

from printserver.approvals.classes import class_facts
from printserver.audit.canonical import canonical_json
from printserver.audit.log import By, append
from printserver.documents.findings import Findings
from printserver.documents.intake import IntakeLimits, SafeDocument, make_safe
from printserver.documents.queries import document_facts
from printserver.foundation.errors import PrintServerError, Unavailable
from printserver.foundation.ids import new_id
from printserver.foundation.serials import CopySerial
from printserver.foundation.unit_of_work import Database, Work
from printserver.organisations.access import Actor, branch_path
from printserver.organisations.queries import organisation, person_of_account
from printserver.print_requests.access import copies_of
from printserver.print_requests.application import Application, check_application
from printserver.print_requests.company import attachments_of, parties_of
from printserver.print_requests.copies import move_copy
from printserver.print_requests.copy_service import request_replacement
from printserver.print_requests.differences import changed_pages
from printserver.print_requests.electronic import Electronic, numbers_of, papers_of
from printserver.print_requests.events import ApprovalFlowOpened, CopyRendered, RequestMoved
from printserver.print_requests.manifest import Amount, Manifest, ManifestCopy, ManifestSeal
from printserver.print_requests.models import Copy, PrintRequest
from printserver.print_requests.paper_marks import marks_for
from printserver.print_requests.placing import find_places, layout_of, require_placeable, require_seen
from printserver.print_requests.request_seals import facts_of_request, keep_drawn, seals_of_request
from printserver.print_requests.sides import Sides
from printserver.print_requests.states import (
    REQUEST_TRANSITIONS,
    CopyAction,
    CopyState,
    RequestAction,
    RequestState,
    next_request_state,
)
from printserver.print_requests.steps import frozen_flow
from printserver.printing.queries import PrinterFacts, printer_facts
from printserver.rendering.marks import CopyMarks, PlacedSeal
from printserver.rendering.overlay import render_copy
from printserver.rendering.page_layout import PageLayout
from printserver.rendering.places import Place
from printserver.rendering.security_marks import MarksChoice
from printserver.seals.queries import SealFacts, require_usable
from printserver.signing.flow import Flow, Sealing, default_flow
from printserver.signing.seal_object import Makers
from printserver.storage.objects import Objects

BY_PIPELINE = By(process="pipeline")
EXPIRED: Final = "nobody decided before the request expired"


@dataclass(frozen=True)
class TakenIn:
    """A document made safe, in the object store, with places that fit its pages."""

    safe: SafeDocument
    layout: tuple[PageLayout, ...]

    def with_original(self, sha256: str, findings: Findings) -> TakenIn:
        """For a document that was made safe before and kept as such: what was handed in, and found, then."""
        return replace(self, safe=replace(self.safe, original_sha256=sha256, findings=findings))


@dataclass(frozen=True)
class _Order:
    """What one request's copies are rendered from, read in one transaction."""

    request: PrintRequest
    organisation: int
    document_sha256: str
    seals: tuple[tuple[SealFacts, tuple[Place, ...]], ...]
    printer: PrinterFacts
    marks: MarksChoice
    public_view: str
    branch_path: str
    applicant: UUID
    flow: Flow
    parties: tuple[Mapping[str, Any], ...]
    attachments: tuple[Mapping[str, Any], ...]
    earlier_sha256: str | None

    @property
    def by_hand(self) -> bool:
        return self.flow.sealing is Sealing.PHYSICAL


def take_in(
    database: Database,
    objects: Objects,
    actor: Actor,
    application: Application,
    pdf: bytes | SafeDocument,
    *,
    makers: Makers,
    limits: IntakeLimits,
    most_copies: int,
    seen: str | None = None,
) -> TakenIn:
    """Check everything about an application that can be checked, and make its document safe. Records nothing.

    pdf: made safe here, unless it was a moment ago.   makers: whose seals are believed.
    seen: of the warnings that somebody has looked at; None not to ask for that.
    Raises: as `check_application`; DocumentRefused, LayoutImpossible, SealPlaceRefused, PlacesDoubtful.
    """
    with database.reading() as work:
        found = check_application(work, actor, application, most_copies=most_copies)
        now = work.now()
    safe = pdf if isinstance(pdf, SafeDocument) else make_safe(pdf, limits)
    layout = layout_of(safe.pdf, application.code_corner)
    if application.places:
        wishes = [(facts, seal.places) for facts, seal in zip(found.seals, application.seals, strict=True)]
        custom = seen is not None
        placement = find_places(
            objects, makers, wishes, safe.pdf, layout, sides=application.sides, now=now, custom=custom
        )
        require_placeable(placement)
        require_seen(placement, seen or "")
    objects.put(safe.pdf, actor.organisation_id)
    return TakenIn(safe, layout)


def prepare_request(
    database: Database, objects: Objects, makers: Makers, request_id: UUID, *, test: bool = False
) -> None:
    """Render every copy up to its code and open the approval flow; a request that cannot be rendered fails visibly.

    makers: whose seals are believed; a seal that is not genuine and usable at this moment is not drawn.
    test: each page says that it is not valid.
    What will be sealed by hand has no copies: people decide on the document's own pages.
    Raises: Unavailable: the request stays in rendering, to be prepared later.
    """
    with database.reading() as work:
        order = _order(work, request_id)
    if RequestState(order.request.state) is not RequestState.RENDERING:
        return
    try:
        placed = () if order.by_hand else _placed(database, objects, makers, order)
        copies = [] if order.by_hand else _render(database, objects, order, placed, test=test)
        changed = _changed_pages(objects, order)
    except Unavailable:
        raise
    except PrintServerError as problem:
        fail_request(database, request_id, str(problem))
        return
    digest = objects.put(_manifest(order, copies, placed), order.request.organisation_id)
    with database.work() as work:
        if not _advance(work, request_id, RequestAction.OPEN_FLOW, manifest_sha256=digest, changed_pages=changed):
            return
        for copy in copies:
            _register_copy(work, order, copy)
        if placed:
            keep_drawn(work, request_id, [seal.places for seal in placed])
        append(
            work,
            BY_PIPELINE.within(order.request.organisation_id),
            ApprovalFlowOpened(id=request_id, manifest_sha256=digest),
        )


def fail_request(database: Database, request_id: UUID, failure: str) -> None:
    """End a request that cannot be prepared. failure: words for the applicant."""
    with database.work() as work:
        _advance(work, request_id, RequestAction.FAIL, failure=failure)


def finish_issuing(database: Database, request_id: UUID, failure: str = "") -> None:
    """Once no copy waits for its signature: ask for replacements of the wasted ones, close the request's issue.

    failure: why the signer refuses the rest for good; those copies are void.
    """
    with database.work() as work:
        copies = copies_of(work, request_id)
        waiting = [copy for copy in copies if copy.state == CopyState.AUTHORISED]
        if waiting and not failure:
            return
        for copy in waiting:
            move_copy(work, BY_PIPELINE, copy.id, CopyAction.VOID, reason=failure)
        for copy in copies:
            if copy.state == CopyState.WASTED:
                request_replacement(work, BY_PIPELINE.within(copy.organisation_id), copy)
        action = RequestAction.FAIL if failure else RequestAction.FINISH_ISSUING
        _advance(work, request_id, action, failure=failure)


def expire_requests(database: Database) -> int:
    """Close the requests that nobody decided in time, and answer how many; their copies will never be printed."""
    with database.reading() as work:
        waiting = {before for before, action in REQUEST_TRANSITIONS if action is RequestAction.EXPIRE}
        due = work.session.scalars(
            select(PrintRequest.id).where(PrintRequest.state.in_(waiting), PrintRequest.expires_at <= work.now())
        ).all()
    return sum(_expire(database, request_id) for request_id in due)


def _expire(database: Database, request_id: UUID) -> bool:
    with database.work() as work:
        if not _advance(work, request_id, RequestAction.EXPIRE):
            return False
        for copy in copies_of(work, request_id):
            move_copy(work, BY_PIPELINE, copy.id, CopyAction.VOID, reason=EXPIRED)
        return True


def _order(work: Work, request_id: UUID) -> _Order:
    request = work.session.get_one(PrintRequest, request_id)
    earlier = None if request.earlier_id is None else work.session.get(PrintRequest, request.earlier_id)
    description = class_facts(work, request.organisation_id, request.class_code).description
    return _Order(
        request=request,
        organisation=organisation(work, request.organisation_id).number,
        document_sha256=document_facts(work, request.document_id).safe_sha256,
        seals=tuple(
            (facts, each.wishes)
            for facts, each in zip(facts_of_request(work, request), seals_of_request(work, request), strict=True)
        ),
        printer=printer_facts(work, request.printer_id),
        marks=description.marks,
        public_view=description.public_view,
        branch_path=branch_path(work, request.branch_id),
        applicant=person_of_account(work, request.applicant_id),
        flow=frozen_flow(request) or default_flow(),
        parties=tuple(vars(party) for party in parties_of(work, request.id)),
        attachments=tuple(
            {"filename": each.filename, "pages": each.pages, "sha256": each.safe_sha256}
            for each in attachments_of(work, request.id)
        ),
        earlier_sha256=None if earlier is None else document_facts(work, earlier.document_id).safe_sha256,
    )


def _placed(database: Database, objects: Objects, makers: Makers, order: _Order) -> tuple[PlacedSeal, ...]:
    """The seals at their concrete places, found once for all copies."""
    with database.reading() as work:
        for seal, _wishes in order.seals:
            require_usable(work, seal)
        now = work.now()
    layout = [PageLayout.from_json(page) for page in order.request.layout]
    safe_pdf = objects.get(order.document_sha256, order.request.organisation_id)
    sides = Sides(order.request.sides)
    placement = find_places(objects, makers, order.seals, safe_pdf, layout, sides=sides, now=now)
    require_placeable(placement)
    return placement.seals


def _render(
    database: Database, objects: Objects, order: _Order, seals: tuple[PlacedSeal, ...], *, test: bool
) -> list[ManifestCopy]:
    owner = order.request.organisation_id
    safe_pdf = objects.get(order.document_sha256, owner)
    layout = [PageLayout.from_json(page) for page in order.request.layout]
    copies = []
    electronic = Electronic(order.request.electronic)
    papers, security = papers_of(order.request.copies, electronic), marks_for(order.marks, order.printer)
    dpi = order.printer.resolution_dpi
    for number in numbers_of(order.request.copies, electronic):
        serial = CopySerial.generate()
        marks = CopyMarks(serial, number, papers, seals, test, security, dpi)
        digest = objects.put(render_copy(safe_pdf, layout, marks), owner)
        copies.append(ManifestCopy(new_id(), serial, number, digest))
        _note_drawn(database, order.request.id, len(copies))
    return copies


def _note_drawn(database: Database, request_id: UUID, drawn: int) -> None:
    """Only for whoever watches: nothing is decided by it."""
    with database.work() as work:
        work.session.execute(update(PrintRequest).where(PrintRequest.id == request_id).values(drawn=drawn))


def _changed_pages(objects: Objects, order: _Order) -> list[int] | None:
    """None for a request that follows no other."""
    if order.earlier_sha256 is None:
        return None
    earlier, now = (
        objects.get(each, order.request.organisation_id) for each in (order.earlier_sha256, order.document_sha256)
    )
    return list(changed_pages(earlier, now))


def _manifest(order: _Order, copies: Sequence[ManifestCopy], placed: Sequence[PlacedSeal]) -> bytes:
    """Canonical bytes. What is sealed by hand says how many papers there will be, and is never signed."""
    request = order.request
    places = [[place.to_json() for place in seal.places] for seal in placed] or [[] for _ in order.seals]
    amount = None if request.amount_minor is None else Amount(request.amount_currency, request.amount_minor)
    marks, electronic_marks = _marks(order)
    manifest = Manifest(
        request_id=request.id,
        organisation=order.organisation,
        branch_id=request.branch_id,
        branch_path=order.branch_path,
        applicant_id=order.applicant,
        flow=order.flow,
        amount=amount,
        parties=order.parties,
        attachments=order.attachments,
        title=request.title,
        purpose=request.purpose,
        own_reference=request.own_reference,
        document_sha256=order.document_sha256,
        pages=len(request.layout),
        copies=copies,
        seals=[
            ManifestSeal(seal.id, seal.code_id, seal.object_sha256, seal.type, drawn)
            for (seal, _wishes), drawn in zip(order.seals, places, strict=True)
        ],
        layout=request.layout,
        sides=Sides(request.sides),
        printer_id=request.printer_id,
        printer_certificate_sha256=order.printer.certificate_sha256,
        printer_dpi=order.printer.resolution_dpi,
        expires_at=request.expires_at,
        marks=marks,
        electronic_marks=electronic_marks,
        public_view=order.public_view,
    )
    if order.by_hand:
        return canonical_json({**manifest.to_json(), "steps": request.steps or [], "papers": request.copies})
    return manifest.canonical()


def _marks(order: _Order) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Against copying: on the papers, and on the electronic original, as far as there are any."""
    if order.by_hand:
        return {}, {}
    electronic, drawn = Electronic(order.request.electronic), marks_for(order.marks, order.printer)
    on_paper = drawn.to_json() if papers_of(order.request.copies, electronic) else {}
    return on_paper, {} if electronic is Electronic.NONE else drawn.on_file().to_json()


def _register_copy(work: Work, order: _Order, copy: ManifestCopy) -> None:
    request = order.request
    work.session.add(
        Copy(
            id=copy.copy_id,
            request_id=request.id,
            organisation_id=request.organisation_id,
            branch_id=request.branch_id,
            printer_id=request.printer_id,
            number=copy.number,
            serial=copy.serial.value,
            state=CopyState.RENDERED,
            pages=len(request.layout),
            rendition_sha256=copy.sha256,
        )
    )
    append(
        work,
        BY_PIPELINE.within(request.organisation_id),
        CopyRendered(
            id=copy.copy_id,
            request_id=request.id,
            serial=str(copy.serial),
            number=copy.number,
            rendition_sha256=copy.sha256,
        ),
    )


def _advance(work: Work, request_id: UUID, action: RequestAction, **fields: Any) -> bool:
    """Move the request on, once; False when it is no longer where `action` starts from."""
    columns = select(PrintRequest.state, PrintRequest.organisation_id).where(PrintRequest.id == request_id)
    state, organisation_id = work.session.execute(columns).one()
    before = RequestState(state)
    try:
        after = next_request_state(before, action)
    except PrintServerError:
        return False
    moved = work.session.scalar(
        update(PrintRequest)
        .where(PrintRequest.id == request_id, PrintRequest.state == before)
        .values(state=after, **fields)
        .returning(PrintRequest.id)
    )
    if moved is None:
        return False
    moved_on = RequestMoved(id=request_id, before=before, after=after, reason=fields.get("failure", ""))
    append(work, BY_PIPELINE.within(organisation_id), moved_on)
    return True
