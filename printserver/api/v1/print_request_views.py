"""How print requests look from outside."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from printserver.api.v1.common import View
from printserver.api.v1.copies import Copy
from printserver.print_requests.application import Application, Place
from printserver.print_requests.queries import RequestDetails
from printserver.print_requests.sides import Sides
from printserver.print_requests.states import RequestState

Um = Annotated[int, Field(ge=0, le=2_000_000)]


class SealPlace(View):
    """Page from 1; the seal's centre from the page's top-left corner as a person sees it, in micrometres."""

    page: Annotated[int, Field(ge=1)]
    x_um: Um
    y_um: Um


class NewPrintRequest(View):
    """The form field `application`."""

    seal_id: UUID
    printer_id: UUID
    copies: Annotated[int, Field(ge=1)]
    places: Annotated[list[SealPlace], Field(min_length=1, max_length=2_000)]
    title: Annotated[str, Field(min_length=1, max_length=500)]
    purpose: Annotated[str, Field(max_length=500)] = ""
    own_reference: Annotated[str, Field(max_length=500)] = ""
    sides: Annotated[Sides, Field(description="Two-sided only where the printer is known to do it.")] = Sides.ONE_SIDED

    def asked(self, filename: str) -> Application:
        places = tuple(Place(place.page, place.x_um, place.y_um) for place in self.places)
        words = self.model_dump(
            include={"seal_id", "printer_id", "copies", "title", "purpose", "own_reference", "sides"}
        )
        return Application(**words, places=places, filename=filename)


class Submitted(View):
    """`state` is `rendering` until every copy is drawn; then the approval flow opens."""

    id: UUID
    state: RequestState


class RequestSummary(View):
    id: UUID
    title: str
    own_reference: str
    state: RequestState
    applicant_id: UUID
    applicant_name: str
    seal_id: UUID
    printer_id: UUID
    copies: int
    created_at: datetime
    expires_at: datetime


class Decision(View):
    """`step`: `approval`, or `custody:` and the seal's id."""

    person_id: UUID
    person_name: str
    step: str
    decision: str
    reason: str
    decided_at: datetime


class PrintRequest(RequestSummary):
    """`manifest_sha256`: what a decision binds to; null until the copies are drawn.   failure: why it failed."""

    purpose: str
    failure: str
    manifest_sha256: str | None
    document_sha256: str
    filename: str
    pages: int
    sides: Sides
    places: list[SealPlace]
    seal_name: str
    printer_name: str
    replaces_copy_id: UUID | None
    copy_list: list[Copy]
    decisions: list[Decision]

    @classmethod
    def of(cls, details: RequestDetails) -> PrintRequest:
        own: dict[str, Any] = {
            name: getattr(details, name)
            for name in ("purpose", "failure", "manifest_sha256", "document_sha256", "filename", "pages", "sides")
        }
        return cls(
            **vars(details.summary),
            **own,
            seal_name=details.seal_name,
            printer_name=details.printer_name,
            replaces_copy_id=details.replaces_copy_id,
            places=[SealPlace(**place) for place in details.places],
            copy_list=[Copy.model_validate(copy) for copy in details.copies],
            decisions=[
                Decision(**vars(each), person_name=details.deciders.get(each.person_id, ""))
                for each in details.decisions
            ],
        )
