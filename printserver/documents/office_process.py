"""Runs in a limited child process: an Office file on standard input becomes a PDF on standard output.

The answer is one JSON line, then the PDF: {"fonts": [names]}, or {"refused": code} alone.
Arguments: an empty folder of its own, LibreOffice's program.
LibreOffice reaches no network, no file but its own and that folder, and runs no macro; what the file asks for from
elsewhere is refused before, where that can be seen, and stays empty where it cannot.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

from printserver.documents.fonts import SUBSTITUTES
from printserver.documents.office_package import OfficeRefused, read_package
from printserver.documents.office_profile import PROFILE, REGISTRY
from printserver.foundation.confinement import give_up_files, give_up_networks

_READABLE: Final = (
    *("/usr", "/lib", "/lib64", "/bin", "/etc/libreoffice", "/etc/fonts", "/etc/ld.so.cache", "/var/cache/fontconfig"),
    *(
        "/var/lib/libreoffice",
        "/var/spool/libreoffice",
        "/proc",
        "/dev/urandom",
        "/etc/localtime",
        "/sys/devices/system/cpu",
    ),
)
_FONTS: Final = "fonts.conf"
_OWN_FORM: Final = {"doc": "odt", "rtf": "odt", "xls": "ods", "ppt": "odp"}
_SWITCHES: Final = ("--headless", "--nologo", "--nodefault", "--norestore", "--nolockcheck", "--nofirststartwizard")


def convert(data: bytes, folder: Path, program: Path) -> tuple[dict[str, object], bytes]:
    """Raises: OfficeRefused."""
    package = read_package(data)
    source = folder / f"document.{package.suffix}"
    source.write_bytes(data)
    if package.is_opaque:
        # Written by an old program, in a form that only LibreOffice reads: it says in its own what it found.
        package = read_package(_converted(source, folder, program, _OWN_FORM[package.suffix]))
    return {"fonts": sorted(package.fonts)}, _converted(source, folder, program, "pdf")


def _converted(source: Path, folder: Path, program: Path, wanted: str) -> bytes:
    """Each in a profile of its own, `profile-` and what is wanted."""
    profile = folder / f"{PROFILE}{wanted}"
    _make_profile(profile / "user", program)
    command = [str(program), *_SWITCHES, f"-env:UserInstallation=file://{profile}", "--convert-to", wanted]
    command += ["--outdir", str(folder / "made"), str(source)]
    subprocess.run(command, cwd=folder, env=_environment(folder), stdout=sys.stderr, check=False)
    result = folder / "made" / f"{source.stem}.{wanted}"
    if not result.is_file():
        raise OfficeRefused("office-damaged")
    return result.read_bytes()


def _environment(folder: Path) -> dict[str, str]:
    return {
        "HOME": str(folder),
        "FONTCONFIG_FILE": str(folder / _FONTS),
        "TMPDIR": str(folder),
        "PATH": "/usr/bin:/bin",
        "LC_ALL": "C.UTF-8",
        "SAL_USE_VCLPLUGIN": "svp",
    }


def _make_profile(user: Path, program: Path) -> None:
    """With the build's name in it, a new profile is taken as it is; without, LibreOffice wants to be started twice."""
    (user / "extensions").mkdir(parents=True)
    (user / "registrymodifications.xcu").write_text(REGISTRY, "utf-8")
    build = re.search(r"^buildid=(.*)$", program.with_name("versionrc").read_text("utf-8"), re.MULTILINE)
    (user / "extensions" / "buildid").write_text(build[1] if build else "", "ascii")


def main() -> None:
    folder, program = Path(sys.argv[1]), Path(sys.argv[2])
    data = sys.stdin.buffer.read()
    (folder / _FONTS).write_bytes(SUBSTITUTES.read_bytes())
    give_up_networks()
    give_up_files(reading=_READABLE, writing=(str(folder), "/dev/null"), sockets=("/tmp",))  # noqa: S108 -- fixed in LibreOffice
    try:
        head, pdf = convert(data, folder, program)
    except OfficeRefused as refusal:
        head, pdf = {"refused": refusal.code}, b""
    sys.stdout.buffer.write(json.dumps(head).encode("ascii") + b"\n" + pdf)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
