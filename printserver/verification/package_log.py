"""The log's part of an evidence package: which entries are proved, and what they say about one record."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from printserver.archive.evidence_format import LOG_KIND, VERSION
from printserver.audit.canonical import Value, canonical_json
from printserver.audit.heads import TreeHead, Verify, head_verifier
from printserver.audit.merkle import ConsistencyProofInvalid
from printserver.audit.proofs import ConsistencyProof, InclusionProof
from printserver.foundation.clock import as_text, from_text
from printserver.foundation.errors import IntegrityError, Malformed
from printserver.signing.key_list import KeyList
from printserver.signing.published_key import KeyUsage
from printserver.verification.package_json import member, read_object

MOST_PROOFS: Final = 2_000
_FIELDS: Final = {"kind", "version", "head", "entries", "witness"}


class LogPartRefused(IntegrityError):
    """The proofs do not prove what the record needs."""

    code = "package-log-refused"


class LogPartMalformed(Malformed):
    code = "package-log-malformed"


@dataclass(frozen=True)
class LogPart:
    """What lies in `log.json`: every proof is of one head.   witnessed: of the witness's head to this one."""

    proofs: Sequence[InclusionProof]
    witnessed: ConsistencyProof | None

    def to_bytes(self) -> bytes:
        head = self.proofs[0].head
        entries: list[Value] = [
            {"body": each.body, "position": each.position, "path": [step.hex() for step in each.path]}
            for each in self.proofs
        ]
        witness: Value = None
        if self.witnessed is not None:
            steps = [step.hex() for step in self.witnessed.path]
            witness = {"head": _head_json(self.witnessed.old), "path": steps}
        return canonical_json(
            {"kind": LOG_KIND, "version": VERSION, "head": _head_json(head), "entries": entries, "witness": witness}
        )

    @classmethod
    def parse(cls, data: bytes) -> LogPart:
        """What a stranger's file says, unproved.   Raises: LogPartMalformed, InclusionProofInvalid."""
        document = read_object(data, LogPartMalformed)
        if set(document) != _FIELDS or (document["kind"], document["version"]) != (LOG_KIND, VERSION):
            raise LogPartMalformed("log.json holds no proofs of a known version")
        try:
            given = member(document, "entries", list)
            if not 0 < len(given) <= MOST_PROOFS:
                raise ValueError("no entries, or too many")
            proofs = [InclusionProof.from_json({**entry, "head": document["head"]}) for entry in given]
            witnessed = _witnessed(document["witness"], proofs[0].head)
        except (TypeError, ValueError, KeyError) as problem:
            raise LogPartMalformed("log.json holds proofs that cannot be read") from problem
        part = cls(proofs, witnessed)
        if part.to_bytes() != data:
            raise LogPartMalformed("log.json is not in the one form in which it is written")
        return part


@dataclass(frozen=True)
class ProvedEntry:
    """An entry that stands in the log. `facts`: what it says."""

    id: str
    at: datetime
    event: str
    subject_id: str | None
    organisation_id: str | None
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class ProvedLog:
    """Entries by the order of the log.   size: of the log under the head.   witnessed: entries the witness knew."""

    entries: tuple[ProvedEntry, ...]
    size: int
    head_at: datetime
    witnessed: int | None

    def of(self, event: str, subject_id: str) -> tuple[ProvedEntry, ...]:
        return tuple(each for each in self.entries if (each.event, each.subject_id) == (event, subject_id))

    def last(self, event: str, subject_id: str) -> ProvedEntry:
        """Raises: LogPartRefused when the log does not say it."""
        found = self.of(event, subject_id)
        if not found:
            raise LogPartRefused(f"the log does not prove {event}")
        return found[-1]


def prove_log(data: bytes, key_list: KeyList) -> ProvedLog:
    """Steps: shape, head signed by a valid key of the list, each entry under it, the witness's head before it.

    Raises: LogPartMalformed, LogPartRefused, InclusionProofInvalid, HeadSignatureInvalid, KeyNotValid.
    """
    part = LogPart.parse(data)
    keys = {key.key_id: key for key in key_list.of_usage(KeyUsage.TREE_HEAD)}
    verify_head = head_verifier({key_id: key.p256_key() for key_id, key in keys.items()})
    for proof in part.proofs:
        proof.verify(verify_head)
    for head in {part.proofs[0].head, *([part.witnessed.old] if part.witnessed else [])}:
        verify_head(head)
        keys[head.key_id].check_valid(head.at)
        keys[head.key_id].check_not_revoked(None)
    _check_witness(part.witnessed, verify_head)
    positions = [proof.position for proof in part.proofs]
    if positions != sorted(set(positions)):
        raise LogPartRefused("an entry is proved twice, or out of its order")
    head = part.proofs[0].head
    return ProvedLog(
        tuple(_entry(proof.body) for proof in part.proofs),
        head.size,
        head.at,
        None if part.witnessed is None else part.witnessed.old.size,
    )


def _check_witness(witnessed: ConsistencyProof | None, verify_head: Verify) -> None:
    if witnessed is None:
        return
    try:
        witnessed.verify(verify_head)
    except ConsistencyProofInvalid as problem:
        raise LogPartRefused("the log is not the one that the witness saw") from problem


def _entry(body: str) -> ProvedEntry:
    try:
        said = json.loads(body)
        facts = said["facts"]
        if not isinstance(facts, dict):
            raise TypeError("no facts")
        return ProvedEntry(
            str(said["id"]),
            from_text(said["at"]),
            str(said["event"]),
            said["subject_id"],
            said["organisation_id"],
            facts,
        )
    except (ValueError, TypeError, KeyError, RecursionError) as problem:
        raise LogPartRefused("an entry of the log cannot be read") from problem


def _head_json(head: TreeHead) -> dict[str, Value]:
    return {
        "size": head.size,
        "root": head.root.hex(),
        "at": as_text(head.at),
        "key_id": head.key_id,
        "signature": head.signature.hex(),
    }


def _witnessed(value: Any, new: TreeHead) -> ConsistencyProof | None:
    """Raises: TypeError, ValueError, KeyError, InclusionProofInvalid."""
    if value is None:
        return None
    given = dict(value)
    old = InclusionProof.from_json({"body": "", "position": 0, "path": [], "head": given["head"]}).head
    return ConsistencyProof(old, new, tuple(bytes.fromhex(step) for step in given["path"]))
