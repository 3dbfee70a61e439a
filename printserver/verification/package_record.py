"""One record of an evidence package, looked at from every side. What is believed comes from proofs alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from typing import Any, Final

from printserver.archive.bag import Bag
from printserver.archive.events import CopyArchived
from printserver.archive.evidence_events import EvidenceTaken
from printserver.archive.evidence_format import ISSUED, LOG, RECORD, RECORD_KIND, RECORDS, VERSION, PackedRecord
from printserver.foundation.errors import IntegrityError, PrintServerError
from printserver.print_requests.events import ApprovalFlowOpened, CopyMoved, CopyRendered, CopySealed, CopySigned
from printserver.print_requests.states import CopyState
from printserver.signing.errors import SealMakerUnknown
from printserver.signing.key_list import KeyList
from printserver.signing.seal_makers import SealMakers
from printserver.signing.seal_object import check_seal_signed
from printserver.signing.seal_signature import (
    check_data,
    check_signature_signed,
    read_seal_signature,
    verify_seal_signature,
)
from printserver.verification.bundle import verify_bundle
from printserver.verification.offline import IssuedPdf, verify_issued_pdf
from printserver.verification.package_approvals import Carried, prove_approvals
from printserver.verification.package_findings import Check, Finding, PageShown, RecordShown, SigningShown
from printserver.verification.package_holders import check_hand_overs, holders
from printserver.verification.package_json import read_object
from printserver.verification.package_log import ProvedLog, prove_log

MANIFEST: Final = "approvals/manifest.json"
BUNDLE: Final = "bundle.json"
_SHAPES: Final[Mapping[str, re.Pattern[bytes]]] = {
    "page": re.compile(rb"\xff\xd8\xff", re.DOTALL),
    "searchable": re.compile(rb"%PDF-"),
    "issued": re.compile(rb"%PDF-"),
}


class RecordRefused(IntegrityError):
    """The record and what lies beside it do not belong together."""

    code = "package-record-refused"


@dataclass(frozen=True)
class PackedEvidence:
    """key_list: to believe.   list_sha256: of the one in the package."""

    bag: Bag
    packed: PackedRecord
    key_list: KeyList
    list_sha256: str

    @property
    def prefix(self) -> str:
        return f"{RECORDS}{self.packed.folder}/"

    def read(self, name: str) -> bytes:
        """Raises: BagRefused."""
        return self.bag.read(self.prefix + name)

    @cached_property
    def files(self) -> dict[str, str]:
        """Digests of everything in the record's folder, by name there."""
        found = self.bag.digests.items()
        return {name.removeprefix(self.prefix): digest for name, digest in found if name.startswith(self.prefix)}


@dataclass
class _Seen:
    """What the checks have found so far."""

    record: Mapping[str, Any]
    log: ProvedLog
    issued: IssuedPdf | None = None
    carried: Carried | None = None
    seals: tuple[str, ...] = ()


def check_record(evidence: PackedEvidence) -> tuple[RecordShown | None, datetime | None, list[Finding]]:
    """What it shows, when it was packed, and what was found; without a proved log nothing of it is believed."""
    serial = evidence.packed.serial
    try:
        record = _record(evidence)
        log = prove_log(evidence.read(LOG), evidence.key_list)
        taken_at = _bind(evidence, record, log)
    except (PrintServerError, LookupError, TypeError, ValueError, AttributeError) as problem:
        return None, None, [Finding(Check.LOG, _words(problem), serial)]
    seen = _Seen(record, log)
    findings: list[Finding] = []
    for check, look in _CHECKS:
        try:
            look(evidence, seen)
        except (PrintServerError, LookupError, TypeError, ValueError, AttributeError) as problem:
            findings.append(Finding(check, _words(problem), serial))
        else:
            findings.append(Finding(check, "", serial))
    try:
        return _shown(seen), taken_at, findings
    except (LookupError, TypeError, ValueError, AttributeError) as problem:
        return None, taken_at, [*findings, Finding(Check.PARTS, _words(problem), serial)]


def _words(problem: Exception) -> str:
    if isinstance(problem, PrintServerError):
        return str(problem)
    return f"a part of the record cannot be read ({type(problem).__name__}: {problem})"


def _record(evidence: PackedEvidence) -> Mapping[str, Any]:
    """`record.json`, unproved.   Raises: RecordRefused, BagRefused."""
    record = read_object(evidence.read(RECORD), RecordRefused)
    if record.get("kind") != RECORD_KIND or record.get("version") != VERSION:
        raise RecordRefused("record.json is not of a known version")
    said = (record["record"]["id"], record["record"]["number"], record["copy"]["serial"])
    if said != (evidence.packed.record_id, evidence.packed.number, evidence.packed.serial):
        raise RecordRefused("record.json is about another record than the package says")
    listed = {entry["path"]: entry["sha256"] for entry in record["files"]}
    lying = {name: digest for name, digest in evidence.files.items() if name not in (RECORD, LOG)}
    for name in sorted(set(listed) ^ set(lying)):
        raise RecordRefused(f"{name} is missing" if name in listed else f"{name} does not belong to the record")
    for name, digest in lying.items():
        if listed[name] != digest:
            raise RecordRefused(f"{name} is not the file that record.json names")
    return record


def _bind(evidence: PackedEvidence, record: Mapping[str, Any], log: ProvedLog) -> datetime:
    """When it was packed: the log names this very `record.json` and this very key list.   Raises: RecordRefused."""
    taken = log.last(EvidenceTaken.__name__, record["record"]["id"])
    if taken.facts["record_sha256"] != sha256(evidence.read(RECORD)).hexdigest():
        raise RecordRefused("record.json was changed since it was packed: the log knows another one")
    if taken.facts["key_list_sha256"] != evidence.list_sha256:
        raise RecordRefused("the key list is not the one with which the record was packed")
    if [each.id for each in log.entries] != [*record["log_entries"], taken.id]:
        raise RecordRefused("entries of the log were taken out or put in")
    organisation = record["record"]["organisation"]["id"]
    if any(each.organisation_id not in (organisation, None) for each in log.entries):
        raise RecordRefused("an entry of the log is another organisation's")
    return taken.at


def _check_log(evidence: PackedEvidence, seen: _Seen) -> None:
    """That the copy was drawn, signed and archived as the record says."""
    record, copy, log = seen.record["record"], seen.record["copy"], seen.log
    drawn = log.last(CopyRendered.__name__, record["copy_id"]).facts
    signed = log.last(CopySigned.__name__, record["copy_id"]).facts
    kept = log.last(CopyArchived.__name__, record["id"]).facts
    for said, proved in (
        (copy["serial"], drawn["serial"]),
        (copy["serial"], kept["serial"]),
        (copy["number"], drawn["number"]),
        (copy["rendition_sha256"], drawn["rendition_sha256"]),
        (copy["issued_sha256"], signed["issued_sha256"]),
        (copy["issued_sha256"], kept["issued_sha256"]),
        (record["number"], kept["number"]),
        (record["copy_id"], kept["copy_id"]),
        (record["request_id"], drawn["request_id"]),
    ):
        if said != proved:
            raise RecordRefused(f"record.json says {said!r}, the log {proved!r}")


def _check_issued(evidence: PackedEvidence, seen: _Seen) -> None:
    copy = seen.record["copy"]
    issued = verify_issued_pdf(evidence.read(ISSUED), evidence.key_list)
    if issued.sha256 != copy["issued_sha256"]:
        raise RecordRefused("issued.pdf is not the file that was signed for this copy")
    said = (str(issued.code.serial), issued.code.copy, issued.code.copies, issued.code.pages)
    if said != (copy["serial"], copy["number"], copy["copies"], copy["pages"]):
        raise RecordRefused("the codes of issued.pdf are about another copy")
    if issued.code.document_sha256.hex() != copy["document_sha256"]:
        raise RecordRefused("the codes of issued.pdf are about another document")
    if issued.code.organisation != seen.record["record"]["organisation"]["number"]:
        raise RecordRefused("the codes of issued.pdf are another organisation's")
    bundle = verify_bundle(
        evidence.read(BUNDLE), root_fingerprint=evidence.key_list.root_fingerprint, known=evidence.key_list
    )
    if bundle.code.serial != issued.code.serial:
        raise RecordRefused("bundle.json is about another copy")
    seen.issued = issued


def _check_approvals(evidence: PackedEvidence, seen: _Seen) -> None:
    record, copy = seen.record["record"], seen.record["copy"]
    carried = prove_approvals(evidence.read(MANIFEST), seen.record, seen.log, evidence.key_list)
    opened = seen.log.of(ApprovalFlowOpened.__name__, record["request_id"])
    if carried.manifest_sha256 not in [each.facts["manifest_sha256"] for each in opened]:
        raise RecordRefused("the log knows no flow over this manifest")
    own = [each for each in carried.manifest["copies"] if each["serial"] == copy["serial"]]
    if [(each["number"], each["sha256"]) for each in own] != [(copy["number"], copy["rendition_sha256"])]:
        raise RecordRefused("the manifest that was approved does not name this copy")
    for name in ("document_sha256", "pages"):
        if carried.manifest[name] != copy[name]:
            raise RecordRefused(f"the manifest that was approved has another {name}")
    for name in ("title", "own_reference"):
        if carried.manifest[name] != record[name]:
            raise RecordRefused(f"the manifest that was approved has another {name}")
    seen.carried = carried


def _check_seals(evidence: PackedEvidence, seen: _Seen) -> None:
    copy, record = seen.record["copy"], seen.record["record"]
    sealed = seen.log.of(CopySealed.__name__, record["copy_id"])
    names, found = [], seen.record["seals"]
    if [each["signature_sha256"] for each in found] != [each.facts["signature_sha256"] for each in sealed]:
        raise RecordRefused("the log knows other signatures of seals")
    if not found:
        raise RecordRefused("no seal signed this copy")
    for each in found:
        der = evidence.read(f"seals/{each['position']}.der")
        if sha256(der).hexdigest() != each["signature_sha256"]:
            raise RecordRefused("the signature of a seal is another one")
        names.append(_seal_name(der, bytes.fromhex(copy["rendition_sha256"]), evidence.key_list))
    seen.seals = tuple(names)


def _seal_name(der: bytes, digest: bytes, key_list: KeyList) -> str:
    """Of the seal that signed. A seal that another maker made, and only the issuer had pinned, is marked with `?`.

    Raises: SealObjectForged, SealObjectMalformed, SealObjectExpired.
    """
    try:
        return verify_seal_signature(der, data_digest=digest, makers=SealMakers(key_list)).seal.facts.name
    except SealMakerUnknown:
        signature = read_seal_signature(der)
        check_data(signature, digest)
        check_seal_signed(signature.seal)
        check_signature_signed(signature)
        return f"{signature.seal.facts.name} ?"


def _check_pages(evidence: PackedEvidence, seen: _Seen) -> None:
    """Each page's picture and scan are those that the log names as they came in."""
    record, pages = seen.record["record"], seen.record["pages"]
    if [each["page"] for each in pages] != list(range(1, seen.record["copy"]["pages"] + 1)):
        raise RecordRefused("a page of the copy is missing")
    kept = seen.log.last(CopyArchived.__name__, record["id"]).facts
    if [each["image_sha256"] for each in pages] != kept["page_images"]:
        raise RecordRefused("the log knows other pictures of the pages")
    files = {entry["path"]: entry for entry in seen.record["files"]}
    for each in pages:
        if each["image_sha256"] and files[f"pages/{each['page']:04d}.jpg"]["sha256"] != each["image_sha256"]:
            raise RecordRefused(f"the picture of page {each['page']} is another one")
    handed_in = {
        entry.subject_id: entry.facts["scan_sha256"] for entry in seen.log.entries if entry.event == "ReturnHandedIn"
    }
    for each in pages:
        if handed_in.get(each["return_id"], each["scan_sha256"]) != each["scan_sha256"]:
            raise RecordRefused(f"the log knows another scan of page {each['page']}")
    for path, entry in files.items():
        shape = _SHAPES.get(entry["role"])
        if shape is not None and not shape.match(evidence.read(path)):
            raise RecordRefused(f"{path} is no file of its kind")
        if entry["role"] == "scan" and entry["sha256"] not in {each["scan_sha256"] for each in pages}:
            raise RecordRefused(f"{path} is no scan of this copy")


def _check_holders(evidence: PackedEvidence, seen: _Seen) -> None:
    check_hand_overs(seen.record, evidence.files, seen.log)


_CHECKS: Final[tuple[tuple[Check, Callable[[PackedEvidence, _Seen], None]], ...]] = (
    (Check.LOG, _check_log),
    (Check.ISSUED, _check_issued),
    (Check.APPROVALS, _check_approvals),
    (Check.SEALS, _check_seals),
    (Check.PAGES, _check_pages),
    (Check.HOLDERS, _check_holders),
)


def _shown(seen: _Seen) -> RecordShown:
    record, copy, log = seen.record["record"], seen.record["copy"], seen.log
    scans = {entry["sha256"] for entry in seen.record["files"] if entry["role"] == "scan"}
    pictures = {entry["path"] for entry in seen.record["files"]}
    pages = tuple(
        PageShown(
            each["page"],
            each["verdict"],
            f"pages/{each['page']:04d}.jpg" in pictures,
            each["scan_sha256"] in scans,
        )
        for each in seen.record["pages"]
    )
    moved = log.of(CopyMoved.__name__, record["copy_id"])
    printed = (each.at for each in moved if each.facts["after"] == CopyState.PRINTED)
    return RecordShown(
        number=record["number"],
        serial=copy["serial"],
        title=record["title"],
        copy=copy["number"],
        copies=copy["copies"],
        state=moved[-1].facts["after"] if moved else "",
        pages=pages,
        issued_at=_first(each.at for each in log.of(CopySigned.__name__, record["copy_id"])),
        printed_at=_first(printed),
        archived_at=_first(each.at for each in log.of(CopyArchived.__name__, record["id"])),
        signer="" if seen.issued is None else seen.issued.signer,
        manifest_sha256="" if seen.carried is None else seen.carried.manifest_sha256,
        decisions=() if seen.carried is None else seen.carried.decisions,
        steps=() if seen.carried is None else seen.carried.steps,
        seals=seen.seals,
        hand_overs=holders(seen.record),
        signings=tuple(_signing(each) for each in seen.record["signings"] if each["present"]),
        entries=len(log.entries),
        log_size=log.size,
        witnessed=log.witnessed,
        left_out=tuple(sorted({str(each["why"]) for each in seen.record["left_out"]})),
    )


def _signing(given: Mapping[str, Any]) -> SigningShown:
    signers = tuple(str(each["name"]) for each in given["signers"])
    return SigningShown(signers, given["place"], given["signed_at"], bool(given["late"]), given["decision"] or "")


def _first(moments: Iterator[datetime]) -> datetime | None:
    return next(moments, None)
