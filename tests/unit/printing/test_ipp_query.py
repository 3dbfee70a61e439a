"""Asking printers: a good answer is understood, and no other can do harm or take long."""

from __future__ import annotations

import random
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from printserver.printing.ipp_answer import PrinterAnswerRefused, read_answers
from printserver.printing.ipp_query import (
    EVERYTHING,
    LARGEST_ANSWER,
    PrinterCertificateChanged,
    ask_printer,
    query,
)
from printserver.printing.pin import PrinterUnreachable
from printserver.printing.printer_address import PrinterAddressMalformed
from tests.cups_rig import contract_pdf
from tests.free_ports import free_port
from tests.printers import SwitchedOn, TalkativePrinter, switched_on, talkative_printer

MUTATIONS = 400


@pytest.fixture(scope="module")
def printer() -> Iterator[SwitchedOn]:
    with switched_on(formats=("application/pdf", "image/pwg-raster", "image/urf")) as running:
        yield running


@pytest.fixture
def talker(tmp_path: Path) -> Iterator[TalkativePrinter]:
    with talkative_printer(tmp_path / "talker") as running:
        yield running


def test_a_printer_says_what_it_is_and_how_it_is(printer: SwitchedOn):
    answer = ask_printer(printer.printer.uri, printer.pin.sha256)
    assert answer.make_and_model == "Example Printer"
    assert answer.uuid.startswith("urn:uuid:")
    assert answer.colour
    assert answer.two_sided
    assert answer.document_format == "application/pdf"
    assert answer.resolution_dpi == 600
    assert answer.pwg_resolutions_dpi == (300, 600)
    assert "iso_a4_210x297mm" in answer.media
    assert (answer.state, answer.reasons) == ("idle", ())
    assert [(each.name, each.level) for each in answer.supplies][1] == ("Black Ink", 75)
    assert answer.up_seconds is not None
    assert "state" not in answer.capabilities()


def test_what_was_printed_moves_the_counters(printer: SwitchedOn):
    before = ask_printer(printer.printer.uri, printer.pin.sha256)
    assert before.impressions is not None
    assert before.sheets is not None
    printer.print(contract_pdf(3), sides="two-sided-long-edge")
    expected = before.impressions + 3
    printer.wait_for_rest(expected)
    printer.power_cycle()
    after = ask_printer(printer.printer.uri, printer.pin.sha256)
    assert (after.impressions, after.sheets) == (expected, before.sheets + 2)


def test_another_certificate_is_told_nothing(talker: TalkativePrinter):
    with pytest.raises(PrinterCertificateChanged):
        query(talker.uri, "0" * 64, EVERYTHING)
    talker.answer(b"")
    query(talker.uri, talker.pin.sha256, EVERYTHING)
    assert sum(map(bool, talker.requests)) == 1


def test_a_printer_that_is_off_or_no_printer_is_unreachable():
    with pytest.raises(PrinterUnreachable):
        ask_printer(f"ipps://localhost:{free_port()}/ipp/print", "0" * 64)
    with pytest.raises(PrinterUnreachable):
        ask_printer("ipps://no-such-printer.invalid/ipp/print", "0" * 64)


@pytest.mark.parametrize(
    "uri",
    [
        *(
            "ipp://printer/ipp",
            "https://printer/ipp",
            "file:///etc/passwd",
            "ipps://user@printer/ipp",
            "ipps://printer",
        ),
        *("ipps://printer:99999/ipp", "ipps://printer/ipp?x=1", "ipps://printer/ipp#x", "ipps://[::1]/ipp", ""),
        "ipps://printer/ipp\r\nHost: elsewhere",
    ],
)
def test_only_an_ipps_address_is_asked(uri: str):
    with pytest.raises(PrinterAddressMalformed):
        ask_printer(uri, "0" * 64)


def test_a_redirect_is_not_followed(talker: TalkativePrinter):
    talker.answer(b"", status="302 Found", headers=f"Location: {talker.uri.replace('ipps', 'https')}/elsewhere\r\n")
    with pytest.raises(PrinterAnswerRefused):
        ask_printer(talker.uri, talker.pin.sha256)
    assert len(talker.requests) == 1


def test_an_endless_answer_is_cut_off(talker: TalkativePrinter):
    talker.answer(b"x" * (LARGEST_ANSWER + 1))
    with pytest.raises(PrinterAnswerRefused):
        ask_printer(talker.uri, talker.pin.sha256)


def test_a_printer_that_drips_or_keeps_silent_is_given_up_in_time(talker: TalkativePrinter):
    def drip(connection: ssl.SSLSocket) -> None:
        for octet in b"HTTP/1.1 200 OK\r\n" + b"X" * 100:
            connection.sendall(bytes([octet]))
            time.sleep(0.1)

    for behave in (drip, lambda connection: time.sleep(1.5)):
        talker.behave = behave
        begun = time.monotonic()
        with pytest.raises(PrinterUnreachable):
            query(talker.uri, talker.pin.sha256, EVERYTHING, seconds=0.7)
        assert time.monotonic() - begun < 8


@pytest.mark.parametrize("said", [b"", b"\x00" * 4096, b"HTTP/1.1 200 OK\r\n\r\nnot IPP", b"\xff" * 70_000])
def test_what_is_neither_http_nor_ipp_is_refused(talker: TalkativePrinter, said: bytes):
    talker.behave = lambda connection: connection.sendall(said)
    with pytest.raises((PrinterAnswerRefused, PrinterUnreachable)):
        ask_printer(talker.uri, talker.pin.sha256)


def test_mutated_answers_break_nothing_and_stay_within_bounds(printer: SwitchedOn):
    """Seeded, so that what fails can be seen again."""
    original, dice = query(printer.printer.uri, printer.pin.sha256, EVERYTHING), random.Random(30)
    mutated = [_mutation(original, dice) for _ in range(MUTATIONS)]
    answers = [answer for at in range(0, MUTATIONS, 50) for answer in read_answers(mutated[at : at + 50])]
    assert len(answers) == MUTATIONS
    understood = [answer for answer in answers if answer is not None]
    assert 0 < len(understood) < MUTATIONS
    for answer in understood:
        texts = [answer.make_and_model, answer.uuid, answer.firmware, *(each.name for each in answer.supplies)]
        assert all(len(text) <= 200 and text.isprintable() for text in texts)
        assert all(each.level is None or 0 <= each.level <= 100 for each in answer.supplies)
        for words in (answer.formats, answer.media, answer.reasons, answer.sides, answer.urf):
            assert len(words) <= 64
            assert all(len(word) <= 128 and word.isascii() and word.isprintable() for word in words)
        for count in (answer.impressions, answer.sheets, answer.up_seconds):
            assert count is None or 0 <= count < 2**31


def test_each_message_of_many_speaks_for_itself_alone(printer: SwitchedOn):
    good = query(printer.printer.uri, printer.pin.sha256, EVERYTHING)
    assert [answer is not None for answer in read_answers([good, b"", b"\x01\x01", good])] == [True, False, False, True]


def _mutation(message: bytes, dice: random.Random) -> bytes:
    changed = bytearray(message)
    for _ in range(dice.choice((1, 1, 2, 5, 40))):
        at = dice.randrange(max(1, len(changed)))
        match dice.randrange(5) if changed else 3:
            case 0:
                changed[at] = dice.randrange(256)
            case 1:
                changed[at : at + 2] = dice.choice((b"\xff\xff", b"\x7f\xff", b"\x00\x00", b"\x80\x00"))
            case 2:
                del changed[at : at + dice.randrange(1, 40)]
            case 3:
                changed[at:at] = changed[at : at + dice.randrange(1, 400)]
            case 4:
                del changed[max(1, at) :]
    return bytes(changed)
