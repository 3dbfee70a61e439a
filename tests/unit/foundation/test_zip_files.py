"""A stranger's zip file is opened only when its list is short and its members are plain, whoever asks for it."""

from __future__ import annotations

import io
import stat
import struct
import tracemalloc
import zipfile

import pytest

from printserver.foundation.errors import Malformed
from printserver.foundation.zip_files import LISTED_BYTES, opened_zip
from printserver.seals.errors import SealImportMalformed
from printserver.seals.imports import LARGEST_FILE, MOST_BYTES, MOST_LINES, MOST_MEMBERS, TABLE, read_import

LINE = struct.pack("<4s4B4HL2L5H2L", b"PK\1\2", 20, 3, 20, 0, 0, 0, 0, 33, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0) + b"a/b"
CSV = b"name,type,branch,valid_from,valid_until\r\nx,contract,HQ,2026-01-01,2027-01-01\r\n"


class Unsafe(Malformed):
    code = "unsafe"


class NoZip(Malformed):
    code = "no-zip"


def names(data: bytes, most: int = 10) -> list[str]:
    with opened_zip(io.BytesIO(data), most_members=most, unreadable=NoZip("no zip"), refused=Unsafe) as archive:
        return archive.namelist()


def zipped(*members: tuple[str, bytes], mode: int = 0, compress: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compress) as archive:
        for name, data in members:
            entry = zipfile.ZipInfo(name)
            entry.external_attr, entry.compress_type = mode << 16, compress
            archive.writestr(entry, data)
    return buffer.getvalue()


def listing(members: int) -> bytes:
    """A zip file that is nothing but a list of members, by its own word of none."""
    return LINE * members + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0, 0, len(LINE) * members, 0, 0)


def test_as_many_members_as_are_allowed_are_opened_and_one_more_is_not():
    ten = [(f"{number}", b"x") for number in range(10)]
    assert names(zipped(*ten)) == [name for name, _ in ten]
    with pytest.raises(Unsafe, match="more than 9 files"):
        names(zipped(*ten), most=9)
    with pytest.raises(NoZip):
        names(b"hello")


@pytest.mark.parametrize("read", [names, read_import])
def test_a_list_without_end_is_refused_before_it_is_read(read):
    data = listing(200_000)
    tracemalloc.start()
    try:
        with pytest.raises((Unsafe, SealImportMalformed), match="lists more than"):
            read(data)
        assert tracemalloc.get_traced_memory()[1] < len(data) + (1 << 20)
    finally:
        tracemalloc.stop()
    assert len(data) > MOST_MEMBERS * LISTED_BYTES


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices_are_refused(kind: int):
    with pytest.raises(Unsafe, match="link or a device"):
        names(zipped(("link", b"/etc/passwd"), mode=kind | 0o777))
    with pytest.raises(SealImportMalformed, match="link or a device"):
        read_import(zipped((TABLE, CSV), ("link", b"/etc/passwd"), mode=kind | 0o777))


def test_a_file_without_a_name_is_refused():
    nameless = zipped((TABLE, CSV), ("b.png", b"x")).replace(b"b.png", b"\0.png")
    with pytest.raises(Unsafe, match="has no name"):
        names(nameless)
    with pytest.raises(SealImportMalformed, match="has no name"):
        read_import(nameless)


def test_what_swells_or_is_packed_in_a_way_of_its_own_is_refused():
    for data, said in (
        (zipped((TABLE, CSV), ("bomb.png", bytes(3_000_000))), "unpacks to far more"),
        (zipped((TABLE, CSV), ("b.png", b"x" * 50), compress=zipfile.ZIP_BZIP2), "in a way of its own"),
    ):
        with pytest.raises(SealImportMalformed, match=said):
            read_import(data)


def test_a_table_of_seals_with_folders_and_pictures_is_read():
    lines, files = read_import(zipped(("seals/", b""), (f"seals/{TABLE}", CSV), ("seals/pictures/a.png", b"picture")))
    assert [line["name"] for line in lines] == ["x"]
    assert files == {"a.png": b"picture"}


def test_sizes_that_lie_and_files_that_are_too_large_or_too_many_are_refused():
    stored = zipfile.ZIP_STORED
    lying = bytearray(zipped((TABLE, CSV), ("small.png", b"y" * 100), compress=stored))
    place = lying.rindex(b"PK\x01\x02") + 24
    lying[place : place + 4] = (10).to_bytes(4, "little")
    large = zipped((TABLE, CSV), ("large.png", bytes(LARGEST_FILE + 1)), compress=stored)
    many = zipped((TABLE, CSV), *((f"{number}.png", b"x") for number in range(MOST_LINES + 1)))
    for data, said in ((bytes(lying), "can be read"), (large, "too large"), (many, "at most")):
        with pytest.raises(SealImportMalformed, match=said):
            read_import(data)


def test_files_that_are_too_large_together_are_not_unpacked():
    listed = bytearray(zipped((TABLE, CSV), *((f"{number}.png", b"y") for number in range(4)), compress=0))
    place = listed.index(b"PK\1\2")
    for _ in range(4):
        place = listed.index(b"PK\1\2", place + 4)
        listed[place + 20 : place + 28] = struct.pack("<2L", MOST_BYTES // 4, MOST_BYTES // 4)
    with pytest.raises(SealImportMalformed, match="too large"):
        read_import(bytes(listed))


def test_a_table_that_could_be_read_in_two_ways_or_is_too_long_is_refused():
    heading, line = CSV.splitlines(keepends=True)
    for table, said in (
        (b"name,type\r\nx,contract\r\n", "names its columns"),
        (heading, "has 1 to"),
        (heading + line * (MOST_LINES + 1), "has 1 to"),
        (heading + line.replace(b"x", b'"x"y'), "is no table"),
    ):
        with pytest.raises(SealImportMalformed, match=said):
            read_import(zipped((TABLE, table)))
    with pytest.raises(SealImportMalformed, match="two files have the name"):
        read_import(zipped((TABLE, CSV), ("a/b.png", b"x"), ("c/b.png", b"y")))
