"""The IPP codec against hostile and mutated answers, and against the standard's own example values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printserver.printing.ipp import (
    Attribute,
    Group,
    IppMalformed,
    Operation,
    Tag,
    decode_answer,
    encode_request,
    integer,
    keyword,
    text,
    uri,
)

ANSWER = bytes.fromhex(
    "0200 0000 00000001 01"
    "47 0012 617474726962757465732d63686172736574 0005 7574662d38"
    "02"
    "21 0006 6a6f622d6964 0004 00000093"
    "45 0008 6a6f622d75756964 0003 753a31"
    "44 0011 6a6f622d73746174652d726561736f6e73 0001 61"
    "44 0000 0001 62"
    "22 0003 796573 0001 01"
    "13 0004 74696d65 0000"
    "03"
)


def test_an_answer_is_read_group_by_group_with_several_values():
    answer = decode_answer(ANSWER)
    assert answer.succeeded
    [job] = answer.of(Group.JOB)
    assert job == {
        "job-id": [0x93],
        "job-uuid": ["u:1"],
        "job-state-reasons": ["a", "b"],
        "yes": [True],
        "time": [None],
    }


def test_a_request_puts_charset_language_and_target_first_and_the_document_can_follow():
    request = encode_request(
        Operation.RELEASE_JOB,
        [uri("job-uri", "ipp://localhost/jobs/1"), keyword("requested-attributes", "job-id", "job-state")],
        user="worker",
        job=[integer("copies", 1), Attribute("last-document", Tag.BOOLEAN, (True,))],
    )
    assert request[:8] == bytes.fromhex("0200000d00000001")
    order = [b"attributes-charset", b"attributes-natural-language", b"job-uri", b"requesting-user-name", b"copies"]
    positions = [request.index(name) for name in order]
    assert positions == sorted(positions)
    assert request.endswith(b"\x03")


@given(st.binary(max_size=200))
def test_any_octets_are_an_answer_or_malformed_and_nothing_else(octets):
    try:
        decode_answer(octets)
    except IppMalformed:
        return


@given(st.integers(min_value=0, max_value=len(ANSWER) - 1), st.integers(min_value=0, max_value=255))
def test_a_mutated_answer_is_an_answer_or_malformed_and_nothing_else(position, octet):
    mutated = ANSWER[:position] + bytes([octet]) + ANSWER[position + 1 :]
    try:
        decode_answer(mutated)
    except IppMalformed:
        return


@pytest.mark.parametrize("length", range(len(ANSWER)))
def test_an_answer_cut_off_anywhere_is_malformed(length):
    with pytest.raises(IppMalformed):
        decode_answer(ANSWER[:length])


@given(
    st.integers(min_value=-(2**31), max_value=2**31 - 1),
    st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=4),
)
def test_what_was_encoded_is_read_back(number, words):
    request = encode_request(
        Operation.GET_JOBS,
        [uri("printer-uri", "ipp://localhost/"), Attribute("words", Tag.KEYWORD, tuple(words))],
        user="worker",
        job=[integer("number", number), text("name", Tag.NAME_WITHOUT_LANGUAGE, "封")],
    )
    # Requests and answers have one form; only the octets of the operation stand for the status.
    answer = decode_answer(request)
    assert answer.of(Group.OPERATION)[0]["words"] == words
    assert answer.of(Group.JOB)[0] == {"number": [number], "name": ["封"]}
