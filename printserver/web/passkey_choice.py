"""Whether somebody may, or must, decide on a request with a passkey: what the page offers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from printserver.approvals.device_policy import approver_evidence
from printserver.approvals.flows import PASSKEY
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor
from printserver.organisations.secrets import Secrets
from printserver.organisations.vouched_passkeys import evidence_keys
from printserver.print_requests.queries import SealOnRequest


@dataclass(frozen=True)
class PasskeyChoice:
    """own: whether officers have vouched for a passkey of this person.   only: whether one is demanded."""

    own: bool
    only: bool


def passkey_choice(work: Work, actor: Actor, secrets: Secrets, seals: Sequence[SealOnRequest]) -> PasskeyChoice:
    asked = any(seal.evidence == PASSKEY for seal in seals)
    only = asked or approver_evidence(work, actor.organisation_id) == PASSKEY
    return PasskeyChoice(own=bool(evidence_keys(work, actor.id, secrets)), only=only)
