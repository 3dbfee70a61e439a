"""The token for whoever administers it: opened for a while, and requests for certificates of its keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from printserver.settings import Settings
from printserver.signer.tokens import open_hsm
from printserver.signing.errors import KeyUnknown
from printserver.signing.hsm import Hsm
from printserver.signing.key_requests import certificate_request
from printserver.signing.p256 import sign_message
from printserver.signing.published_key import KeyUsage, PublishedKey


@contextmanager
def opened_token(settings: Settings) -> Iterator[Hsm]:
    """Raises: HsmUnavailable, HsmPinRefused."""
    hsm = open_hsm(settings)
    try:
        yield hsm
    finally:
        hsm.close()


def request_for(hsm: Hsm, key: PublishedKey, *, common_name: str, organisation_name: str) -> bytes:
    """A request for an outside authority, PEM.   Raises: KeyUnknown when the token does not hold the key."""
    label = _label_of(hsm, key)
    if key.usage is KeyUsage.PDF:
        sign: Callable[[bytes], bytes] = partial(hsm.sign_rsa_pkcs1v15_sha256, label)
    else:
        sign = partial(sign_message, partial(hsm.sign_p256, label))
    return certificate_request(key.spki, common_name=common_name, organisation_name=organisation_name, sign=sign)


def _label_of(hsm: Hsm, key: PublishedKey) -> str:
    for label in hsm.private_labels():
        if hsm.public_spki(label) == key.spki:
            return label
    raise KeyUnknown(f"the token does not hold the key {key.key_id}")
