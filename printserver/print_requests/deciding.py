"""One way to every decision on a request: for whoever first asks what is to be signed, and then brings it signed."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from printserver.approvals.flows import Attestor
from printserver.foundation.errors import Malformed
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor
from printserver.print_requests import flows
from printserver.print_requests.as_approved import require_as_approved
from printserver.print_requests.models import PrintRequest
from printserver.storage.objects import Objects


class ColleagueMissing(Malformed):
    code = "colleague-missing"


class Saying(StrEnum):
    """What somebody says."""

    APPROVE = "approve"
    FORWARD = "forward"
    CONFIRM = "confirm"
    REFUSE = "refuse"


def decide(
    work: Work,
    actor: Actor,
    attestor: Attestor,
    request_id: UUID,
    saying: Saying,
    *,
    objects: Objects,
    manifest_sha256: str,
    reason: str = "",
    to: UUID | None = None,
) -> PrintRequest:
    """`saying` on the manifest of `manifest_sha256`.   to: who agrees as well, or decides instead.

    Raises: as the functions of `flows`; ColleagueMissing; RowsDiffer for anything but a refusal.
    """
    if saying is not Saying.REFUSE:
        require_as_approved(work, objects, request_id)
    if saying is Saying.APPROVE:
        return flows.approve_request(
            work, actor, attestor, request_id, manifest_sha256=manifest_sha256, reason=reason, to=to
        )
    if saying is Saying.CONFIRM:
        return flows.confirm_seal_use(work, actor, attestor, request_id, manifest_sha256=manifest_sha256, reason=reason)
    if saying is Saying.REFUSE:
        return flows.refuse_request(work, actor, attestor, request_id, manifest_sha256=manifest_sha256, reason=reason)
    if to is None:
        raise ColleagueMissing("say who decides instead")
    return flows.forward_request(
        work, actor, attestor, request_id, manifest_sha256=manifest_sha256, to=to, reason=reason
    )
