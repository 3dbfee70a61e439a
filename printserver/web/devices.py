"""What a browser says of itself, in words that its owner knows again: `Firefox 140 · Windows`. Pure."""

from __future__ import annotations

import re
from typing import Final

BROWSERS: Final = tuple(
    (name, re.compile(rf"(?:{pattern})/([0-9]{{1,4}})"))
    for name, pattern in (
        ("WeChat", "MicroMessenger"),
        ("DingTalk", "DingTalk"),
        ("WeCom", "wxwork"),
        ("Edge", "Edg|EdgA|EdgiOS|Edge"),
        ("Opera", "OPR"),
        ("QQ Browser", "M?QQBrowser"),
        ("UC Browser", "UCBrowser"),
        ("360", "QihooBrowser"),
        ("Huawei Browser", "HuaweiBrowser"),
        ("Xiaomi Browser", "XiaoMi/MiuiBrowser|MiuiBrowser"),
        ("Samsung Internet", "SamsungBrowser"),
        ("Firefox", "Firefox|FxiOS"),
        ("Chrome", "Chrome|CriOS|HeadlessChrome|Chromium"),
        ("Safari", "Version"),
        ("curl", "curl"),
        ("Python", "python-httpx|python-requests|Python-urllib"),
    )
)
"""In this order: most browsers also name those that they are like."""
_SYSTEMS: Final = (
    ("HarmonyOS", "HarmonyOS"),
    ("OpenHarmony", "HarmonyOS"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
)


def device_in_words(device: str) -> str:
    """device: hostile text.   Browser with its version, and system, as far as either is known; else empty."""
    browser = next((f"{name} {found[1]}" for name, pattern in BROWSERS if (found := pattern.search(device))), "")
    system = next((name for part, name in _SYSTEMS if part in device), "")
    return " · ".join(part for part in (browser, system) if part)
