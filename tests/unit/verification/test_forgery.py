"""Mutated codes and codes of other keys: none is believed. `benchmarks/forgery.py` tries 100,000."""

from __future__ import annotations

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.forgery import HOST, Forger, falsely_accepted
from printserver.foundation.errors import PrintServerError
from printserver.signing.codes import DIGITS, encode_text, parse_text
from printserver.signing.errors import CodeForged
from printserver.signing.key_list import KeyList
from printserver.verification.offline import verify_text
from tests.paper_books import NUMBER, VALID, Issuer

COUNT = 20_000
DIGIT_LIKE = "0123456789٠١٢٣٠１２３²①"


def test_no_forged_code_is_believed(issuer: Issuer):
    forger, key_list = Forger(issuer.code_key, NUMBER), issuer.key_list()
    for code in forger.genuine:
        assert verify_text(encode_text(HOST, code.blob), key_list) == code.body
    assert falsely_accepted(forger, key_list, count=COUNT, seed=20261122) == []


@settings(max_examples=300)
@given(
    st.builds(
        "{}{}{}{}{}".format,
        st.sampled_from(["", " ", "\n", "\u200b", "\ufeff"]),
        st.sampled_from(
            ["http://a", "https://a.b:1", "HTTPS://a", "javascript:", "//a", "https://a@b", "https://a/../b", ""]
        ),
        st.sampled_from(["/q/", "/q//", "/Q/", "/q/%30", "?/q/", "/q/'--", "/q/<b>", "#/q/", ""]),
        st.text(DIGIT_LIKE + string.ascii_letters, min_size=DIGITS - 2, max_size=DIGITS + 2)
        | st.text("0123456789", min_size=DIGITS, max_size=DIGITS),
        st.sampled_from(["", " ", "\n", "/", "?x=1", "#", "\0", "<script>", "' OR 1=1"]),
    )
)
def test_the_grammar_takes_ascii_digits_behind_a_plain_address_and_nothing_else(text: str):
    try:
        code = parse_text(text)
    except PrintServerError:
        return
    host, _, digits = text.rpartition("/q/")
    assert digits == encode_text(HOST, code.blob)[-DIGITS:]
    assert host in ("", "http://a", "https://a.b:1")


def test_a_list_of_another_organisations_key_believes_nothing(issuer: Issuer):
    forger = Forger(issuer.code_key, NUMBER + 1)
    key_list: KeyList = issuer.key_list()
    assert VALID[0] < forger.genuine[0].body.issued_at < VALID[1]
    for code in forger.genuine:
        with pytest.raises(CodeForged):
            verify_text(encode_text(HOST, code.blob), key_list)
