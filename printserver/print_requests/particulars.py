"""What a request says besides its document: class, amount, parties, attachments, steps, and what came before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from printserver.approvals.classes import ClassFacts, ClassNotFound, class_facts
from printserver.approvals.rules import Taken, asked_besides, custody_step, handed_on, is_done, waiting_step
from printserver.foundation.unit_of_work import Work
from printserver.print_requests.application import Attachment
from printserver.print_requests.company import attachments_of, parties_of, readers_of, wet_seals_of
from printserver.print_requests.differences import Differences, field_changes
from printserver.print_requests.models import PrintRequest
from printserver.print_requests.money import Money
from printserver.print_requests.parties import Party
from printserver.print_requests.request_seals import seals_of_request
from printserver.print_requests.steps import is_by_hand, steps_of_request, taken_of
from printserver.signing.evidence import CUSTODY_PREFIX
from printserver.signing.flow import Step


@dataclass(frozen=True)
class StepView:
    """`asked`: who must agree as well; `handed`: to whom it was forwarded; both whether they have spoken or not."""

    step: Step
    done: bool
    waits: bool
    custody: bool
    asked: tuple[UUID, ...]
    handed: tuple[UUID, ...]


@dataclass(frozen=True)
class WetSealView:
    seal_id: UUID
    papers: int
    sealed_at: datetime
    note: str
    recorded_by: UUID
    recorded_at: datetime


@dataclass(frozen=True)
class Particulars:
    """`later_id`: the submission that follows this one.   differences: from the one before, once it is drawn."""

    document_class: ClassFacts | None
    by_hand: bool
    amount: Money | None
    parties: tuple[Party, ...]
    attachments: tuple[Attachment, ...]
    readers: tuple[UUID, ...]
    steps: tuple[StepView, ...]
    earlier_id: UUID | None
    later_id: UUID | None
    differences: Differences | None
    urged_at: datetime | None
    wet_seals: tuple[WetSealView, ...]

    @property
    def people(self) -> set[UUID]:
        """Everybody whom it names."""
        named = {person for view in self.steps for person in (*view.asked, *view.handed)}
        named |= {UUID(person) for view in self.steps for person in view.step.persons}
        return named | set(self.readers) | {seal.recorded_by for seal in self.wet_seals}

    @property
    def called(self) -> dict[str, Step]:
        """Its steps by their names for programs, for whoever looks for the names for people."""
        return {view.step.name: view.step for view in self.steps}

    @staticmethod
    def named(person: str, names: Mapping[UUID, str]) -> str:
        """A person whom a step names, by display name."""
        return names.get(UUID(person), person)


def amount_of(request: PrintRequest) -> Money | None:
    return None if request.amount_minor is None else Money(request.amount_minor, request.amount_currency)


def particulars_of(work: Work, request: PrintRequest) -> Particulars:
    wet_seals = tuple(
        WetSealView(wet.seal_id, wet.papers, wet.sealed_at, wet.note, wet.recorded_by, wet.recorded_at)
        for wet in wet_seals_of(work, request.id)
    )
    later = select(PrintRequest.id).where(PrintRequest.earlier_id == request.id).order_by(PrintRequest.id.desc())
    return Particulars(
        document_class=_class(work, request),
        by_hand=is_by_hand(request),
        amount=amount_of(request),
        parties=parties_of(work, request.id),
        attachments=attachments_of(work, request.id),
        readers=readers_of(work, request.id),
        steps=(*_steps(request, taken_of(work, request)), *_steps_by_hand(work, request, wet_seals)),
        earlier_id=request.earlier_id,
        later_id=work.session.scalar(later.limit(1)),
        differences=_differences(work, request),
        urged_at=request.urged_at,
        wet_seals=wet_seals,
    )


def _class(work: Work, request: PrintRequest) -> ClassFacts | None:
    try:
        return class_facts(work, request.organisation_id, request.class_code)
    except ClassNotFound:
        return None


def _steps(request: PrintRequest, taken: tuple[Taken, ...]) -> Iterator[StepView]:
    steps = steps_of_request(request)
    waits = waiting_step(steps, taken)
    for step in steps:
        yield StepView(
            step=step,
            done=is_done(step, taken),
            waits=step == waits and request.step == step.name,
            custody=step.name.startswith(CUSTODY_PREFIX),
            asked=tuple(sorted(asked_besides(step, taken))),
            handed=tuple(sorted(handed_on(step, taken))),
        )


def _steps_by_hand(work: Work, request: PrintRequest, done: tuple[WetSealView, ...]) -> Iterator[StepView]:
    """Each seal that is put on by hand, after all decisions."""
    if not is_by_hand(request) or not request.steps:
        return
    sealed = {seal.seal_id for seal in done}
    for seal in seals_of_request(work, request):
        step = Step(custody_step(seal.seal_id), 1)
        yield StepView(step, seal.seal_id in sealed, request.step == step.name, custody=True, asked=(), handed=())


def _differences(work: Work, request: PrintRequest) -> Differences | None:
    if request.earlier_id is None or request.changed_pages is None:
        return None
    earlier = work.session.get(PrintRequest, request.earlier_id)
    if earlier is None:
        return None
    fewer = max(0, len(earlier.layout) - len(request.layout))
    return Differences(field_changes(work, earlier, request), tuple(request.changed_pages), fewer)
