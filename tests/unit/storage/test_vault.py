"""One key an organisation, made once whoever comes first, and others derived from it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from uuid import uuid4

import pytest

from printserver.foundation.errors import Forbidden, PrintServerError, Refused, TooMany, Unavailable
from printserver.storage.blobs import FolderBlobs
from printserver.storage.sealed import Belonging, SealedNotGenuine
from printserver.storage.unguarded_keys import UnguardedKeys
from printserver.storage.vault import FILE, VaultNotGiven, Vaults
from tests.key_wrapping import SoftwareKeyWrapper

OWNER, OTHER = uuid4(), uuid4()


class Crowded(SoftwareKeyWrapper):
    """Lets nobody have a key wrapped before all have asked."""

    barrier = Barrier(4)

    def wrap(self, key: bytes, belongs: Belonging) -> bytes:
        self.barrier.wait(20)
        return super().wrap(key, belongs)


def test_of_many_processes_that_make_it_at_once_all_hold_the_same(tmp_path: Path):
    wrapper = Crowded()
    processes = [Vaults(FolderBlobs(tmp_path), wrapper) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        keys = set(pool.map(lambda vaults: vaults.key(OWNER), processes))
    assert len(keys) == 1
    assert keys == {Vaults(FolderBlobs(tmp_path), wrapper).key(OWNER)}
    assert [what for what, _ in wrapper.asked].count("wrap") == 4


def test_it_is_asked_for_once_a_process_and_organisation(tmp_path: Path):
    wrapper = SoftwareKeyWrapper()
    vaults = Vaults(FolderBlobs(tmp_path), wrapper)
    assert not vaults.any()
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(vaults.key, [OWNER, OTHER] * 8))) == 2
    assert len(wrapper.asked) == 2
    assert vaults.any()


def test_a_derived_key_is_the_same_each_time_and_tells_purposes_and_organisations_apart(tmp_path: Path):
    wrapper = SoftwareKeyWrapper()
    keys = [
        Vaults(FolderBlobs(tmp_path), wrapper).derived(owner, purpose)
        for owner in (OWNER, OTHER)
        for purpose in ("search", "search2")
        for _ in range(2)
    ]
    assert keys[::2] == keys[1::2]
    assert len(set(keys)) == 4
    assert {len(key) for key in keys} == {32}
    assert not set(keys) & {Vaults(FolderBlobs(tmp_path), wrapper).key(owner) for owner in (OWNER, OTHER)}


@pytest.mark.parametrize("refusal", [Forbidden("not you"), TooMany("not so often"), Refused("not at all")])
def test_a_process_that_is_given_no_key_can_do_nothing_for_now_and_decides_nothing(
    tmp_path: Path, refusal: PrintServerError
):
    """So that jobs wait until the settings are mended, and fail no request of anybody's."""

    class Refusing(SoftwareKeyWrapper):
        def wrap(self, key: bytes, belongs: Belonging) -> bytes:
            raise refusal

    with pytest.raises(VaultNotGiven) as problem:
        Vaults(FolderBlobs(tmp_path), Refusing()).key(OWNER)
    assert isinstance(problem.value, Unavailable)
    assert list(tmp_path.iterdir()) == []


def test_without_an_hsm_the_key_is_not_wrapped_and_neither_kind_is_taken_for_the_other(tmp_path: Path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    plain, guarded = FolderBlobs(tmp_path / "a"), FolderBlobs(tmp_path / "b")
    key = Vaults(plain, UnguardedKeys()).key(OWNER)
    assert key in (tmp_path / "a" / str(OWNER) / FILE).read_bytes()
    assert Vaults(plain, UnguardedKeys()).key(OWNER) == key
    assert Vaults(guarded, SoftwareKeyWrapper()).key(OWNER) not in (tmp_path / "b" / str(OWNER) / FILE).read_bytes()
    for store, wrapper in ((plain, SoftwareKeyWrapper()), (guarded, UnguardedKeys())):
        with pytest.raises(SealedNotGenuine):
            Vaults(store, wrapper).key(OWNER)


def test_a_key_in_the_clear_is_whole_and_that_of_its_own_object_alone():
    keys, own = UnguardedKeys(), Belonging(OWNER, "object", OTHER)
    wrapped = keys.wrap(b"k" * 32, own)
    assert keys.unwrap(wrapped, own) == b"k" * 32
    for said, belongs in (
        (wrapped, Belonging(OTHER, "object", OTHER)),
        (wrapped, Belonging(OWNER, "object", OWNER)),
        (wrapped[:-1], own),
        (wrapped + b"k", own),
    ):
        with pytest.raises(SealedNotGenuine):
            keys.unwrap(said, belongs)
