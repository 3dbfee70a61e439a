"""Prove an evidence package with nothing but the pinned root: no server, no account, no database.

Everything in it is either signed, proved by the log under a signed head, or made anew here and compared; so nobody can
change a byte of it, whatever manifests he writes anew.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from printserver.archive.bag import Bag, BagRefused, opened
from printserver.archive.evidence_format import (
    EARLIER_LISTS,
    KEY_LIST,
    KIND,
    PACKAGE,
    README,
    RECORDS,
    ROOT,
    VERSION,
    PackageFacts,
    PackedRecord,
)
from printserver.foundation.clock import from_text
from printserver.foundation.errors import IntegrityError, Malformed, PrintServerError
from printserver.signing.errors import KeyListRefused
from printserver.signing.key_list import KeyList
from printserver.verification.package_findings import Check, Finding, PackageVerdict
from printserver.verification.package_json import member, read_object
from printserver.verification.package_record import PackedEvidence, check_record

Pin = Callable[[bytes], str]
"""The root's fingerprint to insist on; is given the package's key list, which proves nothing."""


class PackageMalformed(Malformed):
    """A whole bag, but not an evidence package that this version can read."""

    code = "package-malformed"


class PackageRefused(IntegrityError):
    """Some part of it says something else than the rest."""

    code = "package-refused"


@dataclass(frozen=True)
class _Package:
    facts: PackageFacts
    folders: tuple[str, ...]


def check_package(path: Path | IO[bytes], pin: Pin, *, known: KeyList | None = None) -> PackageVerdict:
    """What a zip file or folder is worth.

    known: a newer key list of the same root counts in place of the package's own, which may be from before a key was
    stolen.   Steps: bag whole, key lists, each record, then what follows from the rest.
    Raises: BagUnreadable, PackageMalformed when it is no package of ours, KeyListRefused when no root can be pinned.
    """
    try:
        with opened(path) as bag:
            return _check(bag, pin, known)
    except BagRefused as problem:
        return PackageVerdict("", "", 0, False, None, (), (Finding(Check.WHOLE, str(problem)),))


def _check(bag: Bag, pin: Pin, known: KeyList | None) -> PackageVerdict:
    package = _package(bag)
    list_bytes = bag.read(KEY_LIST)
    root = pin(list_bytes)
    findings = [Finding(Check.WHOLE)]
    try:
        key_list = _key_list(bag, list_bytes, root, known)
    except (KeyListRefused, BagRefused) as problem:
        return PackageVerdict("", root, 0, False, None, (), (*findings, Finding(Check.KEYS, str(problem))))
    findings.append(Finding(Check.KEYS))
    records, times = [], []
    for packed in package.facts.records:
        evidence = PackedEvidence(bag, packed, key_list, bag.digests[KEY_LIST])
        shown, taken_at, found = check_record(evidence)
        findings += found
        records += [] if shown is None else [shown]
        times += [] if taken_at is None else [taken_at]
    findings.append(_parts(bag, package, key_list, max(times, default=None)))
    return PackageVerdict(
        key_list.issuer,
        key_list.root_fingerprint,
        key_list.sequence,
        key_list.test,
        max(times, default=None),
        tuple(records),
        tuple(findings),
    )


def _package(bag: Bag) -> _Package:
    """What it says of itself, unproved.   Raises: PackageMalformed."""
    if PACKAGE not in bag.digests or KEY_LIST not in bag.digests:
        raise PackageMalformed("a bag, but no evidence package of ours")
    document = read_object(bag.read(PACKAGE), PackageMalformed)
    if document.get("kind") != KIND or document.get("version") != VERSION:
        raise PackageMalformed("no evidence package, or one of an unknown version")
    try:
        records = tuple(_packed(entry) for entry in member(document, "records", list))
        made_at = from_text(member(document, "made_at", str))
        facts = PackageFacts(member(document, "issuer", str), member(document, "root", str), made_at, records)
    except (ValueError, TypeError, KeyError) as problem:
        raise PackageMalformed("the package's own description cannot be read") from problem
    folders = tuple(each.folder for each in records)
    if not folders or len(set(folders)) != len(folders):
        raise PackageMalformed("the package names no record, or one twice")
    return _Package(facts, folders)


def _packed(entry: Any) -> PackedRecord:
    given: Mapping[str, Any] = dict(entry)
    if set(given) != {"folder", "record_id", "number", "serial"} or not all(isinstance(v, str) for v in given.values()):
        raise ValueError("not a line of a package")
    return PackedRecord(**given)


def _key_list(bag: Bag, data: bytes, root: str, known: KeyList | None) -> KeyList:
    """The list to believe, once every earlier one was found and linked.   Raises: KeyListRefused, BagRefused."""
    key_list = KeyList.load(data, root_fingerprint=root)
    lists = {bag.digests[KEY_LIST]: key_list}
    for name in sorted(bag.digests):
        if name.startswith(EARLIER_LISTS):
            lists[bag.digests[name]] = KeyList.load(bag.read(name), root_fingerprint=root)
    ordered = sorted(lists.items(), key=lambda pair: -pair[1].sequence)
    if ordered[0][1] is not key_list:
        raise KeyListRefused("an earlier key list is newer than the one of the package")
    for (_, later), (digest, earlier) in itertools.pairwise(ordered):
        if later.sequence != earlier.sequence + 1 or later.previous_sha256 not in (None, digest):
            raise KeyListRefused(f"the key list before number {later.sequence} is missing or another one")
    if ordered[-1][1].sequence != 1:
        raise KeyListRefused(f"the key lists before number {ordered[-1][1].sequence} are missing")
    if bag.read(ROOT) != f"{key_list.root_fingerprint}\n".encode():
        raise KeyListRefused("the package names another root than its key list")
    if known is not None and known.root_fingerprint != key_list.root_fingerprint:
        raise KeyListRefused("the key list that is known already is one of another root")
    return known if known is not None and known.sequence > key_list.sequence else key_list


def _parts(bag: Bag, package: _Package, key_list: KeyList, made_at: datetime | None) -> Finding:
    try:
        _check_parts(bag, package, key_list, made_at)
    except PrintServerError as problem:
        return Finding(Check.PARTS, str(problem))
    return Finding(Check.PARTS)


def _check_parts(bag: Bag, package: _Package, key_list: KeyList, made_at: datetime | None) -> None:
    """Raises: PackageRefused unless what can be made anew comes out the same, and nothing lies beside it."""
    facts = package.facts
    if made_at is None or (facts.issuer, facts.root, facts.made_at) != (
        key_list.issuer, key_list.root_fingerprint, made_at,
    ):  # fmt: skip
        raise PackageRefused("package.json says something else than keys and records")
    for name, expected in (
        (PACKAGE, facts.package_json()),
        (README, facts.readme()),
    ):
        if bag.read(name) != expected:
            raise PackageRefused(f"{name} is not what belongs into this package")
    if bag.info != facts.info(bag.sizes):
        raise PackageRefused("bag-info.txt is not what belongs to this package")
    known = {PACKAGE, README, KEY_LIST, ROOT}
    inside = tuple(f"{RECORDS}{folder}/" for folder in package.folders)
    for name in bag.digests:
        if name not in known and not name.startswith((EARLIER_LISTS, *inside)):
            raise PackageRefused(f"{name} belongs to no record of the package")
