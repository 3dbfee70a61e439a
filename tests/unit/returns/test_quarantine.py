"""Refused scans are kept as they came, once, and settled by a named person with a reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from printserver.audit.models import AuditEntry
from printserver.foundation.clock import Clock
from printserver.foundation.errors import Forbidden
from printserver.foundation.ids import new_id
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Role
from printserver.print_requests.service import ReasonMissing
from printserver.returns import service
from printserver.returns.intake import ScanFile, ScanIncomplete, ScanKind
from printserver.returns.intake_channels import Channel, Fate, IntakeTools, Taken, take_in
from printserver.returns.intake_many import FileFate, NoScans, TooManyScans, hand_in_many
from printserver.returns.intake_status import SAID_ANEW_SECONDS, ChannelNotes, channels
from printserver.returns.models import Return
from printserver.returns.quarantine import (
    QuarantinedScanNotFound,
    QuarantinedScanSettled,
    discard,
    quarantined,
    quarantined_file,
    quarantined_scan,
    try_again,
)
from printserver.returns.quarantine_models import IntakeChannel
from tests.databases import clock_of
from tests.paper_books import Books
from tests.unit.returns.channel_books import ChannelBooks, channel_books, scan

CUT = scan(1)[:-10]


@pytest.fixture
def channel(any_books: Books) -> ChannelBooks:
    return channel_books(any_books)


def kept(channel: ChannelBooks, data: bytes = CUT) -> UUID:
    taken = take_in(channel.tools, Channel.SFTP, channel.login, filename="cut\n.png", data=data)
    assert taken.fate is Fate.QUARANTINED
    return taken.id


def archivist(channel: ChannelBooks, **where: Any) -> Actor:
    return channel.books.actor(Role.ARCHIVIST, **where)


def test_what_is_refused_is_kept_once_and_shown_with_its_reason(channel: ChannelBooks) -> None:
    first = kept(channel)
    assert kept(channel) == first
    with channel.books.database.reading() as work:
        (view,) = quarantined(work, archivist(channel))
    assert (view.id, view.filename, view.channel, view.problem) == (first, "cut.png", "sftp", "scan-incomplete")
    tools = channel.tools
    assert quarantined_file(tools.database, tools.objects, archivist(channel), first) == CUT
    assert channel.books.entries() == ["ScanQuarantined", "QuarantinedScanRead"]
    with channel.books.database.reading() as work:
        assert not [body for body in work.session.scalars(select(AuditEntry.body)) if "cut.png" in body]


def test_a_scan_that_may_grow_is_not_kept_yet(channel: ChannelBooks) -> None:
    with pytest.raises(ScanIncomplete):
        take_in(channel.tools, Channel.FOLDER, channel.login, filename="x", data=CUT, may_grow=True)
    assert channel.kept() == []
    assert channel.books.entries() == []


def test_what_is_refused_again_waits_on_and_what_passes_becomes_a_return_of_its_branch(
    channel: ChannelBooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan_id, tools, person = kept(channel), channel.tools, archivist(channel)
    with pytest.raises(ScanIncomplete):
        try_again(tools.database, tools.objects, person, scan_id)
    assert channel.books.entries() == ["ScanQuarantined"]
    monkeypatch.setattr(service, "examine", lambda data, name: ScanFile(ScanKind.PNG, 1))
    return_id = try_again(tools.database, tools.objects, person, scan_id)
    with tools.database.reading() as work:
        assert work.session.get_one(Return, return_id).branch_id == channel.books.branch
        view = quarantined_scan(work, person, scan_id)
        assert (view.outcome, view.return_id, view.settled_by) == ("taken-in", return_id, "王小明")
        assert quarantined(work, person) == ()
        assert [each.id for each in quarantined(work, person, settled=True)] == [scan_id]
    with pytest.raises(QuarantinedScanSettled):
        try_again(tools.database, tools.objects, person, scan_id)


def test_a_crash_between_handing_in_and_noting_it_is_made_good_by_trying_again(
    channel: ChannelBooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan_id, tools, person = kept(channel), channel.tools, archivist(channel)
    monkeypatch.setattr(service, "examine", lambda data, name: ScanFile(ScanKind.PNG, 1))
    earlier = service.hand_in(tools.database, tools.objects, person, filename="cut.png", data=CUT)
    assert try_again(tools.database, tools.objects, person, scan_id) == earlier


def test_discarding_takes_a_reason_and_leaves_the_bytes(channel: ChannelBooks) -> None:
    scan_id, person = kept(channel), archivist(channel)
    with pytest.raises(ReasonMissing), channel.books.database.work() as work:
        discard(work, person, scan_id, reason="  ")
    with channel.books.database.work() as work:
        discard(work, person, scan_id, reason="an advertisement")
    with pytest.raises(QuarantinedScanSettled), channel.books.database.work() as work:
        discard(work, person, scan_id, reason="again")
    assert channel.books.entries() == ["ScanQuarantined", "QuarantinedScanDiscarded"]
    assert [each[2] for each in channel.kept()] == [CUT]
    assert kept(channel) != scan_id


def test_only_who_settles_returns_at_the_branch_settles_them(channel: ChannelBooks) -> None:
    scan_id, tools = kept(channel), channel.tools
    elsewhere = archivist(channel, branch=channel.books.other)
    clerk = channel.books.actor(Role.CLERK)
    for person, refusal in ((elsewhere, QuarantinedScanNotFound), (clerk, Forbidden)):
        with pytest.raises(refusal):
            try_again(tools.database, tools.objects, person, scan_id)
        with pytest.raises(refusal), tools.database.work() as work:
            discard(work, person, scan_id, reason="because")
    with tools.database.reading() as work:
        assert quarantined(work, elsewhere) == ()
    assert channel.books.entries() == ["ScanQuarantined"]


def test_many_files_are_handed_in_each_for_itself(channel: ChannelBooks) -> None:
    tools, person = channel.tools, channel.books.actor(Role.CLERK)
    files = [("1.png", scan(1)), ("bad.gif", b"GIF89a"), ("again.png", scan(1)), ("2.png", scan(2))]
    done = hand_in_many(tools.database, tools.objects, person, files)
    assert [each.fate for each in done] == [FileFate.HANDED_IN, FileFate.REFUSED, FileFate.KNOWN, FileFate.HANDED_IN]
    assert done[0].return_id == done[2].return_id
    assert done[1].problem is not None
    assert done[1].problem.code == "scan-type-unknown"
    assert channel.returned() == [scan(1), scan(2)]
    with pytest.raises(NoScans):
        hand_in_many(tools.database, tools.objects, person, [])
    with pytest.raises(TooManyScans):
        hand_in_many(tools.database, tools.objects, person, (("bad", b"?") for _ in range(101)))
    with pytest.raises(Forbidden):
        hand_in_many(tools.database, tools.objects, channel.books.actor(Role.AUDITOR), files)


def test_how_a_channel_does_is_one_row_that_is_written_at_changes_and_once_a_minute(channel: ChannelBooks) -> None:
    seconds = [0.0]
    notes = ChannelNotes(channel.tools, Channel.MAIL, "north@scans.example", channel.login, lambda: seconds[0])
    clock = channel.books.database.clock
    notes.note()
    first = clock.now()
    for passed, trouble in ((1.0, ""), (2.0, "the share is away"), (3.0, ""), (3.0 + SAID_ANEW_SECONDS, "")):
        seconds[0] = passed
        clock.advance(10)  # type: ignore[attr-defined]  # the tests' own clock
        notes.note(trouble)
        with channel.books.database.reading() as work:
            (view,) = channels(work, archivist(channel))
            assert channels(work, archivist(channel, branch=channel.books.other)) == ()
        assert view.trouble == trouble
        assert (view.looked_at == first) is (passed == 1.0)
    with channel.books.database.reading() as work:
        assert work.session.scalar(select(func.count()).select_from(IntakeChannel)) == 1


def test_notes_of_an_unusable_account_write_nothing(channel: ChannelBooks) -> None:
    channel.freeze()
    ChannelNotes(channel.tools, Channel.MAIL, "north@scans.example", channel.login).note("account is frozen")
    with channel.books.database.reading() as work:
        assert channels(work, archivist(channel)) == ()


def test_what_comes_in_while_a_channel_is_noted_is_counted_with_the_next_note(channel: ChannelBooks) -> None:
    """Mails are stored in other threads than the one that writes the notes."""
    notes = ChannelNotes(channel.tools, Channel.MAIL, "north@scans.example", channel.login)
    came, ready = Taken(Fate.TAKEN_IN, new_id()), list[bool]()

    class Arriving(Clock):
        def now(self) -> datetime:
            if ready:
                ready.clear()
                notes.taken(came)
            return clock_of(channel.tools.database).now()

    class Tools(IntakeTools):
        def account(self, login: str, channel: Channel) -> Actor:
            actor = super().account(login, channel)
            ready.append(True)
            return actor

    notes.tools = Tools(replace(channel.tools.database, clock=Arriving()), channel.tools.objects)
    notes.taken(came)
    for counted in (1, 2):
        notes.note()
        with channel.books.database.reading() as work:
            (view,) = channels(work, archivist(channel))
        assert view.taken_in == counted
