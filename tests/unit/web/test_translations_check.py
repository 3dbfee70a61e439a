"""The check passes on the product, and finds each way of showing something untranslated."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from printserver.web import translations_check
from printserver.web.translations_check import check


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "modules").mkdir()
    return tmp_path


def _found(folder: Path, *, template: str = "", module: str = "", **translated: str) -> list[str]:
    (folder / "page.html").write_text(template, "utf-8")
    (folder / "modules" / "page.py").write_text(module, "utf-8")
    catalogue = Catalog(locale="zh")
    for text, translation in translated.items():
        catalogue.add(text, translation)
    return [finding.what for finding in check(folder, folder / "modules", catalogue)]


def test_everything_that_the_product_shows_is_translated():
    assert check() == ()
    assert translations_check.main() == 0


@pytest.mark.parametrize(
    "template",
    [
        "<p>Hello</p>",
        "<p>你好</p>",
        '<img alt="A page">',
        '<button aria-label="Close">✗</button>',
        "{% if late %}late{% endif %}",
        '{{ "late" if late else "" }}',
        '{{ name ~ " of " }}',
        '<p>{{ name or "nobody" }}</p>',
    ],
)
def test_unmarked_text_in_a_template_is_found(folder: Path, template: str):
    (what,) = _found(folder, template=template)
    assert what.startswith("not marked")


@pytest.mark.parametrize(
    "template",
    [
        '<p class="lead">{{ _("Hello") }} {{ name }} – 40 mm</p>',
        '{% trans %}Hello{% endtrans %}<a href="/x?y={{ z }}">✓</a>',
        '{% if state == "late" %}{{ state|word("copy_state") }}{% endif %}{{ _("Hello") }}',
    ],
)
def test_marked_text_is_no_finding(folder: Path, template: str):
    assert _found(folder, template=template, Hello="你好") == []


def test_unmarked_sentences_in_a_module_are_found(folder: Path):
    assert len(_found(folder, module='WORDS = {"late": "It is late."}\n')) == 1
    assert len(_found(folder, module='WORDS = {"late": "晚"}\n')) == 1
    assert _found(folder, module='"""It is late."""\nraise Refused("it is late")\n') == []


def test_a_marked_text_without_translation_is_found(folder: Path):
    assert _found(folder, module='N_("It is late.")\n') == ["not translated: 'It is late.'"]
    assert _found(folder, template='{{ _("Hello") }}', Hello="") == ["not translated: 'Hello'"]


def test_another_placeholder_in_the_translation_is_found(folder: Path):
    (what,) = _found(folder, template='{{ _("of %(all)s", all=2) }}', **{"of %(all)s": "共 %(n)s"})
    assert what.startswith("translated with other placeholders")


def test_a_lone_per_cent_sign_is_found_in_either_language(folder: Path):
    (what,) = _found(folder, template='{{ _("at 100 % (full)") }}', **{"at 100 % (full)": "原尺寸"})
    assert what.startswith("a per cent sign")
    assert _found(folder, template='{{ _("at full size") }}', **{"at full size": "100 %"})[0].startswith("a per cent")
    assert _found(folder, template='{{ _("at 100 %% (full)") }}', **{"at 100 %% (full)": "100 %%"}) == []


def test_a_translation_that_nothing_uses_is_found(folder: Path):
    assert _found(folder, Hello="你好") == ["used nowhere: 'Hello'"]


def test_the_command_fails_when_something_is_found(folder: Path, monkeypatch: pytest.MonkeyPatch):
    (folder / "page.html").write_text("<p>Hello</p>", "utf-8")
    monkeypatch.setattr(check, "__defaults__", (folder, folder / "modules", Catalog(locale="zh")))
    assert translations_check.main() == 1
