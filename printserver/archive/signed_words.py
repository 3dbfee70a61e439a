"""What two persons say of holds and disposals is signed by the web process's attestation key, and proved by the worker.

Both words are over one digest. So whoever writes rows alone, or entries of the log, neither disposes of anything nor
lifts a hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from uuid import UUID

from printserver.approvals.flows import Attestor
from printserver.archive.two_persons import Word
from printserver.audit.canonical import Value, canonical_json
from printserver.foundation.errors import IntegrityError
from printserver.foundation.unit_of_work import Work
from printserver.signing.errors import EvidenceForged, KeyNotValid, KeyUnknown
from printserver.signing.evidence import Decision, EvidenceClaims, verify_evidence
from printserver.signing.key_list import KeyList

LIFTING: Final = "hold-lifting"


class WordsNotSigned(IntegrityError):
    """Two persons have not signed it."""

    code = "words-not-signed"


@dataclass(frozen=True)
class Matter:
    """What is signed.   about: id of the hold or the disposal.   step: which kind of word it is.

    organisation: u32 of verification codes.
    """

    digest: str
    about: UUID
    organisation: int
    step: str


def lifting(hold_id: UUID, organisation: int, *, asked_at: str, reason: str) -> Matter:
    """That a hold ends.   asked_at: the moment as text; so an older word, which was refused, counts for nothing."""
    content: dict[str, Value] = {
        "version": 1,
        "kind": LIFTING,
        "hold_id": str(hold_id),
        "organisation": organisation,
        "asked_at": asked_at,
        "reason": reason,
    }
    return Matter(sha256(canonical_json(content)).hexdigest(), hold_id, organisation, LIFTING)


def sign_word(work: Work, attestor: Attestor, matter: Matter, word: Word) -> str:
    """A compact JWS.   Raises: whatever the attestor will not sign."""
    claims = EvidenceClaims(
        manifest_sha256=matter.digest,
        request_id=str(matter.about),
        person_id=str(word.person_id),
        step=matter.step,
        decision=Decision.APPROVED,
        decided_at=work.now().replace(microsecond=0),
        organisation=matter.organisation,
        acts_for=str(word.acts_for or ""),
    )
    return attestor.attest(claims)


def proved_words(matter: Matter, words: Sequence[str], keys: KeyList) -> tuple[EvidenceClaims, EvidenceClaims]:
    """That two persons, and nobody for the other one, signed this very matter.   Raises: WordsNotSigned."""
    first, second = (_proved(word, matter, keys) for word in words)
    if {first.person_id, first.acts_for} & {second.person_id, second.acts_for} - {""}:
        raise WordsNotSigned("one person alone has signed it")
    return first, second


def _proved(word: str, matter: Matter, keys: KeyList) -> EvidenceClaims:
    try:
        claims = verify_evidence(word, keys)
    except (EvidenceForged, KeyNotValid, KeyUnknown) as problem:
        raise WordsNotSigned("nobody has signed it") from problem
    said = (claims.manifest_sha256, claims.request_id, claims.organisation, claims.step, claims.decision)
    if said != (matter.digest, str(matter.about), matter.organisation, matter.step, Decision.APPROVED):
        raise WordsNotSigned("what was signed is something else")
    return claims
