"""Classes of documents: the list, what is said of one, and the editor of its flow with a preview."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID

from fastapi import Form
from fastapi.responses import HTMLResponse, Response

from printserver.approvals.classes import ClassDescription, ClassFacts, PublicView, class_facts, classes, describe_class
from printserver.foundation.errors import Malformed, PrintServerError, Refused
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import requires
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import Call, CurrentActor, CurrentCall, CurrentWork
from printserver.organisations.access import Actor
from printserver.organisations.branch_paths import branches_of
from printserver.organisations.colleagues import colleagues
from printserver.organisations.permissions import Permission
from printserver.print_requests.class_flows import Preview, preview_flow, propose_flow, waiting_flow
from printserver.print_requests.flow_changes import flow_changes
from printserver.print_requests.money import parse_money
from printserver.printing.queries import printers
from printserver.seals.queries import SealFacts, readable_seal, seals
from printserver.signing.flow import Case, Scope, SealCondition, Sealing, parse_flow
from printserver.web.changes import change, refusal
from printserver.web.class_form import TypedClass, typed_class
from printserver.web.flow_form import ROLE, TypedFlow, typed_flow
from printserver.web.flow_names import flow_names
from printserver.web.forms import FieldsWrong
from printserver.web.placed_seals import KINDS
from printserver.web.request_words import RETENTIONS
from printserver.web.seal_words import SEAL_TYPES
from printserver.web.view import CurrentView, View

router = edge_router("/document-classes", "pages")

Name = Annotated[str, Form(max_length=100)]


@dataclass(frozen=True)
class _Shown:
    """What stands beside the form."""

    wrong: frozenset[str] = frozenset()
    problem: PrintServerError | None = None
    preview: Preview | None = None
    said: TypedClass | None = field(default=None)

    @property
    def status(self) -> int:
        if self.problem is not None:
            return status_of(self.problem)
        return 422 if self.wrong else 200


@router.get("", response_class=HTMLResponse)
@requires(Permission.MANAGE_DOCUMENTS)
def list_classes(view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    return _list(view, work, actor)


@router.post("", response_class=HTMLResponse)
@requires(Permission.MANAGE_DOCUMENTS)
def create_class(
    view: CurrentView,
    call: CurrentCall,
    code: Annotated[str, Form(max_length=40)] = "",
    name_zh: Name = "",
    name_en: Name = "",
) -> Response:
    """Its flow comes next."""
    said = ClassDescription(code.strip(), name_zh, name_en)
    problem = refusal(call, lambda work, actor: describe_class(work, actor, said))
    if problem is None:
        return view.go(f"/document-classes/{said.code}", "class-saved")
    with call.adapters.database.reading() as work:
        return _list(view, work, call.caller_in(work).actor, problem=problem, typed=said)


@router.get("/{code}", response_class=HTMLResponse)
@requires(Permission.MANAGE_DOCUMENTS)
def show_class(code: str, view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    flow = class_facts(work, actor.organisation_id, code).flow
    typed = TypedFlow(action="add").edited() if flow is None else typed_flow(flow)
    return _editor(view, work, actor, code, typed, _Shown())


@router.post("/{code}", response_class=HTMLResponse)
@requires(Permission.MANAGE_DOCUMENTS)
def change_class(code: str, view: CurrentView, call: CurrentCall, typed: Annotated[TypedClass, Form()]) -> Response:
    """What is said of it; nothing of its flow."""
    problem = refusal(call, lambda work, actor: describe_class(work, actor, typed.description(code)))
    if problem is None:
        return view.go(f"/document-classes/{code}", "class-saved")
    with call.adapters.database.reading() as work:
        actor = call.caller_in(work).actor
        flow = class_facts(work, actor.organisation_id, code).flow
        steps = TypedFlow(action="add").edited() if flow is None else typed_flow(flow)
        return _editor(view, work, actor, code, steps, _Shown(problem=problem, said=typed))


@router.post("/{code}/flows", response_class=HTMLResponse)
@requires(Permission.MANAGE_DOCUMENTS, step_up=True)
def create_flow(code: str, view: CurrentView, call: CurrentCall, typed: Annotated[TypedFlow, Form()]) -> Response:
    """Two officers confirm it before anybody goes this way."""
    try:
        given = typed.to_json(code)
        attestor = call.adapters.attestor
        made = change(call, lambda work, actor: propose_flow(work, actor, attestor, given, reason=typed.reason))
    except FieldsWrong as wrong:
        return _again(view, call, code, typed, _Shown(wrong.fields))
    except (Malformed, Refused) as problem:
        return _again(view, call, code, typed, _Shown(problem=problem))
    return view.go(f"/document-classes/{code}", "flow-proposed" if made else "flow-unchanged")


@router.post("/{code}/flow-previews", response_class=HTMLResponse)
@requires(Permission.MANAGE_DOCUMENTS)
def create_preview(code: str, view: CurrentView, call: CurrentCall, typed: Annotated[TypedFlow, Form()]) -> Response:
    """Also adds, removes and moves steps, for browsers without scripts; changes nothing."""
    if typed.action != "preview":
        return _again(view, call, code, typed.edited(), _Shown())
    try:
        with call.adapters.database.reading() as work:
            found = _preview(work, call.caller_in(work).actor, code, typed)
    except FieldsWrong as wrong:
        return _again(view, call, code, typed, _Shown(wrong.fields))
    except (Malformed, Refused) as problem:
        return _again(view, call, code, typed, _Shown(problem=problem))
    return _again(view, call, code, typed, _Shown(preview=found))


def _preview(work: Work, actor: Actor, code: str, typed: TypedFlow) -> Preview:
    """Raises: FieldsWrong, FlowMalformed, and others of the rooms."""
    flow = parse_flow({**typed.to_json(code), "version": 1})
    branches = {str(each.id): each for each in branches_of(work, actor.organisation_id)}
    branch = branches.get(typed.case_branch)
    if branch is None:
        raise FieldsWrong(frozenset({"case_branch"}))
    if not typed.case_copies.strip().isdecimal():
        raise FieldsWrong(frozenset({"case_copies"}))
    amount = parse_money(typed.case_amount)
    seal = readable_seal(work, actor, UUID(typed.case_seal)) if typed.case_seal else None
    fen = None if amount is None else amount.minor
    case = Case(branch.path, int(typed.case_copies), fen, () if seal is None else (seal.type,))
    return preview_flow(work, actor, flow, case, seal)


def _again(view: View, call: Call, code: str, typed: TypedFlow, shown: _Shown) -> HTMLResponse:
    with call.adapters.database.reading() as work:
        return _editor(view, work, call.caller_in(work).actor, code, typed, shown)


def _editor(view: View, work: Work, actor: Actor, code: str, typed: TypedFlow, shown: _Shown) -> HTMLResponse:
    facts = class_facts(work, actor.organisation_id, code)
    waiting = waiting_flow(work, actor, code)
    known = seals(work, actor)
    return view.page(
        "document_class.html",
        status=shown.status,
        facts=facts,
        said=shown.said or typed_class(facts.description),
        typed=typed,
        wrong=shown.wrong,
        problem=shown.problem,
        preview=shown.preview,
        deciders=colleagues(work, actor.organisation_id, Permission.APPROVE_REQUEST),
        branches=branches_of(work, actor.organisation_id),
        seals=known,
        seal_types=_types(known, facts),
        waiting=waiting,
        changes=None if waiting is None else flow_changes(facts.flow, waiting.flow),
        named=flow_names(work, facts.flow, None if waiting is None else waiting.flow),
        place_kinds=KINDS,
        retentions=RETENTIONS,
        printers=printers(work, actor, Permission.MANAGE_DOCUMENTS),
        scopes=list(Scope),
        public_views=list(PublicView),
        sealings=[Sealing.PHYSICAL] if facts.only_by_hand else list(Sealing),
        role=ROLE,
    )


def _types(known: Sequence[SealFacts], facts: ClassFacts) -> list[str]:
    """Every type that there are words for, and whatever else the register or the class itself names."""
    steps = () if facts.flow is None else facts.flow.steps
    named = {each.type for each in known} | set(facts.description.seal_types)
    named |= {one for step in steps for each in step.when if isinstance(each, SealCondition) for one in each.value}
    return [*SEAL_TYPES, *sorted(named - SEAL_TYPES.keys())]


def _list(
    view: View,
    work: Work,
    actor: Actor,
    *,
    problem: PrintServerError | None = None,
    typed: ClassDescription | None = None,
) -> HTMLResponse:
    return view.page(
        "document_classes.html",
        status=200 if problem is None else status_of(problem),
        classes=classes(work, actor.organisation_id, retired=True),
        problem=problem,
        typed=typed,
    )
