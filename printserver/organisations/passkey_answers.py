"""What goes to a browser's authenticator and what comes back, as JSON; nothing here knows whose it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from webauthn.helpers import base64url_to_bytes

from printserver.foundation.errors import Malformed, Refused
from printserver.signing.passkey_evidence import base64url, from_base64url

LONGEST_ANSWER: Final = 16_384
TIMEOUT_MS: Final = 120_000


class PasskeyRefused(Refused):
    """The authenticator's answer does not hold: another site or question, no verified owner, a wrong signature."""

    code = "passkey-refused"


class PasskeyUnreadable(Malformed):
    """Not an answer of an authenticator at all."""

    code = "passkey-unreadable"


@dataclass(frozen=True)
class RelyingParty:
    """For which host browsers keep the passkeys. `origin`: `https://HOST[:PORT]`, as browsers write it."""

    rp_id: str
    origin: str
    name: str = "PrintServer"


def options_for(rp_id: str, challenge: bytes, credential_ids: list[str]) -> dict[str, Any]:
    """As `PublicKeyCredentialRequestOptionsJSON`; the owner is verified always."""
    return {
        "challenge": base64url(challenge),
        "rpId": rp_id,
        "timeout": TIMEOUT_MS,
        "userVerification": "required",
        "allowCredentials": [{"type": "public-key", "id": each} for each in credential_ids],
    }


def read_answer(answer: str) -> dict[str, Any]:
    if len(answer) > LONGEST_ANSWER:
        raise PasskeyUnreadable("this is no passkey's answer")
    credential = plain(answer)
    if not isinstance(credential.get("response"), dict):
        raise PasskeyUnreadable("this is no passkey's answer")
    return credential


def plain(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise PasskeyUnreadable("this is no passkey's answer") from problem
    if not isinstance(value, dict):
        raise PasskeyUnreadable("this is no passkey's answer")
    return value


def challenge_in(credential: Mapping[str, Any]) -> bytes:
    """What the browser says it was asked; believed only when it carries our digest, and compared once more later."""
    try:
        client_data = json.loads(base64url_to_bytes(credential["response"]["clientDataJSON"]))
        return from_base64url(client_data["challenge"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as problem:
        raise PasskeyUnreadable("this is no passkey's answer") from problem
