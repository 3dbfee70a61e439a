"""Opens the desk where backends redeem their tickets: on this machine's socket, and by TLS for other machines."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from printserver.bootstrap import Adapters
from printserver.print_requests.tickets import Desk
from printserver.printing.redemption import HttpsListener, UnixListener
from printserver.settings import LOCAL_SPOOLER, Settings


@contextmanager
def open_desk(adapters: Adapters) -> Iterator[None]:
    """While the block runs. Of several workers on a machine one serves at a time, and another takes over."""
    desk = Desk(adapters.database, adapters.objects, adapters.shares)
    with ExitStack() as listeners:
        for listener in _listeners(adapters.settings, desk):
            listener.start()
            listeners.callback(listener.close)
        yield


def _listeners(settings: Settings, desk: Desk) -> Iterator[UnixListener | HttpsListener]:
    names = settings.ticket_clients
    uids = [pwd.getpwnam(name).pw_uid for name in names] if names else [os.geteuid()]
    yield UnixListener(settings.ticket_socket, desk, dict.fromkeys(uids, LOCAL_SPOOLER))
    if settings.ticket_port is None or settings.ticket_certificate is None or settings.ticket_key is None:
        return
    clients = {spooler.client_certificate.read_text("ascii"): name for name, spooler in settings.spoolers.items()}
    yield HttpsListener(
        settings.ticket_host, settings.ticket_port, settings.ticket_certificate, settings.ticket_key, desk, clients
    )
