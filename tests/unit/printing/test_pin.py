"""Pins are exactly one certificate."""

from __future__ import annotations

import hashlib
import ssl

import pytest

from printserver.printing.emulated_printer import EmulatedPrinter
from printserver.printing.pin import CertificateMalformed, PrinterUnreachable, fetch_pin, read_pin
from tests.free_ports import free_port


@pytest.fixture
def pem(tmp_path):
    printer = EmulatedPrinter(tmp_path / "printer", free_port())
    printer.build()
    return printer.certificate_pem


def test_a_pin_is_the_digest_of_the_certificates_octets(pem):
    assert read_pin(pem).sha256 == hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()


def test_text_around_the_certificate_is_dropped(pem):
    assert read_pin(f"Bag Attributes\n{pem}\nthe end\n") == read_pin(pem)


def test_two_certificates_are_no_pin(pem):
    with pytest.raises(CertificateMalformed):
        read_pin(pem + pem)


@pytest.mark.parametrize("text", ["", "hello", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_what_is_no_certificate_is_no_pin(text):
    with pytest.raises(CertificateMalformed):
        read_pin(text)


def test_a_printer_that_is_off_shows_no_certificate():
    with pytest.raises(PrinterUnreachable):
        fetch_pin("localhost", free_port(), timeout=2)
