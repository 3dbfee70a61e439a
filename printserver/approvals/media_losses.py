"""Steps of key media, with what the signer has to be told when one is lost: it believes the passkey on it no more."""

from __future__ import annotations

from uuid import UUID

from printserver.approvals.flows import Attestor
from printserver.approvals.passkeys import unbelieve_removed
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor
from printserver.organisations.key_media import MediumAction
from printserver.organisations.key_media_steps import MediumStep, take_medium_step


def take_step(work: Work, actor: Actor, attestor: Attestor, medium_id: UUID, step: MediumStep) -> None:
    """Raises: as `take_medium_step`."""
    take_medium_step(work, actor, medium_id, step)
    if step.action is MediumAction.REPORT_LOST:
        unbelieve_removed(work, actor, attestor)
