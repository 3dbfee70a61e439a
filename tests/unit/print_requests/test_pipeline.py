"""What becomes of a request between people's decisions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from printserver.print_requests import pipeline
from tests.unit.rendering.papers import raster
from tests.world import World


@pytest.mark.parametrize("test", [True, False])
def test_the_copies_of_an_installation_for_tests_say_so_across_each_page(world: World, tmp_path: Path, test: bool):
    request_id = world.submitted()
    pipeline.prepare_request(
        world.database, world.adapters.objects, world.adapters.load_key_list(), request_id, test=test
    )
    (copy,) = world.copies(request_id)
    page = np.asarray(
        raster(world.adapters.objects.get(copy.rendition_sha256, world.home.id), tmp_path, dpi=60).convert("L")
    )
    height, width = page.shape
    middle = page[int(height * 0.4) : int(height * 0.6), int(width * 0.3) : int(width * 0.7)]
    assert bool((middle < 250).mean() > 0.05) is test
