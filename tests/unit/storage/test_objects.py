"""Objects are named by their bytes: written once, and refused when the bytes are no longer those."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from printserver.foundation.errors import NotFound
from printserver.storage.objects import LocalObjects, ObjectChanged, ObjectErased

OWNER, OTHER = uuid4(), uuid4()


@pytest.fixture
def objects(tmp_path: Path) -> LocalObjects:
    return LocalObjects(tmp_path)


def stored_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@given(data=some.binary(max_size=3000))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_put_is_got_under_its_digest(objects: LocalObjects, data: bytes):
    digest = objects.put(data, OWNER)
    assert digest == sha256(data).hexdigest()
    assert objects.get(digest, OWNER) == data


def test_the_same_bytes_are_stored_once_and_never_written_again(objects: LocalObjects, tmp_path: Path):
    digest = objects.put(b"contract", OWNER)
    (file,) = stored_files(tmp_path)
    written = file.stat()
    assert objects.put(b"contract", OWNER) == digest
    assert stored_files(tmp_path) == [file]
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (written.st_ino, written.st_mtime_ns)


def test_many_at_once_store_one_whole_object(objects: LocalObjects, tmp_path: Path):
    data = os.urandom(200_000)
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(objects.put, [data] * 40, [OWNER] * 40)) == {sha256(data).hexdigest()}
    assert len(stored_files(tmp_path)) == 1
    assert objects.get(sha256(data).hexdigest(), OWNER) == data


@pytest.mark.parametrize("change", [b"contracT", b"contract ", b"contrac", b""])
def test_changed_bytes_are_refused_when_read_and_when_put_again(objects: LocalObjects, tmp_path: Path, change: bytes):
    digest = objects.put(b"contract", OWNER)
    (file,) = stored_files(tmp_path)
    file.write_bytes(change)
    with pytest.raises(ObjectChanged):
        objects.get(digest, OWNER)
    with pytest.raises(ObjectChanged):
        objects.put(b"contract", OWNER)
    assert file.read_bytes() == change


@pytest.mark.parametrize(
    "name", ["", "../../etc/passwd", "a" * 63, "a" * 65, "A" * 64, "g" * 64, "/" * 64, "é" * 64, ("../" * 22)[:64]]
)
def test_a_name_that_is_no_digest_reaches_no_file(objects: LocalObjects, name: str):
    with pytest.raises(NotFound):
        objects.get(name, OWNER)
    with pytest.raises(NotFound):
        objects.erase(name, OWNER)


@pytest.mark.parametrize("owner", [OWNER, OTHER])
def test_an_object_nobody_put_is_not_found(objects: LocalObjects, owner: UUID):
    with pytest.raises(NotFound):
        objects.get("0" * 64, owner)


def test_each_organisation_finds_what_it_stored_itself(objects: LocalObjects):
    digest = objects.put(b"contract", OWNER)
    with pytest.raises(NotFound):
        objects.get(digest, OTHER)
    assert (list(objects.digests(OWNER)), list(objects.digests(OTHER))) == ([digest], [])
    objects.put(b"contract", OTHER)
    objects.erase(digest, OWNER)
    assert objects.get(digest, OTHER) == b"contract"


def test_what_is_erased_is_gone_and_can_be_stored_again(objects: LocalObjects, tmp_path: Path):
    digest = objects.put(b"contract", OWNER)
    for _ in range(2):
        objects.erase(digest, OWNER)
        assert [file.read_bytes() for file in stored_files(tmp_path)] == [b""]
        with pytest.raises(ObjectErased):
            objects.get(digest, OWNER)
    assert list(objects.digests(OWNER)) == []
    assert objects.put(b"contract", OWNER) == digest
    assert objects.get(digest, OWNER) == b"contract"
    assert list(objects.digests(OWNER)) == [digest]
