"""One person's use of the public API, as any integrator would write it."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final, Self
from uuid import uuid4

import httpx

from printserver.foundation.errors import PrintServerError

PATIENCE_SECONDS: Final = 180.0
POLL_SECONDS: Final = 0.2
STEP_UP: Final = "X-Step-Up"
STEP_UP_NEEDED: Final = "step-up-needed"

Answer = Mapping[str, Any]


class DemoFailed(PrintServerError):
    """A step did not come out as it should; the demonstration ends here."""

    code = "demo-failed"


@cache
def authorities() -> ssl.SSLContext:
    """Of this machine. To read them anew for every call would take much longer than the call."""
    return httpx.create_ssl_context()


class Person:
    """Signed in with name and password; every call raises DemoFailed with the problem's own words."""

    def __init__(self, url: str, token: str, password: str = "") -> None:
        """password: for what needs it again; whoever has a second factor gives its code instead."""
        self._base = f"{url}/api/v1"
        self._authorisation = {"Authorization": f"Bearer {token}"}
        self._password = password

    @classmethod
    def sign_in(cls, url: str, login: str, password: str) -> Self:
        wish = {"login": login, "password": password, "name": "demonstration", "days": 1}
        answer = httpx.post(f"{url}/api/v1/tokens", json=wish, timeout=PATIENCE_SECONDS, verify=authorities())
        return cls(url, _checked(answer).json()["token"], password)

    def get(self, path: str, **query: str) -> Any:
        return self._call("GET", path, params=query).json()

    def fetch(self, path: str) -> bytes:
        return self._call("GET", path).content

    def post(self, path: str, body: Answer) -> Any:
        return self._call("POST", path, json=dict(body)).json()

    def put(self, path: str, body: Answer) -> Any:
        return self._call("PUT", path, json=dict(body)).json()

    def submit(self, application: Answer, pdf: bytes, filename: str) -> Any:
        """A print request, under an idempotency key of its own."""
        answer = self._call(
            "POST",
            "/print-requests",
            headers={"Idempotency-Key": str(uuid4())},
            data={"application": json.dumps(application)},
            files={"document": (filename, pdf, "application/pdf")},
        )
        return answer.json()

    def hand_in(self, scan: bytes, filename: str) -> Any:
        return self._call("POST", "/returns", files={"scan": (filename, scan, "application/pdf")}).json()

    def _call(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **parts: Any
    ) -> httpx.Response:
        """Over a connection of its own: nothing is left open when the story ends in the middle."""
        known = {**self._authorisation, **(headers or {})}
        options: dict[str, Any] = {"timeout": PATIENCE_SECONDS, "verify": authorities(), **parts}
        answer = httpx.request(method, self._base + path, headers=known, **options)
        if _wants_step_up(answer):
            known |= self._step_up()
            answer = httpx.request(method, self._base + path, headers=known, **options)
        return _checked(answer)

    def _step_up(self) -> Mapping[str, str]:
        """What is sealed or printed wants the password again, for some minutes; kept for the calls that follow."""
        wish, address = {"password": self._password}, f"{self._base}/step-ups"
        options: dict[str, Any] = {"timeout": PATIENCE_SECONDS, "verify": authorities()}
        answer = httpx.post(address, json=wish, headers=self._authorisation, **options)
        self._authorisation = {**self._authorisation, STEP_UP: _checked(answer).json()["step_up"]}
        return self._authorisation

    def wait(self, path: str, until: Callable[[Any], bool]) -> Any:
        """What `path` answers once `until` is true of it."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            answer = self.get(path)
            if until(answer):
                return answer
            if time.monotonic() > deadline:
                raise DemoFailed(f"{path} did not come so far within {PATIENCE_SECONDS:.0f} s")
            time.sleep(POLL_SECONDS)


def _wants_step_up(answer: httpx.Response) -> bool:
    return answer.status_code == httpx.codes.FORBIDDEN and STEP_UP_NEEDED in answer.text


def _checked(answer: httpx.Response) -> httpx.Response:
    if answer.is_success:
        return answer
    try:
        problem = answer.json()
        words = f"{problem.get('code', '')}: {problem.get('detail', '')}"
    except ValueError:
        words = answer.text[:200]
    raise DemoFailed(f"{answer.request.method} {answer.request.url.path} answered {answer.status_code} {words}")
