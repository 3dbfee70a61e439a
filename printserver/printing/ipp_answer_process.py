"""Child process: read IPP messages by libcups, say their printer attributes as JSON.

Argument: the group to read, `printer` or `job`. Standard input: each message after its length (4 octets, big-endian).
Standard output: a JSON list with one entry a message, the list of [name, values] pairs of that group, or null for what
is no successful answer. Values are strings, integers, booleans, or [x, y] in dots an inch for a resolution; other kinds
are left out.

By ctypes, because pycups 2.0.4 cannot read a message that holds a resolution, an octetString or an out-of-band value.
libcups reads hostile octets here, so whatever comes out of this process is hostile too.
"""

from __future__ import annotations

import ctypes
import json
import sys
from collections.abc import Iterator
from typing import Any, Final

_DATA: Final = 3  # IPP_STATE_DATA
_GROUPS: Final = {"job": 2, "printer": 4}  # RFC 8010 section 3.5.1
_SUCCESSFUL: Final = range(0x0100)  # RFC 8011 appendix B
_INTEGER, _BOOLEAN, _ENUM = 0x21, 0x22, 0x23  # RFC 8010 section 3.5.2
_OCTETS, _RESOLUTION = 0x30, 0x32
_TEXTS: Final = frozenset({0x35, 0x36, *range(0x41, 0x4A)})
_PER_CENTIMETRE: Final = 4
_MOST_VALUES: Final = 256
_LONGEST_TEXT: Final = 1023

_Callback = ctypes.CFUNCTYPE(ctypes.c_ssize_t, ctypes.c_void_p, ctypes.POINTER(ctypes.c_ubyte), ctypes.c_size_t)


def _library() -> ctypes.CDLL:
    cups = ctypes.CDLL("libcups.so.2")
    pointer, number = ctypes.c_void_p, ctypes.c_int
    for name, result, arguments in (
        ("ippNew", pointer, ()),
        ("ippDelete", None, (pointer,)),
        ("ippReadIO", number, (pointer, _Callback, number, pointer, pointer)),
        ("ippGetStatusCode", number, (pointer,)),
        ("ippFirstAttribute", pointer, (pointer,)),
        ("ippNextAttribute", pointer, (pointer,)),
        ("ippGetName", ctypes.c_char_p, (pointer,)),
        ("ippGetGroupTag", number, (pointer,)),
        ("ippGetValueTag", number, (pointer,)),
        ("ippGetCount", number, (pointer,)),
        ("ippGetInteger", number, (pointer, number)),
        ("ippGetBoolean", number, (pointer, number)),
        ("ippGetString", ctypes.c_char_p, (pointer, number, pointer)),
        ("ippGetOctetString", pointer, (pointer, number, ctypes.POINTER(number))),
        ("ippGetResolution", number, (pointer, number, ctypes.POINTER(number), ctypes.POINTER(number))),
    ):
        function = getattr(cups, name)
        function.restype, function.argtypes = result, arguments
    return cups


def _attributes(cups: ctypes.CDLL, message: bytes, group: int) -> list[list[Any]] | None:
    left = memoryview(message)

    def read(_context: Any, target: Any, room: int) -> int:
        nonlocal left
        part, left = bytes(left[:room]), left[room:]
        ctypes.memmove(target, part, len(part))
        return len(part)

    callback, ipp = _Callback(read), cups.ippNew()
    try:
        if cups.ippReadIO(ipp, callback, 1, None, ipp) != _DATA or cups.ippGetStatusCode(ipp) not in _SUCCESSFUL:
            return None
        return [
            [cups.ippGetName(each).decode("utf-8", "replace"), list(_values(cups, each))]
            for each in _each_attribute(cups, ipp)
            if cups.ippGetName(each) and cups.ippGetGroupTag(each) == group
        ]
    finally:
        cups.ippDelete(ipp)


def _each_attribute(cups: ctypes.CDLL, ipp: Any) -> Iterator[Any]:
    attribute = cups.ippFirstAttribute(ipp)
    while attribute:
        yield attribute
        attribute = cups.ippNextAttribute(ipp)


def _values(cups: ctypes.CDLL, attribute: Any) -> Iterator[Any]:
    tag = cups.ippGetValueTag(attribute)
    for index in range(min(cups.ippGetCount(attribute), _MOST_VALUES)):
        if tag in (_INTEGER, _ENUM):
            yield cups.ippGetInteger(attribute, index)
        elif tag == _BOOLEAN:
            yield bool(cups.ippGetBoolean(attribute, index))
        elif tag == _RESOLUTION:
            yield _resolution(cups, attribute, index)
        elif tag == _OCTETS:
            yield _octets(cups, attribute, index)
        elif tag in _TEXTS:
            text: bytes | None = cups.ippGetString(attribute, index, None)
            yield (text or b"")[:_LONGEST_TEXT].decode("utf-8", "replace")


def _resolution(cups: ctypes.CDLL, attribute: Any, index: int) -> list[int]:
    across_feed, units = ctypes.c_int(), ctypes.c_int()
    feed = cups.ippGetResolution(attribute, index, ctypes.byref(across_feed), ctypes.byref(units))
    per_inch = 2.54 if units.value == _PER_CENTIMETRE else 1
    return [round(feed * per_inch), round(across_feed.value * per_inch)]


def _octets(cups: ctypes.CDLL, attribute: Any, index: int) -> str:
    length = ctypes.c_int()
    start = cups.ippGetOctetString(attribute, index, ctypes.byref(length))
    return ctypes.string_at(start, min(length.value, _LONGEST_TEXT)).decode("utf-8", "replace") if start else ""


def _messages(source: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(source):
        end = at + 4 + int.from_bytes(source[at : at + 4], "big")
        yield source[at + 4 : end]
        at = end


def main() -> None:
    cups, group = _library(), _GROUPS[sys.argv[1]]
    answers = [_attributes(cups, message, group) for message in _messages(sys.stdin.buffer.read())]
    sys.stdout.write(json.dumps(answers))


if __name__ == "__main__":
    main()
