"""Passwords that are guessed first, by how they are made."""

from __future__ import annotations

import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printserver.organisations.weak_passwords import LONGEST, SHORTEST, weakness

NAMES = ("zhang.wei", "E10086", "张伟", "Zhang Wei")
WEAK = (
    *("", "short", "a" * 9, "a" * 20, "abcabcabcabc", "1212121212", "password12", "Password123!", "P@ssw0rd2024"),
    *("1234567890", "0987654321", "qwertyuiop", "asdfghjkl;1", "qwertyuiop123", "1qaz2wsx3edc", "20240101010"),
    *(
        "iloveyou123",
        "woaini52013",
        "admin@2026!",
        "adminadmin1",
        "welcome2026",
        "zhangwei2026",
        "zhang.wei1",
        "E10086E10086",
    ),
    *("abcdefghijk", "zyxwvutsrq", "111222333444", "!@#$%^&*()", "x" * 300),
)
GOOD = (
    *("a long sentence for the tests", "correct horse battery", "绿色的自行车在雨里很安静", "x7Gh-_k2LmQp9A1z"),
    *("zhang reads seven books", "grün-Fahrrad-19-Mond", "my dog eats passwords"),
)


@pytest.mark.parametrize("password", WEAK)
def test_what_is_guessed_first_is_refused(password: str):
    assert weakness(password, NAMES) is not None


@pytest.mark.parametrize("password", GOOD)
def test_a_sentence_or_random_letters_will_do(password: str):
    assert weakness(password, NAMES) is None


def test_random_initial_passwords_are_never_weak():
    assert not [each for each in (secrets.token_urlsafe(12) for _ in range(2_000)) if weakness(each, NAMES)]


@given(st.text(max_size=250), st.lists(st.text(max_size=30), max_size=3))
def test_any_text_gets_an_answer(password: str, names: list[str]):
    reason = weakness(password, names)
    assert reason is not None or SHORTEST <= len(password) <= LONGEST
