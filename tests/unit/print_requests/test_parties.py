"""Parties and the check digits of their numbers."""

from __future__ import annotations

import pytest

from printserver.print_requests.parties import (
    MOST_PARTIES,
    Party,
    PartyKind,
    PartyMalformed,
    checked_parties,
)

CITIZEN = "11010519491231002X"
COMPANY = "91350100M000100Y43"


def test_names_and_numbers_come_into_their_usual_form():
    (party,) = checked_parties((Party(PartyKind.COMPANY, "  示例  有限公司 ", COMPANY.lower()),))
    assert (party.name, party.number) == ("示例 有限公司", COMPANY)


def test_a_party_without_a_number_is_kept():
    assert checked_parties((Party(PartyKind.PERSON, "张三"),))


@pytest.mark.parametrize(
    "party",
    [
        Party(PartyKind.PERSON, ""),
        Party(PartyKind.PERSON, "张三", CITIZEN[:-1] + "1"),
        Party(PartyKind.COMPANY, "示例", CITIZEN),
        Party(PartyKind.OTHER, "Acme", "<script>"),
        Party(PartyKind.OTHER, "Ac\u202eme"),
    ],
)
def test_a_party_that_cannot_be_is_refused_with_its_position(party: Party):
    with pytest.raises(PartyMalformed) as refused:
        checked_parties((Party(PartyKind.OTHER, "first"), party))
    assert refused.value.position == 2


def test_too_many_parties_and_one_named_twice_are_refused():
    with pytest.raises(PartyMalformed):
        checked_parties(tuple(Party(PartyKind.OTHER, f"p{at}") for at in range(MOST_PARTIES + 1)))
    with pytest.raises(PartyMalformed):
        checked_parties((Party(PartyKind.OTHER, "one"), Party(PartyKind.OTHER, "one")))
