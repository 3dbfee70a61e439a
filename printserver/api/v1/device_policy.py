"""Whether signatures, decisions and releases take an enrolled device."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from printserver.api.v1.common import View, api_router
from printserver.approvals import device_policy
from printserver.http_edge.declarations import requires
from printserver.http_edge.work import CurrentActor, CurrentAdapters, CurrentWork
from printserver.organisations.permissions import Permission

router = api_router("/device-policy", "statements")

Evidence = Literal["attested", "passkey"]


class DevicePolicy(View):
    """`passkey`: that a passkey signed for which officers vouch; `attested`: the server's word as well.

    officers: signatures of statements.   decisions: approvals, confirmed uses of seals, releases.
    """

    officers: Evidence
    decisions: Evidence


class WithoutDevice(View):
    """Holds `role` at the branch of `path`, and could decide nothing where passkeys are asked for."""

    id: UUID
    name: str
    role: str
    path: str


class DeviceStanding(View):
    policy: DevicePolicy
    without_device: list[WithoutDevice]


class PolicyWish(DevicePolicy):
    reason: Annotated[str, Field(max_length=500)] = ""


class ProposedPolicy(View):
    """`statement_id`: what two officers sign."""

    statement_id: UUID


@router.get("", summary="What takes an enrolled device, and who has none")
@requires(Permission.READ_PEOPLE)
def read_device_policy(actor: CurrentActor, work: CurrentWork) -> DeviceStanding:
    return DeviceStanding(
        policy=DevicePolicy.model_validate(device_policy.device_policy(work, actor.organisation_id)),
        without_device=[
            WithoutDevice.model_validate(each)
            for each in device_policy.concerned_without_device(work, actor.organisation_id)
        ],
    )


@router.post("", status_code=201, summary="Propose what takes an enrolled device")
@requires(Permission.CONFIRM_STATEMENTS, step_up=True)
def propose_device_policy(
    wish: PolicyWish, actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters
) -> ProposedPolicy:
    """Two officers sign it; from then on the signer asks for it, and so do releases."""
    wanted = device_policy.DevicePolicy(wish.officers, wish.decisions)
    made = device_policy.propose_policy(work, actor, adapters.attestor, wanted, reason=wish.reason)
    return ProposedPolicy(statement_id=made)
