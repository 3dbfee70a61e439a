"""Copy serials and page codes: one text each, and a slip of the pen is noticed."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from printserver.foundation.serials import CHECK_SYMBOLS, CROCKFORD, CopySerial, PageCode, SerialMalformed

SERIALS = st.binary(min_size=10, max_size=10).map(CopySerial)
PAGES = st.integers(1, 65_535)


def test_serials_look_as_documented():
    assert str(CopySerial(bytes(10))) == "0000-0000-0000-0000-0"
    assert str(CopySerial(b"\xff" * 10)) == "ZZZZ-ZZZZ-ZZZZ-ZZZZ-~"
    assert str(CopySerial(bytes(9) + b"\x24")) == "0000-0000-0000-0014-U"


@given(SERIALS)
def test_a_serial_reads_back_as_it_was_written(serial: CopySerial):
    assert CopySerial.parse(str(serial)) == serial


@given(SERIALS, st.data())
def test_a_serial_is_read_as_people_type_it(serial: CopySerial, data: st.DataObject):
    alike = {"0": "0Oo", "1": "1IiLl"}
    typed = "".join(
        data.draw(st.sampled_from(alike.get(symbol, symbol + symbol.lower()))) + data.draw(st.sampled_from(["", " "]))
        for symbol in str(serial)
        if symbol != "-" or data.draw(st.booleans())
    )
    assert CopySerial.parse(typed) == serial


@given(SERIALS, st.integers(0, 16), st.data())
def test_one_wrong_character_is_always_noticed(serial: CopySerial, place: int, data: st.DataObject):
    symbols = str(serial).replace("-", "")
    wrong = data.draw(st.sampled_from(CHECK_SYMBOLS if place == 16 else CROCKFORD))
    assume(wrong != symbols[place])
    with pytest.raises(SerialMalformed):
        CopySerial.parse(symbols[:place] + wrong + symbols[place + 1 :])


@given(SERIALS, st.integers(0, 14))
def test_two_exchanged_neighbours_are_always_noticed(serial: CopySerial, place: int):
    symbols = str(serial).replace("-", "")
    assume(symbols[place] != symbols[place + 1])
    with pytest.raises(SerialMalformed):
        CopySerial.parse(symbols[:place] + symbols[place + 1] + symbols[place] + symbols[place + 2 :])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0" * 16,
        "0" * 18,
        "U000-0000-0000-0000-0",
        "0000-0000-0000-0000-0\n",
        "0000\t0000-0000-0000-0",
        "ß00000000000000-0",
        "０" * 17,
        "ı" * 16 + "0",
        "0000_0000_0000_0000_0",
    ],
)
def test_anything_else_is_no_serial(text: str):
    with pytest.raises(SerialMalformed):
        CopySerial.parse(text)


@given(st.text())
def test_no_text_breaks_the_parsers(text: str):
    for parse in (CopySerial.parse, PageCode.parse):
        try:
            parse(text)
        except SerialMalformed:
            continue


@pytest.mark.parametrize("value", [b"", bytes(9), bytes(11)])
def test_a_serial_has_eighty_bits(value: bytes):
    with pytest.raises(SerialMalformed):
        CopySerial(value)


def test_a_thousand_fresh_serials_differ():
    assert len({CopySerial.generate() for _ in range(1_000)}) == 1_000


@given(SERIALS, PAGES)
def test_a_page_code_reads_back_as_it_was_written(serial: CopySerial, page: int):
    code = PageCode(serial, page)
    digits = code.digits()
    assert len(digits) == 32
    assert int(digits) % 97 == 1
    assert PageCode.parse(digits) == code


@given(SERIALS, PAGES, st.integers(0, 31), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(serial: CopySerial, page: int, place: int, shift: int):
    digits = PageCode(serial, page).digits()
    wrong = digits[:place] + str((int(digits[place]) + shift) % 10) + digits[place + 1 :]
    with pytest.raises(SerialMalformed):
        PageCode.parse(wrong)


@given(SERIALS, PAGES)
def test_a_page_code_has_one_text_only(serial: CopySerial, page: int):
    """Check digits 97 higher or lower would satisfy the remainder as well."""
    digits = PageCode(serial, page).digits()
    for check in (int(digits[30:]) + 97, int(digits[30:]) - 97):
        if 0 <= check <= 99:
            with pytest.raises(SerialMalformed):
                PageCode.parse(f"{digits[:30]}{check:02d}")


@pytest.mark.parametrize("page", [0, -1, 65_536, 100_000])
def test_a_page_out_of_range_has_no_code(page: int):
    with pytest.raises(SerialMalformed):
        PageCode(CopySerial(bytes(10)), page)


def checked(body: str) -> str:
    return f"{body}{98 - int(body) * 100 % 97:02d}"


@pytest.mark.parametrize(
    "digits",
    [
        "",
        "1" * 31,
        "1" * 33,
        checked(f"{1 << 80:025d}00001"),
        checked(f"{9 * 10**24:025d}00001"),
        checked(f"{1:025d}00000"),
        checked(f"{1:025d}65536"),
        checked(f"{1:025d}00001") + "\n",
        " " + checked(f"{1:025d}00001")[1:],
        "٠" * 30 + "01",
    ],
)
def test_digits_out_of_range_are_no_page_code(digits: str):
    with pytest.raises(SerialMalformed):
        PageCode.parse(digits)
