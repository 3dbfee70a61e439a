"""What the emulated printers really did, by their own documents and page logs alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from printserver.printing.emulated_printer import EmulatedPrinter


@dataclass(frozen=True)
class PageEvent:
    """`at`: seconds of the machine's monotonic clock.   `done`: the page came out; else it was begun."""

    at: float
    document: str
    page: int
    done: bool


@dataclass(frozen=True)
class Printing:
    """One document that arrived whole at a printer's engine."""

    path: Path
    sha256: str
    begun: frozenset[int]
    """Pages, from 1."""

    done: frozenset[int]


def page_events(printer: EmulatedPrinter) -> list[PageEvent]:
    """In their order; none of a printer that never printed."""
    log = printer.root / "received" / "pages.log"
    if not log.exists():
        return []
    events = []
    for line in log.read_text(encoding="ascii").splitlines():
        at, document, page, event = line.split()
        events.append(PageEvent(float(at), document, int(page), event == "done"))
    return events


def printings(printers: Iterable[EmulatedPrinter]) -> list[Printing]:
    """Of all printers, every document that an engine was given."""
    found = []
    for printer in printers:
        events = page_events(printer)
        for path in printer.received():
            own = [event for event in events if event.document == path.stem]
            found.append(
                Printing(
                    path,
                    sha256(path.read_bytes()).hexdigest(),
                    frozenset(event.page for event in own if not event.done),
                    frozenset(event.page for event in own if event.done),
                )
            )
    return found


def by_copy(found: Iterable[Printing], issued: Mapping[str, bytes]) -> dict[str, list[Printing]]:
    """What was printed of each issued document; under "" what belongs to none.

    issued: the documents' bytes by their digests.   A document that broke off on its way counts as the one it begins.
    """
    prints: dict[str, list[Printing]] = {}
    for each in found:
        prints.setdefault(_owner(each, issued), []).append(each)
    return prints


def _owner(printing: Printing, issued: Mapping[str, bytes]) -> str:
    if printing.sha256 in issued:
        return printing.sha256
    received = printing.path.read_bytes()
    owners = [digest for digest, whole in issued.items() if received and whole.startswith(received)]
    return owners[0] if len(owners) == 1 else ""
