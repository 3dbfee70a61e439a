"""What a PDF is worth that anybody hands in: its signatures, its codes, and whether it is one of our own files.

The bytes are judged in limited processes and kept nowhere. The books are asked only about a code that verifies.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding

from printserver.foundation.errors import TooLarge
from printserver.foundation.limited_process import (
    MEBIBYTE,
    ProcessCrashed,
    ProcessLimitExceeded,
    ProcessLimits,
    run_limited,
)
from printserver.foundation.unit_of_work import Database
from printserver.print_requests.queries import copy_by_serial
from printserver.signing.codes import CodeBody
from printserver.signing.errors import CodeForged, CodeMalformed, KeyNotValid, KeyUnknown
from printserver.signing.key_list import KeyList
from printserver.signing.published_key import KeyUsage
from printserver.storage.objects import Objects
from printserver.verification.offline import PdfUnreadable, page_texts, verify_text
from printserver.verification.public_view import Verdict
from printserver.verification.service import check_code

LARGEST: Final = 32 * MEBIBYTE
PAGES_READ: Final = 30
_LIMITS: Final = ProcessLimits(memory_bytes=1536 * MEBIBYTE, cpu_seconds=30, wall_seconds=60)
_CODE_LIMITS: Final = ProcessLimits(memory_bytes=1536 * MEBIBYTE, cpu_seconds=40, wall_seconds=80)


class FileTooLarge(TooLarge):
    code = "check-file-too-large"


class PdfKind(StrEnum):
    """What is said of the file. Words for people are the pages' own."""

    AS_ISSUED = "as-issued"
    """Byte for byte the file that was issued here."""
    SIGNED = "signed"
    """Signed by the issuer's key and unchanged, but not a file that these books know."""
    CHANGED = "changed"
    """Signed by the issuer's key, and changed afterwards."""
    BROKEN = "broken"
    """A signature on it does not belong to its content."""
    STRANGER = "stranger"
    """Signed by somebody else."""
    SCAN = "scan"
    """Not signed, but a page carries a genuine code: a scan or a print-out, and no forgery for that."""
    ALTERED_CODE = "altered-code"
    """Not signed by the issuer, and a code on it is not what was signed."""
    EXPIRED_CODE = "expired-code"
    """Not signed, and the code on it was signed with a key that is no longer accepted."""
    NOTHING = "nothing"
    """Neither signature nor code of ours."""
    UNREADABLE = "unreadable"


class Changes(StrEnum):
    """What was added after a signature, as far as it can be told."""

    NONE = "none"
    LTA_UPDATES = "lta-updates"
    """Proofs for later only."""
    FORM_FILLING = "form-filling"
    ANNOTATIONS = "annotations"
    OTHER = "other"
    """Pages or anything else."""


@dataclass(frozen=True)
class SignatureSeen:
    """One signature. `signed_at`: as the signer claims.   revision: of the file's, from 1, up to which it signs.

    ours: by a key of the published list that may sign PDF files and is not revoked.
    """

    signer: str
    signed_at: datetime | None
    revision: int
    intact: bool
    ours: bool
    whole_file: bool
    changes: Changes


@dataclass(frozen=True)
class PdfCheck:
    """`copy`: what the code on its pages is worth now.   codes: pages with a genuine code, of the first PAGES_READ."""

    kind: PdfKind
    sha256: str
    revisions: int = 0
    signatures: tuple[SignatureSeen, ...] = ()
    codes: int = 0
    several_copies: bool = False
    """Whether its pages belong to different copies."""
    copy: Verdict | None = None


@dataclass(frozen=True)
class _Codes:
    """`texts`: of genuine codes, with what each says.   forged, expired: whether there are such besides."""

    texts: tuple[str, ...] = ()
    bodies: tuple[CodeBody, ...] = ()
    forged: bool = False
    expired: bool = False

    @property
    def are_ours(self) -> bool:
        return bool(self.bodies or self.forged or self.expired)

    @property
    def last_issued(self) -> tuple[CodeBody, str] | None:
        """An older one may belong to a paper that was scanned into the document."""
        found = zip(self.bodies, self.texts, strict=True)
        return max(found, key=lambda code: (code[0].issued_at, -code[0].page), default=None)


def check_pdf(database: Database, objects: Objects, key_list: KeyList, pdf: bytes) -> PdfCheck:
    """Never raises on hostile bytes.   Raises: FileTooLarge."""
    if len(pdf) > LARGEST:
        raise FileTooLarge(f"a PDF to be checked has at most {LARGEST // MEBIBYTE} MiB")
    digest = sha256(pdf).hexdigest()
    try:
        codes = _codes(page_texts(pdf, first=PAGES_READ, limits=_CODE_LIMITS), key_list)
    except PdfUnreadable:
        codes = _Codes()
    issued_last = codes.last_issued
    judged = _signatures(pdf, key_list, None if issued_last is None else issued_last[0].issued_at)
    if judged is None and not codes.are_ours:
        return PdfCheck(PdfKind.UNREADABLE, digest)
    revisions, signatures = judged or (0, ())
    copy, issued = (None, None) if issued_last is None else _copy(database, objects, key_list, *issued_last)
    return PdfCheck(
        _kind(signatures, codes, as_issued=issued == digest),
        digest,
        revisions,
        signatures,
        len(codes.bodies),
        len({body.serial for body in codes.bodies}) > 1,
        copy,
    )


def _kind(signatures: Sequence[SignatureSeen], codes: _Codes, *, as_issued: bool) -> PdfKind:
    if as_issued:
        return PdfKind.AS_ISSUED
    if not all(each.intact for each in signatures):
        return PdfKind.BROKEN
    ours = [each for each in signatures if each.ours]
    if not ours:
        return _kind_unsigned(codes, strangers=bool(signatures))
    changed = any(each.changes not in (Changes.NONE, Changes.LTA_UPDATES) for each in ours)
    if changed or codes.forged or not any(each.whole_file or each.changes is Changes.LTA_UPDATES for each in ours):
        return PdfKind.CHANGED
    return PdfKind.SIGNED


def _kind_unsigned(codes: _Codes, *, strangers: bool) -> PdfKind:
    """Of a file without a signature of ours.   strangers: whether others have signed it."""
    if codes.forged:
        return PdfKind.ALTERED_CODE
    if strangers:
        return PdfKind.STRANGER
    if codes.bodies:
        return PdfKind.SCAN
    return PdfKind.EXPIRED_CODE if codes.expired else PdfKind.NOTHING


def _codes(pages: Sequence[Sequence[str]], key_list: KeyList) -> _Codes:
    texts, bodies, forged, expired = [], [], False, False
    for text in (text for page in pages for text in page):
        try:
            bodies.append(verify_text(text, key_list))
            texts.append(text)
        except CodeForged:
            forged = True
        except KeyNotValid:
            expired = True
        except (CodeMalformed, KeyUnknown):
            continue  # a QR code that belongs to the contract itself, or to another issuer
    return _Codes(tuple(texts), tuple(bodies), forged, expired)


def _copy(
    database: Database, objects: Objects, key_list: KeyList, body: CodeBody, text: str
) -> tuple[Verdict, str | None]:
    """What a genuine code is worth now, and the digest of its copy's file."""
    with database.reading() as work:
        verdict = check_code(work, text, key_list, objects)
        copy = copy_by_serial(work, body.serial)
    return verdict, None if copy is None else copy.issued_sha256


def _signatures(pdf: bytes, key_list: KeyList, at: datetime | None) -> tuple[int, tuple[SignatureSeen, ...]] | None:
    """How many revisions the file has, and its signatures; None for what cannot be read."""
    keys = {base64.b64encode(key.spki).decode("ascii"): key for key in key_list.of_usage(KeyUsage.PDF)}
    given = {
        "roots": [key_list.root_certificate.public_bytes(Encoding.PEM).decode("ascii")],
        "keys": list(keys),
        "at": None if at is None else at.isoformat(),
    }
    head = json.dumps(given).encode()
    try:
        answer = run_limited(
            "printserver.verification.pdf_signatures_process", [], len(head).to_bytes(4, "big") + head + pdf, _LIMITS
        )
    except (ProcessCrashed, ProcessLimitExceeded):
        return None
    said = json.loads(answer)
    seen = []
    for each in said["signatures"]:
        key = keys.get(each["key"])
        seen.append(
            SignatureSeen(
                signer=each["signer"],
                signed_at=None if each["signed_at"] is None else datetime.fromisoformat(each["signed_at"]),
                revision=each["revision"],
                intact=each["intact"],
                ours=bool(key is not None and key.revoked_at is None and each["trusted"]),
                whole_file=each["whole_file"],
                changes=Changes(each["changes"]),
            )
        )
    return said["revisions"], tuple(seen)
