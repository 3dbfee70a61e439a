"""Words about documents: what was found in them, templates, and batches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from printserver.web.languages import N_

DOCUMENT_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "document_source": {
        "pdf": N_("A PDF was handed in."),
        "picture": N_("A picture was handed in and set on a page."),
        "office": N_("An Office file was handed in and set into pages by this server."),
        "template": N_("A template was filled in."),
    },
    "document_question": {
        "fonts-replaced": N_("the pages are right in the fonts that stand in"),
        "engines-differ": N_("the pages that two programs draw differently are meant as pdfium draws them"),
        "not-compared": N_("the pages that were not compared are right"),
        "signature-broken": N_("the broken signature does not matter"),
    },
    "field_kind": {
        "text": N_("text"),
        "number": N_("number"),
        "date": N_("date"),
        "amount": N_("amount"),
        "party": N_("party"),
        "choice": N_("choice"),
        "table": N_("table"),
    },
    "party_part": {
        "name": N_("Name"),
        "number": N_("Identity number or social credit code"),
        "address": N_("Address"),
        "representative": N_("Legal representative"),
        "contact": N_("Contact"),
    },
    "batch_state": {
        "waiting": N_("looked at, not started"),
        "running": N_("under way"),
        "done": N_("done"),
        "stopped": N_("stopped"),
    },
    "batch_row_state": {
        "waiting": N_("waits"),
        "made": N_("made"),
        "failed": N_("failed"),
    },
}
DOCUMENT_TONES: Final[Mapping[str, Mapping[str, str]]] = {
    "batch_state": {"waiting": "secondary", "running": "info", "done": "success", "stopped": "warning"},
    "batch_row_state": {"waiting": "secondary", "made": "success", "failed": "danger"},
}
DOCUMENT_NOTICES: Final[Mapping[str, str]] = {
    "template-added": N_("The template's new version is here."),
    "template-retired": N_("Nothing new is made of this template."),
    "batch-started": N_("The batch is under way; this page follows by itself."),
    "batch-stopped": N_("The batch stops after the row that is under way."),
}
