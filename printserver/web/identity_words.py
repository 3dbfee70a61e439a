"""Words for proofs of identity and key media: documents, states, steps, what was refused, what was done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from printserver.web.languages import N_

IDENTITY_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "identity_document": {
        "resident-id": N_("resident identity card"),
        "passport": N_("passport"),
        "other": N_("other document"),
        "business-licence": N_("business licence"),
    },
    "identity_method": {
        "in-person": N_("seen in person"),
        "register": N_("against an official register"),
        "video": N_("by video"),
    },
    "proof_state": {
        "submitted": N_("waits to be checked"),
        "verified": N_("proved"),
        "refused": N_("refused"),
        "due": N_("to be checked again"),
        "expired": N_("expired"),
        "withdrawn": N_("withdrawn"),
        "erased": N_("erased"),
    },
    "proof_action": {
        "verify": N_("It is right"),
        "reverify": N_("Checked again, it is right"),
        "refuse": N_("Refuse"),
        "withdraw": N_("Withdraw"),
        "replace": N_("a newer proof took its place"),
        "fall-due": N_("due to be checked again"),
        "expire": N_("expired"),
        "erase": N_("erased"),
    },
    "medium_kind": {
        "usb-key": N_("USB key"),
        "card": N_("smart card"),
        "passkey-token": N_("passkey token"),
        "other": N_("other medium"),
    },
    "medium_state": {
        "applied": N_("applied for"),
        "refused": N_("refused"),
        "withdrawn": N_("withdrawn"),
        "approved": N_("approved, to be handed out"),
        "handed-out": N_("handed out, to be signed for"),
        "in-use": N_("in use"),
        "locked": N_("locked"),
        "lost": N_("lost"),
        "returned": N_("given back"),
        "wiped": N_("wiped"),
        "destroyed": N_("destroyed"),
        "written-off": N_("written off"),
    },
    "medium_action": {
        "approve": N_("Approve"),
        "refuse": N_("Refuse"),
        "withdraw": N_("Withdraw"),
        "hand-out": N_("Hand it out"),
        "receive": N_("Sign for it"),
        "report-lost": N_("Report it lost"),
        "find": N_("It was found"),
        "lock": N_("It is locked"),
        "unlock": N_("Unlock its PIN"),
        "replace": N_("Another one applied for in its place"),
        "return": N_("It was given back"),
        "wipe": N_("Wipe it"),
        "destroy": N_("Destroy it"),
        "write-off": N_("Write it off"),
    },
    "media_shown": {
        "all": N_("All"),
        "expiring": N_("Certificate ends within 30 days"),
        "lost": N_("Lost"),
        "leavers": N_("Not given back by people who have left or are frozen"),
        "waiting": N_("Waiting for somebody"),
    },
}
IDENTITY_TONES: Final[Mapping[str, Mapping[str, str]]] = {
    "proof_state": {"verified": "success", "due": "warning", "submitted": "info", "refused": "danger"},
    "medium_state": {
        "in-use": "success",
        "lost": "danger",
        "locked": "warning",
        "applied": "info",
        "approved": "info",
        "handed-out": "info",
    },
}
IDENTITY_EVENTS: Final[Mapping[str, str]] = {
    "IdentitySubmitted": N_("proof of identity handed in"),
    "IdentityMoved": N_("proof of identity changed its state"),
    "IdentityViewed": N_("number or evidence of a proof of identity looked at"),
    "IdentityErasureAsked": N_("erasure of a proof of identity asked for"),
    "IdentityErasureDropped": N_("erasure of a proof of identity given up"),
    "IdentityPolicyChanged": N_("rules about proofs of identity changed"),
    "MediumAppliedFor": N_("key medium applied for"),
    "MediumMoved": N_("key medium changed its state"),
    "MediumEntered": N_("key medium entered into the register"),
    "MediumStepAsked": N_("step of a key medium waits for a second person"),
    "MediumStepDropped": N_("step of a key medium given up"),
    "MediumCertificateEntered": N_("certificate of a key medium entered"),
    "MediumPasskeyLinked": N_("passkey of a key medium named"),
}
IDENTITY_NOTICES: Final[Mapping[str, str]] = {
    "identity-handed-in": N_("The proof is handed in. Somebody else checks it now."),
    "identity-step-taken": N_("It is done."),
    "identity-policy-kept": N_("The rules are kept."),
    "identity-erasure-asked": N_("You have asked for it. Another administrator erases it."),
    "identity-erased": N_("It is erased. Nobody can read it again."),
    "medium-applied": N_("The medium is applied for."),
    "medium-step-taken": N_("It is done."),
    "medium-step-asked": N_("You have asked for it. Another person has to confirm it."),
    "medium-step-dropped": N_("It is not done."),
    "medium-lost": N_("The loss is recorded and the medium stopped."),
    "medium-certificate-kept": N_("The certificate is entered."),
    "medium-passkey-linked": N_("It is kept."),
}
IDENTITY_PROBLEMS: Final[Mapping[str, str]] = {
    "identity-proof-not-found": N_("There is no such proof of identity."),
    "identity-proof-malformed": N_(
        "Something is missing or cannot be: the names as on the document, one to six pictures or PDFs, a document that "
        "is still valid, how it was checked, and a day for the next check until the document's end."
    ),
    "identity-number-wrong": N_("The number has a typing error: such a document has no such number."),
    "identity-proof-open": N_("A proof is waiting to be checked already. Wait, or withdraw that one."),
    "identity-number-taken": N_(
        "Somebody else is proved with this very number. It may be another account of the same person, or a fraud."
    ),
    "identity-retained": N_("It is kept for a while after its end, as your rules say."),
    "identity-erased": N_("It is erased; nobody can read it."),
    "identity-not-proved": N_(
        "Your organisation asks for a proof of identity first, and one is missing. Have it proved, then try again."
    ),
    "identity-policy-malformed": N_("Checked again after 1 to 1098 days; kept for 0 to 10980 days after its end."),
    "not-by-the-same-person": N_("Somebody else has to do this: it concerns you, or you have done your part."),
    "key-medium-not-found": N_("There is no such key medium."),
    "key-medium-malformed": N_("Purpose, maker and serial number are short texts of one line."),
    "key-medium-number-taken": N_("A medium of this maker with this serial number is in the register already."),
    "key-medium-replaced-already": N_("Another one was applied for in its place already."),
    "key-medium-step-waits": N_("A step waits for a second person. Confirm it or give it up first."),
    "key-medium-step-not-asked": N_("This step does not wait for a second person, or no longer."),
    "key-medium-not-yours": N_("Only its holder signs for it."),
    "certificate-unreadable": N_("This is no certificate. It is a file of at most 64 KiB (.cer, .crt, .pem)."),
}
