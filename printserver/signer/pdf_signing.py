"""What the settings say about PDF signatures: level, roots, time-stamps, and where revocation is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from cryptography import x509

from printserver.settings import Settings
from printserver.signer.keys import SigningKeys
from printserver.signing.certificate_files import read_certificates
from printserver.signing.errors import HsmKeyMissing
from printserver.signing.pades_level import PdfLevel
from printserver.signing.pades_preparation import PdfPreparation
from printserver.signing.revocation import RevocationSource
from printserver.signing.time_stamp_authority import TimeStampAuthority
from printserver.signing.time_stamps import TimeStampAsk, time_stamps_from


def preparation_of(settings: Settings, keys: SigningKeys, now: Callable[[], datetime]) -> PdfPreparation:
    """now: the guarded clock.

    Raises: TrustFileRefused for roots that cannot be read, HsmKeyMissing for a level that needs the installation's own
    time-stamp authority where no ceremony has made its key.
    """
    return PdfPreparation(
        settings.pades_level,
        trust_roots=[keys.key_list.root_certificate, *outside_roots(settings)],
        revocation=RevocationSource(settings.revocation_urls, lambda: own_lists(settings)),
        ask_time=_ask_time(settings, keys, now) if settings.pades_level is not PdfLevel.B_B else None,
    )


def time_stamp_authority(keys: SigningKeys, now: Callable[[], datetime]) -> TimeStampAuthority | None:
    """None where no ceremony has made its key yet."""
    try:
        certificates, sign = keys.time_stamp()
    except HsmKeyMissing:
        return None
    return TimeStampAuthority(certificates, sign, now)


def outside_roots(settings: Settings) -> tuple[x509.Certificate, ...]:
    """Raises: TrustFileRefused."""
    return tuple(each for path in settings.outside_roots for each in read_certificates(path))


def own_lists(settings: Settings) -> Sequence[bytes]:
    """Our own root's revocation list; none in an installation that has not published one yet."""
    try:
        return [settings.root_revocation_list.read_bytes()]
    except FileNotFoundError:
        return []


def _ask_time(settings: Settings, keys: SigningKeys, now: Callable[[], datetime]) -> TimeStampAsk:
    if settings.time_stamp_urls:
        return time_stamps_from(settings.time_stamp_urls)
    certificates, sign = keys.time_stamp()
    return TimeStampAuthority(certificates, sign, now).answer
