"""The transcript of a key ceremony: what the reviewed file said, who was there, what was made. Signed by the root.

Canonical JSON, one file a ceremony, each with the digest of the one before, so that none can be taken away unseen.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import rfc8785
from cryptography import x509

from printserver.signing.certificate_files import replace_file
from printserver.signing.errors import SignatureInvalid, TranscriptRefused
from printserver.signing.p256 import fingerprint_of, load_public_key, sign_message, verify_raw
from printserver.signing.ports import RawSign
from printserver.signing.published_key import certificate_spki, write_time

VERSION: Final = 1
NOTHING_BEFORE: Final = "0" * 64
_FIELDS: Final = {
    *("version", "number", "title", "plan", "plan_sha256", "officers", "done", "key_list_sequence", "key_list_sha256"),
    *("began_at", "ended_at", "previous_sha256", "root_fingerprint", "signature"),
}


@dataclass(frozen=True)
class Officer:
    """Somebody who was there.   confirmed_at: when they had confirmed the file, as text in UTC."""

    login: str
    name: str
    confirmed_at: str


@dataclass(frozen=True)
class Done:
    """One thing that a ceremony did.   key_id: empty for none.   certificate_sha256: of its DER; empty for none."""

    what: str
    usage: str = ""
    key_id: str = ""
    label: str = ""
    certificate_sha256: str = ""
    remark: str = ""


@dataclass(frozen=True)
class Transcript:
    """A verified one; made by `verify_transcript` alone."""

    number: int
    title: str
    plan: str
    officers: tuple[Officer, ...]
    done: tuple[Done, ...]
    key_list_sequence: int
    key_list_sha256: str
    began_at: str
    ended_at: str
    previous_sha256: str
    sha256: str
    """Of the transcript's own bytes: the next one names it."""


@dataclass(frozen=True)
class TranscriptFacts:
    """What a new transcript says.   plan: the reviewed file, word for word."""

    title: str
    plan: str
    officers: Sequence[Officer]
    done: Sequence[Done]
    key_list_sequence: int
    key_list: bytes
    began_at: datetime
    ended_at: datetime


def add_transcript(folder: Path, facts: TranscriptFacts, *, root_certificate: x509.Certificate, sign: RawSign) -> Path:
    """Sign and keep the next transcript.   Raises: TranscriptRefused when an earlier one does not verify."""
    fingerprint = fingerprint_of(certificate_spki(root_certificate))
    earlier = read_transcripts(folder, root_certificate)
    number = len(earlier) + 1
    document: dict[str, Any] = {
        "version": VERSION,
        "number": number,
        "title": facts.title,
        "plan": facts.plan,
        "plan_sha256": sha256(facts.plan.encode("utf-8")).hexdigest(),
        "officers": [asdict(officer) for officer in facts.officers],
        "done": [asdict(each) for each in facts.done],
        "key_list_sequence": facts.key_list_sequence,
        "key_list_sha256": sha256(facts.key_list).hexdigest(),
        "began_at": write_time(facts.began_at),
        "ended_at": write_time(facts.ended_at),
        "previous_sha256": earlier[-1].sha256 if earlier else NOTHING_BEFORE,
        "root_fingerprint": fingerprint,
    }
    document["signature"] = base64.b64encode(sign_message(sign, rfc8785.dumps(document))).decode("ascii")
    data = rfc8785.dumps(document)
    verify_transcript(data, root_certificate)
    folder.mkdir(mode=0o755, exist_ok=True)
    path = folder / f"{number:04d}.json"
    replace_file(path, data)
    return path


def read_transcripts(folder: Path, root_certificate: x509.Certificate) -> tuple[Transcript, ...]:
    """All of a folder, proven to be one unbroken row.   Raises: TranscriptRefused."""
    read: list[Transcript] = []
    for number, path in enumerate(sorted(folder.glob("*.json")), 1):
        transcript = verify_transcript(path.read_bytes(), root_certificate)
        before = read[-1].sha256 if read else NOTHING_BEFORE
        if (transcript.number, transcript.previous_sha256) != (number, before):
            raise TranscriptRefused(f"{path.name} does not follow the transcript before it")
        read.append(transcript)
    return tuple(read)


def verify_transcript(data: bytes, root_certificate: x509.Certificate) -> Transcript:
    """Prove that the root signed these bytes.   Raises: TranscriptRefused."""
    document = _document(data)
    signed = {name: value for name, value in document.items() if name != "signature"}
    try:
        signature = base64.b64decode(document["signature"], validate=True)
        verify_raw(load_public_key(certificate_spki(root_certificate)), signature, rfc8785.dumps(signed))
        transcript = Transcript(
            **{name: document[name] for name in ("number", "title", "plan", "began_at", "ended_at", "previous_sha256")},
            officers=tuple(Officer(**each) for each in document["officers"]),
            done=tuple(Done(**each) for each in document["done"]),
            key_list_sequence=document["key_list_sequence"],
            key_list_sha256=document["key_list_sha256"],
            sha256=sha256(data).hexdigest(),
        )
    except SignatureInvalid as problem:
        raise TranscriptRefused("the offline root did not sign this transcript") from problem
    except (ValueError, TypeError) as problem:
        raise TranscriptRefused("the transcript holds what no transcript holds") from problem
    if sha256(transcript.plan.encode("utf-8")).hexdigest() != document["plan_sha256"]:
        raise TranscriptRefused("the transcript's file is not the one that it names")
    return transcript


def _document(data: bytes) -> Mapping[str, Any]:
    try:
        document = json.loads(data)
        canonical = rfc8785.dumps(document)
    except (ValueError, RecursionError, rfc8785.CanonicalizationError) as problem:
        raise TranscriptRefused("this is no transcript") from problem
    if not isinstance(document, dict) or set(document) != _FIELDS or document["version"] != VERSION:
        raise TranscriptRefused("this is no transcript of version 1")
    if canonical != data:
        raise TranscriptRefused("the transcript is not in its canonical form")
    return document
