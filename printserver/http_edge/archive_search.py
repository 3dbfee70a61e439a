"""What people and programs give to look for archive records, the same on the page, in the API and at a terminal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Annotated, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from printserver.archive.saved_searches import LONGEST_FIELD
from printserver.archive.search_fields import ArchiveSearch
from printserver.foundation.errors import Malformed
from printserver.print_requests.money import CNY, AmountMalformed, parse_money

_HELD: Final = {"": None, "yes": True, "no": False}


class ArchiveSearchMalformed(Malformed):
    """Fields that cannot be used.   fields: their names.   too_long: those of them with too many characters."""

    code = "archive-search-malformed"

    def __init__(self, fields: frozenset[str], too_long: frozenset[str]) -> None:
        super().__init__(
            f"cannot be used: {', '.join(sorted(fields))}; amounts are numbers, days are dates such as 2026-11-23 "
            f"and nothing is longer than {LONGEST_FIELD} characters"
        )
        self.fields = fields
        self.too_long = too_long


@dataclass(frozen=True)
class CheckedSearch:
    """`words`: all of which the text holds.   held: by a legal hold, or not, or either."""

    words: str
    search: ArchiveSearch
    held: bool | None


class GivenArchiveSearch(BaseModel):
    """What is given must agree. All is taken as text, so that nothing that was typed is lost."""

    model_config = ConfigDict(frozen=True)

    words: Annotated[str, Field(description="All of which the text of the paper holds.")] = ""
    query: Annotated[str, Field(description="In title, own reference, number or serial.")] = ""
    title: str = ""
    own_reference: str = ""
    number: Annotated[str, Field(description="The archive number, or its beginning.")] = ""
    serial: str = ""
    party: Annotated[str, Field(description="Part of a name, or a whole number.")] = ""
    class_code: str = ""
    catalogue: Annotated[str, Field(description="A year, or year and class: 2026/general.")] = ""
    retention_class: str = ""
    branch: Annotated[str, Field(description="The branch's id.")] = ""
    least: Annotated[str, Field(description="Of the amount: 12,345.60.")] = ""
    most: str = ""
    currency: Annotated[str, Field(description="Of the amount; CNY when not given.")] = ""
    since: Annotated[str, Field(description="Archived on that day or later, or from a moment on, in ISO 8601.")] = ""
    until: Annotated[str, Field(description="Archived on that day or earlier, or before a moment.")] = ""
    ends_since: Annotated[str, Field(description="The contract ends on that day or later.")] = ""
    ends_until: Annotated[str, Field(description="The contract ends on that day or earlier.")] = ""
    held: Annotated[str, Field(description="By a legal hold: yes, no.")] = ""
    before: Annotated[UUID | None, Field(description="The last id of the page before, to read on from there.")] = None

    def checked(self, zone: tzinfo) -> CheckedSearch:
        """zone: in which days begin, and moments that name none.   Raises: ArchiveSearchMalformed."""
        given = {name: value.strip() for name, value in self if isinstance(value, str)}
        too_long = frozenset(name for name, value in given.items() if len(value) > LONGEST_FIELD)
        reading = _Reading({name: value for name, value in given.items() if name not in too_long}, set(too_long))
        least, most = reading.minor("least"), reading.minor("most")
        search = ArchiveSearch(
            text=reading.text("query"),
            title=reading.text("title"),
            own_reference=reading.text("own_reference"),
            number=reading.text("number"),
            serial=reading.text("serial"),
            party=reading.text("party"),
            class_code=reading.text("class_code"),
            catalogue=reading.text("catalogue"),
            retention_class=reading.text("retention_class"),
            branch_id=reading.id("branch"),
            least_minor=least,
            most_minor=most,
            currency="" if least is None and most is None else reading.currency,
            since=reading.moment("since", zone),
            until=reading.moment("until", zone, later=1),
            ends_since=reading.day("ends_since"),
            ends_until=reading.day("ends_until"),
        )
        held = reading.held()
        if reading.wrong:
            raise ArchiveSearchMalformed(frozenset(reading.wrong), too_long)
        return CheckedSearch(reading.text("words"), search, held)


@dataclass(frozen=True)
class _Reading:
    """`given`: without blanks at the ends.   wrong: names of what could not be read, so far."""

    given: dict[str, str]
    wrong: set[str]

    def text(self, name: str) -> str:
        return self.given.get(name, "")

    @property
    def currency(self) -> str:
        return self.text("currency") or CNY

    def minor(self, name: str) -> int | None:
        try:
            money = parse_money(self.text(name), self.currency)
        except AmountMalformed:
            self.wrong.add(name)
            return None
        return None if money is None else money.minor

    def day(self, name: str) -> date | None:
        try:
            day = date.fromisoformat(self.text(name)) if self.text(name) else None
        except ValueError:
            self.wrong.add(name)
            return None
        if day is not None and not 1900 <= day.year <= 9998:
            self.wrong.add(name)
            return None
        return day

    def moment(self, name: str, zone: tzinfo, *, later: int = 0) -> datetime | None:
        """later: days after the beginning of a day that is given without a time."""
        if ":" not in self.text(name):
            day = self.day(name)
            return None if day is None else datetime.combine(day + timedelta(days=later), time(), zone)
        try:
            moment = datetime.fromisoformat(self.text(name))
            return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
        except (ValueError, OverflowError):
            self.wrong.add(name)
            return None

    def id(self, name: str) -> UUID | None:
        try:
            return UUID(self.text(name)) if self.text(name) else None
        except ValueError:
            self.wrong.add(name)
            return None

    def held(self) -> bool | None:
        if self.text("held") not in _HELD:
            self.wrong.add("held")
        return _HELD.get(self.text("held"))
