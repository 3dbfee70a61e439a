"""Bags: folders and zip files laid out by BagIt, written the same for the same content, and read with distrust.

Everything is named and hashed: a member that no manifest names, one that is missing, a name that leads elsewhere, a
link and a file that unpacks without end are refused. Pure but for the files it is pointed at.
Source: RFC 8493.
"""

from __future__ import annotations

import io
import os
import re
import stat
import unicodedata
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import IO, Final, Protocol

from printserver.foundation.errors import IntegrityError, Malformed
from printserver.foundation.zip_files import BROKEN, LISTED_BYTES, opened_zip

DECLARATION: Final = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
PAYLOAD: Final = "data/"
MOST_MEMBERS: Final = 20_000
MOST_BYTES: Final = 2 << 30
"""Of all members together, unpacked."""
LARGEST_MEMBER: Final = 256 << 20
LARGEST_JSON: Final = 8 << 20
"""Whoever parses it holds up to 25 times as much in memory. A record of 500 pages with 2,000 entries has half of it."""
MOST_LISTED: Final = MOST_MEMBERS * LISTED_BYTES
"""Bytes of a manifest."""
_BLOCK: Final = 1 << 20
_LONGEST_NAME: Final = 300
_LINE: Final = re.compile(r"([0-9a-f]{64})  ?\*?(\S.*)", re.ASCII)
_TAG_FILES: Final = ("bag-info.txt", "bagit.txt", "manifest-sha256.txt")
_SEALS: Final = "tagmanifest-sha256.txt"
_FIRST_DAY: Final = (1980, 1, 1, 0, 0, 0)


class BagUnreadable(Malformed):
    """Neither a zip file nor a folder that holds a bag."""

    code = "bag-unreadable"


class BagRefused(IntegrityError):
    """It is a bag, but not as it was packed, or not one that may be unpacked."""

    code = "bag-refused"


class _Members(Protocol):
    """Where the bytes lie. `sizes`: unpacked, by name inside the bag."""

    @property
    def sizes(self) -> Mapping[str, int]: ...

    def open(self, name: str) -> IO[bytes]: ...


@dataclass(frozen=True)
class Bag:
    """A bag whose every byte agrees with its manifests. `digests`, `sizes`: SHA-256 and bytes by name below `data/`."""

    info: bytes
    digests: Mapping[str, str]
    sizes: Mapping[str, int]
    _members: _Members

    def read(self, name: str) -> bytes:
        """A payload file; hashed again, in case somebody changes it meanwhile.   Raises: BagRefused."""
        if name not in self.digests:
            raise BagRefused(f"{name} is missing")
        data = _whole(self._members, PAYLOAD + name)
        if sha256(data).hexdigest() != self.digests[name]:
            raise BagRefused(f"{name} is not what was packed")
        return data


@dataclass(frozen=True)
class Kept:
    """A payload file that is read when its turn comes, so that no two of them are in memory.   size: in bytes."""

    sha256: str
    size: int
    read: Callable[[], bytes]


Packed = bytes | Kept


def pack(name: str, payload: Mapping[str, Packed], info: bytes) -> bytes:
    """The bag as a zip file with one folder `name`; the same bytes for the same content.

    payload: by name below `data/`.   info: of `bag-info.txt`.   Nothing is compressed: scans and PDFs are already.
    Raises: BagRefused for a file that is another one when its turn comes.
    """
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for member, content in laid_out(payload, info).items():
            entry = zipfile.ZipInfo(f"{name}/{member}", _FIRST_DAY)
            entry.create_system, entry.external_attr = 3, (stat.S_IFREG | 0o644) << 16
            archive.writestr(entry, _bytes_of(member, content))
    return target.getvalue()


def digest_of(content: Packed) -> str:
    return content.sha256 if isinstance(content, Kept) else sha256(content).hexdigest()


def size_of(content: Packed) -> int:
    return content.size if isinstance(content, Kept) else len(content)


def _bytes_of(member: str, content: Packed) -> bytes:
    if not isinstance(content, Kept):
        return content
    data = content.read()
    if (sha256(data).hexdigest(), len(data)) != (content.sha256, content.size):
        raise BagRefused(f"{member} has changed while it was packed")
    return data


def laid_out(payload: Mapping[str, Packed], info: bytes) -> dict[str, Packed]:
    """Every member of the bag by its name, sorted."""
    files: dict[str, Packed] = {PAYLOAD + name: data for name, data in payload.items()}
    tags: dict[str, Packed] = {"bagit.txt": DECLARATION, "bag-info.txt": info, "manifest-sha256.txt": _manifest(files)}
    return dict(sorted({**files, **tags, _SEALS: _manifest(tags)}.items()))


@contextmanager
def opened(path: Path | IO[bytes]) -> Iterator[Bag]:
    """A bag from a zip file, also an open one, or from the folder that one was unpacked to, every digest checked.

    Raises: BagUnreadable, BagRefused.
    """
    if isinstance(path, Path) and path.is_dir() and not path.is_symlink():
        yield _checked(_Folder.of(_bag_folder(path)))
        return
    unreadable = BagUnreadable(f"{path.name if isinstance(path, Path) else 'this'} is no zip file and no folder")
    with ExitStack() as closing:
        try:
            file = closing.enter_context(path.open("rb")) if isinstance(path, Path) else path
        except BROKEN as problem:
            raise unreadable from problem
        guarded = opened_zip(file, most_members=MOST_MEMBERS, unreadable=unreadable, refused=BagRefused)
        yield _checked(_Zip.of(closing.enter_context(guarded)))


def _checked(members: _Members) -> Bag:
    """Steps: bounds, declaration, manifests whole, nothing besides, every digest."""
    _check_bounds(members.sizes)
    for tag in (*_TAG_FILES, _SEALS):
        if tag not in members.sizes:
            raise BagUnreadable(f"there is no {tag}: this is no bag of ours")
    if _whole(members, "bagit.txt") != DECLARATION:
        raise BagRefused("bagit.txt does not declare a bag of version 1.0")
    payload = _read_manifest(members, "manifest-sha256.txt")
    tags = _read_manifest(members, _SEALS)
    if set(tags) != set(_TAG_FILES):
        raise BagRefused(f"{_SEALS} does not name the bag's own files")
    if not all(name.startswith(PAYLOAD) for name in payload):
        raise BagRefused("manifest-sha256.txt names a file outside data/")
    named = {**payload, **tags}
    for name in sorted(set(named) - set(members.sizes)):
        raise BagRefused(f"{name} is missing")
    for name in sorted(set(members.sizes) - set(named) - {_SEALS}):
        raise BagRefused(f"{name} is in no manifest: somebody put it there")
    for name, digest in named.items():
        if _digest(members, name) != digest:
            raise BagRefused(f"{name} is not what was packed")
    digests = {name.removeprefix(PAYLOAD): digest for name, digest in payload.items()}
    sizes = {name: members.sizes[PAYLOAD + name] for name in digests}
    return Bag(_whole(members, "bag-info.txt"), digests, sizes, members)


def _check_bounds(sizes: Mapping[str, int]) -> None:
    if len(sizes) > MOST_MEMBERS:
        raise BagRefused(f"it holds more than {MOST_MEMBERS} files")
    if sum(sizes.values()) > MOST_BYTES or max(sizes.values(), default=0) > LARGEST_MEMBER:
        raise BagRefused("it is larger than any package of ours")
    for name, size in sizes.items():
        if name.endswith(".json") and size > LARGEST_JSON:
            raise BagRefused(f"{name[:80]} is larger than any of ours")
    if len({name.casefold() for name in sizes}) != len(sizes):
        raise BagRefused("two of its files have the same name")
    for name in sizes:
        _check_name(name)


def _check_name(name: str) -> None:
    parts = name.split("/")
    plain = unicodedata.normalize("NFC", name) == name and name.isprintable() and not set(name) & set('\\:*?"<>|')
    inside = not name.startswith("/") and all(part not in ("", ".", "..") for part in parts)
    if not plain or not inside or len(name) > _LONGEST_NAME:
        raise BagRefused(f"a file has a name that leads elsewhere: {name[:80]!r}")


def _manifest(files: Mapping[str, Packed]) -> bytes:
    return "".join(f"{digest_of(files[name])}  {name}\n" for name in sorted(files)).encode()


def _read_manifest(members: _Members, name: str) -> dict[str, str]:
    found: dict[str, str] = {}
    if members.sizes[name] > MOST_LISTED:
        raise BagRefused(f"{name} lists more than {MOST_MEMBERS} files")
    try:
        lines = _whole(members, name).decode("utf-8").splitlines()
    except UnicodeDecodeError as problem:
        raise BagRefused(f"{name} is no text") from problem
    for line in lines:
        match = _LINE.fullmatch(line)
        if match is None or match[2] in found:
            raise BagRefused(f"{name} has a line that cannot be read")
        found[match[2]] = match[1]
    return found


def _digest(members: _Members, name: str) -> str:
    hashed, left = sha256(), members.sizes[name]
    with _reading(members, name) as stream:
        while block := stream.read(_BLOCK):
            left -= len(block)
            if left < 0:
                break
            hashed.update(block)
    if left:
        raise BagRefused(f"{name} is larger or smaller than it says")
    return hashed.hexdigest()


def _whole(members: _Members, name: str) -> bytes:
    with _reading(members, name) as stream:
        data = stream.read(members.sizes[name] + 1)
    if len(data) != members.sizes[name]:
        raise BagRefused(f"{name} is larger or smaller than it says")
    return data


@contextmanager
def _reading(members: _Members, name: str) -> Iterator[IO[bytes]]:
    try:
        with members.open(name) as stream:
            yield stream
    except BROKEN as problem:
        raise BagRefused(f"{name} cannot be read: {problem}") from problem


@dataclass(frozen=True)
class _Zip:
    archive: zipfile.ZipFile
    top: str
    sizes: Mapping[str, int]

    @classmethod
    def of(cls, archive: zipfile.ZipFile) -> _Zip:
        entries = [entry for entry in archive.infolist() if not entry.filename.endswith("/")]
        tops = {entry.filename.split("/", 1)[0] for entry in entries}
        if len(tops) != 1 or not all("/" in entry.filename for entry in entries):
            raise BagUnreadable("the zip file does not hold one folder with a bag")
        top = tops.pop()
        names = [entry.filename.removeprefix(f"{top}/") for entry in entries]
        if len(set(names)) != len(names):
            raise BagRefused("two of its files have the same name")
        for entry in archive.infolist():
            _check_name(entry.filename.rstrip("/"))
        return cls(archive, top, {name: entry.file_size for name, entry in zip(names, entries, strict=True)})

    def open(self, name: str) -> IO[bytes]:
        return self.archive.open(f"{self.top}/{name}")


@dataclass(frozen=True)
class _Folder:
    folder: Path
    sizes: Mapping[str, int]

    @classmethod
    def of(cls, folder: Path) -> _Folder:
        sizes: dict[str, int] = {}
        for place, folders, files in os.walk(folder, onerror=_not_read):
            for name in (*folders, *files):
                path = Path(place) / name
                found = path.lstat()
                if stat.S_ISREG(found.st_mode):
                    sizes[PurePosixPath(path.relative_to(folder)).as_posix()] = found.st_size
                elif not stat.S_ISDIR(found.st_mode):
                    raise BagRefused(f"{name[:80]!r} is a link or a device")
            if len(sizes) > MOST_MEMBERS:
                raise BagRefused(f"it holds more than {MOST_MEMBERS} files")
        return cls(folder, sizes)

    def open(self, name: str) -> IO[bytes]:
        return os.fdopen(os.open(self.folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK), "rb")


def _not_read(problem: OSError) -> None:
    raise BagUnreadable(f"{problem.filename}: {problem.strerror}")


def _bag_folder(path: Path) -> Path:
    """The bag itself, or the one folder that the zip file was unpacked to."""
    if (path / "bagit.txt").exists():
        return path
    inside = [each for each in path.iterdir() if each.is_dir() and not each.is_symlink()]
    if len(inside) == 1 and (inside[0] / "bagit.txt").exists():
        return inside[0]
    raise BagUnreadable(f"{path.name} holds no bag")
