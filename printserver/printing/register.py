"""What the register does with a printer on the network: it is asked first, without a transaction, then written down.

A certificate that was fetched proves nothing until a person has compared its fingerprint with the one on the printer's
own panel. So whoever enrols a printer, or renews its pin, sends back the fingerprint that the panel showed, and only
the printer that shows that very certificate now is believed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import ClassVar, Final
from uuid import UUID

from printserver.foundation.errors import Malformed, Refused
from printserver.foundation.unit_of_work import Database, Work
from printserver.organisations.access import Actor
from printserver.printing.ipp_query import ask_printer
from printserver.printing.pin import Pin, fetch_pin
from printserver.printing.printer_address import read_printer_address
from printserver.printing.queries import PrinterFacts, facts_of, printer_facts
from printserver.printing.service import (
    PrinterWishes,
    enrol_asked_printer,
    printer_to_manage,
    renew_pin,
    require_branch,
    store_capabilities,
)

_FINGERPRINT: Final = re.compile(r"[0-9a-f]{64}")
_BETWEEN: Final = re.compile(r"[\s:.\-]+")

Asker = Callable[[Work], Actor]
"""Who acts, with the rights of this transaction.   Raises: Unauthenticated, Forbidden."""


class FingerprintMalformed(Malformed):
    code: ClassVar[str] = "fingerprint-malformed"


class CertificateNotConfirmed(Refused):
    """The printer does not show the certificate whose fingerprint the person sent back."""

    code: ClassVar[str] = "printer-certificate-not-confirmed"


def read_fingerprint(typed: str) -> str:
    """SHA-256 of a certificate, as panels show it: hexadecimal digits with anything usual between them.

    Raises: FingerprintMalformed.
    """
    digits = _BETWEEN.sub("", typed[:500]).lower()
    if not _FINGERPRINT.fullmatch(digits):
        raise FingerprintMalformed("a fingerprint (SHA-256) is 64 hexadecimal digits")
    return digits


def shown_fingerprint(sha256: str) -> str:
    """In groups of four, easy to compare."""
    return " ".join(sha256[at : at + 4] for at in range(0, len(sha256), 4))


def show_certificate(uri: str) -> Pin:
    """What the printer shows now, for a person to compare. It proves nothing.

    Raises: PrinterAddressMalformed, PrinterUnreachable, CertificateMalformed.
    """
    address = read_printer_address(uri)
    return fetch_pin(address.host, address.port)


def enrol(database: Database, asker: Asker, wishes: PrinterWishes, *, uri: str, fingerprint: str) -> PrinterFacts:
    """fingerprint: as the printer's own panel shows it.

    Raises: NotFound, FingerprintMalformed, PrinterAddressMalformed, PrinterUnreachable, CertificateNotConfirmed,
    PrinterAnswerRefused, and what `service.enrol_asked_printer` raises.
    """
    with database.reading() as work:
        require_branch(work, asker(work), wishes.branch_id)
    pin = _confirmed(uri, fingerprint)
    answer = ask_printer(uri, pin.sha256)
    with database.work() as work:
        return facts_of(enrol_asked_printer(work, asker(work), wishes, uri=uri, pin=pin, answer=answer))


def confirm_new_certificate(
    database: Database, asker: Asker, printer_id: UUID, *, fingerprint: str, reason: str
) -> PrinterFacts:
    """Raises: NotFound, FingerprintMalformed, PrinterUnreachable, CertificateNotConfirmed, PrinterRetired."""
    pin = _confirmed(managed_printer(database, asker, printer_id).uri, fingerprint)
    with database.work() as work:
        renew_pin(work, asker(work), printer_id, pin, reason=reason)
        return printer_facts(work, printer_id)


def ask_capabilities(database: Database, asker: Asker, printer_id: UUID) -> PrinterFacts:
    """Raises: NotFound, PrinterUnreachable, PrinterCertificateChanged, PrinterAnswerRefused, PrinterRetired."""
    printer = managed_printer(database, asker, printer_id)
    answer = ask_printer(printer.uri, printer.certificate_sha256)
    with database.work() as work:
        store_capabilities(work, asker(work), printer_id, answer)
        return printer_facts(work, printer_id)


def managed_printer(database: Database, asker: Asker, printer_id: UUID) -> PrinterFacts:
    """Raises: NotFound, PrinterRetired."""
    with database.reading() as work:
        return facts_of(printer_to_manage(work, asker(work), printer_id))


def _confirmed(uri: str, fingerprint: str) -> Pin:
    wanted = read_fingerprint(fingerprint)
    pin = show_certificate(uri)
    if pin.sha256 != wanted:
        raise CertificateNotConfirmed(
            "the printer shows another certificate than the one with this fingerprint; look at its panel again"
        )
    return pin
