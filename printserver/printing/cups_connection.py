"""The one door to pycups: a connection for one errand, and the errors of libcups in the words of `ports`.

pycups aborts the process when two threads use one connection, and libcups keeps its settings per thread: so each errand
has a connection of its own and makes its settings anew. Nothing here has a time-out that can be set: libcups gives up
on a silent cupsd after 61 s, and while it sends a document it waits for as long as cupsd lives but does not read.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import cups

from printserver.printing.ports import JobNotFound, QueueNotFound, SpoolerRefused, SpoolerUnavailable

_FIRST_ERROR: Final = 0x0100  # below are successes, RFC 8011 appendix B
# What libcups says by itself of a cupsd that is gone, broke off or kept silent; also an "error" that is none.
_NO_ANSWER: Final = frozenset({*range(_FIRST_ERROR), cups.IPP_INTERNAL_ERROR, cups.IPP_SERVICE_UNAVAILABLE})


class NotPossible(SpoolerRefused):
    """What the job's state does not allow."""


@contextmanager
def connected(socket_path: Path, *, missing: JobNotFound | QueueNotFound) -> Iterator[cups.Connection]:
    """A connection as the system user that this process runs as, for the calling thread and this block only.

    missing: raised when cupsd does not know what the errand is about.
    Raises, also out of the block: `missing`, NotPossible, SpoolerRefused, SpoolerUnavailable.
    """
    cups.setUser(own_name())
    cups.setPasswordCB(_no_password)
    try:
        connection = cups.Connection(host=str(socket_path.absolute()), port=0)
    except RuntimeError as error:
        raise SpoolerUnavailable(f"CUPS does not answer: {error}") from error
    try:
        yield connection
    except cups.IPPError as error:
        raise failure(error.args[0], missing) from error


def own_name() -> str:
    """cupsd checks it against the socket's peer credentials; a CUPS_USER in the environment says something else."""
    return pwd.getpwuid(os.geteuid()).pw_name


def failure(
    status: int, missing: JobNotFound | QueueNotFound
) -> JobNotFound | QueueNotFound | SpoolerRefused | SpoolerUnavailable:
    """The error to raise for the IPP status code of an unsuccessful request."""
    if status == cups.IPP_NOT_FOUND:
        return missing
    if status == cups.IPP_NOT_POSSIBLE:
        return NotPossible("CUPS refuses: the job's state does not allow it")
    if status in _NO_ANSWER:
        return SpoolerUnavailable(f"CUPS does not answer: {cups.ippErrorString(status)}")
    return SpoolerRefused(f"CUPS refuses: {cups.ippErrorString(status)}")


def _no_password(prompt: str) -> str:
    """Whom the policy refuses, libcups would ask for a password at the terminal, and wait."""
    return ""
