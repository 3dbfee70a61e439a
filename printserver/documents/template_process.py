"""Runs in a limited child process: a template and its data become a PDF on standard output.

Standard input: JSON {"files": {name: text}, "main": name, "data": text, "trusted": bool}. No network, and no file but
fonts: packages, pictures and other files are not found. What came with the product is trusted where the kernel cannot
confine; status 3: the template is wrong, and standard error says how.
"""

from __future__ import annotations

import json
import sys
from typing import Final

import typst

from printserver.foundation.confinement import NotConfined, give_up_files, give_up_networks

WRONG: Final = 3
FONTS: Final = ("/usr/share/fonts", "/usr/local/share/fonts")


def confine(*, trusted: bool) -> None:
    """Raises: NotConfined, unless `trusted`."""
    try:
        give_up_networks()
        give_up_files(reading=FONTS)
    except NotConfined:
        if not trusted:
            raise


def main() -> None:
    given = json.loads(sys.stdin.buffer.read())
    confine(trusted=given["trusted"])
    files = {name: text.encode() for name, text in given["files"].items()}
    files["main.typ"] = f'#include "{given["main"]}"\n'.encode()
    try:
        pdf = typst.compile(
            files,  # type: ignore[call-overload]  # the stubs know of no sources by name
            root=FONTS[0],
            font_paths=list(FONTS),
            ignore_system_fonts=True,
            sys_inputs={"data": given["data"]},
            package_path=FONTS[0],
            package_cache_path=FONTS[0],
        )
    except typst.TypstError as problem:
        print(str(problem)[:2_000], file=sys.stderr)  # noqa: T201 - the parent's diagnosis
        sys.exit(WRONG)
    sys.stdout.buffer.write(bytes(pdf))


if __name__ == "__main__":
    main()
