"""An authenticator in software, as strict or as careless as a test wants it: it signs what a browser would hand it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from webauthn.helpers import base64url_to_bytes, encode_cbor

from printserver.signing.evidence import EvidenceClaims
from printserver.signing.passkey_evidence import PasskeyKey, base64url, challenge_of, make_passkey_evidence

RP_ID: Final = "print.example"
ORIGIN: Final = "https://print.example"
PRESENT: Final = 0x01
VERIFIED: Final = 0x04
ATTESTED: Final = 0x40

PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey


@dataclass
class Passkey:
    """One credential. `counter` goes up with each use, unless a test sets it."""

    key: PrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    credential_id: bytes = b"credential-0001"
    rp_id: str = RP_ID
    origin: str = ORIGIN
    counter: int = 0
    flags: int = PRESENT | VERIFIED

    @property
    def public_key(self) -> bytes:
        return encode_cbor(_cose(self.key))

    def registered(self, person_id: str) -> PasskeyKey:
        return PasskeyKey(person_id, self.credential_id, self.public_key, self.rp_id, self.origin)

    def client_data(self, kind: str, challenge: bytes, /, **changed: Any) -> bytes:
        members = {"type": kind, "challenge": base64url(challenge), "origin": self.origin, "crossOrigin": False}
        return json.dumps({**members, **changed}, separators=(",", ":")).encode()

    def authenticator_data(self, *, attested: bool = False) -> bytes:
        flags = self.flags | (ATTESTED if attested else 0)
        data = sha256(self.rp_id.encode()).digest() + bytes([flags]) + self.counter.to_bytes(4)
        if attested:
            data += bytes(16) + len(self.credential_id).to_bytes(2) + self.credential_id + self.public_key
        return data

    def sign(self, message: bytes) -> bytes:
        if isinstance(self.key, ec.EllipticCurvePrivateKey):
            return self.key.sign(message, ec.ECDSA(hashes.SHA256()))
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(message, padding.PKCS1v15(), hashes.SHA256())
        return self.key.sign(message)

    def evidence(self, claims: EvidenceClaims, **changed: Any) -> str:
        """changed: members of the client data."""
        client = self.client_data("webauthn.get", challenge_of(claims), **changed)
        data = self.authenticator_data()
        return make_passkey_evidence(
            claims,
            credential_id=self.credential_id,
            authenticator_data=data,
            client_data_json=client,
            signature=self.sign(data + sha256(client).digest()),
        )

    def create(self, options: dict[str, Any], **changed: Any) -> dict[str, Any]:
        """The answer to `navigator.credentials.create`."""
        client = self.client_data("webauthn.create", _challenge(options), **changed)
        attestation = {"fmt": "none", "attStmt": {}, "authData": self.authenticator_data(attested=True)}
        response = {"clientDataJSON": base64url(client), "attestationObject": base64url(encode_cbor(attestation))}
        return self._answer(response)

    def get(self, options: dict[str, Any], *, user_handle: bytes | None = None, **changed: Any) -> dict[str, Any]:
        """The answer to `navigator.credentials.get`."""
        self.counter += 1
        client = self.client_data("webauthn.get", _challenge(options), **changed)
        data = self.authenticator_data()
        response = {
            "clientDataJSON": base64url(client),
            "authenticatorData": base64url(data),
            "signature": base64url(self.sign(data + sha256(client).digest())),
        }
        if user_handle is not None:
            response["userHandle"] = base64url(user_handle)
        return self._answer(response)

    def _answer(self, response: dict[str, str]) -> dict[str, Any]:
        identity = base64url(self.credential_id)
        return {
            "id": identity,
            "rawId": identity,
            "type": "public-key",
            "response": response,
            "clientExtensionResults": {},
        }


def _challenge(options: dict[str, Any]) -> bytes:
    return base64url_to_bytes(options["challenge"])


def _cose(key: PrivateKey) -> dict[int, Any]:
    if isinstance(key, ec.EllipticCurvePrivateKey):
        point = key.public_key().public_numbers()
        return {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32), -3: point.y.to_bytes(32)}
    if isinstance(key, rsa.RSAPrivateKey):
        numbers = key.public_key().public_numbers()
        return {1: 3, 3: -257, -1: numbers.n.to_bytes(key.key_size // 8), -2: numbers.e.to_bytes(3)}
    return {1: 1, 3: -8, -1: 6, -2: key.public_key().public_bytes_raw()}
