"""Releases: what waits at a printer, release codes, and letting copies be printed, each at most once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse, Response
from pydantic import Field

from printserver.api.v1.common import View, api_router
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import requires
from printserver.http_edge.idempotency import Answer, Keyed, answer_once, earlier_answer
from printserver.http_edge.work import Call, CurrentActor, CurrentCall, CurrentWork
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Permission
from printserver.print_requests import copy_service
from printserver.print_requests.release import ReleaseCodeWrong, make_release_code, try_code
from printserver.print_requests.release_queue import QueuedRequest, ReleaseQueue, release_queue
from printserver.print_requests.sides import Sides
from printserver.print_requests.states import CopyState

router = api_router("", "releases")

CopyIds = Annotated[list[UUID], Field(max_length=1_000)]


class Release(View):
    """All issued copies without `copy_ids`.   code: needed where the printer asks for one."""

    copy_ids: Annotated[CopyIds, Field(default_factory=list)]
    code: Annotated[str, Field(max_length=20, examples=["4711 0815"])] = ""


class Batch(View):
    """Copies of any requests, all or none."""

    copy_ids: Annotated[CopyIds, Field(min_length=1)]


class Released(View):
    copy_ids: list[UUID]


class ReleaseCode(View):
    """`code`: 8 digits, shown this once and kept nowhere. It releases copies of its request once."""

    code: str
    expires_at: datetime


class QueuedCopy(View):
    id: UUID
    number: int
    serial: str
    state: CopyState


class Queued(View):
    """`remaining`: copies that wait to be released, of `copies`.   obstacle: a code of a problem, or empty."""

    request_id: UUID
    title: str
    own_reference: str
    applicant_name: str
    copies: int
    remaining: int
    pages: int
    sides: Sides
    sheets: int
    expires_at: datetime
    obstacle: str
    copy_list: list[QueuedCopy]

    @classmethod
    def of(cls, queued: QueuedRequest) -> Queued:
        return cls(
            request_id=queued.id,
            title=queued.title,
            own_reference=queued.own_reference,
            applicant_name=queued.applicant_name,
            copies=len(queued.copies),
            remaining=queued.remaining,
            pages=queued.pages,
            sides=queued.sides,
            sheets=queued.sheets,
            expires_at=queued.expires_at,
            obstacle="" if queued.obstacle is None else queued.obstacle.code,
            copy_list=[
                QueuedCopy(id=copy.id, number=copy.number, serial=str(copy.serial), state=copy.state)
                for copy in queued.copies
            ],
        )


class Queue(View):
    """`release_rule`: `person`, `second-person` or `code`.   problem: why the printer takes no copy now, a code."""

    printer_id: UUID
    printer_name: str
    location: str
    release_rule: str
    problem: str
    requests: list[Queued]

    @classmethod
    def of(cls, queue: ReleaseQueue) -> Queue:
        return cls(
            printer_id=queue.printer.id,
            printer_name=queue.printer.name,
            location=queue.printer.location,
            release_rule=queue.printer.release_rule,
            problem="" if queue.problem is None else queue.problem.code,
            requests=[Queued.of(each) for each in queue.requests],
        )


@router.get("/printers/{printer_id}/release-queue", summary="What waits at a printer to be released by me")
@requires(Permission.RELEASE_COPIES)
def read_release_queue(printer_id: UUID, actor: CurrentActor, work: CurrentWork) -> Queue:
    """Oldest first, with what was released within the last twelve hours."""
    return Queue.of(release_queue(work, actor, printer_id))


@router.post(
    "/print-requests/{request_id}/release-codes",
    status_code=201,
    summary="Make a short-lived code that releases copies once",
    response_model=ReleaseCode,
)
@requires(Permission.RELEASE_COPIES, Permission.CREATE_REQUEST)
def create_release_code(request_id: UUID, actor: CurrentActor, work: CurrentWork) -> Response:
    """Valid for 15 minutes; it ends the code made before. An Idempotency-Key has no effect: no answer is kept."""
    made = make_release_code(work, actor, request_id)
    body = jsonable_encoder(ReleaseCode(code=made.code, expires_at=made.expires_at))
    return JSONResponse(body, 201, headers={"Cache-Control": "no-store"})


@router.post(
    "/print-requests/{request_id}/releases",
    status_code=201,
    summary="Let copies be printed, each at most once",
    response_model=Released,
)
@requires(Permission.RELEASE_COPIES, step_up=True, enrolled_device=True)
def create_release(request_id: UUID, body: Release, call: CurrentCall) -> Response:
    """By whoever holds the right at the request's branch or at the printer's, as the printer's rule allows."""
    code = _tried(call, request_id, body.code) if body.code else None
    return _once(
        call, lambda work, actor: copy_service.release_copies(work, actor, request_id, body.copy_ids, code=code)
    )


@router.post(
    "/releases", status_code=201, summary="Release copies of several requests at once", response_model=Released
)
@requires(Permission.RELEASE_COPIES, step_up=True, enrolled_device=True)
def create_batch_release(body: Batch, call: CurrentCall) -> Response:
    """All or none. Not where a printer asks for a code, which is that of one request."""
    return _once(call, lambda work, actor: copy_service.release_batch(work, actor, body.copy_ids))


def _tried(call: Call, request_id: UUID, typed: str) -> UUID | None:
    """In a transaction of its own, so that a wrong try counts although it is refused."""
    with call.transaction() as work:
        actor = call.caller_in(work).actor
        keyed = _keyed(call, actor)
        if keyed is not None and earlier_answer(work, keyed) is not None:
            return None
        tried = try_code(work, actor, typed, request_id=request_id)
    if tried is None:
        raise ReleaseCodeWrong(copy_service.WRONG_CODE)
    return tried.id


def _once(call: Call, release: Callable[[Work, Actor], tuple[UUID, ...]]) -> Response:
    with call.transaction() as work:
        actor = call.caller_in(work).actor
        keyed = _keyed(call, actor)

        def effect() -> Answer:
            return Answer(201, jsonable_encoder(Released(copy_ids=list(release(work, actor)))))

        answer = effect() if keyed is None else answer_once(work, keyed, effect)
    return answer.response()


def _keyed(call: Call, actor: Actor) -> Keyed | None:
    key = call.idempotency_key
    return None if key is None else Keyed(actor.id, key, call.request_sha256)
