"""A stranger's JSON is read up to a bound, every name once."""

from __future__ import annotations

import pytest

from printserver.archive.bag import LARGEST_JSON
from printserver.foundation.errors import Malformed
from printserver.verification.package_json import read_object


def of_size(size: int) -> bytes:
    return b'{"a":"' + b"x" * (size - 8) + b'"}'


def test_an_object_at_the_bound_is_read_and_one_byte_more_is_refused():
    assert list(read_object(of_size(LARGEST_JSON), Malformed)) == ["a"]
    with pytest.raises(Malformed):
        read_object(of_size(LARGEST_JSON + 1), Malformed)


@pytest.mark.parametrize("data", [b"", b"[]", b"1", b'{"a":1,"a":1}', b'{"a":', b'{"a":' + b"[" * 100_000, b"\xff\xfe"])
def test_whatever_is_no_object_with_every_name_once_is_refused(data: bytes):
    with pytest.raises(Malformed):
        read_object(data, Malformed)
