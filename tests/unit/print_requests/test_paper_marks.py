"""The marks of a request's class come to its paper, are bound by its manifest, and need a printer that draws them."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any

import pikepdf
import pytest

from printserver.approvals.classes import ClassDescription, class_facts, describe_class
from printserver.organisations.permissions import Role
from printserver.print_requests.paper_marks import marks_for
from printserver.printing.queries import printer_facts
from printserver.rendering.calibration import Calibration, PantographNotPossible
from printserver.rendering.pantograph import Lattice
from printserver.rendering.security_marks import MarksChoice, SecurityMarks
from printserver.rendering.watermark import Watermark
from tests.world import World

ALL = MarksChoice(microtext=True, pantograph=True, guilloche=True, watermark=Watermark("内部", number=True))


def choose(world: World, marks: MarksChoice) -> None:
    with world.database.work() as work:
        actor = world.actor(work, Role.DOCUMENT_ADMINISTRATOR)
        described = class_facts(work, actor.organisation_id, "general").description
        describe_class(work, actor, replace(described, marks=marks))


def manifest(world: World, request_id: Any) -> dict[str, Any]:
    read = json.loads(world.adapters.objects.get(world.manifest_sha256(request_id), world.home.id))
    assert isinstance(read, dict)
    return read


def layers(world: World, request_id: Any) -> list[set[str]]:
    copy = world.copies(request_id)[0]
    with pikepdf.open(io.BytesIO(world.adapters.objects.get(copy.rendition_sha256, world.home.id))) as pdf:
        return [set(page.resources.XObject["/Security"].Resources.XObject.keys()) for page in pdf.pages]


def test_without_a_choice_there_is_microtext_alone(world: World):
    request_id = world.pending()
    assert [name for name, drawn in manifest(world, request_id)["marks"].items() if drawn] == ["microtext"]
    assert layers(world, request_id)[0] == {"/Microtext"}


def test_what_the_class_asks_for_is_drawn_on_every_page_and_named_in_the_manifest(world: World):
    choose(world, ALL)
    with world.database.work() as work:
        facts = printer_facts(work, world.home.north.printer_id)
    world.set_printer(calibration=Calibration(600, "A7", 882).to_json())
    request_id = world.pending()
    named = manifest(world, request_id)["marks"]
    assert named["pantograph"]["word"] == Lattice(3, 10_000).to_json()
    assert named["microtext"] == {"em_um": 882}
    assert named["watermark"] == {"text": "内部", "number": True, "tiled": False}
    assert set(map(frozenset, layers(world, request_id))) == {
        frozenset({"/Microtext", "/Pantograph", "/Frame", "/Watermark"})
    }
    assert named != marks_for(ALL, facts).to_json()
    assert manifest(world, request_id)["electronic_marks"] == {}


def test_the_electronic_original_has_no_pantograph_and_the_manifest_says_so(world: World):
    choose(world, ALL)
    said = manifest(world, world.pending(electronic=True))
    assert said["marks"]["pantograph"]
    assert said["electronic_marks"] == {**said["marks"], "pantograph": None}


def test_the_choice_is_recorded_and_read_back(world: World):
    choose(world, ALL)
    assert world.events()[-1] == "ClassDescribed"
    with world.database.reading() as work:
        actor = world.actor(work, Role.DOCUMENT_ADMINISTRATOR)
        assert class_facts(work, actor.organisation_id, "general").description.marks == ALL


def test_a_printer_that_cannot_draw_the_pantograph_is_refused_before_anything_is_drawn(world: World):
    choose(world, ALL)
    world.set_printer(resolution_dpi=300)
    before = world.row_counts()
    with pytest.raises(PantographNotPossible):
        world.submitted()
    assert world.row_counts() == before


def test_a_coarse_printer_still_draws_everything_else(world: World):
    world.set_printer(resolution_dpi=300)
    with world.database.reading() as work:
        facts = printer_facts(work, world.home.north.printer_id)
    assert marks_for(replace(ALL, pantograph=False), facts) == SecurityMarks(guilloche=True, watermark=ALL.watermark)


def test_bars_are_whole_dots_of_the_printer_that_the_manifest_names(world: World):
    world.set_printer(resolution_dpi=300)
    request_id = world.pending()
    assert manifest(world, request_id)["printer_dpi"] == 300
    copy = world.copies(request_id)[0]
    with pikepdf.open(io.BytesIO(world.adapters.objects.get(copy.rendition_sha256, world.home.id))) as pdf:
        for page in pdf.pages:
            assert b".24 0 0 .24 0 0 cm" in page.resources.XObject["/Marks"].read_bytes()


def test_a_class_that_says_nothing_of_marks_keeps_the_usual_ones():
    assert ClassDescription("lease", "租赁", "lease").marks == MarksChoice()
