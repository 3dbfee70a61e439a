"""Pack evidence: read rows, fetch objects, let the log name the result, prove it, lay it out as a bag.

What is packed is named in the log before it is handed out, and the package waits for the signed head that proves it:
about a second. No object is fetched and nothing is waited for inside a transaction. Each object is read twice, to be
described and to be packed, so that the memory holds the package and one object, whatever they are of; no file in clear
is written on the disk for it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from printserver.archive.access import evidence_in_view
from printserver.archive.bag import LARGEST_JSON, Kept, Packed, digest_of, pack, size_of
from printserver.archive.evidence_events import EvidenceTaken
from printserver.archive.evidence_format import (
    EARLIER_LISTS,
    ISSUED,
    KEY_LIST,
    LOG,
    PACKAGE,
    README,
    RECORD,
    RECORD_KIND,
    RECORDS,
    ROOT,
    VERSION,
    PackageFacts,
    PackedRecord,
    folder_of,
)
from printserver.archive.fixity_queries import is_disposed
from printserver.archive.holds import RecordDisposed
from printserver.archive.queries import record_detail
from printserver.audit.canonical import canonical_json
from printserver.audit.evidence_queries import without_place_yet
from printserver.audit.log import append
from printserver.audit.proofs import ConsistencyProof, EntryNotInLog, HeadNotFound, InclusionProof, Prover
from printserver.audit.sequencer import newest_head
from printserver.audit.stored import one_snapshot
from printserver.audit.witness import Witness, WitnessBroken
from printserver.foundation.clock import from_text
from printserver.foundation.errors import TooLarge, Unavailable
from printserver.foundation.unit_of_work import Database, Work
from printserver.organisations.access import Actor
from printserver.returns.evidence_facts import EvidenceFacts, evidence_facts
from printserver.signing.key_list import KeyList
from printserver.storage.objects import Objects
from printserver.verification.bundle import make_bundle
from printserver.verification.offline import PdfUnreadable, page_texts
from printserver.verification.package_log import LogPart

MOST_BYTES: Final = 512 << 20
MOST_RECORDS: Final = 200
PATIENCE_SECONDS: Final = 10.0
_LOOK_SECONDS: Final = 0.2
_ENDINGS: Final = (
    (b"%PDF-", "pdf"),
    (b"\xff\xd8\xff", "jpg"),
    (b"\x89PNG", "png"),
    (b"II*\0", "tif"),
    (b"MM\0*", "tif"),
)


class EvidenceNotReady(Unavailable):
    """The log has not taken up what was packed: its signer is away, or slow."""

    code = "evidence-not-ready"


class EvidenceTooLarge(TooLarge):
    code = "evidence-too-large"


@dataclass(frozen=True)
class EvidenceTools:
    """key_list: the published file.   earlier_lists: the folder beside it.   witness: of the tree heads.

    patience: seconds to wait for the log; `pause` is called between looks.
    """

    database: Database
    objects: Objects
    load_key_list: Callable[[], KeyList]
    key_list: Path
    earlier_lists: Path
    witness: Path
    prover: Prover
    patience: float = PATIENCE_SECONDS
    pause: Callable[[], None] = lambda: time.sleep(_LOOK_SECONDS)


@dataclass(frozen=True)
class Package:
    """`name`: of the file, with its ending.   data: a zip file."""

    name: str
    data: bytes


@dataclass(frozen=True)
class _Gathered:
    """A record before the log knows of it. `files`: by name in its folder."""

    facts: EvidenceFacts
    files: Mapping[str, Packed]
    record: bytes

    @property
    def serial(self) -> str:
        return str(self.facts.copy.serial)


def pack_evidence(
    tools: EvidenceTools,
    actor: Actor,
    record_ids: Sequence[UUID],
    *,
    whole_scans: bool = False,
    progress: Callable[[int], None] = lambda done: None,
) -> Package:
    """The evidence of these records, each once, in one package.

    whole_scans: also scans that hold other people's pages, as far as the actor may read them.
    progress: told after each record how many are gathered.
    Raises: Forbidden, RecordNotFound, RecordDisposed, EvidenceTooLarge, EvidenceNotReady, ObjectChanged.
    """
    chosen = list(dict.fromkeys(record_ids))
    if not 0 < len(chosen) <= MOST_RECORDS:
        raise EvidenceTooLarge(f"a package holds 1 to {MOST_RECORDS} records")
    list_bytes, key_list = tools.key_list.read_bytes(), tools.load_key_list()
    gathered, size = [], 0
    for done, record_id in enumerate(chosen, start=1):
        gathered.append(_gather(tools, actor, record_id, list_bytes, whole_scans=whole_scans))
        size += sum(map(size_of, gathered[-1].files.values()))
        if size > MOST_BYTES:
            raise EvidenceTooLarge(f"the package would have more than {MOST_BYTES >> 20} MiB; choose fewer records")
        progress(done)
    entries = _name_in_log(tools.database, actor, gathered, sha256(list_bytes).hexdigest(), whole_scans=whole_scans)
    logs = _proved(tools, gathered, entries)
    made_at = max(from_text(json.loads(log.proofs[-1].body)["at"]) for log in logs)
    packed = [_packed(each) for each in gathered]
    facts = PackageFacts(key_list.issuer, key_list.root_fingerprint, made_at, packed)
    payload: dict[str, Packed] = {
        PACKAGE: facts.package_json(),
        README: facts.readme(),
        KEY_LIST: list_bytes,
        ROOT: f"{key_list.root_fingerprint}\n".encode(),
        **_earlier_lists(tools.earlier_lists, list_bytes),
    }
    for each, line, log in zip(gathered, packed, logs, strict=True):
        own = {**each.files, RECORD: each.record, LOG: log.to_bytes()}
        payload |= {f"{RECORDS}{line.folder}/{name}": data for name, data in own.items()}
    _require_readable(payload)
    info = facts.info({name: size_of(content) for name, content in payload.items()})
    return Package(f"{facts.name}.zip", pack(facts.name, payload, info))


def _require_readable(payload: Mapping[str, Packed]) -> None:
    for name, content in payload.items():
        if name.endswith(".json") and size_of(content) > LARGEST_JSON:
            raise EvidenceTooLarge(f"{name} would have more than {LARGEST_JSON >> 20} MiB, which no verifier reads")


def _gather(tools: EvidenceTools, actor: Actor, record_id: UUID, key_list: bytes, *, whole_scans: bool) -> _Gathered:
    facts = _facts_in_log(tools, actor, record_id)
    owner = facts.organisation_id
    files: dict[str, tuple[str, Packed]] = {}

    def keep(name: str, role: str, digest: str, data: bytes | None = None) -> None:
        """Looked at now, and read again when it is packed."""
        size = len(tools.objects.get(digest, owner) if data is None else data)
        files[name] = (role, Kept(digest, size, lambda: tools.objects.get(digest, owner)))

    issued = tools.objects.get(facts.detail.issued_sha256, owner)
    keep(ISSUED, "issued", facts.detail.issued_sha256, issued)
    left_out: list[dict[str, str]] = []
    codes = _codes(issued)
    if codes:
        with tools.database.reading() as work:
            bundle = make_bundle(work, tools.prover, facts.copy.id, codes[0], key_list)
        files["bundle.json"] = ("bundle", bundle)
    if facts.manifest_sha256 is not None:
        keep("approvals/manifest.json", "manifest", facts.manifest_sha256)
    for seal in facts.seals:
        keep(f"seals/{seal.position}.der", "seal", seal.signature_sha256)
    for page in facts.detail.pages:
        if page.image_sha256 is None:
            left_out.append({"what": "page", "page": str(page.page), "why": "read-by-a-person-in-the-scan"})
        else:
            keep(f"pages/{page.page:04d}.jpg", "page", page.image_sha256)
    if facts.searchable_sha256 is not None:
        keep("searchable.pdf", "searchable", facts.searchable_sha256)
    for scan in facts.scans:
        if scan.others and not (whole_scans and scan.readable):
            left_out.append({"what": "scan", "sha256": scan.sha256, "why": "holds-pages-of-others"})
            continue
        data = tools.objects.get(scan.sha256, owner)
        keep(f"scans/{scan.sha256}.{_ending(data)}", "scan", scan.sha256, data)
    for digest in sorted(facts.proofs):
        data = tools.objects.get(digest, owner)
        keep(f"hand-overs/{digest}.{_ending(data)}", "hand-over", digest, data)
    left_out += [
        {"what": "hand-over", "sha256": digest, "why": "signed-for-with-others"}
        for digest in sorted(facts.shared_proofs)
    ]
    content = _record_json(facts, codes, files, left_out)
    return _Gathered(facts, {name: kept for name, (_, kept) in files.items()}, content)


def _facts_in_log(tools: EvidenceTools, actor: Actor, record_id: UUID) -> EvidenceFacts:
    """Once the log has taken up all that happened to the record until now.   Also raises: EvidenceNotReady."""
    until = time.monotonic() + tools.patience
    while True:
        with tools.database.reading() as work:
            facts = _facts_for(work, actor, record_id)
        if not facts.unplaced:
            return facts
        if time.monotonic() >= until:
            raise EvidenceNotReady("the log has not taken up what happened just now; please try again in a moment")
        tools.pause()


def check_may_pack(work: Work, actor: Actor, record_id: UUID) -> str | None:
    """The digest of its searchable file, if there is one.   Raises: Forbidden, RecordNotFound, RecordDisposed."""
    record = evidence_in_view(work, actor, record_id)
    if is_disposed(work, record.id):
        raise RecordDisposed("the record was disposed of; only the certificate of that is left")
    return record.searchable_sha256


def _facts_for(work: Work, actor: Actor, record_id: UUID) -> EvidenceFacts:
    """Raises: Forbidden, RecordNotFound, RecordDisposed."""
    searchable = check_may_pack(work, actor, record_id)
    return evidence_facts(work, actor, record_detail(work, actor, record_id), searchable)


def _codes(pdf: bytes) -> list[str]:
    """The text of each page's code; none of a file whose pages carry none."""
    try:
        pages = page_texts(pdf)
    except PdfUnreadable:
        return []
    codes = [text for texts in pages for text in texts if "/q/" in text]
    return codes if len(codes) == len(pages) else []


def _record_json(
    facts: EvidenceFacts, codes: Sequence[str], files: Mapping[str, tuple[str, Packed]], left_out: Sequence[Any]
) -> bytes:
    listed = [
        {"path": name, "role": role, "sha256": digest_of(kept), "bytes": size_of(kept)}
        for name, (role, kept) in sorted(files.items())
    ]
    content: dict[str, Any] = {
        "kind": RECORD_KIND,
        "version": VERSION,
        **facts.content,
        "codes": list(codes),
        "files": listed,
        "left_out": list(left_out),
    }
    return canonical_json(content)


def _name_in_log(
    database: Database, actor: Actor, gathered: Sequence[_Gathered], key_list_sha256: str, *, whole_scans: bool
) -> list[UUID]:
    """Ids of the entries, a record each."""
    with database.work() as work:
        return [
            append(
                work,
                actor.by,
                EvidenceTaken(
                    id=each.facts.detail.summary.id,
                    number=each.facts.detail.summary.number,
                    serial=each.serial,
                    record_sha256=sha256(each.record).hexdigest(),
                    key_list_sha256=key_list_sha256,
                    whole_scans=whole_scans,
                ),
            ).id
            for each in gathered
        ]


def _proved(tools: EvidenceTools, gathered: Sequence[_Gathered], taken: Sequence[UUID]) -> list[LogPart]:
    """Raises: EvidenceNotReady, LogRewritten."""
    until = time.monotonic() + tools.patience
    while True:
        try:
            with tools.database.reading() as work:
                one_snapshot(work)
                if newest_head(work) is None:
                    raise EvidenceNotReady("no head of the log was ever signed: is the signer running?")
                if not without_place_yet(work, taken):
                    return _logs(tools, work, gathered, taken)
        except EntryNotInLog:
            pass  # it has its place, and waits for the head that counts it
        if time.monotonic() >= until:
            raise EvidenceNotReady("the log has not taken up what was packed; please try again in a moment")
        tools.pause()


def _logs(tools: EvidenceTools, work: Work, gathered: Sequence[_Gathered], taken: Sequence[UUID]) -> list[LogPart]:
    witnessed = _witnessed(tools, work)
    parts = []
    for each, entry_id in zip(gathered, taken, strict=True):
        proofs: list[InclusionProof] = [
            tools.prover.inclusion(work, known) for known in (*each.facts.entry_ids, entry_id)
        ]
        parts.append(LogPart(proofs, witnessed))
    if len({proof.head for part in parts for proof in part.proofs}) != 1:
        raise EntryNotInLog("a new head was signed meanwhile")
    return parts


def _witnessed(tools: EvidenceTools, work: Work) -> ConsistencyProof | None:
    """That the log still holds what the witness outside the database has seen; None where it cannot be read."""
    try:
        head = Witness(tools.witness).newest()
        return None if head is None else tools.prover.consistency(work, head.size)
    except (OSError, WitnessBroken, HeadNotFound):
        return None


def _packed(each: _Gathered) -> PackedRecord:
    summary = each.facts.detail.summary
    return PackedRecord(folder_of(each.serial), str(summary.id), summary.number, each.serial)


def _earlier_lists(folder: Path, newest: bytes) -> dict[str, bytes]:
    """Every list that was published before, by the names under which they stay published."""
    paths = sorted(folder.glob("*.json")) if folder.is_dir() else []
    lists = {path.name: path.read_bytes() for path in paths}
    return {f"{EARLIER_LISTS}{name}": data for name, data in lists.items() if data != newest}


def _ending(data: bytes) -> str:
    return next((ending for start, ending in _ENDINGS if data.startswith(start)), "bin")
