"""Whether officers' signatures and decisions on requests take an enrolled device: a passkey that officers vouch for.

The signer obeys its register; what is read here from rows is for pages, and for releasing, which the signer has no part
in.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select

from printserver.approvals.flows import PASSKEY, Attestor
from printserver.approvals.models import StatementRow
from printserver.approvals.passkeys import unbelieve_removed
from printserver.approvals.statement_queries import officer_evidence
from printserver.approvals.statement_states import StatementState
from printserver.approvals.statements import propose
from printserver.foundation.errors import Refused
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, require
from printserver.organisations.enrolled_devices import DeviceHolder, device_holders, dormant_passkeys, reaches_passkey
from printserver.organisations.passkeys import PasskeyNotFound
from printserver.organisations.permissions import BINDING, Permission, Role, permissions_of
from printserver.organisations.vouched_passkeys import forget_passkey
from printserver.signing.signatories import OFFICER_ROLES, OFFICERS_NEEDED, office_covers
from printserver.signing.statements import PolicyBody, StatementKind, StatementMalformed, parse_body

MOST_LOOKED_AT: Final = 100
ATTESTED: Final = "attested"


class PasskeyInUse(Refused):
    code = "passkey-in-use"


class PolicyLocksOut(Refused):
    """Fewer than two officers of the whole organisation could sign anything any more, this policy's end included."""

    code = "policy-locks-out"


@dataclass(frozen=True)
class DevicePolicy:
    """Each `passkey`, or `attested` as well.   decisions: approvals, confirmed uses of seals, and releases."""

    officers: str = ATTESTED
    decisions: str = ATTESTED


def device_policy(work: Work, organisation_id: UUID) -> DevicePolicy:
    """What the signer's register holds, as far as rows tell."""
    return DevicePolicy(officer_evidence(work, organisation_id), approver_evidence(work, organisation_id))


def approver_evidence(work: Work, organisation_id: UUID) -> str:
    """What the signer asks of decisions on requests, whatever the seal: `passkey` alone, or `attested` as well."""
    newest = (
        select(StatementRow.body)
        .where(
            StatementRow.organisation_id == organisation_id,
            StatementRow.kind == StatementKind.POLICY,
            StatementRow.state == StatementState.REGISTERED,
        )
        .order_by(StatementRow.registered_at.desc(), StatementRow.id.desc())
        .limit(MOST_LOOKED_AT)
    )
    for stored in work.session.scalars(newest):
        with suppress(StatementMalformed):
            body = parse_body(StatementKind.POLICY, stored if isinstance(stored, dict) else {})
            if isinstance(body, PolicyBody) and body.approver_evidence is not None:
                return body.approver_evidence
    return ATTESTED


def propose_policy(work: Work, actor: Actor, attestor: Attestor, policy: DevicePolicy, *, reason: str) -> UUID:
    """Two officers sign it, as the signer asks for now; answers the statement's id.

    Raises: Forbidden, PolicyLocksOut, StatementMalformed.
    """
    require(actor, Permission.CONFIRM_STATEMENTS)
    if policy.officers == PASSKEY:
        _require_officers_with_devices(work, actor.organisation_id)
    body = {"officer_evidence": policy.officers, "approver_evidence": policy.decisions}
    return propose(work, actor, attestor, StatementKind.POLICY, body, reason=reason)


def concerned_without_device(work: Work, organisation_id: UUID) -> tuple[DeviceHolder, ...]:
    """Who helps to seal and has no passkey that officers vouch for: these could decide nothing any more."""
    roles = [role for role in Role if permissions_of(role) & BINDING]
    return device_holders(work, organisation_id, roles, having=False)


def end_dormant_passkey(work: Work, actor: Actor, attestor: Attestor, passkey_id: UUID, *, days: int) -> None:
    """It opens nothing any more, and the signer is told to take its word no longer.   days: as it was listed.

    Raises: Forbidden, PasskeyNotFound, PasskeyInUse.
    """
    require(actor, Permission.CONFIRM_STATEMENTS)
    if not reaches_passkey(work, actor, passkey_id):
        raise PasskeyNotFound("there is no such passkey")
    if passkey_id not in {each.id for each in dormant_passkeys(work, actor, days=days)}:
        raise PasskeyInUse("somebody has used this passkey lately; whose it is removes it")
    forget_passkey(work, actor.by, passkey_id)
    unbelieve_removed(work, actor, attestor)


def _require_officers_with_devices(work: Work, organisation_id: UUID) -> None:
    left = device_holders(work, organisation_id, OFFICER_ROLES, having=True)
    if len({each.id for each in left if office_covers(each.path, "")}) < OFFICERS_NEEDED:
        raise PolicyLocksOut("two officers of the whole organisation need passkeys that officers vouch for, first")
