"""What people type to look for archive records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Final
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from printserver.archive.search_fields import ArchiveSearch
from printserver.print_requests.money import CNY, AmountMalformed, parse_money
from printserver.web.forms import FieldsWrong

Text = Annotated[str, Field(max_length=500)]
_HELD: Final = {"": None, "yes": True, "no": False}


@dataclass(frozen=True)
class CheckedSearch:
    """`held`: by a legal hold, or not, or either."""

    search: ArchiveSearch
    held: bool | None


class TypedArchiveSearch(BaseModel):
    """As typed.   least, most: of the amount.   since, until, ends_since, ends_until: days, both included."""

    model_config = ConfigDict(frozen=True)

    words: Text = ""
    query: Text = ""
    title: Text = ""
    own_reference: Text = ""
    number: Text = ""
    serial: Text = ""
    party: Text = ""
    class_code: Text = ""
    catalogue: Text = ""
    retention_class: Text = ""
    branch: Text = ""
    least: Text = ""
    most: Text = ""
    currency: Text = ""
    since: Text = ""
    until: Text = ""
    ends_since: Text = ""
    ends_until: Text = ""
    held: Text = ""
    before: UUID | None = None

    @property
    def fields(self) -> dict[str, str]:
        """Those that say something. A currency alone says nothing."""
        given = {name: value.strip() for name, value in self.model_dump(exclude={"before", "name"}).items()}
        if not (given["least"] or given["most"]):
            given.pop("currency")
        return {name: value for name, value in given.items() if value}

    @property
    def query_string(self) -> str:
        """To be put before what comes next in an address."""
        return f"{urlencode(self.fields)}&" if self.fields else ""

    @property
    def wide(self) -> bool:
        """Whether more is asked for than what is always shown."""
        return bool(set(self.fields) - {"words", "query"})

    def checked(self, zone: ZoneInfo) -> CheckedSearch:
        """zone: in which days begin.   Raises: FieldsWrong."""
        wrong: set[str] = set()
        currency = self.currency.strip() or CNY
        least, most = (
            _minor(text, currency, name, wrong) for name, text in (("least", self.least), ("most", self.most))
        )
        days = {
            name: _day(text, name, wrong)
            for name, text in (
                ("since", self.since),
                ("until", self.until),
                ("ends_since", self.ends_since),
                ("ends_until", self.ends_until),
            )
        }
        branch = _id(self.branch.strip(), wrong)
        if self.held not in _HELD:
            wrong.add("held")
        if wrong:
            raise FieldsWrong(frozenset(wrong))
        search = ArchiveSearch(
            text=self.query,
            title=self.title,
            own_reference=self.own_reference,
            number=self.number,
            serial=self.serial,
            party=self.party,
            class_code=self.class_code.strip(),
            catalogue=self.catalogue,
            retention_class=self.retention_class.strip(),
            branch_id=branch,
            least_minor=least,
            most_minor=most,
            currency="" if least is None and most is None else currency,
            since=_midnight(days["since"], zone),
            until=_midnight(days["until"], zone, later=1),
            ends_since=days["ends_since"],
            ends_until=days["ends_until"],
        )
        return CheckedSearch(search, _HELD[self.held])


class TypedSavedSearch(TypedArchiveSearch):
    """With the name under which it is kept."""

    name: Text = ""


def _minor(text: str, currency: str, name: str, wrong: set[str]) -> int | None:
    try:
        money = parse_money(text, currency)
    except AmountMalformed:
        wrong.add(name)
        return None
    return None if money is None else money.minor


def _day(text: str, name: str, wrong: set[str]) -> date | None:
    try:
        day = date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError:
        wrong.add(name)
        return None
    if day is not None and not 1900 <= day.year <= 9998:
        wrong.add(name)
    return day


def _midnight(day: date | None, zone: ZoneInfo, *, later: int = 0) -> datetime | None:
    return None if day is None else datetime.combine(day + timedelta(days=later), time(), zone)


def _id(text: str, wrong: set[str]) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        wrong.add("branch")
        return None
