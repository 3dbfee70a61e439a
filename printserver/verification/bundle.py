"""The offline bundle of a copy: code, key list, and the proof that its issue stands in the log, in one small JSON file.

A recipient keeps it with the paper; whoever has it needs neither this server nor any other to check it. Two entries of
the log are proved: that the copy with this serial was drawn, and that it was signed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from printserver.audit.canonical import canonical_json
from printserver.audit.heads import head_verifier
from printserver.audit.proofs import EntryNotInLog, InclusionProof, Prover
from printserver.audit.queries import newest_of
from printserver.foundation.clock import from_text
from printserver.foundation.errors import IntegrityError, Malformed
from printserver.foundation.unit_of_work import Work
from printserver.signing.codes import CodeBody
from printserver.signing.errors import KeyListRefused
from printserver.signing.key_list import KeyList
from printserver.signing.published_key import KeyUsage
from printserver.verification.offline import verify_text
from printserver.verification.package_json import member

KIND: Final = "print-copy-bundle"
VERSION: Final = 1
MOST_BYTES: Final = 20 * 1024 * 1024
DRAWN: Final = "CopyRendered"
SIGNED: Final = "CopySigned"
_FIELDS: Final = {"kind", "version", "code", "key_list", "proofs"}


class BundleMalformed(Malformed):
    code = "bundle-malformed"


class BundleRefused(IntegrityError):
    """Its parts are genuine, but do not belong together."""

    code = "bundle-refused"


@dataclass(frozen=True)
class LoggedIssue:
    """The entry of the issue.   position: from 0.   size: of the log under the signed head.   head_at: its time."""

    at: datetime
    position: int
    size: int
    head_at: datetime
    issued_sha256: str


@dataclass(frozen=True)
class Bundle:
    """A bundle that was verified. `issue`: None when it was made before the log had its place for the entry."""

    code: CodeBody
    key_list: KeyList
    issue: LoggedIssue | None


def make_bundle(work: Work, prover: Prover, copy_id: UUID, text: str, key_list: bytes) -> bytes:
    """JSON, canonical.   text: the page's code, verified.   key_list: as it is published.   Raises: LogRewritten.

    Entries that name a person or an address are left out, and with them the proof; today's name none.
    """
    proofs = [_proof(work, prover, copy_id, event) for event in (DRAWN, SIGNED)]
    whole = [proof for proof in proofs if proof is not None and _names_nobody(proof)]
    return canonical_json(
        {
            "kind": KIND,
            "version": VERSION,
            "code": text,
            "key_list": json.loads(key_list),
            "proofs": [proof.to_json() for proof in whole] if len(whole) == len(proofs) else [],
        }
    )


def verify_bundle(data: bytes, *, root_fingerprint: str, known: KeyList | None = None) -> Bundle:
    """Prove a bundle with nothing but the pinned root.

    known: of the same root; a newer one counts in place of the bundle's own, which may be from before a key was stolen.
    Steps: shape, key list under the root, code under the list, each entry under its head and the log's key, entries
    and code about the same copy.
    Raises: BundleMalformed, KeyListRefused, CodeMalformed, KeyUnknown, CodeForged, KeyNotValid, InclusionProofInvalid,
    HeadSignatureInvalid, BundleRefused.
    """
    document = read_bundle(data)
    key_list = KeyList.load(bundled_key_list(document), root_fingerprint=root_fingerprint)
    if known is not None and known.root_fingerprint != root_fingerprint:
        raise KeyListRefused("the key list that is known already is one of another root")
    if known is not None and known.sequence > key_list.sequence:
        key_list = known
    code = verify_text(document["code"], key_list)
    proofs = [InclusionProof.from_json(each) for each in document["proofs"]]
    return Bundle(code, key_list, _logged(code, proofs, key_list) if proofs else None)


def read_bundle(data: bytes) -> dict[str, Any]:
    """What a stranger's file says, unproved.   Raises: BundleMalformed."""
    try:
        document = json.loads(data) if len(data) <= MOST_BYTES else None
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict) or set(document) != _FIELDS or document["kind"] != KIND:
        raise BundleMalformed("this is no bundle of a copy")
    if document["version"] != VERSION or not isinstance(document["code"], str):
        raise BundleMalformed("a bundle of an unknown version")
    if not isinstance(document["key_list"], dict) or not isinstance(document["proofs"], list):
        raise BundleMalformed("the bundle's parts cannot be read")
    return document


def bundled_key_list(document: Mapping[str, Any]) -> bytes:
    """Of what `read_bundle` answered: the list's bytes, unproved.   Raises: BundleMalformed."""
    try:
        return canonical_json(document["key_list"])
    except ValueError as problem:
        raise BundleMalformed("the bundle's key list cannot be read") from problem


def bundle_name(code: CodeBody) -> str:
    """Of the file; letters, digits, dots and hyphens."""
    digest = sha256(code.to_bytes()).hexdigest()[:8]
    return f"copy-{str(code.serial)[:4]}-page-{code.page}-{digest}.json"


def _proof(work: Work, prover: Prover, copy_id: UUID, event: str) -> InclusionProof | None:
    entry_id = newest_of(work, copy_id, event)
    try:
        return None if entry_id is None else prover.inclusion(work, entry_id)
    except EntryNotInLog:
        return None  # it gets its place within a second


def _names_nobody(proof: InclusionProof) -> bool:
    body = json.loads(proof.body)
    return not (body["person_id"] or body["address"] or body["device"])


def _logged(code: CodeBody, proofs: Sequence[InclusionProof], key_list: KeyList) -> LoggedIssue:
    keys = {key.key_id: key for key in key_list.of_usage(KeyUsage.TREE_HEAD)}
    verify_head = head_verifier({key_id: key.p256_key() for key_id, key in keys.items()})
    for proof in proofs:
        proof.verify(verify_head)
        keys[proof.head.key_id].check_valid(proof.head.at)
        keys[proof.head.key_id].check_not_revoked(None)
    try:
        return _issue(code, proofs)
    except (ValueError, TypeError, LookupError, RecursionError) as problem:
        raise BundleRefused("an entry of the log says something else than of drawing and signing") from problem


def _issue(code: CodeBody, proofs: Sequence[InclusionProof]) -> LoggedIssue:
    """proofs: proved.   Raises: BundleRefused, and what comes of entries of another shape."""
    entries: dict[str, tuple[InclusionProof, dict[str, Any]]] = {}
    for proof in proofs:
        body = json.loads(proof.body)
        entries[body["event"]] = (proof, body)
    if set(entries) != {DRAWN, SIGNED}:
        raise BundleRefused("the bundle does not prove that the copy was drawn and signed")
    (_, drawn), (proof, signed) = entries[DRAWN], entries[SIGNED]
    if drawn["subject_id"] != signed["subject_id"] or drawn["organisation_id"] != signed["organisation_id"]:
        raise BundleRefused("the entries are about different copies")
    if (drawn["facts"]["serial"], drawn["facts"]["number"]) != (str(code.serial), code.copy):
        raise BundleRefused("the entries are about another copy than the code")
    return LoggedIssue(
        at=from_text(signed["at"]),
        position=proof.position,
        size=proof.head.size,
        head_at=proof.head.at,
        issued_sha256=member(signed["facts"], "issued_sha256", str),
    )
