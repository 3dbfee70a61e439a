"""Wrapping by a key that stays in the token: short secrets of ours, such as the keys of sealed objects.

The token takes no bytes, only keys; so a secret becomes a key of the session for a moment. What tokens offer (tried in
November 2026): SoftHSM 2.6.1 CKM_AES_KEY_WRAP_PAD, which is RFC 5649; NSS softokn 3.87 the same name, which is RFC 3394
over PKCS #7 padding; tpm2-pkcs11 1.9 nothing. Either refuses what was changed.
"""

from __future__ import annotations

from typing import Any

from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass

_SHORT_LIVED = {Attribute.TOKEN: False, Attribute.SENSITIVE: False, Attribute.EXTRACTABLE: True}


def wrap_secret(session: Any, wrapping_key: Any, secret: bytes, mechanism: str) -> bytes:
    """secret: a multiple of 8 bytes.   mechanism: its name in python-pkcs11.   Raises: PKCS11Error."""
    held = session.create_object(
        _SHORT_LIVED
        | {
            Attribute.CLASS: ObjectClass.SECRET_KEY,
            Attribute.KEY_TYPE: KeyType.GENERIC_SECRET,
            Attribute.VALUE: secret,
        }
    )
    try:
        return bytes(wrapping_key.wrap_key(held, mechanism=Mechanism[mechanism]))
    finally:
        held.destroy()


def unwrap_secret(wrapping_key: Any, wrapped: bytes, mechanism: str) -> bytes:
    """Raises: PKCS11Error, also for what was changed; which one, each token chooses for itself."""
    held = wrapping_key.unwrap_key(
        ObjectClass.SECRET_KEY,
        KeyType.GENERIC_SECRET,
        wrapped,
        mechanism=Mechanism[mechanism],
        store=False,
        template=_SHORT_LIVED,
    )
    try:
        return bytes(held[Attribute.VALUE])
    finally:
        held.destroy()
