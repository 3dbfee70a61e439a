"""Open pages are told what has changed: to whom, of what, how many at once, and for how long."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import delete

from printserver.http_edge.actors import cookie_name
from printserver.http_edge.live import LiveLimits
from printserver.organisations.models import RoleBinding
from printserver.organisations.permissions import Role
from printserver.organisations.sessions import end_session, open_session, person_of_session
from printserver.print_requests import copy_service
from printserver.print_requests.models import Copy
from printserver.printing.models import PrinterStatus
from printserver.printing.service import set_paused
from tests.free_ports import free_port
from tests.http.live_server import LiveServer, Stream, live_server
from tests.world import World
from tests.world_building import Office


@pytest.fixture
def server(world: World) -> Iterator[LiveServer]:
    with live_server(world) as running:
        yield running


def _issued_copy(world: World, office: Office | None = None) -> Copy:
    return world.copies(world.issued(office=office))[0]


def _void(world: World, copy_id: UUID, office: Office | None = None) -> None:
    with world.database.work() as work:
        actor = world.actor(work, Role.PRINTER_ADMINISTRATOR, office)
        copy_service.void_copy(work, actor, copy_id, reason="torn")


def _pause(world: World, office: Office, *, paused: bool = True) -> None:
    with world.database.work() as work:
        actor = world.actor(work, Role.PRINTER_ADMINISTRATOR, office)
        set_paused(work, actor, office.printer_id, paused=paused, reason="toner")


def test_a_change_is_announced_to_the_copy_its_request_and_its_printer_and_tells_nothing_else(server: LiveServer):
    copy = _issued_copy(server.world)
    topics = {f"copy:{copy.id}", f"request:{copy.request_id}", f"printer:{copy.printer_id}"}
    with server.listening(Role.CLERK, *topics) as stream:
        _void(server.world, copy.id)
        assert stream.heard() == topics


def test_the_answer_is_a_stream_that_nobody_keeps_or_gathers(server: LiveServer):
    with server.listening(Role.CLERK, f"copy:{uuid4()}") as stream:
        assert stream.answer.headers["content-type"].startswith("text/event-stream")
        assert stream.answer.headers["cache-control"] == "no-store"
        assert stream.answer.headers["x-accel-buffering"] == "no"
        assert "access-control-allow-origin" not in stream.answer.headers


def test_what_lies_elsewhere_stays_silent_whether_it_exists_or_not(server: LiveServer):
    world = server.world
    own, others = _issued_copy(world), [_issued_copy(world, at) for at in (world.home.south, world.foreign.north)]
    silent = [f"{kind}:{each}" for copy in others for kind, each in (("copy", copy.id), ("request", copy.request_id))]
    silent += [f"printer:{world.foreign.north.printer_id}", f"return:{uuid4()}"]
    with server.listening(Role.CLERK, f"copy:{own.id}", *silent) as stream:
        for copy, office in zip(others, (world.home.south, world.foreign.north), strict=True):
            _void(world, copy.id, office)
        _pause(world, world.foreign.north)
        _void(world, own.id)
        assert stream.heard() == {f"copy:{own.id}"}


def test_any_of_a_kind_means_any_that_one_may_read(server: LiveServer):
    world = server.world
    elsewhere, here = _issued_copy(world, world.home.south), _issued_copy(world)
    with (
        server.listening(Role.CLERK, "copy:*") as own,
        server.listening(Role.AUDITOR, "copy:*", office=world.foreign.head) as foreign,
        server.listening(Role.AUDITOR, "copy:*", office=world.home.head) as head,
    ):
        _void(world, elsewhere.id, world.home.south)
        assert head.heard() == {"copy:*"}
        _void(world, here.id)
        assert own.heard() == {"copy:*"}
        _void(world, _issued_copy(world, world.foreign.north).id, world.foreign.north)
        assert foreign.heard() == {"copy:*"}


def test_a_role_that_may_not_read_printers_hears_nothing_of_them(server: LiveServer):
    world, copy = server.world, _issued_copy(server.world)
    with server.listening(Role.APPROVER, "printer:*", f"printer:{copy.printer_id}", f"copy:{copy.id}") as stream:
        _pause(world, world.home.north)
        _void(world, copy.id)
        assert stream.heard() == {f"copy:{copy.id}"}


def test_a_printer_that_says_something_new_is_announced_and_one_that_says_the_same_is_not(server: LiveServer):
    world = server.world
    north, south = world.home.north.printer_id, world.home.south.printer_id
    with server.listening(Role.AUDITOR, f"printer:{north}", f"printer:{south}", office=world.home.head) as stream:
        _say(world, north, "idle")
        assert stream.heard() == {f"printer:{north}"}
        world.clock.advance(1)
        _say(world, north, "idle")
        _say(world, south, "idle")
        assert stream.heard() == {f"printer:{south}"}
        _say(world, north, "stopped", "media-empty-error")
        assert stream.heard() == {f"printer:{north}"}
        world.clock.advance(20)
        _say(world, north, "stopped", "media-empty-error")
        assert stream.heard() == {f"printer:{north}"}


def _say(world: World, printer_id: UUID, state: str, *reasons: str) -> None:
    with world.database.work() as work:
        said = PrinterStatus(printer_id=printer_id, reasons=list(reasons), supplies=[], asked_at=work.now())
        said.state = state
        work.session.merge(said)


def test_the_sides_that_a_printer_reports_are_announced(server: LiveServer):
    world = server.world
    copy = world.copies(world.released())[0]
    world.sent(copy.printer_id)
    with server.listening(Role.CLERK, f"request:{copy.request_id}") as stream:
        for sides in (1, 2):
            with world.database.work() as work:
                work.session.get_one(Copy, copy.id).impressions_reported = sides
            assert stream.heard() == {f"request:{copy.request_id}"}


def test_strangers_programs_and_other_sites_are_turned_away(server: LiveServer):
    world, asked = server.world, f"/live?topics=copy:{uuid4()}"
    stranger = server.ask(asked, {})
    assert (stranger.status_code, stranger.headers["location"].partition("?")[0]) == (303, "/sign-in")
    program = server.ask(asked, {"Authorization": f"Bearer {world.person(Role.CLERK).token}"})
    assert (program.status_code, program.headers["location"].partition("?")[0]) == (303, "/sign-in")
    browser = server.cookie(server.session(Role.CLERK))
    assert server.ask(asked, {**browser, "Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert server.streams.open_streams == 0


@pytest.mark.parametrize(
    "topics", ["seal:*", "copy", "copy:1", "copy:%00", ",".join(f"copy:{number:032x}" for number in range(201))]
)
def test_topics_that_there_are_not_and_more_than_allowed_are_refused(server: LiveServer, topics: str):
    answer = server.ask(f"/live?topics={topics}", server.cookie(server.session(Role.CLERK)))
    assert answer.status_code == 422
    assert server.streams.open_streams == 0


def test_a_page_without_topics_is_told_not_to_come_back(server: LiveServer):
    assert server.ask("/live", server.cookie(server.session(Role.CLERK))).status_code == 204


@pytest.mark.parametrize("limits", [LiveLimits(streams=3), LiveLimits(streams_per_person=3)])
def test_more_streams_than_allowed_are_refused_and_a_closed_one_makes_room(world: World, limits: LiveLimits):
    with live_server(world, limits) as server, ExitStack() as others:
        for _ in range(2):
            others.enter_context(server.listening(Role.CLERK, "copy:*"))
        with server.listening(Role.CLERK, "copy:*"):
            refused = server.ask("/live?topics=copy:*", server.cookie(server.session(Role.CLERK)))
            assert refused.status_code == 503
            assert int(refused.headers["retry-after"]) > 0
            other = server.cookie(server.session(Role.APPROVER))
            if limits.streams_per_person == 3:
                with httpx.stream("GET", f"{server.url}/live?topics=copy:*", headers=other) as answer:
                    assert answer.status_code == 200
        _wait_until(lambda: server.streams.open_streams == 2)
        others.enter_context(server.listening(Role.CLERK, "copy:*"))


def _wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_hundred_listeners_take_no_threads_from_the_pages(world: World):
    with live_server(world, LiveLimits(streams_per_person=100)) as server, ExitStack() as open_streams:
        clerk = server.session(Role.CLERK)
        streams = [
            open_streams.enter_context(server.listening(Role.CLERK, "copy:*", session=clerk)) for _ in range(100)
        ]
        assert server.ask("/", server.cookie(clerk)).status_code == 200
        _void(world, _issued_copy(world).id)
        assert all(stream.heard() == {"copy:*"} for stream in streams)


def test_a_stream_ends_with_its_session(world: World):
    with live_server(world, LiveLimits(recheck_seconds=0.1, heartbeat_seconds=0.1)) as server:
        session = server.session(Role.CLERK)
        with server.listening(Role.CLERK, "copy:*", session=session) as stream:
            with world.database.work() as work:
                end_session(work, person_of_session(work, world.secrets, session.secret))
            assert set(stream.rest()) <= {":"}


def test_rights_that_are_lost_meanwhile_silence_their_topics(world: World):
    copy, printer_id = _issued_copy(world), world.home.north.printer_id
    with live_server(world, LiveLimits(recheck_seconds=0.1, heartbeat_seconds=0.1, look_seconds=0.05)) as server:
        clerk = world.person(Role.CLERK)
        with server.listening(Role.CLERK, f"copy:{copy.id}", f"printer:{printer_id}") as stream:
            with world.database.work() as work:
                work.session.execute(delete(RoleBinding).where(RoleBinding.user_id == clerk.id))
            for _ in range(6):
                next(stream.lines)
            _void(world, copy.id)
            assert {next(stream.lines) for _ in range(10)} <= {":", ""}


def test_a_stream_says_that_it_lives_and_ends_after_its_time(world: World):
    with (
        live_server(world, LiveLimits(longest_seconds=0.5, heartbeat_seconds=0.1)) as server,
        server.listening(Role.CLERK, "copy:*") as stream,
    ):
        said = stream.rest()
        assert 3 <= len(said) <= 5
        assert set(said) == {":"}


def test_the_server_stops_at_once_although_pages_listen(world: World):
    with live_server(world) as server, ExitStack() as open_streams:
        streams = [open_streams.enter_context(server.listening(Role.CLERK, "copy:*")) for _ in range(5)]
        assert server.stop() < 3
        assert all(set(stream.rest()) <= {":"} for stream in streams)


def test_nobody_looks_at_the_database_while_nobody_listens(server: LiveServer):
    with server.listening(Role.CLERK, "copy:*"):
        assert server.streams.watching
    _wait_until(lambda: not server.streams.watching)
    copy = _issued_copy(server.world)
    with server.listening(Role.CLERK, f"copy:{copy.id}") as stream:
        _void(server.world, copy.id)
        assert stream.heard() == {f"copy:{copy.id}"}


def test_the_process_ends_soon_after_sigterm_although_pages_listen(world: World, monkeypatch: pytest.MonkeyPatch):
    settings = world.adapters.settings
    with world.database.work() as work:
        session = open_session(work, world.secrets, world.actor(work, Role.CLERK), hours=24 * 36_500)
    for name, value in (
        ("HOME", settings.home),
        ("PUBLIC_URL", settings.public_url),
        ("PORT", free_port()),
        ("SESSION_IDLE_MINUTES", 10**7),
    ):
        monkeypatch.setenv(f"PRINTSERVER_{name}", str(value))
    process = subprocess.Popen([sys.executable, "-m", "printserver.cli.main", "web"])
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{os.environ['PRINTSERVER_PORT']}", timeout=30) as browser:
            _wait_until(lambda: _answers(browser))
            browser.headers["Cookie"] = f"{cookie_name(settings)}={session.secret}"
            with browser.stream("GET", "/live?topics=copy:*") as answer:
                Stream(answer).next("listening")
                begun = time.monotonic()
                process.terminate()
                assert process.wait(30) == -signal.SIGTERM
                assert time.monotonic() - begun < 15
    finally:
        process.kill()
        process.wait()


def _answers(browser: httpx.Client) -> bool:
    try:
        return browser.get("/verify").status_code == 200
    except httpx.TransportError:
        return False
