"""Tell open pages what has changed, by server-sent events: never the change itself, which each page asks for again.

One watch for the whole process looks at the database while anybody listens. A listener takes no thread; what it has
not been sent yet is a set of topics, so a slow one gets one event instead of many.

Source: WHATWG HTML, "Server-sent events" (unverified against the text).
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Set
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import ClassVar, Final

import structlog
from anyio import CapacityLimiter, to_thread
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from printserver.foundation.errors import Forbidden, Unauthenticated, Unavailable
from printserver.foundation.unit_of_work import Database
from printserver.http_edge.live_topics import Topic, heard
from printserver.http_edge.live_watch import Watch
from printserver.organisations.access import Actor

MEDIA_TYPE: Final = "text/event-stream"
HEARTBEAT: Final = b":\n\n"
LISTENING: Final = b"retry: 2000\nevent: listening\ndata: from now on\n\n"
"""What happened before this may have been missed; so the page asks once, whenever it gets this."""

_log = structlog.get_logger("printserver.live")


class TooManyStreams(Unavailable):
    """The page asks again from time to time instead."""

    code: ClassVar[str] = "too-many-streams"


@dataclass(frozen=True)
class LiveLimits:
    """`streams_per_person`: a browser keeps one for each window that is seen."""

    streams: int = 500
    streams_per_person: int = 8
    longest_seconds: float = 600
    recheck_seconds: float = 60
    heartbeat_seconds: float = 15
    look_seconds: float = 0.5


@dataclass(frozen=True)
class Ear:
    """Who listens to what, with the rights of one transaction.   topics: readable for `actor`."""

    actor: Actor
    topics: frozenset[Topic]


@dataclass(eq=False)
class Listener:
    """One open stream.   recheck: the ear with the rights of now; raises Unauthenticated, Forbidden."""

    ear: Ear
    recheck: Callable[[], Ear]
    ended: bool = False
    _news: set[Topic] = field(default_factory=set)
    _stirred: asyncio.Event = field(default_factory=asyncio.Event)

    def hear(self, news: frozenset[Topic]) -> None:
        if news:
            self._news |= news
            self._stirred.set()

    def end(self) -> None:
        self.ended = True
        self._stirred.set()

    async def news(self, within_seconds: float) -> set[Topic]:
        """What has been heard since the last time; nothing when the time is over."""
        try:
            async with asyncio.timeout(within_seconds):
                await self._stirred.wait()
        except TimeoutError:
            return set()
        self._stirred.clear()
        news, self._news = self._news, set()
        return news


@dataclass
class LiveStreams:
    """The streams of one process. Everything happens in the server's event loop, save the looks at the database."""

    limits: LiveLimits = field(default_factory=LiveLimits)
    _listeners: set[Listener] = field(default_factory=set)
    _watching: asyncio.Task[None] | None = None
    _first_look: asyncio.Event = field(default_factory=asyncio.Event)
    _closed: bool = False

    @property
    def open_streams(self) -> int:
        return len(self._listeners)

    @property
    def watching(self) -> bool:
        return self._watching is not None and not self._watching.done()

    def close(self) -> None:
        """End every stream and take no more; browsers find the next server by themselves."""
        self._closed = True
        self._first_look.set()
        self._end_all()

    @contextmanager
    def admitted(self, listener: Listener, database: Database) -> Iterator[None]:
        """Raises: TooManyStreams."""
        own = Counter(each.ear.actor.id for each in self._listeners)[listener.ear.actor.id]
        if self._closed or len(self._listeners) >= self.limits.streams or own >= self.limits.streams_per_person:
            raise TooManyStreams("this page is not told of changes at once; it asks from time to time instead")
        self._listeners.add(listener)
        if not self.watching:
            self._first_look = asyncio.Event()
            self._watching = asyncio.create_task(self._watch(database))
        try:
            yield
        finally:
            self._listeners.discard(listener)

    async def events(self, listener: Listener) -> AsyncIterator[bytes]:
        """The body of one stream, until its time is over, its rights have ended or the server stops."""
        await self._first_look.wait()
        yield LISTENING
        begun = checked = time.monotonic()
        while True:
            news = await listener.news(self.limits.heartbeat_seconds)
            now = time.monotonic()
            if listener.ended or now - begun >= self.limits.longest_seconds:
                return
            if now - checked >= self.limits.recheck_seconds:
                checked = now
                if not await _still_admitted(listener):
                    return
            yield _event(news & listener.ear.topics)

    async def _watch(self, database: Database) -> None:
        """Look while anybody listens. What goes wrong for good ends all streams, so that pages do not wait in vain."""
        one_at_a_time, watch = CapacityLimiter(1), None
        try:
            while self._listeners:
                try:
                    if watch is None:
                        watch = await to_thread.run_sync(_begin, database, limiter=one_at_a_time)
                        self._first_look.set()
                    told = await to_thread.run_sync(_look, database, watch, self._listeners, limiter=one_at_a_time)
                    for listener, news in told:
                        listener.hear(news)
                except SQLAlchemyError as problem:
                    _log.warning("cannot look for changes", reason=type(problem).__name__)
                await asyncio.sleep(self.limits.look_seconds)
        except Exception as problem:  # noqa: BLE001 -- whatever it is, the log has it and no page waits in vain
            _log.error("the watch for changes has ended", exc_info=problem)
        finally:
            self._first_look.set()
            self._end_all()

    def _end_all(self) -> None:
        for listener in self._listeners:
            listener.end()


class LiveStream(StreamingResponse):
    """Raises, when it is sent: TooManyStreams."""

    def __init__(self, streams: LiveStreams, listener: Listener, database: Database) -> None:
        # A proxy that gathered the answer before it passed it on would hold every event back.
        super().__init__(streams.events(listener), media_type=MEDIA_TYPE, headers={"X-Accel-Buffering": "no"})
        self._streams, self._listener, self._database = streams, listener, database

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._streams.admitted(self._listener, self._database):
            await super().__call__(scope, receive, send)


def _begin(database: Database) -> Watch:
    with database.reading() as work:
        return Watch(work)


def _look(database: Database, watch: Watch, listeners: Set[Listener]) -> list[tuple[Listener, frozenset[Topic]]]:
    """listeners: taken only after the look, for whoever has come meanwhile may have asked for the page before it."""
    with database.reading() as work:
        changed = watch.changes(work)
        if not changed:
            return []
        return [(each, heard(work, each.ear.actor, each.ear.topics, changed)) for each in tuple(listeners)]


async def _still_admitted(listener: Listener) -> bool:
    """Also not when nobody can tell: the browser comes back and is admitted anew."""
    try:
        listener.ear = await to_thread.run_sync(listener.recheck)
    except (Unauthenticated, Forbidden, SQLAlchemyError):
        return False
    return True


def _event(news: set[Topic]) -> bytes:
    return f"event: changed\ndata: {' '.join(sorted(map(str, news)))}\n\n".encode() if news else HEARTBEAT
