"""The strict reader: shortest definite lengths, whole octets, sane numbers, and times in UTC."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from asn1crypto import core
from hypothesis import given
from hypothesis import strategies as st

from printserver.signing.errors import SealObjectMalformed
from printserver.signing.seal_der import parse, read_time, sequence_of

HUGE = b"\x30\x84\xff\xff\xff\xff"


@pytest.mark.parametrize(
    "broken",
    [
        b"", b"\x30", b"\x30\x80\x00\x00", b"\x30\x81\x01\x00", b"\x30\x82\x00\x80" + bytes(128), b"\x30\x01", HUGE,
        b"\x30\x85\x01\x00\x00\x00\x00", b"\x1f\x01\x00", b"\x30\x00\x00",
    ],
)  # fmt: skip
def test_what_is_not_der_is_refused(broken: bytes):
    with pytest.raises(SealObjectMalformed):
        parse(broken)


@given(st.lists(st.binary(max_size=200), max_size=8))
def test_elements_come_back_exactly_as_they_stand(contents: list[bytes]):
    whole = core.SequenceOf([core.OctetString(each) for each in contents], spec=core.OctetString).dump()
    found = parse(whole).children(0)
    assert [each.octets() for each in found] == contents
    assert sequence_of(*found) == whole


def test_too_few_and_too_many_elements_are_refused():
    pair = parse(b"\x30\x04\x05\x00\x05\x00")
    assert len(pair.children(2, 2)) == 2
    for fewest, most in ((3, 4), (0, 1)):
        with pytest.raises(SealObjectMalformed):
            pair.children(fewest, most)
    with pytest.raises(SealObjectMalformed):
        parse(b"\x30\x82\x08\x02" + b"\x05\x00" * 1025).children(0)


@pytest.mark.parametrize("number", [0, 1, 127, 128, 255, 256, 2**31 - 1])
def test_numbers_are_read_as_they_stand(number: int):
    assert parse(core.Integer(number).dump()).integer() == number


@pytest.mark.parametrize("broken", [b"\x02\x00", b"\x02\x01\x80", b"\x02\x02\x00\x01", b"\x02\x05\x01\x00\x00\x00\x00"])
def test_numbers_out_of_range_or_not_shortest_are_refused(broken: bytes):
    with pytest.raises(SealObjectMalformed):
        parse(broken).integer()


@pytest.mark.parametrize("oid", ["1.2.156.10197.1.501", "2.5.4.3", "0.9", "2.999.1"])
def test_object_identifiers_are_read(oid: str):
    assert parse(core.ObjectIdentifier(oid).dump()).oid() == oid


@pytest.mark.parametrize("broken", [b"\x06\x00", b"\x06\x01\x80", b"\x06\x02\x2a\x81"])
def test_broken_object_identifiers_are_refused(broken: bytes):
    with pytest.raises(SealObjectMalformed):
        parse(broken).oid()


def test_only_whole_octets_are_bits():
    assert parse(b"\x03\x03\x00ab").bits() == b"ab"
    assert parse(b"\x04\x02ab").bits() == b"ab"
    for broken in (b"\x03\x02\x01\x02", b"\x03\x00"):
        with pytest.raises(SealObjectMalformed):
            parse(broken).bits()


@pytest.mark.parametrize("broken", [b"\x0c\x01\xff", b"\x0c\x01\n", b"\x0c\x05abcde", b"\x04\x01a"])
def test_texts_are_short_and_can_be_shown(broken: bytes):
    with pytest.raises(SealObjectMalformed):
        parse(broken).text(4)


@pytest.mark.parametrize(
    ("text", "short_year"),
    [(b"20261122133000Z", False), (b"261122133000Z", True), (b"20261122213000+0800", False),
     (b"20261122213000", False), (b"20261122133000.25Z", False), (b"261122083000-0500", True)],
)  # fmt: skip
def test_times_are_read_as_utc_and_a_bare_one_as_chinas(text: bytes, short_year: bool):
    assert read_time(text, short_year=short_year) == datetime(2026, 11, 22, 13, 30, tzinfo=UTC)


@pytest.mark.parametrize("text", [b"", b"20261322133000Z", b"2026112213300Z", b"20261122133000+9900", b"0" * 14 + b"Z"])
def test_what_is_no_time_is_none(text: bytes):
    assert read_time(text, short_year=False) is None
    element = b"\x18" + bytes([len(text)]) + text
    with pytest.raises(SealObjectMalformed):
        parse(element).time()


def test_years_of_two_digits_are_those_from_1950_to_2049():
    assert [read_time(year + b"0101000000Z", short_year=True).year for year in (b"49", b"50")] == [2049, 1950]
