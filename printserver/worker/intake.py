"""The channels by which scans come in: a thread for each watched folder, one for mail, one for SFTP."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import partial
from typing import Final

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError

from printserver.bootstrap import Adapters
from printserver.foundation.errors import Unavailable
from printserver.returns.intake_channels import IntakeTools
from printserver.returns.intake_status import ChannelNotes
from printserver.returns.watched_folder import FolderIntake
from printserver.settings import Settings
from printserver.worker.rounds import go_round

NOTED_SECONDS: Final = 20.0
OPENED_AGAIN_SECONDS: Final = 30.0


def intake_rounds(adapters: Adapters, stop: threading.Event) -> list[threading.Thread]:
    """As many threads as the settings name channels; they end after `stop` is set."""
    settings = adapters.settings
    tools = IntakeTools(adapters.database, adapters.objects)
    threads = []
    for wanted in settings.watched_folders:
        folder = FolderIntake(tools, wanted)
        threads.append(go_round(f"scans in {wanted.folder}", folder.look, stop, every_seconds=wanted.every_seconds))
    return [*threads, *_mail(settings, tools, stop), *_sftp(settings, tools, stop)]


def _mail(settings: Settings, tools: IntakeTools, stop: threading.Event) -> list[threading.Thread]:
    if settings.scan_mail is None:
        return []
    from printserver.returns.mail_sink import MailIntake, serving_mail  # only where mail comes in

    intake = MailIntake(tools, settings.scan_mail)
    return [serve("scans by mail", lambda: serving_mail(intake), intake.note, intake.notes, stop)]


def _sftp(settings: Settings, tools: IntakeTools, stop: threading.Event) -> list[threading.Thread]:
    if settings.scan_sftp is None:
        return []
    from printserver.returns.sftp_drop import SftpIntake, host_key, serving_sftp  # a heavy library

    intake, file = SftpIntake(tools, settings.scan_sftp), settings.sftp_host_key
    return [serve("scans by SFTP", lambda: serving_sftp(intake, host_key(file)), intake.note, intake.notes, stop)]


def serve(
    name: str,
    opened: Callable[[], AbstractContextManager[int]],
    note: Callable[[], int],
    notes: Mapping[str, ChannelNotes],
    stop: threading.Event,
    *,
    again_seconds: float = OPENED_AGAIN_SECONDS,
) -> threading.Thread:
    """A thread that keeps a server open until `stop` is set; one that cannot be opened says so and is tried again."""

    def run() -> None:
        while not stop.is_set():
            try:
                with opened() as port:
                    structlog.get_logger().info("channel is open", channel=name, port=port)
                    _note_until(note, stop)
            except Unavailable as problem:
                _quietly(name, partial(_tell, notes, str(problem)))
                stop.wait(again_seconds)

    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    return thread


def _note_until(note: Callable[[], int], stop: threading.Event) -> None:
    while True:
        _quietly("channel notes", note)
        if stop.wait(NOTED_SECONDS):
            return


def _tell(notes: Mapping[str, ChannelNotes], trouble: str) -> int:
    for each in notes.values():
        each.note(trouble)
    return len(notes)


def _quietly(name: str, said: Callable[[], int]) -> None:
    """A database that is away is waited for."""
    try:
        said()
    except (InterfaceError, OperationalError) as problem:
        structlog.get_logger().warning("a note was left out", round=name, reason=type(problem).__name__)
