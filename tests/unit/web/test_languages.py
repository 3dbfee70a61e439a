"""Which language a page speaks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printserver.web.languages import Language, parse_language, preferred, translations


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("", Language.ZH),
        ("zh-CN,zh;q=0.9,en;q=0.8", Language.ZH),
        ("en-GB", Language.EN),
        ("de,en;q=0.5", Language.EN),
        ("en;q=0.3,zh-TW;q=0.9", Language.ZH),
        ("zh;q=0,en", Language.EN),
        ("de,fr", Language.ZH),
        ("*;q=nonsense", Language.ZH),
    ],
)
def test_the_browsers_first_language_that_we_speak_is_taken(accepted: str, expected: Language):
    assert preferred(accepted, Language.ZH) is expected


@given(st.text(max_size=600))
def test_whatever_a_browser_sends_there_is_a_language(accepted: str):
    assert preferred(accepted, Language.EN) in Language


def test_only_our_languages_can_be_asked_for():
    assert parse_language("en") is Language.EN
    assert parse_language("../en") is None
    assert parse_language(None) is None


def test_chinese_is_translated_and_english_is_as_written():
    assert translations(Language.ZH).gettext("Genuine and valid") == "真实有效"
    assert translations(Language.EN).gettext("Genuine and valid") == "Genuine and valid"
