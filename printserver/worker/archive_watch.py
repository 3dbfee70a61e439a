"""Looks after the archive: reads again what it keeps, erases old packages of evidence and what no row names."""

from __future__ import annotations

import threading
from typing import Final

from printserver.archive.fixity import FixityRules, Round, check_oldest
from printserver.archive.sweeping import sweep_if_due
from printserver.bootstrap import Adapters
from printserver.returns.evidence_orders import erase_old_packages
from printserver.settings import Settings
from printserver.worker.rounds import go_round

FIXITY_SECONDS: Final = 600.0
PACKAGES_SECONDS: Final = 3_600.0
SWEEP_SECONDS: Final = 3_600.0


def archive_rounds(adapters: Adapters, stop: threading.Event) -> list[threading.Thread]:
    return [
        go_round(
            "fixity",
            lambda: len(check_archive(adapters).damaged),
            stop,
            every_seconds=FIXITY_SECONDS,
        ),
        go_round(
            "evidence packages",
            lambda: erase_old_packages(adapters.database, adapters.objects),
            stop,
            every_seconds=PACKAGES_SECONDS,
        ),
        go_round(
            "stored objects",
            lambda: sweep_if_due(adapters.sweep_tools, adapters.settings.sweep_days),
            stop,
            every_seconds=SWEEP_SECONDS,
        ),
    ]


def check_archive(adapters: Adapters, *, everything: bool = False) -> Round:
    """One round now."""
    return check_oldest(adapters.fixity_tools, fixity_rules(adapters.settings), everything=everything)


def fixity_rules(settings: Settings) -> FixityRules:
    return FixityRules(settings.fixity_days, settings.fixity_records_per_round, settings.fixity_seconds_per_round)
