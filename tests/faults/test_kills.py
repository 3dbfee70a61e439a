"""SIGKILL of every part at random moments: no copy comes out twice, none is lost. `make faults` does a thousand."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

KILLS = 10
SEED = 20261122
REPOSITORY = Path(__file__).parents[2]


def killed(*arguments: str) -> tuple[int, dict[str, Any], str]:
    """Exit status, figures, and all that was said."""
    command = [sys.executable, "-m", "tests.faults.printing", "--kills", str(KILLS), "--seed", str(SEED), *arguments]
    run = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    said = run.stdout + run.stderr[-4000:]
    assert run.stdout, said
    return run.returncode, json.loads(run.stdout.splitlines()[-1]), said


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("database", "workers"), [("sqlite", 1), ("postgresql", 2)], ids=["sqlite", "postgresql-two-workers"]
)
def test_each_authorised_copy_comes_out_at_most_once_and_none_is_lost_whatever_is_killed(database, workers):
    status, figures, said = killed("--database", database, "--workers", str(workers))

    assert (figures["printed_twice"], figures["lost"], status) == (0, 0, 0), said
    assert figures["kills"] == KILLS
    assert figures["printed_once"] > 0, said
    settled = sum(figures[kind] for kind in ("printed_once", "unknown", "wasted"))
    assert settled == figures["authorised"], said
    assert sum(figures["unknown_reasons"].values()) == figures["unknown"]
