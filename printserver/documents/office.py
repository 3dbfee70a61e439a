"""Office files become PDFs: by LibreOffice, in a fresh profile and a limited process that reaches no network."""

from __future__ import annotations

import hashlib
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from printserver.documents.intake import DocumentRefused, DocumentTooLarge
from printserver.documents.office_profile import PROFILE
from printserver.foundation.limited_process import (
    MEBIBYTE,
    ProcessCrashed,
    ProcessLimitExceeded,
    ProcessLimits,
    run_limited,
)

PROGRAM: Final = Path("/usr/lib/libreoffice/program/soffice.bin")
CONVERTING: Final = ProcessLimits(
    memory_bytes=4096 * MEBIBYTE, cpu_seconds=90, wall_seconds=120, output_bytes=256 * MEBIBYTE, open_files=512
)
MAGICS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"{\\rtf")


class OfficeNotHere(DocumentRefused):
    code = "office-not-here"
    diagnosis = "Office files cannot be converted here. Please save the document as a PDF and hand that in."


class OfficeUnknown(DocumentRefused):
    code = "office-unknown"
    diagnosis = "This is no Office file that can be converted. Please save the document as a PDF and hand that in."


class OfficeProtected(DocumentRefused):
    code = "office-protected"
    diagnosis = "The Office file is protected by a password. Please remove the protection and hand it in again."


class OfficeDamaged(DocumentRefused):
    code = "office-damaged"
    diagnosis = "The Office file is damaged or cannot be read. Please save it anew, or as a PDF."


class OfficeTooDemanding(DocumentTooLarge):
    code = "office-too-large"
    diagnosis = "The Office file needs too much time or memory. Please save it as a PDF and hand that in."


class OfficeLinksOutside(DocumentRefused):
    code = "office-links-outside"
    diagnosis = "The Office file takes a picture or a part from elsewhere. Please put it into the file itself."


class FontsMissing(DocumentRefused):
    """By setting: no document is set in other fonts than its own."""

    code = "office-fonts-missing"
    diagnosis = "The Office file names fonts that this server lacks. Please save it as a PDF with its fonts embedded."


_REFUSALS: Final = {
    each.code: each for each in (OfficeUnknown, OfficeProtected, OfficeDamaged, OfficeTooDemanding, OfficeLinksOutside)
}


@dataclass(frozen=True)
class Converted:
    """fonts: that the file names for the text that is in it."""

    pdf: bytes
    fonts: tuple[str, ...]


def convert_office(data: bytes, limits: ProcessLimits = CONVERTING, *, program: Path = PROGRAM) -> Converted:
    """Macros do not run, and nothing is fetched.   Raises: DocumentRefused, by its subclass the reason."""
    if not program.is_file():
        raise OfficeNotHere
    with tempfile.TemporaryDirectory(prefix="printserver-office-", ignore_cleanup_errors=True) as folder:
        try:
            answer = run_limited("printserver.documents.office_process", [folder, str(program)], data, limits)
        except ProcessLimitExceeded as exceeded:
            raise OfficeTooDemanding from exceeded
        except ProcessCrashed as crash:
            if "NotConfined" in crash.diagnosis:
                raise OfficeNotHere from crash
            raise OfficeDamaged from crash
        finally:
            for profile in Path(folder).glob(f"{PROFILE}*"):
                _socket_of(profile).unlink(missing_ok=True)
    head, _, pdf = answer.partition(b"\n")
    fields = json.loads(head)
    if "refused" in fields:
        raise _REFUSALS[fields["refused"]]
    return Converted(pdf, tuple(fields["fonts"]))


def _socket_of(profile: Path) -> Path:
    """Of the process that used the profile, which may not take it away itself.

    Source: LibreOffice, desktop/source/app/officeipcthread.cxx (read from what it does).
    """
    digest = hashlib.md5(f"file://{profile}".encode("utf-16-le"), usedforsecurity=False).digest()
    return Path("/tmp", "OSL_PIPE_SingleOfficeIPC_" + "".join(f"{byte:x}" for byte in digest))  # noqa: S108 -- fixed there
