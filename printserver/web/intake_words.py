"""Words for the ways in which scans come in, and for those that no gate let in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from printserver.web.languages import N_

INTAKE_EVENTS: Final[Mapping[str, str]] = {
    "ScanQuarantined": N_("refused scan kept in quarantine"),
    "QuarantinedScanRead": N_("scan in quarantine downloaded"),
    "QuarantinedScanTakenIn": N_("scan in quarantine taken in after all"),
    "QuarantinedScanDiscarded": N_("scan in quarantine discarded"),
}

INTAKE_PROBLEMS: Final[Mapping[str, str]] = {
    "scan-heic": N_("This is a HEIC picture; please send it as JPEG (camera format “Most compatible”)."),
    "quarantined-scan-not-found": N_("There is no such scan in quarantine."),
    "quarantined-scan-settled": N_("Somebody has settled this scan already; please look at it again."),
    "channel-account-unusable": N_("The channel's account is unknown, frozen or may not hand in returns."),
    "channel-unusable": N_("The channel cannot be opened as the settings say."),
    "watched-folder-unusable": N_("The watched folder cannot be opened, read or written."),
    "no-scans": N_("Please choose at least one file."),
    "too-many-scans": N_("Too many files at once; please send them in parts."),
}

INTAKE_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "intake_channel": {
        "watched-folder": N_("watched folder"),
        "mail": N_("mail"),
        "sftp": N_("SFTP"),
    },
    "quarantine_outcome": {
        "": N_("waits"),
        "taken-in": N_("taken in"),
        "discarded": N_("discarded"),
    },
}

INTAKE_NOTICES: Final[Mapping[str, str]] = {
    "quarantine-taken-in": N_("The scan is taken in and is being read."),
    "quarantine-discarded": N_("The scan is discarded. It stays stored."),
}
