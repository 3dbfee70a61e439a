"""How print requests look from outside."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, model_validator

from printserver.api.v1.common import View
from printserver.api.v1.copies import Copy
from printserver.api.v1.seal_places import DrawnPlace, NewSeal, Places, RequestSeal, Seals
from printserver.print_requests.application import MOST_READERS, Application, Attachment
from printserver.print_requests.electronic import Electronic
from printserver.print_requests.money import CNY, Money, in_capitals
from printserver.print_requests.particulars import Particulars
from printserver.print_requests.parties import MOST_PARTIES, Party, PartyKind
from printserver.print_requests.queries import RequestDetails
from printserver.print_requests.sides import Sides
from printserver.print_requests.states import RequestState
from printserver.rendering.layout import CodeCorner
from printserver.signing.flow import DEFAULT_CLASS


class Amount(View):
    """`minor`: in the currency's smallest unit, such as fen.   currency: ISO 4217."""

    minor: Annotated[int, Field(ge=0, lt=10**15, examples=[1_234_500])]
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] = CNY


class RequestParty(View):
    """`number`: of the identity card or the unified social credit code, its check digit is looked at.

    consents: to electronic sealing.   accepts_print: a printed seal is accepted.
    """

    kind: PartyKind = PartyKind.COMPANY
    name: Annotated[str, Field(min_length=1, max_length=200, examples=["示例供应有限公司"])]
    number: Annotated[str, Field(max_length=40, examples=["91350100M000100Y43"])] = ""
    consents: bool = True
    accepts_print: bool = True


class NewPrintRequest(View):
    """The form field `application`. Either `seals`, or `seal_id` with `places` for a single one."""

    seal_id: UUID | None = None
    places: Annotated[
        Places,
        Field(description="At least one a seal; none for a class of documents that is sealed by hand."),
    ] = ()
    seals: Annotated[Seals, Field(description="The first one's number stands in the codes.")] = ()
    printer_id: UUID
    copies: Annotated[int, Field(ge=1)]
    title: Annotated[str, Field(min_length=1, max_length=500)]
    purpose: Annotated[str, Field(max_length=500)] = ""
    own_reference: Annotated[
        str, Field(max_length=500, description="Your own number; a second request with it is refused (409).")
    ] = ""
    sides: Annotated[Sides, Field(description="Two-sided only where the printer is known to do it.")] = Sides.ONE_SIDED
    electronic: Annotated[
        bool, Field(description="An electronic original as well: the signed PDF, valid as a file, not on paper.")
    ] = False
    code_corner: Annotated[CodeCorner, Field(description="Of every page; `free`: where it covers nothing.")] = (
        CodeCorner.FREE
    )
    class_code: Annotated[str, Field(pattern="^[a-z][a-z0-9-]{0,39}$", examples=[DEFAULT_CLASS])] = DEFAULT_CLASS
    contract_end: Annotated[
        date | None, Field(description="The day on which the contract ends; the archive counts from it.")
    ] = None
    amount: Amount | None = None
    parties: Annotated[tuple[RequestParty, ...], Field(max_length=MOST_PARTIES)] = ()
    copy_to: Annotated[
        tuple[UUID, ...], Field(max_length=MOST_READERS, description="People who may read the request.")
    ] = ()
    seen_warnings: Annotated[
        str | None,
        Field(
            max_length=64,
            description="Given (also empty), warnings about places are refused (409, `places-doubtful`) unless these "
            "very ones were seen: the `seen` of a preview or of the refusal. Without it nobody is asked.",
        ),
    ] = None
    earlier_id: Annotated[
        UUID | None, Field(description="A request of your own that came to an end, and that this one follows.")
    ] = None

    @model_validator(mode="after")
    def _name_the_seals_once(self) -> Self:
        if (self.seal_id is None) == (not self.seals) or (self.seals and self.places):
            raise ValueError("give either seals, or seal_id with places")
        return self

    @property
    def all_seals(self) -> tuple[NewSeal, ...]:
        return self.seals if self.seal_id is None else (NewSeal(seal_id=self.seal_id, places=self.places),)

    def asked(self, filename: str, attachments: tuple[Attachment, ...] = ()) -> Application:
        """Raises: PlaceMalformed."""
        first, *further = (seal.wanted() for seal in self.all_seals)
        words = self.model_dump(
            include={
                *("printer_id", "copies", "title", "purpose", "own_reference", "sides"),
                *("class_code", "copy_to", "earlier_id", "electronic", "code_corner", "contract_end"),
            }
        )
        return Application(
            **words,
            seal_id=first.seal_id,
            places=first.places,
            further=tuple(further),
            filename=filename,
            amount=None if self.amount is None else Money(self.amount.minor, self.amount.currency),
            parties=tuple(Party(**vars(party)) for party in self.parties),
            attachments=attachments,
        )


class Submitted(View):
    """`state` is `rendering` until every copy is drawn; then the approval flow opens."""

    id: UUID
    state: RequestState


class DraftMade(View):
    """See `/request-drafts`."""

    draft_id: UUID


class RequestSummary(View):
    """`step`: the one that waits."""

    id: UUID
    title: str
    own_reference: str
    state: RequestState
    applicant_id: UUID
    applicant_name: str
    branch_id: UUID
    seal_id: UUID
    printer_id: UUID
    class_code: str
    step: str
    copies: int
    electronic: Annotated[Electronic, Field(description="`only`: in place of one that is void; nothing on paper.")]
    amount: Amount | None
    created_at: datetime
    expires_at: datetime


class Decision(View):
    """`step`: of the flow, or `custody:` and the seal's id.   acts_for: whose place a deputy took.

    to_id: who was asked to agree as well, or to decide instead.   kind: attested, passkey or system.
    """

    person_id: UUID
    person_name: str
    step: str
    decision: str
    reason: str
    decided_at: datetime
    acts_for: UUID | None
    to_id: UUID | None
    kind: str


class Step(View):
    """`asked`: who must agree as well.   handed: to whom it was forwarded.   name_zh, name_en: for people, or empty."""

    name: str
    name_zh: str = ""
    name_en: str = ""
    quorum: int
    roles: list[str]
    persons: list[str]
    scope: str
    done: bool
    waits: bool
    asked: list[UUID]
    handed: list[UUID]


class AttachmentView(View):
    """`number`: from 1, in its address."""

    number: int
    filename: str
    pages: int
    original_sha256: str
    safe_sha256: str


class FieldChange(View):
    name: str
    before: str
    after: str


class Differences(View):
    """From the submission before.   pages: of this document, that look otherwise.   fewer: pages that went away."""

    fields: list[FieldChange]
    pages: list[int]
    fewer: int


class WetSeal(View):
    seal_id: UUID
    papers: int
    sealed_at: datetime
    note: str
    recorded_by: UUID
    recorded_at: datetime


class PrintRequest(RequestSummary):
    """`manifest_sha256`: what a decision binds to; null until the copies are drawn.   failure: why it failed.

    by_hand: it ends in a seal of metal and rubber, no copy is printed here.
    """

    purpose: str
    failure: str
    manifest_sha256: str | None
    document_sha256: str
    filename: str
    pages: int
    sides: Sides
    places: Annotated[list[DrawnPlace], Field(description="Of the first seal; `seals` has all.")]
    seal_name: str
    seals: list[RequestSeal]
    printer_name: str
    replaces_copy_id: UUID | None
    copy_list: list[Copy]
    decisions: list[Decision]
    by_hand: bool
    amount_in_capitals: str
    parties: list[RequestParty]
    attachments: list[AttachmentView]
    copy_to: list[UUID]
    steps: list[Step]
    earlier_id: UUID | None
    later_id: UUID | None
    differences: Differences | None
    urged_at: datetime | None
    wet_seals: list[WetSeal]

    @classmethod
    def of(cls, details: RequestDetails) -> PrintRequest:
        own: dict[str, Any] = {
            name: getattr(details, name)
            for name in ("purpose", "failure", "manifest_sha256", "document_sha256", "filename", "pages", "sides")
        }
        summary = RequestSummary.model_validate(details.summary)
        return cls(
            **dict(summary),
            **own,
            **_particulars(details.particulars),
            seal_name=details.seals[0].name,
            seals=[RequestSeal.of(seal) for seal in details.seals],
            printer_name=details.printer_name,
            replaces_copy_id=details.replaces_copy_id,
            places=[DrawnPlace(**place) for place in details.seals[0].places or ()],
            copy_list=[Copy.model_validate(copy) for copy in details.copies],
            decisions=[
                Decision(**vars(each), person_name=details.deciders.get(each.person_id, ""))
                for each in details.decisions
            ],
        )


def _particulars(more: Particulars) -> dict[str, Any]:
    return {
        "by_hand": more.by_hand,
        "amount_in_capitals": "" if more.amount is None else in_capitals(more.amount),
        "parties": [RequestParty.model_validate(party) for party in more.parties],
        "attachments": [AttachmentView(number=at, **vars(each)) for at, each in enumerate(more.attachments, 1)],
        "copy_to": list(more.readers),
        "steps": [
            Step(
                **view.step.to_json(),
                done=view.done,
                waits=view.waits,
                asked=list(view.asked),
                handed=list(view.handed),
            )
            for view in more.steps
        ],
        "earlier_id": more.earlier_id,
        "later_id": more.later_id,
        "differences": _differences(more),
        "urged_at": more.urged_at,
        "wet_seals": [WetSeal.model_validate(each) for each in more.wet_seals],
    }


def _differences(more: Particulars) -> Differences | None:
    found = more.differences
    if found is None:
        return None
    fields = [FieldChange.model_validate(change) for change in found.fields]
    return Differences(fields=fields, pages=list(found.pages), fewer=found.fewer)
