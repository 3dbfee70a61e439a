"""Every keyword has words in both languages; what nobody knows is shown as it is, and does no harm."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printserver.web.languages import Language, translations
from printserver.web.printer_words import (
    EFFECTS,
    LONGEST_KEYWORD,
    PROBLEMS,
    REASONS,
    SEVERITIES,
    STATES,
    Effect,
    reason_in_words,
    reasons_in_words,
    state_in_words,
)
from printserver.web.view import _environment

CHINESE = translations(Language.ZH).gettext
ENGLISH = translations(Language.EN).gettext
CONDITIONS = {**STATES, **PROBLEMS, **REASONS}
ASKED_FOR = (
    *("media-empty", "media-needed", "media-jam", "media-low"),
    *("toner-empty", "toner-low", "marker-supply-empty", "marker-supply-low"),
    *("marker-waste-full", "marker-waste-almost-full", "door-open", "cover-open"),
    *("interlock-open", "fuser-over-temp", "fuser-under-temp", "input-tray-missing"),
    *("output-tray-missing", "output-area-full", "output-area-almost-full", "spool-area-full"),
    *("paused", "stopped-partly", "shutdown", "offline"),
    *("connecting-to-device", "timed-out", "moving-to-paused", "developer-empty"),
    *("developer-low", "opc-life-over", "opc-near-eol", "other"),
    *(
        "cups-pki-invalid",
        "cups-held-for-authentication",
        "cups-ipp-missing-job-history",
        "printserver-outcome-unknown",
    ),
    *("printserver-certificate-not-pinned", "printserver-desk-unreachable", "printserver-ticket-refused"),
)


@pytest.mark.parametrize("keyword", [*CONDITIONS])
def test_every_keyword_has_its_words_in_both_languages(keyword: str):
    condition = CONDITIONS[keyword]
    for text in (condition.name, condition.remedy, EFFECTS[condition.effect]):
        assert ENGLISH(text) == text
        assert CHINESE(text) != text


def test_every_effect_says_what_it_means():
    assert set(EFFECTS) == set(Effect)


@pytest.mark.parametrize("keyword", ASKED_FOR)
@pytest.mark.parametrize("severity", ["", *SEVERITIES])
def test_a_keyword_is_known_with_and_without_its_severity(keyword: str, severity: str):
    said = reason_in_words(keyword + severity, CHINESE)
    assert said.name == CHINESE(REASONS[keyword].name)
    assert said.keyword == keyword + severity
    assert said.tone == (SEVERITIES[severity] if severity else REASONS[keyword].tone)


def test_what_stops_copies_comes_first_and_nothing_twice():
    said = reasons_in_words(
        ["toner-low-report", "none", "media-jam-error", "media-low-warning", "media-jam-error"], ENGLISH
    )
    assert [one.keyword for one in said] == ["media-jam-error", "media-low-warning", "toner-low-report"]


def test_a_problem_of_the_watch_is_said_instead_of_the_state():
    said = state_in_words("idle", "printer-certificate-changed", ENGLISH)
    assert said.name == "shows another certificate than the trusted one"
    assert said.meaning == EFFECTS[Effect.BARRED]


@pytest.mark.parametrize(("state", "name"), [("idle", "ready"), ("stopped", "stopped"), ("", "not asked yet")])
def test_a_state_has_its_word(state: str, name: str):
    assert state_in_words(state, "", ENGLISH).name == name


@given(st.text(max_size=3 * LONGEST_KEYWORD))
def test_a_keyword_that_nobody_knows_stands_for_itself_without_control_characters(keyword: str):
    for said in (reason_in_words(f"x-{keyword}", ENGLISH), state_in_words(f"x-{keyword}", "", CHINESE)):
        assert said.name == said.keyword
        assert said.name.isprintable()
        assert len(said.name) <= LONGEST_KEYWORD


def test_whatever_a_printer_lists_is_said():
    assert [one.name for one in reasons_in_words([7, None, "none"], ENGLISH)] == ["7", "None"]


@dataclass(frozen=True)
class Status:
    state: str = "stopped"
    reasons: tuple[str, ...] = ("<script>alert(1)</script>", "media-empty-error")
    queue_reasons: tuple[str, ...] = ("printserver-desk-unreachable",)
    supplies: tuple[dict[str, object], ...] = ()
    problem: str = ""
    asked_at: datetime = datetime(2026, 11, 22, 9, tzinfo=UTC)
    answered_at: datetime | None = None


def _shown(call: str, **values: object) -> str:
    source = f'{{% from "printer_parts.html" import printer_state, supplies %}}{{{{ {call} }}}}'
    return _environment(Language.EN, "Asia/Shanghai").from_string(source).render(view=None, **values)


def test_a_printers_state_is_shown_with_what_to_do_and_no_markup_of_the_printers_own():
    shown = _shown("printer_state(view, status)", status=Status())
    assert "out of paper" in shown
    assert "Load paper." in shown
    assert "without it nothing is printed" in shown
    assert "it has never answered" in shown
    assert "<script" not in shown


def test_a_printer_that_was_never_asked_is_shown_as_such():
    assert "not asked yet" in _shown("printer_state(view, status)", status=None)


@pytest.mark.parametrize(
    ("level", "text"), [(40, "40 %"), (0, "0 %"), (None, "level not known"), (-2, "level not known")]
)
def test_a_supply_is_shown_as_a_bar_with_its_number(level: int | None, text: str):
    shown = _shown("supplies(view, listed)", listed=[{"name": "Black <b>toner</b>", "level": level}])
    assert text in shown
    assert "<b>" not in shown
    assert ("<meter" in shown) == (text != "level not known")
