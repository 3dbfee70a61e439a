"""What a refusal says at the terminal: words for rights, never their codes."""

from __future__ import annotations

import pytest

from printserver.cli.client import rights_in_words
from printserver.organisations.permissions import Permission


def test_missing_rights_are_named_in_words():
    said = rights_in_words("your roles do not include: manage-people or confirm-statements")
    assert said == "your roles do not include: “manage people” or “sign statements as an officer”"


@pytest.mark.parametrize("permission", list(Permission))
def test_every_right_has_words(permission: Permission):
    assert rights_in_words(f"your roles do not include: {permission}") != f"your roles do not include: “{permission}”"


@pytest.mark.parametrize("said", ["the log is for those who audit the whole organisation", "", "your roles"])
def test_whatever_else_is_said_stays_as_it_is(said: str):
    assert rights_in_words(said) == said
