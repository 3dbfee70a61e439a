"""Which step of a request waits, and who may take it. Pure.

The signer asks the same of signed evidence (`signing.quorum`). Here rows are believed; the signer has the last word.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from printserver.foundation.errors import Refused
from printserver.signing.evidence import CUSTODY_PREFIX, Decision
from printserver.signing.flow import Case, Scope, Seat, Step, eligible


class ApplicantMayNotDecide(Refused):
    code = "applicant-may-not-decide"


class PersonCountsOnce(Refused):
    code = "person-counts-once"


class NotThisPersonsTurn(Refused):
    """The step that waits is for others."""

    code = "not-your-turn"


class ColleagueNotPossible(Refused):
    """Whoever is to agree as well, or to decide instead, cannot."""

    code = "colleague-not-possible"


@dataclass(frozen=True)
class Taken:
    """A decision that counts: persons, not accounts.   to: who was asked besides, or to decide instead."""

    person_id: UUID
    step: str
    decision: Decision
    acts_for: UUID | None = None
    to: UUID | None = None


@dataclass(frozen=True)
class StandIn:
    """The principal's seats of `role`, which the deputy may use."""

    principal: UUID
    role: str
    seats: tuple[Seat, ...]


def custody_step(seal_id: UUID) -> str:
    """The name of the seal custodian's confirmation of use (用印确认)."""
    return f"{CUSTODY_PREFIX}{seal_id}"


def step_of_json(given: Mapping[str, object]) -> Step:
    """The opposite of `Step.to_json`."""
    return Step(
        str(given["name"]),
        int(str(given["quorum"])),
        tuple(map(str, _listed(given["roles"]))),
        tuple(map(str, _listed(given["persons"]))),
        Scope(str(given["scope"])),
        str(given.get("name_zh", "")),
        str(given.get("name_en", "")),
    )


def counted(taken: Iterable[Taken]) -> frozenset[UUID]:
    """Everybody who has counted, and whose place was taken."""
    return frozenset(person for one in taken for person in (one.person_id, one.acts_for) if person is not None)


def asked_besides(step: Step, taken: Sequence[Taken]) -> frozenset[UUID]:
    """Who must agree as well, whether done or not: they do not count for the quorum."""
    own = (one for one in taken if one.step == step.name and one.decision is Decision.APPROVED)
    return frozenset(one.to for one in own if one.to is not None)


def handed_on(step: Step, taken: Sequence[Taken]) -> frozenset[UUID]:
    """To whom the step was forwarded."""
    own = (one for one in taken if one.step == step.name and one.decision is Decision.FORWARDED)
    return frozenset(one.to for one in own if one.to is not None)


def is_done(step: Step, taken: Sequence[Taken]) -> bool:
    """Whether the quorum is there, and everybody who was asked besides has agreed."""
    agreed = {one.person_id for one in taken if one.step == step.name and one.decision is Decision.APPROVED}
    asked = asked_besides(step, taken)
    return asked <= agreed and len(agreed - asked) >= step.quorum


def waiting_step(steps: Sequence[Step], taken: Sequence[Taken]) -> Step | None:
    """The first that is not done; None when all are.   Raises: ValueError without a step."""
    if not steps:
        raise ValueError("a flow without steps would approve nothing")
    return next((step for step in steps if not is_done(step, taken)), None)


def require_decider(person_id: UUID, *, applicant_id: UUID, taken: Sequence[Taken]) -> None:
    """Raises: ApplicantMayNotDecide, PersonCountsOnce."""
    if person_id == applicant_id:
        raise ApplicantMayNotDecide("nobody approves a request of their own")
    if person_id in counted(taken):
        raise PersonCountsOnce("you have decided on this request already; another person must take this step")


def whose_place(
    step: Step,
    case: Case,
    person_id: UUID,
    *,
    seats: Iterable[Seat],
    stand_ins: Iterable[StandIn],
    applicant_id: UUID,
    taken: Sequence[Taken],
    at: datetime,
) -> UUID | None:
    """None when the person takes the step in person, else the principal whose place is taken.

    Raises: NotThisPersonsTurn.
    """
    if person_id in asked_besides(step, taken) | handed_on(step, taken):
        return None
    if eligible(step, case, str(person_id), seats, at):
        return None
    used = counted(taken) | {applicant_id}
    for stand_in in stand_ins:
        principal = stand_in.principal
        if principal in used or principal == person_id or stand_in.role not in step.roles:
            continue
        if eligible(step, case, str(principal), stand_in.seats, at):
            return principal
    raise NotThisPersonsTurn("the step that waits is not yours to take")


def require_colleague(to: UUID, person_id: UUID, *, applicant_id: UUID, taken: Sequence[Taken]) -> None:
    """Who is asked to agree as well, or to decide instead.   Raises: ColleagueNotPossible."""
    if to == person_id:
        raise ColleagueNotPossible("name somebody else than yourself")
    if to == applicant_id:
        raise ColleagueNotPossible("the applicant decides nothing on the own request")
    if to in counted(taken) or any(one.to == to for one in taken):
        raise ColleagueNotPossible("this person has decided on the request, or was asked already")


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []
