"""Somebody with keys of his own who knows every format: what he alters, he signs and packs anew.

Under the pinned root nothing of it may be believed. Under his own root, which a careless recipient may take, it must be
refused or shown in order: no reader may break on it.
"""

from __future__ import annotations

import base64
import json
import tempfile
from collections.abc import Mapping
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from printserver.archive.bag import pack
from printserver.archive.evidence_format import KEY_LIST, LOG, PACKAGE, README, RECORD, ROOT
from printserver.audit.canonical import canonical_json
from printserver.audit.heads import head_bytes
from printserver.audit.merkle import Tree, leaf_hash
from printserver.foundation.clock import from_text
from printserver.signing.codes import BLOB_SIZE, BODY_SIZE, DOMAIN, encode_text
from printserver.signing.p256 import key_id_of, sign_message, software_sign, spki_of
from printserver.signing.published_key import KeyUsage, read_time
from printserver.signing.trust import issue_certificate, make_root
from tests.fuzz.genuine import Genuine

HOST: Final = "https://print.example"
BUNDLE: Final = "bundle.json"
MANIFEST: Final = "approvals/manifest.json"
_ISSUED: Final = "issued.pdf"
_HEAD_AT: Final = "2026-11-22T09:00:00.000000Z"


class Forger:
    """Has a genuine package, a root, a key for codes and one for heads of a log."""

    def __init__(self, genuine: Genuine) -> None:
        self._genuine = genuine
        certificate = genuine.key_list.root_certificate
        with tempfile.TemporaryDirectory() as folder:
            self._root = make_root(
                Path(folder) / "root.key",
                common_name="Root",
                organisation_name="Forger",
                not_before=certificate.not_valid_before_utc,
                not_after=certificate.not_valid_after_utc,
            )
        self._keys = {usage: ec.generate_private_key(ec.SECP256R1()) for usage in (KeyUsage.CODE, KeyUsage.TREE_HEAD)}

    @property
    def root(self) -> str:
        return self._root.fingerprint

    @cached_property
    def key_list(self) -> dict[str, Any]:
        """The genuine list in his root's name, with his keys in place of those that sign codes and heads."""
        document: dict[str, Any] = json.loads(self._genuine.payload[KEY_LIST])
        certificate = self._root.certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")
        keys = [self._listed(entry) for entry in document["keys"]]
        return {**document, "root": {"certificate": certificate, "fingerprint": self.root}, "keys": keys}

    def _listed(self, entry: dict[str, Any]) -> dict[str, Any]:
        key = self._keys.get(KeyUsage(entry["usage"]))
        if key is None:
            return {**entry, "certificate": None}
        spki = spki_of(key.public_key())
        certificate = issue_certificate(
            self._root,
            KeyUsage(entry["usage"]),
            spki=spki,
            common_name="Forger",
            organisation_name="Forger",
            not_before=read_time(entry["not_before"]),
            not_after=read_time(entry["not_after"]),
        )
        return {
            **entry,
            "key_id": key_id_of(spki),
            "spki": base64.b64encode(spki).decode("ascii"),
            "certificate": certificate.public_bytes(serialization.Encoding.PEM).decode("ascii"),
        }

    def _sign(self, usage: KeyUsage, message: bytes) -> bytes:
        return sign_message(software_sign(self._keys[usage]), message)

    def _key_id(self, usage: KeyUsage) -> str:
        return key_id_of(spki_of(self._keys[usage].public_key()))

    def signed_list(self, document: Any) -> Any:
        """The list under his root, as far as it can be signed at all."""
        if not isinstance(document, dict):
            return document
        unsigned = {name: value for name, value in document.items() if name != "signature"}
        try:
            signature = sign_message(self._root.sign, canonical_json(unsigned))
        except (ValueError, TypeError, RecursionError):
            return document
        return {**unsigned, "signature": base64.b64encode(signature).decode("ascii")}

    def signed_body(self, body: bytes) -> bytes:
        """A code's 133 bytes; his key's id is put where it belongs."""
        named = body[:1] + bytes.fromhex(self._key_id(KeyUsage.CODE)) + body[5:]
        return named + self._sign(KeyUsage.CODE, DOMAIN + named)

    def signed_text(self, text: Any) -> Any:
        """The same code under his key, where `text` ends with digits of one."""
        digits = text.rpartition("/q/")[2] if isinstance(text, str) else ""
        if not (digits.isascii() and digits.isdecimal()) or len(digits) > 4_000:
            return text
        number = int(digits) % (1 << 8 * BLOB_SIZE)
        return encode_text(HOST, self.signed_body(number.to_bytes(BLOB_SIZE, "big")[:BODY_SIZE]))

    def signed_bundle(self, document: Any) -> Any:
        if not isinstance(document, dict):
            return document
        bodies = _bodies(document.get("proofs"))
        proofs = document.get("proofs")
        if bodies:
            head, entries = self._proved(bodies)
            proofs = [{**entry, "head": head} for entry in entries]
        signed = {
            "code": self.signed_text(document.get("code")),
            "key_list": self.signed_list(document.get("key_list")),
            "proofs": proofs,
        }
        return {**document, **{name: value for name, value in signed.items() if name in document}}

    def _proved(self, bodies: list[str]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """A log of his own of these entries alone: its signed head, and their places in it."""
        encoded = [body.encode("utf-8", "replace") for body in bodies]
        tree, size = Tree(leaf_hash(each) for each in encoded), len(bodies)
        key_id, root = self._key_id(KeyUsage.TREE_HEAD), tree.root(size)
        message = head_bytes(size, root, from_text(_HEAD_AT), key_id)
        signature = self._sign(KeyUsage.TREE_HEAD, message)
        entries = [
            {"body": body, "position": at, "path": [step.hex() for step in tree.inclusion_proof(at, size)]}
            for at, body in enumerate(bodies)
        ]
        head = {"at": _HEAD_AT, "key_id": key_id, "root": root.hex(), "signature": signature.hex(), "size": size}
        return head, entries

    def package(self, parts: Mapping[str, Any]) -> bytes:
        """A bag of the given documents, by the names of `documents`; the issued PDF is left out, it is slow to draw."""
        genuine, record = self._genuine, parts.get(RECORD)
        payload = {name: data for name, data in genuine.payload.items() if name != genuine.of_record(_ISSUED)}
        payload[ROOT] = f"{self.root}\n".encode()
        payload[KEY_LIST] = written(self.signed_list(parts.get(KEY_LIST)))
        payload[genuine.of_record(BUNDLE)] = written(self.signed_bundle(parts.get(BUNDLE)))
        payload[genuine.of_record(MANIFEST)] = written(parts.get(MANIFEST))
        payload[PACKAGE] = written(parts.get(PACKAGE))
        payload[README] = payload[README].replace(genuine.root.encode(), self.root.encode())
        digests = {name.removeprefix(genuine.folder): sha256(data).hexdigest() for name, data in payload.items()}
        payload[genuine.of_record(RECORD)] = written(_with_digests(record, digests))
        taken = {
            "record_sha256": sha256(payload[genuine.of_record(RECORD)]).hexdigest(),
            "key_list_sha256": digests[KEY_LIST],
        }
        payload[genuine.of_record(LOG)] = written(self._log(parts.get(LOG), taken))
        return packed_anew(payload, genuine.info)

    def _log(self, document: Any, taken: Mapping[str, str]) -> Any:
        bodies = _bodies(document.get("entries")) if isinstance(document, dict) else []
        if not bodies:
            return document
        bodies[-1] = _told(bodies[-1], taken)
        head, entries = self._proved(bodies)
        return {**document, "head": head, "entries": entries}


def documents(genuine: Genuine, key_list: Mapping[str, Any], root: str) -> dict[str, Any]:
    """The JSON of a package by its names, that of the record by their names in it; under another list and root."""
    named: dict[str, Any] = {
        name: json.loads(genuine.payload[genuine.of_record(name)]) for name in (RECORD, LOG, BUNDLE, MANIFEST)
    }
    named[BUNDLE]["key_list"] = key_list
    package = {**json.loads(genuine.payload[PACKAGE]), "root": root}
    return {**named, PACKAGE: package, KEY_LIST: key_list}


def packed_anew(payload: Mapping[str, bytes], info: bytes) -> bytes:
    """With the right manifests, and the sizes in bag-info.txt."""
    oxum = f"Payload-Oxum: {sum(map(len, payload.values()))}.{len(payload)}"
    lines = [oxum if line.startswith("Payload-Oxum") else line for line in info.decode().splitlines()]
    return pack("evidence", payload, ("\n".join(lines) + "\n").encode())


def written(document: Any) -> bytes:
    """Canonical where it has a canonical form."""
    try:
        return canonical_json(document)
    except (ValueError, TypeError, RecursionError):
        return json.dumps(document).encode()


def _bodies(proofs: Any) -> list[str]:
    """Empty unless every proof has one."""
    if not isinstance(proofs, list) or not all(isinstance(each, dict) for each in proofs):
        return []
    bodies = [each.get("body") for each in proofs]
    return bodies if all(isinstance(body, str) for body in bodies) else []


def _told(body: str, facts: Mapping[str, str]) -> str:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return body
    if not isinstance(said, dict) or not isinstance(said.get("facts"), dict):
        return body
    return written({**said, "facts": {**said["facts"], **facts}}).decode()


def _with_digests(record: Any, digests: Mapping[str, str]) -> Any:
    """The record with the digests of what lies beside it now."""
    if not isinstance(record, dict) or not isinstance(record.get("files"), list):
        return record
    files = []
    for entry in record["files"]:
        path = entry.get("path") if isinstance(entry, dict) else None
        if path != _ISSUED:
            files.append({**entry, "sha256": digests[path]} if isinstance(path, str) and path in digests else entry)
    return {**record, "files": files}
