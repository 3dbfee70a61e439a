"""Each kind of error has one status, and only what may be said is said."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, literal, select
from sqlalchemy.exc import DataError

import printserver
from printserver.foundation import errors
from printserver.foundation.errors import IntegrityError, PrintServerError
from printserver.foundation.unit_of_work import Database
from printserver.http_edge.problems import STATUS, Problem, problem_of, status_of


def _all_errors(kind: type[PrintServerError] = PrintServerError) -> Iterator[type[PrintServerError]]:
    for each in kind.__subclasses__():
        yield each
        yield from _all_errors(each)


@pytest.fixture(scope="module")
def product_errors() -> set[type[PrintServerError]]:
    for module in pkgutil.walk_packages(printserver.__path__, "printserver."):
        if module.name.rsplit(".", 1)[-1] in {"errors", "service", "intake", "access", "credentials", "idempotency"}:
            importlib.import_module(module.name)
    return {error for error in _all_errors() if error.__module__.startswith("printserver.")}


def test_every_kind_has_a_status():
    kinds = {each for each in vars(errors).values() if isinstance(each, type) and each.__base__ is PrintServerError}
    assert kinds == set(STATUS)


def test_an_error_of_two_kinds_says_the_more_telling_status(product_errors: set[type[PrintServerError]]):
    assert len(product_errors) > 60
    for error in product_errors:
        kinds = [kind for kind in STATUS if issubclass(error, kind)]
        if errors.TooLarge in kinds:
            assert status_of(error.__new__(error)) == 413


def test_a_text_that_the_database_cannot_take_is_the_callers_mistake(any_database: Database):
    error = DataError("SQLite takes it", {}, ValueError())
    try:
        with any_database.reading() as work:
            work.session.execute(select(literal("half a\0text")))
    except DataError as refused:
        error = refused
    problem = problem_of(error)
    assert (problem.status, problem.code) == (422, "malformed")


def test_a_number_that_the_database_cannot_take_is_the_callers_mistake():
    engine = create_engine("sqlite://")
    with pytest.raises(OverflowError) as refused, engine.connect() as connection:
        connection.execute(select(literal(10**20)))
    engine.dispose()
    assert problem_of(refused.value).status == 422
    assert problem_of(OverflowError("date value out of range")).status == 500


def test_codes_are_words_with_hyphens_and_unique(product_errors: set[type[PrintServerError]]):
    own = [error for error in product_errors if "code" in vars(error)]
    assert all(error.code.replace("-", "").isalnum() and error.code.islower() for error in own)
    codes = [error.code for error in own]
    twice = {code for code in codes if codes.count(code) > 1}
    assert twice <= {"copy-not-found", "page-not-found"}, "a code names one thing"


def test_what_is_wrong_with_our_books_is_not_told():
    class Torn(IntegrityError):
        code = "torn"

    told = problem_of(Torn("row 7 was changed by hand"))
    assert (told.status, told.code) == (500, "internal-error")
    assert "row 7" not in told.detail


def test_a_problem_is_written_as_rfc_9457_has_it():
    problem = Problem(409, "seal-not-usable", "the seal is suspended", facts={"page": 3})
    assert problem.to_json() == {
        "type": "urn:printserver:problem:seal-not-usable",
        "title": "Conflict",
        "status": 409,
        "detail": "the seal is suspended",
        "code": "seal-not-usable",
        "instance": "urn:uuid:None",
        "page": 3,
    }
