"""Whether the evidence carries a manifest: the rule the signer applies before every signature. Pure."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

import rfc8785

from printserver.signing.errors import EvidenceInsufficient
from printserver.signing.evidence import APPROVAL_STEP, CUSTODY_PREFIX, Decision, EvidenceClaims

MANIFEST_FIELDS: Final = (
    "version", "request_id", "organisation", "applicant_id", "document_sha256", "copies", "seals", "steps",
    "expires_at",
)  # fmt: skip


@dataclass(frozen=True)
class _Rule:
    """The part of a manifest that decides who must have agreed."""

    request_id: str
    organisation: int
    applicant_id: str
    expires_at: datetime
    quorums: Mapping[str, int]
    """step → how many different people; never empty."""

    @classmethod
    def of_manifest(cls, manifest: Mapping[str, Any]) -> Self:
        """Raises: EvidenceInsufficient when the manifest could be carried by too little."""
        problems = list(_manifest_problems(manifest))
        if problems:
            raise EvidenceInsufficient(problems)
        return cls(
            request_id=manifest["request_id"],
            organisation=manifest["organisation"],
            applicant_id=manifest["applicant_id"],
            expires_at=datetime.fromisoformat(manifest["expires_at"]),
            quorums={step["name"]: step["quorum"] for step in manifest["steps"]},
        )


def manifest_digest(manifest: Mapping[str, Any]) -> str:
    """SHA-256 of the manifest's RFC 8785 bytes, 64 lower-case hex digits.

    Raises: EvidenceInsufficient when it has no canonical form.
    """
    try:
        return hashlib.sha256(rfc8785.dumps(dict(manifest))).hexdigest()
    except (rfc8785.CanonicalizationError, RecursionError) as problem:
        raise EvidenceInsufficient(["the manifest has no canonical form"]) from problem


def check_quorum(
    manifest: Mapping[str, Any], evidences: Sequence[EvidenceClaims], *, at: datetime | None = None
) -> None:
    """Decide whether these decisions carry this manifest; silence means yes.

    manifest: at least MANIFEST_FIELDS; `steps` names `approval` and one `custody:<seal id>` a seal, each with a quorum.
    evidences: claims of verified evidence, in any order.   at: now; with it an expired manifest is refused.
    Refused: emptiness of any kind, a decision about another manifest or request, any refusal, the applicant deciding,
    one person deciding twice (in whatever steps), a decision after expiry, a step without its quorum.
    Raises: EvidenceInsufficient with everything that is wrong.
    """
    rule = _Rule.of_manifest(manifest)
    problems = list(_evidence_problems(rule, manifest_digest(manifest), evidences))
    agreed = Counter(claims.step for claims in evidences)
    for name, quorum in rule.quorums.items():
        if agreed[name] < quorum:
            problems.append(f"step {name} has {agreed[name]} of {quorum} decisions")
    if at is not None and at > rule.expires_at:
        problems.append("the request has expired")
    if problems:
        raise EvidenceInsufficient(problems)


def _evidence_problems(rule: _Rule, digest: str, evidences: Sequence[EvidenceClaims]) -> Iterator[str]:
    for claims in evidences:
        if claims.manifest_sha256 != digest:
            yield "a decision was about another manifest"
        if claims.request_id != rule.request_id or claims.organisation != rule.organisation:
            yield "a decision was about another request"
        if claims.decision is not Decision.APPROVED:
            yield f"step {claims.step} was refused"
        if claims.person_id == rule.applicant_id:
            yield "the applicant decided on the own request"
        if claims.step not in rule.quorums:
            yield f"step {claims.step} is not part of the request"
        if claims.decided_at > rule.expires_at:
            yield "a decision came after the request had expired"
    people = Counter(claims.person_id for claims in evidences)
    if any(times > 1 for times in people.values()):
        yield "one person decided more than once"


def _manifest_problems(manifest: Mapping[str, Any]) -> Iterator[str]:
    missing = [name for name in MANIFEST_FIELDS if name not in manifest]
    if missing:
        yield f"the manifest lacks {', '.join(missing)}"
        return
    for name in ("request_id", "applicant_id", "document_sha256"):
        if not isinstance(manifest[name], str) or not manifest[name]:
            yield f"the manifest's {name} is empty"
    if type(manifest["organisation"]) is not int:
        yield "the manifest names no organisation"
    if not _is_time(manifest["expires_at"]):
        yield "the manifest never expires"
    yield from _copy_problems(manifest["copies"])
    yield from _step_problems(manifest["steps"], manifest["seals"])


def _copy_problems(copies: Any) -> Iterator[str]:
    if not _is_list_of(copies, "serial", "number", "sha256") or not copies:
        yield "the manifest names no copies"
        return
    for name in ("serial", "number", "sha256"):
        values = [str(entry[name]) for entry in copies]
        if name != "sha256" and len(set(values)) != len(values):
            yield f"two copies have the same {name}"
        if not all(values):
            yield f"a copy has no {name}"


def _step_problems(steps: Any, seals: Any) -> Iterator[str]:
    if not _is_list_of(steps, "name", "quorum") or not steps:
        yield "the manifest asks nobody"
        return
    if not _is_list_of(seals, "seal_id"):
        yield "the manifest's seals cannot be read"
        return
    names = [step["name"] for step in steps]
    if len({str(name) for name in names}) != len(names):
        yield "a step occurs twice"
    if any(type(step["quorum"]) is not int or step["quorum"] < 1 for step in steps):
        yield "a step asks for nobody's decision"
    needed = {APPROVAL_STEP, *(f"{CUSTODY_PREFIX}{seal['seal_id']}" for seal in seals)}
    for name in sorted(needed - {str(name) for name in names}):
        yield f"the manifest has no step {name}"
    for name in sorted({str(name) for name in names} - needed):
        yield f"step {name} belongs to no seal of the manifest"


def _is_list_of(value: Any, *names: str) -> bool:
    return isinstance(value, list | tuple) and all(
        isinstance(entry, Mapping) and all(name in entry for name in names) for entry in value
    )


def _is_time(text: Any) -> bool:
    try:
        return isinstance(text, str) and datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
