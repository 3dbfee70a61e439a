"""Whether the evidence carries a manifest: the rule the signer applies before every signature. Pure."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Self
from uuid import UUID

import rfc8785

from printserver.foundation.ids import made_at
from printserver.signing.errors import EvidenceInsufficient
from printserver.signing.evidence import CUSTODY_PREFIX, Decision, EvidenceClaims
from printserver.signing.flow import Case, Sealing, Seat, Step, eligible, steps_of
from printserver.signing.manifest_shape import manifest_problems
from printserver.signing.register import CUSTODIAN, EVERYWHERE, Standing
from printserver.signing.statements import SealBody
from printserver.signing.verified import EvidenceKind, Verified

CLOCK_SKEW: Final = timedelta(seconds=60)


@dataclass(frozen=True)
class _Rule:
    """The part of a manifest that decides who must have agreed. `steps`: those of the flow, then each custodian's."""

    digest: str
    request_id: str
    organisation: int
    applicant_id: str
    expires_at: datetime
    case: Case
    class_code: str
    seals: tuple[SealBody, ...]
    steps: Mapping[str, Step]

    @classmethod
    def of_manifest(cls, manifest: Mapping[str, Any], standing: Standing, at: datetime) -> Self:
        """Raises: EvidenceInsufficient when the manifest could be carried by too little."""
        problems = list(manifest_problems(manifest))
        if problems:
            raise EvidenceInsufficient(problems)
        flow = standing.flow(manifest["flow_sha256"], at, drawn_at(manifest))
        if flow is None or flow.class_code != manifest["class"]:
            raise EvidenceInsufficient(["nobody has registered the flow that the manifest names"])
        if flow.sealing is not Sealing.ELECTRONIC:
            raise EvidenceInsufficient([f"documents of class {flow.class_code} are not sealed electronically"])
        case = case_of(manifest)
        if standing.is_frozen(case.branch_path):
            raise EvidenceInsufficient(["the branch of the request is frozen"])
        if not standing.knows_place(case.branch_path):
            raise EvidenceInsufficient(["by the register the request's branch stands elsewhere"])
        steps = {step.name: step for step in (*steps_of(flow, case), *custody_steps(manifest))}
        if [step.to_json() for step in steps.values()] != manifest["steps"]:
            raise EvidenceInsufficient(["the manifest's steps are not those of its flow"])
        return cls(
            digest=manifest_digest(manifest),
            request_id=manifest["request_id"],
            organisation=manifest["organisation"],
            applicant_id=manifest["applicant_id"],
            expires_at=datetime.fromisoformat(manifest["expires_at"]),
            case=case,
            class_code=flow.class_code,
            seals=tuple(_usable_seal(entry, flow.class_code, standing) for entry in manifest["seals"]),
            steps=steps,
        )


def manifest_digest(manifest: Mapping[str, Any]) -> str:
    """SHA-256 of the manifest's RFC 8785 bytes, 64 lower-case hex digits.

    Raises: EvidenceInsufficient when it has no canonical form.
    """
    try:
        return hashlib.sha256(rfc8785.dumps(dict(manifest))).hexdigest()
    except (rfc8785.CanonicalizationError, RecursionError) as problem:
        raise EvidenceInsufficient(["the manifest has no canonical form"]) from problem


def drawn_at(manifest: Mapping[str, Any]) -> datetime | None:
    """When the last of its copies was made, as their ids (UUIDv7) say; None when one says nothing."""
    try:
        return max(made_at(UUID(copy["copy_id"])) for copy in manifest["copies"])
    except (KeyError, ValueError, TypeError, AttributeError):
        return None


def case_of(manifest: Mapping[str, Any]) -> Case:
    """What the flow's conditions look at. Only an amount in CNY is compared with limits."""
    amount = manifest["amount"]
    fen = amount["minor"] if amount is not None and amount["currency"] == "CNY" else None
    types = tuple(seal["type"] for seal in manifest["seals"])
    return Case(manifest["branch_path"], len(manifest["copies"]), fen, types)


def custody_steps(manifest: Mapping[str, Any]) -> tuple[Step, ...]:
    """The custodian's confirmation of each seal (用印确认), after everybody else."""
    return tuple(Step(f"{CUSTODY_PREFIX}{seal['seal_id']}", 1, (CUSTODIAN,)) for seal in manifest["seals"])


def check_quorum(
    manifest: Mapping[str, Any],
    evidences: Sequence[Verified],
    standing: Standing,
    *,
    at: datetime,
) -> None:
    """Decide whether these decisions carry this manifest by what the register says; silence means yes.

    evidences: verified, in any order.   at: now.
    Refused: emptiness of any kind, a decision about another manifest or request, any refusal, the applicant deciding
    (or standing behind a deputy), one person counting twice in whatever steps, a person without the seat, a step
    without its quorum, a custodian before the others, a decision after expiry, evidence weaker than the seal asks for,
    a seal that the register does not hold as usable, a flow that it does not know.
    Raises: EvidenceInsufficient with everything that is wrong.
    """
    rule = _Rule.of_manifest(manifest, standing, at)
    problems = [problem for one in evidences for problem in _decision_problems(rule, one, standing, at)]
    problems += _people_problems(rule, [one.claims for one in evidences])
    problems += _step_problems(rule, [one.claims for one in evidences], standing)
    if at > rule.expires_at:
        problems.append("the request has expired")
    if problems:
        raise EvidenceInsufficient(list(dict.fromkeys(problems)))


def _decision_problems(rule: _Rule, one: Verified, standing: Standing, at: datetime) -> Iterator[str]:
    claims = one.claims
    if claims.manifest_sha256 != rule.digest:
        yield "a decision was about another manifest"
    if claims.request_id != rule.request_id or claims.organisation != rule.organisation:
        yield "a decision was about another request"
    if claims.decision is Decision.REFUSED:
        yield f"step {claims.step} was refused"
    if claims.decided_at > min(rule.expires_at, at + CLOCK_SKEW):
        yield "a decision came after the request had expired, or has yet to come"
    if one.kind is not EvidenceKind.PASSKEY and any(seal.evidence == "passkey" for seal in rule.seals):
        yield "a seal asks for decisions that are signed with passkeys"
    if one.kind is not EvidenceKind.PASSKEY and standing.policy.approver_evidence == "passkey":
        yield "the organisation asks for decisions that are signed with passkeys"
    if one.kind is EvidenceKind.SYSTEM and not _system_covers(rule, one, standing):
        yield f"the system {one.system_id} does not decide for this branch or on custody"
    if {claims.person_id, claims.acts_for} & standing.barred:
        yield "somebody decided who is barred"
    if any(standing.is_shut_out(person) for person in (claims.person_id, claims.acts_for)):
        yield "somebody decided whose branch is frozen"


def _people_problems(rule: _Rule, claims: Sequence[EvidenceClaims]) -> Iterator[str]:
    """Once a person, in whatever place; but whoever keeps several of the seals confirms the use of each."""
    custody = [one for one in claims if one.step.startswith(CUSTODY_PREFIX)]
    words = [(one.person_id, one.acts_for) for one in claims if not one.step.startswith(CUSTODY_PREFIX)]
    words += dict.fromkeys((one.person_id, one.acts_for) for one in custody)
    counted = Counter(person for word in words for person in word if person)
    repeated = Counter((one.step, one.person_id) for one in custody)
    if any(times > 1 for times in (*counted.values(), *repeated.values())):
        yield "one person decided more than once"
    if rule.applicant_id in counted:
        yield "the applicant decided on the own request"


def _step_problems(rule: _Rule, claims: Sequence[EvidenceClaims], standing: Standing) -> Iterator[str]:
    for name in {one.step for one in claims} - set(rule.steps):
        yield f"step {name} is not part of the request"
    for name, step in rule.steps.items():
        own = [one for one in claims if one.step == name]
        approved = [one for one in own if one.decision is Decision.APPROVED]
        asked = {one.to for one in approved if one.to}
        entitled = _entitled(rule, step, own, standing)
        for one in own:
            if one.person_id not in entitled | asked:
                yield f"step {name} was decided by somebody who may not"
        counting = sum(one.person_id in entitled - asked for one in approved)
        if counting < step.quorum:
            yield f"step {name} has {counting} of {step.quorum} decisions"
        if not asked <= {one.person_id for one in approved}:
            yield f"step {name} waits for somebody's countersignature"
        if name.startswith(CUSTODY_PREFIX) and any(one.to for one in own):
            yield "a custodian decides in person or by a deputy"
    yield from _order_problems(claims)


def _entitled(rule: _Rule, step: Step, own: Sequence[EvidenceClaims], standing: Standing) -> set[str]:
    """Who may decide the step: by what the register says of them or their principal, or because one of these asked."""
    entitled = {one.person_id for one in own if _may_decide(rule, step, one, standing)}
    handed = {one.person_id: one.to for one in own if one.decision is Decision.FORWARDED}
    waiting = [person for person in handed if person in entitled]
    while waiting:
        to = handed.get(waiting.pop(), "")
        if to and to not in entitled:
            entitled.add(to)
            waiting.append(to)
    return entitled


def _may_decide(rule: _Rule, step: Step, claims: EvidenceClaims, standing: Standing) -> bool:
    principal, at = claims.acts_for or claims.person_id, claims.decided_at
    if step.name.startswith(CUSTODY_PREFIX):
        seal = standing.seals.get(step.name.removeprefix(CUSTODY_PREFIX))
        if seal is None or principal not in seal.custodians or (claims.acts_for and seal.owner is not None):
            return False
        if not any(_keeps(seat, seal, at) for seat in standing.seats_of(principal)):
            return False
    elif not eligible(step, rule.case, principal, standing.seats_of(principal), at):
        return False
    return not claims.acts_for or standing.deputises(claims.person_id, principal, step.roles, at)


def _keeps(seat: Seat, seal: SealBody, at: datetime) -> bool:
    """A custodian who was moved or lost that office keeps no seal, though its description still names the person."""
    return seat.role == CUSTODIAN and seat.holds(at) and (seal.path or seat.path).startswith(seat.path)


def _order_problems(claims: Sequence[EvidenceClaims]) -> Iterator[str]:
    custody = [one.decided_at for one in claims if one.step.startswith(CUSTODY_PREFIX)]
    before = [one.decided_at for one in claims if not one.step.startswith(CUSTODY_PREFIX)]
    if custody and before and min(custody) < max(before):
        yield "a custodian spoke before the others had"


def _system_covers(rule: _Rule, one: Verified, standing: Standing) -> bool:
    system = standing.systems.get(one.system_id)
    by_path = system is not None and any(rule.case.branch_path.startswith(path) for path in system.paths)
    return by_path and not one.claims.step.startswith(CUSTODY_PREFIX)


def _usable_seal(entry: Mapping[str, Any], class_code: str, standing: Standing) -> SealBody:
    """Raises: EvidenceInsufficient unless the register holds this seal as active, as it was approved."""
    seal = standing.seals.get(entry["seal_id"])
    if seal is None:
        raise EvidenceInsufficient(["the register knows no such seal"])
    if seal.state != "active":
        raise EvidenceInsufficient([f"by the register the seal is {seal.state}"])
    if standing.is_frozen(seal.path or EVERYWHERE):
        raise EvidenceInsufficient(["the branch of the seal is frozen"])
    if (seal.code_id, seal.object_sha256, seal.type) != (entry["code_id"], entry["object_sha256"], entry["type"]):
        raise EvidenceInsufficient(["the seal is not the one that was approved"])
    if seal.classes and class_code not in seal.classes:
        raise EvidenceInsufficient([f"the seal is not for documents of class {class_code}"])
    return seal
