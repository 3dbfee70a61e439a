"""Words for people: what states, reasons, roles and problems are called, and in which colour they stand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from printserver.web.archive_words import ARCHIVE_NOTICES, ARCHIVE_TONES, ARCHIVE_WORDS
from printserver.web.document_words import DOCUMENT_NOTICES, DOCUMENT_TONES, DOCUMENT_WORDS
from printserver.web.event_words import EVENT_WORDS
from printserver.web.evidence_words import EVIDENCE_NOTICES, EVIDENCE_TONES, EVIDENCE_WORDS
from printserver.web.identity_words import IDENTITY_NOTICES, IDENTITY_TONES, IDENTITY_WORDS
from printserver.web.intake_words import INTAKE_NOTICES, INTAKE_WORDS
from printserver.web.key_words import KEY_TONES, KEY_WORDS
from printserver.web.languages import N_
from printserver.web.message_words import MESSAGE_NOTICES, MESSAGE_TONES, MESSAGE_WORDS
from printserver.web.paper_words import PAPER_NOTICES, PAPER_TONES, PAPER_WORDS
from printserver.web.passkey_words import PASSKEY_NOTICES, PASSKEY_STATES, PASSKEY_TONES
from printserver.web.people_words import PEOPLE_NOTICES, PEOPLE_TONES, PEOPLE_WORDS
from printserver.web.problem_words import PROBLEM_WORDS
from printserver.web.request_words import REQUEST_FIELDS, REQUEST_NOTICES, REQUEST_WORDS
from printserver.web.retention_words import RETENTION_NOTICES, RETENTION_TONES, RETENTION_WORDS
from printserver.web.seal_words import SEAL_NOTICES, SEAL_TONES, SEAL_WORDS
from printserver.web.sign_in_words import FACTORS, PERMISSIONS, SIGN_IN_NOTICES
from printserver.web.statement_words import (
    EVIDENCE,
    STATEMENT_FIELDS,
    STATEMENT_KINDS,
    STATEMENT_NOTICES,
    STATEMENT_STATES,
    STATEMENT_TONES,
)
from printserver.web.verdict_words import VERDICT_TONES, VERDICT_WORDS

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    **PEOPLE_WORDS,
    **ARCHIVE_WORDS,
    **EVIDENCE_WORDS,
    **IDENTITY_WORDS,
    **DOCUMENT_WORDS,
    **KEY_WORDS,
    **INTAKE_WORDS,
    **SEAL_WORDS,
    **VERDICT_WORDS,
    **MESSAGE_WORDS,
    **PAPER_WORDS,
    **RETENTION_WORDS,
    **REQUEST_WORDS,
    "passkey_state": PASSKEY_STATES,
    "statement_kind": STATEMENT_KINDS,
    "statement_state": STATEMENT_STATES,
    "statement_field": STATEMENT_FIELDS,
    "statement_evidence": EVIDENCE,
    "copy_state": {
        "rendered": N_("not yet authorised"),
        "authorised": N_("authorised, being signed"),
        "issued": N_("ready to be released"),
        "electronic": N_("electronic original"),
        "released": N_("released, on its way"),
        "sent": N_("at the printer"),
        "printed": N_("printed"),
        "wasted": N_("wasted, never signed"),
        "outcome-unknown": N_("outcome unknown"),
        "destroyed": N_("destroyed"),
        "missing": N_("missing"),
        "void": N_("void"),
        "replaced": N_("replaced"),
    },
    "copy_state_meaning": {
        "rendered": N_("The copy is drawn; nobody has authorised it yet."),
        "authorised": N_("It was approved and is being signed."),
        "issued": N_("It is signed and waits to be let out at the printer."),
        "electronic": N_("It is a signed file and valid as such; a print of it is no copy."),
        "released": N_("Somebody has let it go to the printer; its turn comes by itself."),
        "sent": N_("The printer has it, or is about to get it."),
        "printed": N_("It came out of the printer, and is valid."),
        "wasted": N_("It was never signed, and never will be."),
        "outcome-unknown": N_("Nobody knows whether it came out of the printer; nothing is printed again by itself."),
        "destroyed": N_("It came out badly, and somebody has destroyed it."),
        "missing": N_("It cannot be found; whoever shows it shows an invalid copy."),
        "void": N_("It is declared invalid; its code verifies red."),
        "replaced": N_("It is invalid, and another copy was asked for in its place."),
    },
    "copy_state_next": {
        "rendered": N_("The approver and the seal's custodian decide."),
        "authorised": N_("Nothing is to be done."),
        "issued": N_("Release it at the printer, or declare it void."),
        "electronic": N_("Download it from its request, or declare it void."),
        "released": N_("Look at the printer if nothing comes: paper, toner, doors, another copy before it."),
        "sent": N_("Wait; when nothing comes for long, a printer administrator may stop waiting."),
        "printed": N_(
            "Take it; if it is spoiled, a printer administrator declares it void, and then a replacement may be "
            "asked for."
        ),
        "wasted": N_("A replacement has been asked for by itself."),
        "outcome-unknown": N_("A printer administrator goes to the printer, looks, and records what became of it."),
        "destroyed": N_("After a second person has confirmed it, ask for a replacement."),
        "missing": N_(
            "A printer administrator declares it void, and a second one confirms the loss; then ask for a replacement. "
            "Tell its holder."
        ),
        "void": N_("Tell its holder; ask for a replacement, which a second person confirms first if it was released."),
        "replaced": N_("Tell its holder."),
    },
    "sides": {
        "one-sided": N_("one-sided"),
        "two-sided-long-edge": N_("two-sided, turned at the long edge"),
    },
    "code_corner": {
        "free": N_("where it covers nothing"),
        "top-right": N_("top right"),
        "top-left": N_("top left"),
        "bottom-right": N_("bottom right"),
        "bottom-left": N_("bottom left"),
    },
    "release_rule": {
        "person": N_("Whoever may release copies releases here."),
        "second-person": N_("Somebody other than the applicant releases here."),
        "code": N_("A release code has to be typed here. Whoever asked for the copies makes one at the request."),
    },
    "counter": {
        "ipp": N_("told by the printer"),
        "panel": N_("read at its panel by a person"),
        "none": N_("it has none"),
    },
    "document_format": {
        "application/pdf": N_("PDF, as it is"),
        "image/pwg-raster": N_("pixels (PWG raster)"),
        "image/urf": N_("pixels (URF)"),
    },
    "notice_kind": {
        "void": N_("notice that the copy is void"),
        "correction": N_("correction: another copy replaces it"),
    },
    "channel": {
        "paper": N_("by letter"),
        "courier": N_("by courier"),
        "e-mail": N_("by e-mail"),
        "phone": N_("by telephone"),
        "in-person": N_("in person"),
    },
    "return_state": {
        "received": N_("being read"),
        "read": N_("read"),
        "failed": N_("not readable"),
    },
    "page_state": {
        "matched": N_("matched"),
        "doubtful": N_("doubtful"),
        "blank": N_("blank"),
        "settled": N_("settled by hand"),
        "discarded": N_("discarded"),
        "process-sheet": N_("process sheet"),
        "attached": N_("put to a request"),
        "version": N_("further scan"),
    },
    "page_reason": {
        "unreadable": N_("no code of ours was found"),
        "broken-page": N_("the page's picture cannot be decoded"),
        "unknown-code": N_("the code names a copy or key that nobody here knows"),
        "foreign-code": N_("the page belongs to another organisation"),
        "code-altered": N_("the code's signature or data are not right"),
        "key-not-valid": N_("the code was signed with a key that is no longer accepted"),
        "conflicting-codes": N_("the page carries codes of two different pages"),
        "copy-void": N_("the copy is void, replaced, destroyed or missing"),
        "copy-not-printed": N_("by the books the copy never went to a printer"),
        "electronic-original": N_("this is a print of the electronic original, which is no copy on paper"),
        "page-number-out-of-range": N_("the copy has no page of this number"),
        "duplicate-page": N_("the same page of the same copy came home already"),
        "differs": N_("the page does not show what was issued"),
        "compare-by-eye": N_("please compare by eye"),
        "not-compared": N_("the issued page could not be had for the comparison"),
        "new-version": N_("a further scan of a page that is archived: keep it as a version, or discard it"),
        "sheet-unknown": N_("a process sheet of a request that nobody here knows"),
        "sheet-foreign": N_("a process sheet of another organisation or branch"),
        "copy-unsettled": N_("by the books it is not certain that the copy was printed"),
        "guess-code": N_("its own code says so"),
        "guess-version": N_("its own code says so, and that page came home before"),
        "guess-digits": N_("its damaged barcode differs from that copy's in few digits"),
        "guess-between": N_("it lies between its neighbours"),
        "guess-beside": N_("it lies beside its neighbour"),
        "guess-section": N_("it lies behind the request's process sheet"),
        "guess-missing": N_("that page is missing of a copy in this batch"),
        "no-page-to-keep": N_("no page to keep"),
    },
    "comparison": {
        "same": N_("same as issued"),
        "changed": N_("differs from what was issued"),
        "review": N_("please compare by eye"),
        "": N_("not compared"),
    },
    "comparison_kind": {
        "same": N_("all that was issued is there"),
        "written-on": N_("all that was issued is there, and something is written over or beside it"),
        "changed-text": N_("text differs from what was issued"),
        "part-missing": N_("part of what was issued is missing"),
        "other-page": N_("this is another page, whatever its code says"),
    },
    "found_place": {
        "missing": N_("missing"),
        "changed-text": N_("text differs"),
        "written-on": N_("written over or beside text"),
        "added": N_("added mark"),
        "counter-seal": N_("seal of the other party"),
        "counter-signature": N_("handwriting, perhaps a signature"),
        "straddle": N_("slice of a seal across the edge"),
        "issued-straddle": N_("slice of the issued seal across the edge"),
    },
    "role": {
        "clerk": N_("branch clerk"),
        "approver": N_("approver"),
        "custodian": N_("seal custodian"),
        "printer-administrator": N_("printer administrator"),
        "archivist": N_("archivist"),
        "auditor": N_("auditor"),
        "system-administrator": N_("system administrator"),
        "document-administrator": N_("document administrator"),
        "seal-administrator": N_("seal administrator"),
        "key-officer": N_("key officer"),
    },
    "decision": {"approved": N_("approved"), "refused": N_("refused"), "forwarded": N_("handed on")},
    "settlement": {
        "seen": N_("It was printed: I have the complete copy in my hand."),
        "destroyed": N_("It was printed badly or in part, and I have destroyed it."),
        "missing": N_("There is no paper, or it cannot be found."),
    },
    "count_finding": {
        "agreed": N_("agrees"),
        "open": N_("not over yet"),
        "short": N_("too few counted"),
        "surplus": N_("printed outside"),
        "no-counter": N_("no counter"),
        "counter-went-back": N_("counter went back"),
        "covered-in-part": N_("covered in part"),
    },
    "count_meaning": {
        "agreed": N_("The counter moved by what was authorised."),
        "open": N_("The day is not over, or a copy is on its way; at present there is no difference."),
        "short": N_(
            "The counter shows less than the copies that are recorded as printed. Look where these copies are."
        ),
        "surplus": N_(
            "The counter shows more than all authorised copies together: something was printed on this printer "
            "outside the system. Find out what it was."
        ),
        "no-counter": N_("The printer's counter was never read."),
        "counter-went-back": N_(
            "The counter shows less than before: the printer or its memory was exchanged. What was printed in between "
            "is not known."
        ),
        "covered-in-part": N_("The readings no longer show a difference, but they do not reach over the whole day."),
    },
    "alarm_state": {"open": N_("alarm open"), "closed": N_("alarm closed")},
    "event": EVENT_WORDS,
    "notice": {
        **PEOPLE_NOTICES,
        **ARCHIVE_NOTICES,
        **IDENTITY_NOTICES,
        **DOCUMENT_NOTICES,
        **EVIDENCE_NOTICES,
        **PASSKEY_NOTICES,
        **STATEMENT_NOTICES,
        **REQUEST_NOTICES,
        **SEAL_NOTICES,
        **MESSAGE_NOTICES,
        **PAPER_NOTICES,
        **RETENTION_NOTICES,
        **INTAKE_NOTICES,
        **SIGN_IN_NOTICES,
        "signed-out": N_("You are signed out."),
        "submitted": N_("The request is handed in. Its copies are being drawn; then it goes to the approver."),
        "approved": N_("You have approved the request."),
        "confirmed": N_("You have confirmed the use of the seal. The copies are being signed."),
        "refused": N_("You have refused the request."),
        "withdrawn": N_("The request is withdrawn."),
        "released": N_("The copies are released and go to the printer."),
        "nothing-chosen": N_("No copy was chosen, so none was released."),
        "settled": N_("The outcome is recorded."),
        "voided": N_("The copy is void. Its code verifies red from now on."),
        "called-back": N_("The copy is called back. It may be released again."),
        "given-up": N_("The outcome is unknown now. Look at the printer and record what became of the copy."),
        "loss-confirmed": N_("The loss is confirmed. A copy that is void or destroyed may now be replaced."),
        "notice-recorded": N_("The notice is recorded."),
        "replacement-asked": N_("This is the request for the replacement. It needs its own approval."),
        "paused": N_("The printer is paused. It takes no new copies; what is on its way stays on its way."),
        "resumed": N_("The printer takes copies again."),
        "printer-enrolled": N_(
            "The printer is enrolled. The server's own spooler has its queue within seconds; "
            "on a branch's spooler `printserver printers install` makes it."
        ),
        "pin-renewed": N_(
            "The new certificate is trusted. The server's own spooler has it within seconds; "
            "on a branch's spooler `printserver printers install` puts it there."
        ),
        "printer-changed": N_("The printer is changed."),
        "printer-calibrated": N_("Stored. It holds from the next request on that is drawn."),
        "capabilities-asked": N_("The printer has answered; what it can do is stored."),
        "counter-read": N_("The reading is recorded."),
        "printer-retired": N_("The printer is out of service."),
        "handed-in": N_("The scan is stored untouched and is being read."),
        "page-settled": N_("The page is settled."),
        "token-revoked": N_("The token is revoked."),
        "alarm-closed": N_("The alarm is closed. It is opened anew when that day's difference grows."),
    },
    "field": {
        **REQUEST_FIELDS,
        "title": N_("A title of at most 500 characters is needed, so that approvers know what they look at."),
        "purpose": N_("At most 500 characters, please."),
        "own_reference": N_("At most 500 characters, please."),
        "seal_id": N_("Please choose a seal."),
        "printer_id": N_("Please choose a printer."),
        "copies": N_("A whole number from 1 up to the most that this server allows."),
        "sides": N_("Please choose on how many sides of the sheet is printed."),
        "code_corner": N_("Please choose a corner."),
        "places": N_("At least one place for the seal is needed."),
        "place": N_("Pages of the document, words or an edge, and distances in millimetres."),
    },
    "problem": PROBLEM_WORDS,
    "factor": FACTORS,
    "permission": PERMISSIONS,
}

TONES: Final[Mapping[str, Mapping[str, str]]] = {
    **PEOPLE_TONES,
    **ARCHIVE_TONES,
    **EVIDENCE_TONES,
    **IDENTITY_TONES,
    **DOCUMENT_TONES,
    "key_standing": KEY_TONES,
    **VERDICT_TONES,
    **SEAL_TONES,
    **MESSAGE_TONES,
    **PAPER_TONES,
    **RETENTION_TONES,
    "passkey_state": PASSKEY_TONES,
    "statement_state": STATEMENT_TONES,
    "request_state": {
        "pending-approval": "info",
        "pending-custody": "info",
        "rendering": "light",
        "approved": "light",
        "issued": "success",
        "refused": "danger",
        "failed": "danger",
        "physical-seal": "info",
        "sealed-by-hand": "success",
    },
    "copy_state": {
        "issued": "info",
        "electronic": "success",
        "released": "light",
        "sent": "light",
        "authorised": "light",
        "printed": "success",
        "outcome-unknown": "warning",
        "wasted": "warning",
        "void": "danger",
        "missing": "danger",
        "destroyed": "danger",
    },
    "return_state": {"received": "light", "read": "success", "failed": "danger"},
    "page_state": {
        "matched": "success",
        "settled": "success",
        "attached": "success",
        "version": "light",
        "doubtful": "warning",
    },
    "comparison": {"same": "success", "changed": "danger", "review": "warning"},
    "notice": dict.fromkeys(WORDS["notice"], "success") | {"nothing-chosen": "warning"},
    "decision": {"approved": "success", "refused": "danger"},
    "count_finding": {
        "agreed": "success",
        "open": "light",
        "short": "danger",
        "surplus": "danger",
        "counter-went-back": "danger",
        "covered-in-part": "warning",
    },
}

KINDS: Final[Mapping[int, str]] = {
    401: "unauthenticated",
    403: "forbidden",
    404: "not-found",
    413: "too-large",
    422: "malformed",
    429: "too-many-requests",
    500: "internal-error",
    503: "unavailable",
}
"""By status, for a code that has no words of its own."""

SIGNS: Final[Mapping[str, str]] = {"success": "✓", "warning": "!", "danger": "✗"}
LANGUAGE_NAMES: Final[Mapping[str, str]] = {"zh": "中文", "en": "English"}
"""Each in itself: never translated."""
