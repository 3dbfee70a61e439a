"""Reading hostile DER: definite shortest lengths, few elements, and every element exactly as it stands.

Enough for seals of GM/T 0031 and GB/T 38540; nothing is ever encoded again, because makers sign their own bytes.
Source: ITU-T X.690 (unverified against the text).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from printserver.signing.errors import SealObjectMalformed

INTEGER: Final = 0x02
BIT_STRING: Final = 0x03
OCTET_STRING: Final = 0x04
OBJECT_IDENTIFIER: Final = 0x06
SEQUENCE: Final = 0x30
TAGGED_0: Final = 0xA0
"""[0], constructed."""
_UTC_TIME: Final = 0x17
_GENERALIZED_TIME: Final = 0x18
_TEXTS: Final = frozenset({0x0C, 0x13, 0x16})
"""UTF8String, PrintableString, IA5String: makers mix them up."""
_MOST_ELEMENTS: Final = 1024
_MOST_LENGTH_OCTETS: Final = 4
_CHINA: Final = timezone(timedelta(hours=8))


@dataclass(frozen=True)
class Element:
    """`tag`: the identifier octet.   whole: tag, length and content as received."""

    tag: int
    content: bytes
    whole: bytes

    def expect(self, tag: int) -> Element:
        """Itself.   Raises: SealObjectMalformed when it is something else."""
        if self.tag != tag:
            raise SealObjectMalformed(f"the structure holds {self.tag:#04x} where {tag:#04x} belongs")
        return self

    def children(self, fewest: int, most: int = _MOST_ELEMENTS) -> tuple[Element, ...]:
        """Of a SEQUENCE.   Raises: SealObjectMalformed, also for other numbers of elements."""
        self.expect(SEQUENCE)
        found: list[Element] = []
        at = 0
        while at < len(self.content):
            if len(found) == most:
                raise SealObjectMalformed("the structure has too many elements")
            child = _element(self.content, at)
            found.append(child)
            at += len(child.whole)
        if len(found) < fewest:
            raise SealObjectMalformed("the structure lacks an element")
        return tuple(found)

    def integer(self) -> int:
        """0 or more, below 2**31."""
        octets = self.expect(INTEGER).content
        if not 1 <= len(octets) <= 4 or octets[0] & 0x80 or (len(octets) > 1 and octets[0] == 0 and octets[1] < 0x80):
            raise SealObjectMalformed("a number of the structure is out of range")
        return int.from_bytes(octets, "big")

    def octets(self) -> bytes:
        return self.expect(OCTET_STRING).content

    def bits(self) -> bytes:
        """A BIT STRING of whole octets; some makers write an OCTET STRING instead."""
        if self.tag == OCTET_STRING:
            return self.content
        if not self.expect(BIT_STRING).content.startswith(b"\0"):
            raise SealObjectMalformed("a BIT STRING of whole octets is expected")
        return self.content[1:]

    def text(self, most: int) -> str:
        """One line without control characters."""
        if self.tag not in _TEXTS:
            raise SealObjectMalformed("the structure has no text where one belongs")
        try:
            said = self.content.decode("utf-8")
        except UnicodeDecodeError as problem:
            raise SealObjectMalformed("a text of the structure is not UTF-8") from problem
        if len(said) > most or not said.isprintable():
            raise SealObjectMalformed("a text of the structure is too long or cannot be shown")
        return said

    def oid(self) -> str:
        """Dotted."""
        octets = self.expect(OBJECT_IDENTIFIER).content
        if not 1 <= len(octets) <= 32 or octets[-1] & 0x80 or octets[0] == 0x80:
            raise SealObjectMalformed("an object identifier of the structure is broken")
        numbers, number = [], 0
        for octet in octets:
            number = number << 7 | octet & 0x7F
            if not octet & 0x80:
                numbers.append(number)
                number = 0
        first = min(numbers[0] // 40, 2)
        return ".".join(str(each) for each in (first, numbers[0] - 40 * first, *numbers[1:]))

    def time(self) -> datetime:
        """UTC, whole seconds. A time without a zone is China's: these are Chinese standards."""
        if self.tag not in (_UTC_TIME, _GENERALIZED_TIME):
            raise SealObjectMalformed("the structure has no time where one belongs")
        found = read_time(self.content, short_year=self.tag == _UTC_TIME)
        if found is None:
            raise SealObjectMalformed("a time of the structure cannot be read")
        return found

    def inside(self) -> Element:
        """What an explicit tag holds."""
        return parse(self.content)


def parse(data: bytes) -> Element:
    """One element and nothing after it.   Raises: SealObjectMalformed."""
    element = _element(data, 0)
    if len(element.whole) != len(data):
        raise SealObjectMalformed("something follows the structure")
    return element


def sequence_of(*elements: Element) -> bytes:
    """A SEQUENCE of elements exactly as they were received."""
    content = b"".join(element.whole for element in elements)
    size = len(content)
    if size < 0x80:
        return bytes([SEQUENCE, size]) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([SEQUENCE, 0x80 | len(octets)]) + octets + content


def read_time(text: bytes, *, short_year: bool) -> datetime | None:
    """The inside of an ASN.1 time; None when it is none.   short_year: two digits, 1950 to 2049."""
    digits = rb"(\d{2})" if short_year else rb"(\d{4})"
    match = re.fullmatch(digits + rb"(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(?:\.\d{1,9})?(Z|[+-]\d{4})?", text)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    if short_year:
        year += 2000 if year < 50 else 1900
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=_zone(match[7])).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _zone(text: bytes | None) -> timezone:
    if text is None:
        return _CHINA
    if text == b"Z":
        return UTC
    offset = timedelta(hours=int(text[1:3]), minutes=int(text[3:5]))
    return timezone(offset if text[:1] == b"+" else -offset)


def _element(data: bytes, at: int) -> Element:
    try:
        tag, first = data[at], data[at + 1]
        if tag & 0x1F == 0x1F:
            raise SealObjectMalformed("the structure holds an unknown kind of element")
        start = at + 2
        size = first
        if first & 0x80:
            size, start = _long_length(data, start, first & 0x7F)
    except IndexError as problem:
        raise SealObjectMalformed("the structure ends too early") from problem
    if start + size > len(data):
        raise SealObjectMalformed("the structure ends too early")
    return Element(tag, data[start : start + size], data[at : start + size])


def _long_length(data: bytes, start: int, octets: int) -> tuple[int, int]:
    if not 1 <= octets <= _MOST_LENGTH_OCTETS or data[start] == 0:
        raise SealObjectMalformed("a length of the structure is not in its shortest form")
    size = int.from_bytes(data[start : start + octets], "big")
    if size < 0x80:
        raise SealObjectMalformed("a length of the structure is not in its shortest form")
    return size, start + octets
