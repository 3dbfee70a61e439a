"""Ends the signer when a key list, a certificate, a PIN or a stopped key has changed: its next start reads them."""

from __future__ import annotations

import threading
from hashlib import sha256
from pathlib import Path
from typing import Final

import structlog

from printserver.settings import Settings

EVERY_SECONDS: Final = 2.0


def watched_files(settings: Settings) -> tuple[Path, ...]:
    chains = sorted(settings.imported_certificates.glob("*.pem"))
    return (settings.key_list, settings.root_revocation_list, settings.stopped_keys, settings.pin_file, *chains)


def state_of(settings: Settings) -> str:
    """A digest of what the signer has read at its start; the PIN's own time stands for the PIN."""
    digest = sha256()
    for file in watched_files(settings):
        try:
            held = file.stat()
        except FileNotFoundError:
            continue
        digest.update(f"{file} {held.st_mtime_ns} {held.st_size} {held.st_ino}\n".encode())
    return digest.hexdigest()


def watch_trust(settings: Settings, stop: threading.Event, *, every_seconds: float = EVERY_SECONDS) -> threading.Thread:
    """A thread that sets `stop` after a change."""
    begun = state_of(settings)

    def watch() -> None:
        while not stop.wait(every_seconds):
            if state_of(settings) != begun:
                structlog.get_logger().warning("keys or certificates have changed; the signer starts anew")
                stop.set()

    thread = threading.Thread(target=watch, name="trust", daemon=True)
    thread.start()
    return thread
