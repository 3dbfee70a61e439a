"""Every column that names an object is answered for by a room, or holds back what it names."""

from __future__ import annotations

from sqlalchemy import String

from printserver.archive.disposal_holdings import ANSWERED_FOR, OF_SECRETS, ONLY_DIGESTS, OtherHoldings, digests_in
from printserver.foundation.database import Base
from printserver.migrations.upgrade import load_models
from printserver.seals.models import Seal
from tests.paper_books import Books

ANSWERED: dict[str, set[str]] = {
    "archive_record": {"issued_sha256", "searchable_sha256"},
    "copy": {"rendition_sha256", "issued_sha256"},
    "copy_seal": {"signature_sha256"},
    "document": {"original_sha256", "safe_sha256"},
    "hand_over": {"proof_sha256"},
    "print_request": {"manifest_sha256"},
    "quarantined_scan": {"scan_sha256"},
    "request_attachment": {"original_sha256", "safe_sha256"},
    "return_batch": {"scan_sha256"},
    "return_page": {"image_sha256"},
}
"""A further column of these tables belongs into its room's `disposing` module, and then here."""


def _named() -> dict[str, set[str]]:
    load_models()
    return {
        table.name: {
            column.name
            for column in table.columns
            if column.name.endswith("sha256") and isinstance(column.type, String)
        }
        for table in Base.metadata.sorted_tables
    }


def test_each_column_of_the_tables_that_rooms_answer_for_is_one_that_they_know():
    named = _named()
    assert {table: named[table] for table in ANSWERED_FOR} == ANSWERED


def test_every_table_that_is_only_said_to_hold_digests_is_there():
    assert set(_named()) >= ONLY_DIGESTS | OF_SECRETS


def test_what_a_table_names_that_nobody_answers_for_stays(books: Books):
    with books.database.reading() as work:
        artwork = work.session.get_one(Seal, books.seal).object_sha256
        found = OtherHoldings().still_named(work, books.organisation_id, {artwork, "1" * 64})
    assert found == {artwork}


def test_digests_are_found_wherever_they_stand_and_nothing_else():
    one, other = "a" * 64, "b" * 64
    assert set(digests_in({"x": [one, {"y": other, "z": "c" * 63}], "n": 7})) == {one, other}
