"""SM2 signatures with SM3, verified by the system's libcrypto 3: no Python library that we use knows SM2.

Nothing here signs: our own seals use P-256, because no HSM here speaks SM2.
Source: GB/T 32918.2, GB/T 35276 (unverified against the texts), as implemented by OpenSSL 3.
"""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any, Final

from printserver.foundation.errors import Unavailable
from printserver.signing.errors import SignatureInvalid
from printserver.signing.p256 import raw_to_der
from printserver.signing.seal_der import parse

USER_ID: Final = b"1234567812345678"
"""The signer's identifier that GB/T 35276 prescribes where none is agreed."""
LIBRARY: Final = "libcrypto.so.3"
_EC_PUBLIC_KEY: Final = "1.2.840.10045.2.1"
_SM2_CURVE: Final = "1.2.156.10197.1.301"
_RAW_SIZE: Final = 64
_MOST_BYTES: Final = 256

_POINTER: Final = ctypes.c_void_p
_BYTES: Final = ctypes.c_char_p
_INT: Final = ctypes.c_int
_SIZE: Final = ctypes.c_size_t
_FUNCTIONS: Final[dict[str, tuple[Any, tuple[Any, ...]]]] = {
    "d2i_PUBKEY": (_POINTER, (_POINTER, ctypes.POINTER(_BYTES), ctypes.c_long)),
    "EVP_PKEY_free": (None, (_POINTER,)),
    "EVP_PKEY_CTX_new": (_POINTER, (_POINTER, _POINTER)),
    "EVP_PKEY_CTX_free": (None, (_POINTER,)),
    "EVP_PKEY_CTX_set1_id": (_INT, (_POINTER, _BYTES, _INT)),
    "EVP_MD_CTX_new": (_POINTER, ()),
    "EVP_MD_CTX_free": (None, (_POINTER,)),
    "EVP_MD_CTX_set_pkey_ctx": (None, (_POINTER, _POINTER)),
    "EVP_sm3": (_POINTER, ()),
    "EVP_DigestVerifyInit": (_INT, (_POINTER, _POINTER, _POINTER, _POINTER, _POINTER)),
    "EVP_DigestVerify": (_INT, (_POINTER, _BYTES, _SIZE, _BYTES, _SIZE)),
    "ERR_clear_error": (None, ()),
}


class Sm2Unavailable(Unavailable):
    """This machine has no libcrypto 3 with SM2."""

    code = "sm2-unavailable"


@cache
def _library() -> Any:
    try:
        library = ctypes.CDLL(LIBRARY)
        for name, (answer, arguments) in _FUNCTIONS.items():
            function = getattr(library, name)
            function.restype, function.argtypes = answer, arguments
    except (OSError, AttributeError) as problem:
        raise Sm2Unavailable(f"{LIBRARY} cannot be used, so SM2 signatures cannot be verified") from problem
    return library


def verify(spki: bytes, signature: bytes, message: bytes) -> None:
    """Raises SignatureInvalid unless `signature` is this SM2 key's over SM3 of the user id's hash and `message`.

    spki: DER SubjectPublicKeyInfo.   signature: DER of two integers, or r‖s (64 bytes).   Raises: Sm2Unavailable.
    """
    _require_sm2(spki)
    library = _library()
    start = _BYTES(spki)
    key = library.d2i_PUBKEY(None, ctypes.byref(start), len(spki))
    try:
        if not key:
            raise SignatureInvalid("not an SM2 public key")
        der = raw_to_der(signature) if len(signature) == _RAW_SIZE else signature
        if len(der) > _MOST_BYTES or not _verifies(library, key, der, message):
            raise SignatureInvalid("the signature does not belong to these bytes")
    finally:
        library.EVP_PKEY_free(key)
        library.ERR_clear_error()


def _verifies(library: Any, key: int, signature: bytes, message: bytes) -> bool:
    context, options = library.EVP_MD_CTX_new(), library.EVP_PKEY_CTX_new(key, None)
    try:
        if not context or not options or library.EVP_PKEY_CTX_set1_id(options, USER_ID, len(USER_ID)) <= 0:
            return False
        library.EVP_MD_CTX_set_pkey_ctx(context, options)
        if library.EVP_DigestVerifyInit(context, None, library.EVP_sm3(), None, key) <= 0:
            return False
        return bool(library.EVP_DigestVerify(context, signature, len(signature), message, len(message)) == 1)
    finally:
        library.EVP_MD_CTX_free(context)
        library.EVP_PKEY_CTX_free(options)


def _require_sm2(spki: bytes) -> None:
    """Another curve would make libcrypto verify something else than SM2."""
    algorithm, _ = parse(spki).children(2, 2)
    kind, curve = algorithm.children(2, 2)
    if (kind.oid(), curve.oid()) != (_EC_PUBLIC_KEY, _SM2_CURVE):
        raise SignatureInvalid("the key is not an SM2 key")
