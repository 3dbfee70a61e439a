"""Words for people: archive records, their searchable files, the catalogue and searches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from printserver.web.languages import N_

ARCHIVE_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "searchable_state": {
        "none": N_("not yet made"),
        "waiting": N_("being made"),
        "made": N_("made"),
        "failed": N_("could not be made"),
    },
    "searchable_text": {
        "issued": N_("the issued page's words, laid where the paper shows them"),
        "read": N_("words read from the scan; they may have errors"),
        "none": N_("no words could be read"),
        "": "–",
    },
    "scan_kept": {
        "untouched": N_("the scanner's own bytes"),
        "repacked": N_("repacked without loss"),
        "": "–",
    },
    "catalogue_column": {
        "number": N_("Archive number"),
        "title": N_("Title"),
        "class": N_("Class of document"),
        "branch": N_("Branch"),
        "own_reference": N_("Own reference"),
        "serial": N_("Copy serial"),
        "copy": N_("Copy"),
        "pages": N_("Pages"),
        "archived_on": N_("Archived"),
        "contract_end": N_("The contract ends on"),
        "retention_class": N_("Retention class"),
    },
}
ARCHIVE_TONES: Final[Mapping[str, Mapping[str, str]]] = {
    "searchable_state": {"none": "light", "waiting": "warning", "made": "success", "failed": "danger"},
}
ARCHIVE_NOTICES: Final[Mapping[str, str]] = {
    "search-saved": N_("The search is kept under its name."),
    "search-forgotten": N_("The search is forgotten."),
    "searchable-asked-again": N_("The searchable file is being made once more."),
    "numbering-chosen": N_("New archive numbers are written like this from now on."),
}
ARCHIVE_EVENTS: Final[Mapping[str, str]] = {
    "ArchiveRecordViewed": N_("archive record looked at"),
    "SearchableMade": N_("searchable file made"),
    "SearchableFailed": N_("searchable file could not be made"),
    "SearchableAskedAgain": N_("searchable file asked for again"),
    "ArchiveNumberingSet": N_("form of the archive numbers chosen"),
    "CatalogueExported": N_("catalogue of the archive taken out"),
    "IndexAskedAnew": N_("words of the archive written down anew"),
    "SearchSaved": N_("search of the archive kept"),
    "SearchForgotten": N_("search of the archive forgotten"),
}
ARCHIVE_PROBLEMS: Final[Mapping[str, str]] = {
    "archive-search-malformed": N_(
        "The search cannot be used: amounts are numbers, days are dates, and no field has more than 500 characters."
    ),
    "search-words-too-short": N_("Please give two Chinese characters, or a word in letters or digits."),
    "saved-search-malformed": N_(
        "A search is kept with something to look for and a name of at most 80 characters; at most 50 are kept."
    ),
    "saved-search-not-found": N_("You have no such saved search."),
    "searchable-not-awaited": N_("The searchable file is made already, or on its way."),
    "searchable-not-made": N_("No searchable file can be made of this scan."),
    "issued-text-unreadable": N_("The text of the issued PDF cannot be read."),
    "archive-numbering-malformed": N_(
        "An archive number needs {year} and {sequence}, each once, and {fonds} only with a fonds number."
    ),
}
