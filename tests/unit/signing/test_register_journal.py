"""The register as a file: begun by the root, continued by signed statements, and nothing else is believed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from printserver.signing.errors import EvidenceForged, JournalInUse, RegisterBroken, StatementRefused
from printserver.signing.evidence import Decision, EvidenceClaims, sign_evidence
from printserver.signing.flow import default_flow
from printserver.signing.p256 import software_sign
from printserver.signing.register_journal import RegisterJournal, begin_register, unproved
from printserver.signing.statements import Statement
from tests.hsm_token import HsmToken
from tests.standings import NOW, OFFICE, ORGANISATION, SEAL, K, seal, seat, some_id, statement

GENESIS = [
    statement(K.FLOW, {"flow": default_flow().to_json()}),
    *(statement(K.SEAT, seat(name, "key-officer")) for name in ("one", "two")),
    statement(K.SEAT, seat("three", "seal-administrator")),
    statement(K.SEAL, seal("eve")),
]
NEW_SEAT = statement(K.SEAT, seat("max", "approver"))
STOP = statement(K.SEAL_STOP, {"seal_id": SEAL})
ROOT = ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "register"
    begin_register(file, GENESIS, sign=software_sign(ROOT), at=NOW - timedelta(days=20))
    return file


@pytest.fixture
def register(path: Path) -> Iterator[RegisterJournal]:
    opened = opened_of(path)
    yield opened
    opened.close()


def opened_of(path: Path) -> RegisterJournal:
    return RegisterJournal(path, ROOT.public_key())


def words(token: HsmToken, made: Statement, *people: str) -> list[str]:
    """Attested words of these people."""
    return [
        sign_evidence(
            EvidenceClaims(made.digest(), made.id, some_id(person), made.step, Decision.APPROVED, NOW, ORGANISATION),
            token.attestation_key,
        )
        for person in people
    ]


def test_it_begins_with_what_the_ceremony_said(register: RegisterJournal):
    standing = register.standing(ORGANISATION)
    assert standing.seals == OFFICE.seals
    assert [one.role for one in standing.seats_of(some_id("one"))] == ["key-officer"]
    assert standing.flow(default_flow().digest(), NOW) == default_flow()
    assert register.head[0] == 1


def test_one_organisation_says_nothing_about_another(register: RegisterJournal):
    other = register.standing(ORGANISATION + 1)
    assert (other.seats, other.seals, other.flows) == ({}, {}, {})


def test_a_signed_statement_counts_at_once_and_after_reopening(
    register: RegisterJournal, path: Path, hsm_token: HsmToken
):
    register.take_up(NEW_SEAT, words(hsm_token, NEW_SEAT, "one", "two"), hsm_token.key_list, NOW)
    register.take_up(STOP, words(hsm_token, STOP, "eve"), hsm_token.key_list, NOW)
    before, head = register.standing(ORGANISATION), register.head
    assert before.seats_of(some_id("max"))
    assert before.seals[SEAL].state == "suspended"
    register.close()
    again = opened_of(path)
    assert (again.standing(ORGANISATION), again.head) == (before, head)
    again.close()


def test_taking_a_statement_up_again_changes_nothing(register: RegisterJournal, hsm_token: HsmToken):
    evidence = words(hsm_token, NEW_SEAT, "one", "two")
    register.take_up(NEW_SEAT, evidence, hsm_token.key_list, NOW)
    head = register.head
    register.take_up(NEW_SEAT, evidence, hsm_token.key_list, NOW)
    register.take_up(NEW_SEAT, [], hsm_token.key_list, NOW)
    assert register.head == head
    other = Statement(NEW_SEAT.id, ORGANISATION, K.SEAT, seat("bob", "approver"), NOW)
    with pytest.raises(StatementRefused, match="another statement"):
        register.take_up(other, words(hsm_token, other, "one", "two"), hsm_token.key_list, NOW)


@pytest.mark.parametrize("people", [(), ("one",), ("one", "ann"), ("one", "max")])
def test_too_few_words_leave_the_register_as_it_was(
    register: RegisterJournal, path: Path, hsm_token: HsmToken, people: tuple[str, ...]
):
    before = path.read_bytes()
    with pytest.raises(StatementRefused):
        register.take_up(NEW_SEAT, words(hsm_token, NEW_SEAT, *people), hsm_token.key_list, NOW)
    assert path.read_bytes() == before
    assert not register.standing(ORGANISATION).seats_of(some_id("max"))


def test_words_that_another_key_signed_are_none(register: RegisterJournal, path: Path, hsm_token: HsmToken):
    before = path.read_bytes()
    first, second = words(hsm_token, NEW_SEAT, "one", "two")
    head, payload, signature = second.split(".")
    flipped = ("A" if signature[5] != "A" else "B").join((signature[:5], signature[6:]))
    with pytest.raises(EvidenceForged):
        register.take_up(NEW_SEAT, [first, f"{head}.{payload}.{flipped}"], hsm_token.key_list, NOW)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: [],
        lambda lines: lines[1:],
        lambda lines: [lines[0], lines[2]],
        lambda lines: [lines[0], lines[2], lines[1]],
        lambda lines: [lines[0].replace(b"key-officer", b"key-offices"), *lines[1:]],
        lambda lines: [lines[0], lines[1].replace(b'"approver"', b'"approves"'), lines[2]],
        lambda lines: [*lines, lines[2]],
        lambda lines: [lines[0], b"{}\n", *lines[1:]],
    ],
)  # fmt: skip
def test_a_register_that_was_edited_does_not_open(
    register: RegisterJournal, path: Path, hsm_token: HsmToken, change: Callable[[list[bytes]], list[bytes]]
):
    register.take_up(NEW_SEAT, words(hsm_token, NEW_SEAT, "one", "two"), hsm_token.key_list, NOW)
    register.take_up(STOP, words(hsm_token, STOP, "eve"), hsm_token.key_list, NOW)
    register.close()
    path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))
    with pytest.raises(RegisterBroken):
        opened_of(path)


def test_a_cut_off_tail_shows_by_the_head_that_was_kept_elsewhere(
    register: RegisterJournal, path: Path, hsm_token: HsmToken
):
    register.take_up(STOP, words(hsm_token, STOP, "eve"), hsm_token.key_list, NOW)
    lines, head = register.head
    register.check_knows(lines, head)
    register.close()
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    shorter = opened_of(path)
    with pytest.raises(RegisterBroken):
        shorter.check_knows(lines, head)
    shorter.close()


def test_a_register_meddled_with_while_open_answers_nothing(register: RegisterJournal, path: Path, hsm_token: HsmToken):
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(RegisterBroken):
        register.standing(ORGANISATION)
    with pytest.raises(RegisterBroken):
        register.take_up(STOP, words(hsm_token, STOP, "eve"), hsm_token.key_list, NOW)


def test_a_write_torn_at_any_byte_loses_that_statement_alone(
    register: RegisterJournal, path: Path, hsm_token: HsmToken
):
    register.take_up(NEW_SEAT, words(hsm_token, NEW_SEAT, "one", "two"), hsm_token.key_list, NOW)
    known = path.read_bytes()
    register.take_up(STOP, words(hsm_token, STOP, "eve"), hsm_token.key_list, NOW)
    register.close()
    whole = path.read_bytes()
    for cut in range(len(known) + 1, len(whole), 97):
        path.write_bytes(whole[:cut])
        for _ in range(2):
            torn = opened_of(path)
            assert torn.standing(ORGANISATION).seats_of(some_id("max"))
            assert torn.standing(ORGANISATION).seals[SEAL].state == "active"
            torn.close()
        torn = opened_of(path)
        torn.take_up(STOP, words(hsm_token, STOP, "eve"), hsm_token.key_list, NOW)
        torn.close()
        again = opened_of(path)
        assert again.standing(ORGANISATION).seals[SEAL].state == "suspended"
        again.close()


def test_only_the_offline_root_begins_a_register(path: Path):
    with pytest.raises(RegisterBroken, match="root"):
        RegisterJournal(path, ec.generate_private_key(ec.SECP256R1()).public_key())
    with pytest.raises(RegisterBroken, match="already"):
        begin_register(path, GENESIS, sign=software_sign(ROOT), at=NOW)


def test_without_a_register_nobody_decides_anything(tmp_path: Path):
    with pytest.raises(RegisterBroken, match="no register"):
        RegisterJournal(tmp_path / "none", ROOT.public_key())


def test_one_process_holds_it_at_a_time(register: RegisterJournal, path: Path):
    with pytest.raises(JournalInUse):
        opened_of(path)
    assert json.loads(path.read_bytes().splitlines()[0])["genesis"]
    assert register.head[0] == 1


def test_a_history_with_words_that_do_not_carry_it_is_found(register: RegisterJournal, hsm_token: HsmToken):
    register.take_up(NEW_SEAT, words(hsm_token, NEW_SEAT, "one", "two"), hsm_token.key_list, NOW)
    register.take_up(STOP, words(hsm_token, STOP, "eve"), hsm_token.key_list, NOW)
    assert list(unproved(register.history, hsm_token.key_list)) == []
    *begun, seated, stopped = register.history
    alone = replace(seated, evidence=seated.evidence[:1])
    exchanged = replace(stopped, evidence=seated.evidence)
    assert [taken for taken, _ in unproved([*begun, alone, stopped], hsm_token.key_list)] == [alone]
    assert [taken for taken, _ in unproved([*begun, seated, exchanged], hsm_token.key_list)] == [exchanged]
