"""Looks at what a spooler must reach: its printers, by their pinned certificates, and the server's ticket desk."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from printserver.foundation.errors import PrintServerError
from printserver.printing.pin import Pin, fetch_pin, read_pin
from printserver.printing.spooler_desk import ask_desk
from printserver.printing.spooler_findings import Check, Finding, InstalledSpooler
from printserver.printing.spooler_layout import RecordedQueue

IPPS_PORT: Final = 631
_SOON: Final = timedelta(days=30)
_LARGEST_DRIFT: Final = timedelta(minutes=2)
_SECONDS: Final = 10.0


def pins(spooler: InstalledSpooler) -> Iterator[Finding]:
    """Each printer shows the certificate that a person enrolled."""
    for name, recorded in spooler.record.queues.items():
        host = urlsplit(recorded.uri).hostname or ""
        path = spooler.layout.pin(name, host)
        try:
            pin = read_pin(path.read_text("ascii"))
        except (OSError, UnicodeDecodeError, PrintServerError) as error:
            yield Finding(
                "pin-missing",
                str(path),
                f"no certificate is pinned for {host}: {error}",
                "Enrol the printer again.",
                (spooler.install_again(name, "--fingerprint", recorded.certificate_sha256),),
            )
            continue
        if pin.sha256 != recorded.certificate_sha256:
            yield Finding(
                "pin-changed",
                str(path),
                f"it is not the certificate that a person enrolled ({recorded.certificate_sha256})",
                "Find out who changed it, then enrol the printer again.",
                (spooler.install_again(name, "--fingerprint", recorded.certificate_sha256),),
            )
        yield from _validity(str(path), pin, spooler.now)
        yield from _printer(spooler, name, recorded)


def desk(spooler: InstalledSpooler) -> Iterator[Finding]:
    """The server answers where tickets are redeemed, to this spooler's own name, and agrees on the time."""
    place = spooler.record.desk
    answer = ask_desk(spooler.layout, place, timeout=_SECONDS)
    if answer.failure:
        yield Finding(
            "desk-silent",
            place,
            f"nothing can be printed: {answer.failure}",
            "Start the server's worker, open the way to it, and compare the server's certificate.",
        )
        return
    if answer.refused:
        yield Finding(
            "desk-refuses",
            place,
            "the server does not know this spooler",
            "Name its certificate, or for a socket the system user of its backends, in the server's settings.",
        )
    if answer.time is not None and abs(spooler.now - answer.time) > _LARGEST_DRIFT:
        yield _wrong_clock(f"{place} says it is {answer.time:%Y-%m-%d %H:%M} UTC")


def clock(spooler: InstalledSpooler) -> Iterator[Finding]:
    """Nothing was written in the future."""
    written = [path.stat().st_mtime for path in (spooler.layout.record_file, *spooler.layout.fence.iterdir())]
    newest = datetime.fromtimestamp(max(written), UTC)
    if newest - spooler.now > _LARGEST_DRIFT:
        yield _wrong_clock(f"something was written here at {newest:%Y-%m-%d %H:%M} UTC")


def branch_certificate(spooler: InstalledSpooler) -> Iterator[Finding]:
    """What this spooler shows to the server, when that is another machine."""
    if spooler.record.desk.startswith("https:"):
        for path in (spooler.layout.branch_certificate, spooler.layout.desk_certificate):
            yield from _validity(str(path), read_pin(path.read_text("ascii")), spooler.now)


def _printer(spooler: InstalledSpooler, name: str, recorded: RecordedQueue) -> Iterator[Finding]:
    address = urlsplit(recorded.uri)
    shown: Pin | None = None
    try:
        shown = fetch_pin(address.hostname or "", address.port or IPPS_PORT, timeout=_SECONDS)
    except PrintServerError as error:
        yield Finding(
            "printer-silent",
            f"printer {address.netloc} of queue {name}",
            f"its certificate cannot be compared: {error}",
            "Switch the printer on, open the way to it, and look again.",
        )
    if shown is not None and shown.sha256 != recorded.certificate_sha256:
        yield Finding(
            "printer-certificate-changed",
            f"printer {address.netloc} of queue {name}",
            f"it shows another certificate ({shown.sha256}) than was enrolled; nothing is sent to it",
            "Compare that fingerprint with the printer's own panel. If it is the printer's: enrol it.",
            (spooler.install_again(name, "--fingerprint", shown.sha256),),
        )


def _validity(path: str, pin: Pin, now: datetime) -> Iterator[Finding]:
    left = pin.not_after - now
    if left < _SOON:
        wrong = "it has expired" if left <= timedelta(0) else f"it expires in {left.days} days"
        yield Finding(
            "certificate-expires",
            path,
            f"{wrong}: {pin.not_after:%Y-%m-%d}",
            "Make a new certificate where it is made (the printer, the server, or this spooler), and install it here.",
        )


def _wrong_clock(why: str) -> Finding:
    return Finding("clock-wrong", "the clock", why, "Set the clock, and let it be kept.", ("timedatectl set-ntp true",))


OUTSIDE_CHECKS: Final[tuple[Check, ...]] = (pins, branch_certificate, desk, clock)
