"""Keys that leave a token wrapped, and come into another one wrapped: nobody ever holds one in the clear.

Only keys whose ceremony chose `wrappable` leave. The wrapping key becomes a key of the session for a moment and is gone
with it. What was wrapped on one kind of token is taken in by another only where both mean the same by the mechanism:
SoftHSM's is RFC 5649. NSS softokn takes no EC key in through python-pkcs11; it is backed up whole.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Self

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pkcs11 import Attribute, KeyType, Mechanism, MechanismFlag, ObjectClass
from pkcs11.constants import DEFAULT
from pkcs11.exceptions import PKCS11Error
from pkcs11.util.ec import decode_ec_public_key
from pkcs11.util.rsa import decode_rsa_public_key

from printserver.signing.errors import BackupRefused, HsmKeyExists
from printserver.signing.hsm import Hsm, KeyKind

_KINDS: Final = {KeyType.RSA: KeyKind.RSA_3072, KeyType.EC: KeyKind.P_256, KeyType.AES: KeyKind.AES_256}
_TYPES: Final = {kind: key_type for key_type, kind in _KINDS.items()}
_CLASSES: Final = (ObjectClass.PRIVATE_KEY, ObjectClass.SECRET_KEY)
_TAKEN_IN: Final = {
    Attribute.PRIVATE: True,
    Attribute.SENSITIVE: True,
    Attribute.EXTRACTABLE: True,
    Attribute.MODIFIABLE: False,
}
_NOT_OF_PRIVATE_KEYS: Final = (Attribute.ENCRYPT, Attribute.WRAP, Attribute.VERIFY)


@dataclass(frozen=True)
class WrappedKey:
    """spki: DER of the public half; empty for the key that wraps others."""

    label: str
    key_id: bytes
    kind: KeyKind
    spki: bytes
    wrapped: bytes

    def to_json(self) -> dict[str, str]:
        octets = {"key_id": self.key_id, "spki": self.spki, "wrapped": self.wrapped}
        return {
            "label": self.label,
            "kind": self.kind.value,
            **{name: b64encode(value).decode("ascii") for name, value in octets.items()},
        }

    @classmethod
    def of_json(cls, record: Any) -> Self:
        """Raises: ValueError, KeyError, TypeError."""
        key_id, spki, wrapped = (b64decode(record[name], validate=True) for name in ("key_id", "spki", "wrapped"))
        return cls(str(record["label"]), key_id, KeyKind(record["kind"]), spki, wrapped)


def to_content(keys: tuple[WrappedKey, ...]) -> bytes:
    return json.dumps([key.to_json() for key in keys], sort_keys=True).encode("utf-8")


def of_content(content: bytes) -> tuple[WrappedKey, ...]:
    """Raises: BackupRefused."""
    try:
        return tuple(WrappedKey.of_json(record) for record in json.loads(content))
    except (ValueError, KeyError, TypeError) as problem:
        raise BackupRefused("the backup holds something that is no wrapped key") from problem


def wrapped_keys(hsm: Hsm, wrapping_key: bytes) -> tuple[WrappedKey, ...]:
    """All keys of the token.   wrapping_key: AES-256.

    Raises: BackupRefused naming the keys that may not leave; HsmUnavailable.
    """
    with hsm.writing() as session:
        found = [key for kind in _CLASSES for key in session.get_objects({Attribute.CLASS: kind})]
        kept = sorted(key[Attribute.LABEL] for key in found if not key[Attribute.EXTRACTABLE])
        if kept or not hsm.can_wrap:
            raise BackupRefused(
                "these keys may not leave the token, wrapped or not, because their ceremony did not choose "
                f"`wrappable`: {', '.join(kept)}; back the token up whole, or by its vendor's way"
            )
        with _of_session(session, wrapping_key) as wrapper:
            return tuple(
                WrappedKey(
                    label=key[Attribute.LABEL],
                    key_id=key[Attribute.ID],
                    kind=_KINDS[key.key_type],
                    spki=b"" if key.key_type is KeyType.AES else hsm.public_spki(key[Attribute.LABEL]),
                    wrapped=bytes(wrapper.wrap_key(key, mechanism=Mechanism[hsm.wrapping])),
                )
                for key in found
            )


def take_in(hsm: Hsm, wrapping_key: bytes, keys: tuple[WrappedKey, ...]) -> None:
    """Put wrapped keys and their public halves into a token that holds none of their names.

    All of them or none.   Raises: HsmKeyExists; BackupRefused for keys that this token does not take.
    """
    taken = sorted({key.label for key in keys} & set(hsm.labels()))
    if taken:
        raise HsmKeyExists(f"the token already holds {', '.join(taken)}; restore into an empty one")
    done: list[str] = []
    try:
        with hsm.writing() as session, _of_session(session, wrapping_key) as wrapper:
            for key in keys:
                done.append(key.label)
                _take_in(session, wrapper, key, hsm.wrapping)
    except BackupRefused:
        for label in done:
            hsm.delete_key(label)
        raise


def _take_in(session: Any, wrapper: Any, key: WrappedKey, mechanism: str) -> None:
    try:
        _unwrap(wrapper, key, mechanism)
        if key.spki:
            session.create_object(_public_half(key))
    except PKCS11Error as problem:
        raise BackupRefused(
            f"this token does not take in the key {key.label}; restore into one of the kind it came from"
        ) from problem


def _unwrap(wrapper: Any, key: WrappedKey, mechanism: str) -> None:
    left_out: dict[Attribute, Any] = {}
    kind, capabilities = ObjectClass.SECRET_KEY, MechanismFlag.WRAP | MechanismFlag.UNWRAP
    if key.kind is not KeyKind.AES_256:
        kind, capabilities = ObjectClass.PRIVATE_KEY, MechanismFlag.SIGN
        left_out = dict.fromkeys(_NOT_OF_PRIVATE_KEYS, DEFAULT)
    wrapper.unwrap_key(
        kind,
        _TYPES[key.kind],
        key.wrapped,
        id=key.key_id,
        label=key.label,
        mechanism=Mechanism[mechanism],
        store=True,
        capabilities=capabilities,
        template={**_TAKEN_IN, **left_out},
    )


def _public_half(key: WrappedKey) -> dict[Any, Any]:
    if key.kind is KeyKind.RSA_3072:
        public = serialization.load_der_public_key(key.spki)
        if not isinstance(public, rsa.RSAPublicKey):
            raise BackupRefused(f"the public half of {key.label} is of another kind")
        pkcs1 = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
        described = decode_rsa_public_key(pkcs1)
    else:
        described = decode_ec_public_key(key.spki)
    named = {Attribute.LABEL: key.label, Attribute.ID: key.key_id, Attribute.TOKEN: True, Attribute.VERIFY: True}
    return {**described, **named}


@contextmanager
def _of_session(session: Any, wrapping_key: bytes) -> Iterator[Any]:
    held = session.create_object(
        {
            Attribute.CLASS: ObjectClass.SECRET_KEY,
            Attribute.KEY_TYPE: KeyType.AES,
            Attribute.VALUE: wrapping_key,
            Attribute.TOKEN: False,
            Attribute.SENSITIVE: True,
            Attribute.EXTRACTABLE: False,
            Attribute.WRAP: True,
            Attribute.UNWRAP: True,
        }
    )
    try:
        yield held
    finally:
        held.destroy()
