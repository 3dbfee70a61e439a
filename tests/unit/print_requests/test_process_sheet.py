"""The process sheet: what it says, who may have it, that it is recorded, and that no return takes it for a page."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pypdfium2
import pytest
import zxingcpp

from printserver.foundation.errors import NotFound
from printserver.organisations.permissions import Role
from printserver.print_requests.process_code import ProcessCode
from printserver.print_requests.process_sheet import ProcessSheet, draw_process_sheet, take_process_sheet
from printserver.returns.matching import find_codes
from tests.unit.rendering.papers import raster
from tests.world import World


def taken(world: World, request_id: object, role: Role = Role.CLERK) -> ProcessSheet:
    with world.database.work() as work:
        return take_process_sheet(work, world.actor(work, role), request_id)  # type: ignore[arg-type]


def text_of(pdf: bytes) -> str:
    with pypdfium2.PdfDocument(pdf) as document:
        return " ".join(" ".join(page.get_textpage().get_text_range() for page in document).split())


def test_it_says_who_what_and_which_copies_and_that_it_is_none(world: World):
    request_id = world.issued(copies=2, title="采购合同 #pagebreak() $x$")
    text = text_of(draw_process_sheet(taken(world, request_id), time_zone="Asia/Shanghai"))
    serials = [str(copy.serial) for copy in taken(world, request_id).request.copies]
    for words in (
        "采购合同 #pagebreak() $x$",
        "不是文件副本",
        "not a copy",
        "同意 approved",
        "审批 approval",
        "第 2 份 共 2 份",
        *serials,
    ):
        assert words.replace(" ", "") in text.replace(" ", "")


def test_every_taking_is_recorded(world: World):
    taken(world, world.pending())
    assert world.events()[-1] == "ProcessSheetTaken"


def test_another_branch_finds_no_such_request_and_nothing_is_recorded(world: World):
    request_id = world.pending()
    before = world.row_counts()
    with pytest.raises(NotFound), world.database.work() as work:
        take_process_sheet(work, world.actor(work, Role.CLERK, world.home.south), request_id)
    assert world.row_counts() == before


def test_its_barcode_is_read_and_taken_for_no_page_of_a_copy(world: World, tmp_path: Path):
    request_id = world.pending()
    picture = raster(draw_process_sheet(taken(world, request_id), time_zone="UTC"), tmp_path, dpi=200)
    pixels = cv2.cvtColor(np.asarray(picture), cv2.COLOR_RGB2BGR)
    above, below = zxingcpp.read_barcodes(pixels)
    assert ProcessCode.parse(above.text) == ProcessCode.parse(below.text) == ProcessCode(request_id)
    found = find_codes(np.asarray(pixels, np.uint8), 200)
    assert (found.codes, found.process_codes) == ((), (ProcessCode(request_id),))
