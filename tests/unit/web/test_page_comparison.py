"""What may be an alteration is read first; each place keeps the number by which the pictures know it."""

from __future__ import annotations

import re
from types import SimpleNamespace

from printserver.web.languages import Language
from printserver.web.view import _environment

KINDS = ("issued-straddle", "counter-seal", "changed-text", "added")


def test_alterations_stand_before_seals_and_keep_their_numbers():
    places = [
        {"kind": kind, "x_um": 0, "y_um": 0, "w_um": 1000, "h_um": 1000, "picture_sha256": "0" * 64} for kind in KINDS
    ]
    page = SimpleNamespace(id="p", findings={"regions": places}, verdict="changed", copy=None, page=None)
    page.has_picture = False
    template = _environment(Language.EN, "UTC").get_template("page_comparison.html")
    shown = template.render(page=page, request_id=None, may_see_issued=False)
    assert re.findall(r'<li class="list-group-item" data-place="(\d)">', shown) == ["3", "4", "1", "2"]
    assert re.findall(r"places/(\d)/image", shown) == ["3", "4", "1", "2"]
    assert re.search(r'data-place="3">\s*<span class="place-kind place-changed-text">', shown)
