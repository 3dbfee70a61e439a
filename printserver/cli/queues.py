"""The print queues of this machine, as `init` wrote them down for the supervisor."""

from __future__ import annotations

import json
import os
import pwd
from dataclasses import asdict, dataclass
from pathlib import Path

from printserver.cli.system_users import CUPS, WORKER, separated
from printserver.printing.emulated_printer import EmulatedPrinter
from printserver.printing.private_cupsd import PrivateCups
from printserver.settings import Settings


@dataclass(frozen=True)
class KnownQueue:
    """`emulated_port`: an emulated printer of this machine, else None."""

    name: str
    uri: str
    certificate_pem: str
    emulated_port: int | None


def write_queues(settings: Settings, queues: list[KnownQueue]) -> None:
    _file(settings).write_text(json.dumps([asdict(queue) for queue in queues], indent=2), "utf-8")


def read_queues(settings: Settings) -> list[KnownQueue]:
    return [KnownQueue(**queue) for queue in json.loads(_file(settings).read_text("utf-8"))]


def private_cups(settings: Settings) -> PrivateCups:
    """The cupsd of this installation, under its own system user when started as root."""
    desk = f"unix:{settings.ticket_socket}"
    if not separated():
        return PrivateCups(settings.cups_home, printing_users=(own_name(),), desk=desk)
    return PrivateCups(settings.cups_home, printing_users=(WORKER,), user=CUPS, desk=desk)


def emulated_printer(settings: Settings, queue: str, port: int) -> EmulatedPrinter:
    return EmulatedPrinter(settings.home / "printers" / queue, port, user=CUPS if separated() else None)


def own_name() -> str:
    """The name of the system user that runs this."""
    return pwd.getpwuid(os.geteuid()).pw_name


def _file(settings: Settings) -> Path:
    return settings.home / "queues.json"
