"""What is kept of identity numbers, when a record is late, and which records say too little."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printserver.returns.signing_rules import (
    IdentityCheck,
    NewSigning,
    Signer,
    SigningMalformed,
    checked_signing,
    content_sha256,
    is_late,
    number_end,
    signers_of,
)

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
NUMBER = "11010119900307123X"
SIGNER = Signer("李雷", IdentityCheck.IDENTITY_CARD, "远东公司", NUMBER)
SAID = NewSigning(UUID(int=1), UUID(int=2), (SIGNER,), "Shanghai, our office", NOW, "Han Meimei", NOW)


def checked(new: NewSigning) -> NewSigning:
    return checked_signing(new, printed_at=NOW - timedelta(days=1), now=NOW)


@given(st.text(max_size=60))
def test_of_a_number_at_most_four_characters_are_ever_kept(typed: str):
    kept = number_end(typed)
    assert len(kept) <= 4
    assert kept.isalnum() or not kept
    assert number_end(kept) == kept


@given(st.from_regex(r"[0-9]{17}[0-9Xx]", fullmatch=True))
def test_a_whole_identity_number_is_forgotten_but_for_its_end(number: str):
    kept = checked(replace(SAID, signers=(replace(SIGNER, number_end=f" {number} "),))).signers[0].number_end
    assert kept == number[-4:].upper()


@pytest.mark.parametrize("check", [IdentityCheck.KNOWN_PERSONALLY, IdentityCheck.NONE])
def test_who_showed_no_paper_has_no_number(check: IdentityCheck):
    assert checked(replace(SAID, signers=(replace(SIGNER, check=check),))).signers[0].number_end == ""


@pytest.mark.parametrize(
    "fields",
    [
        {"signers": ()},
        {"signers": (replace(SIGNER, name=" "),)},
        {"signers": (replace(SIGNER, name="x" * 101),)},
        {"signers": (SIGNER,) * 21},
        {"place": " "},
        {"place": "x" * 301},
        {"witness": "李雷"},
        {"signed_at": NOW + timedelta(seconds=1)},
        {"signed_at": NOW - timedelta(days=2)},
        {"captured_at": NOW - timedelta(hours=1)},
        {"captured_at": NOW + timedelta(hours=1)},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_a_record_that_says_too_little_or_what_cannot_be_is_refused(fields: dict[str, object]):
    with pytest.raises(SigningMalformed):
        checked(replace(SAID, **fields))  # type: ignore[arg-type]


def test_no_paper_is_signed_before_it_is_printed():
    with pytest.raises(SigningMalformed):
        checked_signing(SAID, printed_at=None, now=NOW)


@given(st.integers(0, 10**7), st.integers(1, 2_160))
def test_a_record_is_late_after_the_hours_of_its_class(seconds: int, hours: int):
    assert is_late(NOW, NOW + timedelta(seconds=seconds), hours) is (seconds > hours * 3_600)


def test_the_same_words_have_the_same_digest_and_other_words_another():
    said = checked(SAID)
    assert content_sha256(said) == content_sha256(checked(said))
    others = (replace(said, place="Beijing"), replace(said, witness=""), replace(said, captured_at=None))
    assert len({content_sha256(each) for each in (said, *others)}) == 4
    assert signers_of([each.to_json() for each in said.signers]) == said.signers
