"""The process sheet's barcode: reads back, and is taken for no page."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as some

from printserver.foundation.serials import CopySerial, PageCode, SerialMalformed
from printserver.print_requests.process_code import ProcessCode, ProcessCodeMalformed


@given(some.uuids())
def test_it_reads_back_and_is_no_page_code(request_id: UUID):
    digits = ProcessCode(request_id).digits()
    assert ProcessCode.parse(digits) == ProcessCode(request_id)
    with pytest.raises(SerialMalformed):
        PageCode.parse(digits)


@given(some.uuids(), some.integers(0, 41), some.integers(1, 9))
def test_a_wrong_digit_is_noticed(request_id: UUID, at: int, by: int):
    digits = ProcessCode(request_id).digits()
    wrong = digits[:at] + str((int(digits[at]) + by) % 10) + digits[at + 1 :]
    with pytest.raises(ProcessCodeMalformed):
        ProcessCode.parse(wrong)


@given(some.binary(min_size=10, max_size=10), some.integers(1, 65_535))
def test_a_page_code_is_no_process_code(serial: bytes, page: int):
    with pytest.raises(ProcessCodeMalformed):
        ProcessCode.parse(PageCode(CopySerial(serial), page).digits())
