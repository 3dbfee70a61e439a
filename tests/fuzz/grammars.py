"""What is fuzzed, what each reader may raise, and what must never be believed.

Each input is a letter and what is read: a small letter stands for bytes as a stranger sends them, a capital one for a
document that a forger alters and then signs anew with keys of his own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from printserver.archive.bag import BagUnreadable, pack
from printserver.archive.evidence_format import KEY_LIST, PACKAGE, ROOT
from printserver.audit.heads import HeadSignatureInvalid
from printserver.audit.merkle import InclusionProofInvalid
from printserver.signing.codes import BODY_SIZE, SignedCode, encode_text, parse_text
from printserver.signing.errors import CodeForged, CodeMalformed, KeyListRefused, KeyNotValid, KeyUnknown
from printserver.signing.key_list import KeyList, unverified_fingerprint
from printserver.verification.bundle import BundleMalformed, BundleRefused, verify_bundle
from printserver.verification.offline import verify_text
from printserver.verification.package_check import PackageMalformed, check_package
from printserver.verification.package_findings import PackageVerdict
from tests.fuzz.forger import HOST, Forger, documents, packed_anew, written
from tests.fuzz.genuine import PACKAGE_FILE, Genuine

CODE_REFUSALS: Final = (CodeMalformed, KeyUnknown, CodeForged, KeyNotValid)
BUNDLE_REFUSALS: Final = (
    *CODE_REFUSALS, BundleMalformed, BundleRefused, KeyListRefused, InclusionProofInvalid, HeadSignatureInvalid,
)  # fmt: skip
PACKAGE_REFUSALS: Final = (BagUnreadable, PackageMalformed, KeyListRefused)


class FalselyBelieved(AssertionError):
    """Something was accepted that its issuer never signed."""


@dataclass(frozen=True)
class Grammar:
    """`seeds`: what the product itself has made.   read: must answer quietly or raise FalselyBelieved."""

    letter: str
    seeds: tuple[bytes, ...]
    read: Callable[[bytes], None]


class Grammars:
    """All of them over one genuine package; files are written below `folder`."""

    def __init__(self, genuine: Genuine, folder: Path) -> None:
        self._genuine, self._folder, self._forger = genuine, folder, Forger(genuine)
        self._own_list = KeyList.load(
            written(self._forger.signed_list(self._forger.key_list)), root_fingerprint=self._forger.root
        )

    def of(self, name: str) -> tuple[Grammar, ...]:
        """Raises: KeyError."""
        genuine, forger = self._genuine, self._forger
        own = documents(genuine, forger.key_list, forger.root)
        whole = documents(genuine, json.loads(genuine.payload[KEY_LIST]), genuine.root)
        blob = parse_text(genuine.text).blob
        small = {each: genuine.payload[each] for each in (PACKAGE, KEY_LIST, ROOT)}
        known: Mapping[str, tuple[Grammar, ...]] = {
            "code": (
                Grammar("c", (genuine.text.encode(), genuine.text[-321:].encode()), self.code),
                Grammar("C", (blob[:BODY_SIZE],), self.forged_code),
            ),
            "key-list": (
                Grammar("k", (genuine.payload[KEY_LIST],), self.key_list),
                Grammar("K", (written(forger.key_list),), self.forged_key_list),
            ),
            "bundle": (
                Grammar("b", (genuine.payload[genuine.of_record("bundle.json")],), self.bundle),
                Grammar("B", (written(own["bundle.json"]),), self.forged_bundle),
            ),
            "package": (
                Grammar("z", (pack("bag", small, genuine.info),), self.zip_file),
                Grammar("y", (written(whole),), self.package),
                Grammar("Z", (written(own),), self.forged_package),
            ),
        }
        return sum(known.values(), ()) if name == "all" else known[name]

    def code(self, data: bytes) -> None:
        with suppress(*CODE_REFUSALS):
            body = verify_text(data.decode("utf-8", "replace"), self._genuine.key_list)
            _believed(body == self._genuine.bundle.code, "a code")

    def forged_code(self, data: bytes) -> None:
        blob = self._forger.signed_body(data[:BODY_SIZE].ljust(BODY_SIZE, b"\0"))
        text = encode_text(HOST, blob)
        with suppress(*CODE_REFUSALS):
            _believed(SignedCode(verify_text(text, self._own_list), blob[BODY_SIZE:]).blob == blob, "another code")
        with suppress(*CODE_REFUSALS):
            verify_text(text, self._genuine.key_list)
            _believed(False, "a forger's code")

    def key_list(self, data: bytes) -> None:
        with suppress(KeyListRefused):
            unverified_fingerprint(data)
        with suppress(KeyListRefused):
            found = KeyList.load(data, root_fingerprint=self._genuine.root)
            _believed(found == self._genuine.key_list, "a key list")

    def forged_key_list(self, data: bytes) -> None:
        signed = written(self._forger.signed_list(_document(data)))
        with suppress(KeyListRefused):
            KeyList.load(signed, root_fingerprint=unverified_fingerprint(signed))
        with suppress(KeyListRefused):
            KeyList.load(signed, root_fingerprint=self._genuine.root)
            _believed(False, "a forger's key list")

    def bundle(self, data: bytes) -> None:
        with suppress(*BUNDLE_REFUSALS):
            found, genuine = verify_bundle(data, root_fingerprint=self._genuine.root), self._genuine.bundle
            said = (found.code, found.key_list) == (genuine.code, genuine.key_list)
            _believed(said and found.issue in (genuine.issue, None), "a bundle")

    def forged_bundle(self, data: bytes) -> None:
        signed = written(self._forger.signed_bundle(_document(data)))
        with suppress(*BUNDLE_REFUSALS):
            verify_bundle(signed, root_fingerprint=self._forger.root)
        with suppress(*BUNDLE_REFUSALS):
            verify_bundle(signed, root_fingerprint=self._genuine.root)
            _believed(False, "a forger's bundle")

    def zip_file(self, data: bytes) -> None:
        with suppress(*PACKAGE_REFUSALS):
            _believed(not self._checked(data, self._genuine.root).genuine, "a package without a record")

    def package(self, data: bytes) -> None:
        """The genuine package with altered documents under right manifests."""
        parts = _document(data)
        if not isinstance(parts, dict):
            return
        payload = dict(self._genuine.payload)
        for name, document in parts.items():
            inside = name if name in (PACKAGE, KEY_LIST) else self._genuine.of_record(name)
            payload[inside] = written(document)
        with suppress(*PACKAGE_REFUSALS):
            verdict = self._checked(packed_anew(payload, self._genuine.info), self._genuine.root)
            _believed(not verdict.genuine or payload == dict(self._genuine.payload), "a package")

    def forged_package(self, data: bytes) -> None:
        parts = _document(data)
        if not isinstance(parts, dict):
            return
        packed = self._forger.package(parts)
        for root in (self._forger.root, self._genuine.root):
            with suppress(*PACKAGE_REFUSALS):
                _believed(not self._checked(packed, root).genuine, "a forger's package")

    def _checked(self, data: bytes, root: str) -> PackageVerdict:
        file = self._folder / PACKAGE_FILE
        file.write_bytes(data)
        return check_package(file, lambda _: root)


def _believed(rightly: bool, what: str) -> None:
    if not rightly:
        raise FalselyBelieved(f"{what} was believed")


def _document(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None
