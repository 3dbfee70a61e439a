"""A former key-encryption key is destroyed only when another one is a day old and nothing is left to it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from printserver.signer.wrapping_steps import WrappingSteps, labels_made
from printserver.signing.errors import KeyEncryptionKeyInUse, TokenSetupRefused
from printserver.signing.hsm import Hsm, KeyKind
from printserver.signing.token_setup import read_pin
from printserver.signing.transcripts import Done, Transcript
from tests.hsm_token import make_empty_token

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
TRANSCRIPT = Transcript(1, "t", "", (), (), 1, "", "2026-03-01T11:00:00Z", "2026-03-01T12:00:00Z", "", "")


@pytest.fixture
def hsm(tmp_path: Path) -> Iterator[Hsm]:
    settings, pin_file = make_empty_token(tmp_path / "token")
    opened = Hsm(settings, pin=read_pin(pin_file))
    opened.generate_key("key-encryption", KeyKind.AES_256, secrets.token_bytes(8))
    yield opened
    opened.close()


def steps(hsm: Hsm, *done: Done, in_use: bool = False) -> WrappingSteps:
    def require_unused(number: int) -> None:
        if in_use:
            raise KeyEncryptionKeyInUse(f"{number}")

    return WrappingSteps(hsm, [replace(TRANSCRIPT, done=done)], require_unused)


def test_the_next_one_is_made_and_a_day_later_the_former_one_is_destroyed(hsm: Hsm):
    made = steps(hsm).renew(wrappable=False)
    assert made == Done("renew", "key-encryption", label="key-encryption.2")
    assert hsm.secret_labels() == ["key-encryption", "key-encryption.2"]
    assert steps(hsm, made).destroy(1, NOON + DAY) == Done("destroy", "key-encryption", label="key-encryption")
    assert hsm.secret_labels() == ["key-encryption.2"]
    assert steps(hsm, made).destroy(1, NOON + DAY).remark == "it was gone already"


def test_it_is_kept_while_something_is_on_its_way_or_wrapped_by_it_and_the_newest_is_kept_for_ever(hsm: Hsm):
    made = steps(hsm).renew(wrappable=False)
    tries = (
        (steps(hsm, made), 1, NOON + DAY - timedelta(seconds=1)),
        (steps(hsm), 1, NOON + 9 * DAY),
        (steps(hsm, replace(made, what="destroy")), 1, NOON + 9 * DAY),
        (steps(hsm, made, in_use=True), 1, NOON + DAY),
        (steps(hsm, made), 2, NOON + DAY),
        (steps(hsm, made), 3, NOON + DAY),
    )
    for tried, number, now in tries:
        with pytest.raises(KeyEncryptionKeyInUse):
            tried.destroy(number, now)
    assert hsm.secret_labels() == ["key-encryption", "key-encryption.2"]


def test_a_name_that_a_transcript_tells_of_is_not_given_again(hsm: Hsm):
    """As after a token was restored from a backup that did not hold the second one."""
    second = Done("renew", "key-encryption", label="key-encryption.2")
    assert steps(hsm, second).renew(wrappable=False).label == "key-encryption.3"


def test_what_transcripts_tell_of_is_what_was_made_and_not_destroyed():
    steps_done = (("renew", ".2"), ("renew", ".3"), ("destroy", ""), ("destroy", ".2"))
    done = [Done(what, "key-encryption", label=f"key-encryption{number}") for what, number in steps_done]
    each = [replace(TRANSCRIPT, done=(one, Done("renew", "pdf", label="pdf.2"))) for one in done]
    assert labels_made(each) == {"key-encryption.3"}
    assert labels_made(each[:2]) == {"key-encryption.2", "key-encryption.3"}
    assert labels_made([]) == frozenset()


def test_a_token_that_wraps_nothing_gets_none(tmp_path: Path):
    settings, pin_file = make_empty_token(tmp_path / "token")
    hsm = Hsm(replace(settings, wrapping=""), pin=read_pin(pin_file))
    with pytest.raises(TokenSetupRefused):
        steps(hsm).renew(wrappable=False)
    assert hsm.labels() == []
    hsm.close()
