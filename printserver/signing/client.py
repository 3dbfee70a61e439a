"""Asking the signer. A request is sent once: when its answer is lost, the caller looks up what happened."""

from __future__ import annotations

import socket
import time
from base64 import b64decode, b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from printserver.signing.errors import FrameMalformed, OutcomeUnknown, SignerUnavailable
from printserver.signing.protocol import ConnectionLost, error_of, receive_frame, send_frame
from printserver.storage.sealed import Belonging


class SignerClient:
    """Each request opens a connection of its own, so that threads can share one client."""

    def __init__(self, socket_path: Path, timeout: float = 60.0) -> None:
        """`timeout`: seconds for the whole of one request."""
        self._socket_path = socket_path
        self._timeout = timeout

    def issue(self, authorisation_id: UUID) -> Mapping[str, Any]:
        """Redeem an authorisation: the signer signs its copy and answers what it stored.

        Raises: SignerUnavailable (not delivered), OutcomeUnknown (delivered, answer lost), or what the signer refused.
        """
        return self._ask({"do": "issue", "authorisation_id": str(authorisation_id)})

    def register(self, statement_id: UUID) -> Mapping[str, Any]:
        """Have a statement taken up; answers `lines` and `head` of the signer's register. It may be asked again.

        Raises: SignerUnavailable, OutcomeUnknown, or what the signer refused.
        """
        return self._ask({"do": "register", "statement_id": str(statement_id)})

    def make_seal(self, organisation: int, seal_id: UUID) -> str:
        """Have an ordered seal made; answers its object's digest. It may be asked again.

        Raises: SignerUnavailable, OutcomeUnknown, or what the signer refused.
        """
        answer = self._ask({"do": "make-seal", "organisation": organisation, "seal_id": str(seal_id)})
        return str(answer.get("object_sha256", ""))

    def destroy_seal_key(self, organisation: int, seal_id: UUID) -> bool:
        """Have the key of a destroyed seal destroyed; whether it was there. It may be asked again.

        Raises: SignerUnavailable, OutcomeUnknown, or what the signer refused.
        """
        answer = self._ask({"do": "destroy-seal-key", "organisation": organisation, "seal_id": str(seal_id)})
        return answer.get("was_there") is True

    def helps_to_seal(self, organisation: int, person_id: UUID) -> bool:
        """Whether the register gives the person any say.   Raises: SignerUnavailable."""
        return self._person(organisation, person_id, "").get("helps_to_seal") is not False

    def is_officer(self, organisation: int, person_id: UUID, path: str) -> bool:
        """Whether the register has the person as an officer over the branch of `path`.   Raises: SignerUnavailable."""
        return self._person(organisation, person_id, path).get("officer") is True

    def _person(self, organisation: int, person_id: UUID, path: str) -> Mapping[str, Any]:
        asked = {"do": "person", "organisation": organisation, "person_id": str(person_id), "path": path}
        try:
            return self._ask(asked)
        except OutcomeUnknown as problem:
            raise SignerUnavailable("the signer does not answer") from problem

    def time_stamp(self, request: bytes) -> bytes:
        """A TimeStampResp of this installation's authority for a TimeStampReq, both as DER.

        Raises: SignerUnavailable, TimeStampUnavailable, HsmUnavailable.
        """
        try:
            answer = self._ask({"do": "time-stamp", "request": b64encode(request).decode("ascii")})
            return b64decode(str(answer.get("response", "")), validate=True)
        except (OutcomeUnknown, ValueError) as problem:
            raise SignerUnavailable("the signer does not answer") from problem

    def wrap(self, key: bytes, belongs: Belonging) -> bytes:
        """For `storage.sealed`, as its `KeyWrapper`.   key: 32 bytes.

        Raises: SignerUnavailable, StorageKeysTooMany, KeyEncryptionKeyMissing, HsmUnavailable.
        """
        return self._storage_key("wrap-key", key, belongs)

    def unwrap(self, wrapped: bytes, belongs: Belonging) -> bytes:
        """32 bytes.   Raises: WrappedKeyRefused, which is a SealedNotGenuine, and those of `wrap`."""
        return self._storage_key("unwrap-key", wrapped, belongs)

    def _storage_key(self, what: str, key: bytes, belongs: Belonging) -> bytes:
        named = {
            "organisation_id": str(belongs.organisation_id),
            "kind": belongs.kind,
            "object_id": str(belongs.object_id),
        }
        try:
            answer = self._ask({"do": what, "key": b64encode(key).decode("ascii"), "of": named})
            return b64decode(str(answer.get("key", "")), validate=True)
        except (OutcomeUnknown, ValueError) as problem:
            raise SignerUnavailable("the signer does not answer") from problem

    def health(self) -> Mapping[str, Any]:
        """Whether signer and HSM can work.   Raises: SignerUnavailable, or what the signer says is wrong."""
        try:
            return self._ask({"do": "health"})
        except OutcomeUnknown as problem:
            raise SignerUnavailable("the signer does not answer") from problem

    def _ask(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        deadline = time.monotonic() + self._timeout
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            try:
                connection.settimeout(self._timeout)
                connection.connect(str(self._socket_path))
            except OSError as problem:
                raise SignerUnavailable("the signer is not running") from problem
            try:
                send_frame(connection, request, deadline=deadline)
                answer = receive_frame(connection, deadline=deadline)
            except (ConnectionLost, FrameMalformed) as problem:
                raise OutcomeUnknown("the signer's answer was lost; look up the copy before anything else") from problem
        if answer is None or not isinstance(answer.get("ok"), bool):
            raise OutcomeUnknown("the signer closed without an answer; look up the copy before anything else")
        if not answer["ok"]:
            raise error_of(answer)
        return answer
