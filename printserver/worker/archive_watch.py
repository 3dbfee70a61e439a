"""Looks after the archive: reads again what it keeps, writes its words down anew when that is asked for, erases old
packages of evidence and what no row names."""

from __future__ import annotations

import threading
from typing import Final

from printserver.archive.fixity import FixityRules, Round, check_oldest
from printserver.archive.record_texts import SearchableTools
from printserver.archive.reindexing import write_anew
from printserver.archive.sweeping import sweep_if_due
from printserver.bootstrap import Adapters
from printserver.returns.evidence_orders import erase_old_packages
from printserver.returns.foreign_fixity import check_imported
from printserver.settings import Settings
from printserver.worker.rounds import go_round

FIXITY_SECONDS: Final = 600.0
PACKAGES_SECONDS: Final = 3_600.0
SWEEP_SECONDS: Final = 3_600.0
WORDS_SECONDS: Final = 10.0


def archive_rounds(adapters: Adapters, stop: threading.Event) -> list[threading.Thread]:
    texts = SearchableTools(adapters.database, adapters.objects, adapters.index_keys)
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
        go_round("archive words", lambda: write_anew(texts, stop.is_set), stop, every_seconds=WORDS_SECONDS),
    ]


def check_archive(adapters: Adapters, *, everything: bool = False) -> Round:
    """One round now, over the own records and over those of other installations."""
    rules, tools = fixity_rules(adapters.settings), adapters.fixity_tools
    own = check_oldest(tools, rules, everything=everything)
    if own.store_away:
        return own
    return own.and_then(check_imported(tools.database, tools.objects, rules, everything=everything))


def fixity_rules(settings: Settings) -> FixityRules:
    return FixityRules(settings.fixity_days, settings.fixity_records_per_round, settings.fixity_seconds_per_round)
