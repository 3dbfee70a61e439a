"""A bag is read with distrust: names that lead elsewhere, links, doubles and files that swell are refused."""

from __future__ import annotations

import io
import os
import stat
import struct
import tracemalloc
import zipfile
from functools import partial
from hashlib import sha256
from pathlib import Path

import bagit
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from printserver.archive import bag as bags
from printserver.archive.bag import LARGEST_JSON, BagRefused, BagUnreadable, Kept, laid_out, opened, pack

INFO = b"Source-Organization: somebody\n"
PAYLOAD = {"record.json": b"{}", "pages/0001.jpg": b"\xff\xd8\xff picture"}


def written(folder: Path, data: bytes) -> Path:
    file = folder / "bag.zip"
    file.write_bytes(data)
    return file


def unpacked(folder: Path) -> Path:
    with zipfile.ZipFile(io.BytesIO(pack("bag", PAYLOAD, INFO))) as archive:
        archive.extractall(folder / "out")
    return folder / "out"


def with_member(name: str, data: bytes = b"x", *, mode: int = 0, compress: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO(pack("bag", PAYLOAD, INFO))
    with zipfile.ZipFile(buffer, "a", compress) as archive:
        entry = zipfile.ZipInfo(name)
        entry.external_attr, entry.compress_type = mode << 16, compress
        archive.writestr(entry, data)
    return buffer.getvalue()


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(
        st.from_regex(r"[a-z0-9]{1,8}(/[a-z0-9]{1,8})?", fullmatch=True),
        st.binary(max_size=200),
        min_size=1,
        max_size=5,
    ).filter(lambda files: not any(one.startswith(f"{other}/") for one in files for other in files))
)
def test_what_is_packed_is_read_back_and_is_the_same_every_time(
    tmp_path_factory: pytest.TempPathFactory, payload: dict[str, bytes]
):
    data = pack("bag", payload, INFO)
    assert pack("bag", dict(reversed(payload.items())), INFO) == data
    with opened(written(tmp_path_factory.mktemp("bag"), data)) as bag:
        assert {name: bag.read(name) for name in bag.digests} == payload
        assert (bag.info, bag.sizes) == (INFO, {name: len(each) for name, each in payload.items()})


def test_other_tools_find_a_bag_of_version_1_in_it():
    members = laid_out(PAYLOAD, INFO)
    assert list(members) == sorted(members)
    assert members["bagit.txt"] == b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
    lines = members["manifest-sha256.txt"].decode().splitlines()
    assert [line.split("  ")[1] for line in lines] == ["data/pages/0001.jpg", "data/record.json"]
    tags = members["tagmanifest-sha256.txt"]
    assert isinstance(tags, bytes)
    assert b"manifest-sha256.txt" in tags


@pytest.mark.parametrize(
    "name",
    ["bag/data/../../out", "bag/../out", "/bag/data/x", "bag/data//x", "bag/data/C:x", "bag/data/a\\b",
     "bag/data/a\x07", "bag/data/RECORD.json", "bag/./data/x", "bag/data/" + "x" * 400],
)  # fmt: skip
def test_a_name_that_leads_elsewhere_or_is_there_twice_is_refused(tmp_path: Path, name: str):
    with pytest.raises((BagRefused, BagUnreadable)), opened(written(tmp_path, with_member(name))):
        pass


def test_links_devices_and_other_packings_are_refused_in_a_zip_file(tmp_path: Path):
    for data in (
        with_member("bag/data/link", b"/etc/passwd", mode=stat.S_IFLNK | 0o777),
        with_member("bag/data/fifo", mode=stat.S_IFIFO | 0o600),
        with_member("bag/data/other", compress=zipfile.ZIP_BZIP2),
    ):
        with pytest.raises(BagRefused), opened(written(tmp_path, data)):
            pass


def test_links_are_not_followed_in_a_folder(tmp_path: Path):
    folder = unpacked(tmp_path)
    picture = folder / "bag" / "data" / "pages" / "0001.jpg"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(picture.read_bytes())
    picture.unlink()
    picture.symlink_to(elsewhere)
    with pytest.raises(BagRefused), opened(folder):
        pass
    picture.unlink()
    os.mkfifo(picture)
    with pytest.raises(BagRefused), opened(folder):
        pass


def test_a_file_that_swells_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    data = with_member("bag/data/bomb", bytes(3_000_000), compress=zipfile.ZIP_DEFLATED)
    with pytest.raises(BagRefused, match="far more"), opened(written(tmp_path, data)):
        pass
    for limit in ("MOST_BYTES", "LARGEST_MEMBER", "MOST_MEMBERS"):
        with monkeypatch.context() as patch:
            patch.setattr(bags, limit, 5)
            with pytest.raises(BagRefused), opened(written(tmp_path, pack("bag", PAYLOAD, INFO))):
                pass


def endless_list(members: int) -> bytes:
    """A zip file that is nothing but a list of members, by its own word of none."""
    line = struct.pack("<4s4B4HL2L5H2L", b"PK\1\2", 20, 3, 20, 0, 0, 0, 0, 33, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0) + b"a/b"
    return line * members + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0, 0, len(line) * members, 0, 0)


def test_a_list_of_members_without_end_is_refused_before_it_is_read(tmp_path: Path):
    file = written(tmp_path, endless_list(200_000))
    tracemalloc.start()
    try:
        with pytest.raises(BagRefused, match="lists more than"), opened(file):
            pass
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1 << 20


def test_a_manifest_without_end_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bags, "MOST_LISTED", 120)
    folder = unpacked(tmp_path)
    with pytest.raises(BagRefused, match="lists more than"), opened(folder):
        pass


def test_a_size_that_lies_is_found_out(tmp_path: Path):
    data = bytearray(with_member("bag/data/small", b"y" * 100, compress=zipfile.ZIP_DEFLATED))
    place = data.rindex(b"PK\x01\x02") + 24
    data[place : place + 4] = (10).to_bytes(4, "little")
    with pytest.raises(BagRefused), opened(written(tmp_path, bytes(data))):
        pass


def test_a_folder_with_a_file_too_many_one_too_few_or_one_of_the_same_size_is_refused(tmp_path: Path):
    folder = unpacked(tmp_path)
    with opened(folder) as bag:
        assert bag.read("record.json") == b"{}"
    for name, data in (("more", b"x"), ("record.json", b"[]"), ("record.json", None)):
        file = folder / "bag" / "data" / name
        before = file.read_bytes() if file.exists() else None
        file.unlink(missing_ok=True)
        if data is not None:
            file.write_bytes(data)
        with pytest.raises(BagRefused), opened(folder):
            pass
        file.unlink(missing_ok=True)
        if before is not None:
            file.write_bytes(before)


def test_a_file_that_is_changed_after_it_was_checked_is_noticed_when_it_is_read(tmp_path: Path):
    folder = unpacked(tmp_path)
    with opened(folder) as bag:
        (folder / "bag" / "data" / "record.json").write_bytes(b"[]")
        with pytest.raises(BagRefused):
            bag.read("record.json")


def test_a_zip_file_of_a_later_version_is_said_to_be_unreadable(tmp_path: Path):
    data = bytearray(pack("bag", {"a": b"a"}, b""))
    listed = data.index(b"PK\x01\x02")
    data[listed + 6] = 0xFF
    with pytest.raises(BagUnreadable), opened(written(tmp_path, bytes(data))):
        pass


def test_a_member_without_a_name_is_refused(tmp_path: Path):
    data = pack("bag", {"a": b"a"}, b"")
    listed = data.rindex(b"bag/tagmanifest-sha256.txt")
    nameless = bytearray(data[:listed] + data[listed + 26 :])
    nameless[listed - 46 + 28 : listed - 46 + 30] = bytes(2)
    end = nameless.index(b"PK\x05\x06")
    nameless[end + 12 : end + 16] = (int.from_bytes(nameless[end + 12 : end + 16], "little") - 26).to_bytes(4, "little")
    with pytest.raises((BagRefused, BagUnreadable)), opened(written(tmp_path, bytes(nameless))):
        pass


def test_what_is_no_bag_is_said_to_be_none(tmp_path: Path):
    (tmp_path / "text").write_text("hello")
    for path in (tmp_path / "text", tmp_path / "nothing", tmp_path):
        with pytest.raises(BagUnreadable), opened(path):
            pass


def test_the_library_of_congress_reads_our_bags_and_refuses_what_was_changed(tmp_path: Path):
    folder = unpacked(tmp_path) / "bag"
    bagit.Bag(str(folder)).validate()
    (folder / "data" / "record.json").write_bytes(b"[]")
    with pytest.raises(bagit.BagValidationError):
        bagit.Bag(str(folder)).validate()


def repeated(octet: int) -> bytes:
    return bytes([octet]) * (1 << 20)


def test_a_package_of_many_large_scans_takes_the_memory_of_the_package_and_one_scan():
    scans = {f"{number:04d}.jpg": bytes([number]) * (1 << 20) for number in range(24)}
    kept = {name: Kept(sha256(data).hexdigest(), len(data), partial(repeated, data[0])) for name, data in scans.items()}
    whole = pack("bag", scans, INFO)
    del scans
    tracemalloc.start()
    try:
        assert pack("bag", kept, INFO) == whole
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1.3 * len(whole)


def test_what_changes_while_it_is_packed_is_refused():
    with pytest.raises(BagRefused, match="changed"):
        pack("bag", {"page.jpg": Kept(sha256(b"page").hexdigest(), 4, lambda: b"Page")}, INFO)


def whole(payload: dict[str, bytes], *, mode: int = stat.S_IFREG | 0o644, compress: int = zipfile.ZIP_STORED) -> bytes:
    """A bag whose manifests name everything, as a forger makes it: the guard alone is left to refuse it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in laid_out(payload, INFO).items():
            assert isinstance(data, bytes)
            entry = zipfile.ZipInfo(f"bag/{name}")
            is_payload = name.startswith("data/")
            entry.create_system, entry.external_attr = 3, (mode if is_payload else stat.S_IFREG | 0o644) << 16
            entry.compress_type = compress if is_payload else zipfile.ZIP_STORED
            archive.writestr(entry, data)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "name", ["../../out", "..", "./x", "a//x", "/etc/passwd", "C:x", "a\\..\\b", "a\x07", "a*", "x" * 400]
)
def test_a_name_that_leads_elsewhere_is_refused_though_every_manifest_names_it(tmp_path: Path, name: str):
    with (
        pytest.raises(BagRefused, match="leads elsewhere"),
        opened(written(tmp_path, whole({"ok": b"", name: b"x"}))),
    ):
        pass


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFSOCK])
def test_a_link_is_refused_though_every_manifest_names_it(tmp_path: Path, kind: int):
    data = whole({"link": b"/etc/passwd"}, mode=kind | 0o777)
    with pytest.raises(BagRefused, match="link or a device"), opened(written(tmp_path, data)):
        pass


def test_what_swells_and_what_is_too_much_is_refused_though_every_manifest_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    swelling = whole({"bomb": bytes(3_000_000)}, compress=zipfile.ZIP_DEFLATED)
    with pytest.raises(BagRefused, match="unpacks to far more"), opened(written(tmp_path, swelling)):
        pass
    plain = written(tmp_path, whole({f"{number}": b"1234567" for number in range(60)}))
    for bound, most, said in (
        ("MOST_MEMBERS", 63, "more than 63 files"),
        ("MOST_BYTES", 2_000, "larger than any package"),
        ("LARGEST_MEMBER", 1_000, "larger than any package"),
    ):
        with monkeypatch.context() as patched:
            patched.setattr(bags, bound, most)
            with pytest.raises(BagRefused, match=said), opened(plain):
                pass
    with opened(plain) as bag:
        assert len(bag.digests) == 60


def test_a_json_file_at_the_bound_is_let_in_and_one_byte_more_is_not(tmp_path: Path):
    whole_bound = {"record.json": b" " * LARGEST_JSON, "picture.jpg": b" " * (LARGEST_JSON + 1)}
    with opened(written(tmp_path, pack("bag", whole_bound, INFO))) as bag:
        assert bag.sizes["record.json"] == LARGEST_JSON
    larger = pack("bag", {"record.json": b" " * (LARGEST_JSON + 1)}, INFO)
    tracemalloc.start()
    try:
        with pytest.raises(BagRefused, match="larger than any"), opened(written(tmp_path, larger)):
            pass
        assert tracemalloc.get_traced_memory()[1] < 1 << 20, "it is refused before it is read"
    finally:
        tracemalloc.stop()


def test_a_folder_of_too_many_files_is_refused_before_they_are_all_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(bags, "MOST_MEMBERS", 3)
    with pytest.raises(BagRefused, match="more than 3 files"), opened(unpacked(tmp_path)):
        pass


def test_a_file_of_a_folder_that_becomes_a_link_after_it_was_looked_at_is_not_followed(tmp_path: Path):
    folder, elsewhere = unpacked(tmp_path), tmp_path / "elsewhere"
    picture = folder / "bag" / "data" / "pages" / "0001.jpg"
    elsewhere.write_bytes(picture.read_bytes())
    with opened(folder) as bag:
        picture.unlink()
        picture.symlink_to(elsewhere)
        with pytest.raises(BagRefused, match="cannot be read"):
            bag.read("pages/0001.jpg")
