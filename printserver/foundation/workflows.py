"""Steps of durable jobs that are tried for a while and then given up, in words that are kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from dbos import DBOS
from dbos import error as dbos_error
from sqlalchemy.exc import InterfaceError, OperationalError

RECOVERIES: Final = 1_000
TRIES: Final = 6
FIRST_PAUSE_SECONDS: Final = 1.0
DATABASE_RETRIES: Final = 100_000


def try_or_give_up(name: str, act: Callable[[], None], give_up: Callable[[str], None], *, failure: str) -> None:
    """Run the step `name`; what fails for a reason outside the work is tried again for about a minute.

    give_up: gets `failure` and the last reason in words. It waits for a database that is away, however long.
    """
    try:
        DBOS.run_step(
            {
                "name": name,
                "retries_allowed": True,
                "interval_seconds": FIRST_PAUSE_SECONDS,
                "max_attempts": TRIES,
                "backoff_rate": 2.0,
            },
            act,
        )
    except dbos_error.DBOSMaxStepRetriesExceeded as problem:
        said = f"{failure}: {problem}"
        DBOS.run_step(
            {
                "name": "give-up",
                "retries_allowed": True,
                "interval_seconds": FIRST_PAUSE_SECONDS,
                "max_attempts": DATABASE_RETRIES,
                "backoff_rate": 1.0,
                "should_retry": lambda problem: isinstance(problem, InterfaceError | OperationalError),
            },
            lambda: give_up(said),
        )
