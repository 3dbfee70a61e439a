"""Words for evidence packages, for checks of what the archive keeps, and for records of other installations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from printserver.web.languages import N_

EVIDENCE_EVENTS: Final[Mapping[str, str]] = {
    "EvidenceTaken": N_("evidence of an archive record packed"),
    "EvidenceAsked": N_("evidence package of several records ordered"),
    "ArchiveDamageFound": N_("archived files missing, changed or unreadable: an alarm"),
    "ArchiveDamageMended": N_("damaged archived files are whole again"),
    "StoreSwept": N_("stored objects compared with what is named"),
    "UnnamedErased": N_("stored bytes that nobody named erased"),
    "UnnamedGivenBack": N_("stored bytes that nobody named given back by a person"),
    "UnnamedLetGo": N_("stored bytes that a person had given back let go"),
    "ArchiveSourcePinned": N_("another installation's root pinned, to take its records in"),
    "ForeignRecordImported": N_("record of another installation taken in"),
    "ForeignDamageFound": N_("package of an imported record missing, changed or unreadable: an alarm"),
    "ForeignDamageMended": N_("damaged package of an imported record is whole again"),
    "ForeignRecordRead": N_("imported record fetched"),
}
EVIDENCE_PROBLEMS: Final[Mapping[str, str]] = {
    "bag-unreadable": N_("This is no evidence package: neither a zip file of one nor its folder."),
    "bag-refused": N_("The package is not as it was packed."),
    "package-malformed": N_("This is no evidence package that this version can read."),
    "package-refused": N_("A part of the package says something else than the rest."),
    "package-record-refused": N_("The record and what lies beside it do not belong together."),
    "package-hand-overs-refused": N_("The log knows other hand-overs of the paper than the record says."),
    "package-log-refused": N_("The log does not prove what the record needs."),
    "package-log-malformed": N_("The proofs from the log cannot be read."),
    "package-approvals-refused": N_("The decisions do not carry the manifest."),
    "evidence-not-ready": N_("The log has not taken up what was packed. Please try again in a moment."),
    "evidence-too-large": N_("That would be too large a package; please choose fewer records."),
    "evidence-order-not-found": N_("There is no such order of yours."),
    "evidence-order-empty": N_("Choose 1 to 200 records for a package."),
    "evidence-order-not-ready": N_("The package is not made yet, or was erased; please order it anew."),
    "evidence-orders-waiting": N_("Several packages of yours are still being made; please wait for them."),
    "archive-source-not-found": N_("There is no such pinned installation."),
    "archive-source-pinned-already": N_("This root is pinned already."),
    "archive-source-malformed": N_("Name the other installation, and say with what you compared its fingerprint."),
    "foreign-record-not-found": N_("There is no such imported record, or no such file in it."),
    "sweep-refused": N_("So much is named by no row that rows may be missing; nothing was touched."),
    "unnamed-object-not-found": N_("This object does not lie aside any more: it was erased, or a record names it."),
    "tables-unknown": N_("The database has tables of a release that this process does not know."),
    "foreign-package-refused": N_("The package does not prove itself under the pinned root; nothing was kept."),
}
EVIDENCE_NOTICES: Final[Mapping[str, str]] = {
    "evidence-ordered": N_("The package is being made; it lies here when it is ready, for a week."),
    "source-pinned": N_("The root is pinned. Packages that prove themselves under it can be taken in."),
    "record-imported": N_("The record was verified and taken in."),
    "unnamed-kept": N_("It is given back, and stays until somebody lets it go."),
    "unnamed-let-go": N_("It is let go; a later round sets it aside again."),
    "record-known": N_("This record is here already; nothing was changed."),
}
EVIDENCE_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "evidence_order": {
        "waiting": N_("being made"),
        "ready": N_("ready"),
        "failed": N_("failed"),
        "erased": N_("erased"),
    },
    "fixity": {"missing": N_("missing"), "changed": N_("changed"), "unreadable": N_("unreadable")},
}
EVIDENCE_TONES: Final[Mapping[str, Mapping[str, str]]] = {
    "evidence_order": {"waiting": "info", "ready": "success", "failed": "danger", "erased": "secondary"},
    "fixity": {"missing": "danger", "changed": "danger", "unreadable": "warning"},
}
