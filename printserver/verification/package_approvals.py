"""Who approved what: every signed decision over the manifest in the package, and whether they are enough.

Whether a person held the seat at that time, only the issuer's register knew; the signer asked it before it signed.
Here the keys are proved, the words, the persons apart from each other, and each step's number of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from printserver.approvals.statement_events import StatementRegistered
from printserver.audit.canonical import canonical_json
from printserver.foundation.errors import IntegrityError
from printserver.signing.evidence import CUSTODY_PREFIX, Decision, EvidenceClaims
from printserver.signing.key_list import KeyList
from printserver.signing.manifest_shape import manifest_problems
from printserver.signing.register import Standing
from printserver.signing.statements import KeyBody, SystemBody, statement_of_json
from printserver.signing.verified import Verified, verify_any
from printserver.verification.package_findings import DecisionShown, StepShown
from printserver.verification.package_json import read_object
from printserver.verification.package_log import ProvedLog


class ApprovalsRefused(IntegrityError):
    """The decisions do not carry the manifest."""

    code = "package-approvals-refused"


@dataclass(frozen=True)
class Carried:
    """A manifest that was approved."""

    manifest: Mapping[str, Any]
    manifest_sha256: str
    decisions: tuple[DecisionShown, ...]
    steps: tuple[StepShown, ...]


def prove_approvals(data: bytes, record: Mapping[str, Any], log: ProvedLog, key_list: KeyList) -> Carried:
    """data: the manifest.   record: `record.json`, of which the decisions and the register's part are read.

    Raises: ApprovalsRefused, EvidenceForged, KeyUnknown, KeyNotValid.
    """
    manifest = read_object(data, ApprovalsRefused)
    digest = sha256(data).hexdigest()
    if canonical_json(manifest) != data:
        raise ApprovalsRefused("the manifest is not in its canonical form")
    for problem in manifest_problems(manifest):
        raise ApprovalsRefused(problem)
    standing = _standing(record["register"], log)
    proved = [verify_any(each["evidence"], key_list, standing) for each in record["decisions"]]
    for problem in _problems(manifest, digest, [each.claims for each in proved]):
        raise ApprovalsRefused(problem)
    steps = tuple(_steps(manifest, [each.claims for each in proved]))
    for step in steps:
        if step.given < step.needed:
            raise ApprovalsRefused(f"step {step.step} has {step.given} of {step.needed} decisions")
    return Carried(manifest, digest, tuple(_decision(each, record["people"]) for each in proved), steps)


def _standing(register: Sequence[Mapping[str, Any]], log: ProvedLog) -> Standing:
    """The keys that decisions name, each as the log proves that the signer's register took it up."""
    keys, systems = {}, {}
    for given in register:
        statement = statement_of_json(given)
        taken = log.of(StatementRegistered.__name__, statement.id)
        if statement.digest() not in [each.facts["sha256"] for each in taken]:
            raise ApprovalsRefused("the log does not know that this key was registered")
        match statement.parsed():
            case KeyBody() as key:
                keys[key.credential_id] = key
            case SystemBody() as system:
                systems[system.system_id] = system
            case _:
                raise ApprovalsRefused("a statement about something else than a key")
    return Standing(keys=keys, systems=systems)


def _problems(manifest: Mapping[str, Any], digest: str, claims: Sequence[EvidenceClaims]) -> Iterator[str]:
    for one in claims:
        if one.manifest_sha256 != digest or one.request_id != manifest["request_id"]:
            yield "a decision was about another manifest"
        if one.organisation != manifest["organisation"]:
            yield "a decision was made in another organisation"
        if one.decision is Decision.REFUSED:
            yield f"step {one.step} was refused"
    custody = [one for one in claims if one.step.startswith(CUSTODY_PREFIX)]
    words = [(one.person_id, one.acts_for) for one in claims if not one.step.startswith(CUSTODY_PREFIX)]
    words += dict.fromkeys((one.person_id, one.acts_for) for one in custody)
    counted = Counter(person for word in words for person in word if person)
    if any(times > 1 for times in counted.values()):
        yield "one person decided more than once"
    if manifest["applicant_id"] in counted:
        yield "the applicant decided on the own request"
    unknown = {one.step for one in claims} - {step["name"] for step in manifest["steps"]}
    if unknown:
        yield f"step {min(unknown)} is not part of the request"


def _steps(manifest: Mapping[str, Any], claims: Sequence[EvidenceClaims]) -> Iterator[StepShown]:
    """Whoever was asked for a countersignature counts not for the step, as when it was signed."""
    for step in manifest["steps"]:
        approved = [one for one in claims if one.step == step["name"] and one.decision is Decision.APPROVED]
        asked = {one.to for one in approved if one.to}
        yield StepShown(step["name"], len({one.person_id for one in approved} - asked), int(step["quorum"]))


def _decision(one: Verified, people: Mapping[str, Any]) -> DecisionShown:
    claims = one.claims
    name = str(people.get(claims.person_id, ""))
    return DecisionShown(claims.step, claims.decision.value, name, claims.person_id, claims.decided_at, one.kind.value)
