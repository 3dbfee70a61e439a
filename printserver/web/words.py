"""Words for people: what states, reasons, roles and problems are called, and in which colour they stand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from printserver.web.languages import N_

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "verdict": {
        "genuine": N_("Genuine and valid"),
        "unsettled": N_("Signed, but not confirmed as printed"),
        "void": N_("Void"),
        "replaced": N_("Replaced by another copy"),
        "altered": N_("Altered: not what was signed"),
        "expired": N_("Signed with a key that is no longer accepted"),
        "unknown": N_("Unknown: not issued here"),
    },
    "verdict_meaning": {
        "genuine": N_("This code was signed by the organisation named below, and the copy is valid now."),
        "unsettled": N_(
            "The code was signed, but the issuer has not confirmed yet that this copy was printed. "
            "Please ask the issuer before you rely on it."
        ),
        "void": N_("The issuer has declared this copy invalid. Do not rely on it."),
        "replaced": N_("This copy is void, and another copy stands in its place. Ask the issuer for that one."),
        "altered": N_(
            "The code looks like one of ours, but its signature or its data do not agree. Do not rely on it."
        ),
        "expired": N_("The issuer no longer accepts the key that signed this code. Please ask the issuer."),
        "unknown": N_(
            "No copy with this code was issued by this server. If the code was read from a paper, do not rely on it."
        ),
    },
    "notice": {},
}

TONES: Final[Mapping[str, Mapping[str, str]]] = {
    "verdict": {
        "genuine": "success",
        "unsettled": "warning",
        "expired": "warning",
        "void": "danger",
        "replaced": "danger",
        "altered": "danger",
        "unknown": "danger",
    },
}

SIGNS: Final[Mapping[str, str]] = {"success": "✓", "warning": "!", "danger": "✗"}
LANGUAGE_NAMES: Final[Mapping[str, str]] = {"zh": "中文", "en": "English"}
"""Each in itself: never translated."""
