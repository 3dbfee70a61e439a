"""The picture of an issued page that a stranger with its code may see: as much of it as its class says.

Drawn from the rendition, which bears no code, and marked as not valid: it can never pass as a copy.
"""

from __future__ import annotations

from typing import Final, Literal

from printserver.approvals.classes import PublicView
from printserver.foundation.errors import NotFound
from printserver.rendering.page_images import COMPARISON_WATERMARK, page_image
from printserver.rendering.security_marks import without_security
from printserver.storage.objects import Objects
from printserver.verification.public_view import PagePolicy

SHOWN_DPI: Final = 96


class PageNotShown(NotFound):
    """The class does not show its pages, or there is no such page."""

    code = "page-not-shown"


def shown_page(objects: Objects, policy: PagePolicy | None) -> bytes:
    """WebP, with the words that it is no copy.   Raises: PageNotShown, PageNotDrawable, PictureTooLarge."""
    return drawn_page(objects, policy, SHOWN_DPI, COMPARISON_WATERMARK, format="webp")


def drawn_page(
    objects: Objects,
    policy: PagePolicy | None,
    dpi: int,
    words: str | None,
    *,
    format: Literal["webp", "png"] = "png",
) -> bytes:
    """words: over the page; None for comparing, never for showing.   Raises: as `shown_page`."""
    if policy is None or policy.view is PublicView.NONE:
        raise PageNotShown("no picture of this page is shown")
    try:
        rendition = objects.get(policy.rendition_sha256, policy.owner)
    except NotFound:
        raise PageNotShown("no picture of this page is shown") from None
    if not policy.view.hides_lines:
        return page_image(rendition, policy.page, dpi=dpi, watermark=words, format=format)
    # A ground of dots is ink all over: with it the whole page would be one grey box.
    bare = without_security(rendition).pdf
    titled = policy.view is PublicView.TITLED
    return page_image(
        bare, policy.page, dpi=dpi, watermark=words, format=format, only_seals=policy.seals, headline=titled
    )
