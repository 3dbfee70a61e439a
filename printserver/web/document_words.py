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
    "batch_wrong": {
        "reference": N_("your own number is missing, too long, or stands twice"),
        "reference-taken": N_("you have used this number before"),
        "cells": N_("more cells than columns"),
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

DOCUMENT_EVENTS: Final[Mapping[str, str]] = {
    "DocumentConfirmed": N_("findings about a document confirmed"),
    "DocumentMade": N_("document made of a template"),
    "TemplateVersionAdded": N_("version of a template added"),
    "TemplateRetired": N_("template taken out of use"),
    "BatchStarted": N_("batch of applications started"),
    "BatchStopped": N_("batch of applications stopped"),
}
DOCUMENT_PROBLEMS: Final[Mapping[str, str]] = {
    "document-not-confirmed": N_("Somebody must look at the document first, and confirm what was found in it."),
    "original-not-kept": N_("Of this document only the digest of what was handed in is kept."),
    "engine-picture-missing": N_("This program does not draw the page."),
    "picture-refused": N_("The picture cannot be drawn: it is damaged, incomplete or too large."),
    "office-not-here": N_("Office files cannot be converted here; please save the document as a PDF."),
    "office-unknown": N_("This is no Office file that can be converted; please save the document as a PDF."),
    "office-protected": N_("The Office file is protected by a password; please remove the protection."),
    "office-damaged": N_("The Office file is damaged or cannot be read; please save it anew, or as a PDF."),
    "office-too-large": N_("The Office file needs too much time or memory; please save it as a PDF."),
    "office-links-outside": N_("The Office file takes a picture or a part from elsewhere; please put it into it."),
    "office-fonts-missing": N_(
        "The Office file names fonts that this server lacks; please save it as a PDF with its fonts embedded."
    ),
    "document-template-malformed": N_("The template, its files or its sample cannot be used as they are."),
    "document-template-not-found": N_("There is no such template."),
    "document-template-retired": N_("Nothing new is made of this template."),
    "document-template-code-taken": N_("A template that comes with the product has this name."),
    "document-template-too-demanding": N_("The template needs too much time or memory with these data."),
    "too-many-document-templates": N_("No more templates can be kept."),
    "template-values-wrong": N_("Some fields are missing or wrong."),
    "batch-table-unreadable": N_("The table cannot be read, or its headings do not fit the template."),
    "batch-rows-wrong": N_("Some rows cannot be used; nothing of the table was taken."),
    "batch-not-found": N_("There is no such batch."),
    "batch-state-refused": N_("This is not possible with the batch in its present state."),
    "too-many-batches": N_("No more batches can be kept."),
}
