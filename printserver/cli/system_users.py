"""Which system user each process runs as, and what belongs to whom, when the server is started as root."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from printserver.foundation.errors import Unavailable
from printserver.settings import REPOSITORY, Settings

GROUP: Final = "printserver"
WEB: Final = "printserver-web"
WORKER: Final = "printserver-worker"
SIGNER: Final = "printserver-signer"
CUPS: Final = "printserver-cups"
STAGED: Final = ("printserver", "templates", "drivers", "deploy", "keys")


class SystemUsersMissing(Unavailable):
    code = "system-users-missing"


@dataclass(frozen=True)
class SystemUser:
    """None of the ids: the process runs as whoever started it."""

    name: str | None
    uid: int | None
    gid: int | None


def separated() -> bool:
    """Whether the processes can be given users of their own."""
    return os.geteuid() == 0


def system_user(name: str) -> SystemUser:
    """Raises: SystemUsersMissing when started as root on a machine that was not set up."""
    if not separated():
        return SystemUser(None, None, None)
    try:
        return SystemUser(name, pwd.getpwnam(name).pw_uid, grp.getgrnam(GROUP).gr_gid)
    except KeyError:
        raise SystemUsersMissing(f"there is no system user {name} or no group {GROUP}; run `make setup`") from None


def make_home(settings: Settings) -> None:
    """The folders of a new installation, each for those who need it and nobody else."""
    settings.home.mkdir(parents=True, exist_ok=True)
    settings.home.chmod(0o755)
    for folder, mode, owner in (
        (settings.data, 0o2770, WEB),
        (settings.objects, 0o2770, WEB),
        (settings.object_keys, 0o2770, WEB),
        (settings.web_home, 0o700, WEB),
        (settings.signer_home, 0o700, SIGNER),
        (settings.signer_socket.parent, 0o2750, SIGNER),
        (settings.witness.parent, 0o2750, SIGNER),
        (settings.worker_home, 0o700, WORKER),
        (settings.ticket_socket.parent, 0o755, WORKER),
        (settings.key_list.parent, 0o755, None),
        (settings.home / "printers", 0o755, None),
    ):
        folder.mkdir(exist_ok=True)
        if owner is not None:
            _give(folder, system_user(owner))
        folder.chmod(mode)


def hand_over(settings: Settings) -> None:
    """After the ceremony: give what it made to the processes that use it."""
    for folder, owner in ((settings.web_home, WEB), (settings.signer_home, SIGNER), (settings.data, WEB)):
        user = system_user(owner)
        for path in (folder, *folder.rglob("*")):
            _give(path, user)
    for path in (settings.data, *settings.data.rglob("*")):
        path.chmod(0o2770 if path.is_dir() else 0o660)
    settings.signer_home.chmod(0o700)
    for public in (*settings.key_list.parent.iterdir(), *settings.home.glob("*.json"), *settings.home.glob("*.toml")):
        public.chmod(0o755 if public.is_dir() else 0o644)


def stage_code(settings: Settings) -> Path:
    """Where the processes import the product from: the checkout, or a copy that system users can read."""
    if not separated():
        return REPOSITORY
    target = settings.home / "app"
    if target.exists():
        shutil.rmtree(target)
    target.mkdir()
    for name in STAGED:
        shutil.copytree(REPOSITORY / name, target / name)  # with its compiled files, which spare each start some time
    for path in (target, *target.rglob("*")):
        path.chmod(0o755 if path.is_dir() or (os.access(path, os.X_OK) and path.stat().st_mode & 0o100) else 0o644)
    return target


def give_all(folder: Path, user: SystemUser) -> None:
    """A folder and all in it, after an administrator has written there; links are not followed."""
    for path in (folder, *folder.rglob("*")):
        _give(path, user)


def _give(path: Path, user: SystemUser) -> None:
    if user.uid is not None and user.gid is not None:
        os.chown(path, user.uid, user.gid, follow_symlinks=False)
