"""Words for people: what went wrong, by the problem's stable code, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from printserver.web.archive_words import ARCHIVE_PROBLEMS
from printserver.web.document_words import DOCUMENT_PROBLEMS
from printserver.web.evidence_words import EVIDENCE_PROBLEMS
from printserver.web.identity_words import IDENTITY_PROBLEMS
from printserver.web.intake_words import INTAKE_PROBLEMS
from printserver.web.key_words import KEY_PROBLEMS
from printserver.web.languages import N_
from printserver.web.message_words import MESSAGE_PROBLEMS
from printserver.web.paper_words import PAPER_PROBLEMS
from printserver.web.passkey_words import PASSKEY_PROBLEMS
from printserver.web.people_words import PEOPLE_PROBLEMS
from printserver.web.request_words import REQUEST_PROBLEMS
from printserver.web.retention_words import RETENTION_PROBLEMS
from printserver.web.seal_words import SEAL_PROBLEMS
from printserver.web.sign_in_words import SIGN_IN_PROBLEMS

PROBLEM_WORDS: Final[Mapping[str, str]] = {
    **PEOPLE_PROBLEMS,
    **ARCHIVE_PROBLEMS,
    **DOCUMENT_PROBLEMS,
    **EVIDENCE_PROBLEMS,
    **IDENTITY_PROBLEMS,
    **PASSKEY_PROBLEMS,
    **PAPER_PROBLEMS,
    **RETENTION_PROBLEMS,
    **REQUEST_PROBLEMS,
    **KEY_PROBLEMS,
    **INTAKE_PROBLEMS,
    **SEAL_PROBLEMS,
    **MESSAGE_PROBLEMS,
    **SIGN_IN_PROBLEMS,
    "unauthenticated": N_("Please sign in."),
    "sign-in-refused": N_("The name, the password or the code is wrong, or the account rests for a moment."),
    "forbidden": N_("Your roles do not include this."),
    "cross-site": N_("This request comes from another site, or your browser does not say from where."),
    "csrf-token": N_("This page is out of date; please load it again."),
    "not-found": N_("There is nothing here, or nothing that you may see."),
    "method-not-allowed": N_("This address cannot be used in this way."),
    "page-not-found": N_("There is no such page."),
    "password-weak": N_(
        "This password is too short, holds your name, or is guessed first; several words make a good one."
    ),
    "login-taken": N_("This name for signing in is taken."),
    "malformed": N_("The request is not as it should be."),
    "refused": N_("A rule forbids this, or things have changed; please look again."),
    "transition-refused": N_("This is not possible in the present state; please look again."),
    "too-large": N_("What you send is larger than this server takes."),
    "second-person-needed": N_(
        "Somebody else has to do this: neither the applicant, nor whoever settled or voided the copy."
    ),
    "release-unclear": N_("Choose what to release, or type a code."),
    "release-code-needed": N_("At this printer a release code has to be typed."),
    "release-code-wrong": N_("This is not the code of a request that waits here; please look at it again."),
    "release-code-spent": N_("This code was used, is too old, or another one was made since; ask for a new one."),
    "release-code-locked": N_("Too many wrong codes; please wait before you try again."),
    "release-rule-unknown": N_("Nobody may release at this printer, because its rule is not known."),
    "nothing-chosen": N_("Choose at least one copy."),
    "no-electronic-original": N_("This request has no electronic original that can be taken now."),
    "sides-not-possible": N_("The printer is not known to print on both sides; choose one-sided."),
    "notice-malformed": N_("Say who was told, how, and when: after the copy was issued, and not in the future."),
    "too-many-requests": N_("Too many attempts from your address; please wait a minute."),
    "unavailable": N_("A part of the server does not answer. Nothing was changed; please try again in a moment."),
    "database-busy": N_("The database does not answer. Nothing was changed; please try again in a moment."),
    "internal-error": N_("Something went wrong on our side. Please give the number to whoever runs this server."),
    "manifest-changed": N_("This is not what the request holds now; please look at it again."),
    "request-expired": N_("The request has expired; copies not released by then can only be voided. Apply anew."),
    "reason-missing": N_("Please give a reason; it goes into the log."),
    "application-malformed": N_("Something in the application cannot be used; please check the fields."),
    "applicant-may-not-decide": N_("Nobody decides on a request of their own."),
    "person-counts-once": N_("You have decided on this request already; another person must take this step."),
    "check-file-too-large": N_("A PDF to be checked has at most 32 MB."),
    "photo-too-large": N_("A photo to be checked has at most 24 MB."),
    "photo-unreadable": N_("The picture cannot be read. Please send a JPEG or PNG."),
    "page-not-shown": N_("No picture of this page is shown."),
    "bundle-not-found": N_("There is no proof of such a code."),
    "bundle-malformed": N_("This is no proof of a copy."),
    "bundle-refused": N_("The parts of this proof do not belong together."),
    "key-list-not-kept": N_("There is no key list of that name."),
    "seal-file-too-large": N_("A seal file has at most 4 MB, and what was sealed at most 64 MB here."),
    "sm2-unavailable": N_("SM2 signatures cannot be verified on this machine."),
    "seal-order-refused": N_("This seal cannot be made as it was ordered."),
    "seal-not-usable": N_("This seal cannot be used at present."),
    "printer-not-usable": N_("This printer is paused, or it has no colour."),
    "printer-retired": N_("This printer is out of service for good."),
    "printer-not-pinned": N_("No certificate is trusted for this printer yet."),
    "printer-certificate-expired": N_("The printer's certificate has expired; a new one has to be trusted."),
    "printer-enrolled-already": N_(
        "A printer with this very certificate is in service already; each printer needs one of its own."
    ),
    "printer-queue-taken": N_("Another printer has a queue of this name."),
    "printer-without-colour": N_("This printer has no colour, and a seal must be red: it cannot print sealed copies."),
    "printer-formats-unsupported": N_("This printer takes neither PDF nor PWG raster nor URF."),
    "printer-has-copies": N_(
        "Copies are on their way to this printer, or their outcome there is unknown. Settle them first."
    ),
    "printer-malformed": N_(
        "A name and a location have 1 to 200 characters; a queue is named by A-Z a-z 0-9 _ -, a spooler by a-z 0-9 -."
    ),
    "process-code-malformed": N_("This is not the barcode of a process sheet."),
    "calibration-malformed": N_("The calibration sheet has no such cell, or no such size of microtext."),
    "pantograph-not-possible": N_(
        "Documents of this class bear a pantograph, which needs a printer of 600 or 1200 dpi: choose another printer."
    ),
    "lattice-malformed": N_("A lattice has dots of 1 to 16 pixels, with room between them."),
    "watermark-malformed": N_("A watermark has at most 40 characters that can be drawn, or the copy's number."),
    "security-marks-malformed": N_("Marks against copying are microtext, pantograph, guilloché and watermark."),
    "printer-address-malformed": N_("A printer's address is ipps://host[:port]/path, in small letters up to the path."),
    "printer-unreachable": N_("The printer does not answer at this address. Is it on, and is the address right?"),
    "printer-certificate-malformed": N_("What the printer shows is no certificate that can be read."),
    "printer-certificate-changed": N_(
        "The printer shows another certificate than the trusted one. Go and look at the printer."
    ),
    "printer-certificate-not-confirmed": N_(
        "The printer does not show the certificate with this fingerprint. Look at its panel again."
    ),
    "printer-answer-refused": N_("What the printer answers cannot be used."),
    "fingerprint-malformed": N_("A fingerprint (SHA-256) is 64 hexadecimal digits."),
    "fingerprint-not-compared": N_(
        "Compare the fingerprint with the one on the printer's own panel, and say that you have."
    ),
    "counter-reading-refused": N_("A page counter does not go back, and is not read in the future."),
    "seal-place-refused": N_(
        "The seal must stand wholly on its page, and must not cover the verification code, the barcode or another seal."
    ),
    "place-malformed": N_("A place cannot be read: pages are numbers and ranges such as 2-4,7; lengths are numbers."),
    "places-doubtful": N_(
        "Something about the places is unusual; say that you have looked at it, and hand it in again."
    ),
    "layout-impossible": N_("A page leaves no room for its code."),
    "marks-unreadable": N_("A page's code could not be read back, so the copy was not signed."),
    "page-not-drawable": N_("A page cannot be drawn within the allowed time and memory."),
    "draft-not-found": N_("There is no such draft; please choose the document again."),
    "document-refused": N_("The document cannot be used."),
    "document-too-large": N_("The file is larger than allowed. Please make it smaller or split it."),
    "document-not-pdf": N_("This is not a PDF."),
    "document-protected": N_(
        "The PDF is encrypted or protected by a password. Please remove the protection and hand it in again."
    ),
    "document-empty": N_("The PDF has no pages."),
    "document-too-many-pages": N_("The PDF has more pages than allowed."),
    "document-page-too-large": N_("A page of the PDF is larger than allowed."),
    "document-damaged": N_("The PDF is damaged and cannot be read as a whole."),
    "document-too-demanding": N_("The PDF takes more time or memory than allowed."),
    "document-hidden-layers": N_("The PDF has layers that can be switched on and off. Please print it to a PDF first."),
    "document-look-not-fixed": N_(
        "The PDF has form fields or comments that every program draws in its own way. Please print it to a PDF first."
    ),
    "document-outside": N_("The PDF takes part of its pages from another file."),
    "document-portfolio": N_("The PDF is a collection of files. Please hand in the document itself."),
    "scan-type-unknown": N_("The file is neither a PDF nor a TIFF, JPEG or PNG file."),
    "scan-incomplete": N_("The file is incomplete or damaged; please scan or send it again."),
    "scan-encrypted": N_("The scan is encrypted; please remove the protection."),
    "scan-has-no-pages": N_("The scan has no pages."),
    "scan-too-large": N_("The scan is too large; please scan it in parts."),
    "already-handed-in": N_("This very file has been handed in before."),
    "serial-malformed": N_("The serial has a typing error; please compare it with the paper."),
    "copy-not-found": N_("There is no such copy."),
    "copy-not-returnable": N_("By the books this copy was never printed, or it is void; its paper is none to archive."),
    "no-such-page": N_("The copy has no page of this number."),
    "page-taken": N_("Another page is kept as this page of this copy; discard that one first."),
    "no-earlier-page": N_("No other page came home as this page of this copy; settle this one as it."),
    "page-archived": N_("The copy is archived; its pages no longer change."),
    "return-not-found": N_("There is no such return."),
    "return-page-not-found": N_("There is no such page."),
    "nothing-cut-out": N_("Nothing was cut out of the page at this place."),
    "text-not-read": N_("The text of this picture cannot be read within the allowed time and memory."),
    "archive-record-not-found": N_("There is no such archive record."),
    "count-alarm-not-found": N_("There is no such alarm."),
    "reconciliation-days": N_("At most 100 days can be compared at once, the first one first."),
    "audit-entry-not-found": N_("There is no such entry."),
    "audit-search-malformed": N_("The search cannot be used as it is."),
    "idempotency-key-reused": N_("This form was sent before with other content; please begin a new request."),
    "statement-malformed": N_("The statement does not fit its kind."),
    "statement-refused": N_("The signer's register does not take this statement."),
    "statement-changed": N_("This is not what the statement says; please look at it again."),
    "statement-unreadable": N_(
        "This statement cannot be read: somebody changed its row in the database. Please tell your auditors."
    ),
    "statement-reason-missing": N_("A refusal needs a reason."),
    "subject-may-not-sign": N_("This statement is about yourself; other officers sign it."),
    "register-broken": N_(
        "The signer's register is not what was written: nothing may be signed. Please tell the system's administrator."
    ),
    "flow-malformed": N_("The flow cannot be used as it is."),
    "passkey-of-further-account": N_("Passkeys are kept with your first account; please sign in with that one."),
}
