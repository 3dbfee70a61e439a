"""What every command costs before it does anything."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

LOADED_WHEN_NEEDED: Final = {
    *("argon2", "asyncssh", "cv2", "dbos", "fastapi", "fontTools", "httpx", "jinja2", "numpy", "obstore", "PIL"),
    *("pikepdf", "pkcs11", "psycopg", "pyhanko", "pypdfium2", "reportlab", "sqlalchemy", "webauthn", "zxingcpp"),
}


def test_the_command_line_loads_nothing_that_draws_stores_or_serves():
    program = "import sys, printserver.cli.main; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert "printserver.cli.main" in loaded
    assert LOADED_WHEN_NEEDED & set(loaded) == set()
