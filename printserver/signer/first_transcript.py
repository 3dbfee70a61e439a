"""The transcript of the first ceremony: the file, who was there, and every key that was made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives import serialization

from printserver.settings import Settings
from printserver.signing.key_list import KeyList
from printserver.signing.published_key import PublishedKey
from printserver.signing.transcripts import Done, Officer, TranscriptFacts, add_transcript
from printserver.signing.trust import OfflineRoot


def keep_first_transcript(
    settings: Settings,
    root: OfflineRoot,
    *,
    plan: str,
    officers: Sequence[Officer],
    began_at: datetime,
    ended_at: datetime,
) -> Path:
    """plan: the reviewed file, word for word.   officers: nobody for a demonstration, which the title then says."""
    data = settings.key_list.read_bytes()
    key_list = KeyList.load(data, root_fingerprint=root.fingerprint)
    facts = TranscriptFacts(
        title="The first ceremony" if officers else "The first ceremony, of a demonstration: nobody was there",
        plan=plan,
        officers=officers,
        done=[_made(key) for key in key_list.keys],
        key_list_sequence=key_list.sequence,
        key_list=data,
        began_at=began_at,
        ended_at=ended_at,
    )
    return add_transcript(settings.transcripts, facts, root_certificate=root.certificate, sign=root.sign)


def _made(key: PublishedKey) -> Done:
    certificate = key.x509_certificate().public_bytes(serialization.Encoding.DER)
    return Done("make", str(key.usage), key.key_id, certificate_sha256=sha256(certificate).hexdigest())
