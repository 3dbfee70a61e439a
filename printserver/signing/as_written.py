"""Parts of CMS that are written with the very bytes that were read.

asn1crypto takes any header that ends in 0x80 for one of indefinite length, such as that of 0x0680 bytes, and then
encodes anew all that lies below, level by level and again at each: a time-stamp takes a second instead of a thousandth,
at every length whose low byte is 0x80. What others have signed must be written as it came, besides.
"""

from __future__ import annotations

from typing import Any

from asn1crypto import cms, core, parser


class WrittenContentInfo(cms.ContentInfo):
    """For the token of a time-stamp."""

    def dump(self, force: bool = False) -> bytes:
        """As it was loaded."""
        return _written(self)


class WrittenSignerInfo(cms.SignerInfo):
    def dump(self, force: bool = False) -> bytes:
        """As it was loaded."""
        return _written(self)


def second_member(sequence: bytes) -> bytes:
    """The second member of a SEQUENCE as it stands there.   Raises: ValueError."""
    content = parser.parse(sequence, strict=True)[4]
    first = parser.peek(content)
    return bytes(content[first : first + parser.peek(content[first:])])


def _written(value: Any) -> bytes:
    """Without the forced encoding of what lies below, which the classes between would begin."""
    written: bytes = core.Asn1Value.dump(value)
    return written
