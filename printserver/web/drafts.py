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
from printserver.documents.intake import IntakeLimits, SafeDocument
from printserver.foundation.errors import NotFound
from printserver.organisations.access import Actor
from printserver.rendering.units import PageSize
from printserver.settings import Settings

_PURPOSE: Final = b"printserver: drafts of print requests v1"
_TOKEN: Final = re.compile(r"([0-9a-f]{64})([0-9a-f]{64})", re.ASCII)
LONGEST_FILENAME: Final = 200


class DraftNotFound(NotFound):
    code = "draft-not-found"


@dataclass(frozen=True)
class Draft:
    """`token`: names it, for its person alone.   sizes: of each page, in order."""

    token: str
    safe_sha256: str
    original_sha256: str
    filename: str
    sizes: tuple[PageSize, ...]

    @property
    def pages(self) -> int:
        return len(self.sizes)


def limits_of(settings: Settings) -> IntakeLimits:
    return IntakeLimits(max_bytes=settings.largest_upload_bytes, max_pages=settings.most_pages)


def keep_draft(adapters: Adapters, actor: Actor, safe: SafeDocument, filename: str) -> Draft:
    record = {
        "person_id": str(actor.id),
        "safe_sha256": adapters.objects.put(safe.pdf),
        "original_sha256": safe.original_sha256,
        "filename": filename[-LONGEST_FILENAME:],
        "sizes": [[size.width_um, size.height_um] for size in safe.pages],
    }
    digest = adapters.objects.put(json.dumps(record, sort_keys=True).encode())
    return open_draft(adapters, actor, digest + _authentication(adapters, actor.id, digest))


def open_draft(adapters: Adapters, actor: Actor, token: str) -> Draft:
    """Raises: DraftNotFound, also for somebody else's."""
    match = _TOKEN.fullmatch(token)
    if match is None or not hmac.compare_digest(match[2], _authentication(adapters, actor.id, match[1])):
        raise DraftNotFound("there is no such draft; please choose the document again")
    record = json.loads(adapters.objects.get(match[1]))
    sizes = tuple(PageSize(*size) for size in record["sizes"])
    return Draft(token, record["safe_sha256"], record["original_sha256"], record["filename"], sizes)


def _authentication(adapters: Adapters, person_id: UUID, digest: str) -> str:
    """By a key that lies outside database and object store: derived from the web process's own."""
    secret = adapters.attestor.key.key.private_numbers().private_value.to_bytes(32, "big")
    key = HKDF(SHA256(), 32, salt=None, info=_PURPOSE).derive(secret)
    return hmac.new(key, person_id.bytes + bytes.fromhex(digest), sha256).hexdigest()
