"""A second browser of another make: Debian's Firefox, driven by WebDriver BiDi.

Only what our tests need of it. Source: W3C Working Draft "WebDriver BiDi", sections 7.1 to 7.7.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import signal
import subprocess
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from websockets.sync.client import ClientConnection, connect

from tests.free_ports import free_port

PROGRAM: Final = "firefox-esr"
ANSWER_SECONDS: Final = 60.0
_PREFERENCES: Final = {
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "toolkit.telemetry.enabled": False,
}
_LARGEST_MESSAGE: Final = 64 << 20


class ScriptFailed(AssertionError):
    """What the page's script threw."""


@dataclass
class FirefoxPage:
    """complaints: what stood in its console so far."""

    connection: ClientConnection
    context: str
    complaints: list[str] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(2))

    def goto(self, url: str) -> None:
        self.command("browsingContext.navigate", url=url, wait="complete")

    def resize(self, width: int, height: int) -> None:
        """In CSS pixels."""
        self.command("browsingContext.setViewport", viewport={"width": width, "height": height})

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression, awaited; anything that JSON can say."""
        answer = self.command(
            "script.evaluate",
            expression=f"(async () => JSON.stringify(await ({expression})) ?? null)()",
            target={"context": self.context},
            awaitPromise=True,
        )
        if answer["type"] != "success":
            raise ScriptFailed(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"].get("value", "null"))

    def screenshot(self) -> bytes:
        """A PNG file of the whole page."""
        return b64decode(self.command("browsingContext.captureScreenshot", origin="document")["data"])

    def command(self, method: str, **parameters: Any) -> Any:
        if method != "session.subscribe" and "target" not in parameters:
            parameters["context"] = self.context
        number = next(self._numbers)
        self.connection.send(json.dumps({"id": number, "method": method, "params": parameters}))
        return self._answer(number)

    def _answer(self, number: int) -> Any:
        while True:
            said = json.loads(self.connection.recv(timeout=ANSWER_SECONDS))
            if said.get("method") == "log.entryAdded" and said["params"]["level"] in ("error", "warn"):
                self.complaints.append(str(said["params"]["text"]))
            if said.get("id") == number:
                assert said["type"] == "success", said
                return said["result"]


@contextmanager
def firefox(folder: Path, language: str) -> Iterator[FirefoxPage]:
    """One window without a screen; its profile is new.   folder: empty, for the profile.   language: as `zh-CN`."""
    lines = [f'user_pref("{name}", {json.dumps(value)});' for name, value in _PREFERENCES.items()]
    lines.append(f'user_pref("intl.accept_languages", "{language}");')
    (folder / "user.js").write_text("\n".join(lines))
    port = free_port()
    command = [PROGRAM, "--headless", "--no-remote", "--profile", str(folder), f"--remote-debugging-port={port}"]
    with subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"HOME": str(folder), "MOZ_CRASHREPORTER_DISABLE": "1"},
        start_new_session=True,
    ) as process:
        try:
            with connect(f"{_address(process)}/session", max_size=_LARGEST_MESSAGE) as connection:
                yield _first_page(connection)
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    for line in process.stderr:
        found = re.search(r"WebDriver BiDi listening on (ws://127\.0\.0\.1:\d+)", line)
        if found:
            return found[1]
    raise AssertionError("Firefox did not start")


def _first_page(connection: ClientConnection) -> FirefoxPage:
    connection.send(json.dumps({"id": 0, "method": "session.new", "params": {"capabilities": {}}}))
    assert json.loads(connection.recv(timeout=ANSWER_SECONDS))["type"] == "success"
    connection.send(json.dumps({"id": 1, "method": "browsingContext.getTree", "params": {}}))
    tree = json.loads(connection.recv(timeout=ANSWER_SECONDS))
    page = FirefoxPage(connection, tree["result"]["contexts"][0]["context"])
    page.command("session.subscribe", events=["log.entryAdded"])
    return page
