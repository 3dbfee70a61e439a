"""The photo page says first what matters most: a genuine code on a paper that says something else is no green page."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from printserver.returns.photo_check import Looks, PhotoCheck
from printserver.verification.public_view import Verdict, VerdictKind
from printserver.web.languages import Language
from printserver.web.view import _environment


def shown(checked: PhotoCheck) -> str:
    template = _environment(Language.EN, "UTC").get_template("verify_photo.html")
    view = SimpleNamespace(language=Language.EN, in_language=lambda language: f"?lang={language}")
    given = {"view": view, "checked": checked, "photo": "", "page": "", "problem": None}
    return "".join(template.blocks["body"](template.new_context(given)))


@pytest.mark.parametrize(
    ("looks", "kind", "tone", "heading"),
    [
        (Looks.SAME, VerdictKind.GENUINE, "success", "Genuine and valid"),
        (Looks.DIFFERS, VerdictKind.GENUINE, "danger", "The paper differs from what was issued"),
        (Looks.PARTLY_SAME, VerdictKind.GENUINE, "warning", "No difference was found in the part that is shown"),
        (Looks.NOT_SHOWN, VerdictKind.GENUINE, "warning", "The issuer shows no picture of this page"),
        (Looks.NOT_SHOWN, VerdictKind.UNSETTLED, "warning", "Signed, "),
        (Looks.DIFFERS, VerdictKind.VOID, "danger", "Void"),
    ],
)
def test_a_paper_that_was_not_compared_whole_is_never_headed_genuine(
    looks: Looks, kind: VerdictKind, tone: str, heading: str
):
    page = shown(PhotoCheck(looks, Verdict(kind)))
    assert f'class="verdict verdict-{tone}"' in page
    assert f"<h1>{heading}" in page
    assert ("a code can be copied onto another one" in page) == (
        looks is not Looks.SAME and kind is VerdictKind.GENUINE
    )
