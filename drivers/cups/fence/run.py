"""What this backend does when CUPS starts it."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from .delivery import deliver_left_behind
from .job import NoJob, read_job
from .job_file import NotOpened, open_job_file
from .printing import Printing
from .redemption import way_to_desk
from .words import CANCEL, OK, STOP, UNPINNED, say

SCHEME = "printserver-fence"
_SECONDS_FOR_LEFT_BEHIND = 5.0


def main() -> int:
    if len(sys.argv) == 1:
        print(f'network {SCHEME} "Unknown" "Controlled printer, each copy once"')
        return OK
    os.umask(0o022)
    try:
        return _print_job(sys.argv[1:])
    except NoJob as problem:
        say("ERROR", str(problem))
        return CANCEL
    except NotOpened:
        say("ERROR", "The job is no copy that was made for this machine.")
        return CANCEL


def _print_job(arguments: list[str]) -> int:
    """Raises NoJob, NotOpened."""
    try:
        job = read_job(arguments, os.environ)
        key = os.environ["PRINTSERVER_BACKEND_KEY"]
    except KeyError as missing:
        say("ERROR", f"cups-files.conf does not set {missing.args[0]}.")
        return STOP
    if not job.pin.is_file():
        say("STATE", f"+{UNPINNED}")
        say("ERROR", "No certificate is pinned for this printer.")
        return STOP
    say("STATE", f"-{UNPINNED}")
    try:
        job_file = open_job_file(job.file, Path(key))
        way = way_to_desk(os.environ)
        if job_file.header.job_uuid != job.job_uuid:
            raise NoJob("The job file was made for another job.")
        printing = Printing(job, job_file, way)
    except (KeyError, OSError, ValueError) as problem:
        say("ERROR", f"This machine's key, certificates or desk are not set up: {type(problem).__name__}.")
        return STOP
    left_behind = threading.Thread(target=deliver_left_behind, args=(job.fence, way), daemon=True)
    left_behind.start()
    try:
        return printing.run()
    finally:
        left_behind.join(_SECONDS_FOR_LEFT_BEHIND)
