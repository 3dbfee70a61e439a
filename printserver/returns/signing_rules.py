"""What a record of a signing by hand says, what is left of identity numbers, and when it counts as late. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from printserver.audit.canonical import canonical_json
from printserver.foundation.clock import as_text, minute_of
from printserver.foundation.errors import Malformed

MOST_SIGNERS: Final = 20
LONGEST_NAME: Final = 100
LONGEST_PLACE: Final = 300
KEPT_CHARACTERS: Final = 4
"""Of an identity number: enough to tell two papers apart, too few to be the number."""
CLOCKS_APART: Final = timedelta(minutes=10)
"""By which a telephone's clock may be ahead of the server's."""


class SigningMalformed(Malformed):
    code = "signing-record-malformed"


class IdentityCheck(StrEnum):
    """How it was made sure that a signer is who they say."""

    IDENTITY_CARD = "identity-card"
    PASSPORT = "passport"
    DRIVING_LICENCE = "driving-licence"
    BUSINESS_LICENCE = "business-licence"
    """Of the company, together with its letter of authority."""
    KNOWN_PERSONALLY = "known-personally"
    NONE = "none"
    """Nobody checked; that is said too."""


NUMBERED: Final = frozenset(IdentityCheck) - {IdentityCheck.KNOWN_PERSONALLY, IdentityCheck.NONE}


@dataclass(frozen=True)
class Signer:
    """`party`: for whom, empty for the signer's own person.   number_end: last characters of the paper's number."""

    name: str
    check: IdentityCheck
    party: str = ""
    number_end: str = ""

    def to_json(self) -> dict[str, str]:
        return {"name": self.name, "party": self.party, "check": self.check.value, "number_end": self.number_end}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Signer:
        return cls(stored["name"], IdentityCheck(stored["check"]), stored["party"], stored["number_end"])


@dataclass(frozen=True)
class NewSigning:
    """`capture_id`: made by whoever records it.   captured_at: by the telephone's clock, None when typed at once."""

    capture_id: UUID
    copy_id: UUID
    signers: tuple[Signer, ...]
    place: str
    signed_at: datetime
    witness: str = ""
    captured_at: datetime | None = None


def number_end(typed: str) -> str:
    """The last four letters and digits of an identity number; whatever else was typed is forgotten here."""
    plain = unicodedata.normalize("NFKC", typed).upper()
    return "".join(each for each in plain if each.isalnum() and each.isascii())[-KEPT_CHARACTERS:]


def checked_signing(new: NewSigning, *, printed_at: datetime | None, now: datetime) -> NewSigning:
    """Without blanks around what was typed, and without identity numbers.   printed_at: None for no printed paper.

    Raises: SigningMalformed.
    """
    signers = tuple(_signer(each) for each in new.signers)
    if not 1 <= len(signers) <= MOST_SIGNERS:
        raise SigningMalformed(f"name 1 to {MOST_SIGNERS} people who signed")
    place, witness = new.place.strip(), new.witness.strip()
    if not place or len(place) > LONGEST_PLACE or len(witness) > LONGEST_NAME:
        raise SigningMalformed(f"say where it was signed, in at most {LONGEST_PLACE} characters")
    if witness and witness in {each.name for each in signers}:
        raise SigningMalformed("who signs is not the witness of it")
    if printed_at is None or not minute_of(printed_at) <= new.signed_at <= now:
        raise SigningMalformed("a paper is signed after it was printed, and not in the future")
    if new.captured_at is not None and not minute_of(new.signed_at) <= new.captured_at <= now + CLOCKS_APART:
        raise SigningMalformed("it was recorded after it was signed, and not in the future: look at the clock")
    return NewSigning(new.capture_id, new.copy_id, signers, place, new.signed_at, witness, new.captured_at)


def is_late(signed_at: datetime, received_at: datetime, late_hours: int) -> bool:
    """Whether the record reached the server too long after the act. A telephone's own clock proves nothing here."""
    return received_at - signed_at > timedelta(hours=late_hours)


def content_sha256(said: NewSigning) -> str:
    """Of what is recorded, so that the same capture sent twice is known as the same."""
    captured = None if said.captured_at is None else as_text(said.captured_at)
    body: dict[str, Any] = {
        "copy_id": str(said.copy_id),
        "signers": [each.to_json() for each in said.signers],
        "place": said.place,
        "witness": said.witness,
        "signed_at": as_text(said.signed_at),
        "captured_at": captured,
    }
    return sha256(canonical_json(body)).hexdigest()


def signers_of(stored: Sequence[Mapping[str, Any]]) -> tuple[Signer, ...]:
    return tuple(Signer.from_json(each) for each in stored)


def _signer(typed: Signer) -> Signer:
    name, party = typed.name.strip(), typed.party.strip()
    if not name or max(len(name), len(party)) > LONGEST_NAME:
        raise SigningMalformed(f"say who signed, in at most {LONGEST_NAME} characters")
    return Signer(name, typed.check, party, number_end(typed.number_end) if typed.check in NUMBERED else "")
