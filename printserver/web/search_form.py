"""What people type to look for print requests."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from printserver.print_requests.money import CNY, AmountMalformed, parse_money
from printserver.print_requests.search import Search
from printserver.print_requests.states import RequestState
from printserver.web.forms import FieldsWrong

Text = Annotated[str, Field(max_length=500)]


class TypedSearch(BaseModel):
    """As typed.   least, most: of the amount.   since, until: days, both included."""

    model_config = ConfigDict(frozen=True)

    state: Text = ""
    title: Text = ""
    own_reference: Text = ""
    party: Text = ""
    class_code: Text = ""
    branch: Text = ""
    least: Text = ""
    most: Text = ""
    currency: Text = ""
    since: Text = ""
    until: Text = ""
    mine: bool = False
    copied: bool = False
    before: UUID | None = None

    @property
    def query(self) -> str:
        """To be put before what comes next in an address."""
        given = {name: value for name, value in self.model_dump(mode="json", exclude={"before"}).items() if value}
        words = {name: "true" if value is True else value for name, value in given.items()}
        return f"{urlencode(words)}&" if words else ""

    @property
    def wide(self) -> bool:
        """Whether more is asked for than what is always shown."""
        return any((self.party, self.class_code, self.branch, self.least, self.most, self.since, self.until))

    def checked(self, zone: ZoneInfo) -> Search:
        """zone: in which days begin.   Raises: FieldsWrong."""
        wrong: set[str] = set()
        values: dict[str, Any] = {
            "least_minor": _minor(self.least, self.currency or CNY, "least", wrong),
            "most_minor": _minor(self.most, self.currency or CNY, "most", wrong),
            "since": _midnight(self.since, zone, "since", wrong),
            "until": _midnight(self.until, zone, "until", wrong, later=1),
            "branch_id": _id(self.branch, wrong),
        }
        if wrong:
            raise FieldsWrong(frozenset(wrong))
        amounts = values["least_minor"] is not None or values["most_minor"] is not None
        return Search(
            states=[RequestState(self.state)] if self.state in set(RequestState) else [],
            title=self.title.strip(),
            own_reference=self.own_reference.strip(),
            party=self.party.strip(),
            class_code=self.class_code.strip(),
            currency=(self.currency or CNY) if amounts else "",
            mine=self.mine,
            copied=self.copied,
            **values,
        )


def _minor(text: str, currency: str, field: str, wrong: set[str]) -> int | None:
    try:
        money = parse_money(text, currency)
    except AmountMalformed:
        wrong.add(field)
        return None
    return None if money is None else money.minor


def _midnight(text: str, zone: ZoneInfo, field: str, wrong: set[str], *, later: int = 0) -> datetime | None:
    if not text.strip():
        return None
    try:
        day = date.fromisoformat(text.strip()) + timedelta(days=later)
        return datetime.combine(day, time(), zone)
    except (ValueError, OverflowError):
        wrong.add(field)
        return None


def _id(text: str, wrong: set[str]) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        wrong.add("branch")
        return None
