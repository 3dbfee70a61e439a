"""Which language a page speaks, and its words, read from the catalogues when the process starts."""

from __future__ import annotations

import io
from enum import StrEnum
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from typing import Final

from babel.core import negotiate_locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

CATALOGUES: Final = Path(__file__).parent / "translations"
PARAMETER: Final = "lang"
COOKIE: Final = "printserver-language"


class Language(StrEnum):
    """`value`: as in `<html lang>` and in addresses."""

    ZH = "zh"
    EN = "en"

    @property
    def tag(self) -> str:
        """For readers aloud and fonts."""
        return "zh-CN" if self is Language.ZH else "en"

    @property
    def other(self) -> Language:
        return Language.EN if self is Language.ZH else Language.ZH


def N_(message: str) -> str:  # noqa: N802 -- gettext's own name for "marked here, translated later"
    """Mark a string for translation where it is defined."""
    return message


def read_catalogue(language: Language) -> Catalog:
    with (CATALOGUES / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language.value)


@cache
def translations(language: Language) -> NullTranslations:
    if language is Language.EN:
        return NullTranslations()
    compiled = io.BytesIO()
    write_mo(compiled, read_catalogue(language))
    compiled.seek(0)
    return GNUTranslations(compiled)


def parse_language(text: str | None) -> Language | None:
    return Language(text) if text in {language.value for language in Language} else None


def preferred(accept_language: str, default: Language) -> Language:
    """The first language of the browser's list that we speak; weights order the list, `q=0` refuses."""
    weighted = []
    for position, part in enumerate(accept_language[:500].split(",")):
        tag, _, weight = part.strip().partition(";q=")
        try:
            quality = float(weight) if weight else 1.0
        except ValueError:
            continue
        if tag and quality > 0:
            weighted.append((-quality, position, tag.strip().split("-")[0].lower()))
    found = negotiate_locale([tag for _, _, tag in sorted(weighted)], [language.value for language in Language])
    return parse_language(found) or default
