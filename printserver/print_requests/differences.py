"""What is other than in the submission before: pages by their look, fields by their value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import zip_longest

from printserver.foundation.unit_of_work import Work
from printserver.print_requests.company import attachments_of, parties_of
from printserver.print_requests.models import PrintRequest
from printserver.print_requests.money import Money
from printserver.print_requests.request_seals import seals_of_request
from printserver.rendering.page_images import ink_maps
from printserver.rendering.places import OnPage, Place


@dataclass(frozen=True)
class FieldChange:
    """`name`: as the application has it; what was not there is empty."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Differences:
    """`pages`: numbers of the new document's pages that look otherwise or are new.   fewer: pages that went away."""

    fields: tuple[FieldChange, ...]
    pages: tuple[int, ...]
    fewer: int


def changed_pages(before: bytes, after: bytes) -> tuple[int, ...]:
    """Pages of `after` whose ink, at half a millimetre a dot, is not that of the same page of `before`.

    Both are safe documents.   Raises: PageNotDrawable.
    """
    old, new = _looks(before), _looks(after)
    return tuple(number for number, (was, now) in enumerate(zip_longest(old, new), 1) if now is not None and was != now)


def field_changes(work: Work, before: PrintRequest, after: PrintRequest) -> tuple[FieldChange, ...]:
    """What people read of a request, where it changed."""
    old, new = dict(_fields(work, before)), dict(_fields(work, after))
    return tuple(FieldChange(name, old.get(name, ""), new[name]) for name in new if old.get(name, "") != new[name])


def _looks(pdf: bytes) -> list[str]:
    return [sha256(ink.cells.tobytes() + repr(ink.size).encode()).hexdigest() for ink in ink_maps(pdf)]


def _fields(work: Work, request: PrintRequest) -> Iterator[tuple[str, str]]:
    for name in ("title", "purpose", "own_reference", "class_code", "copies", "sides", "electronic"):
        yield name, str(getattr(request, name))
    amount = None if request.amount_minor is None else Money(request.amount_minor, request.amount_currency)
    yield "amount", "" if amount is None else f"{amount.grouped} {amount.currency}"
    seals = seals_of_request(work, request)
    yield "seal", ", ".join(str(seal.seal_id) for seal in seals)
    yield "printer", str(request.printer_id)
    yield "places", " | ".join("; ".join(map(_said_place, seal.wishes)) for seal in seals)
    parties = parties_of(work, request.id)
    yield "parties", "; ".join(" ".join(filter(None, (party.name, party.number))) for party in parties)
    attachments = attachments_of(work, request.id)
    yield "attachments", "; ".join(f"{each.filename} ({each.safe_sha256[:12]})" for each in attachments)


def _said_place(place: Place) -> str:
    if isinstance(place, OnPage):
        return f"{place.page}: {place.x_um} × {place.y_um} µm"
    return ", ".join(f"{name} {value}" for name, value in place.to_json().items())
