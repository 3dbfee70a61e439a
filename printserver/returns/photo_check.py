"""A photograph of a paper that anybody hands in: whose code is on it, and does the paper look as it was issued?

Compared and shown is what the document's class lets strangers see, and nothing else: where the page is hidden, no
difference is told either. Nothing is kept.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from printserver.approvals.classes import PublicView
from printserver.foundation.errors import Malformed, NotFound, TooLarge
from printserver.foundation.limited_process import (
    MEBIBYTE,
    ProcessCrashed,
    ProcessLimitExceeded,
    ProcessLimits,
    run_limited,
)
from printserver.foundation.unit_of_work import Database
from printserver.print_requests.queries import copy_facts
from printserver.rendering.guilloche import INNER_UM
from printserver.rendering.page_images import COMPARISON_WATERMARK, page_image
from printserver.rendering.security_marks import without_security
from printserver.returns.comparison import Region, RegionKind
from printserver.returns.squaring import ISSUED_DPI
from printserver.signing.key_list import KeyList
from printserver.storage.objects import Objects
from printserver.verification.page_view import drawn_page
from printserver.verification.public_view import Verdict, VerdictKind
from printserver.verification.service import check_code

LARGEST: Final = 24 * MEBIBYTE
_MOST_CODES: Final = 4
_MODULE: Final = "printserver.returns.photo_process"
_READ_LIMITS: Final = ProcessLimits(memory_bytes=1536 * MEBIBYTE, cpu_seconds=20, wall_seconds=40)
_COMPARE_LIMITS: Final = ProcessLimits(memory_bytes=2048 * MEBIBYTE, cpu_seconds=40, wall_seconds=80)


class PhotoUnreadable(Malformed):
    """Neither JPEG nor PNG, or too large to be looked at."""

    code = "photo-unreadable"


class PhotoTooLarge(TooLarge):
    code = "photo-too-large"


class Looks(StrEnum):
    """How the paper on the photograph compares with the issued page. Words for people are the pages' own."""

    SAME = "same"
    PARTLY_SAME = "partly-same"
    """Where the page is shown; the rest is hidden and was not compared."""
    DIFFERS = "differs"
    UNSURE = "unsure"
    """The photograph does not allow an answer."""
    TOO_COARSE = "too-coarse"
    NOT_SQUARED = "not-squared"
    """The sheet's outline was not recognised."""
    NOT_SHOWN = "not-shown"
    """The class shows no page."""
    NO_CODE = "no-code"
    """There is nothing to compare with."""


@dataclass(frozen=True)
class PhotoCheck:
    """`verdict`: of the code; None when none was read.   photo, page: JPEG, with the differences marked, or empty.

    blurred: whether the photograph is out of focus.
    """

    looks: Looks
    verdict: Verdict | None = None
    blurred: bool = False
    regions: tuple[Region, ...] = ()
    photo: bytes = b""
    page: bytes = b""


def check_photo(database: Database, objects: Objects, key_list: KeyList, photo: bytes) -> PhotoCheck:
    """photo: JPEG or PNG.   Raises: PhotoTooLarge, PhotoUnreadable, PageNotDrawable."""
    if len(photo) > LARGEST:
        raise PhotoTooLarge(f"a photograph has at most {LARGEST // MEBIBYTE} MiB")
    texts, blurred = codes_on(photo)
    if not texts:
        return PhotoCheck(Looks.NO_CODE, blurred=blurred)
    verdict = _best(database, objects, key_list, texts)
    policy = verdict.policy
    if policy is None or verdict.copy_id is None:
        return PhotoCheck(Looks.NO_CODE, verdict, blurred)
    with database.reading() as work:
        issued_sha256 = copy_facts(work, verdict.copy_id).issued_sha256
    try:
        if policy.view is PublicView.NONE or issued_sha256 is None:
            return PhotoCheck(Looks.NOT_SHOWN, verdict, blurred)
        bare = without_security(objects.get(issued_sha256, policy.owner))
        issued = page_image(bare.pdf, policy.page, dpi=ISSUED_DPI, format="png")
        public, shown = (drawn_page(objects, policy, ISSUED_DPI, words) for words in (None, COMPARISON_WATERMARK))
    except NotFound:
        return PhotoCheck(Looks.NOT_SHOWN, verdict, blurred)
    orders = ["compare-masked" if policy.view.hides_lines else "compare"]
    orders.append(str(INNER_UM if bare.framed else 0))
    return _compared(orders, PhotoCheck(Looks.UNSURE, verdict, blurred), (issued, public, shown), photo)


def codes_on(photo: bytes) -> tuple[list[str], bool]:
    """The texts of our form that are on it, unverified, and whether it is out of focus.   Raises: PhotoUnreadable."""
    try:
        said = json.loads(run_limited(_MODULE, ["read"], photo, _READ_LIMITS))
    except (ProcessCrashed, ProcessLimitExceeded):
        raise PhotoUnreadable("the picture cannot be read; please send a JPEG or PNG") from None
    return list(dict.fromkeys(said["texts"]))[:_MOST_CODES], said["blurred"]


def _best(database: Database, objects: Objects, key_list: KeyList, texts: list[str]) -> Verdict:
    """Of the first code that says something; a foreign code beside it does not matter."""
    with database.reading() as work:
        verdicts = [check_code(work, text, key_list, objects) for text in texts]
    return next((each for each in verdicts if each.kind is not VerdictKind.UNKNOWN), verdicts[0])


def _compared(orders: list[str], unsure: PhotoCheck, pages: tuple[bytes, bytes, bytes], photo: bytes) -> PhotoCheck:
    given = b"".join(len(page).to_bytes(4, "big") + page for page in pages)
    try:
        answer = run_limited(_MODULE, orders, given + photo, _COMPARE_LIMITS)
    except (ProcessCrashed, ProcessLimitExceeded):
        return unsure
    parts, at = [], 0
    while at < len(answer):
        size = int.from_bytes(answer[at : at + 4], "big")
        parts.append(answer[at + 4 : at + 4 + size])
        at += 4 + size
    said = json.loads(parts[0])
    regions = tuple(Region(**{**each, "kind": RegionKind(each["kind"])}) for each in said["regions"])
    return replace(unsure, looks=Looks(said["state"]), regions=regions, photo=parts[1], page=parts[2])
