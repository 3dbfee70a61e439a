"""The little of the Internet Printing Protocol that is spoken here: encode a request, read an answer.

Own code instead of pycups, because pycups has no Release-Job (a held job is let go there by Set-Job-Attributes, which
our policy denies to everybody), no time-out, and one connection may not be shared between threads.
Source: RFC 8010 section 3 (encoding), RFC 8011 section 4 (operations).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, Final

from printserver.foundation.errors import Unavailable

Value = int | bool | str | bytes | None
Attributes = Mapping[str, Sequence[Value]]

IPP_MEDIA_TYPE: Final = "application/ipp"
_VERSION: Final = (2, 0)
_HEADER: Final = struct.Struct(">BBHI")
_LENGTH: Final = struct.Struct(">H")


class Operation(IntEnum):
    """Source: RFC 8011 section 5.4.15."""

    CREATE_JOB = 0x0005
    SEND_DOCUMENT = 0x0006
    CANCEL_JOB = 0x0008
    GET_JOB_ATTRIBUTES = 0x0009
    GET_JOBS = 0x000A
    GET_PRINTER_ATTRIBUTES = 0x000B
    RELEASE_JOB = 0x000D


class Status(IntEnum):
    """The answers that are told apart here; below 0x0100 is success. Source: RFC 8011 appendix B."""

    CLIENT_ERROR_NOT_POSSIBLE = 0x0404
    CLIENT_ERROR_NOT_FOUND = 0x0406
    FIRST_ERROR = 0x0100


class Group(IntEnum):
    """Delimiter tags. Source: RFC 8010 section 3.5.1."""

    OPERATION = 0x01
    JOB = 0x02
    END = 0x03
    PRINTER = 0x04


class Tag(IntEnum):
    """Value tags. Source: RFC 8010 section 3.5.2."""

    INTEGER = 0x21
    BOOLEAN = 0x22
    ENUM = 0x23
    TEXT_WITHOUT_LANGUAGE = 0x41
    NAME_WITHOUT_LANGUAGE = 0x42
    KEYWORD = 0x44
    URI = 0x45
    CHARSET = 0x47
    NATURAL_LANGUAGE = 0x48
    MIME_MEDIA_TYPE = 0x49


_FIRST_VALUE_TAG: Final = 0x10
_FIRST_CHARACTER_TAG: Final = 0x40
_OUT_OF_BAND_TAGS: Final = range(0x10, 0x20)


class IppMalformed(Unavailable):
    """The other side answered with something that is not IPP."""

    code: ClassVar[str] = "spooler-answer-malformed"


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute to send: `values` all of one `tag`."""

    name: str
    tag: Tag
    values: tuple[int | bool | str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """A response: its status code and its attribute groups in order."""

    status: int
    groups: tuple[tuple[int, Attributes], ...]

    @property
    def succeeded(self) -> bool:
        return self.status < Status.FIRST_ERROR

    def of(self, group: Group) -> list[Attributes]:
        """The groups of one kind, one a job or printer."""
        return [attributes for tag, attributes in self.groups if tag == group]


def keyword(name: str, *values: str) -> Attribute:
    return Attribute(name, Tag.KEYWORD, values)


def uri(name: str, value: str) -> Attribute:
    return Attribute(name, Tag.URI, (value,))


def integer(name: str, value: int) -> Attribute:
    return Attribute(name, Tag.INTEGER, (value,))


def text(name: str, tag: Tag, value: str) -> Attribute:
    return Attribute(name, tag, (value,))


def encode_request(
    operation: Operation, target: Sequence[Attribute], *, user: str, job: Sequence[Attribute] = (), request_id: int = 1
) -> bytes:
    """A request up to and including the end-of-attributes tag; a document may follow it.

    target: operation attributes, printer-uri or job-uri first (RFC 8011 section 4.1.5).   user: at most 255 octets.
    """
    opening = [
        text("attributes-charset", Tag.CHARSET, "utf-8"),
        text("attributes-natural-language", Tag.NATURAL_LANGUAGE, "en"),
        target[0],
        text("requesting-user-name", Tag.NAME_WITHOUT_LANGUAGE, user),
        *target[1:],
    ]
    message = bytearray(_HEADER.pack(*_VERSION, operation, request_id))
    message.append(Group.OPERATION)
    for attribute in opening:
        message += _encode_attribute(attribute)
    if job:
        message.append(Group.JOB)
        for attribute in job:
            message += _encode_attribute(attribute)
    message.append(Group.END)
    return bytes(message)


def _encode_attribute(attribute: Attribute) -> bytes:
    encoded = bytearray()
    name = attribute.name.encode("ascii")
    for value in attribute.values:
        octets = _encode_value(attribute.tag, value)
        encoded.append(attribute.tag)
        encoded += _LENGTH.pack(len(name)) + name + _LENGTH.pack(len(octets)) + octets
        name = b""  # further values of the same attribute carry an empty name
    return bytes(encoded)


def _encode_value(tag: Tag, value: int | bool | str) -> bytes:
    if tag is Tag.BOOLEAN:
        return b"\x01" if value else b"\x00"
    if isinstance(value, int):
        return struct.pack(">i", value)
    return value.encode("utf-8")


def decode_answer(message: bytes) -> Answer:
    """Read a response. Values of kinds not used here (collections, ranges, dates) come as their octets.

    Raises: IppMalformed for anything cut off or out of order; never another error, whatever the octets.
    """
    try:
        _, _, status, _ = _HEADER.unpack_from(message)
        return Answer(status=status, groups=tuple(_groups(message)))
    except (struct.error, IndexError, UnicodeDecodeError):
        raise IppMalformed("the spooler's answer is not IPP") from None


def _groups(message: bytes) -> Iterator[tuple[int, Attributes]]:
    position = _HEADER.size
    group: int | None = None
    attributes: dict[str, list[Value]] = {}
    name = ""
    while (tag := message[position]) != Group.END:
        position += 1
        if tag < _FIRST_VALUE_TAG:
            if group is not None:
                yield group, attributes
            group, attributes, name = tag, {}, ""
            continue
        own_name, position = _octets(message, position)
        octets, position = _octets(message, position)
        if own_name:
            name = own_name.decode("ascii")
        attributes.setdefault(name, []).append(_decode_value(tag, octets))
    if group is not None:
        yield group, attributes


def _octets(message: bytes, position: int) -> tuple[bytes, int]:
    (length,) = _LENGTH.unpack_from(message, position)
    start = position + _LENGTH.size
    if start + length > len(message):
        raise IppMalformed("the spooler's answer is cut off")
    return message[start : start + length], start + length


def _decode_value(tag: int, octets: bytes) -> Value:
    if tag in _OUT_OF_BAND_TAGS:
        return None
    if tag in (Tag.INTEGER, Tag.ENUM):
        (number,) = struct.unpack(">i", octets)
        return int(number)
    if tag == Tag.BOOLEAN:
        return octets != b"\x00"
    if tag >= _FIRST_CHARACTER_TAG:
        return octets.decode("utf-8")
    return octets
