"""Whether somebody may, or must, decide on a request with a passkey: what the page offers."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from printserver.approvals.flows import PASSKEY
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor
from printserver.organisations.secrets import Secrets
from printserver.organisations.vouched_passkeys import evidence_keys
from printserver.seals.queries import seal_facts


@dataclass(frozen=True)
class PasskeyChoice:
    """own: whether officers have vouched for a passkey of this person.   only: whether the seal demands one."""

    own: bool
    only: bool


def passkey_choice(work: Work, actor: Actor, secrets: Secrets, seal_id: UUID) -> PasskeyChoice:
    return PasskeyChoice(
        own=bool(evidence_keys(work, actor.id, secrets)), only=seal_facts(work, seal_id).evidence == PASSKEY
    )
