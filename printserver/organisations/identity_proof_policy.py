"""What an organisation asks of its people and companies before they keep seals, help to seal, or get a seal."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from uuid import UUID

from printserver.audit.log import append
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, branch_path
from printserver.organisations.identity_proof import (
    LONGEST_RECHECK_DAYS,
    LONGEST_RETENTION_DAYS,
    USUAL_RECHECK_DAYS,
    USUAL_RETENTION_DAYS,
)
from printserver.organisations.identity_proof_errors import IdentityNotProved, IdentityPolicyMalformed
from printserver.organisations.identity_proof_events import IdentityPolicyChanged
from printserver.organisations.identity_proof_models import IdentityPolicy
from printserver.organisations.identity_proof_queries import companies_proved, people_proved
from printserver.organisations.permissions import Permission, is_binding
from printserver.organisations.queries import branch, covers_organisation, names
from printserver.organisations.roles import WholeOrganisationNeeded


@dataclass(frozen=True)
class PolicyFacts:
    """Who must be proved: custodians of seals, whoever gets a binding role, the company for which a seal is asked.

    recheck_days: between two checks.   retention_days: a proof is kept after its end.
    """

    custodians: bool = False
    binding_roles: bool = False
    companies: bool = False
    recheck_days: int = USUAL_RECHECK_DAYS
    retention_days: int = USUAL_RETENTION_DAYS


def policy_of(work: Work, organisation_id: UUID) -> PolicyFacts:
    row = work.session.get(IdentityPolicy, organisation_id)
    if row is None:
        return PolicyFacts()
    return PolicyFacts(row.custodians, row.binding_roles, row.companies, row.recheck_days, row.retention_days)


def set_policy(work: Work, actor: Actor, wanted: PolicyFacts) -> None:
    """Raises: WholeOrganisationNeeded, IdentityPolicyMalformed."""
    if not covers_organisation(work, actor, Permission.MANAGE_PEOPLE):
        raise WholeOrganisationNeeded("this concerns every branch")
    in_range = 1 <= wanted.recheck_days <= LONGEST_RECHECK_DAYS
    if not in_range or not 0 <= wanted.retention_days <= LONGEST_RETENTION_DAYS:
        raise IdentityPolicyMalformed("checked again after 1 to 1098 days, kept for at most thirty years")
    before = policy_of(work, actor.organisation_id)
    if before == wanted:
        return
    row = work.session.get(IdentityPolicy, actor.organisation_id)
    if row is None:
        row = IdentityPolicy(organisation_id=actor.organisation_id)
        work.session.add(row)
    for name, value in asdict(wanted).items():
        setattr(row, name, value)
    row.changed_by, row.changed_at = actor.person_id, work.now()
    work.session.flush()
    append(
        work,
        actor.by,
        IdentityPolicyChanged(id=actor.organisation_id, before=_lines(before), after=_lines(wanted)),
    )


def require_proved_custodians(work: Work, organisation_id: UUID, person_ids: Collection[UUID]) -> None:
    """Raises: IdentityNotProved, with the names, when the organisation asks for proofs."""
    if policy_of(work, organisation_id).custodians:
        _require_people(work, person_ids)


def require_proved_for_role(work: Work, organisation_id: UUID, person_id: UUID, role: str) -> None:
    """Raises: IdentityNotProved, when the role helps to seal and the organisation asks for proofs."""
    if is_binding(role) and policy_of(work, organisation_id).binding_roles:
        _require_people(work, [person_id])


def require_proved_company(work: Work, organisation_id: UUID, branch_id: UUID) -> None:
    """Of the branch, or of one above it.   Raises: IdentityNotProved, when the organisation asks for it."""
    if not policy_of(work, organisation_id).companies:
        return
    if not companies_proved(work, [UUID(part) for part in branch_path(work, branch_id).strip("/").split("/")]):
        raise IdentityNotProved(
            f"no company is proved at {branch(work, branch_id).name} or above it; have it proved first"
        )


def _require_people(work: Work, person_ids: Collection[UUID]) -> None:
    missing = set(person_ids) - people_proved(work, person_ids)
    if missing:
        said = ", ".join(sorted(names(work, missing).values())) or "somebody unknown"
        raise IdentityNotProved(f"the identity is not proved of: {said}; have it proved first")


def _lines(policy: PolicyFacts) -> tuple[str, ...]:
    return tuple(f"{name}: {value}" for name, value in asdict(policy).items())
