"""Everything is wrapped anew under the newest key: whoever is killed, seals or erases meanwhile, nothing is lost."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from printserver.audit.queries import newest_facts
from printserver.foundation.errors import PrintServerError
from printserver.foundation.unit_of_work import Database
from printserver.organisations.identity_proof import Document
from printserver.organisations.identity_proof_intake import (
    EvidenceFile,
    NewProof,
    SealedProof,
    open_file,
    open_number,
    seal_proof,
    submit_proof,
)
from printserver.organisations.identity_proof_models import IdentityEvidence, IdentityProof
from printserver.signer.key_encryption import HsmKeys, label_of
from printserver.signer.rewrapping import Renewed, Rewrapping
from printserver.signing.errors import KeyEncryptionKeyInUse, KeyEncryptionKeyMissing, WrappedKeyRefused
from printserver.signing.hsm import Hsm, KeyKind
from printserver.signing.token_setup import read_pin
from printserver.storage.blobs import Blobs, FolderBlobs
from printserver.storage.sealed import Belonging, Sealed
from printserver.storage.sealed_objects import SealedObjects
from printserver.storage.unguarded_keys import UnguardedKeys
from printserver.storage.vault import FILE, VaultKeyLost, Vaults
from tests.databases import any_database, database_kit, postgresql_supply, sqlite_database, sqlite_template
from tests.hsm_token import make_empty_token
from tests.people_scene import SECRETS, Company, found
from tests.unit.storage.test_sealed_objects import DyingBlobs, Killed

__all__ = ["any_database", "database_kit", "postgresql_supply", "sqlite_database", "sqlite_template"]

NUMBER = "11010519491231002X"
PICTURE = b"%PDF-1.7 a card"
CONTRACT = b"a contract"


@dataclass(frozen=True)
class InterruptedKeys(HsmKeys):
    """Lets something happen just before a key is wrapped."""

    meanwhile: Callable[[], None]

    def wrap(self, key: bytes, belongs: Belonging) -> bytes:
        self.meanwhile()
        return super().wrap(key, belongs)


@dataclass
class Installation:
    """A company with a stored contract and proofs of identity, all under the first generation."""

    hsm: Hsm
    company: Company
    folder: Path
    proofs: list[UUID] = field(default_factory=list)

    def __post_init__(self) -> None:
        for part in ("contents", "keys"):
            (self.folder / part).mkdir()
        self.make_key(1)
        self.contract = self.objects().put(CONTRACT, self.owner)

    @property
    def owner(self) -> UUID:
        return self.company.organisation_id

    @property
    def database(self) -> Database:
        return self.company.database

    @property
    def store(self) -> FolderBlobs:
        return FolderBlobs(self.folder / "keys")

    @property
    def vault_file(self) -> Path:
        return self.folder / "keys" / str(self.owner) / FILE

    def objects(self) -> SealedObjects:
        """As a process has them that holds no key yet."""
        return SealedObjects(FolderBlobs(self.folder / "contents"), Vaults(self.store, HsmKeys(self.hsm)))

    def make_key(self, number: int) -> None:
        self.hsm.generate_key(label_of(number), KeyKind.AES_256, secrets.token_bytes(8))

    def sealed(self) -> SealedProof:
        """Sealed, and not written down yet."""
        return seal_proof(self.objects(), HsmKeys(self.hsm), self.owner, NUMBER, [EvidenceFile("card", PICTURE, 1)])

    def write(self, sealed: SealedProof, login: str = "clerk") -> None:
        with self.database.work() as work:
            new = NewProof(Document.RESIDENT_ID, "李四", NUMBER, None, person_id=self.company.people[login])
            submit_proof(work, self.company.actor(work, login), new, sealed, SECRETS)
        self.proofs.append(sealed.id)

    def rewrapping(self, keys: HsmKeys | None = None, store: Blobs | None = None) -> Rewrapping:
        keys = keys or HsmKeys(self.hsm)
        return Rewrapping(keys, self.database, Vaults(store or self.store, keys), batch=2)

    def require_all_open(self) -> None:
        """As whoever reads them."""
        assert self.objects().get(self.contract, self.owner) == CONTRACT
        keys = HsmKeys(self.hsm)
        with self.database.reading() as work:
            proofs = work.session.scalars(select(IdentityProof)).all()
            evidence = work.session.scalars(select(IdentityEvidence)).all()
        assert {proof.id for proof in proofs} == set(self.proofs)
        for proof in proofs:
            if proof.wrapped_key is not None and proof.sealed_number is not None:
                assert open_number(keys, self.owner, proof.id, proof.sealed_number, proof.wrapped_key) == NUMBER
        for file in evidence:
            if file.wrapped_key is not None:
                content = Sealed(file.wrapped_key, self.objects().get(file.object_sha256, self.owner))
                assert open_file(keys, self.owner, file.id, content) == PICTURE

    def erase(self, proof_id: UUID) -> None:
        with self.database.work() as work:
            for row, where in ((IdentityProof, IdentityProof.id), (IdentityEvidence, IdentityEvidence.proof_id)):
                work.session.execute(update(row).where(where == proof_id).values(wrapped_key=None))

    def erased(self) -> list[UUID]:
        with self.database.reading() as work:
            return list(work.session.scalars(select(IdentityProof.id).where(IdentityProof.wrapped_key.is_(None))))


@pytest.fixture
def hsm(tmp_path: Path) -> Iterator[Hsm]:
    settings, pin_file = make_empty_token(tmp_path / "token")
    opened = Hsm(settings, pin=read_pin(pin_file))
    yield opened
    opened.close()


@pytest.fixture
def installation(hsm: Hsm, sqlite_database: Database, tmp_path: Path) -> Installation:
    return filled(hsm, sqlite_database, tmp_path)


@pytest.fixture
def any_installation(hsm: Hsm, any_database: Database, tmp_path: Path) -> Installation:
    return filled(hsm, any_database, tmp_path)


def filled(hsm: Hsm, database: Database, folder: Path) -> Installation:
    made = Installation(hsm, found(database), folder)
    for login in ("clerk", "approver", "custodian"):
        made.write(made.sealed(), login)
    return made


def refused(kind: type[PrintServerError], installation: Installation, number: int) -> str:
    """Nothing is proved of a generation; says why."""
    with pytest.raises(kind) as problem:
        installation.rewrapping().require_unused(number)
    return str(problem.value)


def test_all_that_an_earlier_key_wraps_is_wrapped_by_the_newest_and_then_needs_no_other(any_installation: Installation):
    unnamed = any_installation.hsm.wrap("key-encryption", bytes(32) + any_vault(any_installation).digest)
    assert any_installation.rewrapping().standing() == {1: 7}
    assert any_installation.rewrapping().run() == Renewed(0, ())
    any_installation.make_key(2)
    assert any_installation.rewrapping().run() == Renewed(7, ())
    assert any_installation.rewrapping().run() == Renewed(0, ())
    assert any_installation.rewrapping().standing() == {2: 7}
    any_installation.require_all_open()
    any_installation.rewrapping().require_unused(1)
    any_installation.hsm.delete_key("key-encryption")
    any_installation.require_all_open()
    with pytest.raises(KeyEncryptionKeyMissing):
        HsmKeys(any_installation.hsm).unwrap(unnamed, any_vault(any_installation))
    said = [facts for facts in recorded(any_installation.database) if facts["label"] == "key-encryption.2"]
    assert sum(facts["keys"] for facts in said) == 7
    assert {facts["kind"] for facts in said} == {"vault", "identity-number", "identity-evidence"}


def any_vault(installation: Installation) -> Belonging:
    return Belonging(installation.owner, "vault", installation.owner)


def recorded(database: Database) -> list[Mapping[str, Any]]:
    with database.reading() as work:
        return [facts for page in newest_facts(work, "WrappedKeysRenewed") for facts in page]


@pytest.mark.parametrize("death", ["before 0", "after 0"])
def test_a_kill_at_the_vault_leaves_it_under_the_old_key_or_the_new_one(installation: Installation, death: str):
    installation.make_key(2)
    with pytest.raises(Killed):
        installation.rewrapping(store=DyingBlobs(installation.store, [death], [])).run()
    installation.require_all_open()
    assert installation.rewrapping().standing() == ({1: 7} if death == "before 0" else {1: 6, 2: 1})
    assert "still wraps" in refused(KeyEncryptionKeyInUse, installation, 1)
    installation.rewrapping().run()
    assert installation.rewrapping().standing() == {2: 7}
    installation.require_all_open()


def test_whoever_is_killed_between_any_two_keys_has_lost_none_and_the_next_one_goes_on(any_installation: Installation):
    """Killed after no key, begun again and killed after one, after two, and so on."""
    any_installation.make_key(2)
    standings = list[int]()
    for alive in range(7):
        steps = iter([None] * alive)

        def die(steps: Iterator[None] = steps) -> None:
            if next(steps, Killed) is Killed:
                raise Killed

        with contextlib.suppress(Killed):
            any_installation.rewrapping(InterruptedKeys(any_installation.hsm, die)).run()
        any_installation.require_all_open()
        standings.append(any_installation.rewrapping().standing()[1])
    assert standings == sorted(standings, reverse=True)
    assert len(set(standings)) >= 4
    assert any_installation.rewrapping().standing() == {2: 7}
    any_installation.rewrapping().require_unused(1)


def test_who_seals_or_erases_meanwhile_is_neither_lost_nor_brought_back(any_installation: Installation):
    """At the first row, and at the last one of the first pass."""
    late, erased = any_installation.sealed(), any_installation.proofs[0]
    any_installation.make_key(2)
    nothing = [None] * 3
    erasing, writing = lambda: any_installation.erase(erased), lambda: any_installation.write(late, "auditor")
    between = iter([None, erasing, *nothing, writing])

    def meanwhile() -> None:
        happens = next(between, None)
        if happens is not None:
            happens()

    any_installation.rewrapping(InterruptedKeys(any_installation.hsm, meanwhile)).run()
    assert any_installation.erased() == [erased]
    assert any_installation.rewrapping().standing() == {2: 7}
    any_installation.require_all_open()


def test_what_is_written_down_after_the_last_pass_keeps_the_old_key(installation: Installation):
    late = installation.sealed()
    installation.make_key(2)
    installation.rewrapping().run()
    installation.rewrapping().require_unused(1)
    installation.write(late, "auditor")
    assert "identity-number" in refused(KeyEncryptionKeyInUse, installation, 1)
    assert installation.rewrapping().run() == Renewed(2, ())
    installation.rewrapping().require_unused(1)
    installation.require_all_open()


def test_not_finding_a_vault_or_any_organisation_proves_nothing(installation: Installation, tmp_path: Path):
    installation.make_key(2)
    installation.rewrapping().run()
    (tmp_path / "empty").mkdir()
    with pytest.raises(KeyEncryptionKeyInUse, match="not to be found"):
        installation.rewrapping(store=FolderBlobs(tmp_path / "empty")).require_unused(1)
    installation.vault_file.rename(tmp_path / "vault")
    (installation.vault_file.parent / "ab").mkdir(exist_ok=True)
    refused(VaultKeyLost, installation, 1)
    with pytest.raises(VaultKeyLost):
        installation.rewrapping().run()
    (tmp_path / "vault").rename(installation.vault_file)
    installation.rewrapping().require_unused(1)


def test_a_database_without_an_organisation_proves_nothing(hsm: Hsm, sqlite_database: Database, tmp_path: Path):
    keys = HsmKeys(hsm)
    with pytest.raises(KeyEncryptionKeyInUse, match="not to be found"):
        Rewrapping(keys, sqlite_database, Vaults(FolderBlobs(tmp_path), keys)).require_unused(1)


def test_what_no_key_opens_is_left_as_it_is_told_and_keeps_the_old_key(installation: Installation):
    damaged = installation.proofs[0]
    with installation.database.work() as work:
        work.session.execute(update(IdentityProof).where(IdentityProof.id == damaged).values(wrapped_key=bytes(72)))
    installation.make_key(2)
    told = Belonging(installation.owner, "identity-number", damaged)
    assert installation.rewrapping().run() == Renewed(6, (told,))
    assert installation.rewrapping().run() == Renewed(0, (told,))
    assert str(damaged) in refused(KeyEncryptionKeyInUse, installation, 1)
    installation.erase(damaged)
    installation.rewrapping().require_unused(1)


def test_a_key_that_the_token_does_not_open_keeps_the_old_one(installation: Installation):
    installation.make_key(2)
    installation.rewrapping().run()
    installation.make_key(3)
    installation.hsm.delete_key("key-encryption.2")
    refused(KeyEncryptionKeyMissing, installation, 1)
    with pytest.raises(KeyEncryptionKeyMissing):
        installation.rewrapping().run()
    installation.make_key(2)
    refused(WrappedKeyRefused, installation, 1)


def test_what_the_token_does_not_give_back_takes_nothings_place(installation: Installation):
    class Wrong(HsmKeys):
        def wrap(self, key: bytes, belongs: Belonging) -> bytes:
            return super().wrap(bytes(32), belongs)

    installation.make_key(2)
    with pytest.raises(WrappedKeyRefused):
        installation.rewrapping(Wrong(installation.hsm)).run()
    assert installation.rewrapping().standing() == {1: 7}
    installation.require_all_open()


def test_vaults_in_the_clear_are_left_alone_and_rows_are_wrapped_anew(installation: Installation):
    key = Vaults(installation.store, HsmKeys(installation.hsm)).key(installation.owner)
    clear = UnguardedKeys().wrap(key, any_vault(installation))
    installation.vault_file.write_bytes(clear)
    installation.make_key(2)
    assert installation.rewrapping().run() == Renewed(6, ())
    assert installation.vault_file.read_bytes() == clear
    installation.rewrapping().require_unused(1)


def test_who_could_read_a_vault_can_read_it_afterwards(installation: Installation):
    """An administrator wraps, whose files the server's processes could not read."""
    installation.vault_file.chmod(0o660)
    if os.geteuid() == 0:
        os.chown(installation.vault_file, 4711, 4712)
    before = installation.vault_file.stat()
    installation.make_key(2)
    installation.rewrapping().run()
    after = installation.vault_file.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    assert [file.name for file in installation.vault_file.parent.iterdir() if file.is_file()] == [FILE]
