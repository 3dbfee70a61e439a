"""The form of a new request, as a browser without scripts fills it in and sends it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from tests.http.page_visitor import Visitor, first, went_to
from tests.world_building import contract


def draft_at(clerk: Visitor, pdf: bytes | None = None) -> str:
    files = {"document": ("supply contract.pdf", contract() if pdf is None else pdf, "application/pdf")}
    return went_to(clerk.send("/requests/drafts", files=files))


def fields_of(page: str) -> dict[str, str]:
    """A form's fields as they stand, the first of each choice chosen."""
    found = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name, value = re.search(r'name="(\w+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and value and name[1] != "csrf_token":
            found[name[1]] = value[1]
    for name, options in re.findall(r'<select[^>]*name="(\w+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        found[name] = first(r'value="([^"]*)"', options)
    return found


def shown_after(clerk: Visitor, **fields: Any) -> str:
    """The page to which the sent form leads; it is the same each time that it is asked for."""
    path = went_to(clerk.send("/requests", **fields)).partition("#")[0]
    text = clerk.page(path)
    assert clerk.page(path) == text
    return text


def but_forms(counts: Mapping[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if name != "open_form"}


def seen_of(clerk: Visitor, fields: Mapping[str, Any], words: str) -> str:
    """What the tick says that has to be set first, because something is unusual."""
    text = shown_after(clerk, **fields, action="submit")
    assert words in text
    return first(r'name="seen" value="(\w+)"', text)


def request_id_of(answer: Any) -> UUID:
    return UUID(went_to(answer).partition("?")[0].rpartition("/")[2])
