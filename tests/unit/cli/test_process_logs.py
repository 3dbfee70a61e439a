"""What the processes write of a failure holds nothing that was merely at hand."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import sys
from pathlib import Path
import structlog
from printserver.settings import Settings
from {module} import run
try:
    run(Settings(home=Path("/nonexistent")))
except Exception:
    pin = "4711" * 4
    structlog.get_logger().exception("it did not start")
"""


@pytest.mark.parametrize("module", ["printserver.worker.main", "printserver.signer.daemon"])
def test_a_traceback_shows_no_local_variables(module: str):
    program = [sys.executable, "-c", PROGRAM.format(module=module)]
    written = subprocess.run(program, capture_output=True, text=True, check=True)
    assert "it did not start" in written.stderr
    assert "4711" * 4 not in written.stdout + written.stderr
