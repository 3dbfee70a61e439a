"""Which steps a request must pass, and who may take one. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from printserver.foundation.errors import Refused
from printserver.signing.evidence import APPROVAL_STEP, CUSTODY_PREFIX


class ApplicantMayNotDecide(Refused):
    code = "applicant-may-not-decide"


class PersonCountsOnce(Refused):
    code = "person-counts-once"


@dataclass(frozen=True)
class Step:
    """`quorum` different persons, at least one, must say yes."""

    name: str
    quorum: int = 1


def custody_step(seal_id: UUID) -> str:
    """The name of the seal custodian's confirmation of use (用印确认)."""
    return f"{CUSTODY_PREFIX}{seal_id}"


def steps_for(seal_ids: Sequence[UUID]) -> tuple[Step, ...]:
    """An approval, then each seal's custodian.   Raises: ValueError without a seal: emptiness approves nothing."""
    if not seal_ids:
        raise ValueError("a flow without a seal would approve nothing")
    return (Step(APPROVAL_STEP), *(Step(custody_step(seal_id)) for seal_id in seal_ids))


def require_decider(person_id: UUID, *, applicant_id: UUID, deciders: Sequence[UUID]) -> None:
    """Raises: ApplicantMayNotDecide, PersonCountsOnce."""
    if person_id == applicant_id:
        raise ApplicantMayNotDecide("nobody approves a request of their own")
    if person_id in deciders:
        raise PersonCountsOnce("you have decided on this request already; another person must take this step")
