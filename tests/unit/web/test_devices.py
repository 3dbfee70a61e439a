"""Browsers in words: what people have before them, and nothing for what nobody knows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printserver.web.devices import device_in_words

LIKE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (f"{LIKE} Chrome/141.0.0.0 Safari/537.36", "Chrome 141 · Windows"),
        (f"{LIKE} Chrome/141.0.0.0 Safari/537.36 Edg/141.0.3537.57", "Edge 141 · Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox 140 · Linux"),
        (f"{PHONE} Version/18.0 Mobile/15E148 Safari/604.1", "Safari 18 · iPhone"),
        (f"{PHONE} Mobile/15E148 MicroMessenger/8.0.56(0x18003830) NetType/WIFI", "WeChat 8 · iPhone"),
        ("Mozilla/5.0 (Linux; Android 14; ABC) AppleWebKit/537.36 Chrome/120.0 Mobile", "Chrome 120 · Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/17.4 Safari/605.1.15", "Safari 17 · macOS"),
        ("curl/8.14.1", "curl 8"),
        ("python-httpx/0.28.1", "Python 0"),
        ("something else", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_a_browser_is_called_by_its_name_and_its_system(said: str, words: str):
    assert device_in_words(said) == words


@given(st.text(max_size=200))
def test_whatever_a_program_says_of_itself_the_words_are_ours(said: str):
    assert set(device_in_words(said)) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ·")
