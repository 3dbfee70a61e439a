"""A batch of several process sheets, from download to the requests' pages: each page comes to its sheet's request."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from uuid import UUID

import cv2
import numpy as np
import pikepdf

from printserver.cli.demo.paper import append_jpeg_page, rasterise
from printserver.organisations.permissions import Role
from printserver.returns.intake_channels import Channel, Fate, IntakeTools, take_in
from printserver.returns.matching import Image
from printserver.returns.pipeline import ReturnTools, process_return
from tests.http.api_client import ApiClient
from tests.http.page_visitor import Visitor, went_to
from tests.world import World
from tests.world_building import Office

DPI = 150


def sheet(api: ApiClient, request_id: UUID, folder: Path, office: Office | None = None) -> Image:
    """The process sheet as the clerk prints it."""
    answer = api.fetch(f"/print-requests/{request_id}/process-sheet.pdf", Role.CLERK, office)
    assert answer.status_code == 200, answer.text
    path = folder / "sheet.pdf"
    path.write_bytes(answer.content)
    return rasterise(path, 1, DPI)


def paper(text: str) -> Image:
    """A page that somebody else sealed: words, and no code of ours."""
    page = np.full((1754, 1240, 3), 250, np.uint8)
    for line in range(250, 1500, 60):
        cv2.putText(page, f"{text}, clause {line}", (140, line), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (30, 30, 30), 2)
    return page


def scanned(pages: list[Image]) -> bytes:
    with pikepdf.new() as pdf:
        for page in pages:
            append_jpeg_page(pdf, page, DPI)
        out = BytesIO()
        pdf.save(out)
    return out.getvalue()


def read(world: World, return_id: UUID) -> None:
    """What the worker does."""
    tools = ReturnTools(world.database, world.adapters.objects, world.adapters.load_key_list)
    process_return(tools, return_id)


def test_what_lies_behind_each_sheet_of_a_batch_is_found_on_the_page_of_its_request(api: ApiClient, tmp_path: Path):
    world = api.world
    first, second = world.pending(), world.pending(title="租赁合同 Lease")
    elsewhere = world.pending(office=world.foreign.north)
    foreign = sheet(api, elsewhere, tmp_path, world.foreign.north)
    upside_down = np.ascontiguousarray(sheet(api, second, tmp_path)[::-1, ::-1])
    blank = np.full((1754, 1240, 3), 250, np.uint8)
    batch = [paper("before any sheet"), sheet(api, first, tmp_path), paper("supply 1"), blank, paper("supply 2")]
    batch += [upside_down, paper("lease"), foreign, paper("behind a sheet of another house")]
    data = scanned(batch)
    clerk, archivist = Visitor.of(api, Role.CLERK), Visitor.of(api, Role.ARCHIVIST)
    address = went_to(clerk.send("/returns", files={"scan": ("batch.pdf", data, "application/pdf")})).partition("?")[0]
    read(world, UUID(address.rpartition("/")[2]))
    said = api.fetch(address, Role.ARCHIVIST).json()
    states = [(page["state"], page["reason"]) for page in said["page_list"]]
    assert states == [
        ("doubtful", "unreadable"),
        ("process-sheet", ""),
        ("attached", ""),
        ("blank", ""),
        ("attached", ""),
        ("process-sheet", ""),
        ("attached", ""),
        ("doubtful", "sheet-foreign"),
        ("doubtful", "unreadable"),
    ]
    batch_page = archivist.page(address)
    assert all(f"/requests/{request}" in batch_page for request in (first, second))
    assert str(elsewhere) not in batch_page
    for request, positions in ((first, [3, 5]), (second, [7])):
        listed = api.fetch(f"/print-requests/{request}/returned-papers", Role.CLERK).json()
        assert [each["position"] for each in listed] == positions
        assert clerk.page(f"/requests/{request}").count("/thumbnail") == len(positions)
    waiting = archivist.page("/returns/doubtful")
    assert all(f"/return-pages/{said['page_list'][at]['id']}" in waiting for at in (0, 7, 8))


def test_the_same_batch_by_a_channel_is_the_return_that_the_branch_has_already(api: ApiClient):
    world, data = api.world, scanned([paper("once")])
    clerk = Visitor.of(api, Role.CLERK)
    address = went_to(clerk.send("/returns", files={"scan": ("once.pdf", data, "application/pdf")})).partition("?")[0]
    tools, login = IntakeTools(world.database, world.adapters.objects), world.person(Role.CLERK).login
    for channel in Channel:
        taken = take_in(tools, channel, login, filename=f"{channel}.pdf", data=data)
        assert (taken.fate, taken.id) == (Fate.KNOWN, UUID(address.rpartition("/")[2]))
