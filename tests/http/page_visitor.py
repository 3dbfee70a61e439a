"""A browser without scripts: it keeps its session's cookie and sends forms as they stand in the page."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any

import httpx

from printserver.organisations.permissions import Role
from tests.http.api_client import ApiClient
from tests.world_building import Office

with warnings.catch_warnings():
    # It asks for the successor of httpx, which nothing else here needs.
    warnings.simplefilter("ignore")
    from fastapi.testclient import TestClient


class StrangersClient(TestClient):
    """Of an application on any books."""


@dataclass(frozen=True)
class Visitor:
    api: ApiClient
    headers: Mapping[str, str]
    csrf_token: str

    @classmethod
    def of(cls, api: ApiClient, role: Role, office: Office | None = None, *, language: str = "en") -> Visitor:
        session, headers = api.browser(role, office)
        api.cookies.clear()
        kept = {name: value for name, value in headers.items() if name != "X-CSRF-Token"}
        return cls(api, {**kept, "Accept-Language": language}, session.csrf_token)

    def look(self, path: str) -> httpx.Response:
        return self.api.get(path, headers=dict(self.headers), follow_redirects=False)

    def page(self, path: str) -> str:
        """The page's text.   Fails unless it is one."""
        answer = self.look(path)
        assert answer.status_code == 200, answer.text
        return unescape(answer.text)

    def send(self, path: str, files: Any = None, **fields: Any) -> httpx.Response:
        data = {"csrf_token": self.csrf_token, **fields}
        return self.api.post(path, headers=dict(self.headers), data=data, files=files, follow_redirects=False)


def went_to(answer: httpx.Response) -> str:
    """Where a change led."""
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def shown_again(answer: httpx.Response, status: int) -> str:
    """The page's text with what was refused."""
    assert answer.status_code == status, answer.text
    return unescape(answer.text)


def first(pattern: str, text: str) -> str:
    """The first group of the first match, or the whole match."""
    match = re.search(pattern, text)
    assert match is not None, pattern
    return match[1] if match.groups() else match[0]
