"""Classes of documents and the flows that their requests go."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from printserver.api.v1.common import View, api_router
from printserver.api.v1.seal_places import WantedPlace
from printserver.approvals import classes
from printserver.approvals.classes import ClassDescription, ClassFacts
from printserver.foundation.errors import NotFound
from printserver.http_edge.declarations import requires
from printserver.http_edge.work import CurrentActor, CurrentAdapters, CurrentWork
from printserver.organisations.branch_paths import branches_of
from printserver.organisations.permissions import Permission
from printserver.print_requests import class_flows
from printserver.rendering.security_marks import MarksChoice
from printserver.seals.queries import readable_seal
from printserver.signing.flow import Case, parse_flow

router = api_router("/document-classes", "document classes")

Name = Annotated[str, Field(min_length=1, max_length=100)]
FlowJson = Annotated[
    dict[str, Any],
    Field(
        description="The class's flow; `version` is set by the server.",
        examples=[{"class": "loan", "sealing": "electronic", "steps": [{"name": "approval", "roles": ["approver"]}]}],
    ),
]


class Hints(View):
    """Filled in for the applicant."""

    printer_id: UUID | None = None
    place: WantedPlace | None = None


class WatermarkWords(View):
    """A text, the copy's number, or both; tiled: small, over the whole page."""

    text: Annotated[str, Field(max_length=40)] = ""
    number: bool = False
    tiled: bool = False


class Marks(View):
    """Against copying, on every copy. A pantograph needs a printer of 600 or 1200 dpi."""

    microtext: bool = True
    pantograph: bool = False
    guilloche: bool = False
    watermark: WatermarkWords | None = None


class ClassWords(View):
    """What is said of a class.   seal_types: allowed ones, empty for all.   retention: how long it is kept."""

    name_zh: Name
    name_en: Name
    retention: Annotated[str, Field(min_length=1, max_length=100)] = "standard"
    seal_types: Annotated[tuple[str, ...], Field(max_length=20)] = ()
    hints: Hints = Hints()
    retired: bool = False
    public_view: classes.PublicView = classes.PublicView.MASKED
    marks: Marks = Marks()


class DocumentClass(View):
    """`flow`: the one that officers confirmed last; null before the first.

    public_view: what a stranger with a code is shown of its page.
    only_by_hand: the law allows no electronic seal.   by_hand: its requests end in a seal of metal and rubber.
    """

    code: str
    name_zh: str
    name_en: str
    retention: str
    seal_types: list[str]
    hints: dict[str, Any]
    retired: bool
    public_view: str
    marks: Marks
    only_by_hand: bool
    by_hand: bool
    flow: dict[str, Any] | None
    flow_sha256: str

    @classmethod
    def of(cls, facts: ClassFacts) -> DocumentClass:
        said = facts.description
        return cls(
            code=said.code,
            name_zh=said.name_zh,
            name_en=said.name_en,
            retention=said.retention,
            seal_types=list(said.seal_types),
            hints=dict(said.hints or {}),
            retired=said.retired,
            public_view=said.public_view,
            marks=Marks.model_validate(said.marks.to_json()),
            only_by_hand=facts.only_by_hand,
            by_hand=facts.by_hand,
            flow=None if facts.flow is None else facts.flow.to_json(),
            flow_sha256="" if facts.flow is None else facts.flow.digest(),
        )


class FlowProposal(View):
    flow: FlowJson
    reason: Annotated[str, Field(max_length=500)] = ""


class Proposed(View):
    """`statement_id`: two officers confirm it; null when this is the present flow already."""

    statement_id: UUID | None


class AskedCase(View):
    """A case to try a flow with.   flow: the class's present one without it."""

    branch_id: UUID
    copies: Annotated[int, Field(ge=1, le=10_000)] = 1
    amount_fen: Annotated[int | None, Field(ge=0, lt=10**15)] = None
    seal_id: UUID | None = None
    flow: dict[str, Any] | None = None


class PersonInStep(View):
    id: UUID
    name: str


class StepPreview(View):
    """`people`: who could act, were somebody else the applicant.   name_zh, name_en: for people, or empty."""

    name: str
    name_zh: str
    name_en: str
    quorum: int
    people: list[PersonInStep]


class FlowPreview(View):
    """`obstacle`: why the flow cannot be completed somewhere; empty when it always can."""

    steps: list[StepPreview]
    custodians: list[PersonInStep]
    obstacle: str


@router.get("", summary="The classes of documents of my organisation")
@requires(Permission.CREATE_REQUEST, Permission.READ_REQUESTS, Permission.MANAGE_DOCUMENTS)
def list_classes(actor: CurrentActor, work: CurrentWork, *, retired: bool = False) -> list[DocumentClass]:
    return [DocumentClass.of(each) for each in classes.classes(work, actor.organisation_id, retired=retired)]


@router.get("/{code}", summary="One class with its flow")
@requires(Permission.CREATE_REQUEST, Permission.READ_REQUESTS, Permission.MANAGE_DOCUMENTS)
def read_class(code: str, actor: CurrentActor, work: CurrentWork) -> DocumentClass:
    return DocumentClass.of(classes.class_facts(work, actor.organisation_id, code))


@router.put("/{code}", summary="Make a class, or change what is said of it; not its flow")
@requires(Permission.MANAGE_DOCUMENTS)
def change_class(code: str, body: ClassWords, actor: CurrentActor, work: CurrentWork) -> DocumentClass:
    hints = body.hints.model_dump(mode="json", exclude_none=True)
    said = body.model_dump(exclude={"hints", "marks"})
    marks = MarksChoice.from_json(body.marks.model_dump())
    classes.describe_class(work, actor, ClassDescription(code=code, hints=hints, marks=marks, **said))
    return DocumentClass.of(classes.class_facts(work, actor.organisation_id, code))


@router.post("/{code}/flows", status_code=201, summary="Propose a flow, for two officers to confirm")
@requires(Permission.MANAGE_DOCUMENTS, step_up=True)
def create_flow(
    code: str, body: FlowProposal, actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters
) -> Proposed:
    """One that somebody somewhere could not complete is refused. Requests under way keep the flow they began with."""
    given = {**body.flow, "class": code}
    return Proposed(statement_id=class_flows.propose_flow(work, actor, adapters.attestor, given, reason=body.reason))


@router.post("/{code}/flow-previews", summary="Who could act, for one branch, amount and seal; changes nothing")
@requires(Permission.MANAGE_DOCUMENTS)
def create_flow_preview(code: str, body: AskedCase, actor: CurrentActor, work: CurrentWork) -> FlowPreview:
    if body.flow is None:
        flow = classes.usable_flow(work, actor.organisation_id, code)[1]
    else:
        flow = parse_flow({**body.flow, "class": code, "version": 1})
    seal = None if body.seal_id is None else readable_seal(work, actor, body.seal_id)
    types = () if seal is None else (seal.type,)
    paths = {branch.id: branch.path for branch in branches_of(work, actor.organisation_id)}
    if body.branch_id not in paths:
        raise NotFound("there is no such branch")
    case = Case(paths[body.branch_id], body.copies, body.amount_fen, types)
    found = class_flows.preview_flow(work, actor, flow, case, seal)
    return FlowPreview(
        steps=[
            StepPreview(
                name=step.name,
                name_zh=step.name_zh,
                name_en=step.name_en,
                quorum=step.quorum,
                people=[PersonInStep(id=each.id, name=each.name) for each in people],
            )
            for step, people in found.steps
        ],
        custodians=[PersonInStep(id=each.id, name=each.name) for each in found.custodians],
        obstacle="" if found.obstacle is None else str(found.obstacle),
    )
