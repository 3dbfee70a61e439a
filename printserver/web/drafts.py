"""A document that was made safe, between its upload and its application: kept by digest, open to its person alone.

The reference that travels through the browser is authenticated, because the object store holds much that nobody may
fetch by its digest.
"""

from __future__ import annotations

import hmac
import json
import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from printserver.bootstrap import Adapters
from printserver.documents.findings import Findings
from printserver.documents.handing_in import HandedIn
from printserver.documents.intake import IntakeLimits
from printserver.foundation.errors import NotFound
from printserver.organisations.access import Actor
from printserver.print_requests.drafts import KeptDocument, KeptFile
from printserver.rendering.units import PageSize
from printserver.settings import Settings

_PURPOSE: Final = b"printserver: drafts of print requests v1"
_TOKEN: Final = re.compile(r"([0-9a-f]{64})([0-9a-f]{64})", re.ASCII)


class DraftNotFound(NotFound):
    code = "draft-not-found"


@dataclass(frozen=True)
class Draft:
    """`token`: names it, for its person alone."""

    token: str
    kept: KeptDocument

    @property
    def safe_sha256(self) -> str:
        return self.kept.document.safe_sha256

    @property
    def original_sha256(self) -> str:
        return self.kept.document.original_sha256

    @property
    def filename(self) -> str:
        return self.kept.document.filename

    @property
    def findings(self) -> Findings:
        return self.kept.document.findings

    @property
    def attachments(self) -> tuple[KeptFile, ...]:
        return self.kept.attachments

    @property
    def sizes(self) -> tuple[PageSize, ...]:
        return tuple(PageSize(*size) for size in self.kept.document.sizes)

    @property
    def pages(self) -> int:
        return len(self.kept.document.sizes)


def limits_of(settings: Settings) -> IntakeLimits:
    return IntakeLimits(max_bytes=settings.largest_upload_bytes, max_pages=settings.most_pages)


def keep_draft(
    adapters: Adapters, actor: Actor, handed: HandedIn, filename: str, attachments: tuple[KeptFile, ...] = ()
) -> Draft:
    """attachments: in the object store already."""
    handed.keep(adapters.objects, actor.organisation_id)
    return keep_document(adapters, actor, KeptDocument(KeptFile.of(handed.safe, filename), attachments))


def keep_document(adapters: Adapters, actor: Actor, kept: KeptDocument) -> Draft:
    """Under a name that opens it for this person; all of its files are in the object store already."""
    record = {"person_id": str(actor.id), **kept.to_json()}
    digest = adapters.objects.put(json.dumps(record, sort_keys=True).encode(), actor.organisation_id)
    return Draft(digest + _authentication(adapters, actor.id, digest), kept)


def open_draft(adapters: Adapters, actor: Actor, token: str) -> Draft:
    """Raises: DraftNotFound, also for somebody else's."""
    match = _TOKEN.fullmatch(token)
    if match is None or not hmac.compare_digest(match[2], _authentication(adapters, actor.id, match[1])):
        raise DraftNotFound("there is no such draft; please choose the document again")
    record = json.loads(adapters.objects.get(match[1], actor.organisation_id))
    if "document" not in record:
        raise DraftNotFound("this draft is from an earlier release; please choose the document again")
    return Draft(token, KeptDocument.of_json(record))


def _authentication(adapters: Adapters, person_id: UUID, digest: str) -> str:
    """By a key that lies outside database and object store: derived from the web process's own."""
    secret = adapters.attestor.key.key.private_numbers().private_value.to_bytes(32, "big")
    key = HKDF(SHA256(), 32, salt=None, info=_PURPOSE).derive(secret)
    return hmac.new(key, person_id.bytes + bytes.fromhex(digest), sha256).hexdigest()
