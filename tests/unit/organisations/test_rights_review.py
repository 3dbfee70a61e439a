"""The review of rights: each line by somebody else than its holder, and signed off only when none is left."""

from __future__ import annotations

from uuid import UUID

import pytest

from printserver.foundation.errors import Forbidden, PrintServerError
from printserver.foundation.unit_of_work import Database
from printserver.organisations.models import Branch, User
from printserver.organisations.people import ReasonNeeded
from printserver.organisations.permissions import Role
from printserver.organisations.rights_review import (
    OwnRight,
    ReviewMalformed,
    ReviewNotFound,
    ReviewSignedOff,
    ReviewUnderWay,
    ReviewUnfinished,
    RightKind,
    Verdict,
    decide_line,
    open_review,
    review_due,
    review_lines,
    reviews,
    sign_off,
)
from printserver.organisations.roles import WholeOrganisationNeeded
from printserver.organisations.service import grant_role
from printserver.print_requests.seal_rights import all_rights
from tests.databases import clock_of
from tests.people_scene import BY, Company, found


@pytest.fixture
def company(any_database: Database) -> Company:
    company = found(any_database)
    with company.database.work() as work:
        second = work.session.get_one(User, company.people["nobody"])
        head = work.session.get_one(Branch, company.branches["head"])
        grant_role(work, BY, second, Role.SEAL_ADMINISTRATOR, head)
    return company


def opened(company: Company, days: int = 30) -> UUID:
    with company.database.work() as work:
        actor = company.actor(work, "seals")
        return open_review(work, actor, period="2026 H2", days=days, lines=all_rights(work, actor))


def refused(company: Company, kind: type[PrintServerError], act, login: str = "seals") -> None:
    before = company.events()
    with pytest.raises(kind), company.database.work() as work:
        act(work, company.actor(work, login))
    assert company.events() == before


def test_a_review_holds_every_right_of_whoever_is_at_work(company: Company):
    review = opened(company)
    with company.database.reading() as work:
        lines = review_lines(work, company.actor(work, "auditor"), review)
        (facts,) = reviews(work, company.actor(work, "seals"))
    assert {(line.name, line.detail, line.subject) for line in lines if line.kind is RightKind.ROLE} >= {
        ("clerk", "clerk", "north"),
        ("approver", "approver", "north"),
        ("auditor", "auditor", "head"),
    }
    assert (facts.lines, facts.undecided, facts.objected, facts.overdue) == (len(lines), len(lines), 0, False)


def test_each_line_is_decided_by_another_and_then_it_is_signed_off(company: Company):
    review = opened(company)
    refused(company, ReviewUnfinished, lambda work, actor: sign_off(work, actor, review))
    with company.database.work() as work:
        first, second = company.actor(work, "seals"), company.actor(work, "nobody")
        for line in review_lines(work, first, review):
            by = second if line.user_id == first.id else first
            objected = line.detail == "clerk"
            verdict = Verdict.OBJECTED if objected else Verdict.CONFIRMED
            decide_line(work, by, review, line.id, verdict=verdict, reason="why?" if objected else "")
        work.session.flush()
        sign_off(work, first, review)
    assert company.events()[-1] == "RightsReviewSignedOff"
    with company.database.reading() as work:
        actor = company.actor(work, "seals")
        line = review_lines(work, actor, review)[0]
        assert reviews(work, actor)[0].objected == 1
        assert not review_due(work, actor, days=180)
    refused(company, ReviewSignedOff, lambda work, a: decide_line(work, a, review, line.id, verdict=Verdict.CONFIRMED))
    refused(company, ReviewSignedOff, lambda work, actor: sign_off(work, actor, review))
    clock_of(company.database).advance(181 * 86_400)
    with company.database.reading() as work:
        assert review_due(work, company.actor(work, "seals"), days=180)


def test_nobody_decides_on_a_right_of_their_own_and_an_objection_has_a_reason(company: Company):
    review = opened(company)
    with company.database.reading() as work:
        lines = review_lines(work, company.actor(work, "seals"), review)
    own = next(line for line in lines if line.user_id == company.people["seals"])
    other = next(line for line in lines if line.user_id == company.people["clerk"])
    refused(company, OwnRight, lambda work, a: decide_line(work, a, review, own.id, verdict=Verdict.CONFIRMED))
    refused(company, ReasonNeeded, lambda work, a: decide_line(work, a, review, other.id, verdict=Verdict.OBJECTED))
    refused(
        company,
        ReviewNotFound,
        lambda work, a: decide_line(work, a, review, review, verdict=Verdict.CONFIRMED),
    )


def test_one_review_at_a_time_by_whoever_reviews_the_whole_organisation(company: Company):
    opened(company)
    refused(
        company,
        ReviewUnderWay,
        lambda work, actor: open_review(work, actor, period="x", days=1, lines=all_rights(work, actor)),
    )
    for login in ("clerk", "auditor", "administrator"):
        refused(
            company,
            Forbidden,
            lambda work, actor: open_review(work, actor, period="x", days=1, lines=()),
            login,
        )
    refused(company, WholeOrganisationNeeded, lambda work, actor: reviews(work, actor), "clerk")


def test_a_review_without_a_name_a_time_or_anything_to_look_at_is_refused(company: Company):
    for period, days, some in ((" ", 30, True), ("x", 0, True), ("x", 367, True), ("x", 30, False)):
        refused(
            company,
            ReviewMalformed,
            lambda work, actor, period=period, days=days, some=some: open_review(
                work, actor, period=period, days=days, lines=all_rights(work, actor) if some else ()
            ),
        )


def test_what_is_not_signed_off_in_time_is_overdue_and_foreign_reviews_are_not_found(company: Company):
    review = opened(company, days=2)
    clock_of(company.database).advance(3 * 86_400)
    with company.database.reading() as work:
        assert reviews(work, company.actor(work, "seals"))[0].overdue
    foreign = found(company.database, 2)
    refused(foreign, ReviewNotFound, lambda work, actor: sign_off(work, actor, review))
    with company.database.reading() as work:
        assert reviews(work, foreign.actor(work, "seals")) == ()
        assert review_due(work, foreign.actor(work, "seals"), days=180)
