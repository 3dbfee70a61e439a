"""Decisions that people took in another system, and that arrive with that system's signature."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from printserver.approvals.flows import Attestor, EvidenceNotFitting, SignedElsewhere
from printserver.approvals.systems import system_key
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor
from printserver.organisations.colleagues import actor_of_person
from printserver.print_requests.flows import approve_request, forward_request, refuse_request
from printserver.print_requests.models import PrintRequest
from printserver.signing.errors import EvidenceForged
from printserver.signing.evidence import CUSTODY_PREFIX, Decision, verify_system_evidence


def record_system_decision(
    work: Work, actor: Actor, attestor: Attestor, request_id: UUID, *, evidence: str, reason: str = ""
) -> PrintRequest:
    """The word of the person whom the evidence names, by that person's own rights.   actor: the system's account.

    Raises: EvidenceNotFitting for what no registered system of the organisation has signed; NotFound for an unknown
    person; and as the decision itself.
    """
    try:
        claims, _system = verify_system_evidence(
            evidence, lambda system_id: system_key(work, actor.organisation_id, system_id)
        )
        person = actor_of_person(work, actor.organisation_id, UUID(claims.person_id))
    except (EvidenceForged, ValueError) as problem:
        raise EvidenceNotFitting("no registered system of your organisation has signed this") from problem
    if claims.step.startswith(CUSTODY_PREFIX):
        raise EvidenceNotFitting("the custodian of a seal decides here, not in another system")
    decider = replace(person, address=actor.address, device=actor.device)
    signed, digest = SignedElsewhere(evidence, claims, "system"), claims.manifest_sha256
    to = UUID(claims.to) if claims.to else None
    match claims.decision:
        case Decision.APPROVED:
            return approve_request(
                work, decider, attestor, request_id, manifest_sha256=digest, reason=reason, to=to, signed=signed
            )
        case Decision.FORWARDED if to is not None:
            return forward_request(
                work, decider, attestor, request_id, manifest_sha256=digest, reason=reason, to=to, signed=signed
            )
        case _:
            said = reason or "refused in another system"
            return refuse_request(
                work, decider, attestor, request_id, manifest_sha256=digest, reason=said, signed=signed
            )
