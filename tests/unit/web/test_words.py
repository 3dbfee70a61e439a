"""Everything that a page may have to name has words, in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

import pytest

import printserver.app  # noqa: F401 -- so that every event and error of the web process is known
from printserver.approvals.rules import ApplicantMayNotDecide
from printserver.audit.log import Event
from printserver.foundation.errors import PrintServerError
from printserver.organisations.identity_proof import Document, Method, ProofAction, ProofState
from printserver.organisations.key_media import MediumAction, MediumKind, MediumState
from printserver.organisations.key_media_queries import Show
from printserver.organisations.permissions import Role
from printserver.print_requests.notices import Channel, NoticeKind
from printserver.print_requests.release import ReleaseRule
from printserver.print_requests.sides import Sides
from printserver.print_requests.states import CopyState, RequestState
from printserver.printing.reconciliation import Finding
from printserver.returns.comparison import Kind, RegionKind, Verdict
from printserver.returns.day_table import COLUMNS
from printserver.returns.guesses import Why
from printserver.returns.states import ByKey, Note, PageState, Reason, ReturnState
from printserver.signing.evidence import Decision
from printserver.verification.public_view import VerdictKind
from printserver.verification.seal_check import SealVerdictKind
from printserver.web.words import SIGNS, TONES, WORDS

SHOWN_BESIDE_FORMS = (
    "printserver.organisations.",
    "printserver.approvals.rules",
    "printserver.print_requests.service",
    "printserver.seals.service",
    "printserver.printing.queries",
    "printserver.documents.intake",
    "printserver.rendering.marks",
    "printserver.rendering.layout",
    "printserver.returns.service",
    "printserver.returns.settling",
    "printserver.returns.access",
    "printserver.archive.access",
    "printserver.web.",
)
INNER = {"marks-refused", "asset-not-found", "scan-refused"}
"""Refusals of our own mistakes, and bases that are never raised."""


def _below(kind: type[Any]) -> Iterator[type[Any]]:
    for each in kind.__subclasses__():
        yield each
        yield from _below(each)


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("verdict", VerdictKind),
        ("identity_document", Document),
        ("identity_method", Method),
        ("proof_state", ProofState),
        ("proof_action", ProofAction),
        ("medium_kind", MediumKind),
        ("medium_state", MediumState),
        ("medium_action", MediumAction),
        ("media_shown", Show),
        ("verdict_meaning", VerdictKind),
        ("seal_verdict", SealVerdictKind),
        ("seal_verdict_meaning", SealVerdictKind),
        ("request_state", RequestState),
        ("copy_state", CopyState),
        ("copy_state_meaning", CopyState),
        ("copy_state_next", CopyState),
        ("sides", Sides),
        ("release_rule", ReleaseRule),
        ("notice_kind", NoticeKind),
        ("channel", Channel),
        ("return_state", ReturnState),
        ("page_state", PageState),
        ("comparison", Verdict),
        ("comparison_kind", Kind),
        ("found_place", RegionKind),
        ("count_finding", Finding),
        ("count_meaning", Finding),
        ("role", Role),
        ("decision", Decision),
    ],
)
def test_every_state_has_words(kind: str, values: type[StrEnum]):
    assert {str(value) for value in values} <= set(WORDS[kind])


def test_every_column_of_the_reconciliation_has_words():
    assert set(COLUMNS) == set(WORDS["reconciliation_column"])


def test_every_reason_of_a_page_has_words():
    assert {*Reason, *Note, *Why, *ByKey} == set(WORDS["page_reason"])


def test_every_event_of_the_log_has_words():
    named = {event.__name__ for event in _below(Event) if event.__module__.startswith("printserver.")}
    bases = {event.__name__ for event in _below(Event) if event.__subclasses__()}
    assert named - bases <= set(WORDS["event"])


def test_every_refusal_beside_a_form_has_words():
    raised = {
        error.code
        for error in _below(PrintServerError)
        if issubclass(error, PrintServerError) and error.__module__.startswith(SHOWN_BESIDE_FORMS)
    }
    assert ApplicantMayNotDecide.code in raised
    assert raised - INNER <= set(WORDS["problem"])


def test_every_verdict_has_a_colour_and_a_sign():
    assert {TONES["verdict"][kind] for kind in VerdictKind} == set(SIGNS)
    assert TONES["verdict"]["genuine"] == "success"
    assert [kind for kind in VerdictKind if TONES["verdict"][kind] == "success"] == [VerdictKind.GENUINE]
