"""Strangers see a page only where its class shows it, and never without the words that it is no copy."""

from __future__ import annotations

import pytest

from printserver.approvals.classes import PublicView
from printserver.foundation.serials import PageCode
from printserver.rendering.page_images import COMPARISON_WATERMARK
from printserver.verification.page_view import SHOWN_DPI, PageNotShown, drawn_page, shown_page
from printserver.verification.public_view import PagePolicy
from tests.paper_books import Books
from tests.paper_drawings import pages_with_codes


def test_what_strangers_see_says_that_it_is_no_copy_and_is_shown_by_its_class_alone(books: Books):
    copy = books.copy()
    stored = books.objects.put(pages_with_codes([books.text(copy)], [PageCode(copy.serial, 1)]), books.organisation_id)
    policy = PagePolicy(PublicView.FULL, books.organisation_id, stored, 1)
    marked, bare = (
        drawn_page(books.objects, policy, SHOWN_DPI, words, format="webp") for words in (COMPARISON_WATERMARK, None)
    )
    assert shown_page(books.objects, policy) == marked != bare
    for hidden in (None, PagePolicy(PublicView.NONE, books.organisation_id, stored, 1)):
        with pytest.raises(PageNotShown):
            shown_page(books.objects, hidden)
