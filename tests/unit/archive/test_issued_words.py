"""The words of an issued PDF, as the archive looks for them."""

from __future__ import annotations

import typst

from printserver.archive.issued_words import issued_pages


def test_a_name_with_a_rare_character_is_a_word_of_the_page():
    """pdfium counts it as two halves."""
    source = '#set text(font: "Noto Serif CJK SC")\n𠮷野家'
    (page,) = issued_pages(bytes(typst.compile(source.encode())))
    assert [word.text for word in page.words] == ["𠮷野家"]
    assert page.text.strip() == "𠮷野家"
