"""The menu leads somewhere, for everybody."""

from __future__ import annotations

import re

import pytest

from printserver.organisations.permissions import Role
from tests.http.api_client import ApiClient
from tests.http.page_visitor import Visitor
from tests.http.scene import Scene


@pytest.mark.parametrize("role", list(Role))
def test_every_entry_of_a_roles_menu_opens_a_page_that_marks_it(scene_api: ApiClient, scene: Scene, role: Role):
    """Of people at the head office: the log is one for a company, and nobody below reads it."""
    visitor = Visitor.of(scene_api, role, scene.world.home.head)
    menu = re.search(r'<nav class="menu".*?</nav>', visitor.page("/"), re.DOTALL)
    assert menu is not None
    entries = re.findall(r'href="([^"]+)"', menu[0])
    assert entries[0] == "/"
    for entry in entries:
        assert f'href="{entry}" aria-current="page"' in visitor.page(entry), entry
