"""How a webhook's receiver knows that a message is ours and new: an HMAC over the moment and the very octets sent.

The header is `Printserver-Signature: t=1790000000,v1=<hex>[,v1=<hex>]`: seconds since 1970, then HMAC-SHA256 over
`<t>.<body>` under each secret that is in force. While a secret is being changed there are two.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence
from hashlib import sha256
from typing import ClassVar, Final

from printserver.foundation.errors import Malformed

HEADER: Final = "Printserver-Signature"
ID_HEADER: Final = "Printserver-Delivery"
TOLERANCE_SECONDS: Final = 300
_GRAMMAR: Final = re.compile(r"t=(?P<at>[0-9]{1,12})(?P<marks>(?:,v[0-9]+=[0-9a-f]{64}){1,8})", re.ASCII)


class SignatureInvalid(Malformed):
    code: ClassVar[str] = "webhook-signature-invalid"


def signature_header(body: bytes, secrets: Sequence[str], *, at: int) -> str:
    """at: whole seconds since 1970.   secrets: as they were shown, at least one.   Raises: ValueError without one."""
    if not secrets:
        raise ValueError("a message that nobody signs")
    return ",".join([f"t={at}", *(f"v1={_mark(body, secret, at)}" for secret in secrets)])


def verify_signature(header: str, body: bytes, secret: str, *, now: int, tolerance: int = TOLERANCE_SECONDS) -> None:
    """What a receiver does first.   now: whole seconds since 1970.   body: the octets as they came.

    Raises: SignatureInvalid for another secret, another body, or a message older or newer than `tolerance` seconds.
    """
    read = _GRAMMAR.fullmatch(header)
    if read is None:
        raise SignatureInvalid("the signature's header is not well formed")
    at = int(read["at"])
    if abs(now - at) > tolerance:
        raise SignatureInvalid("the message is too old, or this clock is wrong")
    own = _mark(body, secret, at)
    marks = [mark.removeprefix("v1=") for mark in read["marks"].split(",") if mark.startswith("v1=")]
    if not any(hmac.compare_digest(own, mark) for mark in marks):
        raise SignatureInvalid("the message was not signed with this secret, or was changed")


def _mark(body: bytes, secret: str, at: int) -> str:
    return hmac.new(secret.encode("ascii"), b"%d." % at + body, sha256).hexdigest()
