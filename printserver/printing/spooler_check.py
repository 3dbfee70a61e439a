"""Says what is wrong with a spooler, and how to mend it: each check looks by itself, and nothing is changed."""

from __future__ import annotations

from datetime import datetime

from printserver.printing.spooler_configuration_checks import CONFIGURATION_CHECKS
from printserver.printing.spooler_cups_checks import CUPS_CHECKS
from printserver.printing.spooler_file_checks import FILE_CHECKS
from printserver.printing.spooler_findings import Finding, InstalledSpooler, gathered
from printserver.printing.spooler_layout import SpoolerLayout, read_record
from printserver.printing.spooler_outside_checks import OUTSIDE_CHECKS


def check_spooler(layout: SpoolerLayout, now: datetime) -> tuple[Finding, ...]:
    """Everything that is not as it must be; empty when all of it could be looked at and is right.

    Asks cupsd, each printer for its certificate, and the desk whether it is there. As root it sees everything.
    Raises: SpoolerNotInstalled.
    """
    spooler = InstalledSpooler(layout, read_record(layout), now)
    return tuple(gathered(spooler, FILE_CHECKS + CONFIGURATION_CHECKS + CUPS_CHECKS + OUTSIDE_CHECKS))
