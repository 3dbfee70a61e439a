"""Answer whether a code or a typed serial is genuine. Changes nothing, and asks nobody who asks."""

from __future__ import annotations

from dataclasses import replace

from printserver.foundation.full_width import half_width
from printserver.foundation.serials import CopySerial
from printserver.foundation.unit_of_work import Work
from printserver.organisations.queries import organisation
from printserver.print_requests.queries import CopyFacts, copy_by_serial
from printserver.seals.queries import seal_on_paper
from printserver.signing.codes import CodeBody, parse_text, verify_code
from printserver.signing.errors import CodeForged, CodeMalformed, KeyNotValid, KeyUnknown
from printserver.signing.key_list import KeyList
from printserver.storage.objects import Objects
from printserver.verification.public_view import (
    KIND_OF_STATE,
    WITH_FACTS,
    Verdict,
    VerdictKind,
    genuine_kind,
    public_facts,
    seals_of_copy,
    under_keys,
)
from printserver.verification.sightings import Sightings

_NO_SEAL = bytes(6)


def check_code(work: Work, text: str, key_list: KeyList, objects: Objects | None = None) -> Verdict:
    """What a page's code is worth now. Never raises on hostile text.

    text: the QR's content, or its 321 digits alone.   objects: where manifests lie; without them no marks are named.
    Steps: grammar, signature, key's validity (all without a look-up), copy, agreement of both, state.
    A code of another system and one of a copy that never left this server get the same answer.
    """
    try:
        body = verify_code(parse_text(text), key_list, at=work.now())
    except (CodeMalformed, KeyUnknown):
        return Verdict(VerdictKind.UNKNOWN)
    except CodeForged:
        return Verdict(VerdictKind.ALTERED)
    except KeyNotValid:
        return Verdict(VerdictKind.EXPIRED)
    copy = copy_by_serial(work, body.serial)
    kind = VerdictKind.UNKNOWN if copy is None else KIND_OF_STATE[copy.state]
    if copy is None or kind not in WITH_FACTS:
        return Verdict(kind)
    if not agrees(work, copy, body):
        return Verdict(VerdictKind.ALTERED)
    facts, policy = public_facts(work, copy, body, objects)
    if kind is VerdictKind.GENUINE:
        kind = genuine_kind(facts.seals)
    return Verdict(under_keys(kind, test=key_list.test), facts, policy, copy.id)


def with_sightings(verdict: Verdict, seen: Sightings) -> Verdict:
    """The same, with a hint when its code was opened from more places than one paper gets to."""
    return replace(verdict, unlikely=seen) if seen.unlikely else verdict


def check_serial(work: Work, typed: str, *, test: bool = False) -> Verdict:
    """The verdict alone, for a serial typed from paper: nothing about the copy is shown without its signed code.

    test: whether this installation is for tests.
    Raises: SerialMalformed for a typing error, which its check character tells without a look-up.
    """
    copy = copy_by_serial(work, CopySerial.parse(half_width(typed)))
    kind = VerdictKind.UNKNOWN if copy is None else KIND_OF_STATE[copy.state]
    if copy is not None and kind is VerdictKind.GENUINE:
        kind = genuine_kind(seals_of_copy(work, copy))
    return Verdict(under_keys(kind, test=test))


def agrees(work: Work, copy: CopyFacts, body: CodeBody) -> bool:
    """Whether a signed code says of its copy what the books say."""
    seal = seal_on_paper(work, copy.seal_id)
    return (
        body.serial == copy.serial
        and body.organisation == organisation(work, copy.organisation_id).number
        and body.pages == copy.pages
        and (body.copy, body.copies) == (copy.number, copy.copies)
        and body.document_sha256.hex() == copy.document_sha256
        and body.first_seal_id in (_NO_SEAL, bytes.fromhex(seal.code_id))
    )
