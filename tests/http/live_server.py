"""The application behind its real web server, in a thread, and browsers that listen to it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Final

import httpx

from printserver.app import create_app
from printserver.cli.web import WebServer
from printserver.http_edge.actors import cookie_name
from printserver.http_edge.live import LiveLimits, LiveStreams
from printserver.organisations.permissions import Role
from printserver.organisations.sessions import NewSession, open_session
from tests.free_ports import free_port
from tests.world import World
from tests.world_building import Office

QUICK: Final = LiveLimits(look_seconds=0.05)
PATIENCE: Final = 30.0
SILENCE: Final = 0.6


@dataclass
class Stream:
    """One open answer. Events are taken off it one by one."""

    answer: httpx.Response
    lines: Iterator[str] = field(init=False)

    def __post_init__(self) -> None:
        self.lines = self.answer.iter_lines()

    def next(self, name: str) -> str:
        """The data of the next event, whose name this is; comments are passed over."""
        said = ""
        for line in self.lines:
            if line.startswith("event:"):
                said = line.removeprefix("event: ")
            elif line.startswith("data:"):
                assert said == name
                return line.removeprefix("data: ")
        raise AssertionError("the stream has ended")

    def heard(self) -> set[str]:
        return set(self.next("changed").split())

    def rest(self) -> list[str]:
        """What is still said until the stream ends."""
        return [line for line in self.lines if line]


@dataclass
class LiveServer:
    world: World
    server: WebServer
    thread: threading.Thread
    streams: LiveStreams

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.world.adapters.settings.port}"

    def session(self, role: Role, office: Office | None = None) -> NewSession:
        with self.world.database.work() as work:
            return open_session(work, self.world.secrets, self.world.actor(work, role, office), hours=1)

    def cookie(self, session: NewSession) -> dict[str, str]:
        return {"Cookie": f"{cookie_name(self.world.adapters.settings)}={session.secret}"}

    def ask(self, path: str, headers: Mapping[str, str]) -> httpx.Response:
        """A whole answer, no stream."""
        return httpx.get(self.url + path, headers=dict(headers), timeout=PATIENCE)

    @contextmanager
    def listening(
        self, role: Role, *topics: str, office: Office | None = None, session: NewSession | None = None
    ) -> Iterator[Stream]:
        """From the moment on from which nothing is missed."""
        headers = self.cookie(session or self.session(role, office))
        address, wait = f"{self.url}/live", httpx.Timeout(PATIENCE)
        with httpx.stream("GET", address, params={"topics": ",".join(topics)}, headers=headers, timeout=wait) as answer:
            assert answer.status_code == 200, answer.read()
            stream = Stream(answer)
            stream.next("listening")
            yield stream

    def stop(self) -> float:
        """How many seconds it takes."""
        begun = time.monotonic()
        self.server.should_exit = True
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()
        return time.monotonic() - begun


@contextmanager
def live_server(world: World, limits: LiveLimits = QUICK) -> Iterator[LiveServer]:
    settings = world.adapters.settings.model_copy(update={"host": "127.0.0.1", "port": free_port()})
    world = replace(world, adapters=replace(world.adapters, settings=settings))
    app = create_app(world.adapters)
    app.state.edge = replace(app.state.edge, live=LiveStreams(limits))
    server = WebServer(app, settings)
    thread = threading.Thread(target=server.run)
    thread.start()
    running = LiveServer(world, server, thread, app.state.edge.live)
    try:
        while not server.started:
            time.sleep(0.01)
        yield running
    finally:
        running.stop()
