"""What browsers load is known byte for byte, and comes from nowhere else."""

from __future__ import annotations

import re

import pytest

from printserver.web.assets import OWN, TEMPLATES, AssetNotFound, asset_url, assets, read_asset

# Bootstrap 5.3.8 and htmx 2.0.3 as their packages carry them; a new version is looked at before it is pinned here.
PINNED = {
    "bootstrap.min.css": "d85327d99c7a3ee1f9b5d0500d1370acea3ad2db39c163c2f51f232baedbdede",
    "htmx.min.js": "491955cd1810747d7d7b9ccb936400afb760e06d25d53e4572b64b6563b2784e",
}


def test_the_packages_files_are_the_ones_that_were_looked_at():
    assert {name: assets()[name].sha256 for name in PINNED} == PINNED


def test_nothing_else_is_served_than_these_and_our_own():
    assert set(assets()) == {*PINNED, *OWN}
    with pytest.raises(AssetNotFound):
        read_asset("../../../settings.py")


def test_an_address_changes_with_its_content():
    assert asset_url("app.css") == f"/static/app.css?v={assets()['app.css'].sha256[:12]}"


def test_templates_hold_no_script_style_handler_or_foreign_address():
    """The content security policy would stop them; here they are found earlier."""
    for path in TEMPLATES.glob("*.html"):
        source = path.read_text("utf-8")
        assert not re.search(r"<style|style=|\son\w+=|javascript:|https?://", source), path.name
        assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", source)), path.name


def test_no_template_lets_markup_through_unescaped():
    for path in TEMPLATES.glob("*.html"):
        assert not re.search(r"\|\s*safe|autoescape\s+false|Markup", path.read_text("utf-8")), path.name
