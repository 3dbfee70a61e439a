"""Who may keep a seal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import branch_path
from printserver.organisations.colleagues import held_roles, people_of_organisation
from printserver.organisations.identity_proof_policy import require_proved_custodians
from printserver.organisations.permissions import Permission, roles_granting
from printserver.organisations.queries import names
from printserver.seals.errors import SealCustodianRefused
from printserver.seals.queries import SealFacts

MOST_CUSTODIANS: Final = 20


def require_custodians(work: Work, seal: SealFacts, person_ids: Sequence[UUID]) -> None:
    """Raises: SealCustodianRefused unless each can confirm the use of this very seal."""
    if seal.owner_id is not None and tuple(person_ids) != (seal.owner_id,):
        raise SealCustodianRefused("a personal seal is kept by its owner alone")
    require_keepers(work, seal.organisation_id, seal.branch_id, person_ids)


def require_keepers(work: Work, organisation_id: UUID, branch_id: UUID, person_ids: Sequence[UUID]) -> None:
    """Each must be able to confirm the use of the branch's seals, and be proved where the organisation asks for it.

    Raises: SealCustodianRefused, also when there is nobody, IdentityNotProved.
    """
    if not 1 <= len(set(person_ids)) <= MOST_CUSTODIANS:
        raise SealCustodianRefused(f"a seal has 1 to {MOST_CUSTODIANS} custodians")
    path = branch_path(work, branch_id)
    held = held_roles(work, organisation_id, roles_granting(Permission.CONFIRM_SEAL_USE))
    able = {role.person_id for role in held if path.startswith(role.path)}
    if not set(person_ids) <= able:
        unable = set(person_ids) - able
        said = ", ".join(sorted(names(work, unable).values())) or "somebody unknown"
        raise SealCustodianRefused(f"not a custodian at this branch or above it: {said}")
    require_proved_custodians(work, organisation_id, person_ids)


def require_person(work: Work, organisation_id: UUID, person_id: UUID) -> None:
    """Raises: SealCustodianRefused unless this person is at work there."""
    if person_id not in people_of_organisation(work, organisation_id, [person_id]):
        raise SealCustodianRefused("nobody of this organisation who is at work")
