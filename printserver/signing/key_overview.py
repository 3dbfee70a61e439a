"""What is due of keys and certificates: how long each is good, and when to renew it. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from cryptography import x509

from printserver.signing.key_list import KeyList
from printserver.signing.published_key import KeyUsage

STAGES: Final = (7, 30, 90)
"""Days before the end at which a renewal is called for, the most urgent first; 0 stands for the end itself."""


class Thing(StrEnum):
    """What can run out."""

    KEY = "key"
    OUTSIDE_CERTIFICATE = "outside-certificate"
    ROOT = "root"
    REVOCATION_LIST = "revocation-list"


class Standing(StrEnum):
    VALID = "valid"
    DUE = "due"
    """Within 90 days of its end."""
    EXPIRED = "expired"
    REVOKED = "revoked"
    NOT_YET = "not-yet"
    RENEWED = "renewed"
    """Its end is near or past, but a newer key does its work."""


@dataclass(frozen=True)
class KeyDue:
    """One line of the overview.

    name: the key id of a key or of an outside certificate; else what it is.   days_left: full days, negative after it.
    stage: 90, 30, 7 or 0 days when it is due; None while nothing need be done.
    """

    thing: Thing
    name: str
    usage: KeyUsage | None
    organisation: int | None
    not_before: datetime
    not_after: datetime
    standing: Standing
    days_left: int
    stage: int | None


def overview(
    key_list: KeyList,
    chains: Mapping[str, Sequence[x509.Certificate]],
    revocation_list: bytes | None,
    at: datetime,
) -> tuple[KeyDue, ...]:
    """The root, its revocation list, every listed key and the outside certificates; the most urgent first.

    chains: imported ones by key id.   revocation_list: DER of the root's; None in an installation without one.
    """
    root = key_list.root_certificate
    lines = [_due(Thing.ROOT, "root", (root.not_valid_before_utc, root.not_valid_after_utc), at)]
    if revocation_list is not None:
        crl = x509.load_der_x509_crl(revocation_list)
        if crl.next_update_utc is not None:
            lines.append(_due(Thing.REVOCATION_LIST, "revocation-list", (crl.last_update_utc, crl.next_update_utc), at))
    lines += _keys(key_list, at)
    lines += _outside(key_list, chains, at)
    return tuple(sorted(lines, key=lambda line: (line.stage is None, line.not_after)))


def stage_of(not_after: datetime, at: datetime) -> int | None:
    """0 once it is over, else the smallest of STAGES that covers what is left; None beyond 90 days."""
    if at > not_after:
        return 0
    return next((days for days in STAGES if not_after - at <= timedelta(days=days)), None)


def _keys(key_list: KeyList, at: datetime) -> Iterable[KeyDue]:
    """A seal's key is renewed with its seal: its end is told there, and here it calls for nothing."""
    for key in key_list.keys:
        newer = any(
            other.usage is key.usage
            and other.organisation == key.organisation
            and other.not_after > key.not_after
            and other.revoked_at is None
            and key.usage is not KeyUsage.SEAL
            for other in key_list.keys
        )
        yield _due(
            Thing.KEY,
            key.key_id,
            (key.not_before, key.not_after),
            at,
            usage=key.usage,
            organisation=key.organisation,
            revoked=key.revoked_at is not None,
            replaced=newer or key.usage is KeyUsage.SEAL,
        )


def _outside(key_list: KeyList, chains: Mapping[str, Sequence[x509.Certificate]], at: datetime) -> Iterable[KeyDue]:
    """A chain is as good as its first certificate to run out."""
    for key in key_list.keys:
        chain = chains.get(key.key_id)
        if chain:
            begins = max(certificate.not_valid_before_utc for certificate in chain)
            ends = min(certificate.not_valid_after_utc for certificate in chain)
            yield _due(
                Thing.OUTSIDE_CERTIFICATE,
                key.key_id,
                (begins, ends),
                at,
                usage=key.usage,
                organisation=key.organisation,
                revoked=key.revoked_at is not None,
            )


def _due(
    thing: Thing,
    name: str,
    validity: tuple[datetime, datetime],
    at: datetime,
    *,
    usage: KeyUsage | None = None,
    organisation: int | None = None,
    revoked: bool = False,
    replaced: bool = False,
) -> KeyDue:
    begins, ends = validity
    stage = stage_of(ends, at)
    standing = Standing.VALID
    if revoked:
        standing, stage = Standing.REVOKED, None
    elif replaced and stage is not None and usage is not KeyUsage.SEAL:
        standing, stage = Standing.RENEWED, None
    elif at > ends:
        standing, stage = Standing.EXPIRED, None if replaced else 0
    elif at < begins:
        standing = Standing.NOT_YET
    elif stage is not None and not replaced:
        standing = Standing.DUE
    else:
        stage = None
    days_left = math.floor((ends - at) / timedelta(days=1))
    return KeyDue(thing, name, usage, organisation, begins, ends, standing, days_left, stage)
