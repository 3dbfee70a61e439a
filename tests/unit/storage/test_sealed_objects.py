"""Nothing in clear, nothing taken for another thing, nothing lost to a kill, and gone when it is erased."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from printserver.foundation.errors import NotFound, Unavailable
from printserver.storage.blobs import Blobs, FolderBlobs
from printserver.storage.objects import ObjectChanged, ObjectErased
from printserver.storage.sealed import CHUNK, encrypt
from printserver.storage.sealed_objects import SealedObjects, _Generation
from printserver.storage.setting_aside import AsideObjects
from printserver.storage.vault import FILE, VaultKeyLost, Vaults
from tests.key_wrapping import SoftwareKeyWrapper
from tests.unit.storage.test_objects import stored_files

OWNER, OTHER = uuid4(), uuid4()
CONTRACT = b"the secret price is 4711.08 yuan"


class Killed(BaseException):
    """The process ends here."""


@dataclass
class DyingBlobs:
    """Ends the process at one of its writes, before or after that write, told in the order of all of them."""

    blobs: Blobs
    deaths: list[str]
    writes: list[str]

    def create(self, name: str, data: bytes) -> bool:
        return bool(self._write("create", lambda: self.blobs.create(name, data)))

    def write(self, name: str, parts: Iterable[bytes]) -> None:
        self._write("write", lambda: self.blobs.write(name, parts))

    def replace(self, name: str, data: bytes) -> None:
        self._write("replace", lambda: self.blobs.replace(name, data))

    def read(self, name: str) -> bytes | None:
        return self.blobs.read(name)

    def delete(self, name: str) -> None:
        self._write("delete", lambda: self.blobs.delete(name))

    def names(self, folder: str) -> Iterator[str]:
        return self.blobs.names(folder)

    def _write(self, what: str, write):
        number = len(self.writes)
        self.writes.append(what)
        if self.deaths == [f"before {number}"]:
            raise Killed
        done = write()
        if self.deaths == [f"after {number}"]:
            raise Killed
        return done


@dataclass
class Disk:
    folder: Path
    wrapper: SoftwareKeyWrapper = field(default_factory=SoftwareKeyWrapper)

    def __post_init__(self) -> None:
        for part in (self.contents, self.keys):
            part.mkdir(parents=True, exist_ok=True)

    @property
    def contents(self) -> Path:
        return self.folder / "contents"

    @property
    def keys(self) -> Path:
        return self.folder / "keys"

    def process(self, *deaths: str) -> SealedObjects:
        """A new one, which holds no key yet.   deaths: at which write it is killed."""
        killed, writes = list(deaths), list[str]()
        contents, keys = (DyingBlobs(FolderBlobs(each), killed, writes) for each in (self.contents, self.keys))
        return SealedObjects(contents, Vaults(keys, self.wrapper))

    def content(self, digest: str, owner: UUID = OWNER) -> Path:
        (found,) = self.contents.rglob(f"{owner}/*/{digest}.*")
        return found

    def key(self, digest: str, owner: UUID = OWNER) -> Path:
        return self.keys / str(owner) / digest[:2] / digest


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path)


def test_what_lies_on_the_disk_holds_nothing_of_the_content(disk: Disk):
    data = CONTRACT + os.urandom(3_000_000)
    disk.process().put(data, OWNER)
    written = b"".join(file.read_bytes() for file in stored_files(disk.folder))
    assert len(written) > len(data)
    assert not any(data[start : start + 16] in written for start in range(0, len(data) - 16, 50_000))
    assert CONTRACT not in written


def test_another_process_reads_it_after_one_question_to_the_hsm_for_all_objects(disk: Disk):
    digests = [disk.process().put(b"%d" % number, OWNER) for number in range(3)]
    reader = disk.process()
    asked = len(disk.wrapper.asked)
    assert [reader.get(each, OWNER) for each in digests] == [b"0", b"1", b"2"]
    (question,) = disk.wrapper.asked[asked:]
    assert question[0] == "unwrap"
    assert (question[1].kind, question[1].organisation_id, question[1].object_id) == ("vault", OWNER, OWNER)


def test_while_the_hsm_is_away_a_process_that_asked_before_goes_on_and_another_one_waits(disk: Disk):
    held = disk.process()
    digest = held.put(CONTRACT, OWNER)
    disk.wrapper.away = True
    assert held.get(digest, OWNER) == CONTRACT
    later = held.put(b"another", OWNER)
    before = stored_files(disk.folder)
    waiting = disk.process()
    for refused in (lambda: waiting.get(digest, OWNER), lambda: waiting.put(b"new", OWNER)):
        with pytest.raises(Unavailable):
            refused()
    assert stored_files(disk.folder) == before
    disk.wrapper.away = False
    assert waiting.get(later, OWNER) == b"another"


def test_a_swapped_content_is_refused(disk: Disk):
    objects = disk.process()
    one, other = objects.put(b"one", OWNER), objects.put(b"two", OWNER)
    shutil.copyfile(disk.content(other), disk.content(one))
    with pytest.raises(ObjectChanged) as refused:
        objects.get(one, OWNER)
    assert refused.value.code == "object-changed"
    with pytest.raises(ObjectChanged):
        objects.put(b"one", OWNER)
    assert objects.get(other, OWNER) == b"two"


def test_the_key_and_content_of_another_object_are_refused_under_its_name(disk: Disk):
    objects = disk.process()
    one, other = objects.put(b"one", OWNER), objects.put(b"two", OWNER)
    moved = disk.content(one).with_name(disk.content(other).name.replace(other, one))
    shutil.copyfile(disk.content(other), moved)
    shutil.copyfile(disk.key(other), disk.key(one))
    with pytest.raises(ObjectChanged):
        objects.get(one, OWNER)


def test_an_object_of_another_organisation_is_refused_though_its_files_lie_where_ours_would(disk: Disk):
    objects = disk.process()
    digest = objects.put(CONTRACT, OWNER)
    objects.put(b"its own", OTHER)
    for kind in (disk.contents, disk.keys):
        (kind / str(OTHER) / digest[:2]).mkdir(exist_ok=True)
    shutil.copyfile(disk.key(digest), disk.key(digest, OTHER))
    ours = disk.content(digest)
    shutil.copyfile(ours, disk.contents / str(OTHER) / digest[:2] / ours.name)
    with pytest.raises(ObjectChanged):
        objects.get(digest, OTHER)


def test_the_vault_of_another_organisation_opens_nothing_in_the_place_of_ours(disk: Disk):
    objects = disk.process()
    digest = objects.put(CONTRACT, OWNER)
    objects.put(CONTRACT, OTHER)
    shutil.copyfile(disk.keys / str(OTHER) / FILE, disk.keys / str(OWNER) / FILE)
    with pytest.raises(Exception, match="another object") as refused:
        disk.process().get(digest, OWNER)
    assert getattr(refused.value, "code", "") == "sealed-not-genuine"


@pytest.mark.parametrize("part", ["content", "key"])
def test_one_changed_byte_anywhere_is_refused(disk: Disk, part: str):
    objects = disk.process()
    digest = objects.put(b"one", OWNER)
    file = disk.content(digest) if part == "content" else disk.key(digest)
    stored = file.read_bytes()
    for changed in (*(stored[:at] + bytes([stored[at] ^ 1]) + stored[at + 1 :] for at in range(len(stored))), b""):
        file.write_bytes(changed)
        with pytest.raises((ObjectChanged, NotFound)):
            objects.get(digest, OWNER)
    file.write_bytes(stored)
    assert objects.get(digest, OWNER) == b"one"


def test_a_lost_vault_key_is_not_replaced_in_silence(disk: Disk):
    digest = disk.process().put(CONTRACT, OWNER)
    (disk.keys / str(OWNER) / FILE).unlink()
    objects = disk.process()
    before = stored_files(disk.folder)
    for refused in (lambda: objects.get(digest, OWNER), lambda: objects.put(b"new", OWNER)):
        with pytest.raises(VaultKeyLost):
            refused()
    assert stored_files(disk.folder) == before


def test_erasing_forgets_the_key_so_that_kept_copies_of_the_content_are_worth_nothing(disk: Disk):
    objects = disk.process()
    digest = objects.put(CONTRACT, OWNER)
    content, kept = disk.content(digest), disk.content(digest).read_bytes()
    objects.erase(digest, OWNER)
    assert [file.read_bytes() for file in stored_files(disk.contents)] == []
    content.write_bytes(kept)
    with pytest.raises(ObjectErased):
        objects.get(digest, OWNER)
    assert objects.put(CONTRACT, OWNER) == digest
    assert objects.get(digest, OWNER) == CONTRACT
    assert len(stored_files(disk.contents)) == 2, "the old copy and the new one"


def test_a_content_that_was_lost_is_stored_again_by_whoever_brings_it(disk: Disk):
    objects = disk.process()
    digest = objects.put(CONTRACT, OWNER)
    disk.content(digest).unlink()
    with pytest.raises(NotFound):
        objects.get(digest, OWNER)
    assert objects.put(CONTRACT, OWNER) == digest
    assert objects.get(digest, OWNER) == CONTRACT


@pytest.mark.parametrize("death", [f"{when} {write}" for write in range(3) for when in ("before", "after")])
def test_a_kill_while_storing_leaves_the_object_whole_or_not_there_and_the_next_one_stores_it(disk: Disk, death: str):
    with pytest.raises(Killed):
        disk.process(death).put(CONTRACT, OWNER)
    objects = disk.process()
    for digest in objects.digests(OWNER):
        assert objects.get(digest, OWNER) == CONTRACT
    digest = objects.put(CONTRACT, OWNER)
    assert disk.process().get(digest, OWNER) == CONTRACT


@pytest.mark.parametrize("death", [f"{when} {write}" for write in range(3) for when in ("before", "after")])
def test_a_kill_while_erasing_leaves_it_whole_or_gone_and_the_next_one_ends_it(disk: Disk, death: str):
    digest = disk.process().put(CONTRACT, OWNER)
    with pytest.raises(Killed):
        disk.process(death).erase(digest, OWNER)
    objects = disk.process()
    if digest in objects.digests(OWNER):
        assert objects.get(digest, OWNER) == CONTRACT
    else:
        with pytest.raises(ObjectErased):
            objects.get(digest, OWNER)
    again = Disk(disk.folder / "restored", disk.wrapper)
    shutil.copytree(disk.contents, again.contents, dirs_exist_ok=True)
    shutil.copytree(disk.keys, again.keys, dirs_exist_ok=True)
    assert again.process().put(CONTRACT, OWNER) == digest
    assert again.process().get(digest, OWNER) == CONTRACT
    objects.erase(digest, OWNER)
    assert stored_files(disk.contents) == []
    with pytest.raises(ObjectErased):
        objects.get(digest, OWNER)


def test_a_store_that_was_asked_twice_for_one_write_loses_nothing(disk: Disk):
    """As a bucket does whose answer was lost: the second try says that the name is taken."""

    @dataclass
    class Repeating(DyingBlobs):
        def create(self, name: str, data: bytes) -> bool:
            self.blobs.create(name, data)
            return self.blobs.create(name, data)

    contents, keys = (Repeating(FolderBlobs(each), [], []) for each in (disk.contents, disk.keys))
    objects = SealedObjects(contents, Vaults(keys, disk.wrapper))
    digest = objects.put(CONTRACT, OWNER)
    assert disk.process().get(digest, OWNER) == CONTRACT
    assert len(stored_files(disk.contents)) == 1


@pytest.mark.parametrize("other", ["owner", "digest", "id"])
def test_a_wrapped_key_opens_no_object_of_another_owner_digest_or_generation_even_under_the_same_vault_key(other: str):
    """The vault key is another one for each owner; this holds if two ever had the same."""
    own = _Generation(uuid4(), sha256(CONTRACT).hexdigest(), b"12345678")
    vault_key, key = bytes(32), bytes(range(32))
    entry = own.entry(key, vault_key)
    assert own.key(entry, vault_key) == key
    changes: dict[str, Any] = {"owner": uuid4(), "digest": "b" * 64, "id": b"87654321"}
    with pytest.raises(ObjectChanged):
        replace(own, **{other: changes[other]}).key(entry, vault_key)
    content = encrypt(CONTRACT, key, own.associated_data)
    assert own.opened(content, key) == CONTRACT
    with pytest.raises(ObjectChanged):
        replace(own, **{other: changes[other]}).opened(content, key)


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 7])
def test_a_file_is_stored_part_by_part_as_its_bytes_are(disk: Disk, size: int):
    data = os.urandom(size)
    digest = disk.process().put_file(io.BytesIO(data), OWNER)
    assert digest == sha256(data).hexdigest()
    assert disk.process().get(digest, OWNER) == data
    assert disk.process().put(data, OWNER) == disk.process().put_file(io.BytesIO(data), OWNER) == digest
    assert len(stored_files(disk.contents)) == 1


@pytest.mark.parametrize("death", ["before 0", *(f"after {write}" for write in range(3))])
def test_a_kill_while_a_file_is_stored_leaves_it_whole_or_not_there(disk: Disk, death: str):
    with contextlib.suppress(Killed):
        disk.process(death).put_file(io.BytesIO(CONTRACT), OWNER)
    objects = disk.process()
    for digest in objects.digests(OWNER):
        assert objects.get(digest, OWNER) == CONTRACT
    assert objects.get(objects.put_file(io.BytesIO(CONTRACT), OWNER), OWNER) == CONTRACT


def test_a_file_goes_into_a_bucket_part_by_part(bucket_store: SealedObjects):
    data = os.urandom(6 * CHUNK)
    assert bucket_store.get(bucket_store.put_file(io.BytesIO(data), OWNER), OWNER) == data


@dataclass
class Interrupted(DyingBlobs):
    """Lets something else happen whole, just before a key is written."""

    meanwhile: Callable[[], None] = lambda: None

    def create(self, name: str, data: bytes) -> bool:
        if not name.endswith(FILE):
            self.meanwhile()
        return super().create(name, data)


def storing_while(disk: Disk, meanwhile: Callable[[], None]) -> SealedObjects:
    """A process whose content is stored already, its key not yet, when `meanwhile` happens."""
    keys = Interrupted(FolderBlobs(disk.keys), [], [], meanwhile)
    return SealedObjects(FolderBlobs(disk.contents), Vaults(keys, disk.wrapper))


@pytest.mark.parametrize("before", ["never stored", "erased", "half erased", "set aside"])
def test_an_erasure_takes_nothing_of_what_is_just_being_stored_under_the_same_name(disk: Disk, before: str):
    objects, digest = disk.process(), sha256(CONTRACT).hexdigest()
    aside = AsideObjects(FolderBlobs(disk.contents), FolderBlobs(disk.keys))
    if before != "never stored":
        objects.put(CONTRACT, OWNER)
    if before == "half erased":
        with pytest.raises(Killed):
            disk.process("after 2").erase(digest, OWNER)
    elif before == "set aside":
        aside.set_aside(digest, OWNER, datetime(2026, 3, 1, tzinfo=UTC))
    elif before == "erased":
        objects.erase(digest, OWNER)
    storing = storing_while(disk, lambda: disk.process().erase(digest, OWNER))
    assert storing.put(CONTRACT, OWNER) == digest
    assert disk.process().get(digest, OWNER) == CONTRACT
    assert len(stored_files(disk.contents)) == 1
    disk.process().erase(digest, OWNER)
    assert stored_files(disk.contents) == []
