"""Whatever is handed in becomes a safe document: a PDF, a picture or an Office file, told apart by its first bytes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import UUID

from printserver.documents import office
from printserver.documents.engines import COMPARING, compare_engines
from printserver.documents.findings import Findings, MadeFrom, Source
from printserver.documents.font_rule import FontRule
from printserver.documents.fonts import replaced_fonts
from printserver.documents.found_signatures import found_signatures
from printserver.documents.intake import DocumentTooLarge, IntakeLimits, NotAPdf, SafeDocument, make_safe
from printserver.documents.pictures import draw_picture, is_picture
from printserver.foundation.limited_process import ProcessLimits
from printserver.storage.objects import Objects


@dataclass(frozen=True)
class HandInRules:
    limits: IntakeLimits = field(default_factory=IntakeLimits)
    fonts: FontRule = FontRule.ASK
    converting: ProcessLimits = office.CONVERTING
    comparing: ProcessLimits = COMPARING


RULES: Final = HandInRules()


@dataclass(frozen=True)
class HandedIn:
    """`original`: the untouched bytes, of what must be kept besides its safe form."""

    safe: SafeDocument
    original: bytes | None = None

    @property
    def findings(self) -> Findings:
        return self.safe.findings

    def keep(self, objects: Objects, owner: UUID) -> None:
        objects.put(self.safe.pdf, owner)
        if self.original is not None:
            objects.put(self.original, owner)


def hand_in(data: bytes, rules: HandInRules = RULES) -> HandedIn:
    """Safe, with its findings, not kept yet; `original_sha256` is that of `data`.

    A PDF that carries signatures is to be kept untouched besides, because the safe one carries them no longer.
    Raises: DocumentRefused, by its subclass the reason.
    """
    if len(data) > rules.limits.max_bytes:
        raise DocumentTooLarge
    if data.startswith(b"%PDF-"):
        signatures = found_signatures(data)
        findings = Findings(signatures=signatures, original_kept=bool(signatures))
        return HandedIn(_examined(data, data, rules, findings), data if signatures else None)
    if is_picture(data):
        return HandedIn(_examined(data, draw_picture(data), rules, Findings(Source.PICTURE)))
    if data.startswith(office.MAGICS):
        return HandedIn(_examined(data, *_converted(data, rules)))
    raise NotAPdf


def hand_in_made(pdf: bytes, made_from: MadeFrom, rules: HandInRules = RULES) -> HandedIn:
    """What a template has set, as `hand_in`."""
    return HandedIn(_examined(pdf, pdf, rules, Findings(Source.TEMPLATE, made_from=made_from)))


def _converted(data: bytes, rules: HandInRules) -> tuple[bytes, HandInRules, Findings]:
    converted = office.convert_office(data, rules.converting)
    replaced = replaced_fonts(converted.fonts)
    if replaced and rules.fonts is FontRule.REFUSE:
        raise office.FontsMissing
    return converted.pdf, rules, Findings(Source.OFFICE, fonts_replaced=replaced)


def _examined(data: bytes, pdf: bytes, rules: HandInRules, findings: Findings) -> SafeDocument:
    safe = make_safe(pdf, rules.limits)
    compared = compare_engines(safe.pdf, len(safe.pages), rules.comparing)
    findings = replace(
        findings,
        fonts_not_embedded=safe.fonts_not_embedded,
        differing_pages=compared.differing,
        unseen_pages=compared.unseen,
    )
    return replace(safe, original_sha256=hashlib.sha256(data).hexdigest(), findings=findings)
