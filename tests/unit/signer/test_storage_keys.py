"""Keys of sealed objects through the signer: who may, which object, how often, and what the log says of it."""

from __future__ import annotations

import os
import threading
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from structlog.testing import capture_logs

from printserver.audit.log import append
from printserver.audit.queries import AuditSearch, find_entries
from printserver.signer.daemon import Signer, _Server
from printserver.signer.keys import KEY_ENCRYPTION_LABEL
from printserver.signer.storage_keys import BY_SIGNER, LATE, KeyEncryptionKeyMade, OwnStorageKeys, StorageKeys
from printserver.signing.client import SignerClient
from printserver.signing.errors import KeyEncryptionKeyMissing, StorageKeysTooMany, TokenSetupRefused, WrappedKeyRefused
from printserver.signing.hsm import Hsm, KeyKind
from printserver.signing.token_setup import read_pin
from printserver.storage.blobs import FolderBlobs
from printserver.storage.sealed import Belonging, SealedNotGenuine, seal, unseal
from printserver.storage.store_settings import ObjectStoreSettings
from printserver.storage.vault import Vaults
from tests.hsm_token import make_empty_token
from tests.signing_world import SigningWorld

STORING, ISSUING = 4712, 4711
KEY = bytes(range(32))


@dataclass
class Minutes:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def storage(signed: SigningWorld, *, per_minute: int = 100, clock: Minutes | None = None) -> StorageKeys:
    return StorageKeys(signed.hsm, signed.database, per_minute, clock or Minutes())


def signer(signed: SigningWorld, *, storage_clients: frozenset[int] = frozenset({STORING})) -> Signer:
    return Signer(
        signed.issuing,
        signed.registering,
        frozenset({ISSUING}),
        storage=storage(signed),
        storage_clients=storage_clients,
    )


def object_of(signed: SigningWorld) -> Belonging:
    return Belonging(signed.world.home.id, "identity-evidence", uuid4())


def recorded(signed: SigningWorld, belongs: Belonging) -> list[str]:
    with signed.database.reading() as work:
        found = find_entries(work, AuditSearch(subject_id=belongs.object_id), limit=50).entries
    return [entry.event for entry in reversed(found)]


def ask(what: str, key: bytes, belongs: Belonging) -> dict[str, Any]:
    named = {
        "organisation_id": str(belongs.organisation_id),
        "kind": belongs.kind,
        "object_id": str(belongs.object_id),
    }
    return {"do": what, "key": b64encode(key).decode(), "of": named}


def test_a_key_is_wrapped_and_comes_back_for_its_object_and_the_log_names_it(sqlite_signing_world: SigningWorld):
    keys, belongs = storage(sqlite_signing_world), object_of(sqlite_signing_world)
    wrapped = keys.wrap(KEY, belongs, STORING)
    assert KEY not in wrapped
    assert keys.unwrap(wrapped, belongs, STORING) == KEY
    assert recorded(sqlite_signing_world, belongs) == ["StorageKeyWrapped", "StorageKeyUnwrapped"]
    with sqlite_signing_world.database.reading() as work:
        bodies = [each.facts for each in find_entries(work, AuditSearch(subject_id=belongs.object_id), limit=9).entries]
    assert bodies == [{"kind": "identity-evidence", "system_user": STORING}] * 2


def test_a_wrapped_key_is_given_for_no_other_object(sqlite_signing_world: SigningWorld):
    keys, belongs = storage(sqlite_signing_world), object_of(sqlite_signing_world)
    wrapped = keys.wrap(KEY, belongs, STORING)
    others = (
        replace(belongs, object_id=uuid4()),
        replace(belongs, organisation_id=UUID(int=9)),
        replace(belongs, kind="archive"),
    )
    for other in others:
        with pytest.raises(WrappedKeyRefused):
            keys.unwrap(wrapped, other, STORING)
    assert recorded(sqlite_signing_world, others[0]) == ["StorageKeyRefused"]
    assert recorded(sqlite_signing_world, belongs) == ["StorageKeyWrapped", "StorageKeyRefused", "StorageKeyRefused"]


def test_rubbish_is_refused_and_does_not_stop_the_token(sqlite_signing_world: SigningWorld):
    keys, belongs = storage(sqlite_signing_world), object_of(sqlite_signing_world)
    wrapped = keys.wrap(KEY, belongs, STORING)
    changed = (bytes([byte ^ 1, *wrapped[at + 1 :]]) for at, byte in enumerate(wrapped))
    rubbish = [b"", b"x", bytes(40), bytes(72), bytes(144), bytes(100_000), wrapped[:-8], wrapped + bytes(8)]
    for forged in [*rubbish, *changed]:
        with pytest.raises(WrappedKeyRefused):
            keys.unwrap(forged, belongs, STORING)
    assert keys.unwrap(wrapped, belongs, STORING) == KEY
    assert len(sqlite_signing_world.hsm.sign_p256("tree-head", bytes(32))) == 64


def test_whoever_may_store_has_nothing_signed_and_whoever_may_issue_opens_nothing(sqlite_signing_world: SigningWorld):
    (authorisation,) = sqlite_signing_world.authorisations(sqlite_signing_world.world.authorised())
    asked, belongs = signer(sqlite_signing_world), object_of(sqlite_signing_world)
    wrapped = storage(sqlite_signing_world).wrap(KEY, belongs, STORING)
    signing = (
        {"do": "issue", "authorisation_id": str(authorisation.id)},
        {"do": "register", "statement_id": str(uuid4())},
        {"do": "make-seal", "organisation": 1, "seal_id": str(uuid4())},
        {"do": "destroy-seal-key", "organisation": 1, "seal_id": str(uuid4())},
    )
    with sqlite_signing_world.nothing_changes():
        answers = [asked.answer(each, STORING) for each in signing]
        answers += [asked.answer(ask("wrap-key", KEY, belongs), uid) for uid in (ISSUING, 0, 65534)]
        answers += [asked.answer(ask("unwrap-key", wrapped, belongs), uid) for uid in (ISSUING, 0, 65534)]
    assert {answer.get("code") for answer in answers} == {"forbidden"}


@pytest.mark.parametrize(
    "changed",
    [
        {"key": "no base64!"},
        {"key": b64encode(bytes(31)).decode()},
        {"of": {}},
        {"of": {"organisation_id": "1", "kind": "k", "object_id": str(uuid4())}},
        {"of": {"organisation_id": str(uuid4()), "kind": "", "object_id": str(uuid4())}},
        {"of": {"organisation_id": str(uuid4()), "kind": "k", "object_id": str(uuid4()), "more": 1}},
        {"of": [1]},
    ],
)
def test_what_is_no_request_for_a_key_is_malformed(sqlite_signing_world: SigningWorld, changed: dict[str, Any]):
    request = ask("wrap-key", KEY, object_of(sqlite_signing_world)) | changed
    with sqlite_signing_world.nothing_changes():
        answer = signer(sqlite_signing_world).answer(request, STORING)
    assert answer["code"] == "malformed"


def test_a_user_gets_so_many_keys_a_minute_and_another_one_its_own(sqlite_signing_world: SigningWorld):
    clock, belongs = Minutes(), object_of(sqlite_signing_world)
    keys = storage(sqlite_signing_world, per_minute=3, clock=clock)
    for _ in range(3):
        keys.wrap(KEY, belongs, STORING)
    with pytest.raises(StorageKeysTooMany):
        keys.wrap(KEY, belongs, STORING)
    keys.wrap(KEY, belongs, STORING + 1)
    clock.now += 20
    keys.wrap(KEY, belongs, STORING)
    with pytest.raises(StorageKeysTooMany):
        keys.wrap(KEY, belongs, STORING)
    assert len(recorded(sqlite_signing_world, belongs)) == 5


@pytest.fixture
def served(sqlite_signing_world: SigningWorld) -> Iterator[tuple[SigningWorld, SignerClient]]:
    """The signer's real socket, with the test's own user as who may store."""
    settings = sqlite_signing_world.settings
    settings.signer_socket.parent.mkdir(exist_ok=True)
    server = _Server(settings, signer(sqlite_signing_world, storage_clients=frozenset({os.geteuid()})))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield sqlite_signing_world, SignerClient(settings.signer_socket, timeout=20)
    server.shutdown()
    thread.join()
    server.server_close()


def test_objects_are_sealed_and_opened_over_the_socket(served: tuple[SigningWorld, SignerClient]):
    signed, client = served
    belongs = object_of(signed)
    blob = seal(b"a passport", belongs, client)
    assert unseal(blob, belongs, client) == b"a passport"
    with pytest.raises(SealedNotGenuine):
        unseal(blob, replace(belongs, object_id=uuid4()), client)


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Hsm]:
    """A token whose ceremony made no key for storage."""
    settings, pin_file = make_empty_token(tmp_path / "empty")
    hsm = Hsm(settings, pin=read_pin(pin_file))
    hsm.generate_key("code", KeyKind.P_256, b"\x01")
    yield hsm
    hsm.close()


def test_an_installation_without_the_key_gets_it_once(sqlite_signing_world: SigningWorld, empty: Hsm):
    keys = StorageKeys(empty, sqlite_signing_world.database, 10)
    belongs = object_of(sqlite_signing_world)
    with pytest.raises(KeyEncryptionKeyMissing):
        keys.wrap(KEY, belongs, STORING)
    assert len(empty.sign_p256("code", bytes(32))) == 64
    for _ in range(2):
        keys.make_key_unless_there(lambda: False)
    assert empty.labels() == ["code", KEY_ENCRYPTION_LABEL]
    assert keys.unwrap(keys.wrap(KEY, belongs, STORING), belongs, STORING) == KEY


def test_a_lost_key_is_not_replaced_in_silence(sqlite_signing_world: SigningWorld, empty: Hsm):
    belongs = object_of(sqlite_signing_world)
    wrapped = storage(sqlite_signing_world).wrap(KEY, belongs, STORING)
    keys = StorageKeys(empty, sqlite_signing_world.database, 10)
    keys.make_key_unless_there(lambda: False)
    assert empty.labels() == ["code"]
    with pytest.raises(KeyEncryptionKeyMissing, match="restore the token's backup"):
        keys.unwrap(wrapped, belongs, STORING)


def test_a_vault_that_was_made_shows_that_the_key_was_used(sqlite_signing_world: SigningWorld, empty: Hsm):
    StorageKeys(empty, sqlite_signing_world.database, 10).make_key_unless_there(lambda: True)
    assert empty.labels() == ["code"]


def test_a_vault_is_opened_for_whoever_is_writing_to_the_database(sqlite_signing_world: SigningWorld, tmp_path: Path):
    """Its entry follows: on SQLite it would otherwise wait for a transaction that waits for the key."""
    owner, own = uuid4(), OwnStorageKeys(storage(sqlite_signing_world), os.geteuid())
    vault = Belonging(owner, "vault", owner)
    with sqlite_signing_world.database.work() as work:
        append(work, BY_SIGNER, KeyEncryptionKeyMade())
        key = Vaults(FolderBlobs(tmp_path), own).key(owner)
        assert Vaults(FolderBlobs(tmp_path), own).key(owner) == key
    for late in [each for each in threading.enumerate() if each.name == LATE]:
        late.join()
    assert sorted(recorded(sqlite_signing_world, vault)) == ["VaultKeyGiven", "VaultKeyMade"]


def test_a_token_that_cannot_wrap_is_refused_unless_the_settings_let_nothing_be_sealed(
    sqlite_signing_world: SigningWorld, tmp_path: Path
):
    settings, pin_file = make_empty_token(tmp_path / "token")
    hsm = Hsm(replace(settings, wrapping=""), pin=read_pin(pin_file))
    keys = StorageKeys(hsm, sqlite_signing_world.database, 10)
    try:
        with pytest.raises(TokenSetupRefused, match=r"object_store\.sealed = false"):
            keys.require_use(ObjectStoreSettings())
        with capture_logs() as said:
            keys.require_use(ObjectStoreSettings(sealed=False))
    finally:
        hsm.close()
    assert [(each["log_level"], each["event"][:30]) for each in said] == [("warning", "STORED OBJECTS ARE NOT SEALED:")]
