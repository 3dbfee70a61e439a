"""What a process may reach: the web cannot come near the HSM, and the PIN is nowhere but in its file."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import grimp

from printserver.cli.system_users import GROUP, SIGNER, WEB, WORKER, stage_code
from printserver.settings import REPOSITORY
from tests.running_server import RunningServer

ROOT = os.geteuid() == 0
MODULE = "libsofthsm2.so"

OPEN = """
import os, sys
for path in sys.argv[1:]:
    try:
        os.listdir(path) if os.path.isdir(path) else open(path, "rb").read(1)
    except PermissionError:
        print("denied")
    else:
        print("open")
"""
ISSUE = """
import sys, uuid, pathlib
from printserver.foundation.errors import PrintServerError
from printserver.signing.client import SignerClient
try:
    print(SignerClient(pathlib.Path(sys.argv[1])).issue(uuid.UUID(sys.argv[2])))
except PrintServerError as problem:
    print(getattr(problem, "signer_code", problem.code))
"""


SEAL = """
import sys, uuid, pathlib
from printserver.foundation.errors import PrintServerError
from printserver.signing.client import SignerClient
from printserver.storage.sealed import Belonging, seal, unseal
keys = SignerClient(pathlib.Path(sys.argv[1]))
belongs = Belonging(uuid.UUID(sys.argv[2]), "test", uuid.uuid4())
try:
    print(unseal(seal(b"opened", belongs, keys), belongs, keys).decode())
except PrintServerError as problem:
    print(getattr(problem, "signer_code", problem.code))
"""


STORE = """
import os, pathlib, sys, uuid
from printserver.bootstrap import build
from printserver.foundation.job_queue import NoJobs
from printserver.settings import Settings
os.umask(0o007)
home, owner, *digest = sys.argv[1:]
objects, owner = build(Settings(home=pathlib.Path(home)), jobs=NoJobs()).objects, uuid.UUID(owner)
if digest:
    print(objects.get(*digest, owner).decode())
    objects.erase(*digest, owner)
else:
    print(objects.put(b"stored", owner))
"""


def said_as(user: str, program: str, *arguments: object, folder: Path = REPOSITORY, group: str = GROUP) -> list[str]:
    """What the program prints, run as a system user of the server when started as root, else as oneself."""
    identity = ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups", "--"] if ROOT else []
    command = [*identity, sys.executable, "-B", "-c", program, *map(str, arguments)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, env={"PATH": "/usr/bin"})
    return done.stdout.split()


def secrets_of_the_signer(server: RunningServer) -> list[Path]:
    settings = server.settings
    tokens = [path for path in settings.token_folder.rglob("*") if path.is_file()]
    assert tokens
    return [settings.signer_home, settings.token_folder, settings.pin_file, settings.spent_journal, *tokens]


def parts(server: RunningServer) -> dict[str, int]:
    found = {part: server.process(part) for part in ("signer", "worker", "web")}
    return {part: pid for part, pid in found.items() if pid is not None}


def test_only_the_signer_reads_token_pin_and_journal(server: RunningServer):
    kept = secrets_of_the_signer(server)
    if ROOT:
        assert said_as(SIGNER, OPEN, *kept) == ["open"] * len(kept)
        for stranger in (WEB, WORKER):
            assert said_as(stranger, OPEN, *kept) == ["denied"] * len(kept)
    assert server.settings.signer_home.stat().st_mode & 0o777 == 0o700
    assert server.settings.pin_file.stat().st_mode & 0o777 == 0o600


def test_only_the_web_reads_the_attestation_key(server: RunningServer):
    key = server.settings.attestation_key
    if ROOT:
        assert said_as(WEB, OPEN, key) == ["open"]
        for stranger in (SIGNER, WORKER):
            assert said_as(stranger, OPEN, key) == ["denied"]
    assert key.stat().st_mode & 0o077 == 0
    assert server.settings.web_home.stat().st_mode & 0o777 == 0o700


def test_every_process_runs_as_its_own_user(server: RunningServer):
    expected = {"signer": SIGNER, "worker": WORKER, "web": WEB} if ROOT else {}
    for part, pid in parts(server).items():
        user = pwd.getpwuid(Path(f"/proc/{pid}").stat().st_uid).pw_name
        assert user == expected.get(part, pwd.getpwuid(os.geteuid()).pw_name)
    assert len(parts(server)) == 3


def test_the_signer_issues_for_the_worker_alone(server: RunningServer):
    journal = server.settings.spent_journal.read_bytes()
    socket = server.settings.signer_socket
    code = stage_of(server)
    assert said_as(WORKER, ISSUE, socket, uuid4(), folder=code) == ["not-found"]
    if ROOT:
        assert said_as(WEB, ISSUE, socket, uuid4(), folder=code) == ["forbidden"]
        assert said_as("nobody", ISSUE, socket, uuid4(), folder=code, group="nogroup") == ["signer-unavailable"]
    assert socket.stat().st_mode & 0o777 == 0o660
    assert socket.parent.stat().st_mode & 0o007 == 0
    assert server.settings.spent_journal.read_bytes() == journal


def test_web_and_worker_open_sealed_objects_and_nobody_else(server: RunningServer):
    socket, code = server.settings.signer_socket, stage_of(server)
    for user in (WEB, WORKER):
        assert said_as(user, SEAL, socket, uuid4(), folder=code) == ["opened"]
    if ROOT:
        assert said_as(SIGNER, SEAL, socket, uuid4(), folder=code) == ["forbidden"]
        assert said_as("nobody", SEAL, socket, uuid4(), folder=code, group="nogroup") == ["signer-unavailable"]


def test_what_web_stores_the_worker_reads_and_erases_and_the_other_way_round(server: RunningServer):
    home, code = server.settings.home, stage_of(server)
    for one, other in ((WEB, WORKER), (WORKER, WEB)):
        owner = uuid4()
        (digest,) = said_as(one, STORE, home, owner, folder=code)
        assert said_as(other, STORE, home, owner, digest, folder=code) == ["stored"]
        (left,) = (path for path in server.settings.object_keys.rglob(f"{owner}/*/*") if path.is_file())
        assert left.name == f"{digest}.erased"
        assert not [path for path in (server.settings.objects / str(owner)).rglob("*") if path.is_file()]


def stage_of(server: RunningServer) -> Path:
    """Where the server's users can read the code."""
    return server.settings.home / "app" if ROOT else stage_code(server.settings)


def test_no_other_process_has_the_hsms_module_loaded(server: RunningServer):
    loaded = {part: MODULE in Path(f"/proc/{pid}/maps").read_text() for part, pid in parts(server).items()}
    assert loaded == {"signer": True, "worker": False, "web": False}


def test_only_the_signer_imports_what_opens_the_hsm():
    graph = grimp.build_graph("printserver", cache_dir=None)
    importers = graph.find_modules_that_directly_import("printserver.signing.hsm")
    assert importers
    assert all(importer.startswith("printserver.signer.") for importer in importers)
    chain = graph.find_shortest_chain(importer="printserver.app", imported="printserver.signing.hsm")
    assert chain is None


def test_the_pin_is_in_its_file_and_nowhere_else(server: RunningServer):
    pin = server.settings.pin_file.read_text().strip().encode()
    assert len(pin) >= 16
    so_pin = (server.settings.offline_root / "so-pin").read_text().strip().encode()
    seen = 0
    for path in (*open_to_others(server), *files_below(server.settings.home)):
        try:
            content = path.read_bytes()
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        seen += 1
        if path != server.settings.pin_file:
            assert pin not in content, path
        if path.name != "so-pin":
            assert so_pin not in content, path
    assert seen > 50


def open_to_others(server: RunningServer) -> Iterator[Path]:
    """Environment and arguments of every process of the server, as the kernel shows them."""
    supervisor = (server.settings.home / "supervisor.pid").read_text().strip()
    for pid in (supervisor, *map(str, parts(server).values())):
        assert Path(f"/proc/{pid}/cmdline").read_bytes()
        yield from (Path(f"/proc/{pid}/environ"), Path(f"/proc/{pid}/cmdline"))


def files_below(home: Path) -> Iterator[Path]:
    """Database, log, objects, settings, spool: everything that was ever written."""
    return (path for path in home.rglob("*") if path.is_file() and "app" not in path.relative_to(home).parts[:1])
