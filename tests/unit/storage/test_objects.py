"""Objects are named by their bytes: written once, each organisation's apart, and erased for good."""

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
from printserver.storage.objects import ObjectChanged, ObjectErased, Objects
from tests.plain_objects import PlainObjects

OWNER, OTHER = uuid4(), uuid4()


def stored_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@given(data=some.binary(max_size=3000))
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_put_is_got_under_its_digest(objects: Objects, data: bytes):
    digest = objects.put(data, OWNER)
    assert digest == sha256(data).hexdigest()
    assert objects.get(digest, OWNER) == data


def test_the_same_bytes_have_one_name(objects: Objects):
    digest = objects.put(b"contract", OWNER)
    assert objects.put(b"contract", OWNER) == digest
    assert list(objects.digests(OWNER)) == [digest]


def test_the_same_bytes_are_never_written_again(tmp_path: Path):
    objects = PlainObjects(tmp_path)
    objects.put(b"contract", OWNER)
    (file,) = stored_files(tmp_path)
    written = file.stat()
    objects.put(b"contract", OWNER)
    assert stored_files(tmp_path) == [file]
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (written.st_ino, written.st_mtime_ns)


def test_many_at_once_store_one_whole_object(objects: Objects):
    data = os.urandom(200_000)
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(objects.put, [data] * 24, [OWNER] * 24)) == {sha256(data).hexdigest()}
    assert list(objects.digests(OWNER)) == [sha256(data).hexdigest()]
    assert objects.get(sha256(data).hexdigest(), OWNER) == data


@pytest.mark.parametrize("change", [b"contracT", b"contract ", b"contrac", b""])
def test_changed_bytes_are_refused_when_read_and_when_put_again(tmp_path: Path, change: bytes):
    objects = PlainObjects(tmp_path)
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
def test_a_name_that_is_no_digest_reaches_no_file(objects: Objects, name: str):
    with pytest.raises(NotFound):
        objects.get(name, OWNER)
    with pytest.raises(NotFound):
        objects.erase(name, OWNER)


@pytest.mark.parametrize("owner", [OWNER, OTHER])
def test_an_object_nobody_put_is_not_found_and_erasing_it_says_nothing(objects: Objects, owner: UUID):
    for _ in range(2):
        with pytest.raises(NotFound) as refused:
            objects.get("0" * 64, owner)
        assert refused.value.code == "not-found"
        objects.erase("0" * 64, owner)


def test_each_organisation_finds_what_it_stored_itself(objects: Objects):
    digest = objects.put(b"contract", OWNER)
    with pytest.raises(NotFound):
        objects.get(digest, OTHER)
    assert (list(objects.digests(OWNER)), list(objects.digests(OTHER))) == ([digest], [])
    objects.put(b"contract", OTHER)
    objects.erase(digest, OWNER)
    assert objects.get(digest, OTHER) == b"contract"


def test_what_is_erased_is_gone_and_can_be_stored_again(objects: Objects):
    digest = objects.put(b"contract", OWNER)
    for _ in range(2):
        for _ in range(2):
            objects.erase(digest, OWNER)
            with pytest.raises(ObjectErased):
                objects.get(digest, OWNER)
        assert list(objects.digests(OWNER)) == []
        assert objects.put(b"contract", OWNER) == digest
        assert objects.get(digest, OWNER) == b"contract"
        assert list(objects.digests(OWNER)) == [digest]
